//! Skips that may be a subtest's.
//!
//! pytest writes what a subtest came to into the test case of its test, and nothing where it passed. So a test of which one subtest
//! was skipped, or failed as expected, and which then passed, looks like a test that was skipped. Its pass is only in the totals.
//!
//! | the test case | the totals know of passes that no test case shows | the test |
//! |---|---|---|
//! | several skips, which no test has of its own | yes | passed |
//! | several skips | no | skipped, of which the last is its own |
//! | one skip; its name says that it has subtests, others of its class show theirs | yes | passed |
//! | one skip | | skipped |
//!
//! pytest-subtests before 0.14, for pytest before 8.3, skips a whole `unittest` test with its subtest: there, one skip is the test's.

use super::attempts::{Repeats, Shape};
use super::drafts::Drafts;
use super::notes::Note;
use super::problems::{Problem, Problems};
use super::verdict::SUBTEST;
use crate::model::{Outcome, Subtest, TestResult};

/// What a document says of subtests as a whole.
pub(super) struct Totals {
    /// How many reports say that something passed.
    pub(super) passed: Option<u64>,
    /// Whether the document is of pytest 8.3 or later, whose time stamps carry an offset.
    pub(super) recent: bool,
}

/// Takes the skips of subtests for what they are, as far as that can be told, and says what is doubtful.
pub(super) fn tell_skips(drafts: &mut Drafts, totals: &Totals, problems: &mut Problems) {
    // Few documents show subtests at all.
    if drafts.with_subtests.is_empty() || totals.passed.is_none_or(|passed| passed <= visible_passes(drafts)) {
        return;
    }
    let Drafts { results, notes, with_subtests, .. } = drafts;
    let mut notes = notes.iter();
    let mut tell = |result: &mut TestResult, note: Note| {
        let is_likely = !result.subtests.is_empty()
            || with_subtests.contains(&note.class)
                && says_subtests(result)
                && (totals.recent || !may_be_unittest(result));
        if note.shape == Shape::Skip && is_likely {
            let reason = result.reason.take();
            result.subtests.push(Subtest {
                description: SUBTEST.to_owned(),
                outcome: result.outcome,
                longreprtext: reason.map(String::from),
            });
            result.outcome = Outcome::Passed;
            problems.add(&Problem::SubtestSkip(result.node_id.to_string()), Some(u64::from(note.line)), None);
        }
    };
    results.update(|result| notes.next().into_iter().for_each(|note| tell(result, note)));
}

/// Counts the test cases that show a pass: those that say nothing, unless another of the same id follows, so that they were repeated,
/// and those of which only the teardown broke.
fn visible_passes(drafts: &Drafts) -> u64 {
    let repeated = drafts.parts().flat_map(|part| drafts.repeated(part, Repeats::add_any));
    let followed: usize = repeated.map(|repeats| repeats.earlier_bare()).sum();
    drafts.bare + drafts.teardowns - followed as u64
}

/// Whether the name of a test says that it has subtests.
fn says_subtests(result: &TestResult) -> bool {
    let name = result.node_id.as_str().rsplit("::").next().unwrap_or_default();
    let function = name.split('[').next().unwrap_or_default();
    function.to_ascii_lowercase().contains("subtest")
}

/// Whether a skip is one that a method of a class came to.
fn may_be_unittest(result: &TestResult) -> bool {
    result.outcome == Outcome::Skipped && result.node_id.as_str().matches("::").count() > 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::junit::cases::Room;
    use crate::model::NodeId;
    use crate::model::Results;

    fn told(tests: &[(&str, Outcome, usize)], passed: u64, recent: bool) -> Vec<Outcome> {
        let mut drafts = Drafts::new(Results::within(0, None), &Room { bytes: 0, directory: None }, tests.len());
        for (name, outcome, subtests) in tests {
            let mut result = TestResult::new(NodeId::new(format!("test_a.py::{name}")), *outcome);
            let subtest = Subtest { description: SUBTEST.to_owned(), outcome: Outcome::Skipped, longreprtext: None };
            result.subtests = vec![subtest; *subtests].into();
            drafts.push(result, 0, 1, usize::from(*outcome != Outcome::Passed));
        }
        tell_skips(&mut drafts, &Totals { passed: Some(passed), recent }, &mut Problems::default());
        drafts.results.iter().map(|result| result.outcome).collect()
    }

    #[test]
    fn a_skip_is_a_subtests_where_much_speaks_for_it() {
        use Outcome::{Failed, Passed, Skipped, Xfailed};
        let failed = ("test_f", Failed, 1);
        // Hidden passes, a name that says it, and a neighbour that shows subtests.
        assert_eq!(told(&[failed, ("test_subtest_skip", Skipped, 0)], 1, true), [Failed, Passed]);
        assert_eq!(told(&[failed, ("test_subtest_xfail", Xfailed, 0)], 1, false), [Failed, Passed]);
        // Each of them missing.
        assert_eq!(told(&[failed, ("test_subtest_skip", Skipped, 0)], 0, true), [Failed, Skipped]);
        assert_eq!(told(&[failed, ("test_skip[subtest]", Skipped, 0)], 1, true), [Failed, Skipped]);
        assert_eq!(told(&[("test_subtest_skip", Skipped, 0)], 1, true), [Skipped]);
        // An old plugin, and perhaps unittest.
        assert_eq!(told(&[failed, ("T::test_subtest_skip", Skipped, 0)], 1, false), [Failed, Skipped]);
        // Several skips are subtests' at any rate.
        assert_eq!(told(&[("test_a", Skipped, 2)], 1, false), [Passed]);
        assert_eq!(told(&[("test_a", Skipped, 2)], 0, false), [Skipped]);
    }
}
