//! Tests that began to fail, and since when.

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::cohort::Cohort;
use super::fold::{TestKey, fold};
use super::outcome_change::{MOST_RUNS, OutcomeChange, Trials, outcome_changes};
use super::series::{OutcomeSeries, Run, Verdicts};
use super::{Columns, Filter, PassRate, Scope, SessionRef, Source, SourceError, TestRef, Verdict};

/// The tests that fail, or failed until lately, and since when.
#[derive(Debug, Clone, PartialEq)]
pub struct RegressionsReport {
    /// What the answer rests on.
    pub scope: Scope,
    /// The tests: regressed, then failing, then recovered; within each the surest change first, then by name.
    pub tests: Vec<OutcomeTrend>,
}

/// Where a test stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TrendKind {
    /// At its last change point it began to fail more often than before, and nothing has changed since.
    Regressed,
    /// Its last run failed, but no change point says that this is new: it always failed, or it is too early to tell.
    Failing,
    /// At its last change point it began to fail less often than before, and its last run passed.
    Recovered,
}

/// How one test's outcomes went.
#[derive(Debug, Clone, PartialEq)]
pub struct OutcomeTrend {
    /// The test.
    pub test: TestRef,
    /// Where it stands.
    pub kind: TrendKind,
    /// Its passes against its failures. See [`PassRate`].
    pub pass_rate: PassRate,
    /// The unbroken run of passes or failures that it is in.
    pub streak: Streak,
    /// When its outcomes last changed.
    pub change: Option<OutcomeShift>,
    /// How many sessions of its system under test came after its last run: the test may be gone.
    pub sessions_since: u64,
}

impl OutcomeTrend {
    /// Returns whether the test began to fail and still does: it regressed, and ran in the last session of its system.
    pub fn is_regression(&self) -> bool {
        self.kind == TrendKind::Regressed && self.sessions_since == 0
    }
}

/// An unbroken run of passes, or of failures, up to the last run. Runs that neither passed nor failed do not break it.
#[derive(Debug, Clone, PartialEq)]
pub struct Streak {
    /// The verdict of the last run.
    pub verdict: Verdict,
    /// How many runs.
    pub length: u64,
    /// The session of the first of them: since when it fails, or passes.
    pub since: Option<SessionRef>,
    /// The session of the run before, the last that was otherwise; `None` where it was never otherwise.
    pub before: Option<SessionRef>,
}

/// A change point of a test's outcomes.
#[derive(Debug, Clone, PartialEq)]
pub struct OutcomeShift {
    /// The first session after the change.
    pub at: Option<SessionRef>,
    /// The first session that may be it, with 99 % probability.
    pub earliest: Option<SessionRef>,
    /// The last session that may be it.
    pub latest: Option<SessionRef>,
    /// The pass rate since the change point before this one.
    pub before: PassRate,
    /// The pass rate since the change.
    pub after: PassRate,
}

/// Returns the tests that fail or lately did, over the sessions that the filter admits.
///
/// A change point is LUCI's: the likelihood of two constant failure rates, one before and one after, exceeds that of one by a
/// factor of 10⁴ (see `outcome_change`). Consecutive sessions of one revision are one position: a change lies between
/// revisions. Only the last 2,000 runs of a test are looked at. Sessions of broken infrastructure are set aside first
/// ([`super::set_aside`]). Minimum n: the threshold decides; after 20 passes it takes 4 failures in a row.
pub fn regressions(source: &dyn Source, filter: &Filter) -> Result<RegressionsReport, SourceError> {
    let cohort = Cohort::load_guarded(source, filter)?;
    let filter = filter.without_result_conditions();
    let series = fold::<OutcomeSeries>(source, &cohort, &filter, Columns::default())?;
    let mut scope = cohort.scope();
    scope.tests = Some(series.len() as u64);
    Ok(RegressionsReport { scope, tests: outcome_trends(&cohort, &series) })
}

/// Returns the trends among some series, in the order of [`RegressionsReport::tests`].
pub(super) fn outcome_trends<Series: Verdicts>(cohort: &Cohort, series: &[(TestKey, Series)]) -> Vec<OutcomeTrend> {
    let order = SessionOrder::of(cohort);
    let troubled = series.par_iter().filter(|(_, series)| series.has_trouble());
    let trends = troubled.map_init(Vec::new, |runs, (key, series)| {
        series.runs_into(runs);
        trend(cohort, &order, key, runs)
    });
    let mut tests: Vec<OutcomeTrend> = trends.flatten_iter().collect();
    tests.sort_by(|left, right| rank(left).total_cmp(&rank(right)));
    tests.sort_by_key(|test| test.kind);
    tests
}

/// Tests that still run first, then the greatest difference in pass rate.
fn rank(test: &OutcomeTrend) -> f64 {
    let gone = if test.sessions_since > 0 { 1.0 } else { 0.0 };
    let rates = test.change.as_ref().and_then(|change| Some((change.before.value()?, change.after.value()?)));
    gone - rates.map_or(0.0, |(before, after)| (before - after).abs())
}

/// What a trend needs to know of the sessions.
struct SessionOrder {
    /// For each session its revision, numbered; `None` where it is not known.
    revisions: Vec<Option<u32>>,
    /// For each session how many of its system's sessions that take part come after it.
    after: Vec<u64>,
}

impl SessionOrder {
    fn of(cohort: &Cohort) -> SessionOrder {
        let mut later = vec![0_u64; cohort.suts.len()];
        let mut after = vec![0; cohort.sessions.len()];
        let rows = cohort.sut_of.iter().zip(&cohort.set_aside);
        for (place, (sut, aside)) in after.iter_mut().zip(rows).rev() {
            if let Some(count) = later.get_mut(*sut as usize) {
                *place = *count;
                *count += u64::from(aside.is_none());
            }
        }
        SessionOrder { revisions: cohort.revisions(), after }
    }

    fn revision(&self, session: u32) -> Option<u32> {
        self.revisions.get(session as usize).copied().flatten()
    }
}

fn trend(cohort: &Cohort, order: &SessionOrder, key: &TestKey, runs: &[Run]) -> Option<OutcomeTrend> {
    // Nothing changes where nothing ever was unexpected.
    if !runs.iter().any(|run| run.verdict.counts() && (run.verdict.is_failure() || run.repeated)) {
        return None;
    }
    let decided: Vec<Run> = runs.iter().copied().filter(|run| run.verdict.counts()).collect();
    let decided = decided.get(decided.len().saturating_sub(MOST_RUNS)..)?;
    let last = decided.last()?;
    let positions = Positions::of(decided, |session| order.revision(session));
    let changes = outcome_changes(&positions.trials);
    let change = changes.last().map(|change| positions.shift(cohort, &changes, *change));
    let worse = change.as_ref().and_then(|change| Some(change.after.value()? < change.before.value()?));
    let kind = match (worse, last.verdict.is_failure()) {
        (Some(true), _) => TrendKind::Regressed,
        (_, true) => TrendKind::Failing,
        (Some(false), false) => TrendKind::Recovered,
        (None, false) => return None,
    };
    let passed = decided.iter().filter(|run| run.verdict.is_pass()).count() as u64;
    Some(OutcomeTrend {
        test: cohort.test(key),
        kind,
        pass_rate: PassRate::new(passed, decided.len() as u64 - passed),
        streak: streak(cohort, decided)?,
        change,
        sessions_since: order.after.get(runs.last()?.session as usize).copied().unwrap_or(0),
    })
}

/// The streak that runs end in; all of them passed or failed.
fn streak(cohort: &Cohort, decided: &[Run]) -> Option<Streak> {
    let last = decided.last()?;
    let length = decided.iter().rev().take_while(|run| run.verdict.is_pass() == last.verdict.is_pass()).count();
    let first = decided.len() - length;
    Some(Streak {
        verdict: last.verdict,
        length: length as u64,
        since: decided.get(first).and_then(|run| cohort.session(run.session)),
        before: decided.get(first.wrapping_sub(1)).and_then(|run| cohort.session(run.session)),
    })
}

/// A test's runs by position: consecutive runs of one known revision share one.
struct Positions {
    trials: Vec<Trials>,
    /// The session of the first run of each position.
    first_session: Vec<u32>,
}

impl Positions {
    fn of(decided: &[Run], revision: impl Fn(u32) -> Option<u32>) -> Positions {
        let same =
            |left: &Run, right: &Run| revision(left.session).is_some_and(|left| Some(left) == revision(right.session));
        let room = decided.len();
        let mut positions = Positions { trials: Vec::with_capacity(room), first_session: Vec::with_capacity(room) };
        for group in decided.chunk_by(same) {
            positions.trials.push(group.iter().fold(Trials::default(), |sum, run| sum + Trials::of(*run)));
            positions.first_session.extend(group.first().map(|run| run.session));
        }
        positions
    }

    fn shift(&self, cohort: &Cohort, changes: &[OutcomeChange], change: OutcomeChange) -> OutcomeShift {
        let session = |position: usize| self.first_session.get(position).and_then(|session| cohort.session(*session));
        let from = changes.iter().map(|other| other.at).filter(|at| *at < change.at).max().unwrap_or(0);
        OutcomeShift {
            at: session(change.at),
            earliest: session(change.earliest),
            latest: session(change.latest),
            before: pass_rate(self.trials.get(from..change.at).unwrap_or_default()),
            after: pass_rate(self.trials.get(change.at..).unwrap_or_default()),
        }
    }
}

/// Passes at the first attempt against all else: what the change points are about.
fn pass_rate(trials: &[Trials]) -> PassRate {
    let sum = trials.iter().fold(Trials::default(), |sum, trials| sum + *trials);
    PassRate::new(u64::from(sum.runs - sum.unexpected), sum.unexpected.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::examples::{history, sessions};
    use crate::analysis::{LeftOutReason, MemorySource};

    fn report(tests: &[(&str, &str)]) -> RegressionsReport {
        regressions(&history(tests), &Filter::default()).expect("memory is readable")
    }

    fn id(session: &Option<SessionRef>) -> &str {
        session.as_ref().map_or("-", |session| session.session_id.as_str())
    }

    #[test]
    fn a_regression_says_since_when_and_between_which_sessions() {
        let broken = format!("{}{}", ".".repeat(34), "FFsFFF");
        let fixed = format!("{}{}{}", ".".repeat(14), "F".repeat(10), ".".repeat(16));
        let once = format!("{}F", ".".repeat(39));
        let report = report(&[("broken", &broken), ("fixed", &fixed), ("once", &once), ("fine", &".".repeat(40))]);
        let found: Vec<_> = report.tests.iter().map(|test| (test.test.node_id.as_str(), test.kind)).collect();
        let expected =
            [("broken", TrendKind::Regressed), ("once", TrendKind::Failing), ("fixed", TrendKind::Recovered)];
        assert_eq!(found, expected);
        let broken = &report.tests[0];
        assert_eq!((id(&broken.streak.since), id(&broken.streak.before)), ("s0034", "s0033"));
        assert_eq!(broken.streak.length, 5);
        let change = broken.change.as_ref().expect("a regression has a change");
        assert_eq!((id(&change.at), change.before.ratio.part, change.after.ratio.whole), ("s0034", 34, 5));
        assert_eq!(report.tests[1].change, None);
        assert_eq!((report.scope.sessions, report.scope.tests), (40, Some(4)));
    }

    #[test]
    fn a_change_lies_between_revisions() {
        let mut all = sessions(&[("a", &format!("{}{}", ".".repeat(21), "F".repeat(9)))]);
        for (place, session) in all.iter_mut().enumerate() {
            session.tags.insert("revision".to_owned(), format!("r{}", place / 10));
        }
        let report = regressions(&MemorySource::new(all), &Filter::default()).expect("memory is readable");
        let change = report.tests[0].change.as_ref().expect("there is a change");
        assert_eq!(id(&change.at), "s0020");
    }

    #[test]
    fn a_test_that_no_longer_runs_comes_last() {
        let gone = format!("{}{}", ".".repeat(20), "F".repeat(8));
        let here = format!("{}{}", ".".repeat(28), "F".repeat(6));
        let report = report(&[("a", &gone), ("b", &here)]);
        let found: Vec<_> = report.tests.iter().map(|test| (test.test.node_id.as_str(), test.sessions_since)).collect();
        assert_eq!(found, [("b", 0), ("a", 6)]);
    }

    #[test]
    fn sessions_where_nearly_all_failed_are_set_aside_and_named() {
        let names = ["a", "b", "c", "d", "e"];
        let outcomes = format!("{}FFFFFF", ".".repeat(20));
        let tests: Vec<(&str, &str)> = names.iter().map(|name| (*name, outcomes.as_str())).collect();
        let report = report(&tests);
        assert_eq!(report.tests, []);
        let [left_out] = &report.scope.left_out[..] else { panic!("{:?}", report.scope) };
        assert_eq!((left_out.reason, left_out.sessions.len()), (LeftOutReason::NearlyAllFailed, 6));
    }
}
