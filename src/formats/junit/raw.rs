//! What a document says, as it says it.

use std::time::Duration;

use crate::model::NodeId;

/// A document: `testsuites`, or a `testsuite` alone.
#[derive(Debug, Default)]
pub(super) struct RawDocument {
    /// The attributes of `testsuites`, where there is one.
    pub(super) root: Option<RawSuite>,
    /// All suites, in document order: a suite stands before those inside it.
    pub(super) suites: Vec<RawSuite>,
    pub(super) cases: Vec<RawCase>,
    /// False where the document ends before its elements do, or begins inside one.
    pub(super) whole: bool,
    /// The line of its first tag.
    pub(super) line: u64,
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
    /// Declared numbers by the attribute's name: `tests`, `failures`, `errors`, `skipped`, `disabled`.
    pub(super) counts: Vec<(&'static str, u64)>,
    pub(super) properties: Vec<(String, String)>,
    pub(super) system_out: Vec<String>,
    pub(super) system_err: Vec<String>,
    /// Failures and errors of the suite itself, outside of any test case.
    pub(super) issues: Vec<Issue>,
}

/// A test case. A report may have millions, and most of them have nothing to say: so this is small.
#[derive(Debug, Default)]
pub(super) struct RawCase {
    /// The class name and the name, one behind the other: a single piece of memory, which becomes the node id.
    text: String,
    /// Where the class name ends.
    split: usize,
    /// The innermost suite around it, by place.
    pub(super) suite: Option<u32>,
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
    pub(super) fn new(suite: Option<u32>, line: u64) -> RawCase {
        RawCase { suite, line, ..RawCase::default() }
    }

    pub(super) fn classname(&self) -> &str {
        self.text.get(..self.split).unwrap_or_default()
    }

    pub(super) fn name(&self) -> &str {
        self.text.get(self.split..).unwrap_or_default()
    }

    /// Sets the class name.
    pub(super) fn set_classname(&mut self, add: impl FnOnce(&mut String)) {
        /// Room for the name behind it.
        const ROOM: usize = 64;
        let name = self.text.split_off(self.split);
        self.text.clear();
        self.text.reserve(ROOM);
        add(&mut self.text);
        self.split = self.text.len();
        self.text.push_str(&name);
    }

    /// Sets the name.
    pub(super) fn set_name(&mut self, add: impl FnOnce(&mut String)) {
        self.text.truncate(self.split);
        add(&mut self.text);
    }

    /// Takes class name and name as a node id: the class name replaced by its beginning, which the name follows.
    pub(super) fn take_node_id(&mut self, head: &str) -> NodeId {
        let mut text = std::mem::take(&mut self.text);
        text.replace_range(..std::mem::take(&mut self.split), head);
        NodeId::new(text)
    }

    /// Takes class name and name.
    pub(super) fn take_raw(&mut self) -> (String, String) {
        let mut classname = std::mem::take(&mut self.text);
        let name = classname.split_off(std::mem::take(&mut self.split));
        (classname, name)
    }

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
    pub(super) text: String,
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
