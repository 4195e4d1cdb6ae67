//! Every number is born here: questions in, report structs out.
//!
//! Pure functions over session rows and over one test's series of observations. Nothing here knows where the rows came
//! from, reads a file, or asks for the time: a [`Source`] delivers the rows, and now arrives as an argument.

mod filter;
mod source;
pub mod statistics;

pub use filter::{Filter, NodeIdPattern, PatternError, Window};
pub use source::{
    Columns, FailureBatch, FailureText, FailureVisitor, ObservationBatch, ObservationVisitor, Request, Sessions,
    Source, SourceError, UNKNOWN_DURATION,
};
