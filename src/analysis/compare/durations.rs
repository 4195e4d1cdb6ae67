//! Which durations differ.

use super::outcomes::SIGNIFICANT;
use super::report::DurationDifference;
use super::sides::Pair;
use crate::analysis::TestRef;
use crate::analysis::series::{Length, Tally, from_seconds};
use crate::analysis::statistics::{benjamini_hochberg, mann_whitney_ascending, median};

/// How many durations each side needs: of fewer than 4 and 4 no rank test is significant.
const LEAST_DURATIONS: usize = 4;
/// By what factor medians must differ, as for change points.
const LEAST_RATIO: f64 = 1.1;

/// What the durations say.
#[derive(Debug, Default)]
pub(super) struct DurationAnswers {
    pub(super) slower: Vec<DurationDifference>,
    pub(super) faster: Vec<DurationDifference>,
    pub(super) overall: Option<(f64, u64)>,
    pub(super) too_few: u64,
}

/// The durations of a test that passed on both sides and takes at least 50 ms on one.
#[derive(Debug)]
pub(super) struct Measured {
    base_n: u64,
    /// The median of the base, in seconds.
    base: f64,
    target_n: u64,
    target: f64,
    /// `None` where a side has too few durations.
    p_value: Option<f64>,
}

impl DurationAnswers {
    pub(super) fn of(pairs: &[Pair]) -> DurationAnswers {
        let measured: Vec<(&Pair, &Measured)> =
            pairs.iter().filter_map(|pair| Some((pair, pair.durations.as_ref()?))).collect();
        let mut logarithms: Vec<f64> = measured.iter().map(|(_, test)| (test.target / test.base).ln()).collect();
        let n = logarithms.len() as u64;
        let tested: Vec<&(&Pair, &Measured)> = measured.iter().filter(|(_, test)| test.p_value.is_some()).collect();
        let raw: Vec<f64> = tested.iter().filter_map(|(_, test)| test.p_value).collect();
        let mut differences: Vec<DurationDifference> = tested
            .iter()
            .zip(benjamini_hochberg(&raw))
            .filter(|((_, test), p_value)| {
                let ratio = test.target / test.base;
                *p_value <= SIGNIFICANT && ratio.max(1.0 / ratio) >= LEAST_RATIO
            })
            .filter_map(|((pair, test), p_value)| test.difference(&pair.test, p_value))
            .collect();
        differences.sort_by_key(|difference| std::cmp::Reverse(difference.target.abs_diff(difference.base)));
        let (slower, faster) = differences.into_iter().partition(|difference| difference.ratio > 1.0);
        let too_few = (measured.len() - tested.len()) as u64;
        DurationAnswers { slower, faster, overall: median(&mut logarithms).map(|middle| (middle.exp(), n)), too_few }
    }
}

impl Measured {
    /// Measures durations, shortest first; none of a test that did not pass on both sides, or is faster than is looked at.
    pub(super) fn of(base: &[Length], target: &[Length]) -> Option<Measured> {
        let enough = base.len().min(target.len()) >= LEAST_DURATIONS;
        let (base_n, target_n) = (base.len() as u64, target.len() as u64);
        let measured = Measured { base_n, base: middle(base)?, target_n, target: middle(target)?, p_value: None };
        if measured.base.max(measured.target) * 1e6 < Tally::FLOOR as f64 {
            return None;
        }
        let test = enough.then(|| mann_whitney_ascending(base, target)).flatten();
        Some(Measured { p_value: test.map(|test| test.p_value), ..measured })
    }

    fn difference(&self, test: &TestRef, p_value: f64) -> Option<DurationDifference> {
        Some(DurationDifference {
            test: test.clone(),
            base_n: self.base_n,
            base: from_seconds(self.base)?,
            target_n: self.target_n,
            target: from_seconds(self.target)?,
            ratio: self.target / self.base,
            p_value,
        })
    }
}

/// The median of durations, shortest first, in seconds.
fn middle(ascending: &[Length]) -> Option<f64> {
    let low = ascending.get(ascending.len().checked_sub(1)? / 2)?.seconds();
    let high = ascending.get(ascending.len() / 2)?.seconds();
    let middle = if ascending.len() % 2 == 1 { low } else { low + 0.5 * (high - low) };
    // A duration of zero is one below the resolution of the report: a microsecond, so that there is a ratio.
    Some(middle.max(1e-6))
}
