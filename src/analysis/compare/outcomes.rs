//! Which outcomes differ.

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::report::{ComparedSide, DifferenceKind, OutcomeDifference, Significance};
use super::sides::Pair;
use crate::analysis::statistics::{benjamini_hochberg, fisher_exact_greater};
use crate::analysis::{PassRate, Verdict};
use crate::model::Ratio;

/// The false discovery rate at which a difference is called significant.
pub(super) const SIGNIFICANT: f64 = 0.05;
/// By how much pass rates must differ. Source: Sippy's pity factor, 5 points.
const LEAST_DIFFERENCE: f64 = 0.05;
/// How many failures the worse side must have. Source: Sippy's minimum failure count.
const LEAST_FAILURES: u64 = 3;

/// Returns the tests whose outcomes differ, and how many tests just keep passing.
pub(super) fn outcome_differences(
    pairs: &[Pair],
    base: &ComparedSide,
    target: &ComparedSide,
) -> (Vec<OutcomeDifference>, u64) {
    // Where a side leaves passed tests unnamed, its rates would be rates of failures alone.
    let rates_known = base.names_every_test && target.names_every_test;
    let rates: Vec<(PassRate, PassRate)> = pairs.iter().map(|pair| (pair.base.rate, pair.target.rate)).collect();
    let significances = significances(&rates, rates_known);
    let mut differences = Vec::new();
    let mut still_passing = 0;
    for ((pair, (base_rate, target_rate)), significance) in pairs.iter().zip(rates).zip(significances) {
        let (base_last, target_last) = (pair.base.last, pair.target.last);
        let by_rate = || {
            let better = target_rate.value() > base_rate.value();
            significance.is_significant().then_some(if better { DifferenceKind::Better } else { DifferenceKind::Worse })
        };
        let kind = match kind(base_last, target_last, base, target) {
            None => by_rate(),
            Some(DifferenceKind::NewFailure) if base_rate.failures() > 0 => {
                by_rate().or(Some(DifferenceKind::Unsteady))
            }
            Some(DifferenceKind::Fixed) if target_rate.failures() > 0 => by_rate().or(Some(DifferenceKind::Unsteady)),
            kind => kind,
        };
        let Some(kind) = kind else {
            still_passing +=
                u64::from(base_last.is_some_and(Verdict::is_pass) && target_last.is_some_and(Verdict::is_pass));
            continue;
        };
        differences.push(OutcomeDifference {
            test: pair.test.clone(),
            kind,
            base: base_last,
            target: target_last,
            base_rate,
            target_rate,
            significance,
        });
    }
    differences.sort_by(|left, right| {
        left.kind.cmp(&right.kind).then_with(|| left.significance.rank().total_cmp(&right.significance.rank()))
    });
    (differences, still_passing)
}

/// The kind by the last verdicts alone; `None` where they do not differ. `NewFailure` and `Fixed` are such only where the other side never failed.
///
/// | base | target | kind |
/// |---|---|---|
/// | absent | any | none where the base has no session |
/// | absent | failed | `AddedFailing`; `NewFailure` where the base leaves passed tests unnamed |
/// | absent | other | `Added`; none where the base leaves passed tests unnamed, or is not whole |
/// | failed | absent | `Removed`; `Fixed` where the target leaves passed tests unnamed; none where it is not whole |
/// | other | absent | `Removed`; none where the target leaves passed tests unnamed, or is not whole |
/// | failed | failed | `StillFailing` |
/// | failed | passed | `Fixed` |
/// | other | failed | `NewFailure` |
/// | passed | passed | none |
/// | any | other | none where the verdicts are the same, else `Changed` |
fn kind(
    base: Option<Verdict>,
    target: Option<Verdict>,
    base_side: &ComparedSide,
    target_side: &ComparedSide,
) -> Option<DifferenceKind> {
    match (base, target) {
        (None, None) => None,
        (Some(_), None) if !target_side.is_whole => None,
        (None, Some(_)) if base_side.scope.sessions == 0 => None,
        (None, Some(target)) if !base_side.is_whole && !target.is_failure() => None,
        (None, Some(target)) => match (target.is_failure(), base_side.names_every_test) {
            (true, true) => Some(DifferenceKind::AddedFailing),
            (true, false) => Some(DifferenceKind::NewFailure),
            (false, true) => Some(DifferenceKind::Added),
            (false, false) => None,
        },
        (Some(base), None) => match (base.is_failure(), target_side.names_every_test) {
            (_, true) => Some(DifferenceKind::Removed),
            (true, false) => Some(DifferenceKind::Fixed),
            (false, false) => None,
        },
        (Some(base), Some(target)) => match (base.is_failure(), target.is_failure()) {
            (true, true) => Some(DifferenceKind::StillFailing),
            (false, true) => Some(DifferenceKind::NewFailure),
            (true, false) if target.is_pass() => Some(DifferenceKind::Fixed),
            (false, false) if base == target || base.is_pass() && target.is_pass() => None,
            (true | false, false) => Some(DifferenceKind::Changed),
        },
    }
}

/// Fisher's exact test of each pair of rates, in the direction in which they differ, adjusted for how many are tested.
fn significances(rates: &[(PassRate, PassRate)], known: bool) -> Vec<Significance> {
    let failures = |rate: &PassRate| Ratio { part: rate.failures(), whole: rate.ratio.whole };
    let p_value = |(base, target): &(PassRate, PassRate)| {
        let (base, target) = (failures(base), failures(target));
        // One run against one proves nothing, and is not even looked at.
        if !known || base.whole == 0 || target.whole == 0 || base.whole + target.whole < 3 {
            return None;
        }
        let worse = target.value() > base.value();
        Some(if worse { fisher_exact_greater(base, target) } else { fisher_exact_greater(target, base) })
    };
    let p_values: Vec<Option<f64>> = rates.par_iter().map(p_value).collect();
    // Tests that never failed are not tested: there is nothing that could differ.
    let tested: Vec<usize> = (0..rates.len())
        .filter(|at| {
            p_values.get(*at).is_some_and(Option::is_some)
                && rates.get(*at).is_some_and(|(base, target)| failures(base).part + failures(target).part > 0)
        })
        .collect();
    let raw: Vec<f64> = tested.iter().filter_map(|at| p_values.get(*at).copied().flatten()).collect();
    let mut significances: Vec<Significance> =
        p_values.iter().map(|p| p.map_or(Significance::Untested, |_| Significance::Chance(1.0))).collect();
    for (at, adjusted) in tested.into_iter().zip(benjamini_hochberg(&raw)) {
        if let (Some(place), Some((base, target))) = (significances.get_mut(at), rates.get(at)) {
            let (base, target) = (failures(base), failures(target));
            let difference = (base.value().unwrap_or(0.0) - target.value().unwrap_or(0.0)).abs();
            let worse = if target.value() > base.value() { target } else { base };
            let large = difference >= LEAST_DIFFERENCE && worse.part >= LEAST_FAILURES;
            *place = if adjusted <= SIGNIFICANT && large {
                Significance::Significant(adjusted)
            } else {
                Significance::Chance(adjusted)
            };
        }
    }
    significances
}
