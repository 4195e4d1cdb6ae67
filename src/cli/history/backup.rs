//! `insight history backup` and `insight history restore`.

use std::path::PathBuf;

use crate::cli::environment::Environment;
use crate::cli::error::{CommandError, CommandResult, ErrorKind};
use crate::cli::exit::ExitStatus;
use crate::cli::history_args::{HistoryArgs, project_config};
use crate::cli::output_args::OutputArgs;
use crate::cli::ui::Ui;
use crate::store::{Access, HistoryStore, StoreError};

/// Copy the history as it is now to another directory, which is a history in its own right.
///
/// Others may write meanwhile: the copy holds one version, whole.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  insight history backup /mnt/backup/history-2026-01-05")]
pub(crate) struct HistoryBackupArgs {
    /// Where to: a directory that is absent or empty.
    #[arg(value_name = "DIR")]
    target: PathBuf,
    #[command(flatten)]
    history: HistoryArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(crate) fn run_backup(ui: &Ui, environment: &Environment, args: &HistoryBackupArgs) -> CommandResult {
    let config = project_config(environment)?;
    let store = args.history.open(environment, &config, Access::Read)?;
    args.output.print(ui, &store.copy_to(&args.target)?)?;
    Ok(ExitStatus::Done)
}

/// Make the history from a backup. It must be absent or empty: nothing is ever overwritten.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  insight history restore /mnt/backup/history-2026-01-05
  insight history restore /mnt/backup/history-2026-01-05 --history /srv/history")]
pub(crate) struct HistoryRestoreArgs {
    /// Where from: what `insight history backup` made.
    #[arg(value_name = "DIR")]
    source: PathBuf,
    #[command(flatten)]
    history: HistoryArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(crate) fn run_restore(ui: &Ui, environment: &Environment, args: &HistoryRestoreArgs) -> CommandResult {
    let config = project_config(environment)?;
    let target = args.history.location(environment, &config)?.path;
    let backup = HistoryStore::open(&args.source, Access::Read).map_err(|error| match error {
        // The general hint is how to make a history, which is not what is missing here.
        StoreError::NotFound { .. } => {
            CommandError::new(ErrorKind::History, format!("no backup at {}", args.source.display()))
                .with_hint("give the directory that `insight history backup` made")
        }
        error => error.into(),
    })?;
    args.output.print(ui, &backup.copy_to(&target)?)?;
    Ok(ExitStatus::Done)
}
