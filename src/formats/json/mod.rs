//! What the readers of JSON share: values that are not quite JSON, and texts borrowed from the input.
//!
//! Python writes more than JSON (`NaN`, lone surrogates), and damage writes less. [`parse`] reads both; it never recurses deeper
//! than the parser's own limit.

mod parse;
mod repair;
mod values;

pub(crate) use parse::{Scratch, parse};
pub(crate) use values::{Lenient, Number, Text};
