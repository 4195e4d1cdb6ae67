//! `insight analytics failures`.

use crate::cli::asking;
use crate::cli::environment::Environment;
use crate::cli::error::CommandResult;
use crate::cli::gate_args::{GateArgs, leave};
use crate::cli::history_args::HistoryArgs;
use crate::cli::output_args::OutputArgs;
use crate::cli::question_args::{LimitArgs, QuestionArgs, word};
use crate::cli::ui::Ui;
use crate::service::{FailureSort, check_gates, failures};

const SORTS: &[(&str, FailureSort)] = &[
    ("failures", FailureSort::Failures),
    ("tests", FailureSort::Tests),
    ("sessions", FailureSort::Sessions),
    ("last-seen", FailureSort::LastSeen),
    ("first-seen", FailureSort::FirstSeen),
];

/// Show why tests fail: failures grouped by what is left of their text when all that changes from run to run is masked.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  insight analytics failures --sut checkout-api --time 7d
  insight analytics failures --nodeid tests/test_cart.py::test_add
  insight analytics failures --text TimeoutError --sort sessions")]
pub(crate) struct FailuresArgs {
    #[command(flatten)]
    filter: QuestionArgs,
    /// What comes first.
    #[arg(long, value_name = "BY", default_value = "failures", value_parser = word(SORTS), help_heading = "Output options")]
    sort: FailureSort,
    #[command(flatten)]
    limit: LimitArgs,
    #[command(flatten)]
    gates: GateArgs,
    #[command(flatten)]
    history: HistoryArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(crate) fn run(ui: &Ui, environment: &Environment, args: &FailuresArgs) -> CommandResult {
    let store = asking::open(environment, &args.history)?;
    let filter = args.filter.filter(environment, &args.output.zone);
    let report = failures(&store, &filter, args.sort, args.limit.limit())?;
    let verdicts = check_gates(&store, &filter, &args.gates.fail_on)?;
    args.output.print(ui, &report)?;
    Ok(leave(ui, &verdicts))
}
