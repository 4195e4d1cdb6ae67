//! What a document says, as it says it.

use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;

use foldhash::fast::RandomState;

use super::cases::RawCases;
use super::facts::Facts;
use crate::model::{TestResult, Text};

/// A document: `testsuites`, or a `testsuite` alone.
#[derive(Debug, Default)]
pub(super) struct RawDocument {
    /// The attributes of `testsuites`, where there is one.
    pub(super) root: Option<RawSuite>,
    /// All suites, in document order: a suite stands before those inside it.
    pub(super) suites: Vec<RawSuite>,
    pub(super) cases: RawCases,
    pub(super) names: Names,
    /// What is to be known of the test cases that are packed.
    pub(super) facts: Facts,
    /// False where the document ends before its elements do, or begins inside one.
    pub(super) whole: bool,
    /// The line of its first tag.
    pub(super) line: u64,
}

/// The class names of all test cases, and the names of those that are at hand. Class names repeat, and are kept once; names stand one
/// behind the other in one piece of memory.
#[derive(Debug, Default)]
pub(super) struct Names {
    classes: Vec<Text>,
    places: HashMap<Text, u32, RandomState>,
    names: String,
}

impl Names {
    pub(super) fn classname(&self, case: &RawCase) -> &str {
        self.class(case.class).unwrap_or_default()
    }

    pub(super) fn class(&self, place: u32) -> Option<&str> {
        self.classes.get(place as usize).map(Text::as_str)
    }

    pub(super) fn name(&self, case: &RawCase) -> &str {
        self.names.get(case.name.clone()).unwrap_or_default()
    }

    /// Keeps a class name. `last` is that of the test case before, which is likely to be the same.
    pub(super) fn add_class(&mut self, classname: &str, last: u32) -> u32 {
        if self.classes.get(last as usize).is_some_and(|last| *last == classname) {
            return last;
        }
        if let Some(place) = self.places.get(classname) {
            return *place;
        }
        // More classes than a number of this size can count are not told apart.
        let place = u32::try_from(self.classes.len()).unwrap_or(u32::MAX);
        let classname = Text::from(classname);
        self.classes.push(classname.clone());
        self.places.insert(classname, place);
        place
    }

    /// Keeps a name, which `add` appends.
    pub(super) fn add_name(&mut self, add: impl FnOnce(&mut String)) -> Range<usize> {
        let start = self.names.len();
        add(&mut self.names);
        start..self.names.len()
    }

    /// Puts other names in the place of those at hand, which it returns.
    pub(super) fn exchange(&mut self, names: String) -> String {
        std::mem::replace(&mut self.names, names)
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

/// What a test case says beyond its name and time. In a bad run many have it, and nearly all of them say only what went wrong.
#[derive(Debug, Default)]
pub(super) struct More {
    pub(super) issues: Vec<Issue>,
    pub(super) extras: Option<Box<Extras>>,
    /// The document ends inside this test case.
    pub(super) cut: bool,
}

/// What most test cases do not have.
#[derive(Debug, Default)]
pub(super) struct Extras {
    pub(super) file: Option<String>,
    pub(super) definition_line: Option<String>,
    pub(super) timestamp: Option<String>,
    /// `status` and `result`, by which some say that a test did not run.
    pub(super) status: Vec<String>,
    /// Other attributes.
    pub(super) attributes: Vec<(String, String)>,
    pub(super) properties: Vec<(String, String)>,
    pub(super) system_out: Vec<String>,
    pub(super) system_err: Vec<String>,
}

impl RawCase {
    pub(super) fn more(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }

    pub(super) fn extras(&mut self) -> &mut Extras {
        self.more().extras.get_or_insert_default()
    }

    pub(super) fn issues(&self) -> &[Issue] {
        self.more.as_ref().map_or(&[], |more| &more.issues)
    }

    /// Returns about how many bytes of memory it takes, and its result when that is made of it. Texts move there.
    pub(super) fn weight(&self) -> usize {
        const RESULT: usize = size_of::<TestResult>() + 100;
        // What one thread has read another packs: for a while it takes the memory of both.
        let more = 2 * self.more.as_ref().map_or(0, |more| more.weight());
        size_of::<RawCase>() + RESULT + self.name.len() + more
    }

    pub(super) fn file(&self) -> Option<&str> {
        self.more.as_ref().and_then(|more| more.extras.as_ref()?.file.as_deref())
    }
}

impl More {
    fn weight(&self) -> usize {
        let issues = self.issues.iter().map(Issue::weight).sum::<usize>();
        size_of::<More>() + issues + self.extras.as_ref().map_or(0, |extras| extras.weight())
    }
}

impl Extras {
    fn weight(&self) -> usize {
        let texts = self.system_out.iter().chain(&self.system_err).chain(&self.status).map(String::len).sum::<usize>();
        let pairs = self.attributes.iter().chain(&self.properties);
        let pairs = pairs.map(|(name, value)| name.len() + value.len() + 2 * size_of::<String>()).sum::<usize>();
        size_of::<Extras>() + self.file.as_ref().map_or(0, String::len) + texts + pairs
    }
}

/// The message with which pytest says that a module could not be collected: the only one of a failure that its text does not begin with.
pub(super) const COLLECTION_FAILURE: &str = "collection failure";

/// What went wrong in a test case, or kept it from running.
#[derive(Debug, Default)]
pub(super) struct Issue {
    pub(super) kind: IssueKind,
    /// Whether a [`IssueKind::Rerun`] or [`IssueKind::Flaky`] was an error rather than a failure.
    pub(super) is_error: bool,
    pub(super) message: Option<Text>,
    pub(super) class: Option<Text>,
    pub(super) text: Text,
    pub(super) attempt: Option<Box<AttemptFacts>>,
}

/// What an issue says of the attempt that it stands for.
#[derive(Debug, Default)]
pub(super) struct AttemptFacts {
    pub(super) time: Option<Duration>,
    pub(super) timestamp: Option<String>,
    pub(super) system_out: Option<String>,
    pub(super) system_err: Option<String>,
}

/// What an issue says.
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

impl IssueKind {
    /// Every kind, in the order of their numbers.
    pub(super) const ALL: [IssueKind; 5] =
        [IssueKind::Failure, IssueKind::Error, IssueKind::Skipped, IssueKind::Rerun, IssueKind::Flaky];
}

impl Issue {
    pub(super) fn attempt(&mut self) -> &mut AttemptFacts {
        self.attempt.get_or_insert_default()
    }

    fn weight(&self) -> usize {
        let texts = [&self.message, &self.class].into_iter().flatten().map(|text| text.len()).sum::<usize>();
        size_of::<Issue>() + self.text.len() + texts + self.attempt.as_ref().map_or(0, |attempt| attempt.weight())
    }

    /// Returns what there is to read: the text, or else the message.
    pub(super) fn full_text(&self) -> Option<&str> {
        let text = if self.text.trim().is_empty() { self.message.as_deref().unwrap_or_default() } else { &self.text };
        (!text.trim().is_empty()).then_some(text)
    }
}

impl AttemptFacts {
    fn weight(&self) -> usize {
        let texts = [&self.timestamp, &self.system_out, &self.system_err];
        size_of::<AttemptFacts>() + texts.into_iter().flatten().map(String::len).sum::<usize>()
    }
}
