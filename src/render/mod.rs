//! How answers look: a report, a writer and [`Styles`] in, one output format out.
//!
//! Nothing here computes a figure, asks the clock or the environment, or knows whether a terminal is there: width, colour and
//! time zone arrive as arguments.

mod session_document;
mod styles;

pub use session_document::{SessionDocumentWriter, write_session_line};
pub use styles::Styles;
