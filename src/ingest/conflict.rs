//! Two accounts of one run that differ: a report that was written again, cut, edited or downloaded twice with other content.

use std::collections::HashSet;
use std::hash::BuildHasher as _;

use chrono::Timelike as _;
use foldhash::fast::{FixedState, RandomState};

use crate::model::{NodeId, Results, Source, TestSession};

/// Returns whether two sessions of one system under test are accounts of the same run, as far as they tell.
///
/// They are where all of this holds:
/// - both state when the run began, and it is the same moment;
/// - they were read from files of the same kind, and not from the same bytes: files of different kinds of one run are joined, not compared, and
///   the same file joined with others, or not, as the user said, is no other account;
/// - nothing that both state of the run's surroundings differs: no tag (branch, revision, CI run, job, attempt, shard, what the user gave), and
///   neither pytest's nor Python's version, platform or rootdir;
/// - they share tests. Where the moment is known to the second only, half of the tests of the smaller one: jobs of a matrix start together.
pub fn is_same_run(one: &TestSession, other: &TestSession) -> bool {
    let (Some(begun), Some(other_begun)) = (one.session_start_time, other.session_start_time) else { return false };
    if begun != other_begun || one.time_source != other.time_source {
        return false;
    }
    if !of_one_kind(&one.source, &other.source) || contradicts(one, other) {
        return false;
    }
    let (results, others) = (&one.test_results, &other.test_results);
    let (fewer, more) = if results.len() <= others.len() { (results, others) } else { (others, results) };
    let every = (fewer.len() / SAMPLE + 1) as u64;
    // Only the names of the smaller account are held.
    let mut tests: HashSet<NodeId> = sample(fewer, every).collect();
    let count = tests.len();
    let mut distinct: HashSet<u64, RandomState> = HashSet::default();
    let hasher = RandomState::default();
    let mut common = 0;
    for node_id in sample(more, every) {
        common += usize::from(tests.remove(&node_id));
        if distinct.len() < count {
            distinct.insert(hasher.hash_one(node_id.as_str()));
        }
    }
    let smaller = count.min(distinct.len());
    let needed = if begun.nanosecond() == 0 { smaller.div_ceil(2) } else { smaller.min(1) };
    common >= needed
}

/// Returns whether the sources have a kind in common, and no file.
fn of_one_kind(one: &[Source], other: &[Source]) -> bool {
    let any =
        |same: fn(&Source, &Source) -> bool| one.iter().any(|source| other.iter().any(|there| same(source, there)));
    any(|here, there| here.format == there.format)
        && !any(|here, there| here.sha256.is_some() && here.sha256 == there.sha256)
}

/// So many tests are held by name, and of more of them about as many: the same ones in both accounts.
const SAMPLE: usize = 200_000;

/// Returns the names of one of `every` so many tests.
fn sample(results: &Results, every: u64) -> impl Iterator<Item = NodeId> {
    let is_in =
        move |node_id: &NodeId| every == 1 || FixedState::default().hash_one(node_id.as_str()).is_multiple_of(every);
    results.iter().map(|result| result.node_id.clone()).filter(is_in)
}

/// Returns whether the sessions name different surroundings.
fn contradicts(one: &TestSession, other: &TestSession) -> bool {
    let differ = |one: &Option<String>, other: &Option<String>| one.is_some() && other.is_some() && one != other;
    let (here, there) = (&one.environment, &other.environment);
    let tags_differ =
        one.tags.iter().any(|(key, value)| other.tags.get(key).is_some_and(|other_value| other_value != value));
    tags_differ
        || differ(&here.pytest, &there.pytest)
        || differ(&here.python, &there.python)
        || differ(&here.platform, &there.platform)
        || differ(&here.rootdir, &there.rootdir)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::model::{Format, Outcome, TestResult};

    fn session(micros: i64, format: Format, tests: &[&str]) -> TestSession {
        TestSession {
            session_start_time: DateTime::from_timestamp_micros(micros),
            source: vec![Source { format, path: None, sha256: None, bytes: None }],
            test_results: tests.iter().map(|name| TestResult::new(*name, Outcome::Passed)).collect(),
            ..TestSession::default()
        }
    }

    #[test]
    fn the_moment_the_kind_and_the_tests_decide() {
        let junit = |micros, tests: &[&str]| session(micros, Format::JunitXml, tests);
        let one = junit(1_700_000_000_123_456, &["a", "b", "c"]);
        assert!(is_same_run(&one, &junit(1_700_000_000_123_456, &["a", "x", "y"])), "one test and the microsecond");
        assert!(is_same_run(&one, &junit(1_700_000_000_123_456, &[])), "an account that was cut before its first test");
        assert!(!is_same_run(&one, &junit(1_700_000_000_123_457, &["a", "b", "c"])), "another moment");
        assert!(!is_same_run(&one, &junit(1_700_000_000_123_456, &["x"])), "another shard");
        let log = session(1_700_000_000_123_456, Format::Terminal, &["a", "b", "c"]);
        assert!(!is_same_run(&one, &log), "another kind of file");
        let whole = junit(1_700_000_000_000_000, &["a", "b", "c"]);
        assert!(!is_same_run(&whole, &junit(1_700_000_000_000_000, &["a", "x", "y"])), "a second is a long time");
        assert!(is_same_run(&whole, &junit(1_700_000_000_000_000, &["a", "b", "y"])));
        assert!(!is_same_run(&TestSession::default(), &TestSession::default()), "nobody says when");
    }

    #[test]
    fn other_surroundings_are_another_run() {
        let with = |key: &str, value: &str| {
            let mut session = session(1_700_000_000_123_456, Format::JunitXml, &["a"]);
            session.tags.insert(key.to_owned(), value.to_owned());
            session
        };
        assert!(!is_same_run(&with("ci_job", "py311"), &with("ci_job", "py312")));
        assert!(is_same_run(&with("ci_job", "py311"), &with("branch", "main")), "nothing contradicts");
    }
}
