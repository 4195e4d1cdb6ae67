//! Results, before it is known which of them are attempts of one test.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher as _;

use foldhash::quality::RandomState;

use super::attempts::{Repeats, Shape};
use super::cases::Room;
use super::notes::{Note, Notes};
use super::seen::Seen;
use crate::model::{NodeId, Outcome, Results, TestResult};

/// Results, with what the grouping must know of the test case of each.
#[derive(Debug)]
pub(super) struct Drafts {
    pub(super) results: Results,
    pub(super) notes: Notes,
    /// The classes of tests that show subtests.
    pub(super) with_subtests: HashSet<u32>,
    /// How many test cases say nothing, and of how many only the teardown broke.
    pub(super) bare: u64,
    pub(super) teardowns: u64,
    seen: Seen,
    candidates: Candidates,
    hasher: RandomState,
}

/// The hashes of ids that may stand more than once.
#[derive(Debug)]
enum Candidates {
    Some(HashSet<u64, foldhash::fast::RandomState>),
    /// There are too many to keep them.
    All,
}

/// So many hashes of ids are kept at most. Tests meet reports of more.
const MOST_CANDIDATES: usize = if cfg!(test) { 2 } else { 1 << 20 };
/// Of so many ids the test cases are gathered at a time.
const AT_ONCE: usize = if cfg!(test) { 2 } else { 1 << 18 };

/// The ids whose test cases are gathered together: those whose hashes leave this rest.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    rest: u64,
    of: u64,
}

impl Drafts {
    /// Begins with none, of which those of about so many test cases will go into `results`.
    pub(super) fn new(results: Results, room: &Room, count: usize) -> Drafts {
        Drafts {
            results,
            notes: Notes::within(room, count),
            with_subtests: HashSet::new(),
            bare: 0,
            teardowns: 0,
            seen: Seen::with_capacity(count),
            candidates: Candidates::Some(HashSet::default()),
            hasher: RandomState::default(),
        }
    }

    /// Adds a result of a test case, which has a class, a line and so many issues.
    pub(super) fn push(&mut self, result: TestResult, class: u32, line: u64, issues: usize) {
        let shape = Shape::of(&result, issues);
        self.bare += u64::from(shape == Shape::Bare);
        self.teardowns += u64::from(shape == Shape::Teardown);
        if !result.subtests.is_empty() {
            self.with_subtests.insert(class);
        }
        // Two ids of one hash are nothing that will be met: a report would need billions of tests.
        let hash = self.hasher.hash_one((class, result.node_id.as_str()));
        if self.seen.note(hash)
            && let Candidates::Some(candidates) = &mut self.candidates
        {
            candidates.insert(hash);
            if candidates.len() > MOST_CANDIDATES {
                self.candidates = Candidates::All;
            }
        }
        let open = result.phases.call == Some(Outcome::Failed) && result.phases.teardown.is_none();
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        self.notes.push(Note { hash, class, line, shape, open, numbered: result.attempt > 1 });
        self.results.push(result);
    }

    /// Takes the last results, as far as they are of this test and say nothing, for attempts before one that is not known: what says
    /// nothing has passed only where it is the last.
    pub(super) fn leave_undecided(&mut self, node_id: &NodeId) {
        let is_attempt = |result: &TestResult| {
            result.node_id == *node_id && matches!(result.outcome, Outcome::Passed | Outcome::Rerun)
        };
        let count = self.results.len();
        let first =
            (0..count).rev().take_while(|place| self.results.get(*place).is_some_and(|result| is_attempt(&result)));
        let Some(first) = first.last() else { return };
        self.results.rewrite(|results, start, _behind| {
            for (place, result) in (start..).zip(results.iter_mut()).filter(|(place, _)| *place >= first) {
                result.outcome = Outcome::Rerun;
                result.attempt = u32::try_from(place - first + 1).unwrap_or(u32::MAX);
            }
        });
    }

    /// Returns the results.
    pub(super) fn into_results(mut self) -> Results {
        if let Some(fault) = self.notes.fault() {
            self.results.set_fault(fault);
        }
        self.results
    }

    /// Notes that some are missing.
    pub(super) fn set_fault(&mut self, reason: &str) {
        self.results.set_fault(reason);
    }

    /// Returns the parts in which ids that may stand more than once are looked at.
    pub(super) fn parts(&self) -> impl Iterator<Item = Part> + use<> {
        let ids = match &self.candidates {
            Candidates::Some(candidates) => candidates.len(),
            Candidates::All => self.results.len(),
        };
        let of = ids.div_ceil(AT_ONCE) as u64;
        (0..of).map(move |rest| Part { rest, of })
    }

    /// Returns what `add` makes of the test cases of each id of a part that may stand more than once.
    pub(super) fn repeated(&self, part: Part, mut add: impl FnMut(&mut Repeats, &Note, usize)) -> Vec<Repeats> {
        let is_candidate = |hash: u64| match &self.candidates {
            Candidates::Some(candidates) => candidates.contains(&hash),
            Candidates::All => true,
        };
        let mut repeats: HashMap<u64, Repeats, foldhash::fast::RandomState> = HashMap::default();
        for (place, note) in self.notes.iter().enumerate() {
            if (part.of == 1 || note.hash % part.of == part.rest) && is_candidate(note.hash) {
                add(repeats.entry(note.hash).or_default(), &note, place);
            }
        }
        repeats.into_values().collect()
    }
}
