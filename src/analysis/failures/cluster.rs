//! Failures grouped by signature.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use foldhash::fast::{FixedState, RandomState};

use super::join::leaders;
use super::signature::{FailureKey, FailureSignature};
use crate::analysis::cohort::Cohort;
use crate::analysis::{
    Columns, FailureBatch, FailureText, FailureVisitor, Filter, LeftOutReason, Request, Scope, SessionRef, Source,
    SourceError, TestRef,
};
use crate::model::{NodeId, Outcome};

/// How many tests and sessions of a cluster are named.
const NAMED: usize = 20;

/// Why tests break, most frequent first.
#[derive(Debug, Clone, PartialEq)]
pub struct FailuresReport {
    /// What the answer rests on.
    pub scope: Scope,
    /// How many failed, broken or repeated attempts there are, with or without a text.
    pub failures: u64,
    /// The clusters, by how many failures they have.
    pub clusters: Vec<FailureCluster>,
}

/// Failures for the same reason.
#[derive(Debug, Clone, PartialEq)]
pub struct FailureCluster {
    /// The cluster's name: the key of the signature of its first failure, which stays as failures are added.
    pub key: FailureKey,
    /// The most frequent signature.
    pub signature: FailureSignature,
    /// The keys of all signatures that were joined.
    pub members: Vec<FailureKey>,
    /// How many failed, broken or repeated attempts.
    pub failures: u64,
    /// How many of them were repeated, so that the session went on.
    pub repeated: u64,
    /// How many tests.
    pub tests: u64,
    /// The tests that it hit most, most first, at most 20.
    pub top_tests: Vec<FailureHit>,
    /// How many sessions.
    pub sessions: u64,
    /// The systems under test.
    pub sut_names: Vec<Option<String>>,
    /// The first session.
    pub first_seen: Option<SessionRef>,
    /// The last session.
    pub last_seen: Option<SessionRef>,
}

/// A test and how often a cluster hit it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureHit {
    /// The test.
    pub test: TestRef,
    /// How many failures.
    pub failures: u64,
    /// The last session in which it failed for this reason: where to look at the whole text.
    pub last_session: Option<SessionRef>,
}

/// Returns why tests break, over the sessions that the filter admits: every failed, broken or repeated attempt, grouped by
/// [`FailureSignature`], groups joined that hardly differ. No session is set aside. At most `limit` clusters.
pub fn failures(source: &dyn Source, filter: &Filter, limit: usize) -> Result<FailuresReport, SourceError> {
    let cohort = Cohort::load(source, filter)?;
    let collector = FailureCollector::new(&cohort);
    let request = Request { sessions: &cohort.sessions, filter, columns: Columns::default() };
    source.failures(&request, &collector)?;
    Ok(collector.into_report(limit))
}

/// Groups the failures of a cohort's sessions.
pub(crate) struct FailureCollector<'a> {
    cohort: &'a Cohort,
    state: Mutex<State>,
}

impl<'a> FailureCollector<'a> {
    pub(crate) fn new(cohort: &'a Cohort) -> FailureCollector<'a> {
        FailureCollector { cohort, state: Mutex::default() }
    }

    /// Returns what was found, with at most `limit` clusters.
    pub(crate) fn into_report(self, limit: usize) -> FailuresReport {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut scope = self.cohort.scope();
        let tests: HashSet<_> = state.groups.values().flat_map(|group| group.tests.keys()).collect();
        scope.tests = Some(tests.len() as u64);
        scope.leave_out(LeftOutReason::NoFailureText, state.without_text);
        let total = state.groups.values().map(|group| group.failures).sum::<u64>() + state.without_text;
        let node_ids = by_number(state.nodes);
        let mut clusters = joined(state.groups);
        scope.leave_out(LeftOutReason::BeyondLimit, clusters.len().saturating_sub(limit) as u64);
        clusters.truncate(limit);
        let clusters = clusters.into_iter().map(|joined| joined.describe(self.cohort, &node_ids)).collect();
        FailuresReport { scope, failures: total, clusters }
    }
}

#[derive(Default)]
struct State {
    /// The number of each node id.
    nodes: HashMap<Box<str>, u32, RandomState>,
    groups: HashMap<FailureSignature, Group, RandomState>,
    without_text: u64,
}

impl State {
    /// Returns the number of a node id, a new one where it is new.
    fn node(&mut self, node_id: &str) -> u32 {
        match self.nodes.get(node_id) {
            Some(number) => *number,
            None => {
                let number = self.nodes.len() as u32;
                self.nodes.insert(node_id.into(), number);
                number
            }
        }
    }
}

/// The node ids, each at its number.
fn by_number(nodes: HashMap<Box<str>, u32, RandomState>) -> Vec<Box<str>> {
    let mut numbered: Vec<(u32, Box<str>)> = nodes.into_iter().map(|(node_id, number)| (number, node_id)).collect();
    numbered.sort_unstable_by_key(|(number, _)| *number);
    numbered.into_iter().map(|(_, node_id)| node_id).collect()
}

/// The failures with one signature.
#[derive(Debug, Default)]
struct Group {
    failures: u64,
    repeated: u64,
    /// In any order, some more than once, until they are [`Group::tidied`].
    sessions: Vec<u32>,
    /// For each system and number of a node id how many failures, and the last session.
    tests: HashMap<(u32, u32), (u64, u32), FixedState>,
}

impl FailureVisitor for FailureCollector<'_> {
    fn visit(&self, batch: &FailureBatch<'_>) {
        let mut by_text: Vec<BatchGroup> = vec![BatchGroup::new(); batch.texts.len()];
        let rows = batch.codes.iter().zip(batch.sessions).zip(batch.outcomes).zip(batch.text_codes);
        for (((code, session), outcome), text) in rows {
            let sut = self.cohort.sut_of.get(*session as usize);
            if let (Some(sut), Some(group)) = (sut, by_text.get_mut(*text as usize)) {
                group.push((*sut, *code, *session, *outcome));
            }
        }
        // Signatures are made outside the lock, once per text of the batch that is used, and groups of one signature joined.
        let mut groups: HashMap<FailureSignature, BatchGroup, RandomState> = HashMap::default();
        let mut without_text = 0;
        for (text, rows) in batch.texts.iter().zip(by_text).filter(|(_, rows)| !rows.is_empty()) {
            match signature(*text) {
                Some(signature) => groups.entry(signature).or_default().extend(rows),
                None => without_text += rows.len() as u64,
            }
        }
        let groups: Vec<(FailureSignature, BatchGroup)> = groups.into_iter().collect();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.without_text += without_text;
        let mut numbers: Vec<Option<u32>> = vec![None; batch.node_ids.len()];
        for (signature, mut rows) in groups {
            for (_, code, _, _) in &mut rows {
                let node_id = batch.node_ids.get(*code as usize).copied().unwrap_or_default();
                let known = numbers.get(*code as usize).copied().flatten();
                let number = known.unwrap_or_else(|| state.node(node_id));
                if let Some(place) = numbers.get_mut(*code as usize) {
                    *place = Some(number);
                }
                *code = number;
            }
            state.groups.entry(signature).or_default().take(&rows);
        }
    }
}

/// System, code or number of the node id, session, outcome of each failure of a batch with one signature.
type BatchGroup = Vec<(u32, u32, u32, Outcome)>;

fn signature(text: FailureText<'_>) -> Option<FailureSignature> {
    match text {
        FailureText::Unknown => None,
        FailureText::Text(text) => Some(FailureSignature::of(text)),
        FailureText::Signature(encoded) => FailureSignature::decode(encoded),
    }
}

impl Group {
    fn take(&mut self, rows: &[(u32, u32, u32, Outcome)]) {
        self.failures += rows.len() as u64;
        for (sut, node, session, outcome) in rows {
            self.repeated += u64::from(*outcome == Outcome::Rerun);
            if self.sessions.last() != Some(session) {
                self.sessions.push(*session);
            }
            self.hit((*sut, *node), 1, *session);
        }
    }

    fn hit(&mut self, test: (u32, u32), more: u64, session: u32) {
        let (failures, last) = self.tests.entry(test).or_insert((0, session));
        *failures += more;
        *last = session.max(*last);
    }

    fn absorb(&mut self, other: Group) {
        self.failures += other.failures;
        self.repeated += other.repeated;
        self.sessions.extend(other.sessions);
        other.tests.into_iter().for_each(|(test, (more, session))| self.hit(test, more, session));
    }

    /// Returns the group with each session once, in order.
    fn tidied(mut self) -> Group {
        self.sessions.sort_unstable();
        self.sessions.dedup();
        self
    }
}

/// Groups that were joined.
struct Joined {
    signature: FailureSignature,
    group: Group,
    /// The first session of each member.
    members: Vec<(u32, FailureKey)>,
}

fn joined(groups: HashMap<FailureSignature, Group, RandomState>) -> Vec<Joined> {
    let mut groups: Vec<(FailureSignature, Group)> =
        groups.into_iter().map(|(signature, group)| (signature, group.tidied())).collect();
    groups.sort_by(|left, right| right.1.failures.cmp(&left.1.failures).then_with(|| left.0.cmp(&right.0)));
    let leaders = leaders(&groups.iter().map(|(signature, _)| signature).collect::<Vec<_>>());
    let mut clusters: Vec<Joined> = Vec::new();
    let mut place_of: HashMap<usize, usize> = HashMap::new();
    for ((signature, group), (index, leader)) in groups.into_iter().zip(leaders.into_iter().enumerate()) {
        let member = (group.sessions.first().copied().unwrap_or(u32::MAX), signature.key());
        match place_of.get(&leader).and_then(|place| clusters.get_mut(*place)) {
            Some(cluster) => {
                cluster.group.absorb(group);
                cluster.members.push(member);
            }
            None => {
                place_of.insert(index, clusters.len());
                clusters.push(Joined { signature, group, members: vec![member] });
            }
        }
    }
    clusters.sort_by_key(|cluster| std::cmp::Reverse(cluster.group.failures));
    clusters
}

impl Joined {
    fn describe(mut self, cohort: &Cohort, node_ids: &[Box<str>]) -> FailureCluster {
        self.members.sort_unstable();
        self.group = self.group.tidied();
        let node_id = |number: u32| node_ids.get(number as usize).map_or("", |node_id| &**node_id);
        let mut tests: Vec<(u64, u32, &str, u32)> = Vec::with_capacity(self.group.tests.len());
        tests.extend(
            self.group.tests.iter().map(|((sut, node), (failures, last))| (*failures, *sut, node_id(*node), *last)),
        );
        tests.sort_unstable_by(|left, right| {
            right.0.cmp(&left.0).then_with(|| (left.1, left.2).cmp(&(right.1, right.2)))
        });
        let hit = |(failures, sut, node_id, last): &(u64, u32, &str, u32)| FailureHit {
            test: TestRef { sut_name: cohort.sut_name(*sut).map(str::to_owned), node_id: NodeId::new(*node_id) },
            failures: *failures,
            last_session: cohort.session(*last),
        };
        let suts: BTreeSet<_> = tests.iter().map(|(_, sut, _, _)| cohort.sut_name(*sut)).collect();
        FailureCluster {
            key: self.members.first().map_or_else(|| self.signature.key(), |(_, key)| *key),
            members: self.members.iter().map(|(_, key)| *key).collect(),
            failures: self.group.failures,
            repeated: self.group.repeated,
            tests: self.group.tests.len() as u64,
            top_tests: tests.iter().take(NAMED).map(hit).collect(),
            sessions: self.group.sessions.len() as u64,
            sut_names: suts.into_iter().map(|sut| sut.map(str::to_owned)).collect(),
            first_seen: self.group.sessions.first().and_then(|session| cohort.session(*session)),
            last_seen: self.group.sessions.last().and_then(|session| cohort.session(*session)),
            signature: self.signature,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::MemorySource;
    use crate::analysis::examples::sessions;

    fn source() -> MemorySource {
        let mut all = sessions(&[("a", "FF.r"), ("b", "F..F"), ("c", "...F"), ("d", "F...")]);
        for (place, session) in all.iter_mut().enumerate() {
            session.test_results.update(|result| {
                let text = match result.node_id.as_str() {
                    "a" | "b" => {
                        format!("E   TimeoutError: no answer from basket after {place}.5 s on port 80{place}1")
                    }
                    "c" => "E   KeyError: 'x'".to_owned(),
                    _ => return,
                };
                result.longreprtext = (result.outcome != Outcome::Passed).then(|| text.into());
            });
        }
        MemorySource::new(all)
    }

    #[test]
    fn clusters_say_whom_they_hit_and_when() {
        let report = failures(&source(), &Filter::default(), 9).expect("memory is readable");
        assert_eq!((report.failures, report.scope.left_out_for(LeftOutReason::NoFailureText)), (7, 1));
        let [first, second] = &report.clusters[..] else { panic!("{report:?}") };
        assert_eq!(first.signature.to_string(), "TimeoutError: no answer from basket after %.% s on port %");
        assert_eq!((first.failures, first.repeated, first.tests, first.sessions), (5, 1, 2, 3));
        assert_eq!(first.first_seen.as_ref().map(|session| session.session_id.as_str()), Some("s0000"));
        assert_eq!(first.last_seen.as_ref().map(|session| session.session_id.as_str()), Some("s0003"));
        let hits: Vec<_> = first.top_tests.iter().map(|hit| (hit.test.node_id.as_str(), hit.failures)).collect();
        assert_eq!(hits, [("a", 3), ("b", 2)]);
        assert_eq!((second.tests, second.failures), (1, 1));
    }

    #[test]
    fn the_rest_beyond_the_limit_is_counted() {
        let report = failures(&source(), &Filter::default(), 1).expect("memory is readable");
        assert_eq!((report.clusters.len(), report.scope.left_out_for(LeftOutReason::BeyondLimit)), (1, 1));
    }
}
