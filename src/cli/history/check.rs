//! `insight history check`.

use crate::cli::environment::Environment;
use crate::cli::error::CommandResult;
use crate::cli::exit::ExitStatus;
use crate::cli::history_args::{HistoryArgs, project_config};
use crate::cli::output_args::OutputArgs;
use crate::cli::ui::Ui;
use crate::store::Access;

/// Read everything and compare it with what was written: every file, every row, every session's counts.
///
/// Nothing is changed. The exit code is 1 where something is not as it was written.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  insight history check
  insight history check --format jsonl | jq -r .place")]
pub(crate) struct HistoryCheckArgs {
    #[command(flatten)]
    history: HistoryArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(crate) fn run(ui: &Ui, environment: &Environment, args: &HistoryCheckArgs) -> CommandResult {
    let config = project_config(environment)?;
    let store = args.history.open(environment, &config, Access::Read)?;
    let report = store.check()?;
    args.output.print(ui, &report)?;
    if report.problems.is_empty() {
        return Ok(ExitStatus::Done);
    }
    ui.hint("sessions that lost rows can be had again: `insight history restore` from a backup, or ingest into a new history");
    Ok(ExitStatus::GateClosed)
}
