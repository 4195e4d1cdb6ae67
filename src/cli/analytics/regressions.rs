//! `insight analytics regressions`.

use crate::cli::asking;
use crate::cli::environment::Environment;
use crate::cli::error::CommandResult;
use crate::cli::gate_args::{GateArgs, leave};
use crate::cli::history_args::HistoryArgs;
use crate::cli::output_args::OutputArgs;
use crate::cli::question_args::{LimitArgs, QuestionArgs, word};
use crate::cli::ui::Ui;
use crate::service::{RegressionSort, check_gates, regressions};

const SORTS: &[(&str, RegressionSort)] =
    &[("state", RegressionSort::Kind), ("latest", RegressionSort::Latest), ("name", RegressionSort::Name)];

/// List tests that began to fail, since when, and how sure that is; and tests that fail or lately did.
///
/// A change point is where two constant failure rates are ten thousand times as likely as one.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  insight analytics regressions --sut checkout-api --branch main
  insight analytics regressions --sort latest --format json")]
pub(crate) struct RegressionsArgs {
    #[command(flatten)]
    filter: QuestionArgs,
    /// What comes first.
    #[arg(long, value_name = "BY", default_value = "state", value_parser = word(SORTS), help_heading = "Output options")]
    sort: RegressionSort,
    #[command(flatten)]
    limit: LimitArgs,
    #[command(flatten)]
    gates: GateArgs,
    #[command(flatten)]
    history: HistoryArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(crate) fn run(ui: &Ui, environment: &Environment, args: &RegressionsArgs) -> CommandResult {
    let store = asking::open(environment, &args.history)?;
    let filter = args.filter.filter(environment, &args.output.zone);
    let report = regressions(&store, &filter, args.sort, args.limit.limit())?;
    let verdicts = check_gates(&store, &filter, &args.gates.fail_on)?;
    args.output.print(ui, &report)?;
    Ok(leave(ui, &verdicts))
}
