//! The node id of a test case.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher as _;

use memchr::memchr2;

use foldhash::quality::RandomState;

use super::addresses::{address, recorded};
use super::producer::Producer;
use super::raw::{Issue, IssueKind, Names, RawCase, RawDocument, RawSuite};
use super::seen::Seen;
use crate::formats::ReadOptions;
use crate::formats::node_ids::{Resolved, Resolver, is_function_name, mangle};
use crate::model::{NodeId, NodeIdCertainty};

/// The name under which pytest tells that it broke itself.
pub(super) const INTERNAL: &str = "internal";

/// A test case's node id, and what of its class name and name does not follow from it.
pub(super) struct Named {
    pub(super) node_id: NodeId,
    pub(super) certainty: NodeIdCertainty,
    pub(super) classname: Option<String>,
    pub(super) name: Option<String>,
}

/// Names the test cases of a document.
pub(super) enum Ids {
    /// pytest's, recovered.
    Pytest(Box<PytestIds>),
    /// Other producers'.
    Other(OtherIds),
}

impl Ids {
    pub(super) fn of(document: &mut RawDocument, producer: Producer, options: &ReadOptions) -> Ids {
        match producer {
            Producer::Pytest => {
                let mut shown = std::mem::take(&mut document.facts.shown);
                shown.show(document.cases.last(), &document.names);
                let resolver = shown.evidence.finish(options.known_node_ids.clone(), options.known_paths.clone());
                let asks = options.known_node_ids.is_some();
                Ids::Pytest(Box::new(PytestIds { resolver, last: None, asks, scratch: String::new() }))
            }
            Producer::Other => Ids::Other(OtherIds::of(document)),
        }
    }

    /// Names a test case that says nothing but its name, of the same class as the last one and in the same way.
    pub(super) fn again(&mut self, case: &RawCase, names: &Names) -> Option<(NodeId, NodeIdCertainty)> {
        match self {
            Ids::Pytest(ids) => ids.again(case, names),
            Ids::Other(_) => None,
        }
    }

    /// Names a test case.
    pub(super) fn name(&mut self, case: &RawCase, names: &Names, suites: &[RawSuite]) -> Named {
        match self {
            Ids::Pytest(ids) => ids.name(case, names),
            Ids::Other(ids) => {
                let node_id = ids.id(case, names, suites);
                let classname = Some(names.classname(case)).filter(|name| !node_id.as_str().starts_with(name));
                let name = Some(names.name(case)).filter(|name| !node_id.as_str().ends_with(name));
                let (classname, name) = (classname.map(str::to_owned), name.map(str::to_owned));
                Named { node_id, certainty: NodeIdCertainty::Exact, classname, name }
            }
        }
    }
}

/// Recovers pytest's ids.
pub(super) struct PytestIds {
    resolver: Resolver,
    /// The last class whose tests have ids that only differ in the name.
    last: Option<LastClass>,
    /// The resolver wants to be asked for each test, since it knows some ids.
    asks: bool,
    /// Where ids are put together.
    scratch: String,
}

struct LastClass {
    class: u32,
    /// What stands before the names, and behind it the last name.
    head: String,
    head_length: usize,
    certainty: NodeIdCertainty,
    /// The class name, where it does not follow from the id.
    classname: Option<String>,
}

impl LastClass {
    fn node_id(&mut self, name: &str) -> NodeId {
        self.head.truncate(self.head_length);
        self.head.push_str(name);
        NodeId::from(self.head.as_str())
    }

    fn named(&mut self, name: &str) -> Named {
        Named { node_id: self.node_id(name), certainty: self.certainty, classname: self.classname.clone(), name: None }
    }
}

impl PytestIds {
    fn again(&mut self, case: &RawCase, names: &Names) -> Option<(NodeId, NodeIdCertainty)> {
        let last = self.last.as_mut().filter(|last| last.class == case.class && case.more.is_none())?;
        let name = names.name(case);
        // What may be no test, or has more to tell than its node id, gets a closer look.
        let is_plain = last.classname.is_none() && !name.is_empty() && name != INTERNAL && has_plain_name(name);
        is_plain.then(|| (last.node_id(name), last.certainty))
    }

    fn name(&mut self, case: &RawCase, names: &Names) -> Named {
        let name = names.name(case);
        if let Some(last) = &mut self.last
            && last.class == case.class
            && has_plain_name(name)
            && says_no_more(case, name)
        {
            return last.named(name);
        }
        let classname = names.classname(case);
        let (node_id, certainty) = match recorded(case) {
            Some(node_id) => (NodeId::from(node_id), NodeIdCertainty::Exact),
            None => match self.resolver.resolve(&address(case, names)) {
                Resolved::Whole { node_id, certainty } => (node_id, certainty),
                Resolved::Behind { head, certainty, plain } => {
                    let classname = (!plain).then(|| classname.to_owned());
                    if !self.asks && says_no_more(case, name) {
                        let (head, head_length) = (head.to_owned(), head.len());
                        let last = LastClass { class: case.class, head, head_length, certainty, classname };
                        return self.last.insert(last).named(name);
                    }
                    self.scratch.clear();
                    self.scratch.push_str(head);
                    self.scratch.push_str(name);
                    return Named { node_id: NodeId::from(self.scratch.as_str()), certainty, classname, name: None };
                }
            },
        };
        let mangled = mangle(node_id.as_str());
        let classname = (mangled.0 != classname).then(|| classname.to_owned());
        let name = (mangled.1 != name).then(|| name.to_owned());
        Named { node_id, certainty, classname, name }
    }
}

/// Whether a test case tells nothing of its node id but its class and name: all but those that failed in an odd way.
fn says_no_more(case: &RawCase, name: &str) -> bool {
    case.more.as_ref().is_none_or(|more| {
        // A failure whose message was needed may tell of a module, or of a test whose worker crashed.
        let plain = |issue: &Issue| issue.kind == IssueKind::Failure && issue.message.is_none();
        more.extras.is_none() && more.issues.iter().all(plain) && is_function_name(name)
    })
}

/// Whether nothing in a name needs a second look: a doctest's has points, one that XML cannot hold has escapes.
fn has_plain_name(name: &str) -> bool {
    memchr2(b'.', b'#', name.as_bytes()).is_none()
}

/// Ids of tests that are not pytest's: `file::name` where a relative file is named, else `classname::name`, else `suite::name`. Where
/// test cases of several classes of a file share a name, the class stands between.
#[derive(Default)]
pub(super) struct OtherIds {
    /// The class of each file and name, by their hash, or nothing where there are several. Of names that stand once there need be none.
    classes: HashMap<u64, Option<u32>>,
    hasher: RandomState,
}

impl OtherIds {
    fn of(document: &mut RawDocument) -> OtherIds {
        let mut ids = OtherIds::default();
        let RawDocument { cases, names, facts, .. } = document;
        if !cases.are_packed() {
            cases.last().iter().for_each(|case| ids.add(case, names, None));
        } else if facts.names_files || cases.last().iter().any(|case| case.file().is_some()) {
            let (mut seen, mut repeated) = (Seen::with_capacity(cases.len()), HashSet::new());
            let mut note = |case: &RawCase, names: &Names| {
                let hash = ids.hash(case, names);
                repeated.extend(hash.filter(|hash| seen.note(*hash)));
            };
            cases.each_packed(names, &mut note);
            cases.last().iter().for_each(|case| note(case, names));
            cases.each_packed(names, |case, names| ids.add(case, names, Some(&repeated)));
            cases.last().iter().for_each(|case| ids.add(case, names, Some(&repeated)));
        }
        ids
    }

    /// Takes note of the class of a test case, if it is one of those that count.
    fn add(&mut self, case: &RawCase, names: &Names, counting: Option<&HashSet<u64>>) {
        let Some(hash) = self.hash(case, names) else { return };
        if counting.is_none_or(|counting| counting.contains(&hash)) {
            let class = self.classes.entry(hash).or_insert(Some(case.class));
            if class.is_some_and(|class| names.class(class).unwrap_or_default() != names.classname(case)) {
                *class = None;
            }
        }
    }

    /// Returns the hash of a test case's file and name, where it has a file.
    fn hash(&self, case: &RawCase, names: &Names) -> Option<u64> {
        let file = case.file().and_then(relative)?;
        Some(self.hasher.hash_one((file, names.name(case))))
    }

    fn id(&self, case: &RawCase, names: &Names, suites: &[RawSuite]) -> NodeId {
        let (classname, name) = (names.classname(case), names.name(case));
        let classname = Some(classname).filter(|classname| !classname.is_empty());
        if let Some(file) = case.file().and_then(relative) {
            let shared = self.classes.get(&self.hasher.hash_one((file, name))).is_some_and(Option::is_none);
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
pub(super) fn suite_head(suite: Option<u32>, suites: &[RawSuite]) -> Option<&str> {
    let file = around(suite, suites).find_map(|suite| suite.file.as_deref().and_then(relative));
    file.or_else(|| around(suite, suites).find_map(|suite| suite.name.as_deref().filter(|name| !name.is_empty())))
}

/// Returns the suites around a test case, the innermost first.
pub(super) fn around(suite: Option<u32>, suites: &[RawSuite]) -> impl Iterator<Item = &RawSuite> {
    let at = |place: u32| suites.get(place as usize);
    std::iter::successors(suite.and_then(at), move |suite| suite.parent.and_then(at))
}

/// Returns a path without `./`, where it is relative: an absolute one names the machine, too.
fn relative(path: &str) -> Option<&str> {
    let absolute = path.starts_with(['/', '\\']) || path.as_bytes().get(1) == Some(&b':');
    Some(path.strip_prefix("./").unwrap_or(path)).filter(|path| !absolute && !path.is_empty())
}
