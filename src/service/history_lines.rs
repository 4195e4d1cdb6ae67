//! The lines of an exported history: JSON lines that another history takes in.
//!
//! | line | what it is |
//! |---|---|
//! | `{"record":"history","schema":"insight.history/1"}` | the first line |
//! | a session object of `insight.sessions/1`, without a field `record` | one session, as `insight parse --format jsonl` prints it |
//! | `{"record":"pruned-session", ...}` | a session that has given up its results, with its counts |
//! | `{"record":"daily-test", ...}` | what one test came to on one day, in sessions that have given up their results |
//! | `{"record":"end", ...}` | the last line, with the numbers of the others: without it, the export was cut |
//!
//! Sessions come in the order of their ids, daily tests by system, day and node id; so equal histories make equal bytes.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::model::{NodeId, OutcomeCounts, TestSession};
use crate::store::{DailyTest, DurationSum, PrunedSession};
use crate::wire::{self, timestamp};

/// The name and version of the export.
pub(super) const SCHEMA: &str = "insight.history/1";

/// A line that is no session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "kebab-case")]
pub(super) enum RecordLine {
    /// The first line.
    History { schema: String },
    /// A session that has given up its results.
    PrunedSession { pruned_at: String, counts: CountsLine, session: Box<wire::Session> },
    /// What a test came to on a day.
    DailyTest(DailyLine),
    /// The last line.
    End(EndLine),
}

/// How many lines there were of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct EndLine {
    pub(super) sessions: u64,
    pub(super) pruned_sessions: u64,
    pub(super) daily_tests: u64,
}

/// Tests by final outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CountsLine {
    passed: u64,
    failed: u64,
    errors: u64,
    skipped: u64,
    xfailed: u64,
    xpassed: u64,
    rerun: u64,
    unfinished: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct DailyLine {
    day: Option<NaiveDate>,
    sut_name: Option<String>,
    nodeid: String,
    counts: CountsLine,
    sessions: u64,
    durations: Option<DurationsLine>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct DurationsLine {
    count: u64,
    sum_us: u64,
    min_us: u64,
    max_us: u64,
}

/// Why a line is not what it says it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum LineError {
    /// A session's field has a value that it cannot have.
    #[error(transparent)]
    Wire(#[from] wire::WireError),
    /// A time that is not RFC 3339.
    #[error("pruned_at is no RFC 3339 time: {0:?}")]
    BadTime(String),
}

impl RecordLine {
    /// Returns the line of a session that has given up its results.
    pub(super) fn pruned(pruned: &PrunedSession) -> RecordLine {
        RecordLine::PrunedSession {
            pruned_at: timestamp(pruned.pruned_at),
            counts: CountsLine::from(pruned.counts),
            session: Box::new(wire::Session::from(&pruned.session)),
        }
    }
}

/// Returns the session that a line of the kind stands for.
pub(super) fn pruned_session(
    pruned_at: &str,
    counts: CountsLine,
    session: wire::Session,
) -> Result<PrunedSession, LineError> {
    let pruned_at = DateTime::parse_from_rfc3339(pruned_at).map_err(|_| LineError::BadTime(pruned_at.to_owned()))?;
    Ok(PrunedSession {
        session: TestSession::try_from(session)?,
        counts: counts.into(),
        pruned_at: pruned_at.with_timezone(&Utc),
    })
}

impl From<OutcomeCounts> for CountsLine {
    fn from(counts: OutcomeCounts) -> CountsLine {
        CountsLine {
            passed: counts.passed,
            failed: counts.failed,
            errors: counts.errors,
            skipped: counts.skipped,
            xfailed: counts.xfailed,
            xpassed: counts.xpassed,
            rerun: counts.rerun,
            unfinished: counts.unfinished,
        }
    }
}

impl From<CountsLine> for OutcomeCounts {
    fn from(counts: CountsLine) -> OutcomeCounts {
        OutcomeCounts {
            passed: counts.passed,
            failed: counts.failed,
            errors: counts.errors,
            skipped: counts.skipped,
            xfailed: counts.xfailed,
            xpassed: counts.xpassed,
            rerun: counts.rerun,
            unfinished: counts.unfinished,
        }
    }
}

impl From<&DailyTest> for DailyLine {
    fn from(daily: &DailyTest) -> DailyLine {
        let micros = |duration: Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        DailyLine {
            day: daily.day,
            sut_name: daily.sut_name.clone(),
            nodeid: daily.node_id.as_str().to_owned(),
            counts: daily.counts.into(),
            sessions: daily.sessions,
            durations: daily.durations.map(|durations| DurationsLine {
                count: durations.count,
                sum_us: micros(durations.sum),
                min_us: micros(durations.shortest),
                max_us: micros(durations.longest),
            }),
        }
    }
}

impl From<DailyLine> for DailyTest {
    fn from(line: DailyLine) -> DailyTest {
        DailyTest {
            day: line.day,
            sut_name: line.sut_name,
            node_id: NodeId::new(line.nodeid),
            counts: line.counts.into(),
            sessions: line.sessions,
            durations: line.durations.map(|durations| DurationSum {
                count: durations.count,
                sum: Duration::from_micros(durations.sum_us),
                shortest: Duration::from_micros(durations.min_us),
                longest: Duration::from_micros(durations.max_us),
            }),
        }
    }
}
