//! `insight test show`.

use crate::cli::asking;
use crate::cli::environment::Environment;
use crate::cli::error::CommandResult;
use crate::cli::exit::ExitStatus;
use crate::cli::history_args::HistoryArgs;
use crate::cli::output_args::OutputArgs;
use crate::cli::question_args::QuestionArgs;
use crate::cli::ui::Ui;
use crate::service::show_test;

/// Show one test: its rates, where it stands and since when, whether it is flaky, why it failed, its latest attempts.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  insight test show tests/test_cart.py::test_add
  insight test show test_add --sut checkout-api --branch main")]
pub(crate) struct TestShowArgs {
    /// The test's node id, or a part of it that only this test has.
    #[arg(value_name = "NODEID")]
    node_id: String,
    #[command(flatten)]
    filter: QuestionArgs,
    /// At most so many attempts.
    #[arg(long, value_name = "N", default_value_t = 10, help_heading = "Output options")]
    limit: usize,
    #[command(flatten)]
    history: HistoryArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(crate) fn run(ui: &Ui, environment: &Environment, args: &TestShowArgs) -> CommandResult {
    let store = asking::open(environment, &args.history)?;
    let filter = args.filter.filter(environment, &args.output.zone);
    let answer = show_test(&store, &args.node_id, &filter, Some(args.limit))?;
    args.output.print(ui, &answer)?;
    ui.status(format!("next: insight test history '{}' --all", answer.node_id));
    Ok(ExitStatus::Done)
}
