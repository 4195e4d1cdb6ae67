//! Tests that ran more than once in a session.

use std::collections::HashMap;

use super::{NodeId, Outcome, Results, TestResult};

/// A test that pytest repeated: its attempts, as indices into the session's results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RerunTestGroup {
    /// The test.
    pub node_id: NodeId,
    /// How the last attempt ended.
    pub final_outcome: Outcome,
    /// The last attempt.
    pub final_test: usize,
    /// The attempts before it, in order.
    pub forerunners: Vec<usize>,
}

impl RerunTestGroup {
    /// Returns all attempts in order: the forerunners, then the last.
    pub fn full_test_list(&self) -> Vec<usize> {
        let mut all = self.forerunners.clone();
        all.push(self.final_test);
        all
    }
}

/// Returns the tests that have a repeated attempt (an outcome of `Rerun`, or an attempt number above 1), in the order of
/// their first attempt.
///
/// Equal ids alone are not a rerun: two tests can share an id, and `--dist each` runs every test on every worker.
pub fn rerun_test_groups(results: &Results) -> Vec<RerunTestGroup> {
    if !results.may_have_reruns() {
        return Vec::new();
    }
    let repeated = |result: &TestResult| result.outcome == Outcome::Rerun || result.attempt > 1;
    let mut members: HashMap<NodeId, Vec<(usize, Outcome)>> =
        results.iter().filter(|result| repeated(result)).map(|result| (result.node_id.clone(), Vec::new())).collect();
    for (index, result) in results.iter().enumerate() {
        if let Some(attempts) = members.get_mut(&result.node_id) {
            attempts.push((index, result.outcome));
        }
    }
    let mut groups: Vec<RerunTestGroup> = members
        .into_iter()
        .filter_map(|(node_id, mut attempts)| {
            let (final_test, final_outcome) = attempts.pop()?;
            let forerunners = attempts.into_iter().map(|(index, _)| index).collect();
            Some(RerunTestGroup { node_id, final_outcome, final_test, forerunners })
        })
        .collect();
    groups.sort_by_key(|group| group.forerunners.first().copied().unwrap_or(group.final_test));
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_hold_all_attempts_in_order_and_leave_single_tests_out() {
        let attempt = |id: &str, outcome, attempt| TestResult { attempt, ..TestResult::new(id, outcome) };
        let results = [
            attempt("b", Outcome::Rerun, 1),
            attempt("a", Outcome::Passed, 1),
            attempt("c", Outcome::Rerun, 1),
            attempt("b", Outcome::Rerun, 2),
            attempt("b", Outcome::Passed, 3),
            attempt("c", Outcome::Failed, 2),
        ];
        let groups = rerun_test_groups(&results.into());
        let shape: Vec<_> =
            groups.iter().map(|group| (group.node_id.as_str(), group.final_outcome, group.full_test_list())).collect();
        assert_eq!(shape, [("b", Outcome::Passed, vec![0, 3, 4]), ("c", Outcome::Failed, vec![2, 5])]);
    }

    #[test]
    fn equal_ids_without_a_repeat_are_no_group() {
        let results = [TestResult::new("a", Outcome::Passed), TestResult::new("a", Outcome::Failed)];
        assert_eq!(rerun_test_groups(&results.into()), []);
    }
}
