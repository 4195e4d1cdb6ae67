//! One run of a test suite.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{Environment, NodeId, OutcomeCounts, OutputFields, RerunTestGroup, Results, rerun_test_groups};

/// One run of a test suite against one system under test.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TestSession {
    /// The system under test; `None` until somebody says which.
    pub sut_name: Option<String>,
    /// The session's name, derived from its content.
    pub session_id: SessionId,
    /// When the run began.
    pub session_start_time: Option<DateTime<Utc>>,
    /// When it ended.
    pub session_stop_time: Option<DateTime<Utc>>,
    /// Where the start time came from.
    pub time_source: Option<TimeSource>,
    /// Wall time of the run.
    pub session_duration: Option<Duration>,
    /// False where the run or the file was cut.
    pub complete: bool,
    /// pytest's exit status, where known.
    pub exit_status: Option<i32>,
    /// What the session was read from.
    pub source: Vec<Source>,
    /// What ran the tests.
    pub environment: Environment,
    /// Branch, revision, CI run, and what the user gave.
    pub tags: BTreeMap<String, String>,
    /// Every attempt of every test that the input names, in source order.
    pub test_results: Results,
    /// The sections of a console log.
    pub output_fields: OutputFields,
    /// The totals that the input itself declares.
    pub totals: Option<Totals>,
    /// The warnings.
    pub warnings: Vec<TestWarning>,
    /// What anonymous progress characters say of each file.
    pub files: Vec<FileCounts>,
    /// How the run ended.
    pub ending: Option<Ending>,
    /// The test that was running when it ended.
    pub in_flight: Option<NodeId>,
}

impl TestSession {
    /// Returns the tests that ran more than once.
    pub fn rerun_test_groups(&self) -> Vec<RerunTestGroup> {
        rerun_test_groups(&self.test_results)
    }

    /// Returns the tests by final outcome.
    pub fn outcome_counts(&self) -> OutcomeCounts {
        OutcomeCounts::of(&self.test_results)
    }
}

/// A session's name: the start time and a digest of the content it was read from, so that ids sort by time and the same
/// input always gives the same one. Empty until `ingest` has named the session.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct SessionId(String);

impl SessionId {
    /// Wraps an id.
    pub fn new(text: impl Into<String>) -> SessionId {
        SessionId(text.into())
    }

    /// Returns the id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the part that the content decides: what stands behind the dash.
    ///
    /// The part before it is the start time, which for some inputs depends on the time zone that the reader was told.
    pub fn digest(&self) -> &str {
        self.0.rsplit_once('-').map_or(&self.0, |(_start, digest)| digest)
    }

    /// Returns the beginning by which people call a session: the first characters of the digest.
    pub fn short(&self) -> &str {
        self.beginning(SHORT_LENGTH)
    }

    /// Returns the first characters of the digest.
    pub fn beginning(&self, length: usize) -> &str {
        let digest = self.digest();
        digest.char_indices().nth(length).map_or(digest, |(end, _)| &digest[..end])
    }
}

/// How many characters of a digest tell the sessions of most histories apart.
pub const SHORT_LENGTH: usize = 8;

impl fmt::Display for SessionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

/// A kind of input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// JUnit XML, of pytest or another producer.
    JunitXml,
    /// The JSON document of pytest-json-report.
    JsonReport,
    /// The JSON lines of pytest-reportlog.
    ReportLog,
    /// A Common Test Report Format document.
    Ctrf,
    /// A console log.
    Terminal,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 5] =
        [Format::JunitXml, Format::JsonReport, Format::ReportLog, Format::Ctrf, Format::Terminal];

    /// Returns the word of the session document: `junit-xml`, `report-log` and so on.
    pub fn as_str(self) -> &'static str {
        match self {
            Format::JunitXml => "junit-xml",
            Format::JsonReport => "json-report",
            Format::ReportLog => "report-log",
            Format::Ctrf => "ctrf",
            Format::Terminal => "terminal",
        }
    }

    /// Returns the format that the session document spells `word`.
    pub fn from_word(word: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.as_str() == word)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// One input that a session was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its kind.
    pub format: Format,
    /// Where it lay; `None` for standard input.
    pub path: Option<String>,
    /// The SHA-256 of its bytes, in lower-case hex.
    pub sha256: Option<String>,
    /// Its size in bytes.
    pub bytes: Option<u64>,
}

/// Where a session's start time came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimeSource {
    /// The report states it.
    Report,
    /// The time stamps that a CI system put before each line.
    LogPrefix,
    /// The environment of the CI run.
    Ci,
    /// The file's modification time.
    FileMtime,
    /// The user gave it.
    Given,
}

impl TimeSource {
    /// Every source.
    pub const ALL: [TimeSource; 5] =
        [TimeSource::Report, TimeSource::LogPrefix, TimeSource::Ci, TimeSource::FileMtime, TimeSource::Given];

    /// Returns the word of the session document.
    pub fn as_str(self) -> &'static str {
        match self {
            TimeSource::Report => "report",
            TimeSource::LogPrefix => "log-prefix",
            TimeSource::Ci => "ci",
            TimeSource::FileMtime => "file-mtime",
            TimeSource::Given => "given",
        }
    }

    /// Returns the source that the session document spells `word`.
    pub fn from_word(word: &str) -> Option<TimeSource> {
        TimeSource::ALL.into_iter().find(|source| source.as_str() == word)
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ending {
    /// It ran to its end.
    Finished,
    /// Somebody or something interrupted it, in an orderly way.
    Interrupted,
    /// It stopped after the failures it was told to stop after.
    Stopped,
    /// pytest itself broke.
    InternalError,
    /// pytest was called wrongly, and ran nothing.
    UsageError,
    /// The process died.
    Crashed,
    /// The record ends before the run does.
    Cut,
}

impl Ending {
    /// Every ending.
    pub const ALL: [Ending; 7] = [
        Ending::Finished,
        Ending::Interrupted,
        Ending::Stopped,
        Ending::InternalError,
        Ending::UsageError,
        Ending::Crashed,
        Ending::Cut,
    ];

    /// Returns what pytest's exit status says of the end of a run that came to one.
    ///
    /// Whether a run that failed had stopped early (`-x`, `--maxfail`), the status does not say.
    pub fn of_exit_status(exit_status: Option<i32>) -> Ending {
        match exit_status {
            Some(2) => Ending::Interrupted,
            Some(3) => Ending::InternalError,
            Some(4) => Ending::UsageError,
            _ => Ending::Finished,
        }
    }

    /// Returns the ending of a run that came to an end in an orderly way, perhaps while a test was running.
    pub(crate) fn of_run(exit_status: Option<i32>, in_flight: Option<&NodeId>) -> Ending {
        match Ending::of_exit_status(exit_status) {
            // `pytest.exit` may leave any status behind.
            Ending::Finished if in_flight.is_some() => Ending::Interrupted,
            ending => ending,
        }
    }

    /// Returns the word of the session document.
    pub fn as_str(self) -> &'static str {
        match self {
            Ending::Finished => "finished",
            Ending::Interrupted => "interrupted",
            Ending::Stopped => "stopped",
            Ending::InternalError => "internal-error",
            Ending::UsageError => "usage-error",
            Ending::Crashed => "crashed",
            Ending::Cut => "cut",
        }
    }

    /// Returns the ending that the session document spells `word`.
    pub fn from_word(word: &str) -> Option<Ending> {
        Ending::ALL.into_iter().find(|ending| ending.as_str() == word)
    }
}

/// Totals that an input declares of itself, by the document's key: `passed`, `failed`, `errors`, `skipped`, `xfailed`, `xpassed`,
/// `rerun`, `warnings`, `deselected`, `subtests_passed`, and whatever category a plugin added. A key that was not declared is absent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Totals(BTreeMap<String, u64>);

impl Totals {
    /// Returns the number declared under `key`.
    pub fn get(&self, key: &str) -> Option<u64> {
        self.0.get(key).copied()
    }

    /// Declares a number, replacing what was declared under the key before.
    pub fn set(&mut self, key: impl Into<String>, count: u64) {
        self.0.insert(key.into(), count);
    }

    /// Adds to the number under `key`.
    pub fn add(&mut self, key: impl Into<String>, count: u64) {
        let total = self.0.entry(key.into()).or_default();
        *total = total.saturating_add(count);
    }

    /// Returns whether nothing was declared.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the keys with their numbers, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(key, count)| (key.as_str(), *count))
    }
}

impl<Key: Into<String>> FromIterator<(Key, u64)> for Totals {
    fn from_iter<Entries: IntoIterator<Item = (Key, u64)>>(entries: Entries) -> Totals {
        Totals(entries.into_iter().map(|(key, count)| (key.into(), count)).collect())
    }
}

/// A warning that the run reported.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TestWarning {
    /// Its text.
    pub message: String,
    /// Its class, such as `DeprecationWarning`.
    pub category: Option<String>,
    /// Where it was raised: `path:line`.
    pub location: Option<String>,
    /// The test during which it was raised.
    pub node_id: Option<NodeId>,
}

/// What anonymous progress characters say of one file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileCounts {
    /// The file; `None` where the log gives none.
    pub path: Option<String>,
    /// Reports by outcome word.
    pub counts: BTreeMap<String, u64>,
}
