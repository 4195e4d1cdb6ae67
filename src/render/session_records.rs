//! The results of a session as records.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::answer::RecordWriter;
use crate::model::TestSession;
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

/// Writes one record for each result.
pub(crate) fn write_results(out: &mut dyn Write, session: &TestSession) -> io::Result<()> {
    let mut writer = RecordWriter::new(out);
    let start = session.session_start_time.map(timestamp).unwrap_or_default();
    let mut numbers = [const { String::new() }; 3];
    for result in &session.test_results {
        let [attempt, duration, subtests] = &mut numbers;
        write_number(attempt, Some(u64::from(result.attempt)));
        write_number(duration, result.duration.map(microseconds));
        write_number(subtests, Some(result.subtests.len() as u64));
        let fields: [&str; 14] = [
            session.session_id.as_str(),
            session.sut_name.as_deref().unwrap_or_default(),
            &start,
            result.node_id.as_str(),
            result.node_id_certainty.as_str(),
            result.outcome.as_str(),
            attempt,
            &result.start_time.map(timestamp).unwrap_or_default(),
            duration,
            result.worker.as_deref().unwrap_or_default(),
            result.has_warning.map_or("", |warned| if warned { "true" } else { "false" }),
            result.reason.as_deref().unwrap_or_default(),
            result.longreprtext.as_deref().unwrap_or_default(),
            subtests,
        ];
        writer.add(fields)?;
    }
    writer.flush()
}

/// Puts a number in the place of another, where it is known.
fn write_number(text: &mut String, number: Option<u64>) {
    text.clear();
    if let Some(number) = number {
        // A text takes everything.
        let _ = write!(text, "{number}");
    }
}
