//! `insight test days`.

use crate::analysis::{Filter, NodeIdPattern};
use crate::cli::asking;
use crate::cli::environment::Environment;
use crate::cli::error::CommandResult;
use crate::cli::exit::ExitStatus;
use crate::cli::history_args::HistoryArgs;
use crate::cli::output_args::OutputArgs;
use crate::cli::question_args::{LimitArgs, bounds, node_id_glob};
use crate::cli::time_window::TimeWindow;
use crate::cli::ui::Ui;
use crate::cli::values;
use crate::service::daily_tests;

/// Show what tests came to, day by day, in sessions whose results were pruned.
///
/// `insight history prune` gives results up and keeps these rows, so that what a test did years ago can still be told.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  insight test days --nodeid '*test_checkout*' --all
  insight test days --sut checkout-api --time 2025-01-01..2025-12-31 --all --format csv > 2025.csv")]
pub(crate) struct TestDaysArgs {
    /// Only of this system under test; may be given more than once.
    #[arg(long, value_name = "NAME", value_parser = values::sut_name, help_heading = "Filters")]
    sut: Vec<String>,
    /// Only days of this time: 7d, a day, or A..B of days.
    #[arg(long, value_name = "WINDOW", value_parser = TimeWindow::parse, help_heading = "Filters")]
    time: Option<TimeWindow>,
    /// Only tests whose node id this glob matches: * is any text, ? any character; may be given more than once.
    #[arg(long, value_name = "GLOB", value_parser = node_id_glob, help_heading = "Filters")]
    nodeid: Vec<NodeIdPattern>,
    #[command(flatten)]
    limit: LimitArgs,
    #[command(flatten)]
    history: HistoryArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(crate) fn run(ui: &Ui, environment: &Environment, args: &TestDaysArgs) -> CommandResult {
    let store = asking::open(environment, &args.history)?;
    let filter = Filter {
        sut_names: args.sut.clone(),
        window: args.time.map(|window| bounds(window, environment, &args.output.zone)).unwrap_or_default(),
        node_ids: args.nodeid.clone(),
        ..Filter::default()
    };
    args.output.print(ui, &daily_tests(&store, &filter, args.limit.limit())?)?;
    Ok(ExitStatus::Done)
}
