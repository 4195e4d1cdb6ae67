//! What went wrong while reading, and where.
//!
//! A parser never fails: it returns what it could read and a list of [`Diagnostic`]s beside it.

mod types;

pub use types::{Diagnostic, Location, Parsed, Severity};
