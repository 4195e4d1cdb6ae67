//! Tests that became slower or faster, and since when.

use std::time::Duration;

use rayon::iter::{IntoParallelIterator, IntoParallelRefIterator, ParallelIterator};

use super::cohort::Cohort;
use super::duration_change::{LEAST, ShiftPoint, shift_points};
use super::durations::median_duration;
use super::fold::{TestKey, fold};
use super::series::{DurationSeries, Length, Tally, Timing};
use super::statistics::{median, median_by};
use super::{Columns, Filter, LeftOutReason, Scope, SessionRef, Source, SourceError, TestRef};

/// How many tests of a session say how fast the session was as a whole.
const SPEED_TESTS: usize = 20;

/// Tests and suites whose durations changed.
#[derive(Debug, Clone, PartialEq)]
pub struct DurationShiftsReport {
    /// What the answer rests on.
    pub scope: Scope,
    /// The last change of each test that has one, by how much time it makes, most first.
    pub tests: Vec<DurationShift>,
    /// The changes of whole systems under test, in order of time: all tests became slower or faster together.
    pub suts: Vec<SutShift>,
}

/// A test that became slower or faster.
#[derive(Debug, Clone, PartialEq)]
pub struct DurationShift {
    /// The test.
    pub test: TestRef,
    /// The first session after the change.
    pub at: Option<SessionRef>,
    /// How many passes lie between the change before and this one.
    pub passes_before: u64,
    /// Their median duration.
    pub before: Duration,
    /// How many passes lie after the change.
    pub passes_after: u64,
    /// Their median duration.
    pub after: Duration,
    /// How many times as long as before, the speed of the sessions taken out: above 1 is slower.
    pub ratio: f64,
    /// The p-value, corrected for having chosen the best point.
    pub p_value: f64,
}

impl DurationShift {
    /// Returns whether the test became slower.
    pub fn is_slower(&self) -> bool {
        self.ratio > 1.0
    }
}

/// A system under test whose tests became slower or faster together.
#[derive(Debug, Clone, PartialEq)]
pub struct SutShift {
    /// The system under test.
    pub sut_name: Option<String>,
    /// The first session after the change.
    pub at: Option<SessionRef>,
    /// How many times as long as before.
    pub ratio: f64,
    /// How many sessions before and after, up to the next change.
    pub sessions: (u64, u64),
    /// The p-value, corrected for having chosen the best point.
    pub p_value: f64,
}

/// Returns the tests whose durations changed, over the sessions that the filter admits.
///
/// E-divisive change points as in Otava (see `duration_change`) on the logarithm of the durations of passes. What all tests of
/// a session share, a slow machine, is taken out first: the median, over at least 20 tests of the session, of how far each
/// lies from its own median; changes of that shared speed are reported of the system as a whole. A change is reported where
/// p < 0.001 (corrected), the ratio is at least 1.1, and the median before or after is at least 50 ms. Minimum n: 5 passes
/// before and 5 after. Sessions of broken infrastructure are set aside first.
pub fn duration_shifts(source: &dyn Source, filter: &Filter) -> Result<DurationShiftsReport, SourceError> {
    let cohort = Cohort::load_guarded(source, filter)?;
    let filter = filter.without_result_conditions();
    let columns = Columns { durations: true, ..Columns::default() };
    let series = fold::<DurationSeries>(source, &cohort, &filter, columns)?;
    Ok(shifts_of(&cohort, series, |durations| durations))
}

/// Whether there are passes enough, and long enough, for a change that is reported.
enum Sized {
    TooFew,
    BelowFloor,
    /// It is looked at; so many of its passes have no known duration.
    Enough(Timed, u64),
}

impl Sized {
    fn of((key, series): (TestKey, DurationSeries)) -> Sized {
        if series.timed() < 2 * LEAST {
            return Sized::TooFew;
        }
        // More than half of the shorter stretch must reach the floor, or no median does.
        if series.at_floor() <= LEAST / 2 {
            return Sized::BelowFloor;
        }
        let unknown = series.unknown;
        Sized::Enough(Timed::of(key, series), unknown)
    }
}

/// What is found in the tests of one system.
#[derive(Default)]
struct SutShifts {
    tests: Vec<DurationShift>,
    /// Of each of its sessions how slow it was as a whole.
    speeds: Vec<(u32, Option<f64>)>,
    too_few: u64,
    below_floor: u64,
    unknown: u64,
}

/// Returns the tests of a guarded cohort whose durations changed, from what was kept of all its tests, in the order of their systems.
///
/// The systems are looked at for themselves, so that what is made of the durations of one is gone before the next ones are.
pub(super) fn shifts_of<Series: Send>(
    cohort: &Cohort,
    all: Vec<(TestKey, Series)>,
    durations: impl Fn(Series) -> DurationSeries + Sync,
) -> DurationShiftsReport {
    let mut scope = cohort.scope();
    scope.tests = Some(all.len() as u64);
    let mut suts: Vec<Vec<(TestKey, Series)>> = Vec::new();
    for test in all {
        match suts.last_mut() {
            Some(last) if last.first().is_some_and(|first| first.0.sut == test.0.sut) => last.push(test),
            _ => suts.push(vec![test]),
        }
    }
    let sessions = sessions_by_sut(cohort);
    let of_sut = |tests: Vec<(TestKey, Series)>| {
        let sessions = tests.first().and_then(|(key, _)| sessions.get(key.sut as usize));
        let sized = tests.into_par_iter().map(|(key, series)| Sized::of((key, durations(series)))).collect();
        SutShifts::of(cohort, sized, sessions.map_or(&[], Vec::as_slice))
    };
    let found: Vec<SutShifts> = suts.into_par_iter().map(of_sut).collect();
    scope.leave_out(LeftOutReason::TooFewRuns, found.iter().map(|sut| sut.too_few).sum());
    scope.leave_out(LeftOutReason::BelowFloor, found.iter().map(|sut| sut.below_floor).sum());
    scope.leave_out(LeftOutReason::UnknownDuration, found.iter().map(|sut| sut.unknown).sum());
    let mut speeds = vec![None; cohort.sessions.len()];
    let mut tests: Vec<DurationShift> = Vec::new();
    for sut in found {
        tests.extend(sut.tests);
        for (session, speed) in sut.speeds {
            if let Some(place) = speeds.get_mut(session as usize) {
                *place = speed;
            }
        }
    }
    let gain = |shift: &DurationShift| shift.after.abs_diff(shift.before);
    tests.sort_by_key(|shift| std::cmp::Reverse(gain(shift)));
    DurationShiftsReport { scope, tests, suts: sut_shifts(cohort, &speeds) }
}

impl SutShifts {
    fn of(cohort: &Cohort, sized: Vec<Sized>, sessions: &[u32]) -> SutShifts {
        let mut found = SutShifts::default();
        let mut series: Vec<Timed> = Vec::new();
        for sized in sized {
            match sized {
                Sized::TooFew => found.too_few += 1,
                Sized::BelowFloor => found.below_floor += 1,
                Sized::Enough(timed, without) => {
                    found.unknown += without;
                    series.push(timed);
                }
            }
        }
        let parts: Vec<&[u32]> = sessions.chunks(SPEED_SESSIONS).collect();
        let speeds: Vec<Vec<Option<f64>>> = parts.par_iter().map(|sessions| speeds_of(&series, sessions)).collect();
        found.speeds = sessions.iter().copied().zip(speeds.into_iter().flatten()).collect();
        found.tests = series.par_iter().filter_map(|test| shift(cohort, test, &found.speeds)).collect();
        found
    }
}

/// One test's passes, the logarithms of their durations, and the median of these.
struct Timed {
    key: TestKey,
    passes: Vec<Timing>,
    logarithms: Vec<f64>,
    middle: f64,
}

impl Timed {
    fn of(key: TestKey, series: DurationSeries) -> Timed {
        let passes = series.timings();
        // A duration of zero is one below the resolution of the report: a microsecond, so that it has a logarithm.
        let logarithm = |length: &Length| length.seconds().max(1e-6).ln();
        let mut lengths: Vec<Length> = passes.iter().map(|pass| pass.length()).collect();
        let logarithms: Vec<f64> = lengths.iter().map(logarithm).collect();
        let middle = median_by(&mut lengths, Length::cmp, logarithm).unwrap_or(0.0);
        Timed { key, passes, logarithms, middle }
    }
}

/// How many sessions of a system are looked at together for their speed.
const SPEED_SESSIONS: usize = 64;

/// The sessions of each system, in order.
fn sessions_by_sut(cohort: &Cohort) -> Vec<Vec<u32>> {
    let mut sessions: Vec<Vec<u32>> = vec![Vec::new(); cohort.suts.len()];
    for (session, sut) in (0..).zip(&cohort.sut_of) {
        if let Some(sessions) = sessions.get_mut(*sut as usize) {
            sessions.push(session);
        }
    }
    sessions
}

/// For each of some sessions, in order, the logarithm of how slow it was as a whole, from the tests of their system; `None` where too few tell.
fn speeds_of(tests: &[Timed], sessions: &[u32]) -> Vec<Option<f64>> {
    let (Some(first), Some(last)) = (sessions.first(), sessions.last()) else { return Vec::new() };
    let mut residuals: Vec<Vec<f32>> = vec![Vec::with_capacity(tests.len()); sessions.len()];
    for test in tests {
        let from = test.passes.partition_point(|pass| pass.session() < *first);
        let mut next = sessions.iter().zip(&mut residuals);
        let mut at = next.next();
        for (pass, logarithm) in test.passes.iter().zip(&test.logarithms).skip(from) {
            if pass.session() > *last {
                break;
            }
            while at.as_ref().is_some_and(|(session, _)| **session < pass.session()) {
                at = next.next();
            }
            if let Some((_, residuals)) = at.as_mut() {
                residuals.push((logarithm - test.middle) as f32);
            }
        }
    }
    let speed = |mut residuals: Vec<f32>| {
        (residuals.len() >= SPEED_TESTS)
            .then(|| median_by(&mut residuals, f32::total_cmp, |value| f64::from(*value)))
            .flatten()
    };
    residuals.into_iter().map(speed).collect()
}

fn shift(cohort: &Cohort, test: &Timed, speeds: &[(u32, Option<f64>)]) -> Option<DurationShift> {
    // Both are in the order of the sessions.
    let mut rest = speeds.iter().peekable();
    let mut speed = |session: u32| {
        while rest.next_if(|(other, _)| *other < session).is_some() {}
        rest.peek().filter(|(other, _)| *other == session).and_then(|(_, speed)| *speed).unwrap_or(0.0)
    };
    let timings = test.passes.iter().zip(&test.logarithms);
    let values: Vec<f64> = timings.map(|(pass, logarithm)| logarithm - speed(pass.session())).collect();
    let point = shift_points(&values).pop()?;
    let (passes_before, before) = (test.passes.get(point.from..point.at)?, values.get(point.from..point.at)?);
    let (passes_after, after) = (test.passes.get(point.at..point.to)?, values.get(point.at..point.to)?);
    let seconds = |passes: &[Timing]| median_duration(passes.iter().map(|pass| pass.seconds()));
    let shift = DurationShift {
        test: cohort.test(&test.key),
        at: passes_after.first().and_then(|pass| cohort.session(pass.session())),
        passes_before: passes_before.len() as u64,
        before: seconds(passes_before)?,
        passes_after: passes_after.len() as u64,
        after: seconds(passes_after)?,
        ratio: (median(&mut after.to_vec())? - median(&mut before.to_vec())?).exp(),
        p_value: point.p_value,
    };
    (shift.before.max(shift.after) >= Duration::from_micros(Tally::FLOOR.unsigned_abs())).then_some(shift)
}

fn sut_shifts(cohort: &Cohort, speeds: &[Option<f64>]) -> Vec<SutShift> {
    let mut by_sut: Vec<Vec<(u32, f64)>> = vec![Vec::new(); cohort.suts.len()];
    for (session, (sut, speed)) in cohort.sut_of.iter().zip(speeds).enumerate() {
        if let (Some(sut), Some(speed)) = (by_sut.get_mut(*sut as usize), speed) {
            sut.push((session as u32, *speed));
        }
    }
    let mut shifts = Vec::new();
    for (sut, sessions) in by_sut.iter().enumerate() {
        let values: Vec<f64> = sessions.iter().map(|(_, speed)| *speed).collect();
        let of_point = |point: ShiftPoint| {
            let median = |from: usize, to: usize| median(&mut values.get(from..to)?.to_vec());
            Some(SutShift {
                sut_name: cohort.sut_name(sut as u32).map(str::to_owned),
                at: sessions.get(point.at).and_then(|(session, _)| cohort.session(*session)),
                ratio: (median(point.at, point.to)? - median(point.from, point.at)?).exp(),
                sessions: ((point.at - point.from) as u64, (point.to - point.at) as u64),
                p_value: point.p_value,
            })
        };
        shifts.extend(shift_points(&values).into_iter().filter_map(of_point));
    }
    shifts.sort_by_key(|shift| shift.at.as_ref().and_then(|at| at.start));
    shifts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::MemorySource;
    use crate::analysis::examples::sessions;
    use crate::model::TestSession;

    /// Sessions of 30 tests at about 200 ms, changed by a function of session and test.
    fn source(change: impl Fn(usize, usize) -> f64) -> MemorySource {
        let names: Vec<String> = (0..30).map(|test| format!("t.py::test_{test:02}")).collect();
        let outcomes = ".".repeat(60);
        let tests: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), outcomes.as_str())).collect();
        let mut random = fastrand::Rng::with_seed(7);
        let mut all: Vec<TestSession> = sessions(&tests);
        for (place, session) in all.iter_mut().enumerate() {
            let mut tests = 0..;
            session.test_results.update(|result| {
                let test = tests.next().unwrap();
                let seconds = 0.2 * change(place, test) * (1.0 + 0.1 * random.f64());
                result.duration = Some(Duration::from_secs_f64(seconds));
            });
        }
        MemorySource::new(all)
    }

    #[test]
    fn one_test_becomes_slower() {
        let source = source(|session, test| if test == 3 && session >= 40 { 1.5 } else { 1.0 });
        let report = duration_shifts(&source, &Filter::default()).expect("memory is readable");
        let [shift] = &report.tests[..] else { panic!("{report:?}") };
        assert_eq!(shift.test.node_id.as_str(), "t.py::test_03");
        assert_eq!(shift.at.as_ref().map(|at| at.session_id.as_str()), Some("s0040"));
        assert!(shift.is_slower() && (shift.ratio - 1.5).abs() < 0.05, "{shift:?}");
        assert_eq!((shift.passes_before, shift.passes_after), (40, 20));
        assert_eq!(report.suts, []);
    }

    #[test]
    fn a_slow_machine_is_news_of_the_system_and_not_of_its_tests() {
        let source = source(|session, _| if session >= 30 { 1.3 } else { 1.0 });
        let report = duration_shifts(&source, &Filter::default()).expect("memory is readable");
        assert_eq!(report.tests, []);
        let [shift] = &report.suts[..] else { panic!("{report:?}") };
        assert!((shift.ratio - 1.3).abs() < 0.02 && shift.sessions == (30, 30), "{shift:?}");
    }

    #[test]
    fn below_the_floor_nothing_is_reported() {
        let source = source(|session, _| if session >= 30 { 0.1 } else { 0.02 });
        let report = duration_shifts(&source, &Filter::default()).expect("memory is readable");
        assert_eq!(report.tests, []);
        assert_eq!(report.scope.left_out_for(LeftOutReason::BelowFloor), 30);
    }
}
