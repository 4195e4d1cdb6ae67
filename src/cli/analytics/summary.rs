//! `insight analytics summary`.

use crate::cli::asking;
use crate::cli::environment::Environment;
use crate::cli::error::CommandResult;
use crate::cli::gate_args::{GateArgs, leave};
use crate::cli::history_args::HistoryArgs;
use crate::cli::output_args::OutputArgs;
use crate::cli::question_args::QuestionArgs;
use crate::cli::ui::Ui;
use crate::service::{check_gates, summary};

/// Show the whole at a glance: pass rates, health, what fails now, what is flaky, why tests fail.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  insight analytics summary --sut checkout-api --days 7
  insight analytics summary --fail-on 'pass-rate<95%' --fail-on regressions
  insight analytics summary --branch main --format markdown >> \"$GITHUB_STEP_SUMMARY\"")]
pub(crate) struct SummaryArgs {
    #[command(flatten)]
    filter: QuestionArgs,
    /// At most so many entries a list.
    #[arg(long, value_name = "N", default_value_t = 5, help_heading = "Output options")]
    limit: usize,
    #[command(flatten)]
    gates: GateArgs,
    #[command(flatten)]
    history: HistoryArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(crate) fn run(ui: &Ui, environment: &Environment, args: &SummaryArgs) -> CommandResult {
    let store = asking::open(environment, &args.history)?;
    let filter = args.filter.filter(environment, &args.output.zone);
    let answer = summary(&store, &filter, Some(args.limit))?;
    let verdicts = check_gates(&store, &filter, &args.gates.fail_on)?;
    args.output.print(ui, &answer)?;
    ui.status("next: insight test trends, insight analytics failures, insight sut show SUT");
    Ok(leave(ui, &verdicts))
}
