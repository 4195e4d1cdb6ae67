//! Reports to attempts: which lines of one id are one attempt, and which are repeats.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::evidence::Report;
use super::words::Meaning;
use crate::model::{NodeId, Outcome, Subtest, TestResult, Text};

/// The attempts of a session's tests, in the order of their first report.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    /// The attempts.
    pub(super) results: Vec<TestResult>,
    latest: Latest,
    subtests: HashMap<NodeId, Vec<Subtest>>,
    /// Ids that several tests have.
    shared: HashSet<Box<str>>,
    /// Whether any attempt was repeated.
    repeats: bool,
    /// The places of attempts that did not simply pass: few, in most sessions.
    noted: Vec<usize>,
    /// What is known of the warnings of every test.
    has_warning: Option<bool>,
}

impl Attempts {
    /// Takes the next report.
    ///
    /// | the id's last attempt | the report | what it is |
    /// |---|---|---|
    /// | none, or repeated | anything | the next attempt |
    /// | not failed | `RERUN` | that attempt's teardown, which made pytest repeat it |
    /// | ended, on the same worker | `ERROR` | that attempt's teardown |
    /// | passed, on the same worker | `SKIPPED`, `XFAIL` | that attempt's teardown |
    /// | xfailed, on the same worker | `XFAIL` | that attempt's teardown |
    /// | ended | anything else | another test of the same id |
    pub(super) fn take(&mut self, mut report: Report) {
        let digest = self.latest.digest(report.node_id.as_str());
        self.take_digested(&mut report, digest);
    }

    /// Takes the next report, of whose id the digest is known. What is needed of the report is taken out of it, and nothing is moved twice.
    pub(super) fn take_digested(&mut self, report: &mut Report, digest: u64) {
        let outcome = match report.meaning {
            Some(Meaning::Test(outcome)) => outcome,
            Some(Meaning::Subtest(outcome)) => {
                let detail = report.more.take().and_then(|more| more.detail);
                let subtest = Subtest {
                    description: detail.map_or_else(|| "(<subtest>)".to_owned(), String::from),
                    outcome,
                    longreprtext: None,
                };
                self.subtests.entry(std::mem::take(&mut report.node_id)).or_default().push(subtest);
                return;
            }
            None => return,
        };
        let Some(index) = self.latest.get(digest, report.node_id.as_str(), &self.results) else {
            self.push_first(report, outcome);
            self.latest.insert_new(digest, &self.results);
            return;
        };
        if self.is_teardown_of(index, outcome, report.worker()) {
            self.teardown(index, outcome, report);
            return;
        }
        let previous = &self.results[index];
        let attempt = if previous.outcome == Outcome::Rerun {
            previous.attempt.saturating_add(1)
        } else {
            self.shared.insert(report.node_id.as_str().into());
            1
        };
        self.push_first(report, outcome);
        self.latest.insert(digest, &self.results);
        if let Some(result) = self.results.last_mut() {
            result.attempt = attempt;
        }
    }

    /// Returns attempts of which there is none yet, with room for as many as there are reports. The hasher is the one with which the digests of
    /// the reports' ids were made.
    pub(super) fn new(reports: usize, hasher: RandomState, has_warning: Option<bool>) -> Attempts {
        Attempts {
            results: Vec::with_capacity(reports),
            latest: Latest { places: HashTable::with_capacity(reports), hasher },
            has_warning,
            ..Attempts::default()
        }
    }

    /// Returns the place of the id's last attempt.
    pub(super) fn latest(&self, node_id: &str) -> Option<usize> {
        self.latest.get(self.latest.digest(node_id), node_id, &self.results)
    }

    /// Returns the place of the id's attempt, where there is just one.
    pub(super) fn only(&self, node_id: &str) -> Option<usize> {
        let first = |index: &usize| self.results.get(*index).is_some_and(|result| result.attempt == 1);
        self.latest(node_id).filter(first).filter(|_| !self.is_shared(node_id))
    }

    /// Adds an attempt that is not a report of the result area.
    pub(super) fn push(&mut self, mut result: TestResult) -> usize {
        result.has_warning = result.has_warning.or(self.has_warning);
        let digest = self.latest.digest(result.node_id.as_str());
        self.repeated(result.outcome);
        if result.outcome != Outcome::Passed || !result.subtests.is_empty() {
            self.note(self.results.len());
        }
        self.results.push(result);
        self.latest.insert(digest, &self.results);
        self.results.len() - 1
    }

    /// Takes note of an outcome that is given to an attempt.
    pub(super) fn repeated(&mut self, outcome: Outcome) {
        self.repeats |= outcome == Outcome::Rerun;
    }

    /// Takes note of an attempt to which anything else is given than that it passed.
    pub(super) fn note(&mut self, index: usize) {
        self.noted.push(index);
    }

    /// Returns the places of all attempts that may not simply have passed, in order.
    pub(super) fn noted(&self) -> Vec<usize> {
        let mut noted = self.noted.clone();
        noted.sort_unstable();
        noted.dedup();
        noted
    }

    /// Whether any attempt was repeated.
    pub(super) fn has_repeats(&self) -> bool {
        self.repeats
    }

    /// Whether several tests have this id, so that a line elsewhere does not say which of them it means.
    pub(super) fn is_shared(&self, node_id: &str) -> bool {
        !self.shared.is_empty() && self.shared.contains(node_id)
    }

    /// Returns the subtests of which no test was reported, by the test's id.
    pub(super) fn take_orphans(&mut self) -> Vec<(NodeId, Vec<Subtest>)> {
        let mut orphans: Vec<_> = std::mem::take(&mut self.subtests).into_iter().collect();
        orphans.sort_by(|left, right| left.0.cmp(&right.0));
        orphans
    }

    fn is_teardown_of(&self, index: usize, outcome: Outcome, worker: Option<&str>) -> bool {
        let previous = &self.results[index];
        if previous.outcome == Outcome::Rerun
            || previous.phases.teardown.is_some()
            || previous.worker.as_deref() != worker
        {
            return false;
        }
        match outcome {
            Outcome::Rerun => !previous.outcome.is_failure(),
            Outcome::Error => previous.phases.setup != Some(Outcome::Error),
            // An expected failure whose teardown failed too is told twice.
            Outcome::Skipped | Outcome::Xfailed => {
                let expected = outcome == Outcome::Xfailed && previous.outcome == Outcome::Xfailed;
                (previous.outcome == Outcome::Passed || expected) && index + 1 == self.results.len() && worker.is_none()
            }
            Outcome::Passed | Outcome::Failed | Outcome::Xpassed => false,
        }
    }

    fn teardown(&mut self, index: usize, outcome: Outcome, report: &Report) {
        self.note(index);
        let result = &mut self.results[index];
        result.phases.teardown = Some(outcome);
        if result.reason.is_none() {
            result.reason = report.more.as_ref().and_then(|more| more.reason.as_deref()).map(Text::from);
        }
        result.outcome = result.phases.outcome().unwrap_or(outcome);
        self.repeats |= result.outcome == Outcome::Rerun;
    }

    /// Adds the attempt that a report states.
    ///
    /// It is filled in where it stands: there are millions of them, and a result that is made first and moved then takes three times as long.
    fn push_first(&mut self, report: &mut Report, outcome: Outcome) {
        let subtests = if self.subtests.is_empty() { None } else { self.subtests.remove(&report.node_id) };
        self.repeated(outcome);
        if outcome != Outcome::Passed || subtests.is_some() {
            self.note(self.results.len());
        }
        self.results.push(TestResult::new(std::mem::take(&mut report.node_id), outcome));
        let Some(result) = self.results.last_mut() else { return };
        match outcome {
            Outcome::Passed | Outcome::Failed | Outcome::Xpassed => {
                result.phases.setup = Some(Outcome::Passed);
                result.phases.call = Some(outcome);
            }
            Outcome::Error => result.phases.setup = Some(Outcome::Error),
            // A skip, an xfail or a repeat can come from the setup as well as from the call.
            Outcome::Skipped | Outcome::Xfailed | Outcome::Rerun => {}
        }
        result.has_warning = self.has_warning;
        if let Some(more) = report.more.take() {
            result.reason = more.reason.as_deref().map(Text::from);
            result.worker = more.worker.as_deref().map(Text::from);
            result.duration = more.duration;
        }
        if let Some(subtests) = subtests {
            // pytest-subtests shows the test itself as passed; the document calls a test with a failed subtest failed.
            if subtests.iter().any(|subtest| subtest.outcome.is_failure()) && outcome == Outcome::Passed {
                result.outcome = Outcome::Failed;
            }
            result.subtests = subtests.into();
        }
    }
}

/// The place of each id's last attempt, by a digest of the id: the ids themselves are the results'.
#[derive(Debug, Default)]
struct Latest {
    places: HashTable<Place>,
    hasher: RandomState,
}

/// A place in the results, and as much of the digest as spares nearly every look at a result of another id.
#[derive(Debug, Clone, Copy)]
struct Place {
    index: u32,
    digest: u32,
}

impl Latest {
    fn digest(&self, node_id: &str) -> u64 {
        self.hasher.hash_one(node_id)
    }

    fn get(&self, digest: u64, node_id: &str, results: &[TestResult]) -> Option<usize> {
        self.places.find(digest, |place| place.is_of(digest, node_id, results)).map(|place| place.index as usize)
    }

    /// Takes the last of the results for the latest of its id.
    fn insert(&mut self, digest: u64, results: &[TestResult]) {
        let Some((last, before)) = results.split_last() else { return };
        let node_id = last.node_id.as_str();
        match self.places.find_mut(digest, |place| place.is_of(digest, node_id, before)) {
            Some(place) => {
                if let Some(new) = Place::new(before.len(), digest) {
                    *place = new;
                }
            }
            None => self.insert_new(digest, results),
        }
    }

    /// Takes the last of the results for the first of its id.
    fn insert_new(&mut self, digest: u64, results: &[TestResult]) {
        let hasher = &self.hasher;
        let digest_at = |place: &Place| {
            results.get(place.index as usize).map_or(0, |result| hasher.hash_one(result.node_id.as_str()))
        };
        if let Some(place) = Place::new(results.len().saturating_sub(1), digest) {
            self.places.insert_unique(digest, place, digest_at);
        }
    }
}

impl Place {
    /// Returns the place of an index; no memory holds so many results that there is none.
    fn new(index: usize, digest: u64) -> Option<Place> {
        Some(Place { index: u32::try_from(index).ok()?, digest: digest as u32 })
    }

    fn is_of(self, digest: u64, node_id: &str, results: &[TestResult]) -> bool {
        self.digest == digest as u32
            && results.get(self.index as usize).is_some_and(|result| result.node_id.as_str() == node_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::terminal::evidence::MoreOfReport;
    use crate::formats::terminal::words;
    use crate::grammar::Library;

    /// Id, word and worker of a report.
    type Row = (&'static str, &'static str, Option<&'static str>);

    fn shape(lines: &[Row]) -> Vec<String> {
        let mut attempts = Attempts::default();
        for (node_id, word, worker) in lines {
            let report = Report::new(*node_id, words::meaning(Library::built_in(), word));
            attempts.take(report.with(MoreOfReport { worker: worker.map(Into::into), ..MoreOfReport::default() }));
        }
        attempts
            .results
            .iter()
            .map(|result| format!("{} {} {}", result.node_id, result.attempt, result.outcome))
            .collect()
    }

    #[test]
    fn attempts_and_teardowns_are_told_apart() {
        let rows: [(&[Row], &[&str]); 7] = [
            (
                &[("a", "RERUN", None), ("a", "RERUN", None), ("a", "PASSED", None)],
                &["a 1 RERUN", "a 2 RERUN", "a 3 PASSED"],
            ),
            (&[("a", "PASSED", None), ("a", "RERUN", None), ("a", "PASSED", None)], &["a 1 RERUN", "a 2 PASSED"]),
            (&[("a", "RERUN", None), ("a", "FAILED", None), ("a", "ERROR", None)], &["a 1 RERUN", "a 2 FAILED"]),
            (&[("a", "PASSED", None), ("a", "ERROR", None)], &["a 1 ERROR"]),
            (&[("a", "PASSED", None), ("a", "SKIPPED", None)], &["a 1 SKIPPED"]),
            (&[("a", "XFAIL", None), ("a", "XFAIL", None)], &["a 1 XFAILED"]),
            (&[("a", "PASSED", Some("gw0")), ("a", "PASSED", Some("gw1"))], &["a 1 PASSED", "a 1 PASSED"]),
        ];
        for (lines, expected) in rows {
            assert_eq!(shape(lines), expected);
        }
    }

    #[test]
    fn tests_of_one_id_are_known_as_such() {
        let mut attempts = Attempts::default();
        for word in ["PASSED", "FAILED"] {
            let meaning = words::meaning(Library::built_in(), word);
            attempts.take(Report::new("a", meaning));
        }
        assert!(attempts.is_shared("a"));
        let outcomes: Vec<Outcome> = attempts.results.iter().map(|result| result.outcome).collect();
        assert_eq!(outcomes, [Outcome::Passed, Outcome::Failed]);
    }

    #[test]
    fn a_failed_subtest_fails_its_test() {
        assert_eq!(shape(&[("a", "SUBFAIL", None), ("a", "PASSED", None)]), ["a 1 FAILED"]);
    }
}
