//! `insight analytics regressions`.

use super::listing_args::ListingArgs;
use crate::cli::environment::Environment;
use crate::cli::error::CommandResult;
use crate::cli::question_args::word;
use crate::cli::ui::Ui;
use crate::service::{RegressionSort, regressions};

const SORTS: &[(&str, RegressionSort)] =
    &[("state", RegressionSort::Kind), ("latest", RegressionSort::Latest), ("name", RegressionSort::Name)];

/// List tests that began to fail, since when, and how sure that is; and tests that fail or lately did.
///
/// A change point is where two constant failure rates are ten thousand times as likely as one.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  insight analytics regressions --sut checkout-api --branch main
  insight analytics regressions --sort latest --format json")]
pub(crate) struct RegressionsArgs {
    #[command(flatten)]
    listing: ListingArgs,
    /// What comes first.
    #[arg(long, value_name = "BY", default_value = "state", value_parser = word(SORTS), help_heading = "Output options")]
    sort: RegressionSort,
}

pub(crate) fn run(ui: &Ui, environment: &Environment, args: &RegressionsArgs) -> CommandResult {
    args.listing.answer(ui, environment, |store, filter, limit| regressions(store, filter, args.sort, limit))
}
