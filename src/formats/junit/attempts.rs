//! Test cases of one id: attempts of a test, the two halves of one, or repeats.
//!
//! pytest-rerunfailures leaves three shapes in JUnit XML. Up to 16.6 all attempts whose call or setup failed are one test case; an
//! attempt whose teardown failed is a test case of its own, without failure. Since 16.6.1 each attempt is a test case, all but the last
//! without failure, so that they look passed. The plugin `flaky` does so, too. Repeats (`--dist each`, two tests of one name) look
//! the same when they pass, but for the count: pytest does not count an attempt that it repeats as a test.

use std::collections::HashMap;

use super::problems::Problem;
use super::producer::Producer;
use super::verdict::keep_teardown;
use crate::model::{Outcome, TestResult};

/// A result with what the grouping must know of its test case.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) result: TestResult,
    pub(super) line: u64,
    /// What its test case says.
    pub(super) shape: Shape,
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

/// Sorts out test cases of one id. `passed` is how many passed, as far as the document's totals tell.
pub(super) fn group(drafts: Vec<Draft>, producer: Producer, passed: Option<u64>) -> (Vec<Draft>, Vec<(u64, Problem)>) {
    let groups = repeated(&drafts);
    if groups.is_empty() {
        return (drafts, Vec::new());
    }
    let mut drafts: Vec<Option<Draft>> = drafts.into_iter().map(Some).collect();
    let groups: Vec<Vec<usize>> = groups
        .into_iter()
        .map(|group| if producer == Producer::Pytest { join_halves(&mut drafts, group) } else { group })
        .filter(|members| members.len() > 1)
        .collect();
    let groups: Vec<Repeats> =
        groups.into_iter().map(|members| Repeats::of(members, &drafts)).filter(|repeats| !repeats.numbered).collect();
    let run = Run::of(&drafts, &groups, passed);
    let mut problems = Vec::new();
    for repeats in &groups {
        if producer == Producer::Pytest && repeats.are_attempts(&run) {
            number(&mut drafts, &repeats.members);
        } else if let Some(draft) = repeats.members.first().and_then(|place| drafts[*place].as_ref()) {
            problems.push((draft.line, Problem::AmbiguousRepeat(draft.result.node_id.to_string())));
        }
    }
    (drafts.into_iter().flatten().collect(), problems)
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
    fn of(drafts: &[Option<Draft>], groups: &[Repeats], passed: Option<u64>) -> Run {
        let bare = drafts.iter().flatten().filter(|draft| draft.shape == Shape::Bare).count() as u64;
        let repeated: usize = groups.iter().map(|repeats| repeats.members.len()).sum();
        let all_repeated = groups.len() > 1 && repeated == drafts.iter().flatten().count();
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
    fn of(members: Vec<usize>, drafts: &[Option<Draft>]) -> Repeats {
        let found: Vec<&Draft> = members.iter().filter_map(|place| drafts[*place].as_ref()).collect();
        Repeats {
            shapes: found.iter().map(|draft| draft.shape).collect(),
            adjacent: members.windows(2).all(|pair| pair[0] + 1 == pair[1]),
            numbered: found.iter().any(|draft| draft.result.attempt > 1),
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

/// Returns the places of each id that stands more than once.
fn repeated(drafts: &[Draft]) -> Vec<Vec<usize>> {
    let mut first: HashMap<&str, usize> = HashMap::with_capacity(drafts.len());
    let mut groups: HashMap<usize, Vec<usize>> = HashMap::new();
    for (place, draft) in drafts.iter().enumerate() {
        let earliest = *first.entry(draft.result.node_id.as_str()).or_insert(place);
        if earliest != place {
            groups.entry(earliest).or_insert_with(|| vec![earliest]).push(place);
        }
    }
    let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
    groups.sort_unstable();
    groups
}

/// Joins a failed call and the teardown that broke behind it, which pytest writes as two test cases; returns the places that are left.
fn join_halves(drafts: &mut [Option<Draft>], group: Vec<usize>) -> Vec<usize> {
    let mut left: Vec<usize> = Vec::new();
    for place in group {
        let is_teardown = drafts[place].as_ref().is_some_and(|draft| draft.shape == Shape::Teardown);
        let failed = left.last().copied().filter(|last| {
            let call = drafts[*last].as_ref().map(|draft| draft.result.phases);
            is_teardown && call.is_some_and(|phases| phases.call == Some(Outcome::Failed) && phases.teardown.is_none())
        });
        match failed {
            Some(failed) => {
                let teardown = drafts[place].take();
                if let (Some(call), Some(teardown)) = (&mut drafts[failed], teardown) {
                    join(&mut call.result, teardown.result);
                }
            }
            None => left.push(place),
        }
    }
    left
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
fn number(drafts: &mut [Option<Draft>], members: &[usize]) {
    for (attempt, place) in members.iter().enumerate() {
        if let Some(draft) = &mut drafts[*place] {
            draft.result.attempt = u32::try_from(attempt + 1).unwrap_or(u32::MAX);
            if attempt + 1 < members.len() {
                draft.result.outcome = Outcome::Rerun;
            }
        }
    }
}
