//! `insight analytics failures`.

use super::listing_args::ListingArgs;
use crate::cli::environment::Environment;
use crate::cli::error::CommandResult;
use crate::cli::question_args::word;
use crate::cli::ui::Ui;
use crate::service::{FailureSort, failures};

const SORTS: &[(&str, FailureSort)] = &[
    ("failures", FailureSort::Failures),
    ("tests", FailureSort::Tests),
    ("sessions", FailureSort::Sessions),
    ("last-seen", FailureSort::LastSeen),
    ("first-seen", FailureSort::FirstSeen),
];

/// Show why tests fail: failures grouped by what is left of their text when all that changes from run to run is masked.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  insight analytics failures --sut checkout-api --time 7d
  insight analytics failures --nodeid tests/test_cart.py::test_add
  insight analytics failures --text TimeoutError --sort sessions")]
pub(crate) struct FailuresArgs {
    #[command(flatten)]
    listing: ListingArgs,
    /// What comes first.
    #[arg(long, value_name = "BY", default_value = "failures", value_parser = word(SORTS), help_heading = "Output options")]
    sort: FailureSort,
}

pub(crate) fn run(ui: &Ui, environment: &Environment, args: &FailuresArgs) -> CommandResult {
    args.listing.answer(ui, environment, |store, filter, limit| failures(store, filter, args.sort, limit))
}
