//! Pass rates: per session, per system under test, per day, from session rows alone.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::cohort::Cohort;
use super::statistics::{Interval, wilson_interval};
use super::{Filter, Scope, Source, SourceError};
use crate::model::{Format, OutcomeCounts, Ratio, SessionId, SessionSummary};

/// How many of the tests that passed or failed did pass.
///
/// Formula: passed / (passed + failed + errors), each test under its last attempt. Skipped, xfailed, xpassed and unfinished
/// tests are in neither. Unit: share, with Wilson's 95 % interval. Minimum n: 1; unknown (`-`) of none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PassRate {
    /// Passed, of passed and failed.
    pub ratio: Ratio,
    /// Wilson's 95 % interval; `None` of nothing.
    pub interval: Option<Interval>,
}

impl PassRate {
    /// Returns the pass rate of so many passes and failures.
    pub fn new(passed: u64, failed: u64) -> PassRate {
        let ratio = Ratio { part: passed, whole: passed + failed };
        PassRate { ratio, interval: wilson_interval(ratio) }
    }

    /// Returns the pass rate of counted tests.
    pub fn of(counts: &OutcomeCounts) -> PassRate {
        PassRate::new(counts.passed, counts.failed + counts.errors)
    }

    /// Returns how many failed.
    pub fn failures(&self) -> u64 {
        self.ratio.whole - self.ratio.part
    }

    /// Returns the rate as a number from 0 to 1; `None` of nothing.
    pub fn value(&self) -> Option<f64> {
        self.ratio.value()
    }
}

/// Returns the tests of a session by outcome: those that its input names, and for a console log also those that it only counts.
///
/// A log without `-v` prints a dot for a test and never its name; its last line says how many there were. The last line counts reports: a
/// test that passed and whose teardown broke is in `passed` and in `errors`, and a subtest is in `failed`. So a declared number is
/// taken where it exceeds what is named by more than that can explain, and failures only where none is named.
pub fn session_counts(session: &SessionSummary) -> OutcomeCounts {
    let named = session.counts;
    let only_logs = session.formats.iter().all(|format| *format == Format::Terminal);
    let Some(totals) = session.totals.as_ref().filter(|_| only_logs) else { return named };
    let declared = |key: &str| totals.get(key).unwrap_or(0);
    let or_named =
        |declared: u64, named: u64, explained: u64| if declared > named + explained { declared } else { named };
    let if_unnamed = |declared: u64, named: u64| if named == 0 { declared } else { named };
    OutcomeCounts {
        passed: or_named(declared("passed"), named.passed, named.errors),
        failed: if_unnamed(declared("failed"), named.failed),
        errors: if_unnamed(declared("errors"), named.errors),
        skipped: or_named(declared("skipped"), named.skipped, 0),
        xfailed: or_named(declared("xfailed"), named.xfailed, 0),
        xpassed: or_named(declared("xpassed"), named.xpassed, 0),
        rerun: or_named(declared("rerun"), named.rerun, 0),
        unfinished: named.unfinished,
    }
}

/// Pass rates over sessions.
#[derive(Debug, Clone, PartialEq)]
pub struct RatesReport {
    /// What the answer rests on.
    pub scope: Scope,
    /// All sessions together.
    pub total: RateRow<()>,
    /// By system under test, by name; the sessions that name none first.
    pub suts: Vec<RateRow<Option<String>>>,
    /// By day of the session's start in UTC; sessions without a start time are in no day.
    pub days: Vec<RateRow<NaiveDate>>,
    /// By session, in order of time.
    pub sessions: Vec<RateRow<SessionId>>,
}

/// The counts and rates of one group of sessions.
#[derive(Debug, Clone, PartialEq)]
pub struct RateRow<Key> {
    /// What the group is of.
    pub key: Key,
    /// How many sessions.
    pub sessions: u64,
    /// How many of them had neither a failure nor an error, of those that had at least one test.
    pub green: Ratio,
    /// Their tests by outcome, added up.
    pub counts: OutcomeCounts,
    /// The pass rate of these tests.
    pub pass_rate: PassRate,
}

/// Returns the pass rates of the sessions that the filter admits; where it names tests, of these tests. No session is set aside that tells: this
/// is what happened.
pub fn rates(source: &dyn Source, filter: &Filter) -> Result<RatesReport, SourceError> {
    let mut cohort = Cohort::load_counts(source, filter)?;
    cohort.count_only_selected(source, filter)?;
    Ok(RatesReport { scope: cohort.scope(), ..rates_of(cohort.counted().map(|(_, session)| session)) })
}

/// Returns the pass rates of session rows.
pub fn rates_of<'a>(sessions: impl Iterator<Item = &'a SessionSummary> + Clone) -> RatesReport {
    let mut total = Group::default();
    let mut suts: BTreeMap<Option<&str>, Group> = BTreeMap::new();
    let mut days: BTreeMap<NaiveDate, Group> = BTreeMap::new();
    let mut rows = Vec::new();
    for session in sessions.clone() {
        let counts = session_counts(session);
        total.add(&counts);
        suts.entry(session.sut_name.as_deref()).or_default().add(&counts);
        if let Some(start) = session.session_start_time {
            days.entry(start.date_naive()).or_default().add(&counts);
        }
        let mut alone = Group::default();
        alone.add(&counts);
        rows.push(alone.row(session.session_id.clone()));
    }
    RatesReport {
        scope: Scope::of(sessions, super::Window::default()),
        total: total.row(()),
        suts: suts.into_iter().map(|(sut, group)| group.row(sut.map(str::to_owned))).collect(),
        days: days.into_iter().map(|(day, group)| group.row(day)).collect(),
        sessions: rows,
    }
}

#[derive(Default)]
struct Group {
    sessions: u64,
    green: u64,
    with_tests: u64,
    counts: OutcomeCounts,
}

impl Group {
    fn add(&mut self, counts: &OutcomeCounts) {
        self.sessions += 1;
        self.with_tests += u64::from(counts.tests() > 0);
        self.green += u64::from(counts.tests() > 0 && counts.failed + counts.errors == 0);
        self.counts += *counts;
    }

    fn row<Key>(&self, key: Key) -> RateRow<Key> {
        RateRow {
            key,
            sessions: self.sessions,
            green: Ratio { part: self.green, whole: self.with_tests },
            counts: self.counts,
            pass_rate: PassRate::of(&self.counts),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};

    use super::*;
    use crate::analysis::MemorySource;
    use crate::model::{Outcome, Source as Input, TestResult, TestSession, Totals};

    fn session(sut: &str, day: u32, outcomes: &[Outcome]) -> TestSession {
        let results =
            outcomes.iter().enumerate().map(|(place, outcome)| TestResult::new(format!("t{place}"), *outcome));
        TestSession {
            sut_name: Some(sut.to_owned()),
            session_start_time: Utc.with_ymd_and_hms(2026, 1, day, 9, 0, 0).single(),
            test_results: results.collect(),
            ..TestSession::default()
        }
    }

    #[test]
    fn skipped_and_xfailed_tests_are_in_no_rate() {
        use Outcome::{Error, Failed, Passed, Skipped, Xfailed, Xpassed};
        let source = MemorySource::new([
            session("a", 1, &[Passed, Passed, Failed, Skipped, Xfailed]),
            session("b", 1, &[Passed, Xpassed]),
            session("a", 2, &[Error, Passed]),
            session("a", 2, &[]),
        ]);
        let report = rates(&source, &Filter::default()).expect("memory is readable");
        assert_eq!(report.total.pass_rate.ratio, Ratio { part: 4, whole: 6 });
        assert_eq!(report.total.green, Ratio { part: 1, whole: 3 });
        let days: Vec<_> = report.days.iter().map(|day| day.pass_rate.ratio).collect();
        assert_eq!(days, [Ratio { part: 3, whole: 4 }, Ratio { part: 1, whole: 2 }]);
        let suts: Vec<_> = report.suts.iter().map(|sut| (sut.key.as_deref(), sut.pass_rate.ratio.part)).collect();
        assert_eq!(suts, [(Some("a"), 3), (Some("b"), 1)]);
        assert_eq!(report.scope.sessions, 4);
    }

    #[test]
    fn a_log_that_names_only_failures_counts_the_passes_it_declares() {
        let log = TestSession {
            source: vec![Input { format: Format::Terminal, path: None, sha256: None, bytes: None }],
            totals: Some(Totals::from_iter([("passed", 98), ("failed", 3)])),
            ..session("a", 1, &[Outcome::Failed, Outcome::Failed])
        };
        let counts = session_counts(&SessionSummary::from(&log));
        assert_eq!((counts.passed, counts.failed), (98, 2));
    }
}
