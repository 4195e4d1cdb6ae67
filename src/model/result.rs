//! One attempt of one test.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{NodeId, NodeIdCertainty, Outcome, Seldom, Text};

/// One attempt of one test, as far as the input tells.
#[derive(Debug, Clone, PartialEq)]
pub struct TestResult {
    /// pytest's node id, relative to rootdir.
    pub node_id: NodeId,
    /// Whether the id was read or rebuilt.
    pub node_id_certainty: NodeIdCertainty,
    /// How the attempt ended.
    pub outcome: Outcome,
    /// How each phase ended, where known.
    pub phases: Phases,
    /// Which attempt of the test this is, from 1.
    pub attempt: u32,
    /// When the attempt began.
    pub start_time: Option<DateTime<Utc>>,
    /// How long it took: all phases, unless the input says otherwise.
    pub duration: Option<Duration>,
    /// Captured log records, as text.
    pub caplog: Option<Text>,
    /// Captured standard error.
    pub capstderr: Option<Text>,
    /// Captured standard output.
    pub capstdout: Option<Text>,
    /// The failure text.
    pub longreprtext: Option<Text>,
    /// The reason of a skip or an expected failure.
    pub reason: Option<Text>,
    /// Whether the test gave a warning; `None` where the input cannot tell.
    pub has_warning: Option<bool>,
    /// The xdist worker that ran it.
    pub worker: Option<Text>,
    /// What the test's subtests came to, in order.
    pub subtests: Seldom<Vec<Subtest>>,
    /// What the test recorded of itself, and what a format says of it that has no field of its own.
    pub properties: Seldom<BTreeMap<String, String>>,
}

impl TestResult {
    /// Returns a first attempt with nothing known but its id and outcome.
    pub fn new(node_id: impl Into<NodeId>, outcome: Outcome) -> TestResult {
        TestResult {
            node_id: node_id.into(),
            node_id_certainty: NodeIdCertainty::Exact,
            outcome,
            phases: Phases::default(),
            attempt: 1,
            start_time: None,
            duration: None,
            caplog: None,
            capstderr: None,
            capstdout: None,
            longreprtext: None,
            reason: None,
            has_warning: None,
            worker: None,
            subtests: Seldom::new(),
            properties: Seldom::new(),
        }
    }
}

/// The outcome of each phase of an attempt; `None` where the phase did not run or the input does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Phases {
    /// The fixtures' setup.
    pub setup: Option<Outcome>,
    /// The test function itself.
    pub call: Option<Outcome>,
    /// The fixtures' teardown.
    pub teardown: Option<Outcome>,
}

impl Phases {
    /// Returns the outcome of an attempt with these phases, or `None` where no phase is known.
    ///
    /// | a phase repeated | call | setup | teardown | outcome |
    /// |---|---|---|---|---|
    /// | yes | any | any | any | `Rerun` |
    /// | no | failed | any | any | `Failed` |
    /// | no | other | broken | any | `Error` |
    /// | no | other | fine | broken | `Error` |
    /// | no | skipped, xfailed, xpassed | fine | fine | that |
    /// | no | passed or unknown | skipped, xfailed | any | setup's |
    /// | no | passed or unknown | fine | skipped, xfailed | teardown's |
    /// | no | passed | fine | fine | `Passed` |
    pub fn outcome(&self) -> Option<Outcome> {
        let all = [self.call, self.setup, self.teardown];
        if all.contains(&Some(Outcome::Rerun)) {
            return Some(Outcome::Rerun);
        }
        if self.call.is_some_and(Outcome::is_failure) {
            return Some(Outcome::Failed);
        }
        if [self.setup, self.teardown].into_iter().flatten().any(Outcome::is_failure) {
            return Some(Outcome::Error);
        }
        let special = |phase: &Outcome| matches!(phase, Outcome::Skipped | Outcome::Xfailed | Outcome::Xpassed);
        all.into_iter().flatten().find(special).or_else(|| all.into_iter().flatten().next())
    }
}

/// One subtest of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subtest {
    /// What pytest shows of it: `[msg] (k=v)`, or `(<subtest>)`.
    pub description: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Its failure text.
    pub longreprtext: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phases(setup: Option<Outcome>, call: Option<Outcome>, teardown: Option<Outcome>) -> Phases {
        Phases { setup, call, teardown }
    }

    #[test]
    fn a_result_that_says_nothing_is_small() {
        assert!(size_of::<TestResult>() <= 112, "{} bytes", size_of::<TestResult>());
    }

    #[test]
    fn outcome_follows_the_table() {
        use Outcome::{Error, Failed, Passed, Rerun, Skipped, Xfailed};
        let rows = [
            (phases(Some(Passed), Some(Failed), Some(Error)), Some(Failed)),
            (phases(Some(Error), None, Some(Passed)), Some(Error)),
            (phases(Some(Passed), Some(Passed), Some(Error)), Some(Error)),
            (phases(Some(Passed), Some(Xfailed), Some(Error)), Some(Error)),
            (phases(Some(Skipped), None, Some(Passed)), Some(Skipped)),
            (phases(Some(Passed), Some(Passed), Some(Skipped)), Some(Skipped)),
            (phases(Some(Passed), Some(Xfailed), Some(Passed)), Some(Xfailed)),
            (phases(Some(Passed), Some(Passed), Some(Rerun)), Some(Rerun)),
            (phases(Some(Passed), Some(Passed), Some(Passed)), Some(Passed)),
            (Phases::default(), None),
        ];
        for (given, expected) in rows {
            assert_eq!(given.outcome(), expected, "{given:?}");
        }
    }
}
