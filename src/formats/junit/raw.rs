//! What a document says, as it says it.

use std::ops::Range;
use std::time::Duration;

use crate::formats::node_ids::Map;
use crate::model::Text;

/// A document: `testsuites`, or a `testsuite` alone.
#[derive(Debug, Default)]
pub(super) struct RawDocument {
    /// The attributes of `testsuites`, where there is one.
    pub(super) root: Option<RawSuite>,
    /// All suites, in document order: a suite stands before those inside it.
    pub(super) suites: Vec<RawSuite>,
    pub(super) cases: Vec<RawCase>,
    pub(super) names: Names,
    /// False where the document ends before its elements do, or begins inside one.
    pub(super) whole: bool,
    /// The line of its first tag.
    pub(super) line: u64,
}

/// The class names and names of all test cases. Class names repeat, and are kept once; names stand one behind the other in one piece of
/// memory.
#[derive(Debug, Default)]
pub(super) struct Names {
    classes: Vec<String>,
    places: Map<u32>,
    names: String,
}

impl Names {
    pub(super) fn classname(&self, case: &RawCase) -> &str {
        self.class(case.class).unwrap_or_default()
    }

    pub(super) fn class(&self, place: u32) -> Option<&str> {
        self.classes.get(place as usize).map(String::as_str)
    }

    pub(super) fn name(&self, case: &RawCase) -> &str {
        self.names.get(case.name.clone()).unwrap_or_default()
    }

    /// Keeps a class name. `last` is that of the test case before, which is likely to be the same.
    pub(super) fn add_class(&mut self, classname: &str, last: u32) -> u32 {
        if self.classes.get(last as usize).is_some_and(|last| last == classname) {
            return last;
        }
        if let Some(place) = self.places.get(classname) {
            return *place;
        }
        // More classes than a number of this size can count are not told apart.
        let place = u32::try_from(self.classes.len()).unwrap_or(u32::MAX);
        self.classes.push(classname.to_owned());
        self.places.insert(classname.to_owned(), place);
        place
    }

    /// Keeps a name, which `add` appends.
    pub(super) fn add_name(&mut self, add: impl FnOnce(&mut String)) -> Range<usize> {
        let start = self.names.len();
        add(&mut self.names);
        start..self.names.len()
    }
}

/// A suite.
#[derive(Debug, Default)]
pub(super) struct RawSuite {
    /// The suite around it, by place.
    pub(super) parent: Option<u32>,
    pub(super) line: u64,
    pub(super) name: Option<String>,
    pub(super) file: Option<String>,
    pub(super) timestamp: Option<String>,
    pub(super) hostname: Option<String>,
    pub(super) time: Option<Duration>,
    /// Its attributes are those that pytest writes, in pytest's order.
    pub(super) like_pytest: bool,
    /// Declared numbers by the attribute's name: `tests`, `failures`, `errors`, `skipped`, `disabled`.
    pub(super) counts: Vec<(&'static str, u64)>,
    pub(super) properties: Vec<(String, String)>,
    pub(super) system_out: Vec<String>,
    pub(super) system_err: Vec<String>,
    /// Failures and errors of the suite itself, outside of any test case.
    pub(super) issues: Vec<Issue>,
}

/// A test case. A report may have millions, and most of them have nothing to say: so this is small.
#[derive(Debug)]
pub(super) struct RawCase {
    /// The class name, by its place in [`Names`].
    pub(super) class: u32,
    /// The innermost suite around it, by place.
    pub(super) suite: Option<u32>,
    /// The name, by its place in [`Names`].
    pub(super) name: Range<usize>,
    pub(super) line: u64,
    pub(super) time: Option<Duration>,
    pub(super) more: Option<Box<More>>,
}

/// What most test cases do not have.
#[derive(Debug, Default)]
pub(super) struct More {
    pub(super) file: Option<String>,
    pub(super) definition_line: Option<String>,
    pub(super) timestamp: Option<String>,
    /// `status` and `result`, by which some say that a test did not run.
    pub(super) status: Vec<String>,
    /// Other attributes.
    pub(super) attributes: Vec<(String, String)>,
    pub(super) properties: Vec<(String, String)>,
    pub(super) issues: Vec<Issue>,
    pub(super) system_out: Vec<String>,
    pub(super) system_err: Vec<String>,
    /// The document ends inside this test case.
    pub(super) cut: bool,
}

impl RawCase {
    pub(super) fn more(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }

    pub(super) fn issues(&self) -> &[Issue] {
        self.more.as_ref().map_or(&[], |more| &more.issues)
    }

    pub(super) fn file(&self) -> Option<&str> {
        self.more.as_ref().and_then(|more| more.file.as_deref())
    }
}

/// What went wrong in a test case, or kept it from running.
#[derive(Debug, Default)]
pub(super) struct Issue {
    pub(super) kind: IssueKind,
    /// Whether a [`IssueKind::Rerun`] or [`IssueKind::Flaky`] was an error rather than a failure.
    pub(super) is_error: bool,
    pub(super) message: Option<String>,
    pub(super) class: Option<String>,
    pub(super) time: Option<Duration>,
    pub(super) timestamp: Option<String>,
    pub(super) text: Text,
    pub(super) system_out: Option<String>,
    pub(super) system_err: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum IssueKind {
    #[default]
    Failure,
    Error,
    Skipped,
    /// A later attempt of a test that failed to the end.
    Rerun,
    /// An earlier attempt of a test that passed in the end.
    Flaky,
}

impl Issue {
    /// Returns what there is to read: the text, or else the message.
    pub(super) fn full_text(&self) -> Option<&str> {
        let text = if self.text.trim().is_empty() { self.message.as_deref().unwrap_or_default() } else { &self.text };
        (!text.trim().is_empty()).then_some(text)
    }
}
