//! One file's view of the run.

use crate::model::{Format, Results, TestSession};

/// A session with the format that it was read from.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) format: Option<Format>,
    pub(super) session: TestSession,
}

impl Part {
    pub(super) fn new(session: TestSession) -> Part {
        Part { format: session.source.first().map(|source| source.format), session }
    }

    /// Returns the place of the format when it comes to results; the lower, the better.
    pub(super) fn rank(&self) -> usize {
        rank(self.format)
    }

    /// Returns the name for a message.
    pub(super) fn name(&self) -> &'static str {
        name(self.format)
    }

    /// Whether the format names every test, if the file is whole.
    pub(super) fn names_every_test(&self) -> bool {
        match self.format {
            Some(Format::ReportLog | Format::JsonReport | Format::JunitXml | Format::Ctrf) => true,
            Some(Format::Terminal) | None => false,
        }
    }

    /// Whether the file is whole and names every test.
    pub(super) fn is_whole_list(&self) -> bool {
        // A json-report of the summary alone is whole and names none.
        self.names_every_test() && self.session.complete && !self.session.test_results.is_empty()
    }

    pub(super) fn take_results(&mut self) -> Results {
        std::mem::take(&mut self.session.test_results)
    }
}

/// Returns the place of a format when it comes to results.
pub(super) fn rank(format: Option<Format>) -> usize {
    match format {
        Some(Format::ReportLog) => 0,
        Some(Format::JsonReport) => 1,
        Some(Format::JunitXml) => 2,
        Some(Format::Ctrf) => 3,
        Some(Format::Terminal) => 4,
        None => 5,
    }
}

pub(super) fn name(format: Option<Format>) -> &'static str {
    format.map_or("a file of unknown format", Format::as_str)
}
