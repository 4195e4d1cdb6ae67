//! The parts of the document that are read one at a time.

use serde::Deserialize;

use crate::formats::json::{Lenient, Number, Text};

/// One entry of `tests`: all that is left of a node id's reports.
#[derive(Debug, Deserialize)]
pub(super) struct Test<'a> {
    #[serde(borrow)]
    pub(super) nodeid: Text<'a>,
    /// pytest's category of the last report that did more than pass.
    #[serde(borrow)]
    pub(super) outcome: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) setup: Lenient<'a>,
    #[serde(borrow, default)]
    pub(super) call: Lenient<'a>,
    #[serde(borrow, default)]
    pub(super) teardown: Lenient<'a>,
    /// The report that xdist makes of a worker that died.
    #[serde(borrow, default, rename = "???")]
    pub(super) crash: Lenient<'a>,
    #[serde(borrow, default)]
    pub(super) user_properties: Lenient<'a>,
    #[serde(borrow, default)]
    pub(super) metadata: Lenient<'a>,
}

impl Test<'_> {
    /// Whether there is a report of any phase: collected items look like tests otherwise.
    pub(super) fn has_stage(&self) -> bool {
        [self.setup, self.call, self.teardown, self.crash].iter().any(|stage| stage.json().is_some())
    }
}

/// One phase of a test.
#[derive(Debug, Deserialize)]
pub(super) struct Stage<'a> {
    #[serde(default)]
    pub(super) duration: Number,
    #[serde(borrow)]
    pub(super) outcome: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) crash: Lenient<'a>,
    #[serde(borrow, default)]
    pub(super) stdout: Lenient<'a>,
    #[serde(borrow, default)]
    pub(super) stderr: Lenient<'a>,
    #[serde(borrow, default)]
    pub(super) log: Lenient<'a>,
    #[serde(borrow, default)]
    pub(super) longrepr: Lenient<'a>,
}

/// Where a failure was raised, and what it said.
#[derive(Debug, Deserialize)]
pub(super) struct FileLocation<'a> {
    #[serde(borrow)]
    pub(super) path: Text<'a>,
    #[serde(default)]
    pub(super) lineno: Number,
    #[serde(borrow)]
    pub(super) message: Text<'a>,
}

/// One entry of `collectors`.
#[derive(Debug, Deserialize)]
pub(super) struct Collector<'a> {
    #[serde(borrow)]
    pub(super) nodeid: Text<'a>,
    #[serde(borrow)]
    pub(super) outcome: Text<'a>,
    #[serde(borrow, default)]
    pub(super) longrepr: Lenient<'a>,
}

/// One entry of `warnings`.
#[derive(Debug, Deserialize)]
pub(super) struct Warning<'a> {
    #[serde(borrow)]
    pub(super) message: Text<'a>,
    #[serde(borrow, default)]
    pub(super) category: Lenient<'a>,
    #[serde(borrow, default)]
    pub(super) filename: Lenient<'a>,
    #[serde(default)]
    pub(super) lineno: Number,
}
