//! `insight history compact`.

use crate::cli::environment::Environment;
use crate::cli::error::CommandResult;
use crate::cli::exit::ExitStatus;
use crate::cli::history_args::{HistoryArgs, project_config};
use crate::cli::output_args::OutputArgs;
use crate::cli::ui::Ui;
use crate::store::Access;

/// Make many small files into few large ones, and clear away what is no part of the history any more.
///
/// `insight ingest` does the most needful of it by itself. Others may read and write meanwhile.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  insight history compact
  insight history compact --history /srv/history")]
pub(crate) struct HistoryCompactArgs {
    #[command(flatten)]
    history: HistoryArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(crate) fn run(ui: &Ui, environment: &Environment, args: &HistoryCompactArgs) -> CommandResult {
    let config = project_config(environment)?;
    let mut store = args.history.open(environment, &config, Access::Change)?;
    let report = store.compact()?;
    args.output.print(ui, &report)?;
    Ok(ExitStatus::Done)
}
