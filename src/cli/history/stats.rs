//! `insight history stats`.

use crate::cli::environment::Environment;
use crate::cli::error::CommandResult;
use crate::cli::exit::ExitStatus;
use crate::cli::history_args::{HistoryArgs, project_config};
use crate::cli::output_args::OutputArgs;
use crate::cli::ui::Ui;
use crate::service::history_statistics;
use crate::store::Access;

/// Show how much the history holds, and how it lies on the disk.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  insight history stats
  insight history stats --format json | jq .bytes")]
pub(crate) struct HistoryStatsArgs {
    #[command(flatten)]
    history: HistoryArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(crate) fn run(ui: &Ui, environment: &Environment, args: &HistoryStatsArgs) -> CommandResult {
    let config = project_config(environment)?;
    let store = args.history.open(environment, &config, Access::Read)?;
    args.output.print(ui, &history_statistics(&store)?)?;
    Ok(ExitStatus::Done)
}
