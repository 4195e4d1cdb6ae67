//! The health of a system's tests, as one number with its parts.

use super::cohort::Cohort;
use super::duration_shifts::{DurationShiftsReport, shifts_of};
use super::failures::FailureCollector;
use super::flaky::{FlakyTest, flaky_tests};
use super::fold::{TestKey, fold, fold_with_failures};
use super::regressions::{OutcomeTrend, outcome_trends};
use super::series::ResultSeries;
use super::{Columns, FailuresReport, Filter, PassRate, Scope, Source, SourceError, Verdict, failures, session_counts};
use crate::model::Ratio;

/// The health of the tests of each system.
#[derive(Debug, Clone, PartialEq)]
pub struct HealthReport {
    /// What the answer rests on.
    pub scope: Scope,
    /// The systems under test, the least healthy first; those without a score last.
    pub suts: Vec<SutHealth>,
}

/// The health of the tests of one system.
///
/// Score: the weighted mean of the parts that are known, in hundredths, rounded down: 100 is a suite in which every test that
/// ran passes, none is flaky, every session is green and none became slower.
///
/// | part | weight | share |
/// |---|---|---|
/// | `passing` | 4 | tests whose last verdict is a pass, of those whose last verdict is a pass or a failure |
/// | `steady` | 3 | tests that are not flaky ([`flaky`](fn@super::flaky)), of those that ever passed or failed |
/// | `green` | 2 | sessions without a failure or error, of those with at least one test that passed or failed |
/// | `as_fast` | 1 | tests that did not become slower ([`duration_shifts`](fn@super::duration_shifts)), of those that ever passed or failed |
///
/// Unit: points of 100. Minimum n: 5 sessions that take part and one test, else there is no score. Source: this project; the
/// weights say that a broken test is worse than a flaky one, and that worse than a slow one. No other tool's figure is meant.
#[derive(Debug, Clone, PartialEq)]
pub struct SutHealth {
    /// The system under test.
    pub sut_name: Option<String>,
    /// The score, from 0 to 100; `None` below the minimum n.
    pub score: Option<u8>,
    /// How many sessions take part.
    pub sessions: u64,
    /// Tests that pass now.
    pub passing: Ratio,
    /// Tests that are not flaky.
    pub steady: Ratio,
    /// Sessions that are green.
    pub green: Ratio,
    /// Tests that did not become slower.
    pub as_fast: Ratio,
    /// Passes against failures over all sessions that take part.
    pub pass_rate: PassRate,
    /// How many tests began to fail, and still do.
    pub regressed: u64,
}

/// The least number of sessions for a score.
const LEAST_SESSIONS: u64 = 5;

impl SutHealth {
    fn new(sut_name: Option<String>) -> SutHealth {
        let nothing = Ratio { part: 0, whole: 0 };
        SutHealth {
            sut_name,
            score: None,
            sessions: 0,
            passing: nothing,
            steady: nothing,
            green: nothing,
            as_fast: nothing,
            pass_rate: PassRate::new(0, 0),
            regressed: 0,
        }
    }

    fn score(&self) -> Option<u8> {
        let parts = [(self.passing, 4.0), (self.steady, 3.0), (self.green, 2.0), (self.as_fast, 1.0)];
        let known: Vec<(f64, f64)> =
            parts.into_iter().filter_map(|(ratio, weight)| Some((ratio.value()?, weight))).collect();
        let weights: f64 = known.iter().map(|(_, weight)| weight).sum();
        let sum: f64 = known.iter().map(|(value, weight)| value * weight).sum();
        let enough = self.sessions >= LEAST_SESSIONS && self.steady.whole > 0;
        // A hair is added, so that what is a whole number but for rounding stays one.
        enough.then(|| (100.0 * sum / weights + 1e-9).floor() as u8)
    }
}

/// What one pass over the results tells of them: the health of each system, the tests that it counts, and why tests break.
#[derive(Debug, Clone, PartialEq)]
pub struct OverviewReport {
    /// The health of each system.
    pub health: HealthReport,
    /// The flaky tests, as [`flaky`](fn@super::flaky) has them.
    pub flaky: Vec<FlakyTest>,
    /// The tests that fail or lately did, as [`regressions`](fn@super::regressions) has them.
    pub trends: Vec<OutcomeTrend>,
    /// The tests that became slower or faster, as [`duration_shifts`](fn@super::duration_shifts) has them.
    pub shifts: DurationShiftsReport,
    /// Why tests break, as [`failures`](fn@super::failures) has it.
    pub failures: FailuresReport,
}

const COLUMNS: Columns = Columns { durations: true, attempts: false };

/// Returns the health of the tests of each system that the filter admits. Sessions of broken infrastructure are set aside.
pub fn health(source: &dyn Source, filter: &Filter) -> Result<HealthReport, SourceError> {
    let mut cohort = Cohort::load_guarded(source, filter)?;
    cohort.count_only_selected(source, filter)?;
    let series = fold::<ResultSeries>(source, &cohort, &filter.without_result_conditions(), COLUMNS)?;
    Ok(Troubles::of(&cohort, series).health)
}

/// Returns the health of each system that the filter admits, with the tests that it counts, and at most `reasons` reasons why tests break.
pub fn overview(source: &dyn Source, filter: &Filter, reasons: usize) -> Result<OverviewReport, SourceError> {
    let all = Cohort::load(source, filter)?;
    let mut cohort = all.clone().guarded();
    cohort.count_only_selected(source, filter)?;
    let (series, failures) = if filter.has_result_conditions() {
        let series = fold::<ResultSeries>(source, &cohort, &filter.without_result_conditions(), COLUMNS)?;
        (series, failures(source, filter, reasons)?)
    } else {
        let collector = FailureCollector::new(&all);
        let series = fold_with_failures::<ResultSeries>(source, &cohort, filter, COLUMNS, &collector)?;
        (series, collector.into_report(reasons))
    };
    let Troubles { health, flaky, trends, shifts } = Troubles::of(&cohort, series);
    Ok(OverviewReport { health, flaky, trends, shifts, failures })
}

/// What all results of a guarded cohort tell.
struct Troubles {
    health: HealthReport,
    flaky: Vec<FlakyTest>,
    trends: Vec<OutcomeTrend>,
    shifts: DurationShiftsReport,
}

impl Troubles {
    fn of(cohort: &Cohort, series: Vec<(TestKey, ResultSeries)>) -> Troubles {
        let mut scope = cohort.scope();
        scope.tests = Some(series.len() as u64);
        let mut suts = counted(cohort, &series);
        let flaky = flaky_tests(cohort, &series).tests;
        let trends = outcome_trends(cohort, &series);
        let shifts = shifts_of(cohort, series, ResultSeries::durations);
        count_troubles(&mut suts, &flaky, &trends, &shifts);
        for sut in &mut suts {
            sut.score = sut.score();
        }
        suts.sort_by(|left, right| {
            let key = |sut: &SutHealth| (sut.score.is_none(), sut.score);
            key(left).cmp(&key(right)).then_with(|| left.sut_name.cmp(&right.sut_name))
        });
        Troubles { health: HealthReport { scope, suts }, flaky, trends, shifts }
    }
}

/// Takes the tests with a trouble out of the parts, each under its system.
fn count_troubles(suts: &mut [SutHealth], flaky: &[FlakyTest], trends: &[OutcomeTrend], shifts: &DurationShiftsReport) {
    let mut of = |sut_name: &Option<String>, change: fn(&mut SutHealth)| {
        suts.iter_mut().filter(|sut| sut.sut_name == *sut_name).for_each(change);
    };
    for test in flaky {
        of(&test.test.sut_name, |sut| sut.steady.part = sut.steady.part.saturating_sub(1));
    }
    for test in shifts.tests.iter().filter(|test| test.is_slower()) {
        of(&test.test.sut_name, |sut| sut.as_fast.part = sut.as_fast.part.saturating_sub(1));
    }
    for test in trends.iter().filter(|test| test.is_regression()) {
        of(&test.test.sut_name, |sut| sut.regressed += 1);
    }
}

/// What sessions and counts say of each system: all parts, with no test flaky or slower yet.
fn counted(cohort: &Cohort, series: &[(TestKey, ResultSeries)]) -> Vec<SutHealth> {
    let mut suts: Vec<SutHealth> = cohort.suts.iter().cloned().map(SutHealth::new).collect();
    for (index, session) in cohort.counted() {
        let place = cohort.sut_of.get(index).and_then(|sut| suts.get_mut(*sut as usize));
        if let Some(sut) = place {
            let rate = PassRate::of(&session_counts(session)).ratio;
            sut.sessions += 1;
            sut.green.whole += u64::from(rate.whole > 0);
            sut.green.part += u64::from(rate.whole > 0 && rate.part == rate.whole);
            let sum = sut.pass_rate.ratio;
            sut.pass_rate = PassRate::new(sum.part + rate.part, sum.whole - sum.part + rate.whole - rate.part);
        }
    }
    for (key, results) in series {
        let Some(sut) = suts.get_mut(key.sut as usize) else { continue };
        let decided = u64::from(results.is_decided());
        let last = results.last_verdict().filter(|verdict| verdict.counts());
        sut.passing.whole += u64::from(last.is_some());
        sut.passing.part += u64::from(last.is_some_and(Verdict::is_pass));
        for ratio in [&mut sut.steady, &mut sut.as_fast] {
            ratio.whole += decided;
            ratio.part += decided;
        }
    }
    suts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::examples::history;

    #[test]
    fn a_score_is_the_weighted_mean_of_its_parts() {
        let source = history(&[("a", ".........."), ("b", "....r....."), ("c", ".........F"), ("d", ".........s")]);
        let report = health(&source, &Filter::default()).expect("memory is readable");
        let [sut] = &report.suts[..] else { panic!("{report:?}") };
        assert_eq!(sut.passing, Ratio { part: 2, whole: 3 });
        assert_eq!(sut.steady, Ratio { part: 3, whole: 4 });
        assert_eq!(sut.green, Ratio { part: 9, whole: 10 });
        assert_eq!(sut.as_fast, Ratio { part: 4, whole: 4 });
        // (4 * 2/3 + 3 * 3/4 + 2 * 9/10 + 1) / 10 = 0.7716...
        assert_eq!(sut.score, Some(77));
    }

    #[test]
    fn four_sessions_give_no_score_and_a_perfect_suite_gives_a_hundred() {
        let few = health(&history(&[("a", "....")]), &Filter::default()).expect("memory is readable");
        assert_eq!(few.suts.iter().map(|sut| sut.score).collect::<Vec<_>>(), [None]);
        let fine = health(&history(&[("a", ".....")]), &Filter::default()).expect("memory is readable");
        assert_eq!(fine.suts.iter().map(|sut| sut.score).collect::<Vec<_>>(), [Some(100)]);
    }
}
