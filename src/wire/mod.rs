//! The session document, `insight.sessions/1`: what `insight parse` prints and every other tool may rely on.
//!
//! Fields are added, never renamed; a breaking change is a new version. The structs here are the contract, so they are
//! apart from the model and converted by hand, both ways. `schema.json` beside this file is the contract in JSON Schema.

mod document;
mod from_model;
mod json_text;
mod record_writer;
mod streamed;
#[cfg(test)]
mod tests;
mod to_model;

pub use document::{
    Diagnostic, Document, Environment, FileCounts, Location, OutputField, OutputFields, Phases, RerunTestGroup, SCHEMA,
    Session, Source, Subtest, TestResult, Warning,
};
pub(crate) use from_model::{microseconds, timestamp};
pub(crate) use json_text::{write_compact, write_line, write_pretty};
pub(crate) use record_writer::RecordWriter;
pub(crate) use streamed::streamed;
pub use to_model::WireError;

/// The JSON Schema of the session document.
pub const JSON_SCHEMA: &str = include_str!("schema.json");
