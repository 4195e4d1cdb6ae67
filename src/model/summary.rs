//! A session without its results.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{Ending, Environment, Format, OutcomeCounts, SessionId, TestSession, TimeSource, Totals};

/// One session as lists show it: its facts and counts, not its results.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionSummary {
    /// The session's name.
    pub session_id: SessionId,
    /// The system under test; `None` until somebody says which.
    pub sut_name: Option<String>,
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
    /// How the run ended.
    pub ending: Option<Ending>,
    /// The tests by final outcome.
    pub counts: OutcomeCounts,
    /// The totals that the input declares.
    pub totals: Option<Totals>,
    /// What ran the tests.
    pub environment: Environment,
    /// Branch, revision, CI run, and what the user gave.
    pub tags: BTreeMap<String, String>,
    /// The kinds of input that it was read from.
    pub formats: Vec<Format>,
    /// When the history took it in; `None` outside one.
    pub ingested_at: Option<DateTime<Utc>>,
    /// When the history gave up its results; `None` where they are there.
    pub pruned_at: Option<DateTime<Utc>>,
}

impl From<&TestSession> for SessionSummary {
    fn from(session: &TestSession) -> SessionSummary {
        SessionSummary {
            session_id: session.session_id.clone(),
            sut_name: session.sut_name.clone(),
            session_start_time: session.session_start_time,
            session_stop_time: session.session_stop_time,
            time_source: session.time_source,
            session_duration: session.session_duration,
            complete: session.complete,
            exit_status: session.exit_status,
            ending: session.ending,
            counts: session.outcome_counts(),
            totals: session.totals.clone(),
            environment: session.environment.clone(),
            tags: session.tags.clone(),
            formats: session.source.iter().map(|source| source.format).collect(),
            ingested_at: None,
            pruned_at: None,
        }
    }
}

impl SessionSummary {
    /// Returns whether the session has these tags: of each key that is named, one of the values that are named for it.
    pub fn has_tags(&self, wanted: &[(String, String)]) -> bool {
        let has = |key: &str, value: &String| self.tags.get(key) == Some(value);
        wanted.iter().all(|(key, _)| wanted.iter().any(|(other, value)| other == key && has(key, value)))
    }
}
