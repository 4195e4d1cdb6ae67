//! The samples by which a grammar is checked.

use super::vocabulary::Area;

/// A line as a tool printed it, and what it must be taken for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// The line, without colour codes.
    pub text: String,
    /// What it is.
    pub expected: Expected,
    /// The captures, each with its value.
    pub captures: Vec<(String, String)>,
    /// The line of the grammar file.
    pub line: u64,
}

/// What a sample must be taken for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// The line pattern, section or prefix of this name.
    Named(String),
    /// Nothing: a near miss; in this area, or in all of them.
    Nothing(Option<Area>),
}
