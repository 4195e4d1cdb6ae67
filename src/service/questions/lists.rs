//! Lists: tests, flaky tests, regressions, slow tests, failures, tests by session.

use std::cmp::Reverse;

use super::names::{AskError, require_suts};
use crate::analysis::{
    self, FailuresReport, Filter, FlakyReport, GridReport, LeftOutReason, RegressionsReport, Scope, SlowReport,
    SlowSort, Source, TestSort, TestsReport,
};

/// What flaky tests are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FlakySort {
    /// The certain ones first, within each by the lower end of the flip rate's interval.
    #[default]
    Certainty,
    /// The highest flip rate first.
    FlipRate,
    /// Most final failures first.
    Failures,
    /// By system under test and node id.
    Name,
}

/// What regressions are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RegressionSort {
    /// Regressed, failing, recovered; within each the greatest change first.
    #[default]
    Kind,
    /// The latest change first; those without one last.
    Latest,
    /// By system under test and node id.
    Name,
}

/// What failure clusters are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FailureSort {
    /// Most failures first.
    #[default]
    Failures,
    /// Most tests first.
    Tests,
    /// Most sessions first.
    Sessions,
    /// Seen last first.
    LastSeen,
    /// Seen first first.
    FirstSeen,
}

/// Returns the tests with their counts, rates and durations, at most `limit`. See [`analysis::tests`].
///
/// ```
/// use insight::analysis::{Filter, MemorySource, TestSort, synthetic::SyntheticHistory};
///
/// let history = SyntheticHistory { sessions: 40, tests: 60, ..SyntheticHistory::default() };
/// let source = MemorySource::new(history.sessions());
/// let answer = insight::service::list_tests(&source, &Filter::default(), TestSort::Failures, Some(3))?;
/// assert_eq!(answer.tests.len(), 3);
/// assert!(answer.tests[0].counts.failed >= answer.tests[1].counts.failed);
/// # Ok::<(), insight::service::AskError>(())
/// ```
pub fn list_tests(
    source: &dyn Source,
    filter: &Filter,
    sort: TestSort,
    limit: Option<usize>,
) -> Result<TestsReport, AskError> {
    require_suts(source, filter)?;
    Ok(analysis::tests(source, filter, sort, limit.unwrap_or(usize::MAX))?)
}

/// Returns the tests with most failures against the last `sessions` sessions. See [`analysis::grid`].
///
/// ```
/// use insight::analysis::{Filter, MemorySource, synthetic::SyntheticHistory};
///
/// let history = SyntheticHistory { sessions: 40, tests: 60, ..SyntheticHistory::default() };
/// let source = MemorySource::new(history.sessions());
/// let answer = insight::service::test_trends(&source, &Filter::default(), 10, Some(5))?;
/// assert_eq!((answer.sessions.len(), answer.rows[0].cells.len()), (10, 10));
/// # Ok::<(), insight::service::AskError>(())
/// ```
pub fn test_trends(
    source: &dyn Source,
    filter: &Filter,
    sessions: usize,
    limit: Option<usize>,
) -> Result<GridReport, AskError> {
    require_suts(source, filter)?;
    Ok(analysis::grid(source, filter, sessions, limit.unwrap_or(usize::MAX))?)
}

/// Returns the slowest tests and the files in which time goes. See [`analysis::slow`].
///
/// ```
/// use insight::analysis::{Filter, MemorySource, SlowSort, synthetic::SyntheticHistory};
///
/// let history = SyntheticHistory { sessions: 40, tests: 60, ..SyntheticHistory::default() };
/// let source = MemorySource::new(history.sessions());
/// let answer = insight::service::slow(&source, &Filter::default(), SlowSort::Total, Some(3))?;
/// assert!(answer.tests[0].total >= answer.tests[1].total);
/// # Ok::<(), insight::service::AskError>(())
/// ```
pub fn slow(
    source: &dyn Source,
    filter: &Filter,
    sort: SlowSort,
    limit: Option<usize>,
) -> Result<SlowReport, AskError> {
    require_suts(source, filter)?;
    Ok(analysis::slow(source, filter, sort, limit.unwrap_or(usize::MAX))?)
}

/// Returns the flaky tests, at most `limit`. See [`analysis::flaky`].
pub fn flaky(
    source: &dyn Source,
    filter: &Filter,
    sort: FlakySort,
    limit: Option<usize>,
) -> Result<FlakyReport, AskError> {
    require_suts(source, filter)?;
    let mut report = analysis::flaky(source, filter)?;
    match sort {
        FlakySort::Certainty => {}
        FlakySort::FlipRate => report.tests.sort_by(|left, right| {
            let rate = |test: &analysis::FlakyTest| test.flips.ratio.value().unwrap_or(0.0);
            rate(right).total_cmp(&rate(left))
        }),
        FlakySort::Failures => report.tests.sort_by_key(|test| Reverse(test.failures.part)),
        FlakySort::Name => report.tests.sort_by(|left, right| left.test.cmp(&right.test)),
    }
    keep(&mut report.tests, limit, &mut report.scope);
    Ok(report)
}

/// Returns the tests that fail or lately did, and since when, at most `limit`. See [`analysis::regressions`].
///
/// ```
/// use insight::analysis::{Filter, MemorySource, synthetic::SyntheticHistory};
///
/// let history = SyntheticHistory { sessions: 40, tests: 60, ..SyntheticHistory::default() };
/// let source = MemorySource::new(history.sessions());
/// let answer = insight::service::regressions(&source, &Filter::default(), Default::default(), None)?;
/// let regressed = answer.tests.iter().filter(|test| test.is_regression()).count();
/// assert!(regressed <= history.truth().regressed.len());
/// # Ok::<(), insight::service::AskError>(())
/// ```
pub fn regressions(
    source: &dyn Source,
    filter: &Filter,
    sort: RegressionSort,
    limit: Option<usize>,
) -> Result<RegressionsReport, AskError> {
    require_suts(source, filter)?;
    let mut report = analysis::regressions(source, filter)?;
    match sort {
        RegressionSort::Kind => {}
        RegressionSort::Latest => report
            .tests
            .sort_by_cached_key(|test| Reverse(test.change.as_ref().and_then(|change| change.at.as_ref()?.start))),
        RegressionSort::Name => report.tests.sort_by(|left, right| left.test.cmp(&right.test)),
    }
    keep(&mut report.tests, limit, &mut report.scope);
    Ok(report)
}

/// Returns why tests break: failures grouped by why, at most `limit` groups. See [`analysis::failures`].
///
/// ```
/// use insight::analysis::{Filter, MemorySource, synthetic::SyntheticHistory};
///
/// let history = SyntheticHistory { sessions: 40, tests: 60, ..SyntheticHistory::default() };
/// let source = MemorySource::new(history.sessions());
/// let answer = insight::service::failures(&source, &Filter::default(), Default::default(), Some(1))?;
/// assert!(answer.clusters[0].failures <= answer.failures);
/// # Ok::<(), insight::service::AskError>(())
/// ```
pub fn failures(
    source: &dyn Source,
    filter: &Filter,
    sort: FailureSort,
    limit: Option<usize>,
) -> Result<FailuresReport, AskError> {
    require_suts(source, filter)?;
    let mut report = analysis::failures(source, filter, usize::MAX)?;
    match sort {
        FailureSort::Failures => {}
        FailureSort::Tests => report.clusters.sort_by_key(|cluster| Reverse(cluster.tests)),
        FailureSort::Sessions => report.clusters.sort_by_key(|cluster| Reverse(cluster.sessions)),
        FailureSort::LastSeen => report
            .clusters
            .sort_by_cached_key(|cluster| Reverse(cluster.last_seen.as_ref().and_then(|session| session.start))),
        FailureSort::FirstSeen => report.clusters.sort_by_cached_key(|cluster| {
            let start = cluster.first_seen.as_ref().and_then(|session| session.start);
            (start.is_none(), start)
        }),
    }
    keep(&mut report.clusters, limit, &mut report.scope);
    Ok(report)
}

/// Keeps the first so many, and says how many more there were.
pub(super) fn keep<Row>(rows: &mut Vec<Row>, limit: Option<usize>, scope: &mut Scope) {
    let Some(limit) = limit else { return };
    scope.leave_out(LeftOutReason::BeyondLimit, rows.len().saturating_sub(limit) as u64);
    rows.truncate(limit);
}
