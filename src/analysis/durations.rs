//! How long tests and sessions take: the slowest, where the time goes, and how it went over the days.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::NaiveDate;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::cohort::Cohort;
use super::fold::{Accumulator, Observation, TestKey, fold};
use super::series::{DurationSeries, from_seconds};
use super::statistics::{median, quantile};
use super::{Columns, Filter, LeftOutReason, Scope, Source, SourceError, TestRef};
use crate::model::{Outcome, Ratio, SessionSummary};

/// The spread of some durations.
///
/// Median and 95th percentile by linear interpolation between the values (type 7, as numpy). Unit: time. Minimum n: 1; below
/// 20 values the 95th percentile is little else than the longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DurationSpread {
    /// How many durations.
    pub n: u64,
    /// The middle one.
    pub median: Duration,
    /// The one that 95 % do not exceed.
    pub p95: Duration,
}

impl DurationSpread {
    /// Returns the spread of durations in seconds; `None` of none.
    pub(crate) fn of(mut seconds: Vec<f64>) -> Option<DurationSpread> {
        seconds.sort_unstable_by(f64::total_cmp);
        Some(DurationSpread {
            n: seconds.len() as u64,
            median: from_seconds(quantile(&seconds, 0.5)?)?,
            p95: from_seconds(quantile(&seconds, 0.95)?)?,
        })
    }
}

/// What the slowest tests are chosen by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SlowSort {
    /// By the median duration of a pass.
    #[default]
    Median,
    /// By the time of all attempts together.
    Total,
}

/// The slowest tests, and where the time goes.
#[derive(Debug, Clone, PartialEq)]
pub struct SlowReport {
    /// What the answer rests on.
    pub scope: Scope,
    /// The known durations of all attempts of all tests, added up.
    pub total: Duration,
    /// The slowest tests, slowest first.
    pub tests: Vec<SlowTest>,
    /// The files in which most time goes, most first.
    pub files: Vec<SlowFile>,
}

/// A test and its time.
#[derive(Debug, Clone, PartialEq)]
pub struct SlowTest {
    /// The test.
    pub test: TestRef,
    /// The durations of its passes; `None` where it never passed with a known duration.
    pub passes: Option<DurationSpread>,
    /// The known durations of all its attempts, added up.
    pub total: Duration,
    /// Its share of the time of all tests, in microseconds of microseconds.
    pub share: Ratio,
}

/// A test file and the time of its tests.
#[derive(Debug, Clone, PartialEq)]
pub struct SlowFile {
    /// The system under test.
    pub sut_name: Option<String>,
    /// The file.
    pub path: String,
    /// How many tests.
    pub tests: u64,
    /// The known durations of all their attempts, added up.
    pub total: Duration,
    /// Their share of the time of all tests, in microseconds of microseconds.
    pub share: Ratio,
}

/// Returns the slowest tests and the files in which most time goes, at most `limit` of each.
///
/// Durations are what the reports say: all phases of an attempt, unless the input says otherwise. No session is set aside.
pub fn slow(source: &dyn Source, filter: &Filter, sort: SlowSort, limit: usize) -> Result<SlowReport, SourceError> {
    let cohort = Cohort::load(source, filter)?;
    let filter = filter.without_result_conditions();
    let columns = Columns { durations: true, ..Columns::default() };
    let tests = fold::<Spent>(source, &cohort, &filter, columns)?;
    let sum = |of: fn(&Spent) -> u64| tests.iter().map(|(_, spent)| of(spent)).sum::<u64>();
    let total = sum(|spent| spent.total);
    let chosen = match sort {
        SlowSort::Total => by_total(&tests, limit),
        SlowSort::Median => by_median(&tests, limit),
    };
    let mut scope = cohort.scope();
    scope.tests = Some(tests.len() as u64);
    scope.leave_out(LeftOutReason::UnknownDuration, sum(|spent| spent.results - spent.timed));
    scope.leave_out(LeftOutReason::BeyondLimit, tests.len().saturating_sub(chosen.len()) as u64);
    let slowest = chosen.into_iter().map(|((key, spent), passes)| SlowTest {
        test: cohort.test(key),
        passes,
        total: Duration::from_micros(spent.total),
        share: Ratio { part: spent.total, whole: total },
    });
    let files = files(&cohort, &tests, total, limit);
    Ok(SlowReport { scope, total: Duration::from_micros(total), tests: slowest.collect(), files })
}

/// The time of one test.
#[derive(Debug, Default)]
struct Spent {
    /// How many results, repeated attempts counted.
    results: u64,
    /// How many durations are known.
    timed: u64,
    /// Their sum, in microseconds.
    total: u64,
    /// The sum of those of passes.
    pass_total: u64,
    passes: DurationSeries,
}

impl Accumulator for Spent {
    fn add(&mut self, observation: Observation) {
        self.results += 1;
        if let Ok(duration) = u64::try_from(observation.duration) {
            self.timed += 1;
            self.total = self.total.saturating_add(duration);
            if observation.outcome == Outcome::Passed {
                self.pass_total = self.pass_total.saturating_add(duration);
            }
        }
        self.passes.add(observation);
    }

    fn absorb(&mut self, other: Spent) {
        self.results += other.results;
        self.timed += other.timed;
        self.total = self.total.saturating_add(other.total);
        self.pass_total = self.pass_total.saturating_add(other.pass_total);
        self.passes.absorb(other.passes);
    }
}

type Measured = (TestKey, Spent);
type Chosen<'a> = Vec<(&'a Measured, Option<DurationSpread>)>;

fn by_total(tests: &[Measured], limit: usize) -> Chosen<'_> {
    let mut order: Vec<&Measured> = tests.iter().filter(|(_, spent)| spent.timed > 0).collect();
    order.sort_by_key(|(_, spent)| std::cmp::Reverse(spent.total));
    order.truncate(limit);
    spreads(order)
}

/// The tests with the longest medians. A median is at most twice the mean, so only tests whose doubled mean reaches the
/// last of the medians found so far need a look at all their durations.
fn by_median(tests: &[Measured], limit: usize) -> Chosen<'_> {
    let mean = |(_, spent): &Measured| spent.pass_total as f64 / spent.passes.timed() as f64 / 1e6;
    let mut order: Vec<&Measured> = tests.iter().filter(|(_, spent)| spent.passes.timed() > 0).collect();
    order.sort_by(|left, right| mean(right).total_cmp(&mean(left)));
    let rest = order.split_off(limit.min(order.len()));
    let mut chosen = spreads(order);
    let median = |spread: &Option<DurationSpread>| spread.map(|spread| spread.median);
    let least = chosen.iter().filter_map(|(_, spread)| median(spread)).min().unwrap_or_default();
    chosen.extend(spreads(rest.into_iter().take_while(|test| 2.0 * mean(test) >= least.as_secs_f64()).collect()));
    chosen.sort_by(|left, right| median(&right.1).cmp(&median(&left.1)).then_with(|| left.0.0.cmp(&right.0.0)));
    chosen.truncate(limit);
    chosen
}

fn spreads(tests: Vec<&Measured>) -> Chosen<'_> {
    let spread = |(_, spent): &Measured| DurationSpread::of(spent.passes.clone().seconds());
    tests.into_par_iter().map(|test| (test, spread(test))).collect()
}

fn files(cohort: &Cohort, tests: &[Measured], whole: u64, limit: usize) -> Vec<SlowFile> {
    let mut files: BTreeMap<(u32, &str), (u64, u64)> = BTreeMap::new();
    for (key, spent) in tests {
        let path = key.node_id.split_once("::").map_or(&*key.node_id, |(path, _)| path);
        let (tests, total) = files.entry((key.sut, path)).or_default();
        *tests += 1;
        *total += spent.total;
    }
    let mut files: Vec<_> = files.into_iter().collect();
    files.sort_by_key(|(_, (_, total))| std::cmp::Reverse(*total));
    let row = |((sut, path), (tests, total)): ((u32, &str), (u64, u64))| SlowFile {
        sut_name: cohort.sut_name(sut).map(str::to_owned),
        path: path.to_owned(),
        tests,
        total: Duration::from_micros(total),
        share: Ratio { part: total, whole },
    };
    files.into_iter().take(limit).map(row).collect()
}

/// How long sessions took, day by day.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionDurationsReport {
    /// What the answer rests on.
    pub scope: Scope,
    /// The wall times of all sessions.
    pub total: Option<DurationSpread>,
    /// By day of the session's start in UTC.
    pub days: Vec<(NaiveDate, DurationSpread)>,
}

/// Returns how long the sessions took that the filter admits: their wall time, where it is known.
pub fn session_durations(source: &dyn Source, filter: &Filter) -> Result<SessionDurationsReport, SourceError> {
    let cohort = Cohort::load(source, filter)?;
    let mut scope = cohort.scope();
    let seconds = |session: &SessionSummary| session.session_duration.map(|duration| duration.as_secs_f64());
    let unknown = cohort.sessions.iter().filter(|session| session.session_duration.is_none()).count();
    scope.leave_out(LeftOutReason::UnknownSessionDuration, unknown as u64);
    let mut days: BTreeMap<NaiveDate, Vec<f64>> = BTreeMap::new();
    for session in cohort.sessions.iter() {
        if let (Some(start), Some(seconds)) = (session.session_start_time, seconds(session)) {
            days.entry(start.date_naive()).or_default().push(seconds);
        }
    }
    Ok(SessionDurationsReport {
        scope,
        total: DurationSpread::of(cohort.sessions.iter().filter_map(seconds).collect()),
        days: days.into_iter().filter_map(|(day, seconds)| Some((day, DurationSpread::of(seconds)?))).collect(),
    })
}

/// Returns the median of some values in seconds as a duration.
pub(crate) fn median_duration(seconds: impl IntoIterator<Item = f64>) -> Option<Duration> {
    median(&mut seconds.into_iter().collect::<Vec<_>>()).and_then(from_seconds)
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};

    use super::*;
    use crate::analysis::MemorySource;
    use crate::model::{SessionId, TestResult, TestSession};

    fn session(place: u32, results: &[(&str, Outcome, Option<u64>)]) -> TestSession {
        let result = |(name, outcome, milliseconds): &(&str, Outcome, Option<u64>)| TestResult {
            duration: milliseconds.map(Duration::from_millis),
            ..TestResult::new(*name, *outcome)
        };
        TestSession {
            session_id: SessionId::new(format!("s{place}")),
            session_start_time: Utc.with_ymd_and_hms(2026, 1, place + 1, 0, 0, 0).single(),
            session_duration: Some(Duration::from_secs(10 + u64::from(place))),
            test_results: results.iter().map(result).collect(),
            ..TestSession::default()
        }
    }

    fn source() -> MemorySource {
        use Outcome::{Failed, Passed};
        MemorySource::new([
            session(0, &[("a.py::x", Passed, Some(100)), ("a.py::y", Passed, Some(300)), ("b.py::z", Passed, None)]),
            session(1, &[("a.py::x", Passed, Some(100)), ("a.py::y", Passed, Some(301)), ("b.py::z", Failed, Some(9))]),
            session(
                2,
                &[("a.py::x", Passed, Some(2_000)), ("a.py::y", Failed, Some(5)), ("b.py::z", Passed, Some(50))],
            ),
        ])
    }

    #[test]
    fn the_slowest_by_median_is_not_the_one_with_the_longest_mean() {
        let report = slow(&source(), &Filter::default(), SlowSort::Median, 1).expect("memory is readable");
        let [test] = &report.tests[..] else { panic!("{report:?}") };
        assert_eq!(test.test.node_id.as_str(), "a.py::y");
        let spread =
            DurationSpread { n: 2, median: Duration::from_micros(300_500), p95: Duration::from_micros(300_950) };
        assert_eq!(test.passes, Some(spread));
        assert_eq!(test.share, Ratio { part: 606_000, whole: 2_865_000 });
        assert_eq!(report.scope.left_out_for(LeftOutReason::UnknownDuration), 1);
    }

    #[test]
    fn time_goes_where_it_adds_up() {
        let report = slow(&source(), &Filter::default(), SlowSort::Total, 9).expect("memory is readable");
        let order: Vec<_> = report.tests.iter().map(|test| test.test.node_id.as_str()).collect();
        assert_eq!(order, ["a.py::x", "a.py::y", "b.py::z"]);
        let files: Vec<_> =
            report.files.iter().map(|file| (file.path.as_str(), file.tests, file.total.as_millis())).collect();
        assert_eq!(files, [("a.py", 2, 2_806), ("b.py", 1, 59)]);
    }

    #[test]
    fn sessions_by_day() {
        let report = session_durations(&source(), &Filter::default()).expect("memory is readable");
        assert_eq!(report.total.map(|total| (total.n, total.median)), Some((3, Duration::from_secs(11))));
        assert_eq!(report.days.len(), 3);
    }
}
