//! The whole at a glance: what `analytics summary` answers.

use super::lists::keep;
use super::names::{AskError, require_suts};
use super::remembered::Remembered;
use crate::analysis::{
    self, FailuresReport, Filter, FlakyReport, HealthReport, OutcomeTrend, RatesReport, RegressionsReport,
    SessionDurationsReport, Source,
};

/// The whole at a glance.
#[derive(Debug, Clone, PartialEq)]
pub struct SummaryAnswer {
    /// Pass rates: all together, by system under test, by day, by session.
    pub rates: RatesReport,
    /// How long sessions took.
    pub durations: SessionDurationsReport,
    /// The health of each system's tests.
    pub health: HealthReport,
    /// How many tests are flaky.
    pub flaky_tests: u64,
    /// The flaky tests, as many as were asked for.
    pub flaky: FlakyReport,
    /// How many tests began to fail and still do.
    pub regressed_tests: u64,
    /// The tests that fail now: regressed first, as many as were asked for.
    pub failing: RegressionsReport,
    /// How many tests became slower.
    pub slower_tests: u64,
    /// Why tests break, as many reasons as were asked for.
    pub failures: FailuresReport,
}

/// Returns the whole at a glance, over the sessions that the filter admits, with at most `limit` tests or reasons a list.
///
/// ```
/// use insight::analysis::{Filter, MemorySource, synthetic::SyntheticHistory};
///
/// let history = SyntheticHistory { suts: 2, sessions: 30, tests: 40, ..SyntheticHistory::default() };
/// let source = MemorySource::new(history.sessions());
/// let answer = insight::service::summary(&source, &Filter::default(), Some(5))?;
/// assert_eq!(answer.rates.total.sessions, 60);
/// assert_eq!(answer.health.suts.len(), 2);
/// # Ok::<(), insight::service::AskError>(())
/// ```
pub fn summary(source: &dyn Source, filter: &Filter, limit: Option<usize>) -> Result<SummaryAnswer, AskError> {
    let source = &Remembered::new(source);
    require_suts(source, filter)?;
    let overview = analysis::overview(source, filter, limit.unwrap_or(usize::MAX))?;
    let scope = || overview.health.scope.clone();
    let mut flaky = FlakyReport { scope: scope(), tests: overview.flaky };
    let regressed = overview.trends.iter().filter(|test| test.is_regression()).count();
    let mut failing = RegressionsReport { scope: scope(), tests: overview.trends };
    // What recovered, and what no longer runs, is not what to look at first.
    failing.tests.retain(|test| test.sessions_since == 0 && fails_now(test));
    let flaky_tests = flaky.tests.len() as u64;
    keep(&mut flaky.tests, limit, &mut flaky.scope);
    keep(&mut failing.tests, limit, &mut failing.scope);
    Ok(SummaryAnswer {
        rates: analysis::rates(source, filter)?,
        durations: analysis::session_durations(source, filter)?,
        flaky_tests,
        flaky,
        regressed_tests: regressed as u64,
        failing,
        slower_tests: overview.shifts.tests.iter().filter(|test| test.is_slower()).count() as u64,
        health: overview.health,
        failures: overview.failures,
    })
}

fn fails_now(test: &OutcomeTrend) -> bool {
    test.is_regression() || test.streak.verdict.is_failure()
}
