//! Results in columns to one value per test, on all cores.
//!
//! A test is a node id within a system under test: the same id in another system is another test. Each thread folds into
//! a state of its own, with its own numbering of tests; the states are merged at the end and put in the order of system
//! and node id, so that the answer does not depend on which thread took which batch.

use std::collections::{HashMap, HashSet};
use std::mem;
use std::sync::{Mutex, PoisonError};

use foldhash::fast::RandomState;
use rayon::slice::ParallelSliceMut;

use super::cohort::Cohort;
use super::{
    Columns, Filter, NodeIdPattern, ObservationBatch, ObservationVisitor, Request, Source, SourceError,
    UNKNOWN_DURATION,
};
use crate::model::Outcome;

/// One result, as an accumulator sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Observation {
    /// The session, as an index into the cohort.
    pub(crate) session: u32,
    /// How the attempt ended.
    pub(crate) outcome: Outcome,
    /// Microseconds, or [`UNKNOWN_DURATION`].
    pub(crate) duration: i64,
}

/// What is kept of one test.
pub(crate) trait Accumulator: Default + Send {
    /// Takes one result in.
    fn add(&mut self, observation: Observation);
    /// Takes in what another thread has kept of the same test.
    fn absorb(&mut self, other: Self);
}

impl<First: Accumulator, Second: Accumulator> Accumulator for (First, Second) {
    fn add(&mut self, observation: Observation) {
        self.0.add(observation);
        self.1.add(observation);
    }

    fn absorb(&mut self, other: (First, Second)) {
        self.0.absorb(other.0);
        self.1.absorb(other.1);
    }
}

/// A test: its system under test, as an index into the cohort's, and its node id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TestKey {
    pub(crate) sut: u32,
    pub(crate) node_id: Box<str>,
}

/// Folds the results of the cohort's sessions that take part into one value per test, by system and node id.
pub(crate) fn fold<Value: Accumulator>(
    source: &dyn Source,
    cohort: &Cohort,
    filter: &Filter,
    columns: Columns,
) -> Result<Vec<(TestKey, Value)>, SourceError> {
    fold_where(source, cohort, filter, columns, &Wanted::All)
}

/// Which tests a fold is of.
pub(crate) enum Wanted {
    /// Every one.
    All,
    /// These: node ids by system under test.
    These(Vec<HashSet<Box<str>>>),
}

impl Wanted {
    /// Returns the set of these tests.
    pub(crate) fn these<'a>(keys: impl IntoIterator<Item = &'a TestKey>) -> Wanted {
        let mut by_sut: Vec<HashSet<Box<str>>> = Vec::new();
        for key in keys {
            let sut = key.sut as usize;
            if by_sut.len() <= sut {
                by_sut.resize_with(sut + 1, HashSet::new);
            }
            if let Some(node_ids) = by_sut.get_mut(sut) {
                node_ids.insert(key.node_id.clone());
            }
        }
        Wanted::These(by_sut)
    }

    fn has(&self, sut: usize, node_id: &str) -> bool {
        match self {
            Wanted::All => true,
            Wanted::These(by_sut) => by_sut.get(sut).is_some_and(|node_ids| node_ids.contains(node_id)),
        }
    }

    /// The node ids as a condition that a source can look up; `None` where they are too many for that.
    fn narrow(&self, filter: &Filter) -> Option<Filter> {
        const FEW: usize = 50;
        let Wanted::These(by_sut) = self else { return None };
        if by_sut.iter().map(HashSet::len).sum::<usize>() > FEW {
            return None;
        }
        let mut node_ids: Vec<&str> = by_sut.iter().flatten().map(AsRef::as_ref).collect();
        node_ids.sort_unstable();
        node_ids.dedup();
        let node_ids = node_ids.into_iter().map(|node_id| NodeIdPattern::Exact(node_id.to_owned())).collect();
        Some(Filter { node_ids, ..filter.clone() })
    }
}

/// Folds the results of some tests.
pub(crate) fn fold_where<Value: Accumulator>(
    source: &dyn Source,
    cohort: &Cohort,
    filter: &Filter,
    columns: Columns,
    wanted: &Wanted,
) -> Result<Vec<(TestKey, Value)>, SourceError> {
    if let Wanted::These(by_sut) = wanted
        && by_sut.iter().all(HashSet::is_empty)
    {
        return Ok(Vec::new());
    }
    let narrowed = wanted.narrow(filter);
    let filter = narrowed.as_ref().unwrap_or(filter);
    let folder = Folder { sut_of: suts_taking_part(cohort), suts: cohort.suts.len(), wanted, idle: Mutex::default() };
    source.observations(&Request { sessions: &cohort.sessions, filter, columns }, &folder)?;
    let mut states = folder.idle.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter();
    let Some(mut all) = states.next() else { return Ok(Vec::new()) };
    for state in states {
        all.absorb(state);
    }
    Ok(all.into_tests(cohort))
}

/// The system of each session, [`ABSENT`] for one that does not take part.
fn suts_taking_part(cohort: &Cohort) -> Vec<u32> {
    let suts = cohort.sut_of.iter().zip(&cohort.set_aside);
    suts.map(|(sut, aside)| if aside.is_none() { *sut } else { ABSENT }).collect()
}

/// No system, or no test.
const ABSENT: u32 = u32::MAX;
/// A dictionary entry that has not been looked up yet.
const UNKNOWN: u32 = u32::MAX - 1;

struct Folder<'a, Value> {
    sut_of: Vec<u32>,
    suts: usize,
    wanted: &'a Wanted,
    idle: Mutex<Vec<State<Value>>>,
}

impl<Value: Accumulator> ObservationVisitor for Folder<'_, Value> {
    fn visit(&self, batch: &ObservationBatch<'_>) {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let state = idle().pop();
        let mut state = state.unwrap_or_else(|| State::new(self.suts));
        state.take(batch, &self.sut_of, self.wanted);
        idle().push(state);
    }
}

/// What one thread has folded so far.
struct State<Value> {
    /// The number of each node id.
    nodes: HashMap<Box<str>, u32, RandomState>,
    /// For each system, for each node number, the number of the test.
    tests: Vec<Vec<u32>>,
    /// For each test its system and node number.
    keys: Vec<(u32, u32)>,
    values: Vec<Value>,
    /// The dictionary that `translations` is of; 0 where it is of none.
    dictionary: u64,
    /// For each code of the dictionary the number of the node id.
    numbers: Vec<u32>,
    /// For each system, for each code of the dictionary, the number of the test.
    translations: Vec<Vec<u32>>,
}

impl<Value: Accumulator> State<Value> {
    fn new(suts: usize) -> State<Value> {
        State {
            nodes: HashMap::default(),
            tests: vec![Vec::new(); suts],
            keys: Vec::new(),
            values: Vec::new(),
            dictionary: 0,
            numbers: Vec::new(),
            translations: vec![Vec::new(); suts],
        }
    }

    fn take(&mut self, batch: &ObservationBatch<'_>, sut_of: &[u32], wanted: &Wanted) {
        if batch.dictionary == 0 || batch.dictionary != self.dictionary {
            self.dictionary = batch.dictionary;
            self.translations.iter_mut().for_each(Vec::clear);
            self.numbers.clear();
            self.numbers.resize(batch.node_ids.len(), UNKNOWN);
        }
        // Taken out, so that the loop below may number tests while it reads a translation.
        let mut translations = mem::take(&mut self.translations);
        let mut next = 0;
        for of_session in batch.sessions.chunk_by(|left, right| left == right) {
            let rows = next..next + of_session.len();
            next = rows.end;
            let Some(session) = of_session.first().copied() else { continue };
            let Some(sut) = sut_of.get(session as usize).copied() else { continue };
            let Some(translation) = translations.get_mut(sut as usize) else { continue };
            if translation.is_empty() {
                translation.resize(batch.node_ids.len(), UNKNOWN);
            }
            let (codes, outcomes) = (batch.codes.get(rows.clone()), batch.outcomes.get(rows.clone()));
            let durations = batch.durations.and_then(|durations| durations.get(rows)).unwrap_or_default();
            let results = codes.unwrap_or_default().iter().zip(outcomes.unwrap_or_default());
            for (row, (code, outcome)) in results.enumerate() {
                let Some(place) = translation.get_mut(*code as usize) else { continue };
                if *place == UNKNOWN {
                    let node_id = batch.node_ids.get(*code as usize).copied().unwrap_or_default();
                    let wanted = wanted.has(sut as usize, node_id);
                    *place = if wanted {
                        let node = self.numbered(*code, node_id);
                        self.test(sut, node)
                    } else {
                        ABSENT
                    };
                }
                if let Some(value) = self.values.get_mut(*place as usize) {
                    let duration = durations.get(row).copied().unwrap_or(UNKNOWN_DURATION);
                    value.add(Observation { session, outcome: *outcome, duration });
                }
            }
        }
        self.translations = translations;
    }

    /// Returns the number of the node id that a code of the dictionary stands for.
    fn numbered(&mut self, code: u32, node_id: &str) -> u32 {
        if let Some(number) = self.numbers.get(code as usize).filter(|number| **number != UNKNOWN) {
            return *number;
        }
        let number = self.node(node_id);
        if let Some(place) = self.numbers.get_mut(code as usize) {
            *place = number;
        }
        number
    }

    /// Returns the number of a node id, a new one where it is new.
    fn node(&mut self, node_id: &str) -> u32 {
        match self.nodes.get(node_id) {
            Some(node) => *node,
            None => {
                let node = self.nodes.len() as u32;
                self.nodes.insert(node_id.into(), node);
                node
            }
        }
    }

    /// Returns the number of a test, a new one where it is new.
    fn test(&mut self, sut: u32, node: u32) -> u32 {
        let Some(tests) = self.tests.get_mut(sut as usize) else { return ABSENT };
        if tests.len() <= node as usize {
            tests.resize(node as usize + 1, UNKNOWN);
        }
        let Some(place) = tests.get_mut(node as usize) else { return ABSENT };
        if *place == UNKNOWN {
            *place = self.keys.len() as u32;
            self.keys.push((sut, node));
            self.values.push(Value::default());
        }
        *place
    }

    fn absorb(&mut self, other: State<Value>) {
        let nodes: Vec<u32> = by_number(other.nodes).iter().map(|node_id| self.node(node_id)).collect();
        for ((sut, node), value) in other.keys.into_iter().zip(other.values) {
            let Some(node) = nodes.get(node as usize) else { continue };
            let test = self.test(sut, *node);
            if let Some(place) = self.values.get_mut(test as usize) {
                place.absorb(value);
            }
        }
    }

    /// The tests by system name and node id.
    fn into_tests(self, cohort: &Cohort) -> Vec<(TestKey, Value)> {
        let mut ranked: Vec<u32> = (0..cohort.suts.len() as u32).collect();
        ranked.sort_by_key(|sut| cohort.sut_name(*sut));
        let mut rank = vec![0_usize; ranked.len()];
        for (place, sut) in ranked.into_iter().enumerate() {
            if let Some(slot) = rank.get_mut(sut as usize) {
                *slot = place;
            }
        }
        let node_ids = by_number(self.nodes);
        let mut tests: Vec<(TestKey, Value)> = self
            .keys
            .into_iter()
            .zip(self.values)
            .map(|((sut, node), value)| {
                let node_id = node_ids.get(node as usize).cloned().unwrap_or_default();
                (TestKey { sut, node_id }, value)
            })
            .collect();
        let order = |key: &TestKey| rank.get(key.sut as usize).copied();
        tests.par_sort_unstable_by(|(left, _), (right, _)| {
            order(left).cmp(&order(right)).then_with(|| left.node_id.cmp(&right.node_id))
        });
        tests
    }
}

/// The node ids, each at its number.
fn by_number(nodes: HashMap<Box<str>, u32, RandomState>) -> Vec<Box<str>> {
    let mut numbered: Vec<(u32, Box<str>)> = nodes.into_iter().map(|(node_id, number)| (number, node_id)).collect();
    numbered.sort_unstable_by_key(|(number, _)| *number);
    numbered.into_iter().map(|(_, node_id)| node_id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::series::Tally;
    use crate::model::{SessionSummary, TestSession};

    /// Hands over batches as told: each with a dictionary of its own, or a shared one.
    struct Told(Vec<(u64, Vec<&'static str>, Vec<Row>)>);
    /// Code, session, outcome.
    type Row = (u32, u32, Outcome);

    impl Source for Told {
        fn sessions(&self, _: &Filter) -> Result<crate::analysis::Sessions, SourceError> {
            Ok(crate::analysis::Sessions::default())
        }

        fn observations(&self, _: &Request<'_>, visitor: &dyn ObservationVisitor) -> Result<(), SourceError> {
            std::thread::scope(|scope| {
                for (dictionary, node_ids, rows) in &self.0 {
                    scope.spawn(move || {
                        visitor.visit(&ObservationBatch {
                            node_ids,
                            dictionary: *dictionary,
                            codes: &rows.iter().map(|row| row.0).collect::<Vec<_>>(),
                            sessions: &rows.iter().map(|row| row.1).collect::<Vec<_>>(),
                            outcomes: &rows.iter().map(|row| row.2).collect::<Vec<_>>(),
                            durations: None,
                            attempts: None,
                        });
                    });
                }
            });
            Ok(())
        }

        fn failures(&self, _: &Request<'_>, _: &dyn crate::analysis::FailureVisitor) -> Result<(), SourceError> {
            Ok(())
        }
    }

    fn cohort(suts: &[&str]) -> Cohort {
        let session = |sut: &&str| SessionSummary {
            sut_name: Some((*sut).to_owned()),
            ..SessionSummary::from(&TestSession::default())
        };
        Cohort::new(suts.iter().map(session).collect(), crate::analysis::Window::default(), 0)
    }

    fn runs(source: &Told, cohort: &Cohort, wanted: &Wanted) -> Vec<(u32, String, u64)> {
        let filter = Filter::default();
        let tests = fold_where::<Tally>(source, cohort, &filter, Columns::default(), wanted).expect("it cannot fail");
        tests.into_iter().map(|(key, tally)| (key.sut, key.node_id.into_string(), tally.runs())).collect()
    }

    fn told() -> Told {
        use Outcome::Passed;
        Told(vec![
            (1, vec!["x", "y"], vec![(0, 0, Passed), (1, 0, Passed), (0, 1, Passed)]),
            (1, vec!["x", "y"], vec![(1, 1, Passed), (1, 2, Passed)]),
            (2, vec!["y", "x"], vec![(0, 2, Passed), (1, 2, Passed)]),
            (0, vec!["z"], vec![(0, 3, Passed), (0, 99, Passed), (7, 0, Passed)]),
        ])
    }

    #[test]
    fn batches_with_dictionaries_of_their_own_fold_into_the_same_tests() {
        let cohort = cohort(&["b", "b", "a", "a"]);
        let expected = [(1, "x", 1), (1, "y", 2), (1, "z", 1), (0, "x", 2), (0, "y", 2)];
        for _ in 0..20 {
            let actual = runs(&told(), &cohort, &Wanted::All);
            let actual: Vec<_> = actual.iter().map(|(sut, node_id, runs)| (*sut, node_id.as_str(), *runs)).collect();
            assert_eq!(actual, expected);
        }
    }

    #[test]
    fn only_wanted_tests_and_sessions_that_take_part_are_folded() {
        let mut cohort = cohort(&["b", "b", "a", "a"]);
        let wanted = Wanted::these(&[TestKey { sut: 0, node_id: "y".into() }, TestKey { sut: 1, node_id: "x".into() }]);
        assert_eq!(runs(&told(), &cohort, &wanted), [(1, "x".to_owned(), 1), (0, "y".to_owned(), 2)]);
        cohort.set_aside[0] = Some(crate::analysis::LeftOutReason::NearlyAllFailed);
        assert_eq!(runs(&told(), &cohort, &wanted), [(1, "x".to_owned(), 1), (0, "y".to_owned(), 1)]);
    }
}
