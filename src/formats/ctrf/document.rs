//! The parts of the document that are read one at a time. Fields that are not listed are no loss to a session.

use serde::Deserialize;

use crate::formats::json::{Lenient, Number, Text};

/// One entry of `results.tests`.
#[derive(Debug, Deserialize)]
pub(super) struct Test<'a> {
    #[serde(borrow)]
    pub(super) name: Text<'a>,
    #[serde(borrow, default)]
    pub(super) status: Lenient<'a>,
    #[serde(borrow, default, rename = "rawStatus")]
    pub(super) raw_status: Lenient<'a>,
    /// A name, or the names of nested suites.
    #[serde(borrow, default)]
    pub(super) suite: Lenient<'a>,
    #[serde(borrow, default, rename = "filePath")]
    pub(super) file_path: Lenient<'a>,
    #[serde(default)]
    pub(super) retries: Number,
    #[serde(borrow, default, rename = "retryAttempts")]
    pub(super) retry_attempts: Lenient<'a>,
    #[serde(borrow, default)]
    pub(super) flaky: Lenient<'a>,
    #[serde(borrow, default, rename = "threadId")]
    pub(super) thread_id: Lenient<'a>,
    #[serde(borrow, default)]
    pub(super) tags: Lenient<'a>,
    #[serde(borrow, default)]
    pub(super) labels: Lenient<'a>,
    #[serde(borrow, default)]
    pub(super) extra: Lenient<'a>,

    // The last attempt, as in `Attempt`.
    #[serde(default)]
    duration: Number,
    #[serde(default)]
    start: Number,
    #[serde(default)]
    stop: Number,
    #[serde(borrow, default)]
    message: Lenient<'a>,
    #[serde(borrow, default)]
    trace: Lenient<'a>,
    #[serde(borrow, default)]
    stdout: Lenient<'a>,
    #[serde(borrow, default)]
    stderr: Lenient<'a>,
}

/// One attempt: an entry of `retryAttempts`, or the part of a test that tells of its last one.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Attempt<'a> {
    #[serde(default)]
    pub(super) duration: Number,
    #[serde(default)]
    pub(super) start: Number,
    #[serde(default)]
    pub(super) stop: Number,
    #[serde(borrow, default)]
    pub(super) message: Lenient<'a>,
    #[serde(borrow, default)]
    pub(super) trace: Lenient<'a>,
    #[serde(borrow, default)]
    pub(super) stdout: Lenient<'a>,
    #[serde(borrow, default)]
    pub(super) stderr: Lenient<'a>,
}

impl<'a> Test<'a> {
    /// Returns what the entry says of its last attempt.
    pub(super) fn last_attempt(&self) -> Attempt<'a> {
        Attempt {
            duration: self.duration,
            start: self.start,
            stop: self.stop,
            message: self.message,
            trace: self.trace,
            stdout: self.stdout,
            stderr: self.stderr,
        }
    }
}

/// `results.tool`.
#[derive(Debug, Deserialize)]
pub(super) struct Tool<'a> {
    #[serde(borrow)]
    pub(super) name: Text<'a>,
    #[serde(borrow, default)]
    pub(super) version: Lenient<'a>,
}

/// `results.environment`.
#[derive(Debug, Deserialize)]
pub(super) struct Surroundings<'a> {
    #[serde(borrow, default, rename = "osPlatform")]
    pub(super) os_platform: Lenient<'a>,
    #[serde(borrow, default)]
    pub(super) commit: Lenient<'a>,
    #[serde(borrow, default, rename = "branchName")]
    pub(super) branch_name: Lenient<'a>,
    #[serde(borrow, default, rename = "buildUrl")]
    pub(super) build_url: Lenient<'a>,
    #[serde(borrow, default, rename = "buildNumber")]
    pub(super) build_number: Lenient<'a>,
}
