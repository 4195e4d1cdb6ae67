//! `insight history prune`.

use chrono::{DateTime, Utc};

use crate::cli::environment::Environment;
use crate::cli::error::{CommandError, CommandResult};
use crate::cli::exit::ExitStatus;
use crate::cli::history_args::{HistoryArgs, project_config};
use crate::cli::output_args::OutputArgs;
use crate::cli::question_args::bounds;
use crate::cli::time_window::TimeWindow;
use crate::cli::ui::Ui;
use crate::cli::values;
use crate::service::{PruneMode, prune_history};
use crate::store::{Access, PruneRules};

/// Give up the results of old sessions.
///
/// A session goes if any of the rules names it. It stays in the lists, with its facts and counts, and is not taken in again; what each of its
/// tests came to is kept by day. Results, texts and console sections go for good: see what would go with --dry-run first.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  insight history prune --older-than 180d --dry-run
  insight history prune --keep 500
  insight history prune --max-size 2GB")]
pub(crate) struct HistoryPruneArgs {
    /// Sessions that began longer ago than this (90d, 26w), or before this day or time.
    #[arg(long, value_name = "AGE", value_parser = TimeWindow::parse_age, help_heading = "Rules")]
    older_than: Option<TimeWindow>,
    /// All but so many of the newest of each system under test.
    #[arg(long, value_name = "N", help_heading = "Rules")]
    keep: Option<usize>,
    /// The oldest, until the data of the rest has about this size.
    #[arg(long, value_name = "SIZE", value_parser = values::size, help_heading = "Rules")]
    max_size: Option<u64>,
    /// Say what would go, and change nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    history: HistoryArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(crate) fn run(ui: &Ui, environment: &Environment, args: &HistoryPruneArgs) -> CommandResult {
    let rules = rules(environment, args)?;
    let config = project_config(environment)?;
    let (mode, access) = match args.dry_run {
        true => (PruneMode::Plan, Access::Read),
        false => (PruneMode::Do, Access::Change),
    };
    let mut store = args.history.open(environment, &config, access)?;
    let report = prune_history(&mut store, &rules, mode, environment.now())?;
    args.output.print(ui, &report)?;
    Ok(ExitStatus::Done)
}

fn rules(environment: &Environment, args: &HistoryPruneArgs) -> Result<PruneRules, CommandError> {
    if args.older_than.is_none() && args.keep.is_none() && args.max_size.is_none() {
        return Err(CommandError::usage("nobody says what may go")
            .with_hint("name a rule: --older-than 180d, --keep 500 or --max-size 2GB"));
    }
    let older_than = args.older_than.map(|window| before(environment, args, window)).transpose()?;
    Ok(PruneRules { older_than, keep: args.keep, max_bytes: args.max_size })
}

/// Returns the moment before which sessions go.
fn before(
    environment: &Environment,
    args: &HistoryPruneArgs,
    window: TimeWindow,
) -> Result<DateTime<Utc>, CommandError> {
    bounds(window, environment, &args.output.zone)
        .from
        .ok_or_else(|| CommandError::usage("--older-than needs an age or a time, such as 90d or 2026-01-01"))
}
