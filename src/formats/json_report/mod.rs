//! The JSON document of pytest-json-report.
//!
//! It is written when the session ends, with one entry a node id: what later attempts of a test did has overwritten what earlier ones
//! did, tests that share an id are merged, and the reports of subtests have gone into a word. What is left of that is told by
//! [`mod@test`], attempt by attempt.

mod document;
mod environment;
mod logging;
mod read;
mod session;
mod stages;
mod test;

pub(crate) use read::read;
