//! Flaky tests: for certain where one and the same code passed and failed, likely where it keeps changing its mind.

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::cohort::Cohort;
use super::fold::{TestKey, fold};
use super::series::{OutcomeSeries, Run, Verdicts};
use super::statistics::{Interval, beta_interval, median};
use super::{
    Columns, Filter, LeftOutReason, PassRate, Scope, SessionRef, Source, SourceError, TestRef, Verdict, session_counts,
};
use crate::model::Ratio;

/// How many failures in a row are a broken test and not a flaky one. Source: TestGrid, `ignoreFailuresInARow`.
const LASTING: usize = 3;
/// How many flips that ended in a pass make a test likely flaky. Source: LUCI's flake-rate criterion, two flaky verdicts.
const LEAST_FLIPS: u64 = 2;
/// The flip rate that makes a test likely flaky. Source: LUCI's flake-rate criterion, 1 %.
const LEAST_FLIP_RATE: f64 = 0.01;
/// The least number of runs before a test is called likely flaky.
const LEAST_RUNS: usize = 5;
/// The share of a session's tests that fail together before it is one cause and not many flaky tests.
const MASS_SHARE: f64 = 0.1;
/// The least number of them.
const MASS_LEAST: u64 = 5;
/// How many times as many they must be as in the median session.
const MASS_FACTOR: f64 = 3.0;

/// The flaky tests.
#[derive(Debug, Clone, PartialEq)]
pub struct FlakyReport {
    /// What the answer rests on.
    pub scope: Scope,
    /// The tests: the certain ones first, within each by the lower end of the flip rate's interval, highest first.
    pub tests: Vec<FlakyTest>,
}

/// How sure it is that a test is flaky.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FlakyCertainty {
    /// The same code passed and failed: in attempts of one session, or in sessions of one revision.
    Certain,
    /// It keeps failing briefly and passing again; the code may have changed in between.
    Likely,
}

/// A flaky test and the evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct FlakyTest {
    /// The test.
    pub test: TestRef,
    /// How sure it is.
    pub certainty: FlakyCertainty,
    /// Sessions in which it passed after a failed attempt, of those in which it passed or failed.
    pub passed_on_rerun: Ratio,
    /// Revisions at which it passed in one session and failed in another, of those with at least two sessions.
    pub disagreements: Ratio,
    /// How often it changed from passing to failing.
    pub flips: FlipRate,
    /// Sessions in which it failed in the end, of those in which it passed or failed.
    pub failures: Ratio,
    /// The last session with evidence, and what it was.
    pub last_evidence: Option<(SessionRef, FlakyEvidence)>,
}

/// What shows that a test is flaky.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FlakyEvidence {
    /// It passed after a failed attempt of the same session.
    PassedOnRerun,
    /// It failed at a revision at which it also passed.
    Disagreement,
    /// It failed once or twice, between passes.
    Flip,
}

/// How often a test changed from passing to failing.
///
/// Formula: flips / considered. A flip is a failure after a pass (or at the start), or a pass after a failed attempt of the same
/// session. Considered is every run but those of three or more failures in a row, which are a broken test. Unit: share, with
/// the 95 % interval of the posterior under Beta(0.5, 0.5). Minimum n: 1. Source: TestGrid, `flipanalyzer.go`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FlipRate {
    /// Flips, of the runs considered.
    pub ratio: Ratio,
    /// The 95 % interval; `None` of nothing.
    pub interval: Option<Interval>,
}

/// Returns the flaky tests over the sessions that the filter admits.
///
/// | certainty | where |
/// |---|---|
/// | certain | it passed after a failed attempt in one session, or passed in one and failed in another session of one revision |
/// | likely | at least two flips that ended in a pass within two sessions, a flip rate of at least 1 %, at least 5 runs |
///
/// One revision means: one system under test, one tag `revision`, the same Python, platform and tag `job`. Sessions of broken
/// infrastructure are set aside first ([`super::set_aside`]), and so are sessions in which unusually many tests
/// failed together (`mass_failures`): that is one cause, not many flaky tests.
pub fn flaky(source: &dyn Source, filter: &Filter) -> Result<FlakyReport, SourceError> {
    let mut cohort = Cohort::load_guarded(source, filter)?;
    let filter = filter.without_result_conditions();
    let series = fold::<OutcomeSeries>(source, &cohort, &filter, Columns::default())?;
    let found = flaky_tests(&cohort, &series);
    for session in found.mass_failures {
        if let Some(aside) = cohort.set_aside.get_mut(session) {
            *aside = Some(LeftOutReason::MassFailure);
        }
    }
    let mut scope = cohort.scope();
    scope.tests = Some(series.len() as u64);
    scope.leave_out(LeftOutReason::TooFewRuns, found.too_few);
    Ok(FlakyReport { scope, tests: found.tests })
}

/// What is found in the series of a guarded cohort.
pub(super) struct FoundFlaky {
    /// In the order of [`FlakyReport::tests`].
    pub(super) tests: Vec<FlakyTest>,
    /// The sessions that are set aside for many failures together.
    mass_failures: Vec<usize>,
    too_few: u64,
}

/// Returns the flaky tests among some series.
pub(super) fn flaky_tests<Series: Verdicts>(cohort: &Cohort, series: &[(TestKey, Series)]) -> FoundFlaky {
    let mass_failures = mass_failures(cohort, series);
    let mut counts: Vec<bool> = cohort.set_aside.iter().map(Option::is_none).collect();
    for session in &mass_failures {
        if let Some(counts) = counts.get_mut(*session) {
            *counts = false;
        }
    }
    let revisions = cohort.revisions();
    let troubled = series.par_iter().filter(|(_, series)| series.has_trouble());
    let judged = troubled.map_init(Vec::new, |runs, (key, series)| {
        decided(series, runs);
        runs.retain(|run| counts.get(run.session as usize).copied().unwrap_or(false));
        judge(cohort, &revisions, key, runs)
    });
    let judged: Vec<Judged> = judged.filter(|judged| !matches!(judged, Judged::Steady)).collect();
    let too_few = judged.iter().filter(|judged| matches!(judged, Judged::TooFew)).count() as u64;
    let flaky = judged.into_iter().filter_map(|judged| match judged {
        Judged::Flaky(test) => Some(*test),
        Judged::TooFew | Judged::Steady => None,
    });
    let mut tests: Vec<FlakyTest> = flaky.collect();
    let low = |test: &FlakyTest| test.flips.interval.map_or(0.0, |interval| interval.low);
    tests.sort_by(|left, right| left.certainty.cmp(&right.certainty).then_with(|| low(right).total_cmp(&low(left))));
    FoundFlaky { tests, mass_failures, too_few }
}

/// Puts the runs that passed or failed into `runs`.
fn decided(series: &impl Verdicts, runs: &mut Vec<Run>) {
    series.runs_into(runs);
    runs.retain(|run| run.verdict.counts());
}

/// The sessions in which many tests failed together that mostly pass.
///
/// Counted is a failure of a test that passes in at least half of its runs, where it is among the first or the last two of its
/// failures in a row: what lasts is broken, and what begins or ends in the middle of a revision is no disagreement. There are
/// many where there are at least 5, at least 10 % of the tests that ran, and three times as many as in the system's median
/// session: a suite that is flaky all over is not set aside.
fn mass_failures<Series: Verdicts>(cohort: &Cohort, series: &[(TestKey, Series)]) -> Vec<usize> {
    let troubled = series.par_iter().filter(|(_, series)| series.has_trouble());
    let failures = troubled.map_init(Vec::new, |runs, (_, series)| {
        decided(series, runs);
        let mostly_passes = 2 * count(runs, |run| run.verdict.is_pass()) >= runs.len() as u64;
        let edges = edges_of_failures(runs).filter(|_| mostly_passes);
        edges.map(|run| run.session).collect::<Vec<u32>>()
    });
    let mut sudden = vec![0_u64; cohort.sessions.len()];
    for session in failures.collect::<Vec<_>>().into_iter().flatten() {
        if let Some(count) = sudden.get_mut(session as usize) {
            *count += 1;
        }
    }
    let mut by_sut: Vec<Vec<f64>> = vec![Vec::new(); cohort.suts.len()];
    for (session, _) in cohort.counted() {
        let sut = cohort.sut_of.get(session).and_then(|sut| by_sut.get_mut(*sut as usize));
        if let (Some(sut), Some(sudden)) = (sut, sudden.get(session)) {
            sut.push(*sudden as f64);
        }
    }
    let usual: Vec<f64> = by_sut.iter_mut().map(|counts| median(counts).unwrap_or(0.0)).collect();
    let is_mass = |(session, sudden): &(usize, u64)| {
        let ran = cohort.sessions.get(*session).map_or(0, |session| PassRate::of(&session_counts(session)).ratio.whole);
        let usual = cohort.sut_of.get(*session).and_then(|sut| usual.get(*sut as usize)).copied().unwrap_or(0.0);
        *sudden >= MASS_LEAST && *sudden as f64 >= (MASS_SHARE * ran as f64).max(MASS_FACTOR * usual)
    };
    sudden.into_iter().enumerate().filter(is_mass).map(|(session, _)| session).collect()
}

/// The first two and the last two of all failures in a row.
fn edges_of_failures(runs: &[Run]) -> impl Iterator<Item = &Run> {
    let in_a_row = runs.chunk_by(|left, right| left.verdict.is_failure() == right.verdict.is_failure());
    in_a_row.filter(|chunk| chunk.first().is_some_and(|run| run.verdict.is_failure())).flat_map(|chunk| {
        let inner = LASTING - 1..chunk.len().saturating_sub(LASTING - 1);
        chunk.iter().enumerate().filter(move |(place, _)| !inner.contains(place)).map(|(_, run)| run)
    })
}

/// The failures that are followed by a pass before there are three of them, with the place of the first of each.
fn brief_failures(runs: &[Run]) -> impl Iterator<Item = (usize, &[Run])> {
    let mut place = 0;
    let end = runs.len();
    runs.chunk_by(|left, right| left.verdict.is_failure() == right.verdict.is_failure()).filter_map(move |chunk| {
        let from = place;
        place += chunk.len();
        let failures = chunk.first().is_some_and(|run| run.verdict.is_failure());
        (failures && chunk.len() < LASTING && place < end).then_some((from, chunk))
    })
}

enum Judged {
    Flaky(Box<FlakyTest>),
    TooFew,
    Steady,
}

fn judge(cohort: &Cohort, revisions: &[Option<u32>], key: &TestKey, runs: &[Run]) -> Judged {
    // What never failed, nor passed at a second attempt, is shown by nothing below.
    if !runs.iter().any(|run| run.verdict.is_failure() || run.verdict == Verdict::Flaky) {
        return Judged::Steady;
    }
    let n = runs.len() as u64;
    let passed_on_rerun = Ratio { part: count(runs, |run| run.verdict == Verdict::Flaky), whole: n };
    let (disagreements, last_disagreement) = disagreements(revisions, runs);
    let flips = flip_ratio(runs);
    let ended = brief_failures(runs).count() as u64 + passed_on_rerun.part;
    let certainty = if passed_on_rerun.part + disagreements.part > 0 {
        FlakyCertainty::Certain
    } else if ended >= LEAST_FLIPS && flips.value() >= Some(LEAST_FLIP_RATE) {
        if runs.len() < LEAST_RUNS {
            return Judged::TooFew;
        }
        FlakyCertainty::Likely
    } else {
        return Judged::Steady;
    };
    let last_rerun = runs.iter().rev().find(|run| run.verdict == Verdict::Flaky).map(|run| run.session);
    let last_flip = brief_failures(runs).last().and_then(|(_, failures)| Some(failures.last()?.session));
    let evidence = [
        (last_flip, FlakyEvidence::Flip),
        (last_disagreement, FlakyEvidence::Disagreement),
        (last_rerun, FlakyEvidence::PassedOnRerun),
    ];
    let last =
        evidence.into_iter().filter_map(|(session, kind)| Some((session?, kind))).max_by_key(|(session, _)| *session);
    Judged::Flaky(Box::new(FlakyTest {
        test: cohort.test(key),
        certainty,
        passed_on_rerun,
        disagreements,
        flips: FlipRate { ratio: flips, interval: beta_interval(flips) },
        failures: Ratio { part: count(runs, |run| run.verdict.is_failure()), whole: n },
        last_evidence: last.and_then(|(session, kind)| Some((cohort.session(session)?, kind))),
    }))
}

fn count(runs: &[Run], condition: impl Fn(&Run) -> bool) -> u64 {
    runs.iter().filter(|run| condition(run)).count() as u64
}

/// Revisions that disagree, of those with two sessions or more, and the last session that failed at one of them.
fn disagreements(revisions: &[Option<u32>], runs: &[Run]) -> (Ratio, Option<u32>) {
    let revision = |run: &Run| revisions.get(run.session as usize).copied().flatten();
    let mut numbered: Vec<(u32, &Run)> = runs.iter().filter_map(|run| Some((revision(run)?, run))).collect();
    numbered.sort_by_key(|(revision, _)| *revision);
    let (mut part, mut whole, mut last) = (0, 0, None);
    for runs in numbered.chunk_by(|left, right| left.0 == right.0).filter(|runs| runs.len() > 1) {
        whole += 1;
        let failed = runs.iter().filter(|(_, run)| run.verdict.is_failure()).map(|(_, run)| run.session).max();
        if failed.is_some() && runs.iter().any(|(_, run)| run.verdict.is_pass()) {
            part += 1;
            last = last.max(failed);
        }
    }
    (Ratio { part, whole }, last)
}

/// TestGrid's flips of runs that passed or failed, of those considered.
fn flip_ratio(runs: &[Run]) -> Ratio {
    let mut ratio = Ratio { part: 0, whole: 0 };
    let mut passing = true;
    for chunk in runs.chunk_by(|left, right| left.verdict.is_failure() && right.verdict.is_failure()) {
        let failing = chunk.first().is_some_and(|run| run.verdict.is_failure());
        if failing && chunk.len() >= LASTING {
            continue;
        }
        ratio.whole += chunk.len() as u64;
        if failing {
            ratio.part += u64::from(passing);
        } else {
            ratio.part += count(chunk, |run| run.verdict == Verdict::Flaky);
        }
        passing = !failing;
    }
    ratio
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::MemorySource;
    use crate::analysis::examples::{history, sessions};

    fn report(tests: &[(&str, &str)]) -> FlakyReport {
        flaky(&history(tests), &Filter::default()).expect("memory is readable")
    }

    fn names(report: &FlakyReport) -> Vec<(&str, FlakyCertainty)> {
        report.tests.iter().map(|test| (test.test.node_id.as_str(), test.certainty)).collect()
    }

    fn flips(outcomes: &str) -> (u64, u64) {
        let series = sessions(&[("t", outcomes)]).into_iter().zip(0..).flat_map(|(session, place)| {
            let outcomes: crate::analysis::Outcomes =
                session.test_results.iter().map(|result| result.outcome).collect();
            Verdict::of(outcomes).map(|verdict| Run { session: place, verdict, repeated: false })
        });
        let mut runs: Vec<Run> = series.collect();
        runs.retain(|run| run.verdict.counts());
        let ratio = flip_ratio(&runs);
        (ratio.part, ratio.whole)
    }

    /// Worked out by hand after `calculateFlipFlakiness`.
    #[test]
    fn flips_are_counted_as_testgrid_does() {
        assert_eq!(flips("....."), (0, 5));
        assert_eq!(flips(".F.F."), (2, 5));
        assert_eq!(flips(".FF.F"), (2, 5));
        assert_eq!(flips(".FFF."), (0, 2));
        assert_eq!(flips("F...."), (1, 5));
        assert_eq!(flips(".FFFF"), (0, 1));
        assert_eq!(flips(".rr.R"), (3, 5));
        assert_eq!(flips(".s.xF"), (1, 3));
    }

    #[test]
    fn attempts_that_disagree_are_certain() {
        let report = report(&[("rerun", "...r......"), ("twice", "...R.....R"), ("fine", "..........")]);
        assert_eq!(names(&report), [("rerun", FlakyCertainty::Certain)]);
        let test = &report.tests[0];
        assert_eq!(
            (test.passed_on_rerun, test.flips.ratio),
            (Ratio { part: 1, whole: 10 }, Ratio { part: 1, whole: 10 })
        );
        let evidence = test.last_evidence.as_ref().map(|(session, kind)| (session.session_id.as_str(), *kind));
        assert_eq!(evidence, Some(("s0003", FlakyEvidence::PassedOnRerun)));
        assert_eq!(report.scope.tests, Some(3));
    }

    #[test]
    fn one_revision_that_passed_and_failed_is_certain() {
        let mut all = sessions(&[("a", ".F........"), ("b", "....FFFFFF")]);
        for (place, session) in all.iter_mut().enumerate() {
            session.tags.insert("revision".to_owned(), format!("r{}", place / 2));
        }
        let report = flaky(&MemorySource::new(all.clone()), &Filter::default()).expect("memory is readable");
        assert_eq!(names(&report), [("a", FlakyCertainty::Certain)]);
        assert_eq!(report.tests[0].disagreements, Ratio { part: 1, whole: 5 });
        for (place, session) in all.iter_mut().enumerate() {
            session.environment.python = Some(format!("3.{}", place % 2));
        }
        let other = flaky(&MemorySource::new(all), &Filter::default()).expect("memory is readable");
        assert_eq!(names(&other), []);
    }

    #[test]
    fn brief_failures_again_and_again_are_likely_and_a_broken_test_is_not() {
        let report = report(&[
            ("flaky", "...F....FF......F..."),
            ("broken", "..........FFFFFFFFFF"),
            ("mended", "....FFFFFF.........."),
            ("once", "....F..............."),
            ("new", "....F..............F"),
        ]);
        assert_eq!(names(&report), [("flaky", FlakyCertainty::Likely)]);
        let test = &report.tests[0];
        assert_eq!((test.flips.ratio, test.failures), (Ratio { part: 3, whole: 20 }, Ratio { part: 4, whole: 20 }));
    }

    #[test]
    fn tests_that_fail_together_are_no_flaky_tests() {
        let names: Vec<String> = (0..20).map(|test| format!("t{test:02}")).collect();
        let outcomes: Vec<String> = (0..20)
            .map(|test| if test < 6 { "...F.....F.........." } else { "...................." }.to_owned())
            .collect();
        let tests: Vec<(&str, &str)> =
            names.iter().map(String::as_str).zip(outcomes.iter().map(String::as_str)).collect();
        let report = report(&tests);
        assert_eq!(report.tests, []);
        assert_eq!(report.scope.left_out_for(LeftOutReason::MassFailure), 2);
    }
}
