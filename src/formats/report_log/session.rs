//! Lines put together to a session.

use chrono::{DateTime, Utc};

use super::attempts::Attempts;
use super::longrepr::Longrepr;
use super::record::{Kind, Record};
use super::subtest::Parameters;
use super::warnings::Warnings;
use crate::diagnostic::Diagnostic;
use crate::formats::collected::Collected;
use crate::formats::times;
use crate::model::{Ending, NodeId, Outcome, TestResult, TestSession, Text, TimeSource};

/// The code of what is said of a log without its beginning.
pub(super) const NO_START: &str = "report-log-no-start";

/// A session that is being read.
#[derive(Debug, Default)]
pub(super) struct SessionBuilder {
    pytest_version: Option<String>,
    exit_status: Option<i32>,
    has_start: bool,
    has_finish: bool,
    /// Whether lines of it could not be read.
    is_damaged: bool,
    collected: Collected,
    attempts: Attempts,
    warnings: Warnings,
    start: Option<DateTime<Utc>>,
    stop: Option<DateTime<Utc>>,
    lines: u64,
}

impl SessionBuilder {
    /// Returns whether nothing was read yet.
    pub(super) fn is_empty(&self) -> bool {
        self.lines == 0
    }

    /// Notes that a line was lost.
    pub(super) fn damage(&mut self) {
        self.is_damaged = true;
    }

    /// Takes in one line; returns what there is to say about it.
    pub(super) fn add(&mut self, kind: Kind, record: &Record<'_>) -> Option<Diagnostic> {
        self.lines += 1;
        let node_id = record.nodeid.as_deref();
        match kind {
            Kind::SessionStart => {
                self.has_start = true;
                self.pytest_version = record.pytest_version.as_deref().map(str::to_owned);
            }
            Kind::SessionFinish => {
                self.has_finish = true;
                self.exit_status = record.exitstatus.whole().and_then(|status| i32::try_from(status).ok());
            }
            Kind::Warning => self.warnings.add(record, &mut self.attempts),
            Kind::Other => return None,
            Kind::Collect => return self.add_collected(node_id.unwrap_or_default(), record),
            Kind::Test | Kind::Subtest => {
                let Some(node_id) = node_id else {
                    return Some(Diagnostic::warning("report-log-no-nodeid", "a report without node id is left out"));
                };
                return self.add_test(kind, node_id, record);
            }
        }
        None
    }

    fn add_test(&mut self, kind: Kind, node_id: &str, record: &Record<'_>) -> Option<Diagnostic> {
        let place = if kind == Kind::Subtest {
            self.attempts.add_subtest(node_id, record, self.parameters())
        } else {
            self.attempts.add_report(node_id, record)
        };
        let Some(place) = place else {
            let (when, outcome) = (record.when.as_deref().unwrap_or("?"), record.outcome.as_deref().unwrap_or("?"));
            return Some(
                Diagnostic::warning(
                    "report-log-unknown-word",
                    format!("a report of phase {when:?} with outcome {outcome:?} is left out"),
                )
                .at_path(node_id),
            );
        };
        self.warnings.after_report(place, record.when.as_deref().filter(|_| kind == Kind::Test));
        self.start = earliest(self.start, record.start.0.and_then(times::instant));
        self.stop = self.stop.max(record.stop.0.and_then(times::instant));
        None
    }

    /// Whether this version of pytest wrote the parameters of subtests as texts.
    fn parameters(&self) -> Parameters {
        let major = self.pytest_version.as_deref().and_then(|version| version.split('.').next()?.parse::<u32>().ok());
        if major.is_some_and(|major| major < 9) { Parameters::Raw } else { Parameters::Shown }
    }

    /// Takes in what became of the collection of a file: a failure or a skip is a result.
    fn add_collected(&mut self, node_id: &str, record: &Record<'_>) -> Option<Diagnostic> {
        let outcome = match record.outcome.as_deref() {
            Some("failed" | "error") => Outcome::Error,
            Some("skipped") => Outcome::Skipped,
            _ => return None,
        };
        let longrepr = record.longrepr.get::<Longrepr<'_>>();
        let text = longrepr.as_ref().and_then(Longrepr::text);
        if node_id.is_empty() {
            let text = text.unwrap_or_default();
            let line = text.lines().next_back().unwrap_or_default();
            return Some(Diagnostic::error(
                "report-log-collection",
                format!("the session could not be collected: {line}"),
            ));
        }
        let mut result = TestResult::new(node_id, outcome);
        result.reason = longrepr.as_ref().and_then(Longrepr::skip_reason).map(Text::from);
        result.longreprtext = text.map(Text::from);
        result.worker = record.worker().map(Text::from);
        self.collected.add(result);
        None
    }

    /// Returns the session, and what there is to say about its end.
    pub(super) fn finish(mut self) -> (TestSession, Vec<Diagnostic>) {
        let mut diagnostics = Vec::new();
        self.warnings.finish(&mut self.attempts);
        let in_flight = self.in_flight(&mut diagnostics);
        if !self.has_start {
            diagnostics.push(
                Diagnostic::warning(NO_START, "the log does not begin with the start of a session")
                    .with_help("its first lines may be missing, and with them results"),
            );
        }
        if !self.has_finish {
            diagnostics.push(Diagnostic::warning("report-log-no-finish", "the log ends before the session does"));
        }
        let mut session = TestSession {
            session_start_time: self.start,
            session_stop_time: self.stop,
            time_source: self.start.map(|_| TimeSource::Report),
            complete: self.has_start && self.has_finish && !self.is_damaged,
            exit_status: self.exit_status,
            test_results: self.collected.into_results().into(),
            warnings: self.warnings.warnings,
            ending: Some(match self.has_finish {
                true => Ending::of_run(self.exit_status, in_flight.as_ref()),
                false => Ending::Cut,
            }),
            in_flight,
            ..TestSession::default()
        };
        session.environment.pytest = self.pytest_version;
        let mut uncalled = 0;
        for attempt in self.attempts.into_vec() {
            match attempt.outcome {
                // The log was cut before its teardown, which may have broken: it is in flight.
                Some(Outcome::Passed) if !self.has_finish && attempt.is_open() => {}
                Some(_) => session.test_results.push(attempt.result),
                None => uncalled += usize::from(!attempt.is_open()),
            }
        }
        if uncalled > 0 {
            let message = format!("{uncalled} tests were set up and torn down but not called; they have no result");
            diagnostics.push(Diagnostic::note("report-log-not-called", message));
        }
        (session, diagnostics)
    }

    /// Returns the test within which the run ended; where several workers were within one, that which came last in the log.
    fn in_flight(&self, diagnostics: &mut Vec<Diagnostic>) -> Option<NodeId> {
        let was_running =
            |attempt: &super::attempts::Attempt| attempt.is_open() && (!self.has_finish || attempt.outcome.is_none());
        let mut running: Vec<(usize, NodeId)> = self
            .attempts
            .current()
            .filter(|(_, attempt)| was_running(attempt))
            .map(|(index, attempt)| (index, attempt.result.node_id.clone()))
            .collect();
        running.sort_unstable_by_key(|(index, _)| *index);
        let (_, last) = running.pop()?;
        if !running.is_empty() {
            let others: Vec<&str> = running.iter().map(|(_, node_id)| node_id.as_str()).collect();
            let message = format!("{} more tests were running when the log ended: {}", others.len(), others.join(", "));
            diagnostics.push(Diagnostic::note("report-log-in-flight", message));
        }
        Some(last)
    }
}

/// Returns the earlier of two times, either of which may not be known.
fn earliest(left: Option<DateTime<Utc>>, right: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    left.into_iter().chain(right).min()
}
