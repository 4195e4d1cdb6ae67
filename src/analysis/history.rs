//! One test, session by session; and many tests, session by session.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::NaiveDate;

use super::cohort::Cohort;
use super::durations::DurationSpread;
use super::fold::{TestKey, Wanted, fold, fold_where};
use super::series::{OutcomeSeries, Run, Tally};
use super::{
    Columns, Filter, LeftOutReason, ObservationBatch, ObservationVisitor, PassRate, Request, Scope, SessionRef, Source,
    SourceError, TestRef, TestRow, Verdict, test_list,
};
use crate::model::Outcome;

/// Tests by session: what a grid shows.
#[derive(Debug, Clone, PartialEq)]
pub struct GridReport {
    /// What the answer rests on.
    pub scope: Scope,
    /// The columns: sessions in order of time, the last at the end.
    pub sessions: Vec<GridSession>,
    /// The rows: the tests with the most failures in these sessions first.
    pub rows: Vec<GridRow>,
}

/// A column of a grid.
#[derive(Debug, Clone, PartialEq)]
pub struct GridSession {
    /// The session.
    pub session: SessionRef,
    /// Its system under test.
    pub sut_name: Option<String>,
    /// Why its results say nothing about single tests, where they do not. They are shown all the same.
    pub set_aside: Option<LeftOutReason>,
}

/// A row of a grid.
#[derive(Debug, Clone, PartialEq)]
pub struct GridRow {
    /// The test.
    pub test: TestRef,
    /// For each column what the test came to; `None` where the session has no result of it.
    pub cells: Vec<Option<Verdict>>,
    /// Passes against failures in these sessions.
    pub pass_rate: PassRate,
}

/// Returns the tests against the last `columns` sessions that the filter admits, at most `rows` tests: those with the most
/// failures and repeated attempts first, then by name. Tests that only ever passed come last.
pub fn grid(source: &dyn Source, filter: &Filter, columns: usize, rows: usize) -> Result<GridReport, SourceError> {
    let mut cohort = Cohort::load(source, filter)?;
    let dropped = cohort.keep_last(columns);
    let filter = filter.without_result_conditions();
    let tallies = fold::<Tally>(source, &cohort, &filter, Columns::default())?;
    let mut scope = cohort.scope();
    scope.tests = Some(tallies.len() as u64);
    scope.leave_out(LeftOutReason::OlderSessions, dropped);
    scope.leave_out(LeftOutReason::BeyondLimit, tallies.len().saturating_sub(rows) as u64);
    let mut order: Vec<&(TestKey, Tally)> = tallies.iter().collect();
    order.sort_by_key(|(_, tally)| std::cmp::Reverse(tally.failures() + tally.count(Outcome::Rerun)));
    order.truncate(rows);
    let wanted = Wanted::these(order.iter().map(|(key, _)| key));
    let series = fold_where::<OutcomeSeries>(source, &cohort, &filter, Columns::default(), &wanted)?;
    let mut by_key: BTreeMap<TestKey, Vec<Run>> =
        series.into_iter().map(|(key, series)| (key, series.runs())).collect();
    let row = |(key, _): &(TestKey, Tally)| {
        let runs = by_key.remove(key).unwrap_or_default();
        let mut cells = vec![None; cohort.sessions.len()];
        for run in &runs {
            if let Some(cell) = cells.get_mut(run.session as usize) {
                *cell = Some(run.verdict);
            }
        }
        GridRow { test: cohort.test(key), pass_rate: pass_rate(&runs), cells }
    };
    let rows = order.into_iter().map(row).collect();
    Ok(GridReport { scope, sessions: columns_of(&cohort), rows })
}

fn columns_of(cohort: &Cohort) -> Vec<GridSession> {
    let places = (0..).zip(cohort.sessions.iter());
    let column = |(place, session): (u32, &crate::model::SessionSummary)| {
        Some(GridSession {
            session: cohort.session(place)?,
            sut_name: session.sut_name.clone(),
            set_aside: super::set_aside(session),
        })
    };
    places.filter_map(column).collect()
}

fn pass_rate(runs: &[Run]) -> PassRate {
    let count = |condition: fn(&Run) -> bool| runs.iter().filter(|run| condition(run)).count() as u64;
    PassRate::new(count(|run| run.verdict.is_pass()), count(|run| run.verdict.is_failure()))
}

/// One test, or several that a pattern matches, attempt by attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct TestHistoryReport {
    /// What the answer rests on.
    pub scope: Scope,
    /// Tests by name, each over all its sessions: at most as many as attempts were asked for. The scope says how many there are.
    pub tests: Vec<TestRow>,
    /// The attempts, the latest session first; within a session by test and attempt.
    pub attempts: Vec<TestAttempt>,
    /// The durations of its passes, day by day.
    pub days: Vec<(NaiveDate, DurationSpread)>,
}

/// One attempt of one test.
#[derive(Debug, Clone, PartialEq)]
pub struct TestAttempt {
    /// The test.
    pub test: TestRef,
    /// The session.
    pub session: SessionRef,
    /// Its tags `branch` and `revision`.
    pub branch: Option<String>,
    /// The revision that it ran.
    pub revision: Option<String>,
    /// How the attempt ended.
    pub outcome: Outcome,
    /// Which attempt, from 1.
    pub attempt: Option<u16>,
    /// How long it took.
    pub duration: Option<Duration>,
}

/// Returns the attempts of the tests that the filter's node id patterns match: at most `limit`, and of at most so many tests the figures.
///
/// Conditions on single results select attempts; the figures of the tests are of all their results.
pub fn test_history(source: &dyn Source, filter: &Filter, limit: usize) -> Result<TestHistoryReport, SourceError> {
    let cohort = Cohort::load(source, filter)?;
    let whole = filter.without_result_conditions();
    let collector = AttemptCollector::default();
    let columns = Columns { durations: true, attempts: true };
    source.observations(&Request { sessions: &cohort.sessions, filter, columns }, &collector)?;
    let mut rows = collector.0.into_inner().unwrap_or_else(PoisonError::into_inner);
    rows.sort_unstable_by(|left, right| {
        right.0.cmp(&left.0).then_with(|| (&left.1, left.2, left.3 as u8).cmp(&(&right.1, right.2, right.3 as u8)))
    });
    let days = days(&cohort, &rows);
    let listed = test_list::tests(source, &whole, super::TestSort::Name, usize::MAX)?;
    let mut scope = listed.scope;
    scope.leave_out(LeftOutReason::BeyondLimit, rows.len().saturating_sub(limit) as u64);
    rows.truncate(limit);
    let mut tests = listed.tests;
    tests.truncate(limit);
    let attempts = rows.into_iter().filter_map(|row| attempt(&cohort, row)).collect();
    Ok(TestHistoryReport { scope, tests, attempts, days })
}

/// Session, node id, attempt, outcome, microseconds.
type AttemptRow = (u32, Box<str>, u16, Outcome, i64);

#[derive(Default)]
struct AttemptCollector(Mutex<Vec<AttemptRow>>);

impl ObservationVisitor for AttemptCollector {
    fn visit(&self, batch: &ObservationBatch<'_>) {
        let rows = batch.codes.iter().zip(batch.sessions).zip(batch.outcomes).enumerate();
        let read = rows.filter_map(|(row, ((code, session), outcome))| {
            let node_id = *batch.node_ids.get(*code as usize)?;
            let attempt = batch.attempts.and_then(|attempts| attempts.get(row)).copied().unwrap_or(0);
            let duration = batch.durations.and_then(|durations| durations.get(row)).copied();
            Some((*session, node_id.into(), attempt, *outcome, duration.unwrap_or(super::UNKNOWN_DURATION)))
        });
        let read: Vec<AttemptRow> = read.collect();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(read);
    }
}

fn attempt(cohort: &Cohort, row: AttemptRow) -> Option<TestAttempt> {
    let (place, node_id, attempt, outcome, duration) = row;
    let session = cohort.sessions.get(place as usize)?;
    let sut = *cohort.sut_of.get(place as usize)?;
    Some(TestAttempt {
        test: cohort.test(&TestKey { sut, node_id }),
        session: cohort.session(place)?,
        branch: session.tags.get("branch").cloned(),
        revision: session.tags.get("revision").cloned(),
        outcome,
        attempt: (attempt > 0).then_some(attempt),
        duration: u64::try_from(duration).ok().map(Duration::from_micros),
    })
}

fn days(cohort: &Cohort, rows: &[AttemptRow]) -> Vec<(NaiveDate, DurationSpread)> {
    let mut days: BTreeMap<NaiveDate, Vec<f64>> = BTreeMap::new();
    for (session, _, _, outcome, duration) in rows {
        let start = cohort.sessions.get(*session as usize).and_then(|session| session.session_start_time);
        if let (Some(start), Outcome::Passed, true) = (start, outcome, *duration >= 0) {
            days.entry(start.date_naive()).or_default().push(*duration as f64 / 1e6);
        }
    }
    days.into_iter().filter_map(|(day, seconds)| Some((day, DurationSpread::of(seconds)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::NodeIdPattern;
    use crate::analysis::examples::history;

    #[test]
    fn a_grid_shows_the_last_sessions_and_the_worst_tests() {
        let source = history(&[("fine", "......"), ("bad", "F.FrEs"), ("rare", " .  F ")]);
        let report = grid(&source, &Filter::default(), 4, 2).expect("memory is readable");
        let ids: Vec<_> = report.sessions.iter().map(|session| session.session.session_id.as_str()).collect();
        assert_eq!(ids, ["s0002", "s0003", "s0004", "s0005"]);
        let rows: Vec<_> = report.rows.iter().map(|row| (row.test.node_id.as_str(), row.cells.clone())).collect();
        use Verdict::{Error, Failed, Flaky, Skipped};
        assert_eq!(rows[0], ("bad", vec![Some(Failed), Some(Flaky), Some(Error), Some(Skipped)]));
        assert_eq!(rows[1], ("rare", vec![None, None, Some(Failed), None]));
        assert_eq!(report.scope.left_out_for(LeftOutReason::OlderSessions), 2);
        assert_eq!(report.scope.left_out_for(LeftOutReason::BeyondLimit), 1);
    }

    #[test]
    fn a_history_lists_attempts_latest_first() {
        let node_ids = vec![NodeIdPattern::Exact("a".to_owned())];
        let filter = Filter { node_ids, ..Filter::default() };
        let report = test_history(&history(&[("a", ".rF"), ("b", "...")]), &filter, 3).expect("memory is readable");
        let attempts: Vec<_> = report
            .attempts
            .iter()
            .map(|attempt| (attempt.session.session_id.as_str(), attempt.attempt, attempt.outcome))
            .collect();
        use Outcome::{Failed, Passed, Rerun};
        assert_eq!(attempts, [("s0002", Some(1), Failed), ("s0001", Some(1), Rerun), ("s0001", Some(2), Passed)]);
        assert_eq!(report.tests.iter().map(|test| test.runs).collect::<Vec<_>>(), [3]);
        assert_eq!(report.days.iter().map(|(_, spread)| spread.n).collect::<Vec<_>>(), [2]);
        assert_eq!(report.scope.left_out_for(LeftOutReason::BeyondLimit), 1);
    }
}
