//! The two sides of a comparison, and their tests side by side.

use std::cmp::Ordering;

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::durations::Measured;
use super::report::{ComparedSide, Pairing};
use crate::analysis::cohort::Cohort;
use crate::analysis::fold::{TestKey, fold};
use crate::analysis::series::{ResultSeries, Run, Verdicts};
use crate::analysis::{
    Columns, Filter, LeftOutReason, PassRate, Source, SourceError, TestRef, Verdict, names_passed_tests,
    session_counts, set_aside, tells_every_test,
};
use crate::model::OutcomeCounts;

/// One side, loaded.
pub(super) struct Side {
    pub(super) described: ComparedSide,
    cohort: Cohort,
    tests: Vec<(TestKey, ResultSeries)>,
}

impl Side {
    pub(super) fn load(source: &dyn Source, filter: &Filter, pairing: Pairing) -> Result<Side, SourceError> {
        let mut cohort = Cohort::load(source, filter)?;
        let is_whole = cohort.counted().any(|(_, session)| tells_every_test(session));
        if cohort.sessions.len() > 1 {
            cohort
                .set_aside_where(|session| set_aside(session).filter(|reason| *reason != LeftOutReason::PassesUnnamed));
        }
        if pairing == Pairing::AcrossSuts {
            cohort.unite_suts();
        }
        let filter = filter.without_result_conditions();
        let columns = Columns { durations: true, ..Columns::default() };
        let tests = fold::<ResultSeries>(source, &cohort, &filter, columns)?;
        let mut scope = cohort.scope();
        scope.tests = Some(tests.len() as u64);
        scope.leave_out(LeftOutReason::UnknownDuration, tests.iter().map(|(_, test)| test.unknown).sum());
        let names_every_test = cohort.counted().all(|(_, session)| names_passed_tests(session));
        let mut counts = OutcomeCounts::default();
        if filter.node_ids.is_empty() {
            cohort.counted().for_each(|(_, session)| counts += session_counts(session));
        } else {
            let mut runs = Vec::new();
            for (_, test) in &tests {
                test.runs_into(&mut runs);
                runs.iter().for_each(|run| run.count_in(&mut counts));
            }
        }
        let described = ComparedSide { scope, counts, pass_rate: PassRate::of(&counts), names_every_test, is_whole };
        Ok(Side { described, cohort, tests })
    }
}

/// A test on both sides.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) test: TestRef,
    pub(super) base: SideTest,
    pub(super) target: SideTest,
    /// How long its passes took; `None` where that is not to be compared.
    pub(super) durations: Option<Measured>,
}

/// What a test came to on one side.
#[derive(Debug)]
pub(super) struct SideTest {
    /// Passes against failures of the runs that count.
    pub(super) rate: PassRate,
    /// The verdict of the last session; `None` where the side does not have the test.
    pub(super) last: Option<Verdict>,
}

impl SideTest {
    fn of(runs: &[Run]) -> SideTest {
        let of = |condition: fn(Verdict) -> bool| runs.iter().filter(|run| condition(run.verdict)).count() as u64;
        let rate = PassRate::new(of(Verdict::is_pass), of(Verdict::is_failure));
        SideTest { rate, last: runs.last().map(|run| run.verdict) }
    }
}

impl Pair {
    /// `runs` is room to work in.
    fn of(test: TestRef, base: ResultSeries, target: ResultSeries, runs: &mut Vec<Run>) -> Pair {
        let mut side = |series: &ResultSeries| {
            series.runs_into(runs);
            SideTest::of(runs)
        };
        let (base_side, target_side) = (side(&base), side(&target));
        let durations = Measured::of(&base.durations().ascending(), &target.durations().ascending());
        Pair { test, base: base_side, target: target_side, durations }
    }
}

/// Puts the tests of both sides side by side, by system under test and node id, or by node id alone.
pub(super) fn pair_up(base: Side, target: Side, pairing: Pairing) -> Vec<Pair> {
    let (base_cohort, target_cohort) = (base.cohort, target.cohort);
    let mut bases = base.tests.into_iter().peekable();
    let mut targets = target.tests.into_iter().peekable();
    let order = |left: &TestKey, right: &TestKey| {
        let suts = match pairing {
            Pairing::SameSut => base_cohort.sut_name(left.sut).cmp(&target_cohort.sut_name(right.sut)),
            Pairing::AcrossSuts => Ordering::Equal,
        };
        suts.then_with(|| left.node_id.cmp(&right.node_id))
    };
    let mut joined: Vec<(TestRef, ResultSeries, ResultSeries)> = Vec::new();
    loop {
        let next = match (bases.peek(), targets.peek()) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((left, _)), Some((right, _))) => order(left, right),
        };
        let left = if next == Ordering::Greater { None } else { bases.next() };
        let right = if next == Ordering::Less { None } else { targets.next() };
        let test = match (&left, &right) {
            (_, Some((key, _))) => target_cohort.test(key),
            (Some((key, _)), None) => base_cohort.test(key),
            (None, None) => break,
        };
        let series = |side: Option<(TestKey, ResultSeries)>| side.map(|(_, series)| series).unwrap_or_default();
        joined.push((test, series(left), series(right)));
    }
    joined.into_par_iter().map_init(Vec::new, |runs, (test, base, target)| Pair::of(test, base, target, runs)).collect()
}
