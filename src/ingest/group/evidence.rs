//! What proves that two files are of one run.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::model::{Format, NodeId, Outcome, TestSession};

/// Share of the tests that must agree, in percent: a format may not carry one test or another.
const AGREEING: u64 = 90;
/// How far two files' times of one run may be apart, beside a twentieth.
const APART: Duration = Duration::from_secs(3);

/// What a file says of its run, reduced to what can be compared.
#[derive(Debug, Clone)]
pub(super) struct Evidence {
    format: Option<Format>,
    /// The first part of the file's name: `run-7` of `run-7.junit.xml`.
    stem: String,
    /// How often each test name came to each outcome, with the names hashed.
    tests: HashMap<u64, u64>,
    /// Whether the file names all its tests.
    names_all: bool,
    /// What the file counts.
    counts: Option<Counts>,
    sessions: usize,
    start: Option<DateTime<Utc>>,
    duration: Option<Duration>,
}

/// What a file counts: by its own declaration, where it does not name all tests.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    tests: u64,
    broken: u64,
    errors: u64,
    reruns: u64,
}

/// How surely two files are of one run; the larger, the surer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Likeness {
    /// Nothing speaks against it, and nothing else for it.
    Possible,
    /// They name the same tests with the same outcomes.
    SameTests,
    /// Besides, they name many of them.
    ManyTests,
    /// Their tests agree, as far as they are named or counted, and they begin at one time or take equally long.
    SameTime,
    /// Besides, or instead of a time, they are named alike.
    SameName,
}

/// So many tests are not the same by chance.
const MANY: u64 = 10;

impl Evidence {
    pub(super) fn of(label: &str, sessions: &[TestSession]) -> Evidence {
        let mut tests = HashMap::new();
        let last = |results: &TestSession| -> Vec<(u64, u64)> {
            let results = results.test_results.iter().filter(|result| result.outcome != Outcome::Rerun);
            results.map(|result| (name_hash(&result.node_id), outcome_class(result.outcome))).collect()
        };
        for (name, class) in sessions.iter().flat_map(last) {
            *tests.entry(name ^ class.wrapping_mul(0x9e37_79b9_7f4a_7c15)).or_default() += 1;
        }
        let format = sessions.first().and_then(|session| session.source.first()).map(|source| source.format);
        Evidence {
            format,
            stem: stem(label).to_owned(),
            tests,
            names_all: format != Some(Format::Terminal),
            counts: Counts::of(sessions),
            sessions: sessions.len(),
            start: sessions.iter().filter_map(|session| session.session_start_time).min(),
            duration: total(sessions.iter().map(|session| session.session_duration)),
        }
    }

    pub(super) fn format(&self) -> Option<Format> {
        self.format
    }

    /// Returns how many tests the file names.
    pub(super) fn named(&self) -> u64 {
        self.tests.values().sum()
    }

    /// Returns how many tests of one are in the other.
    pub(super) fn common(&self, other: &Evidence) -> u64 {
        self.tests.iter().map(|(test, count)| *count.min(other.tests.get(test).unwrap_or(&0))).sum()
    }

    /// Returns whether two files are named alike, but for the ending.
    pub(super) fn is_named_like(&self, other: &Evidence) -> bool {
        self.stem == other.stem
    }

    /// Returns how surely two files are of one run; `None` where they are not, or nothing tells.
    pub(super) fn likeness(&self, other: &Evidence) -> Option<Likeness> {
        if self.format == other.format || !self.tests_agree(other) {
            return None;
        }
        let started =
            self.start.zip(other.start).map(|(one, other)| (one - other).abs().to_std().unwrap_or(Duration::MAX));
        let longest = self.duration.max(other.duration).unwrap_or_default();
        let same_start = started.map(|apart| apart <= longest + APART);
        let same_duration =
            self.duration.zip(other.duration).map(|(one, other)| one.abs_diff(other) <= APART.max(one.max(other) / 20));
        if same_start == Some(false) || same_duration == Some(false) {
            return None;
        }
        let timed = same_start.is_some() || same_duration.is_some();
        let common = self.common(other);
        let same_tests = common > 0 && common == self.named() && common == other.named();
        Some(match (self.is_named_like(other), timed) {
            (true, _) => Likeness::SameName,
            (false, true) => Likeness::SameTime,
            (false, false) if common >= MANY => Likeness::ManyTests,
            (false, false) if same_tests => Likeness::SameTests,
            (false, false) => Likeness::Possible,
        })
    }

    /// Whether the tests that the files name, or count, are the same with the same outcomes.
    fn tests_agree(&self, other: &Evidence) -> bool {
        let (one, two) = (self.named(), other.named());
        let common = self.common(other);
        if self.names_all && other.names_all {
            return one.max(two) > 0 && common * 100 >= one.max(two) * AGREEING;
        }
        // A log names failures at least, and counts the rest.
        let (log, list) = if self.names_all { (other, self) } else { (self, other) };
        let named = log.named();
        let counted = match (log.counts, list.counts) {
            (Some(log), Some(list)) => log.fits(list),
            (None, _) | (_, None) => named > 0,
        };
        log.sessions == list.sessions && counted && common * 100 >= named * AGREEING
    }
}

/// The formats write paths and classes differently; the file's own name and the test's are the same in all.
fn name_hash(node_id: &NodeId) -> u64 {
    let text = node_id.as_str();
    let path = node_id.path();
    let module = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let end = text.find('[').unwrap_or(text.len());
    let name = text[..end].rfind("::").map_or("", |at| &text[at + 2..]);
    let mut hasher = DefaultHasher::new();
    (module, name).hash(&mut hasher);
    hasher.finish()
}

/// Outcomes that one format or another does not tell apart.
fn outcome_class(outcome: Outcome) -> u64 {
    match outcome {
        Outcome::Passed | Outcome::Xpassed => 1,
        Outcome::Failed | Outcome::Error => 2,
        Outcome::Skipped | Outcome::Xfailed => 3,
        Outcome::Rerun => 4,
    }
}

impl Counts {
    /// Returns the counts of a file's sessions; `None` where it neither names all tests nor declares how many there were.
    fn of(sessions: &[TestSession]) -> Option<Counts> {
        let mut all = Counts::default();
        for session in sessions {
            let counts = session.outcome_counts();
            let is_log = session.source.iter().any(|source| source.format == Format::Terminal);
            let (tests, broken, errors, reruns) = match &session.totals {
                Some(totals) if is_log => {
                    let total = |keys: &[&str]| keys.iter().filter_map(|key| totals.get(key)).sum::<u64>();
                    let tests = total(&["passed", "failed", "skipped", "xfailed", "xpassed", "errors"]);
                    (tests, total(&["failed", "errors"]), total(&["errors"]), total(&["rerun"]))
                }
                _ if is_log => return None,
                _ => (counts.tests(), counts.failed + counts.errors, counts.errors, counts.rerun),
            };
            all.tests += tests;
            all.broken += broken;
            all.errors += errors;
            all.reruns += reruns;
        }
        Some(all)
    }

    /// Whether a log's counts can be those of a list. pytest counts reports: a test twice whose teardown broke, and more often one that was
    /// repeated or had subtests.
    fn fits(self, list: Counts) -> bool {
        let twice = self.errors.max(list.errors) + self.reruns.max(list.reruns);
        let slack = twice + list.tests / 50;
        self.tests.abs_diff(list.tests) <= slack && self.broken.abs_diff(list.broken) <= slack
    }
}

/// The sum, if all are known.
fn total(durations: impl Iterator<Item = Option<Duration>>) -> Option<Duration> {
    durations.sum()
}

/// Returns the first part of a file's name.
fn stem(label: &str) -> &str {
    let name = label.rfind(std::path::is_separator).map_or(label, |at| &label[at + 1..]);
    name.split_once('.').map_or(name, |(stem, _)| stem)
}
