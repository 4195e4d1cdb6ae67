//! `insight session list`.

use crate::cli::environment::Environment;
use crate::cli::error::CommandResult;
use crate::cli::exit::ExitStatus;
use crate::cli::history_args::{HistoryArgs, project_config};
use crate::cli::output_args::OutputArgs;
use crate::cli::question_args::QuestionArgs;
use crate::cli::ui::Ui;
use crate::service::{Grouping, SessionListReport, list_sessions};
use crate::store::Access;

/// List sessions, newest first.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  insight session list --sut checkout-api --time 7d
  insight session list --nodeid 'tests/api/*' --outcome failed
  insight session list --branch main --limit 500 --format csv > sessions.csv")]
pub(crate) struct SessionListArgs {
    #[command(flatten)]
    filter: QuestionArgs,
    /// At most so many, the newest.
    #[arg(long, value_name = "N", default_value_t = 50, conflicts_with = "all")]
    limit: usize,
    /// All of them.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    history: HistoryArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(crate) fn run(ui: &Ui, environment: &Environment, args: &SessionListArgs) -> CommandResult {
    let config = project_config(environment)?;
    let store = args.history.open(environment, &config, Access::Read)?;
    let filter = args.filter.session_filter(environment, &args.output.zone)?;
    let limit = (!args.all).then_some(args.limit);
    let report =
        list_sessions(&store, &filter, &args.filter.filter(environment, &args.output.zone), limit, Grouping::None)?;
    args.output.print(ui, &report)?;
    say_rest(ui, &report);
    Ok(ExitStatus::Done)
}

/// Says what the list does not show.
pub(crate) fn say_rest(ui: &Ui, report: &SessionListReport) {
    let shown = report.sessions.len() as u64;
    if report.matching == 0 {
        ui.status("no sessions");
    } else if shown < report.matching {
        ui.status(format!("{shown} of {} sessions; --all shows every one", report.matching));
    }
}
