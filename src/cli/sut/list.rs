//! `insight sut list`.

use crate::cli::environment::Environment;
use crate::cli::error::CommandResult;
use crate::cli::exit::ExitStatus;
use crate::cli::history_args::{HistoryArgs, project_config};
use crate::cli::output_args::OutputArgs;
use crate::cli::ui::Ui;
use crate::service::list_suts;
use crate::store::Access;

/// List the systems under test that the history knows.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  insight sut list --format json")]
pub(crate) struct SutListArgs {
    #[command(flatten)]
    history: HistoryArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(crate) fn run(ui: &Ui, environment: &Environment, args: &SutListArgs) -> CommandResult {
    let config = project_config(environment)?;
    let store = args.history.open(environment, &config, Access::Read)?;
    let report = list_suts(&store)?;
    args.output.print(ui, &report)?;
    if report.suts.is_empty() {
        ui.status("no systems under test");
    }
    Ok(ExitStatus::Done)
}
