//! Durations and marks of warnings, from the sections that list them.

use crate::formats::terminal::blocks::SectionText;
use crate::formats::terminal::evidence::Evidence;
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
pub(super) fn give_durations(results: &mut [TestResult], durations: &[(String, Duration)]) {
    if durations.is_empty() {
        return;
    }
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, result) in results.iter().enumerate() {
        places.entry(result.node_id.as_str().to_owned()).or_default().push(index);
    }
    for (node_id, duration) in durations {
        if let Some([index]) = places.get(node_id).map(Vec::as_slice) {
            results[*index].duration.get_or_insert(*duration);
        }
    }
}

pub(super) fn give_warning_marks(results: &mut [TestResult], warnings: &[warnings::Warnings], evidence: &Evidence) {
    let declared = evidence.last_line.as_ref().map(|line| line.totals.get("warnings").unwrap_or_default());
    let named: HashSet<&NodeId> =
        warnings.iter().flat_map(|found| &found.warnings).filter_map(|warning| warning.node_id.as_ref()).collect();
    let all_named = warnings.iter().all(|found| !found.folded) && !warnings.is_empty();
    for result in results {
        result.has_warning = match declared {
            _ if named.contains(&result.node_id) => Some(true),
            Some(0) => Some(false),
            Some(_) | None if all_named => Some(false),
            Some(_) | None => None,
        };
    }
}
