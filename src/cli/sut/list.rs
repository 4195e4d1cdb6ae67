//! `insight sut list`.

use crate::cli::asking;
use crate::cli::environment::Environment;
use crate::cli::error::CommandResult;
use crate::cli::exit::ExitStatus;
use crate::cli::history_args::HistoryArgs;
use crate::cli::output_args::OutputArgs;
use crate::cli::question_args::{QuestionArgs, word};
use crate::cli::ui::Ui;
use crate::service::{SutListing, SutSort, list_suts};

const SORTS: &[(&str, SutSort)] = &[
    ("name", SutSort::Name),
    ("newest", SutSort::Newest),
    ("sessions", SutSort::Sessions),
    ("failures", SutSort::Failures),
    ("pass-rate", SutSort::PassRate),
];

/// List the systems under test that the history knows, each with its latest session.
///
/// With filters: those that have such sessions, and of those sessions.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  insight sut list --sort pass-rate
  insight sut list --branch main --time 7d --format json")]
pub(crate) struct SutListArgs {
    #[command(flatten)]
    filter: QuestionArgs,
    /// What comes first: by name, what ran last, the most sessions, the most failures or the lowest pass rate of the latest session.
    #[arg(long, value_name = "BY", default_value = "name", value_parser = word(SORTS), help_heading = "Output options")]
    sort: SutSort,
    /// At most so many; without it all.
    #[arg(long, value_name = "N", help_heading = "Output options")]
    limit: Option<usize>,
    #[command(flatten)]
    history: HistoryArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(crate) fn run(ui: &Ui, environment: &Environment, args: &SutListArgs) -> CommandResult {
    let store = asking::open(environment, &args.history)?;
    let filter = args.filter.filter(environment, &args.output.zone);
    let report = list_suts(&store, &filter, SutListing { sort: args.sort, limit: args.limit })?;
    args.output.print(ui, &report)?;
    let shown = report.suts.len() as u64;
    if report.matching == 0 {
        ui.status("no systems under test");
    } else if shown < report.matching {
        ui.status(format!("{shown} of {} systems under test", report.matching));
    }
    Ok(ExitStatus::Done)
}
