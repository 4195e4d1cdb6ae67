//! The program as a user sees it: exit code, standard output and standard error together.

#[cfg(all(unix, feature = "store"))]
mod backfill;
#[cfg(feature = "store")]
mod conflicts;
mod errors;
#[cfg(feature = "store")]
mod history;
#[cfg(feature = "store")]
mod ingest;
#[cfg(feature = "store")]
mod json;
#[cfg(feature = "store")]
mod misleading;
mod parse;
#[cfg(feature = "store")]
mod questions;
#[cfg(feature = "store")]
mod sql;
#[cfg(feature = "store")]
mod upkeep;
