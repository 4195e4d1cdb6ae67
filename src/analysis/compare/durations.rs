//! Which durations differ.

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::outcomes::SIGNIFICANT;
use super::report::DurationDifference;
use super::sides::Pair;
use crate::analysis::series::{Tally, from_seconds};
use crate::analysis::statistics::{benjamini_hochberg, mann_whitney, median};

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

/// One test with durations on both sides.
struct Measured<'a> {
    pair: &'a Pair,
    base: f64,
    target: f64,
    p_value: Option<f64>,
}

impl DurationAnswers {
    pub(super) fn of(pairs: &[Pair]) -> DurationAnswers {
        let measured: Vec<Measured<'_>> = pairs.par_iter().filter_map(measure).collect();
        let mut logarithms: Vec<f64> = measured.iter().map(|test| (test.target / test.base).ln()).collect();
        let n = logarithms.len() as u64;
        let tested: Vec<&Measured<'_>> = measured.iter().filter(|test| test.p_value.is_some()).collect();
        let raw: Vec<f64> = tested.iter().filter_map(|test| test.p_value).collect();
        let mut differences: Vec<DurationDifference> = tested
            .iter()
            .zip(benjamini_hochberg(&raw))
            .filter(|(test, p_value)| {
                let ratio = test.target / test.base;
                *p_value <= SIGNIFICANT && ratio.max(1.0 / ratio) >= LEAST_RATIO
            })
            .filter_map(|(test, p_value)| test.difference(p_value))
            .collect();
        differences.sort_by_key(|difference| std::cmp::Reverse(difference.target.abs_diff(difference.base)));
        let (slower, faster) = differences.into_iter().partition(|difference| difference.ratio > 1.0);
        let too_few = (measured.len() - tested.len()) as u64;
        DurationAnswers { slower, faster, overall: median(&mut logarithms).map(|middle| (middle.exp(), n)), too_few }
    }
}

/// A test that passed on both sides and takes at least 50 ms on one; its p-value where both have enough durations.
fn measure(pair: &Pair) -> Option<Measured<'_>> {
    // A duration of zero is one below the resolution of the report: a microsecond, so that there is a ratio.
    let middle = |passes: &[f64]| median(&mut passes.to_vec()).map(|seconds| seconds.max(1e-6));
    let (base, target) = (middle(&pair.base.passes)?, middle(&pair.target.passes)?);
    if base.max(target) * 1e6 < Tally::FLOOR as f64 {
        return None;
    }
    let enough = pair.base.passes.len().min(pair.target.passes.len()) >= LEAST_DURATIONS;
    let p_value = enough.then(|| mann_whitney(&pair.base.passes, &pair.target.passes)).flatten();
    Some(Measured { pair, base, target, p_value: p_value.map(|test| test.p_value) })
}

impl Measured<'_> {
    fn difference(&self, p_value: f64) -> Option<DurationDifference> {
        Some(DurationDifference {
            test: self.pair.test.clone(),
            base_n: self.pair.base.passes.len() as u64,
            base: from_seconds(self.base)?,
            target_n: self.pair.target.passes.len() as u64,
            target: from_seconds(self.target)?,
            ratio: self.target / self.base,
            p_value,
        })
    }
}
