//! Test cases of one id: attempts of a test, the two halves of one, or repeats.
//!
//! pytest-rerunfailures leaves three shapes in JUnit XML. Up to 16.6 all attempts whose call or setup failed are one test case; an
//! attempt whose teardown failed is a test case of its own, without failure. Since 16.6.1 each attempt is a test case, all but the last
//! without failure, so that they look passed. The plugin `flaky` does so, too. Repeats (`--dist each`, two tests of one name) look
//! the same when they pass, but for the count: pytest does not count an attempt that it repeats as a test.

use std::collections::HashSet;
use std::hash::BuildHasher as _;

use foldhash::fast::RandomState;

use super::problems::Problem;
use super::producer::Producer;
use super::verdict::keep_teardown;
use crate::model::{Outcome, TestResult};

/// Results, with what the grouping must know of the test case of each.
#[derive(Debug)]
pub(super) struct Drafts {
    pub(super) results: Vec<TestResult>,
    pub(super) lines: Vec<u64>,
    pub(super) shapes: Vec<Shape>,
    pub(super) classes: Vec<u32>,
    pub(super) hashes: Vec<u32>,
    /// The classes of tests that show subtests.
    pub(super) with_subtests: HashSet<u32>,
    hasher: RandomState,
}

impl Drafts {
    pub(super) fn with_capacity(count: usize) -> Drafts {
        Drafts {
            results: Vec::with_capacity(count),
            lines: Vec::with_capacity(count),
            shapes: Vec::with_capacity(count),
            classes: Vec::with_capacity(count),
            hashes: Vec::with_capacity(count),
            with_subtests: HashSet::new(),
            hasher: RandomState::default(),
        }
    }

    /// Adds a result of a test case, which has a class, a line and so many issues.
    pub(super) fn push(&mut self, result: TestResult, class: u32, line: u64, issues: usize) {
        self.shapes.push(Shape::of(&result, issues));
        if !result.subtests.is_empty() {
            self.with_subtests.insert(class);
        }
        self.lines.push(line);
        self.classes.push(class);
        // Half of the hash is enough to tell the tests of a class apart, but for a few.
        self.hashes.push(self.hasher.hash_one(result.node_id.as_str()) as u32);
        self.results.push(result);
    }

    /// Returns the places of each id that stands more than once. Equal ids are of one class, so that they are looked for class by
    /// class, in little memory at a time.
    fn repeated(&self) -> Vec<Vec<usize>> {
        let mut groups = Vec::new();
        let mut entries = self.by_class();
        let mut rest = entries.as_mut_slice();
        while let Some((class, ..)) = rest.first().copied() {
            let end = rest.iter().position(|entry| entry.0 != class).unwrap_or(rest.len());
            let (same_class, others) = rest.split_at_mut(end);
            same_class.sort_unstable();
            for same_hash in same_class.chunk_by(|one, next| one.1 == next.1).filter(|same| same.len() > 1) {
                self.add_groups(same_hash, &mut groups);
            }
            rest = others;
        }
        groups.sort_unstable();
        groups
    }

    /// Returns the class, hash and place of each result, class by class.
    fn by_class(&self) -> Vec<(u32, u32, usize)> {
        let entries = self.classes.iter().zip(&self.hashes).enumerate();
        let mut entries: Vec<(u32, u32, usize)> =
            entries.map(|(place, (class, hash))| (*class, *hash, place)).collect();
        // In most reports the tests of a class stand together, and there is nothing to sort.
        if !entries.is_sorted_by_key(|entry| entry.0) {
            entries.sort_unstable_by_key(|entry| entry.0);
        }
        entries
    }

    fn add_groups(&self, same_hash: &[(u32, u32, usize)], groups: &mut Vec<Vec<usize>>) {
        let mut places: Vec<usize> = same_hash.iter().map(|entry| entry.2).collect();
        places.sort_by(|one, other| self.results[*one].node_id.cmp(&self.results[*other].node_id));
        let same_id = |one: &usize, next: &usize| self.results[*one].node_id == self.results[*next].node_id;
        groups.extend(places.chunk_by(same_id).filter(|same| same.len() > 1).map(<[usize]>::to_vec));
    }
}

/// What a test case says, as far as attempts are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Nothing: it passed, or was repeated.
    Bare,
    /// That it was skipped, or failed as expected.
    Skip,
    /// That only the teardown broke.
    Teardown,
    /// Anything else.
    Verdict,
}

impl Shape {
    /// Tells the shape of a test case's result.
    fn of(result: &TestResult, issues: usize) -> Shape {
        let teardown_only = result.outcome == Outcome::Error && result.phases.teardown == Some(Outcome::Error);
        match result.outcome {
            _ if issues == 0 => Shape::Bare,
            Outcome::Skipped | Outcome::Xfailed => Shape::Skip,
            Outcome::Error if teardown_only && result.phases.setup != Some(Outcome::Error) => Shape::Teardown,
            Outcome::Passed | Outcome::Failed | Outcome::Error | Outcome::Xpassed | Outcome::Rerun => Shape::Verdict,
        }
    }
}

/// Sorts out test cases of one id; returns what is doubtful, with lines. `passed` is how many passed, as far as the document's totals
/// tell.
pub(super) fn group(drafts: &mut Drafts, producer: Producer, passed: Option<u64>) -> Vec<(u64, Problem)> {
    let mut groups = drafts.repeated();
    if groups.is_empty() {
        return Vec::new();
    }
    let mut joined = Vec::new();
    if producer == Producer::Pytest {
        for members in &mut groups {
            join_halves(drafts, members, &mut joined);
        }
    }
    let groups: Vec<Repeats> = groups
        .into_iter()
        .filter(|members| members.len() > 1)
        .map(|members| Repeats::of(members, drafts))
        .filter(|repeats| !repeats.numbered)
        .collect();
    let run = Run::of(drafts, joined.len(), &groups, passed);
    let mut problems = Vec::new();
    for repeats in &groups {
        if producer == Producer::Pytest && repeats.are_attempts(&run) {
            number(&mut drafts.results, &repeats.members);
        } else {
            let first = repeats.members[0];
            let node_id = drafts.results[first].node_id.to_string();
            problems.push((drafts.lines[first], Problem::AmbiguousRepeat(node_id)));
        }
    }
    remove(&mut drafts.results, joined);
    problems
}

/// Removes the results at these places.
fn remove(results: &mut Vec<TestResult>, mut places: Vec<usize>) {
    places.sort_unstable();
    let mut places = places.into_iter().peekable();
    let mut place = 0;
    results.retain(|_| {
        let removed = places.next_if_eq(&place).is_some();
        place += 1;
        !removed
    });
}

/// What all test cases together say of repeats.
struct Run {
    /// More test cases say nothing than tests passed: some of them were attempts.
    more_bare_than_passed: bool,
    /// Every test stands there several times: they were repeated on purpose.
    all_repeated: bool,
    /// Some test failed behind attempts that say nothing: the run repeats what fails.
    repeats_failures: bool,
}

impl Run {
    fn of(drafts: &Drafts, joined: usize, groups: &[Repeats], passed: Option<u64>) -> Run {
        let bare = drafts.shapes.iter().filter(|shape| **shape == Shape::Bare).count() as u64;
        let repeated: usize = groups.iter().map(|repeats| repeats.members.len()).sum();
        let all_repeated = groups.len() > 1 && repeated == drafts.results.len() - joined;
        Run {
            more_bare_than_passed: passed.is_some_and(|passed| bare > passed),
            all_repeated,
            repeats_failures: !all_repeated && groups.iter().any(Repeats::fail_in_the_end),
        }
    }
}

/// Test cases of one id.
struct Repeats {
    members: Vec<usize>,
    shapes: Vec<Shape>,
    adjacent: bool,
    /// The test cases tell their attempts themselves.
    numbered: bool,
}

impl Repeats {
    fn of(members: Vec<usize>, drafts: &Drafts) -> Repeats {
        Repeats {
            shapes: members.iter().map(|place| drafts.shapes[*place]).collect(),
            adjacent: members.windows(2).all(|pair| pair[0] + 1 == pair[1]),
            numbered: members.iter().any(|place| drafts.results[*place].attempt > 1),
            members,
        }
    }

    fn fail_in_the_end(&self) -> bool {
        self.shapes.split_last().is_some_and(|(last, earlier)| {
            self.adjacent
                && matches!(last, Shape::Verdict | Shape::Teardown)
                && earlier.iter().all(|shape| *shape == Shape::Bare)
        })
    }

    /// Whether these are attempts of one test.
    ///
    /// | all but the last | the last | side by side | the run | attempts |
    /// |---|---|---|---|---|
    /// | bare | any | any | has more bare ones than passes | yes |
    /// | bare | says something | yes | does not repeat all | yes |
    /// | bare | bare | yes | repeats what fails | yes |
    /// | skipped | skipped, and the teardown broke | any | any | yes |
    /// | any other | | | | not for certain |
    fn are_attempts(&self, run: &Run) -> bool {
        let Some((last, earlier)) = self.shapes.split_last() else { return false };
        let all = |shape: Shape| earlier.iter().all(|earlier| *earlier == shape);
        if all(Shape::Bare) {
            let side_by_side = if *last == Shape::Bare { run.repeats_failures } else { !run.all_repeated };
            run.more_bare_than_passed || (self.adjacent && side_by_side)
        } else {
            all(Shape::Skip) && *last == Shape::Teardown
        }
    }
}

/// Joins a failed call and the teardown that broke behind it, which pytest writes as two test cases; the second is added to `joined`.
fn join_halves(drafts: &mut Drafts, members: &mut Vec<usize>, joined: &mut Vec<usize>) {
    let mut last: Option<usize> = None;
    members.retain(|place| {
        let phases = last.map(|last| drafts.results[last].phases);
        let failed = phases.is_some_and(|phases| phases.call == Some(Outcome::Failed) && phases.teardown.is_none());
        if let Some(call) = last
            && failed
            && drafts.shapes[*place] == Shape::Teardown
        {
            // The place stays, so that the others keep theirs, and goes in the end.
            let teardown = drafts.results[*place].clone();
            join(&mut drafts.results[call], teardown);
            joined.push(*place);
            return false;
        }
        last = Some(*place);
        true
    });
}

fn join(call: &mut TestResult, teardown: TestResult) {
    call.phases.teardown = Some(Outcome::Error);
    call.duration = match (call.duration, teardown.duration) {
        (Some(call), Some(teardown)) => Some(call + teardown),
        (call, teardown) => call.or(teardown),
    };
    // What was captured is written cumulatively: the later text holds the earlier.
    call.capstdout = teardown.capstdout.or(call.capstdout.take());
    call.capstderr = teardown.capstderr.or(call.capstderr.take());
    call.caplog = teardown.caplog.or(call.caplog.take());
    for (name, value) in teardown.properties {
        call.properties.entry(name).or_insert(value);
    }
    if let Some(text) = teardown.longreprtext {
        keep_teardown(call, text);
    }
}

/// Numbers attempts; all but the last were repeated.
fn number(results: &mut [TestResult], members: &[usize]) {
    for (attempt, place) in members.iter().enumerate() {
        let result = &mut results[*place];
        result.attempt = u32::try_from(attempt + 1).unwrap_or(u32::MAX);
        if attempt + 1 < members.len() {
            result.outcome = Outcome::Rerun;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Results from their shapes: `.` bare, `s` skipped, `F` failed, `t` a broken teardown; each letter of a group is a test case of one
    /// id. Returns the outcomes and attempts.
    fn grouped(groups: &[&str], passed: Option<u64>) -> (Vec<String>, usize) {
        let mut drafts = Drafts::with_capacity(0);
        for (place, group) in groups.iter().enumerate() {
            for letter in group.chars() {
                let outcome = match letter {
                    's' => Outcome::Skipped,
                    'F' => Outcome::Failed,
                    't' => Outcome::Error,
                    _ => Outcome::Passed,
                };
                let mut result = TestResult::new(format!("test_{place}"), outcome);
                result.phases.call = (letter == 'F').then_some(Outcome::Failed);
                result.phases.teardown = (letter == 't').then_some(Outcome::Error);
                drafts.push(result, 0, 1, usize::from(letter != '.'));
            }
        }
        let problems = group(&mut drafts, Producer::Pytest, passed);
        let shown = drafts.results.iter().map(|result| format!("{}{}", result.outcome, result.attempt));
        (shown.collect(), problems.len())
    }

    /// Groups, how many tests passed, what comes of them, and how many groups are doubtful.
    type Row = (&'static [&'static str], Option<u64>, &'static [&'static str], usize);

    #[test]
    fn attempts_are_told_from_repeats() {
        let rows: [Row; 9] = [
            // Behind attempts that say nothing stands the verdict.
            (&["..F", "."], None, &["RERUN1", "RERUN2", "FAILED3", "PASSED1"], 0),
            (&[".s", "."], None, &["RERUN1", "SKIPPED2", "PASSED1"], 0),
            (&["..t", "."], None, &["RERUN1", "RERUN2", "ERROR3", "PASSED1"], 0),
            // Two that say nothing: only the run can tell.
            (&["..", "."], Some(2), &["RERUN1", "PASSED2", "PASSED1"], 0),
            (&["..", "."], Some(3), &["PASSED1", "PASSED1", "PASSED1"], 1),
            (&["..", ".F", "."], Some(9), &["RERUN1", "PASSED2", "RERUN1", "FAILED2", "PASSED1"], 0),
            // Everything stands there twice.
            (&["..", ".F"], Some(9), &["PASSED1", "PASSED1", "PASSED1", "FAILED1"], 2),
            // A pass behind a failure makes nothing green.
            (&["F.", "."], Some(2), &["FAILED1", "PASSED1", "PASSED1"], 1),
            (&["Ft", "."], None, &["FAILED1", "PASSED1"], 0),
        ];
        for (groups, passed, expected, doubts) in rows {
            let (outcomes, problems) = grouped(groups, passed);
            assert_eq!(
                (outcomes, problems),
                (expected.iter().map(|s| (*s).to_owned()).collect(), doubts),
                "{groups:?}"
            );
        }
    }
}
