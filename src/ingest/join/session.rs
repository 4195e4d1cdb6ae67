//! Sessions in, one session out.

use std::collections::HashSet;

use super::part::Part;
use super::{facts, names, results};
use crate::diagnostic::{Diagnostic, Parsed};
use crate::model::{NodeId, Outcome, SessionId, TestSession};

/// Joins what several files say of one run into one session; the module's documentation says which fact comes from where.
///
/// The session has no name yet: it depends on the digests of all files, which `name_sessions` knows how to use.
pub fn join_sessions(sessions: Vec<TestSession>) -> Parsed<TestSession> {
    let mut parts: Vec<Part> = sessions.into_iter().map(Part::new).collect();
    if parts.len() < 2 {
        let session = parts.pop().map(|part| part.session).unwrap_or_default();
        return Parsed::clean(session);
    }
    parts.sort_by_key(Part::rank);
    names::unify(&mut parts);
    let (mut joined, mut diagnostics) = facts::join(&parts);
    let lists: Vec<(&'static str, HashSet<NodeId>)> =
        parts.iter().filter(|part| part.is_whole_list()).map(|part| (part.name(), named(&part.session))).collect();
    let in_flight: Vec<NodeId> = parts.iter().filter_map(|part| part.session.in_flight.clone()).collect();
    let (test_results, contradictions) = results::join(&mut parts);
    joined.test_results = test_results.into();
    diagnostics.extend(contradictions);
    let all = named(&joined);
    diagnostics.extend(lists.iter().filter_map(|(name, list)| missing(name, list, &joined, &all)));
    let decided = decided(&joined);
    joined.in_flight = in_flight.into_iter().find(|node_id| !decided.contains(node_id));
    joined.session_id = SessionId::default();
    Parsed { value: joined, diagnostics }
}

fn named(session: &TestSession) -> HashSet<NodeId> {
    session.test_results.iter().map(|result| result.node_id.clone()).collect()
}

/// The tests that came to an end.
fn decided(session: &TestSession) -> HashSet<NodeId> {
    let results = session.test_results.iter().filter(|result| result.outcome != Outcome::Rerun);
    results.map(|result| result.node_id.clone()).collect()
}

/// Says which tests a file that should name all of them does not name.
fn missing(name: &str, list: &HashSet<NodeId>, joined: &TestSession, all: &HashSet<NodeId>) -> Option<Diagnostic> {
    let absent = joined.test_results.iter().find(|result| !list.contains(&result.node_id))?;
    let first = &absent.node_id;
    let count = all.len().saturating_sub(list.len());
    let message =
        format!("{name} does not name {count} of {} tests that another file names, such as {first}", all.len());
    Some(Diagnostic::note("join-missing", message))
}
