//! What proves that two files are of one run.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::model::{Format, NodeId, NodeIdCertainty, Outcome, TestSession};

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
    /// How often each test came to each outcome, by the hash of its file's name, its own and the outcome.
    tests: HashMap<u64, u64>,
    /// The same without the file: what is left of a test whose node id had to be rebuilt.
    names: HashMap<u64, u64>,
    /// How many node ids had to be rebuilt.
    rebuilt: u64,
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
    /// Modules that were skipped, or could not be collected, as a whole.
    modules: u64,
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
        let (mut tests, mut names, mut rebuilt) = (HashMap::new(), HashMap::new(), 0);
        let results = sessions.iter().flat_map(|session| &session.test_results);
        for result in results.filter(|result| result.outcome != Outcome::Rerun) {
            let (module, name) = (module_name(&result.node_id), test_name(&result.node_id));
            let class = outcome_class(result.outcome);
            let count: &mut u64 = tests.entry(hash((module, name, class))).or_default();
            // With `--doctest-modules` a module is collected twice, of which one format or another tells twice.
            if *count > 0 && result.node_id.domain().is_none() {
                continue;
            }
            *count += 1;
            *names.entry(hash((name, class))).or_default() += 1;
            rebuilt += u64::from(result.node_id_certainty == NodeIdCertainty::Inferred);
        }
        let format = sessions.first().and_then(|session| session.source.first()).map(|source| source.format);
        Evidence {
            format,
            stem: stem(label).to_owned(),
            tests,
            names,
            rebuilt,
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
        common(&self.tests, &other.tests)
    }

    /// Returns how many tests of one are in the other, or are so by their own names where their files had to be guessed. That many are so by
    /// name alone says nothing, unless at least as many are the same altogether.
    fn alike(&self, other: &Evidence) -> u64 {
        let certain = self.common(other);
        let by_name = common(&self.names, &other.names).saturating_sub(certain);
        certain + by_name.min(self.rebuilt.max(other.rebuilt)).min(certain)
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
        let common = self.alike(other);
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

/// Returns the name of a test's file: the formats write paths differently.
fn module_name(node_id: &NodeId) -> &str {
    let path = node_id.path();
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// Returns the name of a test, with parameters and without classes, which the formats write differently; nothing for a module.
fn test_name(node_id: &NodeId) -> &str {
    let domain = node_id.domain().unwrap_or_default();
    let parameters = domain.find('[').unwrap_or(domain.len());
    domain[..parameters].rfind("::").map_or(domain, |at| &domain[at + 2..])
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Returns how many are in both.
fn common(one: &HashMap<u64, u64>, other: &HashMap<u64, u64>) -> u64 {
    one.iter().map(|(test, count)| *count.min(other.get(test).unwrap_or(&0))).sum()
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
            let modules = session.test_results.iter().filter(|result| result.node_id.domain().is_none());
            all.modules += modules.count() as u64;
        }
        Some(all)
    }

    /// Whether a log's counts can be those of a list. pytest counts reports: a test twice whose teardown broke, and more often one that was
    /// repeated or had subtests; a module twice, with `--doctest-modules`.
    fn fits(self, list: Counts) -> bool {
        let twice = self.errors.max(list.errors) + self.reruns.max(list.reruns) + self.modules.max(list.modules);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Source, TestResult, Totals};

    /// A file of a run of these tests, of which those behind `~` have rebuilt ids and those behind `!` were skipped.
    fn file(format: Format, tests: &[&str]) -> TestSession {
        let result = |test: &&str| {
            let outcome = if test.starts_with('!') { Outcome::Skipped } else { Outcome::Passed };
            let mut result = TestResult::new(test.trim_start_matches(['~', '!']), outcome);
            if test.starts_with('~') {
                result.node_id_certainty = NodeIdCertainty::Inferred;
            }
            result
        };
        TestSession {
            source: vec![Source { format, path: None, sha256: None, bytes: None }],
            session_duration: Some(Duration::from_secs(9)),
            test_results: tests.iter().map(result).collect(),
            ..TestSession::default()
        }
    }

    fn are_alike(one: TestSession, other: TestSession) -> bool {
        let (one, other) = (Evidence::of("a.xml", &[one]), Evidence::of("b.json", &[other]));
        assert_eq!(one.likeness(&other), other.likeness(&one));
        one.likeness(&other).is_some()
    }

    #[test]
    fn files_of_few_tests_are_alike_although_a_path_was_rebuilt_wrongly() {
        use Format::{JsonReport, JunitXml};
        let json = || file(JsonReport, &["tests/test_a.py::test_1", "tests/sub/test_b.py::TestB::test_2"]);
        assert!(are_alike(
            file(JunitXml, &["~tests/test_a.py::test_1", "~tests/sub.py::test_b::TestB::test_2"]),
            json()
        ));
        // Read as it stands, it is another test.
        assert!(!are_alike(file(JunitXml, &["~tests/test_a.py::test_1", "~tests/sub.py::test_3"]), json()));
        assert!(!are_alike(file(JunitXml, &["tests/test_a.py::test_1", "tests/sub.py::TestB::test_2"]), json()));
        // Nothing but the names of tests is the same.
        assert!(!are_alike(file(JunitXml, &["~tests/x.py::test_1", "~tests/y.py::test_2"]), json()));
    }

    #[test]
    fn a_module_that_one_file_tells_twice_parts_none() {
        use Format::{JsonReport, JunitXml, Terminal};
        let tests = ["!a/mod.py", "a/test_b.py::test_1", "a/test_b.py::test_2"];
        let twice = ["!a/mod.py", "!a/mod.py", "a/test_b.py::test_1", "a/test_b.py::test_2"];
        assert!(are_alike(file(JunitXml, &twice), file(JsonReport, &tests)));
        let totals = |skipped| Some(Totals::from_iter([("passed", 2), ("skipped", skipped)]));
        let log = |skipped| TestSession { totals: totals(skipped), ..file(Terminal, &[]) };
        assert!(are_alike(log(2), file(JsonReport, &tests)) && are_alike(log(1), file(JunitXml, &twice)));
        assert!(!are_alike(log(4), file(JsonReport, &tests)));
    }

    #[test]
    fn brackets_in_a_path_are_no_parameters() {
        let parts = |text: &'static str| {
            let node_id = NodeId::from(text);
            (module_name(&node_id).to_owned(), test_name(&node_id).to_owned())
        };
        assert_eq!(parts("a/[id]/test_b.py::TestC::test_d[x::y]"), ("test_b.py".to_owned(), "test_d[x::y]".to_owned()));
        assert_eq!(parts("a/[id]/test_b.py"), ("test_b.py".to_owned(), String::new()));
    }
}
