//! The structs of the session document, field by field as they are written.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The name and version of the document.
pub const SCHEMA: &str = "insight.sessions/1";

/// A whole document: sessions, and what there is to say about the inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// [`SCHEMA`].
    pub schema: String,
    /// The sessions, in input order.
    pub sessions: Vec<Session>,
    /// What went wrong while reading, or is worth knowing.
    pub diagnostics: Vec<Diagnostic>,
}

/// One run of a test suite. The results may be anything that is written as they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session<Results = Vec<TestResult>> {
    /// The system under test; null only where nobody said.
    pub sut_name: Option<String>,
    /// The session's name: the same input gives the same one.
    pub session_id: String,
    /// RFC 3339 in UTC.
    pub session_start_time: Option<String>,
    /// RFC 3339 in UTC.
    pub session_stop_time: Option<String>,
    /// `report`, `log-prefix`, `ci`, `file-mtime` or `given`.
    pub time_source: Option<String>,
    /// Wall time in microseconds.
    pub session_duration_us: Option<u64>,
    /// False where the run or the file was cut.
    pub complete: bool,
    /// pytest's exit status.
    pub exit_status: Option<i32>,
    /// What the session was read from.
    pub source: Vec<Source>,
    /// What ran the tests.
    pub environment: Environment,
    /// Branch, revision, CI run, what the user gave.
    pub tags: BTreeMap<String, String>,
    /// Every attempt of every test, in source order.
    pub test_results: Results,
    /// The sections of a console log.
    pub output_fields: OutputFields,
    /// Tests that ran more than once.
    pub rerun_test_groups: Vec<RerunTestGroup>,
    /// The totals that the input declares of itself.
    pub totals: Option<BTreeMap<String, u64>>,
    /// The warnings.
    pub warnings: Vec<Warning>,
    /// What anonymous progress characters say of each file.
    pub files: Vec<FileCounts>,
    /// How the run ended.
    pub ending: Option<String>,
    /// The node id of the test that was running when it ended.
    pub in_flight: Option<String>,
}

/// One input of a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// `junit-xml`, `json-report`, `report-log`, `ctrf` or `terminal`.
    pub format: String,
    /// Where it lay; null for standard input.
    pub path: Option<String>,
    /// Lower-case hex.
    pub sha256: Option<String>,
    /// Its size.
    pub bytes: Option<u64>,
}

/// What ran the tests.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// pytest's version.
    pub pytest: Option<String>,
    /// Python's version.
    pub python: Option<String>,
    /// Python's name of the platform.
    pub platform: Option<String>,
    /// pytest's rootdir.
    pub rootdir: Option<String>,
    /// Plugins by name.
    pub plugins: BTreeMap<String, Option<String>>,
}

/// One attempt of one test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestResult {
    /// pytest's node id, relative to rootdir.
    pub nodeid: String,
    /// `exact` or `inferred`.
    pub nodeid_certainty: String,
    /// `PASSED`, `FAILED`, `ERROR`, `SKIPPED`, `XFAILED`, `XPASSED` or `RERUN`.
    pub outcome: String,
    /// The outcome of each phase.
    pub phases: Phases,
    /// From 1.
    pub attempt: u32,
    /// RFC 3339 in UTC.
    pub start_time: Option<String>,
    /// Microseconds, all phases unless the input says otherwise.
    pub duration_us: Option<u64>,
    /// Captured log records.
    pub caplog: Option<String>,
    /// Captured standard error.
    pub capstderr: Option<String>,
    /// Captured standard output.
    pub capstdout: Option<String>,
    /// The failure text.
    pub longreprtext: Option<String>,
    /// The reason of a skip or an expected failure.
    pub reason: Option<String>,
    /// Null where the input cannot tell.
    pub has_warning: Option<bool>,
    /// xdist's worker.
    pub worker: Option<String>,
    /// The test's subtests.
    pub subtests: Vec<Subtest>,
    /// What the test recorded.
    pub properties: BTreeMap<String, String>,
}

/// The outcome of each phase, null where not known.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phases {
    /// The setup.
    pub setup: Option<String>,
    /// The call.
    pub call: Option<String>,
    /// The teardown.
    pub teardown: Option<String>,
}

/// One subtest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subtest {
    /// `[msg] (k=v)`.
    pub description: String,
    /// An outcome word.
    pub outcome: String,
    /// The failure text.
    pub longreprtext: Option<String>,
}

/// One section of a console log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputField {
    /// The title as printed.
    pub name: String,
    /// The lines below, without ANSI codes.
    pub content: String,
}

/// The sections of a console log.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields carry the names of the sections; `model::OutputFields` describes each")]
pub struct OutputFields {
    pub test_session_starts: Option<OutputField>,
    pub errors: Option<OutputField>,
    pub failures: Option<OutputField>,
    pub passes: Option<OutputField>,
    pub warnings_summary: Option<OutputField>,
    pub rerun_test_summary: Option<OutputField>,
    pub short_test_summary: Option<OutputField>,
    pub lastline: Option<OutputField>,
    pub other: Vec<OutputField>,
}

/// A test that ran more than once; numbers are indices into `test_results`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RerunTestGroup {
    /// The test.
    pub nodeid: String,
    /// How the last attempt ended.
    pub final_outcome: String,
    /// The last attempt.
    pub final_test: usize,
    /// The attempts before it.
    pub forerunners: Vec<usize>,
    /// All attempts.
    pub full_test_list: Vec<usize>,
}

/// One warning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Warning {
    /// Its text.
    pub message: String,
    /// Its class.
    pub category: Option<String>,
    /// Where it was raised.
    pub location: Option<String>,
    /// The test during which it was raised.
    pub nodeid: Option<String>,
}

/// Anonymous results of one file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileCounts {
    /// The file; null where the log gives none.
    pub path: Option<String>,
    /// Reports by outcome word.
    pub counts: BTreeMap<String, u64>,
}

/// One thing to say about an input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Diagnostic {
    /// `error`, `warning` or `note`.
    pub severity: String,
    /// A stable name of the kind of problem.
    pub code: String,
    /// What is the case.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Where.
    pub location: Location,
}

/// A place in an input.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Location {
    /// The file; null for standard input.
    pub file: Option<String>,
    /// From 1.
    pub line: Option<u64>,
    /// The way to the element.
    pub path: Option<String>,
}
