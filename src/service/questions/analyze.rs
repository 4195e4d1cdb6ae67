//! How one figure went: what `analytics analyze` answers.

use super::lists::keep;
use super::names::{AskError, require_suts};
use super::remembered::Remembered;
use crate::analysis::{
    self, CoFailuresReport, DurationShiftsReport, Filter, HealthReport, LeftOutReason, RatesReport, Scope,
    SessionDurationsReport, Source,
};

/// What to look into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Metric {
    /// The pass rate, day by day.
    #[default]
    PassRate,
    /// How long sessions took, day by day, and which tests became slower or faster.
    Duration,
    /// The health of each system's tests, with its parts.
    Health,
    /// Tests that begin to fail together.
    CoFailures,
}

/// How one figure went.
#[derive(Debug, Clone, PartialEq)]
pub enum AnalyzeAnswer {
    /// The pass rate, day by day.
    PassRate(Box<RatesReport>),
    /// How long sessions took, day by day, and which tests became slower or faster.
    Duration {
        /// Sessions, day by day.
        sessions: SessionDurationsReport,
        /// Tests and systems that became slower or faster.
        shifts: DurationShiftsReport,
    },
    /// The health of each system's tests.
    Health(HealthReport),
    /// Tests that begin to fail together.
    CoFailures(CoFailuresReport),
}

/// Returns how a figure went, over the sessions that the filter admits, with at most `limit` tests or groups. The days of a
/// rate or a duration are all of them.
///
/// ```
/// use insight::service::{AnalyzeAnswer, Metric};
/// use insight::analysis::{Filter, MemorySource, synthetic::SyntheticHistory};
///
/// let history = SyntheticHistory { sessions: 40, tests: 60, ..SyntheticHistory::default() };
/// let source = MemorySource::new(history.sessions());
/// let answer = insight::service::analyze(&source, Metric::Health, &Filter::default(), None)?;
/// assert!(matches!(answer, AnalyzeAnswer::Health(health) if health.suts.len() == 1));
/// # Ok::<(), insight::service::AskError>(())
/// ```
pub fn analyze(
    source: &dyn Source,
    metric: Metric,
    filter: &Filter,
    limit: Option<usize>,
) -> Result<AnalyzeAnswer, AskError> {
    let source = &Remembered::new(source);
    require_suts(source, filter)?;
    Ok(match metric {
        Metric::PassRate => {
            let mut rates = analysis::rates(source, filter)?;
            let dated: u64 = rates.days.iter().map(|day| day.sessions).sum();
            say_undated(&mut rates.scope, rates.total.sessions - dated);
            AnalyzeAnswer::PassRate(Box::new(rates))
        }
        Metric::Duration => {
            let mut sessions = analysis::session_durations(source, filter)?;
            let dated: u64 = sessions.days.iter().map(|(_, spread)| spread.n).sum();
            say_undated(&mut sessions.scope, sessions.total.map_or(0, |spread| spread.n) - dated);
            let mut shifts = analysis::duration_shifts(source, filter)?;
            keep(&mut shifts.tests, limit, &mut shifts.scope);
            AnalyzeAnswer::Duration { sessions, shifts }
        }
        Metric::Health => AnalyzeAnswer::Health(analysis::health(source, filter)?),
        Metric::CoFailures => {
            AnalyzeAnswer::CoFailures(analysis::co_failures(source, filter, limit.unwrap_or(usize::MAX))?)
        }
    })
}

/// Says that sessions without a start time are in no day.
fn say_undated(scope: &mut Scope, undated: u64) {
    if scope.left_out_for(LeftOutReason::NoStartTime) == 0 {
        scope.leave_out(LeftOutReason::NoStartTime, undated);
    }
}
