//! What a test case says of itself that has no field of its own.

use super::ids::{Named, around};
use super::producer::Producer;
use super::raw::{Extras, RawSuite};

/// Returns the properties that a test case recorded, and its own attributes under `junit.`.
pub(super) fn properties(
    named: &mut Named,
    extras: Option<&mut Extras>,
    suite: Option<u32>,
    suites: &[RawSuite],
    producer: Producer,
) -> Vec<(String, String)> {
    if extras.is_none() && named.classname.is_none() && named.name.is_none() && producer == Producer::Pytest {
        return Vec::new();
    }
    let mut properties = Vec::new();
    let mut keep = |name: &str, value: String| properties.push((format!("junit.{name}"), value));
    if producer == Producer::Other && suites.len() > 1 {
        let path = suite_path(suite, suites);
        let told = named.node_id.as_str().starts_with(&path) || named.classname.as_ref() == Some(&path);
        if !told {
            keep("suite", path);
        }
    }
    if let Some(classname) = named.classname.take().filter(|classname| !classname.is_empty()) {
        keep("classname", classname);
    }
    if let Some(name) = named.name.take() {
        keep("name", name);
    }
    if let Some(extras) = extras {
        if let Some(file) = extras.file.take() {
            keep("file", file);
        }
        if let Some(line) = extras.definition_line.take() {
            keep("line", line);
        }
        if let Some(timestamp) = &extras.timestamp {
            keep("timestamp", timestamp.clone());
        }
        for (name, value) in std::mem::take(&mut extras.attributes) {
            keep(&name, value);
        }
        if !extras.status.is_empty() {
            keep("status", extras.status.join(" "));
        }
        properties.append(&mut extras.properties);
    }
    properties
}

/// The names of the suites around a test case, the outermost first: so much as anybody would read.
fn suite_path(suite: Option<u32>, suites: &[RawSuite]) -> String {
    const READ: usize = 500;
    let named = around(suite, suites).filter_map(|suite| suite.name.as_deref().filter(|name| !name.is_empty()));
    let mut names: Vec<&str> = named.collect();
    names.reverse();
    names.into_iter().flat_map(|name| [" > ", name]).skip(1).flat_map(str::chars).take(READ).collect()
}
