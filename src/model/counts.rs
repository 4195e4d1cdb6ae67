//! How many tests of a session came to what.

use std::collections::HashMap;
use std::ops::AddAssign;

use super::{NodeId, Outcome, Results};

/// Tests by final outcome, and repeated attempts beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutcomeCounts {
    /// Tests whose last attempt passed.
    pub passed: u64,
    /// Tests whose last attempt failed.
    pub failed: u64,
    /// Tests whose last attempt broke in setup or teardown, and modules that could not be collected.
    pub errors: u64,
    /// Tests that were skipped.
    pub skipped: u64,
    /// Tests that failed as expected.
    pub xfailed: u64,
    /// Tests that passed unexpectedly.
    pub xpassed: u64,
    /// Attempts that were repeated. They are not tests: the test counts under its last attempt.
    pub rerun: u64,
    /// Tests of which only repeated attempts are known: the run ended before the last.
    pub unfinished: u64,
}

impl OutcomeCounts {
    /// Counts the tests of a session, each under its last attempt.
    ///
    /// Results that share an id but are not attempts of one test (attempt 1 each, none repeated) count each.
    pub fn of(results: &Results) -> OutcomeCounts {
        let mut counts = OutcomeCounts::default();
        let mut open: HashMap<NodeId, bool> = HashMap::new();
        for result in results {
            counts.add(result.outcome);
            if result.outcome == Outcome::Rerun {
                open.insert(result.node_id.clone(), true);
            }
        }
        if !open.is_empty() {
            for result in results.iter().filter(|result| result.outcome != Outcome::Rerun) {
                if let Some(unfinished) = open.get_mut(&result.node_id) {
                    *unfinished = false;
                }
            }
        }
        counts.unfinished = open.values().filter(|unfinished| **unfinished).count() as u64;
        counts
    }

    /// Returns the number of tests.
    pub fn tests(&self) -> u64 {
        self.passed + self.failed + self.errors + self.skipped + self.xfailed + self.xpassed + self.unfinished
    }

    /// Returns how many tests are counted under `outcome`; for `Rerun`, how many attempts.
    pub fn get(&self, outcome: Outcome) -> u64 {
        match outcome {
            Outcome::Passed => self.passed,
            Outcome::Failed => self.failed,
            Outcome::Error => self.errors,
            Outcome::Skipped => self.skipped,
            Outcome::Xfailed => self.xfailed,
            Outcome::Xpassed => self.xpassed,
            Outcome::Rerun => self.rerun,
        }
    }

    fn add(&mut self, outcome: Outcome) {
        let count = match outcome {
            Outcome::Passed => &mut self.passed,
            Outcome::Failed => &mut self.failed,
            Outcome::Error => &mut self.errors,
            Outcome::Skipped => &mut self.skipped,
            Outcome::Xfailed => &mut self.xfailed,
            Outcome::Xpassed => &mut self.xpassed,
            Outcome::Rerun => &mut self.rerun,
        };
        *count += 1;
    }
}

impl AddAssign for OutcomeCounts {
    fn add_assign(&mut self, more: OutcomeCounts) {
        self.passed += more.passed;
        self.failed += more.failed;
        self.errors += more.errors;
        self.skipped += more.skipped;
        self.xfailed += more.xfailed;
        self.xpassed += more.xpassed;
        self.rerun += more.rerun;
        self.unfinished += more.unfinished;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TestResult;

    #[test]
    fn a_test_counts_once_under_its_last_attempt() {
        let results = [
            TestResult::new("a", Outcome::Rerun),
            TestResult { attempt: 2, ..TestResult::new("a", Outcome::Passed) },
            TestResult::new("b", Outcome::Rerun),
            TestResult::new("c", Outcome::Error),
        ];
        let counts = OutcomeCounts::of(&results.into_iter().collect());
        assert_eq!((counts.tests(), counts.passed, counts.errors, counts.rerun, counts.unfinished), (3, 1, 1, 2, 1));
    }
}
