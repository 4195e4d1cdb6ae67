//! Results in columns to one value per test, on all cores.
//!
//! A test is a node id within a system under test: the same id in another system is another test. The tests of a system are
//! one thread's at a time: a batch is taken system by system, and a system that another thread is busy with is put off to the end of the
//! batch. Only where it is still busy then does it get a second set of values, and the two are merged at the end. So hardly anything is
//! there twice, and the answer does not depend on which thread took which batch.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use foldhash::fast::RandomState;
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, IntoParallelRefMutIterator, ParallelIterator};

use super::cohort::Cohort;
use super::{
    Columns, FailureVisitor, Filter, NodeIdPattern, ObservationBatch, ObservationVisitor, Request, Source, SourceError,
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
    /// Is called once, when everything was taken in.
    fn settle(&mut self) {}
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

    fn settle(&mut self) {
        self.0.settle();
        self.1.settle();
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

/// Does the same, and hands the failures among the results to a visitor, where both can be read at once.
pub(crate) fn fold_with_failures<Value: Accumulator>(
    source: &dyn Source,
    cohort: &Cohort,
    filter: &Filter,
    columns: Columns,
    failures: &dyn FailureVisitor,
) -> Result<Vec<(TestKey, Value)>, SourceError> {
    let folder = Folder::new(cohort, &Wanted::All);
    source.observations_and_failures(&Request { sessions: &cohort.sessions, filter, columns }, &folder, failures)?;
    Ok(folder.into_tests(cohort))
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
    let folder = Folder::new(cohort, wanted);
    source.observations(&Request { sessions: &cohort.sessions, filter, columns }, &folder)?;
    Ok(folder.into_tests(cohort))
}

/// The system of each session, [`ABSENT`] for one that does not take part.
fn suts_taking_part(cohort: &Cohort) -> Vec<u32> {
    let suts = cohort.sut_of.iter().zip(&cohort.set_aside);
    suts.map(|(sut, aside)| if aside.is_none() { *sut } else { ABSENT }).collect()
}

/// No system, or no test.
const ABSENT: u32 = u32::MAX;
/// What has not been looked up yet.
const UNKNOWN: u32 = u32::MAX - 1;

/// How results become values: an [`ObservationVisitor`].
struct Folder<'a, Value> {
    sut_of: Vec<u32>,
    wanted: &'a Wanted,
    nodes: Mutex<NodeNumbers>,
    /// What threads know of the dictionaries that they last saw.
    idle: Mutex<Vec<Translation>>,
    /// For each system its tests.
    suts: Vec<Mutex<Shelf<Value>>>,
}

/// The number of each node id.
type NodeNumbers = HashMap<Box<str>, u32, RandomState>;

/// The tests of one system, while no thread is busy with them.
struct Shelf<Value> {
    idle: Vec<Tests<Value>>,
    busy: usize,
}

/// The node ids of a dictionary, as far as they were looked up.
#[derive(Default)]
struct Translation {
    /// The name of the dictionary; 0 where it has none.
    dictionary: u64,
    /// For each code the number of the node id.
    numbers: Vec<u32>,
}

/// What to do where another thread is busy with a system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Busy {
    /// Come back later.
    Wait,
    /// Begin a second set of its tests.
    Begin,
}

/// Some rows of a batch, one after another, all of one system.
type Stretch = (usize, Range<usize>);

fn locked<Value>(mutex: &Mutex<Value>) -> MutexGuard<'_, Value> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'a, Value: Accumulator> Folder<'a, Value> {
    fn new(cohort: &Cohort, wanted: &'a Wanted) -> Folder<'a, Value> {
        let shelf = |_| Mutex::new(Shelf { idle: Vec::new(), busy: 0 });
        Folder {
            sut_of: suts_taking_part(cohort),
            wanted,
            nodes: Mutex::default(),
            idle: Mutex::default(),
            suts: (0..cohort.suts.len()).map(shelf).collect(),
        }
    }

    /// The rows of a batch by system, in order; without those of sessions that do not take part.
    fn stretches(&self, sessions: &[u32]) -> Vec<Stretch> {
        let mut stretches: Vec<Stretch> = Vec::new();
        let mut next = 0;
        for of_session in sessions.chunk_by(|left, right| left == right) {
            let rows = next..next + of_session.len();
            next = rows.end;
            let sut = of_session.first().and_then(|session| self.sut_of.get(*session as usize));
            let Some(sut) = sut.filter(|sut| **sut != ABSENT).map(|sut| *sut as usize) else { continue };
            match stretches.last_mut() {
                Some((last, before)) if *last == sut && before.end == rows.start => before.end = rows.end,
                _ => stretches.push((sut, rows)),
            }
        }
        stretches
    }

    /// Takes a system's tests from their shelf; none where another thread has them and they are to be waited for.
    fn borrow(&self, sut: usize, busy: Busy) -> Option<Tests<Value>> {
        let mut shelf = locked(self.suts.get(sut)?);
        let may_begin = shelf.busy == 0 || busy == Busy::Begin;
        let tests = shelf.idle.pop().or_else(|| may_begin.then(Tests::default));
        shelf.busy += usize::from(tests.is_some());
        tests
    }

    fn give_back(&self, sut: usize, tests: Tests<Value>) {
        if let Some(shelf) = self.suts.get(sut) {
            let mut shelf = locked(shelf);
            shelf.busy -= 1;
            shelf.idle.push(tests);
        }
    }

    fn take(
        &self,
        batch: &ObservationBatch<'_>,
        (sut, rows): &Stretch,
        tests: &mut Tests<Value>,
        translation: &mut Translation,
    ) {
        let columns =
            (batch.codes.get(rows.clone()), batch.sessions.get(rows.clone()), batch.outcomes.get(rows.clone()));
        let (Some(codes), Some(sessions), Some(outcomes)) = columns else { return };
        let durations = batch.durations.and_then(|durations| durations.get(rows.clone())).unwrap_or_default();
        for (row, ((code, session), outcome)) in codes.iter().zip(sessions).zip(outcomes).enumerate() {
            let Some(number) = translation.numbers.get_mut(*code as usize) else { continue };
            if *number == UNKNOWN {
                *number = self.number(batch.node_ids.get(*code as usize).copied().unwrap_or_default());
            }
            let mut place = tests.places.get(*number as usize).copied().unwrap_or(UNKNOWN);
            if place == UNKNOWN {
                let node_id = batch.node_ids.get(*code as usize).copied().unwrap_or_default();
                place = tests.new_place(*number, self.wanted.has(*sut, node_id));
            }
            if let Some((_, value)) = tests.values.get_mut(place as usize) {
                let duration = durations.get(row).copied().unwrap_or(UNKNOWN_DURATION);
                value.add(Observation { session: *session, outcome: *outcome, duration });
            }
        }
    }

    /// Returns the number of a node id, a new one where it is new.
    fn number(&self, node_id: &str) -> u32 {
        let mut nodes = locked(&self.nodes);
        if let Some(number) = nodes.get(node_id) {
            return *number;
        }
        let number = nodes.len() as u32;
        nodes.insert(node_id.into(), number);
        number
    }

    /// The tests by system name and node id.
    fn into_tests(self, cohort: &Cohort) -> Vec<(TestKey, Value)> {
        let nodes = self.nodes.into_inner().unwrap_or_else(PoisonError::into_inner);
        let names = Names::new(nodes);
        let shelves = self.suts.into_iter().map(|shelf| shelf.into_inner().unwrap_or_else(PoisonError::into_inner));
        let mut suts: Vec<(u32, Shelf<Value>)> = (0..).zip(shelves).collect();
        suts.sort_by_key(|(sut, _)| cohort.sut_name(*sut));
        let of_sut = |(sut, shelf): (u32, Shelf<Value>)| -> Vec<(TestKey, Value)> {
            let mut sets = shelf.idle.into_iter();
            let Some(mut tests) = sets.next() else { return Vec::new() };
            sets.for_each(|other| tests.absorb(other));
            tests.values.sort_unstable_by_key(|(number, _)| names.rank(*number));
            tests.values.par_iter_mut().with_min_len(LEAST_SETTLED).for_each(|(_, value)| value.settle());
            let named = |(number, value)| (TestKey { sut, node_id: names.name(number) }, value);
            tests.values.into_iter().map(named).collect()
        };
        let by_sut: Vec<Vec<(TestKey, Value)>> = suts.into_par_iter().map(of_sut).collect();
        by_sut.into_iter().flatten().collect()
    }
}

/// How many values are settled by one thread at least.
const LEAST_SETTLED: usize = 64;

impl<Value: Accumulator> ObservationVisitor for Folder<'_, Value> {
    fn visit(&self, batch: &ObservationBatch<'_>) {
        let mut translation = locked(&self.idle).pop().unwrap_or_default();
        if batch.dictionary == 0 || batch.dictionary != translation.dictionary {
            translation.dictionary = batch.dictionary;
            translation.numbers.clear();
            translation.numbers.resize(batch.node_ids.len(), UNKNOWN);
        }
        let mut put_off: Vec<Stretch> = Vec::new();
        for stretch in self.stretches(batch.sessions) {
            match self.borrow(stretch.0, Busy::Wait) {
                Some(mut tests) => {
                    self.take(batch, &stretch, &mut tests, &mut translation);
                    self.give_back(stretch.0, tests);
                }
                None => put_off.push(stretch),
            }
        }
        for stretch in put_off {
            if let Some(mut tests) = self.borrow(stretch.0, Busy::Begin) {
                self.take(batch, &stretch, &mut tests, &mut translation);
                self.give_back(stretch.0, tests);
            }
        }
        locked(&self.idle).push(translation);
    }
}

/// The tests of one system, or some of them.
struct Tests<Value> {
    /// For each number of a node id the place of its value.
    places: Vec<u32>,
    /// The number of each node id, and what is kept of the test.
    values: Vec<(u32, Value)>,
}

impl<Value> Default for Tests<Value> {
    fn default() -> Tests<Value> {
        Tests { places: Vec::new(), values: Vec::new() }
    }
}

impl<Value: Accumulator> Tests<Value> {
    /// Returns a place for the value of a test that is new; [`ABSENT`] where it is not wanted.
    fn new_place(&mut self, number: u32, wanted: bool) -> u32 {
        if self.places.len() <= number as usize {
            self.places.resize(number as usize + 1, UNKNOWN);
        }
        let Some(place) = self.places.get_mut(number as usize) else { return ABSENT };
        *place = ABSENT;
        if wanted {
            *place = self.values.len() as u32;
            self.values.push((number, Value::default()));
        }
        *place
    }

    fn absorb(&mut self, other: Tests<Value>) {
        for (number, value) in other.values {
            let known = self.places.get(number as usize).copied().filter(|place| *place != UNKNOWN);
            let place = known.unwrap_or_else(|| self.new_place(number, true));
            if let Some((_, own)) = self.values.get_mut(place as usize) {
                own.absorb(value);
            }
        }
    }
}

/// The node ids by number, and where each stands among them in order.
struct Names {
    names: Vec<Box<str>>,
    ranks: Vec<u32>,
}

impl Names {
    fn new(nodes: NodeNumbers) -> Names {
        let mut ordered: Vec<(Box<str>, u32)> = nodes.into_iter().collect();
        ordered.sort_unstable();
        let mut names = vec![Box::default(); ordered.len()];
        let mut ranks = vec![0; ordered.len()];
        for (rank, (name, number)) in (0..).zip(ordered) {
            if let (Some(place), Some(slot)) = (names.get_mut(number as usize), ranks.get_mut(number as usize)) {
                *place = name;
                *slot = rank;
            }
        }
        Names { names, ranks }
    }

    fn rank(&self, number: u32) -> u32 {
        self.ranks.get(number as usize).copied().unwrap_or(u32::MAX)
    }

    fn name(&self, number: u32) -> Box<str> {
        self.names.get(number as usize).cloned().unwrap_or_default()
    }
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
        Cohort::new(std::sync::Arc::new(suts.iter().map(session).collect()), crate::analysis::Window::default(), 0)
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
