//! Console dialects as data.
//!
//! A dialect is a TOML file of `grammars/`: the headings, the line patterns, the outcome words and the line prefixes of
//! one tool, and samples by which all of that is checked. [`Library`] holds the built-in dialects and what the user
//! laid over them. This module matches single lines; what lines mean together is `formats::terminal`'s.

mod built_in;
mod check;
mod dialect;
mod emits;
mod lazy_regex;
mod library;
mod line_match;
mod line_pattern;
mod overlay;
mod prefix;
mod propose;
mod quick;
mod read;
mod rules;
mod sample;
mod section;
mod shape;
mod toml_reader;
mod vocabulary;
mod words;

pub use built_in::{built_in_dialect, built_in_text};
pub use check::{CODES, check, check_built_in};
pub use dialect::{Dialect, Origin};
pub use emits::{Emits, EmitsCaptures};
pub use library::Library;
pub use line_match::LineMatch;
pub use line_pattern::LinePattern;
pub use prefix::{Decode, Joins, Prefix, PrefixScope, Stamp, Stripped};
pub use propose::propose;
pub use quick::Quick;
pub use sample::{Expected, Sample};
pub use section::Section;
pub use vocabulary::{Area, Opens, WordMeaning};
