//! When a test's outcomes changed: Bayesian change points.
//!
//! The model of LUCI (Chromium's test analysis, `analysis/internal/changepoints`): between two change points a test fails at
//! a constant unknown rate. Two Bernoulli streams: does a run have a failure at all (prior Beta(0.3, 0.5)), and if it was
//! repeated, did it still fail (prior Beta(0.5, 0.5))? The likelihood of a stretch with `x` of `n` is
//! `ln B(x + a, n - x + b) - ln B(a, b)`; a stretch is split at its best point where the likelihood of the two parts exceeds
//! that of the whole by more than `ln 10⁴`, and each part again. Beyond LUCI, an episode is found by both its ends at once.

use std::ops::{Add, Sub};
use std::sync::LazyLock;

use super::series::Run;

/// How much more likely two stretches must be than one: `-ln(0.0001)`, LUCI's prior for a change point.
const THRESHOLD: f64 = 9.210_340_371_976_182;

/// The part of the posterior that may lie beyond each end of the interval for a change point: 99 % lie within.
const TAIL: f64 = 0.005;

/// How many of a test's last runs are looked at: LUCI's cold buffer.
pub(super) const MOST_RUNS: usize = 2_000;

/// Where a test's outcomes changed, as indices of positions: the stretch after the change begins there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OutcomeChange {
    /// The most likely position.
    pub(super) at: usize,
    /// The first position of the 99 % interval.
    pub(super) earliest: usize,
    /// The last position of the 99 % interval.
    pub(super) latest: usize,
}

/// What happened at one position of a test's history, or in a stretch of positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Trials {
    /// Runs that passed or failed.
    pub(super) runs: u32,
    /// Runs in which an attempt failed.
    pub(super) unexpected: u32,
    /// Runs in which an attempt was repeated.
    pub(super) repeated: u32,
    /// Runs that failed although an attempt was repeated.
    pub(super) failed_after_repeat: u32,
}

impl Trials {
    /// Returns a run as trials; nothing of one that neither passed nor failed.
    pub(super) fn of(run: Run) -> Trials {
        if !run.verdict.counts() {
            return Trials::default();
        }
        let failed = run.verdict.is_failure();
        Trials {
            runs: 1,
            unexpected: u32::from(failed || run.repeated),
            repeated: u32::from(run.repeated),
            failed_after_repeat: u32::from(failed && run.repeated),
        }
    }

    /// Whether moving the boundary across this position cannot raise the likelihood if it did not at the previous one:
    /// between equal runs the likelihood is convex in the boundary, so its maximum lies at an end of such a stretch.
    fn continues(self, previous: Trials) -> bool {
        let pure =
            |trials: Trials| (trials.unexpected == 0).then_some(0).or((trials == trials.all_failed()).then_some(1));
        pure(self).is_some() && pure(self) == pure(previous)
    }

    fn all_failed(self) -> Trials {
        Trials { runs: self.runs, unexpected: self.runs, repeated: 0, failed_after_repeat: 0 }
    }

    fn ln_likelihood(self) -> f64 {
        let tables = &*LN_GAMMA;
        tables.first.ln_beta(self.unexpected, self.runs)
            + tables.repeat.ln_beta(self.failed_after_repeat, self.repeated)
    }
}

impl Add for Trials {
    type Output = Trials;
    fn add(self, other: Trials) -> Trials {
        Trials {
            runs: self.runs + other.runs,
            unexpected: self.unexpected + other.unexpected,
            repeated: self.repeated + other.repeated,
            failed_after_repeat: self.failed_after_repeat + other.failed_after_repeat,
        }
    }
}

impl Sub for Trials {
    type Output = Trials;
    fn sub(self, other: Trials) -> Trials {
        Trials {
            runs: self.runs - other.runs,
            unexpected: self.unexpected - other.unexpected,
            repeated: self.repeated - other.repeated,
            failed_after_repeat: self.failed_after_repeat - other.failed_after_repeat,
        }
    }
}

/// Returns the change points of a test's history, position by position in order of time.
///
/// Minimum n: none is set; the threshold decides. After 10 passes it takes 6 failures in a row, after 20
/// passes 4, after 50 passes 3, after 500 passes 2.
pub(super) fn outcome_changes(positions: &[Trials]) -> Vec<OutcomeChange> {
    let mut sums = Vec::with_capacity(positions.len() + 1);
    let mut sum = Trials::default();
    sums.push(sum);
    for position in positions {
        sum = sum + *position;
        sums.push(sum);
    }
    let mut splits = Vec::new();
    split(positions, &sums, 0, positions.len(), &mut splits);
    splits.sort_unstable();
    let end = |index: usize| splits.get(index).copied().unwrap_or(positions.len());
    let starts = std::iter::once(0).chain(splits.iter().copied());
    let changes = splits.iter().zip(starts).enumerate().map(|(index, (at, from))| {
        let (earliest, latest) = interval(&sums, from, end(index + 1));
        OutcomeChange { at: *at, earliest: earliest.min(*at), latest: latest.max(*at) }
    });
    changes.collect()
}

fn between(sums: &[Trials], from: usize, to: usize) -> Trials {
    match (sums.get(from), sums.get(to)) {
        (Some(from), Some(to)) => *to - *from,
        _ => Trials::default(),
    }
}

fn split(positions: &[Trials], sums: &[Trials], from: usize, to: usize, splits: &mut Vec<usize>) {
    let whole = between(sums, from, to);
    if whole.unexpected == 0 || whole.runs < 2 {
        return;
    }
    let candidates: Vec<usize> = (from + 1..to)
        .filter(|at| match (positions.get(at - 1), positions.get(*at)) {
            (Some(previous), Some(next)) => !next.continues(*previous),
            _ => false,
        })
        .collect();
    let found = best_point(sums, from, to, &candidates).or_else(|| best_episode(sums, from, to, &candidates));
    let mut start = from;
    for at in found.iter().flatten().copied() {
        split(positions, sums, start, at, splits);
        splits.push(at);
        start = at;
    }
    if found.is_some() {
        split(positions, sums, start, to, splits);
    }
}

/// The best single change point, where it passes the threshold.
fn best_point(sums: &[Trials], from: usize, to: usize, candidates: &[usize]) -> Option<Vec<usize>> {
    let gain = |at: &usize| between(sums, from, *at).ln_likelihood() + between(sums, *at, to).ln_likelihood();
    let best = candidates.iter().max_by(|left, right| gain(left).total_cmp(&gain(right)))?;
    (gain(best) - between(sums, from, to).ln_likelihood() > THRESHOLD).then(|| vec![*best])
}

/// The best two change points at once, where they pass the threshold of both: an episode of failures that ended is no better
/// described by one change than by none, so that looking for one at a time does not see it. LUCI does not do this.
///
/// Not looked for where there are so many candidates that there is no episode to be seen.
fn best_episode(sums: &[Trials], from: usize, to: usize, candidates: &[usize]) -> Option<Vec<usize>> {
    const MOST_CANDIDATES: usize = 64;
    if candidates.len() > MOST_CANDIDATES {
        return None;
    }
    let mut best: Option<(f64, [usize; 2])> = None;
    for (index, begin) in candidates.iter().enumerate() {
        let before = between(sums, from, *begin).ln_likelihood();
        for end in candidates.iter().skip(index + 1) {
            let likelihood =
                before + between(sums, *begin, *end).ln_likelihood() + between(sums, *end, to).ln_likelihood();
            if best.is_none_or(|(highest, _)| likelihood > highest) {
                best = Some((likelihood, [*begin, *end]));
            }
        }
    }
    let (likelihood, episode) = best?;
    (likelihood - between(sums, from, to).ln_likelihood() > 2.0 * THRESHOLD).then(|| episode.to_vec())
}

/// The central 99 % of the posterior of the one change point between two others, every position equally likely before.
fn interval(sums: &[Trials], from: usize, to: usize) -> (usize, usize) {
    let likelihoods: Vec<f64> = (from + 1..to)
        .map(|at| between(sums, from, at).ln_likelihood() + between(sums, at, to).ln_likelihood())
        .collect();
    let highest = likelihoods.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = likelihoods.iter().map(|likelihood| (likelihood - highest).exp()).collect();
    let total: f64 = weights.iter().sum();
    let (mut earliest, mut latest, mut below) = (from + 1, to.saturating_sub(1), 0.0);
    let mut open = true;
    for (at, weight) in (from + 1..to).zip(&weights) {
        below += weight / total;
        if below < TAIL {
            earliest = at + 1;
        }
        if open && below > 1.0 - TAIL {
            latest = at;
            open = false;
        }
    }
    (earliest, latest)
}

/// `ln B(x + a, n - x + b) - ln B(a, b)` for every `x <= n <= MOST_RUNS`, from three tables of `ln Γ`.
struct LnBeta {
    a: Vec<f64>,
    b: Vec<f64>,
    sum: Vec<f64>,
    prior: f64,
}

impl LnBeta {
    fn new(a: f64, b: f64) -> LnBeta {
        let table = |offset: f64| (0..=MOST_RUNS).map(|n| libm::lgamma(n as f64 + offset)).collect();
        let prior = libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b);
        LnBeta { a: table(a), b: table(b), sum: table(a + b), prior }
    }

    fn ln_beta(&self, x: u32, n: u32) -> f64 {
        let at = |table: &[f64], index: u32| table.get(index as usize).copied().unwrap_or(f64::NEG_INFINITY);
        at(&self.a, x) + at(&self.b, n - x) - at(&self.sum, n) - self.prior
    }
}

struct Tables {
    first: LnBeta,
    repeat: LnBeta,
}

static LN_GAMMA: LazyLock<Tables> =
    LazyLock::new(|| Tables { first: LnBeta::new(0.3, 0.5), repeat: LnBeta::new(0.5, 0.5) });

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::verdict::Verdict;

    fn positions(outcomes: &str) -> Vec<Trials> {
        let run = |character| match character {
            '.' => Run { session: 0, verdict: Verdict::Passed, repeated: false },
            'F' => Run { session: 0, verdict: Verdict::Failed, repeated: false },
            'r' => Run { session: 0, verdict: Verdict::Flaky, repeated: true },
            _ => Run { session: 0, verdict: Verdict::Failed, repeated: true },
        };
        outcomes.chars().map(|character| Trials::of(run(character))).collect()
    }

    fn changes(outcomes: &str) -> Vec<usize> {
        outcome_changes(&positions(outcomes)).into_iter().map(|change| change.at).collect()
    }

    /// `scipy.special.betaln(x + a, n - x + b) - betaln(a, b)`, scipy 1.17.1, of 3 of 20 runs and 2 of 3 repeats.
    #[test]
    fn the_likelihood_of_a_stretch_equals_scipy() {
        let trials = Trials { runs: 20, unexpected: 3, repeated: 3, failed_after_repeat: 2 };
        assert!((trials.ln_likelihood() - LIKELIHOOD).abs() < 1e-9, "{}", trials.ln_likelihood());
    }
    const LIKELIHOOD: f64 = -12.952_968_772_883_555;

    #[test]
    fn a_lasting_failure_is_found_where_it_began() {
        let outcomes = format!("{}{}", ".".repeat(20), "F".repeat(4));
        assert_eq!(changes(&outcomes), [20]);
        let change = outcome_changes(&positions(&outcomes))[0];
        assert!(change.earliest >= 15 && change.latest <= 21, "{change:?}");
        assert!(changes(&format!("{}{}", ".".repeat(20), "F".repeat(3))).is_empty());
        assert_eq!(changes(&format!("{}{}", ".".repeat(500), "F".repeat(2))), [500]);
    }

    #[test]
    fn a_failure_and_its_repair_are_two_changes() {
        assert_eq!(changes(&format!("{}{}{}", ".".repeat(30), "F".repeat(8), ".".repeat(30))), [30, 38]);
    }

    #[test]
    fn single_failures_now_and_then_are_no_change() {
        assert!(changes(&".....F...........F......F..".repeat(4)).is_empty());
        assert!(changes(&"r...r..r.r...".repeat(5)).is_empty());
    }

    #[test]
    fn a_test_that_begins_to_need_repeats_has_changed() {
        let found = changes(&format!("{}{}", ".".repeat(40), "rr.rrr.rr".repeat(3)));
        assert_eq!(found, [40]);
    }

    /// Every position is tried here, and only the promising ones above.
    #[test]
    fn skipping_positions_loses_no_change() {
        let mut random = 12345_u64;
        for _ in 0..200 {
            let outcomes: String = (0..60)
                .map(|_| {
                    random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    ['.', '.', '.', 'F', 'r', 'R'][(random >> 33) as usize % 6]
                })
                .collect();
            let positions = positions(&outcomes);
            let mut sums = vec![Trials::default()];
            for position in &positions {
                sums.push(sums[sums.len() - 1] + *position);
            }
            let best = (1..60)
                .map(|at| between(&sums, 0, at).ln_likelihood() + between(&sums, at, 60).ln_likelihood())
                .fold(f64::NEG_INFINITY, f64::max);
            let skipped = (1..60)
                .filter(|at| !positions[*at].continues(positions[at - 1]))
                .map(|at| between(&sums, 0, at).ln_likelihood() + between(&sums, at, 60).ln_likelihood())
                .fold(f64::NEG_INFINITY, f64::max);
            assert!((best - skipped).abs() < 1e-9, "{outcomes}");
        }
    }
}
