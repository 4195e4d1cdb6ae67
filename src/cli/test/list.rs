//! `insight test list`.

use crate::analysis::TestSort;
use crate::cli::asking;
use crate::cli::environment::Environment;
use crate::cli::error::CommandResult;
use crate::cli::exit::ExitStatus;
use crate::cli::history_args::HistoryArgs;
use crate::cli::output_args::OutputArgs;
use crate::cli::question_args::{LimitArgs, QuestionArgs, word};
use crate::cli::ui::Ui;
use crate::service::list_tests;

const SORTS: &[(&str, TestSort)] = &[
    ("name", TestSort::Name),
    ("failures", TestSort::Failures),
    ("pass-rate", TestSort::PassRate),
    ("runs", TestSort::Runs),
    ("total", TestSort::TotalDuration),
    ("mean", TestSort::MeanDuration),
    ("last-seen", TestSort::LastSeen),
];

/// List tests with their runs, pass rates and durations.
///
/// A condition on single results (--outcome, --text, --min-duration) selects the tests that have at least one such result; their figures are of all
/// their results.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  insight test list --sut checkout-api --sort pass-rate
  insight test list --outcome failed --text TimeoutError --time 7d
  insight test list --nodeid 'tests/api/*' --all --format csv > tests.csv")]
pub(crate) struct TestListArgs {
    #[command(flatten)]
    filter: QuestionArgs,
    /// What comes first.
    #[arg(long, value_name = "BY", default_value = "name", value_parser = word(SORTS), help_heading = "Output options")]
    sort: TestSort,
    #[command(flatten)]
    limit: LimitArgs,
    #[command(flatten)]
    history: HistoryArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(crate) fn run(ui: &Ui, environment: &Environment, args: &TestListArgs) -> CommandResult {
    let store = asking::open(environment, &args.history)?;
    let filter = args.filter.filter(environment, &args.output.zone);
    let report = list_tests(&store, &filter, args.sort, args.limit.limit())?;
    args.output.print(ui, &report)?;
    Ok(ExitStatus::Done)
}
