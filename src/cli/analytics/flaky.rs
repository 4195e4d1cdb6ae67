//! `insight analytics flaky`.

use crate::cli::asking;
use crate::cli::environment::Environment;
use crate::cli::error::CommandResult;
use crate::cli::gate_args::{GateArgs, leave};
use crate::cli::history_args::HistoryArgs;
use crate::cli::output_args::OutputArgs;
use crate::cli::question_args::{LimitArgs, QuestionArgs, word};
use crate::cli::ui::Ui;
use crate::service::{FlakySort, check_gates, flaky};

const SORTS: &[(&str, FlakySort)] = &[
    ("certainty", FlakySort::Certainty),
    ("rate", FlakySort::FlipRate),
    ("failures", FlakySort::Failures),
    ("name", FlakySort::Name),
];

/// List flaky tests with the evidence: for certain where the same code passed and failed, likely where a test keeps changing its mind.
///
/// Sessions of broken infrastructure, and sessions in which unusually many tests failed together, are set aside first, and named.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  insight analytics flaky --sut checkout-api --time 30d
  insight analytics flaky --branch main --sort failures --format csv")]
pub(crate) struct FlakyArgs {
    #[command(flatten)]
    filter: QuestionArgs,
    /// What comes first.
    #[arg(long, value_name = "BY", default_value = "certainty", value_parser = word(SORTS), help_heading = "Output options")]
    sort: FlakySort,
    #[command(flatten)]
    limit: LimitArgs,
    #[command(flatten)]
    gates: GateArgs,
    #[command(flatten)]
    history: HistoryArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(crate) fn run(ui: &Ui, environment: &Environment, args: &FlakyArgs) -> CommandResult {
    let store = asking::open(environment, &args.history)?;
    let filter = args.filter.filter(environment, &args.output.zone);
    let report = flaky(&store, &filter, args.sort, args.limit.limit())?;
    let verdicts = check_gates(&store, &filter, &args.gates.fail_on)?;
    args.output.print(ui, &report)?;
    Ok(leave(ui, &verdicts))
}
