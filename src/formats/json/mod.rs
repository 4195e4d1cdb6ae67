//! What the readers of JSON share: values that are not quite JSON, and texts borrowed from the input.
//!
//! Python writes more than JSON (`NaN`, lone surrogates), and damage writes less. [`mod@parse`] reads both; it never recurses deeper
//! than the parser's own limit.

mod documents;
mod parse;
mod repair;
mod scan;
mod values;

pub(crate) use documents::{Documents, Wholeness};
pub(crate) use parse::{ParseError, Scratch, parse};
pub(crate) use scan::{Scanner, Stop};
pub(crate) use values::{Lenient, Number, Text};
