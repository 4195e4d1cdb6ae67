//! What callers hand to the store, and what it hands back.

use chrono::{DateTime, Utc};

use crate::model::{OutcomeCounts, SessionId, SessionSummary, TestSession};

/// What a history is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// To be asked. Nothing is created or changed.
    Read,
    /// To be changed. It must be there.
    Change,
    /// To be added to. A directory that is absent or empty becomes a history.
    Write,
}

/// What became of the sessions of one call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AppendReport {
    /// The sessions that the history took in, in the order in which they were given.
    pub added: Vec<SessionId>,
    /// The sessions that it had already, each with the system under test under which it lies; empty where it lies under none.
    pub already: Vec<(SessionId, String)>,
}

/// A session that has given up its results.
#[derive(Debug, Clone, PartialEq)]
pub struct PrunedSession {
    /// Its facts, without results and console sections.
    pub session: TestSession,
    /// What its tests came to.
    pub counts: OutcomeCounts,
    /// When it gave them up.
    pub pruned_at: DateTime<Utc>,
}

/// What became of pruned sessions that were handed over.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PrunedReport {
    /// The sessions that the history took in.
    pub added: Vec<SessionId>,
    /// The sessions that it had already.
    pub already: Vec<SessionId>,
    /// How many it could not take in, since it has some, but not all, of those that share their daily tests.
    pub left_out: u64,
}

/// Which sessions to list; by default all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SessionFilter {
    /// Only those of this system under test.
    pub sut: Option<String>,
    /// Only those that began at this time or later. A session without a start time counts by the time of its ingest.
    pub since: Option<DateTime<Utc>>,
    /// Only those that began before this time.
    pub until: Option<DateTime<Utc>>,
    /// Only those with these tags: of each key, one of its values.
    pub tags: Vec<(String, String)>,
}

impl SessionFilter {
    /// Returns whether a session passes.
    pub fn accepts(&self, session: &SessionSummary) -> bool {
        let when = session.session_start_time.or(session.ingested_at);
        self.sut.as_ref().is_none_or(|sut| session.sut_name.as_ref() == Some(sut))
            && self.since.is_none_or(|since| when.is_some_and(|when| when >= since))
            && self.until.is_none_or(|until| when.is_some_and(|when| when < until))
            && session.has_tags(&self.tags)
    }
}
