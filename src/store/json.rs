//! The nested parts of a session as JSON texts, in the shape that they have in the session document.
//!
//! What is empty is null, so that the columns cost nothing where there is nothing to say.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::model::{FileCounts, Source, Subtest, TestWarning, Totals};
use crate::wire;

/// Returns a map as a JSON object.
pub(crate) fn object<Value: Serialize>(map: &BTreeMap<String, Value>) -> Option<String> {
    if map.is_empty() { None } else { text(map) }
}

/// Returns the inputs of a session.
pub(crate) fn sources(sources: &[Source]) -> Option<String> {
    list(sources, wire::Source::from)
}

/// Returns the declared totals; an empty object where none was declared, null where nothing was.
pub(crate) fn totals(totals: Option<&Totals>) -> Option<String> {
    text(&totals?.iter().collect::<BTreeMap<_, _>>())
}

/// Returns the warnings of a session.
pub(crate) fn warnings(warnings: &[TestWarning]) -> Option<String> {
    list(warnings, wire::Warning::from)
}

/// Returns the anonymous counts of a session.
pub(crate) fn files(files: &[FileCounts]) -> Option<String> {
    list(files, wire::FileCounts::from)
}

/// Returns the subtests of an attempt.
pub(crate) fn subtests(subtests: &[Subtest]) -> Option<String> {
    list(subtests, wire::Subtest::from)
}

/// Reads a value back; the default where there is nothing.
pub(crate) fn read<Value: DeserializeOwned + Default>(text: Option<&str>) -> Result<Value, serde_json::Error> {
    text.map_or_else(|| Ok(Value::default()), serde_json::from_str)
}

/// Reads a list of the document's structs back.
pub(crate) fn read_list<Wire: DeserializeOwned, Value>(
    text: Option<&str>,
    value: impl Fn(Wire) -> Result<Value, wire::WireError>,
) -> Result<Vec<Value>, String> {
    let list: Vec<Wire> = read(text).map_err(|error| error.to_string())?;
    list.into_iter().map(value).collect::<Result<_, _>>().map_err(|error| error.to_string())
}

fn list<'values, Value, Wire: Serialize>(
    values: &'values [Value],
    wire: impl Fn(&'values Value) -> Wire,
) -> Option<String> {
    if values.is_empty() { None } else { text(&values.iter().map(wire).collect::<Vec<_>>()) }
}

/// Maps with text keys and plain structs always have a JSON form, so that nothing is lost here.
fn text(value: &impl Serialize) -> Option<String> {
    serde_json::to_string(value).ok()
}
