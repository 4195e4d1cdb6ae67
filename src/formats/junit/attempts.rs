//! Test cases of one id: attempts of a test, the two halves of one, or repeats.
//!
//! pytest-rerunfailures leaves three shapes in JUnit XML. Up to 16.6 all attempts whose call or setup failed are one test case; an
//! attempt whose teardown failed is a test case of its own, without failure. Since 16.6.1 each attempt is a test case, all but the last
//! without failure, so that they look passed. The plugin `flaky` does so, too. Repeats (`--dist each`, two tests of one name) look
//! the same when they pass, but for the count: pytest does not count an attempt that it repeats as a test.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::drafts::Drafts;
use super::notes::Note;
use super::problems::{Problem, Problems};
use super::producer::Producer;
use super::verdict::keep_teardown;
use crate::model::{Outcome, TestResult};

/// What a test case says, as far as attempts are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Shape {
    /// Nothing: it passed, or was repeated.
    #[default]
    Bare,
    /// That it was skipped, or failed as expected.
    Skip,
    /// That only the teardown broke.
    Teardown,
    /// Anything else.
    Verdict,
}

impl Shape {
    /// Every shape, in the order of their numbers.
    pub(super) const ALL: [Shape; 4] = [Shape::Bare, Shape::Skip, Shape::Teardown, Shape::Verdict];

    /// Tells the shape of a test case's result.
    pub(super) fn of(result: &TestResult, issues: usize) -> Shape {
        let teardown_only = result.outcome == Outcome::Error && result.phases.teardown == Some(Outcome::Error);
        match result.outcome {
            _ if issues == 0 => Shape::Bare,
            Outcome::Skipped | Outcome::Xfailed => Shape::Skip,
            Outcome::Error if teardown_only && result.phases.setup != Some(Outcome::Error) => Shape::Teardown,
            Outcome::Passed | Outcome::Failed | Outcome::Error | Outcome::Xpassed | Outcome::Rerun => Shape::Verdict,
        }
    }
}

/// Sorts out test cases of one id, and says what is doubtful. `passed` is how many passed, as far as the document's totals tell.
pub(super) fn group(drafts: &mut Drafts, producer: Producer, passed: Option<u64>, problems: &mut Problems) {
    let mut run = Run::default();
    let mut changes = Changes::default();
    for part in drafts.parts() {
        for repeats in drafts.repeated(part, |repeats, note, place| {
            let call = repeats.add(note, place, producer);
            changes.joined.extend(call.map(|call| (call, place)));
        }) {
            run.add(&repeats);
        }
    }
    if run.groups == 0 && changes.joined.is_empty() {
        return;
    }
    changes.sort();
    run.finish(drafts, changes.joined.len(), passed);
    let mut doubts = Doubts::default();
    let mut likely = Doubts::default();
    for part in drafts.parts() {
        let mut attempts = Attempts::default();
        for repeats in drafts.repeated(part, |repeats, note, place| {
            repeats.add(note, place, producer);
        }) {
            if !repeats.is_doubtful() {
                continue;
            }
            let told = if producer == Producer::Pytest { repeats.are_attempts(&run) } else { Told::Nothing };
            if told != Told::Nothing {
                attempts.insert(repeats.hash, (repeats.last, 0));
            }
            match told {
                Told::Attempts => {}
                Told::LikelyAttempts => likely.add(repeats.first, repeats.line),
                Told::Nothing => doubts.add(repeats.first, repeats.line),
            }
        }
        if !attempts.is_empty() {
            changes.number(drafts, &mut attempts);
        }
    }
    doubts.tell(drafts, problems, Problem::AmbiguousRepeat);
    likely.tell(drafts, problems, Problem::LikelyAttempts);
    changes.apply(drafts);
}

/// What all test cases together say of repeats.
#[derive(Debug, Default)]
struct Run {
    /// How many ids stand more than once, and how often in all.
    groups: usize,
    repeated: usize,
    /// More test cases say nothing than tests passed: some of them were attempts.
    more_bare_than_passed: bool,
    /// Every test stands there several times: they were repeated on purpose.
    all_repeated: bool,
    /// Some test failed behind attempts that say nothing: the run repeats what fails.
    repeats_failures: bool,
    /// The same of some test whose attempts do not stand side by side: workers of pytest-xdist report between one another.
    repeats_failures_apart: bool,
}

impl Run {
    fn add(&mut self, repeats: &Repeats) {
        if repeats.is_doubtful() {
            self.groups += 1;
            self.repeated += repeats.count;
            self.repeats_failures |= !repeats.apart && repeats.fail_in_the_end();
            self.repeats_failures_apart |= repeats.apart && repeats.fail_in_the_end();
        }
    }

    fn finish(&mut self, drafts: &Drafts, joined: usize, passed: Option<u64>) {
        self.more_bare_than_passed = passed.is_some_and(|passed| drafts.bare > passed);
        self.all_repeated = self.groups > 1 && self.repeated == drafts.results.len() - joined;
        self.repeats_failures &= !self.all_repeated;
        self.repeats_failures_apart &= !self.all_repeated;
    }
}

/// Test cases of one id, met one after the other.
#[derive(Debug, Clone, Default)]
pub(super) struct Repeats {
    hash: u64,
    count: usize,
    /// The place and line of the first.
    first: usize,
    line: u32,
    last: usize,
    last_shape: Shape,
    /// The last is a failed call, of which a teardown behind it may be the other half.
    open: bool,
    /// How many say nothing, and how many that they were skipped.
    pub(super) bare: usize,
    skipped: usize,
    /// They do not stand side by side.
    apart: bool,
    /// The test cases tell their attempts themselves.
    numbered: bool,
}

impl Repeats {
    /// Adds the next test case. Where it is the other half of a failed call, it is none of its own, and the call's place is returned.
    fn add(&mut self, note: &Note, place: usize, producer: Producer) -> Option<usize> {
        if producer == Producer::Pytest && self.open && note.shape == Shape::Teardown {
            self.open = false;
            return Some(self.last);
        }
        if self.count == 0 {
            (self.hash, self.first, self.line) = (note.hash, place, note.line);
        } else {
            self.apart |= self.last + 1 != place;
        }
        self.count += 1;
        (self.last, self.last_shape, self.open) = (place, note.shape, note.open);
        self.numbered |= note.numbered;
        self.bare += usize::from(note.shape == Shape::Bare);
        self.skipped += usize::from(note.shape == Shape::Skip);
        None
    }

    /// Adds the next test case, whatever it is.
    pub(super) fn add_any(&mut self, note: &Note, place: usize) {
        self.add(note, place, Producer::Other);
    }

    /// Whether there are several, and nothing tells yet what they are.
    fn is_doubtful(&self) -> bool {
        self.count > 1 && !self.numbered
    }

    /// How many of those before the last say nothing.
    pub(super) fn earlier_bare(&self) -> usize {
        self.bare - usize::from(self.last_shape == Shape::Bare)
    }

    fn fail_in_the_end(&self) -> bool {
        matches!(self.last_shape, Shape::Verdict | Shape::Teardown) && self.bare + 1 == self.count
    }

    /// Whether these are attempts of one test.
    ///
    /// | all but the last | the last | side by side | the run | attempts |
    /// |---|---|---|---|---|
    /// | bare | any | any | has more bare ones than passes | yes |
    /// | bare | says something | yes | does not repeat all | yes |
    /// | bare | bare | yes | repeats what fails | yes |
    /// | bare | says something | no | does not repeat all | likely |
    /// | bare | bare | no | repeats what fails | likely |
    /// | skipped | skipped, and the teardown broke | any | any | yes |
    /// | any other | | | | not for certain |
    ///
    /// What is likely is taken for true and said: a pass that may have been a failure would be worse than an attempt too many.
    fn are_attempts(&self, run: &Run) -> Told {
        let attempts = |are: bool, what: Told| if are { what } else { Told::Nothing };
        if self.earlier_bare() + 1 != self.count {
            return attempts(self.skipped + 1 == self.count && self.last_shape == Shape::Teardown, Told::Attempts);
        }
        let says_nothing = self.last_shape == Shape::Bare;
        if run.more_bare_than_passed {
            Told::Attempts
        } else if !self.apart {
            attempts(if says_nothing { run.repeats_failures } else { !run.all_repeated }, Told::Attempts)
        } else if says_nothing {
            attempts(run.repeats_failures || run.repeats_failures_apart, Told::LikelyAttempts)
        } else {
            attempts(self.fail_in_the_end() && !run.all_repeated, Told::LikelyAttempts)
        }
    }
}

/// What several test cases of one id are told to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Attempts,
    LikelyAttempts,
    /// Attempts, or tests of one id.
    Nothing,
}

/// Ids whose results may be attempts or not: the first of them by place, and how many more there are.
#[derive(Debug, Default)]
struct Doubts {
    /// Places with their lines.
    first: Vec<(usize, u32)>,
    count: u64,
}

impl Doubts {
    fn add(&mut self, place: usize, line: u32) {
        self.count += 1;
        self.first.push((place, line));
        if self.first.len() >= 8 * Problems::LISTED as usize {
            self.shorten();
        }
    }

    fn shorten(&mut self) {
        self.first.sort_unstable();
        self.first.truncate(Problems::LISTED as usize);
    }

    fn tell(mut self, drafts: &Drafts, problems: &mut Problems, problem: fn(String) -> Problem) {
        self.shorten();
        for (place, line) in &self.first {
            let node_id = drafts.results.get(*place).map(|result| result.node_id.to_string());
            problems.add(&problem(node_id.unwrap_or_default()), Some(u64::from(*line)), None);
        }
        problems.count(&problem(String::new()), self.count - self.first.len() as u64);
    }
}

/// What becomes of results.
#[derive(Debug, Default)]
struct Changes {
    /// Failed calls, each with the teardown that broke behind it, which pytest writes as two test cases. By the call's place.
    joined: Vec<(usize, usize)>,
    /// The places of these teardowns.
    halves: Vec<usize>,
    /// The number of the attempt of each result, with [`REPEATED`] where it is not the last; 0 where nothing changes. Empty where nothing
    /// changes at all.
    attempts: Vec<u32>,
}

/// By the hash of an id, the place of its last attempt, and how many were met.
type Attempts = HashMap<u64, (usize, u32), RandomState>;

/// Marks an attempt that was repeated.
const REPEATED: u32 = 1 << 31;

impl Changes {
    fn sort(&mut self) {
        self.joined.sort_unstable();
        self.halves = self.joined.iter().map(|(_, teardown)| *teardown).collect();
        self.halves.sort_unstable();
    }

    /// Numbers the attempts of these ids.
    fn number(&mut self, drafts: &Drafts, of: &mut Attempts) {
        self.attempts.resize(drafts.results.len(), 0);
        let mut halves = self.halves.iter().copied().peekable();
        for (place, note) in drafts.notes.iter().enumerate() {
            if halves.next_if_eq(&place).is_some() {
                continue;
            }
            let Some((last, met)) = of.get_mut(&note.hash) else { continue };
            *met = met.saturating_add(1).min(REPEATED - 1);
            if let Some(attempt) = self.attempts.get_mut(place) {
                *attempt = *met | if place == *last { 0 } else { REPEATED };
            }
        }
    }

    fn apply(self, drafts: &mut Drafts) {
        if self.joined.is_empty() && self.attempts.is_empty() {
            return;
        }
        let mut joined = self.joined.into_iter().peekable();
        let mut halves = self.halves.into_iter().peekable();
        drafts.results.rewrite(|results, start, behind| {
            let end = start + results.len();
            while let Some((call, teardown)) = joined.next_if(|(call, _)| *call < end) {
                let teardown = results.get(teardown - start).cloned().or_else(|| behind.get(teardown));
                if let (Some(call), Some(teardown)) = (results.get_mut(call - start), teardown) {
                    join(call, teardown);
                }
            }
            if let Some(attempts) = self.attempts.get(start..end) {
                results.iter_mut().zip(attempts).for_each(|(result, attempt)| number(result, *attempt));
            }
            let mut place = start;
            results.retain(|_| {
                place += 1;
                halves.next_if_eq(&(place - 1)).is_none()
            });
        });
    }
}

fn number(result: &mut TestResult, attempt: u32) {
    if attempt > 0 {
        result.attempt = attempt & !REPEATED;
        if attempt & REPEATED != 0 {
            result.outcome = Outcome::Rerun;
        }
    }
}

/// Joins a failed call and the teardown that broke behind it.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::junit::cases::Room;
    use crate::model::Results;

    /// Results from their shapes: `.` bare, `s` skipped, `F` failed, `t` a broken teardown; each letter of a group is a test case of one
    /// id. Returns the outcomes and attempts.
    fn grouped(groups: &[&str], passed: Option<u64>) -> (Vec<String>, usize) {
        let mut drafts = Drafts::new(Results::within(0, None), &Room { bytes: 0, directory: None }, 0);
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
        let mut problems = Problems::default();
        group(&mut drafts, Producer::Pytest, passed, &mut problems);
        let results = drafts.into_results();
        let shown = results.iter().map(|result| format!("{}{}", result.outcome, result.attempt));
        (shown.collect(), problems.into_diagnostics().len())
    }

    /// Groups, how many tests passed, what comes of them, and how many groups are doubtful.
    type Row = (&'static [&'static str], Option<u64>, &'static [&'static str], usize);

    #[test]
    fn attempts_are_told_from_repeats() {
        let rows: [Row; 10] = [
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
            // More than are looked at together.
            (
                &["..F", "Ft", ".", "..", "ss", "..", "Ft"],
                Some(20),
                &[
                    "RERUN1", "RERUN2", "FAILED3", "FAILED1", "PASSED1", "RERUN1", "PASSED2", "SKIPPED1", "SKIPPED1",
                    "RERUN1", "PASSED2", "FAILED1",
                ],
                1,
            ),
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
