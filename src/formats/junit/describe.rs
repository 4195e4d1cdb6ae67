//! What a test case says of itself that has no field of its own.

use super::ids::around;
use super::producer::Producer;
use super::raw::{RawCase, RawSuite};
use crate::model::{NodeId, NodeIdCertainty};

/// Returns the properties that a test case recorded, and its own attributes under `junit.`.
pub(super) fn properties(
    case: &mut RawCase,
    node_id: &NodeId,
    certainty: NodeIdCertainty,
    suites: &[RawSuite],
    producer: Producer,
) -> Vec<(String, String)> {
    let mut properties = case.more.as_mut().map(|more| std::mem::take(&mut more.properties)).unwrap_or_default();
    let mut keep = |name: &str, value: &str| properties.push((format!("junit.{name}"), value.to_owned()));
    let classname = case.classname.as_deref().unwrap_or_default();
    let told = match producer {
        Producer::Pytest => certainty == NodeIdCertainty::Exact,
        Producer::Other => node_id.as_str().starts_with(classname),
    };
    if !told && !classname.is_empty() {
        keep("classname", classname);
    }
    let name = case.name.as_deref().unwrap_or_default();
    if !node_id.as_str().ends_with(name) {
        keep("name", name);
    }
    if let Some(more) = &case.more {
        for (name, value) in [("file", &more.file), ("line", &more.definition_line), ("timestamp", &more.timestamp)] {
            if let Some(value) = value {
                keep(name, value);
            }
        }
        for (name, value) in &more.attributes {
            keep(name, value);
        }
        if !more.status.is_empty() {
            keep("status", &more.status.join(" "));
        }
    }
    if producer == Producer::Other && suites.len() > 1 {
        let path = suite_path(case.suite, suites);
        if !path.is_empty() && path != classname && !node_id.as_str().starts_with(&path) {
            keep("suite", &path);
        }
    }
    properties
}

/// The names of the suites around a test case, the outermost first.
fn suite_path(suite: Option<usize>, suites: &[RawSuite]) -> String {
    let named = around(suite, suites).filter_map(|suite| suite.name.as_deref().filter(|name| !name.is_empty()));
    let mut names: Vec<&str> = named.collect();
    names.reverse();
    names.join(" > ")
}
