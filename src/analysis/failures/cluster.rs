//! Failures grouped by signature.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

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
    let collector = Collector { cohort: &cohort, state: Mutex::default() };
    let request = Request { sessions: &cohort.sessions, filter, columns: Columns::default() };
    source.failures(&request, &collector)?;
    let state = collector.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut scope = cohort.scope();
    let tests: BTreeSet<_> = state.groups.values().flat_map(|group| group.tests.keys()).collect();
    scope.tests = Some(tests.len() as u64);
    scope.leave_out(LeftOutReason::NoFailureText, state.without_text);
    let total = state.groups.values().map(|group| group.failures).sum::<u64>() + state.without_text;
    let mut clusters = joined(state.groups);
    scope.leave_out(LeftOutReason::BeyondLimit, clusters.len().saturating_sub(limit) as u64);
    clusters.truncate(limit);
    let clusters = clusters.into_iter().map(|joined| joined.describe(&cohort)).collect();
    Ok(FailuresReport { scope, failures: total, clusters })
}

struct Collector<'a> {
    cohort: &'a Cohort,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    groups: HashMap<FailureSignature, Group>,
    without_text: u64,
}

/// The failures with one signature.
#[derive(Debug, Default)]
struct Group {
    failures: u64,
    repeated: u64,
    sessions: BTreeSet<u32>,
    /// For each system and node id how many failures, and the last session.
    tests: BTreeMap<(u32, Box<str>), (u64, u32)>,
}

impl FailureVisitor for Collector<'_> {
    fn visit(&self, batch: &FailureBatch<'_>) {
        let mut by_text: BTreeMap<u32, BatchGroup> = BTreeMap::new();
        let rows = batch.codes.iter().zip(batch.sessions).zip(batch.outcomes).zip(batch.text_codes);
        for (((code, session), outcome), text) in rows {
            if let Some(sut) = self.cohort.sut_of.get(*session as usize) {
                by_text.entry(*text).or_default().push((*sut, *code, *session, *outcome));
            }
        }
        // Signatures are made outside the lock, once per text of the batch that is used, and groups of one signature joined.
        let mut groups: HashMap<FailureSignature, BatchGroup> = HashMap::new();
        let mut without_text = 0;
        for (text, rows) in by_text {
            match batch.texts.get(text as usize).copied().and_then(signature) {
                Some(signature) => groups.entry(signature).or_default().extend(rows),
                None => without_text += rows.len() as u64,
            }
        }
        let mut groups: Vec<(FailureSignature, BatchGroup)> = groups.into_iter().collect();
        groups.iter_mut().for_each(|(_, rows)| rows.sort_unstable());
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.without_text += without_text;
        for (signature, rows) in groups {
            state.groups.entry(signature).or_default().take(&rows, batch.node_ids);
        }
    }
}

/// System, node id, session, outcome of each failure of a batch with one signature.
type BatchGroup = Vec<(u32, u32, u32, Outcome)>;

fn signature(text: FailureText<'_>) -> Option<FailureSignature> {
    match text {
        FailureText::Unknown => None,
        FailureText::Text(text) => Some(FailureSignature::of(text)),
        FailureText::Signature(encoded) => FailureSignature::decode(encoded),
    }
}

impl Group {
    /// Takes in failures that are sorted by system and node id.
    fn take(&mut self, rows: &[(u32, u32, u32, Outcome)], node_ids: &[&str]) {
        self.failures += rows.len() as u64;
        self.repeated += rows.iter().filter(|(_, _, _, outcome)| *outcome == Outcome::Rerun).count() as u64;
        self.sessions.extend(rows.iter().map(|(_, _, session, _)| *session));
        for of_test in rows.chunk_by(|left, right| (left.0, left.1) == (right.0, right.1)) {
            let (Some((sut, code, _, _)), Some((_, _, latest, _))) = (of_test.first(), of_test.last()) else {
                continue;
            };
            let node_id = node_ids.get(*code as usize).copied().unwrap_or_default();
            let (failures, last) = self.tests.entry((*sut, node_id.into())).or_insert((0, *latest));
            *failures += of_test.len() as u64;
            *last = (*latest).max(*last);
        }
    }

    fn absorb(&mut self, other: Group) {
        self.failures += other.failures;
        self.repeated += other.repeated;
        self.sessions.extend(other.sessions);
        for (test, (more, session)) in other.tests {
            let (failures, last) = self.tests.entry(test).or_insert((0, session));
            *failures += more;
            *last = session.max(*last);
        }
    }
}

/// Groups that were joined.
struct Joined {
    signature: FailureSignature,
    group: Group,
    /// The first session of each member.
    members: Vec<(u32, FailureKey)>,
}

fn joined(groups: HashMap<FailureSignature, Group>) -> Vec<Joined> {
    let mut groups: Vec<(FailureSignature, Group)> = groups.into_iter().collect();
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
    fn describe(mut self, cohort: &Cohort) -> FailureCluster {
        self.members.sort_unstable();
        let mut tests: Vec<_> = self.group.tests.iter().collect();
        tests.sort_by(|left, right| right.1.0.cmp(&left.1.0).then_with(|| left.0.cmp(right.0)));
        let hit = |((sut, node_id), (failures, last)): &(&(u32, Box<str>), &(u64, u32))| FailureHit {
            test: TestRef { sut_name: cohort.sut_name(*sut).map(str::to_owned), node_id: NodeId::new(&**node_id) },
            failures: *failures,
            last_session: cohort.session(*last),
        };
        let suts: BTreeSet<_> = self.group.tests.keys().map(|(sut, _)| cohort.sut_name(*sut)).collect();
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
            for result in &mut session.test_results {
                let text = match result.node_id.as_str() {
                    "a" | "b" => {
                        format!("E   TimeoutError: no answer from basket after {place}.5 s on port 80{place}1")
                    }
                    "c" => "E   KeyError: 'x'".to_owned(),
                    _ => continue,
                };
                result.longreprtext = (result.outcome != Outcome::Passed).then(|| text.into());
            }
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
