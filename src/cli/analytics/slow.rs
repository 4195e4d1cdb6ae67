//! `insight analytics slow`.

use crate::analysis::SlowSort;
use crate::cli::asking;
use crate::cli::environment::Environment;
use crate::cli::error::CommandResult;
use crate::cli::exit::ExitStatus;
use crate::cli::history_args::HistoryArgs;
use crate::cli::output_args::OutputArgs;
use crate::cli::question_args::{LimitArgs, QuestionArgs, word};
use crate::cli::ui::Ui;
use crate::service::slow;

const SORTS: &[(&str, SlowSort)] = &[("median", SlowSort::Median), ("total", SlowSort::Total)];

/// List the slowest tests, and the files in which the time goes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  insight analytics slow --sut checkout-api --time 7d
  insight analytics slow --sort total --limit 50")]
pub(crate) struct SlowArgs {
    #[command(flatten)]
    filter: QuestionArgs,
    /// What comes first.
    #[arg(long, value_name = "BY", default_value = "median", value_parser = word(SORTS), help_heading = "Output options")]
    sort: SlowSort,
    #[command(flatten)]
    limit: LimitArgs,
    #[command(flatten)]
    history: HistoryArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(crate) fn run(ui: &Ui, environment: &Environment, args: &SlowArgs) -> CommandResult {
    let store = asking::open(environment, &args.history)?;
    let filter = args.filter.filter(environment, &args.output.zone);
    let report = slow(&store, &filter, args.sort, args.limit.limit())?;
    args.output.print(ui, &report)?;
    Ok(ExitStatus::Done)
}
