//! `insight test trends`.

use crate::cli::asking;
use crate::cli::environment::Environment;
use crate::cli::error::CommandResult;
use crate::cli::exit::ExitStatus;
use crate::cli::history_args::HistoryArgs;
use crate::cli::output_args::OutputArgs;
use crate::cli::question_args::{LimitArgs, QuestionArgs};
use crate::cli::ui::Ui;
use crate::service::test_trends;

/// Show tests against sessions, one character a result: those that fail most first.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  insight test trends --sut checkout-api
  insight test trends --sut checkout-api --nodeid 'tests/api/*' --sessions 100 --all")]
pub(crate) struct TestTrendsArgs {
    #[command(flatten)]
    filter: QuestionArgs,
    /// The latest so many sessions.
    #[arg(long, value_name = "N", default_value_t = 40, help_heading = "Output options")]
    sessions: usize,
    #[command(flatten)]
    limit: LimitArgs,
    #[command(flatten)]
    history: HistoryArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(crate) fn run(ui: &Ui, environment: &Environment, args: &TestTrendsArgs) -> CommandResult {
    let store = asking::open(environment, &args.history)?;
    let filter = args.filter.filter(environment, &args.output.zone);
    let report = test_trends(&store, &filter, args.sessions, args.limit.limit())?;
    args.output.print(ui, &report)?;
    Ok(ExitStatus::Done)
}
