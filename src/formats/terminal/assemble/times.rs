//! Durations and marks of warnings, from the sections that list them.

use crate::formats::terminal::attempts::Attempts;
use crate::formats::terminal::blocks::SectionText;
use crate::formats::terminal::titles::Section;
use crate::formats::terminal::warnings;
use crate::model::{NodeId, TestResult};
use std::collections::{HashMap, HashSet};
use std::time::Duration;

pub(super) fn durations(sections: &[SectionText]) -> Vec<(String, Duration)> {
    let mut order = Vec::new();
    let mut sums: HashMap<&str, Duration> = HashMap::new();
    for section in sections.iter().filter(|section| section.section == Section::Durations) {
        for (node_id, time) in warnings::durations(&section.content) {
            *sums.entry(node_id).or_insert_with(|| {
                order.push(node_id);
                Duration::ZERO
            }) += time;
        }
    }
    order.into_iter().map(|node_id| (node_id.to_owned(), sums[node_id])).collect()
}

/// Gives tests with one attempt their duration; of several attempts the list does not tell which is which.
pub(super) fn give_durations(attempts: &mut Attempts, durations: &[(String, Duration)]) {
    for (node_id, duration) in durations {
        if let Some(index) = attempts.only(node_id) {
            attempts.results[index].duration.get_or_insert(*duration);
        }
    }
}

/// Marks the tests of which the log tells whether they gave a warning. Where it declares none at all, the results say so already.
pub(super) fn give_warning_marks(results: &mut [TestResult], warnings: &[warnings::Warnings], no_warnings: bool) {
    let named: HashSet<&NodeId> =
        warnings.iter().flat_map(|found| &found.warnings).filter_map(|warning| warning.node_id.as_ref()).collect();
    let all_named = warnings.iter().all(|found| !found.folded) && !warnings.is_empty();
    if named.is_empty() && (no_warnings || !all_named) {
        return;
    }
    for result in results {
        if named.contains(&result.node_id) {
            result.has_warning = Some(true);
        } else if all_named {
            result.has_warning = Some(false);
        }
    }
}
