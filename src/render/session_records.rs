//! The results of a session as records.

use crate::model::{TestResult, TestSession, Text};
use crate::wire::{microseconds, timestamp};

/// The names of a result's record.
pub(crate) const RESULT_NAMES: [&str; 14] = [
    "session_id",
    "sut_name",
    "session_start_time",
    "nodeid",
    "nodeid_certainty",
    "outcome",
    "attempt",
    "start_time",
    "duration_us",
    "worker",
    "has_warning",
    "reason",
    "longreprtext",
    "subtests",
];

/// Returns one record for each result.
pub(crate) fn result_records(session: &TestSession) -> impl Iterator<Item = [String; 14]> + '_ {
    session.test_results.iter().map(|result| record(session, &result))
}

fn record(session: &TestSession, result: &TestResult) -> [String; 14] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let shared = |text: &Option<Text>| text.as_deref().unwrap_or_default().to_owned();
    [
        session.session_id.to_string(),
        text(&session.sut_name),
        session.session_start_time.map(timestamp).unwrap_or_default(),
        result.node_id.to_string(),
        result.node_id_certainty.as_str().to_owned(),
        result.outcome.to_string(),
        result.attempt.to_string(),
        result.start_time.map(timestamp).unwrap_or_default(),
        result.duration.map(|duration| microseconds(duration).to_string()).unwrap_or_default(),
        shared(&result.worker),
        result.has_warning.map(|warned| warned.to_string()).unwrap_or_default(),
        shared(&result.reason),
        shared(&result.longreprtext),
        result.subtests.len().to_string(),
    ]
}
