//! Every test with its counts, rate and durations.

use std::cmp::Ordering;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::cohort::Cohort;
use super::fold::{TestKey, Wanted, fold, fold_where};
use super::series::Tally;
use super::{Columns, Filter, LeftOutReason, PassRate, Scope, Source, SourceError, Verdict};
use crate::model::{NodeId, Outcome, OutcomeCounts, SessionId};

/// A test: a node id within a system under test.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TestRef {
    /// The system under test.
    pub sut_name: Option<String>,
    /// pytest's name of the test.
    pub node_id: NodeId,
}

/// A session, as answers point at it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SessionRef {
    /// Its name.
    pub session_id: SessionId,
    /// When it began.
    pub start: Option<DateTime<Utc>>,
}

impl Cohort {
    /// Returns the test that a key names.
    pub(crate) fn test(&self, key: &TestKey) -> TestRef {
        TestRef { sut_name: self.sut_name(key.sut).map(str::to_owned), node_id: NodeId::new(&*key.node_id) }
    }

    /// Returns the session at a place.
    pub(crate) fn session(&self, place: u32) -> Option<SessionRef> {
        let session = self.sessions.get(place as usize)?;
        Some(SessionRef { session_id: session.session_id.clone(), start: session.session_start_time })
    }
}

/// What a list of tests is sorted by. Ties go by system under test and node id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TestSort {
    /// By system under test and node id.
    #[default]
    Name,
    /// Most failures first.
    Failures,
    /// Lowest pass rate first; tests without one last.
    PassRate,
    /// Most runs first.
    Runs,
    /// Most time in all runs together first.
    TotalDuration,
    /// Longest mean duration first; unknown last.
    MeanDuration,
    /// Seen last first.
    LastSeen,
}

/// All tests, or the first of them in an order.
#[derive(Debug, Clone, PartialEq)]
pub struct TestsReport {
    /// What the answer rests on. `tests` is the number of all tests, listed or not.
    pub scope: Scope,
    /// The tests.
    pub tests: Vec<TestRow>,
}

/// One test over all its sessions.
#[derive(Debug, Clone, PartialEq)]
pub struct TestRow {
    /// The test.
    pub test: TestRef,
    /// Its final results, repeated attempts not counted.
    pub runs: u64,
    /// Its results by outcome; `rerun` counts attempts. `unfinished` is not counted here.
    pub counts: OutcomeCounts,
    /// Passes against failures. See [`PassRate`].
    pub pass_rate: PassRate,
    /// The mean of the known durations of all attempts; `None` where none is known.
    pub mean_duration: Option<Duration>,
    /// The longest known duration of an attempt.
    pub longest: Option<Duration>,
    /// The sum of the known durations of all attempts.
    pub total_duration: Duration,
    /// The first session with a result of it.
    pub first_seen: Option<SessionRef>,
    /// The last session with a result of it.
    pub last_seen: Option<SessionRef>,
    /// What it came to there.
    pub last_verdict: Option<Verdict>,
}

/// Returns the tests of the sessions that the filter admits; no session is set aside.
///
/// A condition on single results (outcome, text, duration) selects the tests with at least one such result; their figures are
/// of all their results.
pub fn tests(source: &dyn Source, filter: &Filter, sort: TestSort, limit: usize) -> Result<TestsReport, SourceError> {
    let cohort = Cohort::load(source, filter)?;
    let columns = Columns { durations: true, ..Columns::default() };
    let tallies = if filter.has_result_conditions() {
        let matching = fold::<Tally>(source, &cohort, filter, Columns::default())?;
        let wanted = Wanted::these(matching.iter().map(|(key, _)| key));
        fold_where::<Tally>(source, &cohort, &filter.without_result_conditions(), columns, &wanted)?
    } else {
        fold::<Tally>(source, &cohort, filter, columns)?
    };
    let mut scope = cohort.scope();
    scope.tests = Some(tallies.len() as u64);
    let mut order: Vec<&(TestKey, Tally)> = tallies.iter().collect();
    order.sort_by(|left, right| compare(sort, &left.1, &right.1));
    scope.leave_out(LeftOutReason::BeyondLimit, order.len().saturating_sub(limit) as u64);
    order.truncate(limit);
    let tests = order.into_iter().map(|(key, tally)| row(&cohort, key, tally)).collect();
    Ok(TestsReport { scope, tests })
}

fn compare(sort: TestSort, left: &Tally, right: &Tally) -> Ordering {
    let mean = |tally: &Tally| (tally.timed > 0).then(|| tally.total as f64 / f64::from(tally.timed));
    let rate = |tally: &Tally| pass_rate(tally).value();
    match sort {
        TestSort::Name => Ordering::Equal,
        TestSort::Failures => right.failures().cmp(&left.failures()),
        TestSort::PassRate => known_first(rate(left), rate(right), |left, right| left.total_cmp(&right)),
        TestSort::Runs => right.runs().cmp(&left.runs()),
        TestSort::TotalDuration => right.total.cmp(&left.total),
        TestSort::MeanDuration => known_first(mean(left), mean(right), |left, right| right.total_cmp(&left)),
        TestSort::LastSeen => right.sessions.map(|(_, last)| last).cmp(&left.sessions.map(|(_, last)| last)),
    }
}

fn known_first(left: Option<f64>, right: Option<f64>, order: impl Fn(f64, f64) -> Ordering) -> Ordering {
    match (left, right) {
        (Some(left), Some(right)) => order(left, right),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}

fn pass_rate(tally: &Tally) -> PassRate {
    PassRate::new(tally.count(Outcome::Passed), tally.failures())
}

fn row(cohort: &Cohort, key: &TestKey, tally: &Tally) -> TestRow {
    let known = tally.timed > 0;
    TestRow {
        test: cohort.test(key),
        runs: tally.runs(),
        counts: OutcomeCounts {
            passed: tally.count(Outcome::Passed),
            failed: tally.count(Outcome::Failed),
            errors: tally.count(Outcome::Error),
            skipped: tally.count(Outcome::Skipped),
            xfailed: tally.count(Outcome::Xfailed),
            xpassed: tally.count(Outcome::Xpassed),
            rerun: tally.count(Outcome::Rerun),
            unfinished: 0,
        },
        pass_rate: pass_rate(tally),
        mean_duration: known.then(|| Duration::from_micros(tally.total / u64::from(tally.timed.max(1)))),
        longest: known.then(|| Duration::from_micros(tally.longest)),
        total_duration: Duration::from_micros(tally.total),
        first_seen: tally.sessions.and_then(|(first, _)| cohort.session(first)),
        last_seen: tally.sessions.and_then(|(_, last)| cohort.session(last)),
        last_verdict: tally.last_verdict(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::examples::history;

    #[test]
    fn a_row_counts_runs_and_not_attempts() {
        let report = tests(&history(&[("a", "..rRs"), ("b", "....F")]), &Filter::default(), TestSort::Failures, 1);
        let report = report.expect("memory is readable");
        assert_eq!(report.scope.tests, Some(2));
        assert_eq!(report.scope.left_out_for(LeftOutReason::BeyondLimit), 1);
        let [row] = &report.tests[..] else { panic!("{:?}", report.tests) };
        assert_eq!(row.test.node_id.as_str(), "a");
        assert_eq!((row.runs, row.counts.passed, row.counts.failed, row.counts.rerun), (5, 3, 1, 2));
        assert_eq!((row.pass_rate.ratio.part, row.pass_rate.ratio.whole), (3, 4));
        assert_eq!(row.total_duration, Duration::from_millis(700));
        assert_eq!(row.last_verdict, Some(Verdict::Skipped));
        assert_eq!(row.last_seen.as_ref().map(|session| session.session_id.as_str()), Some("s0004"));
    }

    #[test]
    fn a_condition_on_results_selects_tests_and_not_their_figures() {
        let filter = Filter { outcomes: vec![Outcome::Failed], ..Filter::default() };
        let report = tests(&history(&[("a", "...."), ("b", "...F")]), &filter, TestSort::Name, 9);
        let rows = report.expect("memory is readable").tests;
        assert_eq!(rows.iter().map(|row| (row.test.node_id.as_str(), row.runs)).collect::<Vec<_>>(), [("b", 4)]);
    }
}
