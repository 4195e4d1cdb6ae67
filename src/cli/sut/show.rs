//! `insight sut show`.

use crate::cli::asking;
use crate::cli::environment::Environment;
use crate::cli::error::CommandResult;
use crate::cli::exit::ExitStatus;
use crate::cli::history_args::HistoryArgs;
use crate::cli::output_args::OutputArgs;
use crate::cli::question_args::ConditionArgs;
use crate::cli::ui::Ui;
use crate::service::show_sut;

/// Show one system under test: its pass rate, health, what fails, what is flaky, its slowest tests and latest sessions.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  insight sut show checkout-api
  insight sut show checkout-api --branch main --time 30d --format markdown")]
pub(crate) struct SutShowArgs {
    /// The system under test.
    #[arg(value_name = "SUT")]
    sut: String,
    #[command(flatten)]
    conditions: ConditionArgs,
    /// At most so many entries a list.
    #[arg(long, value_name = "N", default_value_t = 5, help_heading = "Output options")]
    limit: usize,
    #[command(flatten)]
    history: HistoryArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(crate) fn run(ui: &Ui, environment: &Environment, args: &SutShowArgs) -> CommandResult {
    let store = asking::open(environment, &args.history)?;
    let filter = args.conditions.filter(environment, &args.output.zone);
    let answer = show_sut(&store, &args.sut, &filter, Some(args.limit))?;
    args.output.print(ui, &answer)?;
    ui.status(format!("next: insight test trends --sut {0}, insight analytics regressions --sut {0}", args.sut));
    Ok(ExitStatus::Done)
}
