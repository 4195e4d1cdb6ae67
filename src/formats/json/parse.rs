//! One JSON value from bytes, with a second and a third try.

use memchr::memmem;
use serde::Deserialize;

use super::repair::repair;

/// Room for the text of a value that had to be repaired; reusable from value to value.
#[derive(Debug, Default)]
pub(crate) struct Scratch(Vec<u8>);

/// Why bytes are no value of the type asked for.
#[derive(Debug)]
pub(crate) struct ParseError {
    /// What is wrong, as a lower-case fragment.
    pub(crate) message: String,
    /// Whether the bytes end before the value does.
    pub(crate) is_cut: bool,
}

/// Returns a value that borrows from `bytes`, or from `scratch` where the bytes had to be repaired first.
///
/// A key that stands twice in an object counts the last time it stands, as in Python. Values nested too deeply are an error, not a
/// stack overflow.
pub(crate) fn parse<'a, Value: Deserialize<'a>>(
    bytes: &'a [u8],
    scratch: &'a mut Scratch,
) -> Result<Value, ParseError> {
    let mut first = None;
    if !may_hold_lone_surrogates(bytes) {
        match serde_json::from_slice(bytes) {
            Ok(value) => return Ok(value),
            Err(error) => first = Some(error),
        }
    }
    scratch.0.clear();
    repair(bytes, &mut scratch.0);
    // The detour through a tree, in which the last of several equal keys wins.
    let tree: serde_json::Value =
        serde_json::from_slice(&scratch.0).map_err(|error| ParseError::from(first.as_ref().unwrap_or(&error)))?;
    scratch.0.clear();
    serde_json::to_writer(&mut scratch.0, &tree).map_err(|error| ParseError::from(&error))?;
    serde_json::from_slice(&scratch.0).map_err(|error| ParseError::from(&error))
}

/// Whether there are escapes of surrogates. The parser does not look into what it skips, or keeps for later, so they are told beforehand.
fn may_hold_lone_surrogates(bytes: &[u8]) -> bool {
    // Most records have no escape at all.
    memchr::memchr(b'\\', bytes).is_some()
        && (memmem::find(bytes, b"\\ud").is_some() || memmem::find(bytes, b"\\uD").is_some())
}

impl From<&serde_json::Error> for ParseError {
    fn from(error: &serde_json::Error) -> ParseError {
        let text = error.to_string();
        // The place is the diagnostic's to tell.
        let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
        // serde_json speaks of the end as `EOF`, the one word that stays as it is.
        let mut characters = message.chars();
        let lower = characters.next().map(|first| first.to_lowercase().chain(characters).collect());
        let message = if message.starts_with("EOF") { message.to_owned() } else { lower.unwrap_or_default() };
        ParseError { message, is_cut: error.is_eof() }
    }
}
