//! `insight history list`.

use crate::cli::environment::Environment;
use crate::cli::error::CommandResult;
use crate::cli::exit::ExitStatus;
use crate::cli::history_args::{HistoryArgs, project_config};
use crate::cli::output_args::OutputArgs;
use crate::cli::question_args::QuestionArgs;
use crate::cli::session::say_rest;
use crate::cli::ui::Ui;
use crate::service::{Grouping, list_sessions};
use crate::store::Access;

/// How many sessions are shown without `--all`.
const LIMIT: usize = 50;

/// List what the history holds, newest first.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  insight history list --time 7d --by-sut
  insight history list --time 2026-01-01..2026-01-31 --all --format csv > january.csv")]
pub(crate) struct HistoryListArgs {
    #[command(flatten)]
    filter: QuestionArgs,
    /// One list a system under test.
    #[arg(long)]
    by_sut: bool,
    /// All sessions, not only the 50 newest.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    history: HistoryArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(crate) fn run(ui: &Ui, environment: &Environment, args: &HistoryListArgs) -> CommandResult {
    let config = project_config(environment)?;
    let store = args.history.open(environment, &config, Access::Read)?;
    let filter = args.filter.session_filter(environment, &args.output.zone)?;
    let limit = (!args.all).then_some(LIMIT);
    let grouping = if args.by_sut { Grouping::BySut } else { Grouping::None };
    let report = list_sessions(&store, &filter, &args.filter.filter(environment, &args.output.zone), limit, grouping)?;
    args.output.print(ui, &report)?;
    say_rest(ui, &report);
    Ok(ExitStatus::Done)
}
