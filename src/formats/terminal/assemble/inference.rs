//! Final attempts that the log proves without naming them.

use crate::formats::terminal::attempts::Attempts;
use crate::formats::terminal::evidence::Evidence;
use crate::model::{NodeId, Outcome, TestResult};
use std::collections::BTreeSet;

/// Adds the last attempt of tests of which only repeats are named.
///
/// Where all failures of the session are named and the test is not among them, its last attempt passed: the log's own arithmetic.
pub(super) fn infer_final_passes(attempts: &mut Attempts, evidence: &Evidence) {
    let Some(last_line) = &evidence.last_line else { return };
    if !attempts.has_repeats() {
        return;
    }
    let declared = |key| last_line.totals.get(key).unwrap_or_default();
    let named: u64 = attempts.results.iter().map(failures_of).sum();
    if named != declared("failed") + declared("errors") || declared("passed") == 0 {
        return;
    }
    let repeated = attempts.results.iter().filter(|result| result.outcome == Outcome::Rerun);
    let ids: BTreeSet<NodeId> = repeated.map(|result| result.node_id.clone()).collect();
    for node_id in ids {
        let Some(index) = attempts.latest(node_id.as_str()) else { continue };
        let last = &attempts.results[index];
        if last.outcome == Outcome::Rerun {
            let mut result =
                TestResult { attempt: last.attempt.saturating_add(1), ..TestResult::new(node_id, Outcome::Passed) };
            result.properties.insert("insight.inferred".to_owned(), "outcome".to_owned());
            attempts.push(result);
        }
    }
}

/// Returns how many failed or broken reports a result stands for.
pub(super) fn failures_of(result: &TestResult) -> u64 {
    let phases = [result.phases.setup, result.phases.call, result.phases.teardown];
    let broken = phases.into_iter().flatten().filter(|outcome| outcome.is_failure()).count() as u64;
    let subtests = result.subtests.iter().filter(|subtest| subtest.outcome.is_failure()).count() as u64;
    if result.outcome.is_failure() { broken.max(u64::from(subtests == 0)) + subtests } else { 0 }
}
