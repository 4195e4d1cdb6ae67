//! `insight history list`.

use crate::cli::asking;
use crate::cli::environment::Environment;
use crate::cli::error::CommandResult;
use crate::cli::exit::ExitStatus;
use crate::cli::history_args::HistoryArgs;
use crate::cli::output_args::OutputArgs;
use crate::cli::question_args::QuestionArgs;
use crate::cli::session::{SessionOrderArgs, say_rest};
use crate::cli::ui::Ui;
use crate::service::{Grouping, list_sessions};

/// List what the history holds, newest first.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  insight history list --time 7d --by-sut
  insight history list --time 2026-01-01..2026-01-31 --all --format csv > january.csv")]
pub(crate) struct HistoryListArgs {
    #[command(flatten)]
    filter: QuestionArgs,
    /// One list a system under test.
    #[arg(long, help_heading = "Output options")]
    by_sut: bool,
    #[command(flatten)]
    order: SessionOrderArgs,
    #[command(flatten)]
    history: HistoryArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(crate) fn run(ui: &Ui, environment: &Environment, args: &HistoryListArgs) -> CommandResult {
    let store = asking::open(environment, &args.history)?;
    let filter = args.filter.filter(environment, &args.output.zone);
    let grouping = if args.by_sut { Grouping::BySut } else { Grouping::None };
    let report = list_sessions(&store, &filter, args.order.listing(grouping))?;
    args.output.print(ui, &report)?;
    say_rest(ui, &report);
    Ok(ExitStatus::Done)
}
