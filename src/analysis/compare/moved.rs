//! Tests that seem to live on under another id.

use std::collections::HashMap;

use strsim::normalized_levenshtein;

use super::report::{DifferenceKind, MovedTest, OutcomeDifference};
use crate::analysis::TestRef;

/// How alike two names in one file must be.
const ALIKE: f64 = 0.8;
/// How many removed and added tests are compared with each other by name.
const MOST: usize = 500;

/// Returns which removed test seems to be which added one.
///
/// In this order: the same class, function and parameters in another file, where only one was removed and one added so; the
/// same file, and names that are each other's best match and at least 80 % alike (1 - edit distance / length of the longer).
pub(super) fn moved(differences: &[OutcomeDifference]) -> Vec<MovedTest> {
    let of = |kinds: &[DifferenceKind]| -> Vec<&TestRef> {
        differences
            .iter()
            .filter(|difference| kinds.contains(&difference.kind))
            .map(|difference| &difference.test)
            .collect()
    };
    let mut removed = of(&[DifferenceKind::Removed]);
    let mut added = of(&[DifferenceKind::Added, DifferenceKind::AddedFailing]);
    let mut found = other_file(&removed, &added);
    removed.retain(|test| !found.iter().any(|moved| moved.from == **test));
    added.retain(|test| !found.iter().any(|moved| moved.to == **test));
    if removed.len() <= MOST && added.len() <= MOST {
        found.extend(other_name(&removed, &added));
    }
    found
}

fn other_file(removed: &[&TestRef], added: &[&TestRef]) -> Vec<MovedTest> {
    let by_domain = |tests: &[&TestRef]| {
        let mut by_domain: HashMap<String, Vec<TestRef>> = HashMap::new();
        for test in tests {
            if let Some(domain) = test.node_id.domain() {
                by_domain.entry(domain.to_owned()).or_default().push((*test).clone());
            }
        }
        by_domain
    };
    let added = by_domain(added);
    let gone = by_domain(removed);
    let only = |map: &HashMap<String, Vec<TestRef>>, domain: &str| match map.get(domain).map(Vec::as_slice) {
        Some([test]) => Some(test.clone()),
        _ => None,
    };
    let moved = removed.iter().filter_map(|test| {
        let domain = test.node_id.domain()?;
        Some(MovedTest { from: only(&gone, domain)?, to: only(&added, domain)? })
    });
    moved.collect()
}

fn other_name(removed: &[&TestRef], added: &[&TestRef]) -> Vec<MovedTest> {
    let likeness = |left: &TestRef, right: &TestRef| match (left.node_id.domain(), right.node_id.domain()) {
        (Some(old), Some(new)) if left.node_id.path() == right.node_id.path() => normalized_levenshtein(old, new),
        _ => 0.0,
    };
    let best = |test: &TestRef, others: &[&TestRef]| {
        let scored = others.iter().enumerate().map(|(place, other)| (place, likeness(test, other)));
        scored
            .filter(|(_, alike)| *alike >= ALIKE)
            .max_by(|left, right| left.1.total_cmp(&right.1))
            .map(|(place, _)| place)
    };
    let found = removed.iter().enumerate().filter_map(|(place, from)| {
        let to = added.get(best(from, added)?)?;
        (best(to, removed) == Some(place)).then(|| MovedTest { from: (*from).clone(), to: (*to).clone() })
    });
    found.collect()
}
