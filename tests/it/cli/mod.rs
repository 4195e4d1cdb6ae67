//! The program as a user sees it: exit code, standard output and standard error together.

mod errors;
#[cfg(feature = "store")]
mod history;
#[cfg(feature = "store")]
mod ingest;
#[cfg(feature = "store")]
mod json;
mod parse;
#[cfg(feature = "store")]
mod questions;
