//! The dialects that are part of the program.

use super::dialect::{Dialect, Origin};
use super::read;

/// Each built-in grammar with its text, in the order in which patterns are tried.
pub(crate) const FILES: &[(&str, &str)] = &[("pytest-console", include_str!("../../grammars/pytest-console.toml"))];

/// The samples stand at the end of a built-in file, behind the first of these: a start of the program does not read them.
const SAMPLES: &str = "\n[[sample]]";

/// Returns the built-in dialects without their samples.
pub(crate) fn dialects() -> Vec<Dialect> {
    let heads = FILES.iter().map(|(name, text)| (*name, text.split(SAMPLES).next().unwrap_or(text)));
    // Whatever a built-in file had to complain about, a test of this program has reported before.
    heads.map(|(name, text)| read::dialect(name, text, Origin::BuiltIn).value).collect()
}

/// Returns a built-in dialect with its samples.
pub(crate) fn with_samples(name: &str) -> Option<Dialect> {
    let (_, text) = FILES.iter().find(|(file, _)| *file == name)?;
    Some(read::dialect(name, text, Origin::BuiltIn).value)
}

/// Returns the text of a built-in grammar file.
pub fn built_in_text(name: &str) -> Option<&'static str> {
    FILES.iter().find(|(file, _)| *file == name).map(|(_, text)| *text)
}
