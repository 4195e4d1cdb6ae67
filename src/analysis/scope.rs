//! What an answer is an answer of: how many sessions, over which time, and what was left out and why.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::Window;
use crate::model::{SessionId, SessionSummary};

/// What an answer rests on. Every report carries one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scope {
    /// The window that was asked for.
    pub window: Window,
    /// How many sessions the answer rests on.
    pub sessions: u64,
    /// How many systems under test they are of; sessions that name none count as one more.
    pub suts: u64,
    /// The start of the first of them that is known.
    pub first: Option<DateTime<Utc>>,
    /// The start of the last of them that is known.
    pub last: Option<DateTime<Utc>>,
    /// How many tests (a node id within a system under test) it rests on; `None` where single tests do not matter.
    pub tests: Option<u64>,
    /// What was left out, and why; nothing is left out silently.
    pub left_out: Vec<LeftOut>,
}

impl Scope {
    /// Returns the scope of sessions that all count.
    pub fn of<'a>(sessions: impl IntoIterator<Item = &'a SessionSummary>, window: Window) -> Scope {
        let mut scope = Scope { window, ..Scope::default() };
        let mut suts = BTreeSet::new();
        for session in sessions {
            scope.sessions += 1;
            suts.insert(session.sut_name.as_deref());
            if let Some(start) = session.session_start_time {
                scope.first = Some(scope.first.map_or(start, |first| first.min(start)));
                scope.last = Some(scope.last.map_or(start, |last| last.max(start)));
            }
        }
        scope.suts = suts.len() as u64;
        scope
    }

    /// Notes that so many were left out for a reason; nothing of none.
    pub(crate) fn leave_out(&mut self, reason: LeftOutReason, count: u64) {
        if count > 0 {
            self.left_out.push(LeftOut { reason, count, sessions: Vec::new() });
        }
    }

    /// Returns how many were left out for a reason.
    pub fn left_out_for(&self, reason: LeftOutReason) -> u64 {
        self.left_out.iter().filter(|left_out| left_out.reason == reason).map(|left_out| left_out.count).sum()
    }
}

/// Something that an answer does not rest on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Why.
    pub reason: LeftOutReason,
    /// How many sessions, tests or results: see [`LeftOutReason::unit`].
    pub count: u64,
    /// The sessions by name, where sessions were set aside one by one.
    pub sessions: Vec<SessionId>,
}

/// Why something was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LeftOutReason {
    /// Sessions whose start is not known: they cannot be placed in a window or an order.
    NoStartTime,
    /// Sessions whose results were pruned: what they came to is known, and no single test.
    Pruned,
    /// Sessions in which more than 80 % of at least 5 tests failed: the infrastructure, not the tests.
    NearlyAllFailed,
    /// Sessions in which nothing ran because collection broke.
    CollectionBroke,
    /// Sessions in which pytest itself broke or was called wrongly.
    PytestBroke,
    /// Sessions that do not name the tests that passed, such as console logs without `-v`: what is named there failed,
    /// and a rate of it would be a rate of failures alone.
    PassesUnnamed,
    /// Sessions in which unusually many tests failed together: one cause, not many flaky tests.
    MassFailure,
    /// Sessions older than those that are shown.
    OlderSessions,
    /// Tests with fewer runs than the question needs.
    TooFewRuns,
    /// Tests that are faster than the floor below which a difference in duration is noise.
    BelowFloor,
    /// Results whose duration is not known.
    UnknownDuration,
    /// Sessions whose wall time is not known.
    UnknownSessionDuration,
    /// Failures without a failure text.
    NoFailureText,
    /// Entries beyond the limit that was asked for.
    BeyondLimit,
}

impl LeftOutReason {
    /// Returns what is counted: `sessions`, `tests`, `results` or `entries`.
    pub fn unit(self) -> &'static str {
        match self {
            LeftOutReason::NoStartTime
            | LeftOutReason::Pruned
            | LeftOutReason::NearlyAllFailed
            | LeftOutReason::CollectionBroke
            | LeftOutReason::PytestBroke
            | LeftOutReason::PassesUnnamed
            | LeftOutReason::MassFailure
            | LeftOutReason::OlderSessions
            | LeftOutReason::UnknownSessionDuration => "sessions",
            LeftOutReason::TooFewRuns | LeftOutReason::BelowFloor => "tests",
            LeftOutReason::UnknownDuration | LeftOutReason::NoFailureText => "results",
            LeftOutReason::BeyondLimit => "entries",
        }
    }

    /// Returns the word for programs, such as `no-start-time`.
    pub fn word(self) -> &'static str {
        match self {
            LeftOutReason::NoStartTime => "no-start-time",
            LeftOutReason::Pruned => "pruned",
            LeftOutReason::NearlyAllFailed => "nearly-all-failed",
            LeftOutReason::CollectionBroke => "collection-broke",
            LeftOutReason::PytestBroke => "pytest-broke",
            LeftOutReason::PassesUnnamed => "passes-unnamed",
            LeftOutReason::MassFailure => "mass-failure",
            LeftOutReason::OlderSessions => "older-sessions",
            LeftOutReason::TooFewRuns => "too-few-runs",
            LeftOutReason::BelowFloor => "below-floor",
            LeftOutReason::UnknownDuration => "unknown-duration",
            LeftOutReason::UnknownSessionDuration => "unknown-session-duration",
            LeftOutReason::NoFailureText => "no-failure-text",
            LeftOutReason::BeyondLimit => "beyond-limit",
        }
    }

    /// Returns the reason as a fragment that fits behind a number and the unit, such as `12 sessions: ...`.
    pub fn as_str(self) -> &'static str {
        match self {
            LeftOutReason::NoStartTime => "start time unknown",
            LeftOutReason::Pruned => "their results were pruned",
            LeftOutReason::NearlyAllFailed => "more than 80% of the tests failed",
            LeftOutReason::CollectionBroke => "collection broke and nothing ran",
            LeftOutReason::PytestBroke => "pytest itself broke or was called wrongly",
            LeftOutReason::PassesUnnamed => "passed tests are not named",
            LeftOutReason::MassFailure => "unusually many tests failed together",
            LeftOutReason::OlderSessions => "older than those shown",
            LeftOutReason::TooFewRuns => "too few runs",
            LeftOutReason::BelowFloor => "faster than the floor",
            LeftOutReason::UnknownDuration | LeftOutReason::UnknownSessionDuration => "duration unknown",
            LeftOutReason::NoFailureText => "no failure text",
            LeftOutReason::BeyondLimit => "beyond the limit",
        }
    }
}
