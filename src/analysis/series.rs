//! What is kept of one test: counts, its verdicts in order, its durations in order.

use std::time::Duration;

use super::fold::{Accumulator, Observation};
use super::verdict::{Outcomes, Verdict};
use crate::model::{Outcome, OutcomeCounts};

/// One test's counts: enough for rates and totals.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    /// Results by outcome, in the order of [`Outcome::ALL`].
    counts: [u32; 7],
    /// The sum of the known durations, in microseconds.
    pub(crate) total: u64,
    /// How many durations are known.
    pub(crate) timed: u32,
    /// The longest known duration, in microseconds.
    pub(crate) longest: u64,
    /// The first and the last session.
    pub(crate) sessions: Option<(u32, u32)>,
    /// The outcomes in the last session.
    last_outcomes: Outcomes,
}

impl Tally {
    /// The duration, in microseconds, below which a test's speed is of no interest: 50 ms.
    pub(crate) const FLOOR: i64 = 50_000;

    /// Returns how many results had the outcome.
    pub(crate) fn count(&self, outcome: Outcome) -> u64 {
        self.counts.get(outcome as usize).copied().unwrap_or(0).into()
    }

    /// Returns how many final results failed or broke.
    pub(crate) fn failures(&self) -> u64 {
        self.count(Outcome::Failed) + self.count(Outcome::Error)
    }

    /// Returns how many results there are, repeated attempts counted.
    pub(crate) fn results(&self) -> u64 {
        self.counts.iter().map(|count| u64::from(*count)).sum()
    }

    /// Returns how many results there are, repeated attempts not counted.
    pub(crate) fn runs(&self) -> u64 {
        self.results() - self.count(Outcome::Rerun)
    }

    /// Returns the verdict of the last session.
    pub(crate) fn last_verdict(&self) -> Option<Verdict> {
        Verdict::of(self.last_outcomes)
    }

    fn see(&mut self, first: u32, last: u32, outcomes: Outcomes) {
        let seen = self.sessions.map_or((first, last), |(from, to)| (from.min(first), to.max(last)));
        if self.sessions.is_none_or(|(_, to)| to < last) {
            self.last_outcomes = outcomes;
        } else if seen.1 == last {
            self.last_outcomes = self.last_outcomes.union(outcomes);
        }
        self.sessions = Some(seen);
    }
}

impl Accumulator for Tally {
    fn add(&mut self, observation: Observation) {
        if let Some(count) = self.counts.get_mut(observation.outcome as usize) {
            *count = count.saturating_add(1);
        }
        if let Ok(duration) = u64::try_from(observation.duration) {
            self.total = self.total.saturating_add(duration);
            self.timed += 1;
            self.longest = self.longest.max(duration);
        }
        self.see(observation.session, observation.session, Outcomes::from_iter([observation.outcome]));
    }

    fn absorb(&mut self, other: Tally) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count = count.saturating_add(more);
        }
        self.total = self.total.saturating_add(other.total);
        self.timed += other.timed;
        self.longest = self.longest.max(other.longest);
        if let Some((first, last)) = other.sessions {
            self.see(first, last, other.last_outcomes);
        }
    }
}

/// Verdicts in order, and whether they are worth a look.
pub(crate) trait Verdicts: Sync {
    /// Returns whether an attempt failed, broke or was repeated.
    fn has_trouble(&self) -> bool;
    /// Puts the verdicts of a settled series into `runs`, by session, in place of what is there.
    fn runs_into(&self, runs: &mut Vec<Run>);
}

/// One test's outcomes, four bytes each: the session's index above three bits for the outcome.
#[derive(Debug, Clone, Default)]
pub(crate) struct OutcomeSeries {
    packed: Vec<u32>,
    trouble: bool,
}

impl Accumulator for OutcomeSeries {
    fn add(&mut self, observation: Observation) {
        self.packed.push(observation.session << 3 | observation.outcome as u32);
        self.trouble |= observation.outcome.is_failure() || observation.outcome == Outcome::Rerun;
    }

    fn absorb(&mut self, other: OutcomeSeries) {
        append(&mut self.packed, other.packed);
        self.trouble |= other.trouble;
    }

    fn settle(&mut self) {
        sort(&mut self.packed);
    }
}

/// What a test came to in one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    /// The session, as an index into the cohort.
    pub(crate) session: u32,
    /// All attempts taken together.
    pub(crate) verdict: Verdict,
    /// Whether an attempt was repeated.
    pub(crate) repeated: bool,
}

impl Run {
    /// Counts the test in what its session came to.
    pub(crate) fn count_in(self, counts: &mut OutcomeCounts) {
        let count = match self.verdict {
            Verdict::Passed | Verdict::Flaky => &mut counts.passed,
            Verdict::Failed => &mut counts.failed,
            Verdict::Error => &mut counts.errors,
            Verdict::Skipped => &mut counts.skipped,
            Verdict::Xfailed => &mut counts.xfailed,
            Verdict::Xpassed => &mut counts.xpassed,
            Verdict::Unfinished => &mut counts.unfinished,
        };
        *count += 1;
        counts.rerun += u64::from(self.repeated);
    }
}

impl Verdicts for OutcomeSeries {
    fn has_trouble(&self) -> bool {
        self.trouble
    }

    fn runs_into(&self, runs: &mut Vec<Run>) {
        runs_of(&self.packed, |packed| (packed >> 3, packed & 7), runs);
    }
}

impl OutcomeSeries {
    /// Returns the test's verdicts, by session.
    pub(crate) fn runs(mut self) -> Vec<Run> {
        self.settle();
        let mut runs = Vec::new();
        self.runs_into(&mut runs);
        runs
    }
}

/// Makes runs of results that come by session; `of` tells the session of one and the number of its outcome.
fn runs_of<Packed: Copy>(packed: &[Packed], of: impl Fn(Packed) -> (u32, u32), runs: &mut Vec<Run>) {
    runs.clear();
    runs.reserve(packed.len());
    let mut rest = packed;
    while let [first, after @ ..] = rest {
        let (session, outcome) = of(*first);
        let more = after.iter().take_while(|packed| of(**packed).0 == session).count();
        rest = after.get(more..).unwrap_or_default();
        if more == 0 && outcome == Outcome::Passed as u32 {
            // So it is nearly always.
            runs.push(Run { session, verdict: Verdict::Passed, repeated: false });
            continue;
        }
        let others = after.iter().take(more).map(|packed| of(*packed).1);
        let outcomes: Outcomes =
            others.chain([outcome]).filter_map(|outcome| Outcome::ALL.get(outcome as usize).copied()).collect();
        if let Some(verdict) = Verdict::of(outcomes) {
            runs.push(Run { session, verdict, repeated: outcomes.contains(Outcome::Rerun) });
        }
    }
}

/// Adds values to others, with the least copying.
fn append<Value>(values: &mut Vec<Value>, mut more: Vec<Value>) {
    if values.len() < more.len() {
        std::mem::swap(values, &mut more);
    }
    values.append(&mut more);
}

/// One test's durations where it passed, eight bytes each: the session's index above a packed duration.
///
/// Only passes: a failure often ends early, and its duration is that of another piece of work.
#[derive(Debug, Clone, Default)]
pub(crate) struct DurationSeries {
    packed: Vec<u64>,
    /// How many passes have no known duration.
    pub(crate) unknown: u64,
}

impl Accumulator for DurationSeries {
    fn add(&mut self, observation: Observation) {
        if observation.outcome != Outcome::Passed {
            return;
        }
        match u64::try_from(observation.duration) {
            Ok(duration) => self.packed.push(u64::from(observation.session) << 32 | u64::from(pack(duration))),
            Err(_) => self.unknown += 1,
        }
    }

    fn absorb(&mut self, other: DurationSeries) {
        append(&mut self.packed, other.packed);
        self.unknown += other.unknown;
    }

    fn settle(&mut self) {
        sort(&mut self.packed);
    }
}

/// A pass whose duration is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timing(u64);

impl Timing {
    /// Returns the session, as an index into the cohort.
    pub(crate) fn session(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// Returns the duration.
    pub(crate) fn seconds(self) -> f64 {
        self.length().seconds()
    }

    /// Returns the duration, packed.
    pub(crate) fn length(self) -> Length {
        Length(self.0 as u32)
    }
}

impl DurationSeries {
    /// Returns how many durations are known.
    pub(crate) fn timed(&self) -> usize {
        self.packed.len()
    }

    /// Returns how many of them reach the floor: see [`Tally::FLOOR`].
    pub(crate) fn at_floor(&self) -> usize {
        self.packed.iter().filter(|packed| i64::from(**packed as u32) >= Tally::FLOOR).count()
    }

    /// Returns the passes whose duration is known, by session.
    pub(crate) fn timings(mut self) -> Vec<Timing> {
        self.settle();
        self.packed.into_iter().map(Timing).collect()
    }

    /// Returns their durations in seconds, by session.
    pub(crate) fn seconds(self) -> Vec<f64> {
        self.timings().into_iter().map(Timing::seconds).collect()
    }

    /// Returns the durations alone, shortest first.
    pub(crate) fn ascending(self) -> Vec<Length> {
        let mut lengths: Vec<Length> = self.packed.into_iter().map(|packed| Length(packed as u32)).collect();
        lengths.sort_unstable();
        lengths
    }
}

/// A duration, packed so that the order is that of durations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Length(u32);

impl Length {
    /// Returns the duration.
    pub(crate) fn seconds(self) -> f64 {
        unpack(self.0) as f64 / 1e6
    }
}

/// One test's results, eight bytes each: what an [`OutcomeSeries`] and a [`DurationSeries`] hold together. The session's index above three
/// bits for the outcome, above a packed duration.
#[derive(Debug, Clone, Default)]
pub(crate) struct ResultSeries {
    packed: Vec<u64>,
    trouble: bool,
    /// How many passes have no known duration.
    pub(crate) unknown: u64,
}

/// Stands for a pass without a known duration, where three bits tell the outcome.
const UNTIMED_PASS: u32 = 7;

impl Accumulator for ResultSeries {
    fn add(&mut self, observation: Observation) {
        let duration = u64::try_from(observation.duration).ok();
        let outcome = match (observation.outcome, duration) {
            (Outcome::Passed, None) => {
                self.unknown += 1;
                UNTIMED_PASS
            }
            (outcome, _) => outcome as u32,
        };
        let duration = u64::from(duration.map_or(0, pack));
        self.packed.push(u64::from(observation.session) << 35 | u64::from(outcome) << 32 | duration);
        self.trouble |= observation.outcome.is_failure() || observation.outcome == Outcome::Rerun;
    }

    fn absorb(&mut self, other: ResultSeries) {
        append(&mut self.packed, other.packed);
        self.trouble |= other.trouble;
        self.unknown += other.unknown;
    }

    fn settle(&mut self) {
        sort(&mut self.packed);
    }
}

impl Verdicts for ResultSeries {
    fn has_trouble(&self) -> bool {
        self.trouble
    }

    fn runs_into(&self, runs: &mut Vec<Run>) {
        runs_of(&self.packed, ResultSeries::result, runs);
    }
}

impl ResultSeries {
    /// The session and the number of the outcome of a result.
    fn result(packed: u64) -> (u32, u32) {
        let outcome = match (packed >> 32 & 7) as u32 {
            UNTIMED_PASS => Outcome::Passed as u32,
            outcome => outcome,
        };
        ((packed >> 35) as u32, outcome)
    }

    /// The same of each result.
    fn results(&self) -> impl DoubleEndedIterator<Item = (u32, u32)> {
        self.packed.iter().map(|packed| ResultSeries::result(*packed))
    }

    /// Returns whether a result passed, failed or broke.
    pub(crate) fn is_decided(&self) -> bool {
        let decides = |outcome: Outcome| outcome == Outcome::Passed || outcome.is_failure();
        self.results().any(|(_, outcome)| Outcome::ALL.get(outcome as usize).is_some_and(|outcome| decides(*outcome)))
    }

    /// Returns the verdict of the last session of a settled series.
    pub(crate) fn last_verdict(&self) -> Option<Verdict> {
        let last = self.results().next_back()?.0;
        let results = self.results().rev().take_while(|(session, _)| *session == last);
        Verdict::of(results.filter_map(|(_, outcome)| Outcome::ALL.get(outcome as usize).copied()).collect())
    }

    /// Returns the durations of the passes.
    pub(crate) fn durations(self) -> DurationSeries {
        let mut packed = self.packed;
        packed.retain_mut(|packed| {
            let is_timed_pass = *packed >> 32 & 7 == Outcome::Passed as u64;
            *packed = *packed >> 35 << 32 | *packed & u64::from(u32::MAX);
            is_timed_pass
        });
        DurationSeries { packed, unknown: self.unknown }
    }
}

/// Sorts what mostly is in order already, or comes in a few stretches that are.
fn sort<Value: Ord>(values: &mut [Value]) {
    if !values.is_sorted() {
        // The stable sort, which takes such stretches as they are.
        values.sort();
    }
}

/// Set where the other 31 bits count milliseconds.
const MILLISECONDS: u32 = 1 << 31;

/// Packs microseconds: exact to 35 minutes, to the millisecond up to 24 days, which is also the most.
fn pack(microseconds: u64) -> u32 {
    match u32::try_from(microseconds) {
        Ok(exact) if exact < MILLISECONDS => exact,
        _ => MILLISECONDS | u32::try_from(microseconds / 1000).map_or(MILLISECONDS - 1, |ms| ms.min(MILLISECONDS - 1)),
    }
}

fn unpack(packed: u32) -> u64 {
    if packed & MILLISECONDS == 0 { packed.into() } else { u64::from(packed & !MILLISECONDS) * 1000 }
}

/// Returns a duration in seconds as a [`Duration`]; none of what is no duration.
pub(crate) fn from_seconds(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observation(session: u32, outcome: Outcome) -> Observation {
        Observation { session, outcome, duration: 2_000 }
    }

    #[test]
    fn runs_come_by_session_whatever_the_order_of_the_batches() {
        let mut late = OutcomeSeries::default();
        late.add(observation(7, Outcome::Passed));
        late.add(observation(2, Outcome::Failed));
        let mut series = OutcomeSeries::default();
        series.add(observation(7, Outcome::Rerun));
        series.absorb(late);
        let expected = [
            Run { session: 2, verdict: Verdict::Failed, repeated: false },
            Run { session: 7, verdict: Verdict::Flaky, repeated: true },
        ];
        assert_eq!(series.runs(), expected);
    }

    #[test]
    fn results_are_outcomes_and_durations_together() {
        let untimed = Observation { duration: -1, ..observation(3, Outcome::Passed) };
        let all =
            [observation(5, Outcome::Passed), observation(4, Outcome::Rerun), untimed, observation(4, Outcome::Passed)];
        let (mut results, mut outcomes, mut durations) =
            (ResultSeries::default(), OutcomeSeries::default(), DurationSeries::default());
        for observation in all {
            results.add(observation);
            outcomes.add(observation);
            durations.add(observation);
        }
        assert!(results.has_trouble());
        let mut runs = Vec::new();
        results.settle();
        results.runs_into(&mut runs);
        assert_eq!(runs, outcomes.runs());
        assert_eq!((results.is_decided(), results.last_verdict()), (true, Some(Verdict::Passed)));
        let found = results.durations();
        assert_eq!((found.unknown, durations.unknown), (1, 1));
        assert_eq!((found.timed(), found.at_floor()), (2, 0));
        assert_eq!(found.timings(), durations.timings());
    }

    #[test]
    fn durations_are_exact_to_half_an_hour_and_to_the_millisecond_beyond() {
        for exact in [0, 1, 1_999_999_999, 7_200_123_000] {
            assert_eq!(unpack(pack(exact)), exact);
        }
        assert_eq!(unpack(pack(7_200_123_456)), 7_200_123_000);
        assert_eq!(unpack(pack(u64::MAX)), 2_147_483_647_000);
    }

    #[test]
    fn a_tally_keeps_the_last_session_across_threads() {
        let mut one = Tally::default();
        one.add(observation(3, Outcome::Rerun));
        one.add(observation(1, Outcome::Failed));
        let mut other = Tally::default();
        other.add(observation(3, Outcome::Passed));
        one.absorb(other);
        assert_eq!(one.last_verdict(), Some(Verdict::Flaky));
        assert_eq!((one.runs(), one.failures(), one.sessions, one.total), (2, 1, Some((1, 3)), 6_000));
    }
}
