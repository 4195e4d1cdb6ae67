//! Two sides compared, as entries.

use serde::Serialize;

use super::parts::{RateEntry, ScopeEntry};
use crate::analysis::{ComparedSide, DifferenceKind, DurationDifference, OutcomeDifference, Significance, Verdict};
use crate::render::session_entry::CountsEntry;
use crate::wire::microseconds;

/// What there is once of a comparison.
#[derive(Debug, Serialize)]
pub(crate) struct CompareHead {
    pub(super) compared: &'static str,
    pub(super) base: SideEntry,
    pub(super) target: SideEntry,
    pub(super) counts: KindCounts,
    pub(super) still_passing: u64,
    pub(super) overall_ratio: Option<f64>,
    pub(super) overall_ratio_tests: u64,
    pub(super) too_few_durations: u64,
    pub(super) moved: Vec<MovedEntry>,
}

/// One side.
#[derive(Debug, Serialize)]
pub(crate) struct SideEntry {
    name: String,
    scope: ScopeEntry,
    counts: CountsEntry,
    pass_rate: RateEntry,
    names_every_test: bool,
}

/// How many tests differ in which way.
#[derive(Debug, Serialize)]
pub(crate) struct KindCounts {
    pub(super) new_failures: u64,
    pub(super) added_failing: u64,
    pub(super) still_failing: u64,
    pub(super) worse: u64,
    pub(super) better: u64,
    pub(super) unsteady: u64,
    pub(super) fixed: u64,
    pub(super) added: u64,
    pub(super) removed: u64,
    pub(super) changed: u64,
    pub(super) slower: u64,
    pub(super) faster: u64,
}

/// A test that seems to live on under another id.
#[derive(Debug, Serialize)]
pub(crate) struct MovedEntry {
    pub(super) sut_name: Option<String>,
    pub(super) from: String,
    pub(super) to: String,
}

/// A test that differs: in outcome, or in duration.
#[derive(Debug, Serialize, Default)]
pub(crate) struct DifferenceEntry {
    kind: &'static str,
    sut_name: Option<String>,
    nodeid: String,
    base: Option<&'static str>,
    target: Option<&'static str>,
    base_rate: RateEntry,
    target_rate: RateEntry,
    base_n: Option<u64>,
    base_median_us: Option<u64>,
    target_n: Option<u64>,
    target_median_us: Option<u64>,
    ratio: Option<f64>,
    p_value: Option<f64>,
    significant: bool,
}

impl From<&OutcomeDifference> for DifferenceEntry {
    fn from(difference: &OutcomeDifference) -> DifferenceEntry {
        DifferenceEntry {
            kind: word(difference.kind),
            sut_name: difference.test.sut_name.clone(),
            nodeid: difference.test.node_id.to_string(),
            base: difference.base.map(Verdict::as_str),
            target: difference.target.map(Verdict::as_str),
            base_rate: (&difference.base_rate).into(),
            target_rate: (&difference.target_rate).into(),
            p_value: p_value(difference.significance),
            significant: difference.significance.is_significant(),
            ..DifferenceEntry::default()
        }
    }
}

impl DifferenceEntry {
    /// Returns the entry of a difference of duration.
    pub(super) fn of_duration(difference: &DurationDifference) -> DifferenceEntry {
        DifferenceEntry {
            kind: if difference.ratio > 1.0 { "slower" } else { "faster" },
            sut_name: difference.test.sut_name.clone(),
            nodeid: difference.test.node_id.to_string(),
            base_n: Some(difference.base_n),
            base_median_us: Some(microseconds(difference.base)),
            target_n: Some(difference.target_n),
            target_median_us: Some(microseconds(difference.target)),
            ratio: Some(difference.ratio),
            p_value: Some(difference.p_value),
            // Only significant differences of duration are reported.
            significant: true,
            ..DifferenceEntry::default()
        }
    }
}

/// Returns the p-value of a difference; none of one that was not tested.
pub(super) fn p_value(significance: Significance) -> Option<f64> {
    match significance {
        Significance::Untested => None,
        Significance::Chance(p) | Significance::Significant(p) => Some(p),
    }
}

fn word(kind: DifferenceKind) -> &'static str {
    match kind {
        DifferenceKind::NewFailure => "new-failure",
        DifferenceKind::AddedFailing => "added-failing",
        DifferenceKind::StillFailing => "still-failing",
        DifferenceKind::Worse => "worse",
        DifferenceKind::Better => "better",
        DifferenceKind::Unsteady => "unsteady",
        DifferenceKind::Fixed => "fixed",
        DifferenceKind::Added => "added",
        DifferenceKind::Removed => "removed",
        DifferenceKind::Changed => "changed",
    }
}

/// Returns the entry of one side.
pub(super) fn side(name: &str, side: &ComparedSide) -> SideEntry {
    SideEntry {
        name: name.to_owned(),
        scope: (&side.scope).into(),
        counts: side.counts.into(),
        pass_rate: (&side.pass_rate).into(),
        names_every_test: side.names_every_test,
    }
}
