//! `insight test history`.

use crate::cli::asking;
use crate::cli::environment::Environment;
use crate::cli::error::CommandResult;
use crate::cli::exit::ExitStatus;
use crate::cli::history_args::HistoryArgs;
use crate::cli::output_args::OutputArgs;
use crate::cli::question_args::{LimitArgs, QuestionArgs};
use crate::cli::ui::Ui;
use crate::service::test_history;

/// List the attempts of a test, or of several, latest first.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  insight test history tests/test_cart.py::test_add --outcome failed
  insight test history 'tests/test_cart.py::*' --time 7d --format jsonl")]
pub(crate) struct TestHistoryArgs {
    /// A node id, a part of it that only this test has, or a glob: * is any text, ? any character.
    #[arg(value_name = "NODEID")]
    node_id: String,
    #[command(flatten)]
    filter: QuestionArgs,
    #[command(flatten)]
    limit: LimitArgs,
    #[command(flatten)]
    history: HistoryArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(crate) fn run(ui: &Ui, environment: &Environment, args: &TestHistoryArgs) -> CommandResult {
    let store = asking::open(environment, &args.history)?;
    let filter = args.filter.filter(environment, &args.output.zone);
    let report = test_history(&store, &args.node_id, &filter, args.limit.limit())?;
    args.output.print(ui, &report)?;
    Ok(ExitStatus::Done)
}
