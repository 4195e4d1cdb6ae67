//! What to do where a run has another account of itself in the history.

use std::collections::HashMap;

use crate::ingest::is_same_run;
use crate::model::{SessionId, TestSession};
use crate::store::{HistoryStore, StoreError};

/// What to do with a session that tells of a run of which the history has another account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ConflictPolicy {
    /// The one that is there stays, and the new one is not added; but that a whole account takes the place of one that was cut, so that it
    /// does not matter which of them comes first.
    #[default]
    Keep,
    /// The new one takes the place of the one that is there.
    Replace,
    /// Both are in the history, and count as two.
    Both,
}

impl ConflictPolicy {
    /// Every policy.
    pub const ALL: [ConflictPolicy; 3] = [ConflictPolicy::Keep, ConflictPolicy::Replace, ConflictPolicy::Both];

    /// Returns the word for the policy.
    pub fn as_str(self) -> &'static str {
        match self {
            ConflictPolicy::Keep => "keep",
            ConflictPolicy::Replace => "replace",
            ConflictPolicy::Both => "both",
        }
    }
}

/// The tag of a session that took the place of another account of its run: the id of that.
const REPLACES: &str = "replaces";
/// The tag of a session beside which the history has another account of its run: the id of that.
const CONFLICTS_WITH: &str = "conflicts_with";

/// What is to become of the sessions of one batch.
#[derive(Debug, Default)]
pub(super) struct Decision {
    /// The sessions to add.
    pub(super) sessions: Vec<TestSession>,
    /// Sessions of the history that they replace.
    pub(super) replaced: Vec<SessionId>,
    /// For each session with another account of its run: the id of that, and what was done.
    pub(super) conflicts: HashMap<SessionId, (SessionId, ConflictPolicy)>,
    /// The places in the batch of sessions that are not added, since another account of their run is.
    pub(super) kept: Vec<usize>,
}

/// Looks for other accounts of the runs that `sessions` tell of, in the history and among themselves, and applies the policy.
pub(super) fn decide(
    store: Option<&HistoryStore>,
    sessions: Vec<TestSession>,
    policy: ConflictPolicy,
) -> Result<Decision, StoreError> {
    let ids: Vec<SessionId> = sessions.iter().map(|session| session.session_id.clone()).collect();
    let known = store.map(|store| store.known(&ids)).transpose()?.unwrap_or_default();
    let mut decision = Decision::default();
    let mut places: Vec<usize> = Vec::new();
    for (place, mut session) in sessions.into_iter().enumerate() {
        let is_known = known.contains(&session.session_id);
        let other = if is_known { None } else { other_account(store, &decision, &session)? };
        let Some(OtherAccount { session_id: other, complete }) = other else {
            decision.sessions.push(session);
            places.push(place);
            continue;
        };
        let completes = session.complete && !complete;
        let applied = if policy == ConflictPolicy::Keep && completes { ConflictPolicy::Replace } else { policy };
        match applied {
            ConflictPolicy::Keep => {
                decision.conflicts.insert(session.session_id, (other, applied));
                decision.kept.push(place);
            }
            ConflictPolicy::Replace => {
                if policy == ConflictPolicy::Replace {
                    session.tags.insert(REPLACES.to_owned(), other.to_string());
                }
                decision.conflicts.insert(session.session_id.clone(), (other.clone(), applied));
                if let Some(at) = decision.sessions.iter().position(|waiting| waiting.session_id == other) {
                    decision.sessions.remove(at);
                    decision.kept.push(places.remove(at));
                    decision.conflicts.insert(other, (session.session_id.clone(), applied));
                } else {
                    decision.replaced.push(other);
                }
                decision.sessions.push(session);
                places.push(place);
            }
            ConflictPolicy::Both => {
                session.tags.insert(CONFLICTS_WITH.to_owned(), other.to_string());
                decision.conflicts.insert(session.session_id.clone(), (other, applied));
                decision.sessions.push(session);
                places.push(place);
            }
        }
    }
    Ok(decision)
}

/// Another account of a run.
struct OtherAccount {
    session_id: SessionId,
    /// False where the run or the record of it was cut.
    complete: bool,
}

impl From<&TestSession> for OtherAccount {
    fn from(session: &TestSession) -> OtherAccount {
        OtherAccount { session_id: session.session_id.clone(), complete: session.complete }
    }
}

/// Returns another account of a session's run: one that waits to be added, else one of the history.
fn other_account(
    store: Option<&HistoryStore>,
    decision: &Decision,
    session: &TestSession,
) -> Result<Option<OtherAccount>, StoreError> {
    let waiting = decision.sessions.iter().find(|waiting| {
        waiting.session_id != session.session_id
            && waiting.sut_name == session.sut_name
            && is_same_run(waiting, session)
    });
    if let Some(waiting) = waiting {
        return Ok(Some(OtherAccount::from(waiting)));
    }
    let Some(store) = store else { return Ok(None) };
    let mut candidates = store.begun_with(session.sut_name.as_deref(), &session.session_id)?;
    candidates.retain(|id| !decision.replaced.contains(id));
    if candidates.is_empty() {
        return Ok(None);
    }
    let found = store.sessions(&candidates)?.into_iter().find(|candidate| is_same_run(candidate, session));
    Ok(found.as_ref().map(OtherAccount::from))
}
