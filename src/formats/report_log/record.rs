//! One line of the log.

use serde::Deserialize;

use crate::formats::json::{Lenient, Number, Text};

/// One line: a report, a warning, or the beginning or end of a session. Which fields it has depends on its type.
#[derive(Debug, Deserialize)]
pub(super) struct Record<'a> {
    #[serde(borrow, rename = "$report_type")]
    report_type: Option<Text<'a>>,
    /// What pytest-subtests wrote instead, until pytest-reportlog 1.0.
    #[serde(borrow, rename = "_report_type")]
    old_report_type: Option<Text<'a>>,

    // Of a session's beginning and end.
    #[serde(borrow)]
    pub(super) pytest_version: Option<Text<'a>>,
    #[serde(default)]
    pub(super) exitstatus: Number,

    // Of a report.
    #[serde(borrow)]
    pub(super) nodeid: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) when: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) outcome: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) wasxfail: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) longrepr: Lenient<'a>,
    #[serde(borrow, default)]
    pub(super) sections: Lenient<'a>,
    #[serde(borrow, default)]
    pub(super) user_properties: Lenient<'a>,
    #[serde(default)]
    pub(super) duration: Number,
    #[serde(default)]
    pub(super) start: Number,
    #[serde(default)]
    pub(super) stop: Number,
    /// How many attempts pytest-rerunfailures made before this one.
    #[serde(default)]
    pub(super) rerun: Number,
    #[serde(borrow)]
    worker_id: Option<Text<'a>>,
    /// xdist's worker as Python shows it: `<WorkerController gw0>`.
    #[serde(borrow)]
    node: Option<Text<'a>>,
    #[serde(borrow, default, rename = "_subtest.context")]
    pub(super) subtest_context: Lenient<'a>,

    // Of a warning.
    #[serde(borrow)]
    pub(super) category: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) filename: Option<Text<'a>>,
    #[serde(default)]
    pub(super) lineno: Number,
    #[serde(borrow)]
    pub(super) message: Option<Text<'a>>,
}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    SessionStart,
    SessionFinish,
    Collect,
    Test,
    Subtest,
    Warning,
    /// A line of a plugin's own.
    Other,
}

impl Record<'_> {
    /// Returns what the line is, or `None` where it says nothing of its type and so is no line of a report log.
    pub(super) fn kind(&self) -> Option<Kind> {
        Some(match self.report_type.as_deref().or(self.old_report_type.as_deref())? {
            "SessionStart" => Kind::SessionStart,
            "SessionFinish" => Kind::SessionFinish,
            "CollectReport" => Kind::Collect,
            "TestReport" => Kind::Test,
            "SubTestReport" | "SubtestReport" => Kind::Subtest,
            "WarningMessage" => Kind::Warning,
            _ => Kind::Other,
        })
    }

    /// Returns the xdist worker that ran the test.
    pub(super) fn worker(&self) -> Option<&str> {
        let node = || {
            let shown = self.node.as_deref()?;
            Some(shown.strip_prefix('<')?.strip_suffix('>')?.rsplit(' ').next().unwrap_or_default())
        };
        self.worker_id.as_deref().or_else(node).filter(|worker| !worker.is_empty())
    }
}
