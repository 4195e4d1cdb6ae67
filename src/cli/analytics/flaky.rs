//! `insight analytics flaky`.

use super::listing_args::ListingArgs;
use crate::cli::environment::Environment;
use crate::cli::error::CommandResult;
use crate::cli::question_args::word;
use crate::cli::ui::Ui;
use crate::service::{FlakySort, flaky};

const SORTS: &[(&str, FlakySort)] = &[
    ("certainty", FlakySort::Certainty),
    ("rate", FlakySort::FlipRate),
    ("failures", FlakySort::Failures),
    ("name", FlakySort::Name),
];

/// List flaky tests with the evidence: for certain where the same code passed and failed, likely where a test keeps changing its mind.
///
/// Sessions of broken infrastructure, and sessions in which unusually many tests failed together, are set aside first, and named.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  insight analytics flaky --sut checkout-api --time 30d
  insight analytics flaky --branch main --sort failures --format csv")]
pub(crate) struct FlakyArgs {
    #[command(flatten)]
    listing: ListingArgs,
    /// What comes first.
    #[arg(long, value_name = "BY", default_value = "certainty", value_parser = word(SORTS), help_heading = "Output options")]
    sort: FlakySort,
}

pub(crate) fn run(ui: &Ui, environment: &Environment, args: &FlakyArgs) -> CommandResult {
    args.listing.answer(ui, environment, |store, filter, limit| flaky(store, filter, args.sort, limit))
}
