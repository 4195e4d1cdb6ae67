//! The node id of a test case.

use std::collections::HashMap;

use super::addresses::{address, recorded, show};
use super::producer::Producer;
use super::raw::{RawCase, RawDocument, RawSuite};
use crate::formats::ReadOptions;
use crate::formats::node_ids::{Evidence, Resolver};
use crate::model::{NodeId, NodeIdCertainty};

/// Names the test cases of a document.
pub(super) enum Ids {
    /// pytest's, recovered.
    Pytest(Box<Resolver>),
    /// Other producers'.
    Other(OtherIds),
}

impl Ids {
    pub(super) fn of(document: &RawDocument, producer: Producer, options: &ReadOptions) -> Ids {
        match producer {
            Producer::Pytest => {
                let mut evidence = Evidence::default();
                for case in &document.cases {
                    show(case, &mut evidence);
                }
                let resolver = evidence.finish(options.known_node_ids.clone(), options.known_paths.clone());
                Ids::Pytest(Box::new(resolver))
            }
            Producer::Other => Ids::Other(OtherIds::of(document)),
        }
    }

    pub(super) fn id(&mut self, case: &RawCase, suites: &[RawSuite]) -> (NodeId, NodeIdCertainty) {
        match self {
            Ids::Pytest(resolver) => match recorded(case) {
                Some(node_id) => (NodeId::new(node_id), NodeIdCertainty::Exact),
                None => {
                    let resolved = resolver.resolve(&address(case));
                    (resolved.node_id, resolved.certainty)
                }
            },
            Ids::Other(ids) => (ids.id(case, suites), NodeIdCertainty::Exact),
        }
    }
}

/// Ids of tests that are not pytest's: `file::name` where a relative file is named, else `classname::name`, else `suite::name`. Where
/// test cases of several classes of a file share a name, the class stands between.
pub(super) struct OtherIds {
    /// The class of each `file::name`, or nothing where there are several.
    classes: HashMap<(String, String), Option<String>>,
}

impl OtherIds {
    fn of(document: &RawDocument) -> OtherIds {
        let mut classes: HashMap<(String, String), Option<String>> = HashMap::new();
        for case in &document.cases {
            if let (Some(file), Some(name)) = (case.file().and_then(relative), &case.name) {
                let class = classes.entry((file.to_owned(), name.clone())).or_insert_with(|| case.classname.clone());
                if *class != case.classname {
                    *class = None;
                }
            }
        }
        OtherIds { classes }
    }

    fn id(&self, case: &RawCase, suites: &[RawSuite]) -> NodeId {
        let name = case.name.as_deref().unwrap_or_default();
        let classname = case.classname.as_deref().filter(|classname| !classname.is_empty());
        if let Some(file) = case.file().and_then(relative) {
            let shared = self.classes.get(&(file.to_owned(), name.to_owned())).is_some_and(Option::is_none);
            return match classname.filter(|_| shared) {
                Some(class) => NodeId::new(format!("{file}::{class}::{name}")),
                None => NodeId::new(format!("{file}::{name}")),
            };
        }
        match classname.or_else(|| suite_head(case.suite, suites)) {
            Some(head) if name.is_empty() => NodeId::new(head),
            Some(head) if head != name => NodeId::new(format!("{head}::{name}")),
            Some(_) | None => NodeId::new(name),
        }
    }
}

/// Returns what names the tests of a suite: its file, or else its name.
pub(super) fn suite_head(suite: Option<usize>, suites: &[RawSuite]) -> Option<&str> {
    let file = around(suite, suites).find_map(|suite| suite.file.as_deref().and_then(relative));
    file.or_else(|| around(suite, suites).find_map(|suite| suite.name.as_deref().filter(|name| !name.is_empty())))
}

/// Returns the suites around a test case, the innermost first.
pub(super) fn around(suite: Option<usize>, suites: &[RawSuite]) -> impl Iterator<Item = &RawSuite> {
    std::iter::successors(suite, |place| suites.get(*place)?.parent).filter_map(|place| suites.get(place))
}

/// Returns a path without `./`, where it is relative: an absolute one names the machine, too.
fn relative(path: &str) -> Option<&str> {
    let absolute = path.starts_with(['/', '\\']) || path.as_bytes().get(1) == Some(&b':');
    Some(path.strip_prefix("./").unwrap_or(path)).filter(|path| !absolute && !path.is_empty())
}
