//! `insight session list`.

use crate::cli::asking;
use crate::cli::environment::Environment;
use crate::cli::error::CommandResult;
use crate::cli::exit::ExitStatus;
use crate::cli::history_args::HistoryArgs;
use crate::cli::output_args::OutputArgs;
use crate::cli::question_args::{QuestionArgs, word};
use crate::cli::ui::Ui;
use crate::service::{Grouping, SessionListReport, SessionListing, SessionSort, list_sessions};

const SORTS: &[(&str, SessionSort)] = &[
    ("newest", SessionSort::Newest),
    ("oldest", SessionSort::Oldest),
    ("duration", SessionSort::Duration),
    ("tests", SessionSort::Tests),
    ("failures", SessionSort::Failures),
    ("pass-rate", SessionSort::PassRate),
];

/// List sessions, newest first.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  insight session list --sut checkout-api --time 7d
  insight session list --nodeid 'tests/api/*' --outcome failed
  insight session list --sort duration --limit 10
  insight session list --branch main --limit 500 --format csv > sessions.csv")]
pub(crate) struct SessionListArgs {
    #[command(flatten)]
    filter: QuestionArgs,
    #[command(flatten)]
    order: SessionOrderArgs,
    #[command(flatten)]
    history: HistoryArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Which sessions come first, and how many are shown.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output options")]
pub(crate) struct SessionOrderArgs {
    /// What comes first: the lowest for pass-rate, the most for the others; among equals the newest.
    #[arg(long, value_name = "BY", default_value = "newest", value_parser = word(SORTS))]
    sort: SessionSort,
    /// At most so many, the first.
    #[arg(long, value_name = "N", default_value_t = 50, conflicts_with = "all")]
    limit: usize,
    /// All of them.
    #[arg(long)]
    all: bool,
}

impl SessionOrderArgs {
    /// Returns how to list the sessions.
    pub(crate) fn listing(&self, grouping: Grouping) -> SessionListing {
        SessionListing { sort: self.sort, limit: (!self.all).then_some(self.limit), grouping }
    }
}

pub(crate) fn run(ui: &Ui, environment: &Environment, args: &SessionListArgs) -> CommandResult {
    let store = asking::open(environment, &args.history)?;
    let filter = args.filter.filter(environment, &args.output.zone);
    let report = list_sessions(&store, &filter, args.order.listing(Grouping::None))?;
    args.output.print(ui, &report)?;
    say_rest(ui, &report);
    Ok(ExitStatus::Done)
}

/// Says what the list does not show.
pub(crate) fn say_rest(ui: &Ui, report: &SessionListReport) {
    let shown = report.sessions.len() as u64;
    if report.matching == 0 {
        ui.status("no sessions");
    } else if shown < report.matching {
        ui.status(format!("{shown} of {} sessions; --all shows every one", report.matching));
    }
}
