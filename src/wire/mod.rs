//! The session document, `insight.sessions/1`: what `insight parse` prints and every other tool may rely on.
//!
//! Fields are added, never renamed; a breaking change is a new version. The structs here are the contract, so they are
//! apart from the model and converted by hand, both ways. `schema.json` beside this file is the contract in JSON Schema.

mod document;
mod from_model;
#[cfg(test)]
mod tests;
mod to_model;

pub use document::{
    Diagnostic, Document, Environment, FileCounts, Location, OutputField, OutputFields, Phases, RerunTestGroup, SCHEMA,
    Session, Source, Subtest, TestResult, Warning,
};
pub(crate) use from_model::{certainty_word, microseconds, timestamp};
pub use to_model::WireError;

/// The JSON Schema of the session document.
pub const JSON_SCHEMA: &str = include_str!("schema.json");
