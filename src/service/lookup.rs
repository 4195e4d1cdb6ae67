//! Names as people type them: shortened, or not quite right.

use crate::model::{SHORT_LENGTH, SessionId};

/// Why a name stands for nothing, or for too much.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LookupError {
    /// No session's id begins so.
    #[error("no session '{typed}' in the history")]
    NoSuchSession {
        /// What was typed.
        typed: String,
        /// The id that is nearest to it.
        near: Option<SessionId>,
    },
    /// The ids of several sessions begin so.
    #[error("'{typed}' is the beginning of {} session ids", candidates.len())]
    Ambiguous {
        /// What was typed.
        typed: String,
        /// The ids.
        candidates: Vec<SessionId>,
    },
    /// The history has no sessions at all.
    #[error("the history has no sessions")]
    EmptyHistory,
    /// The history has sessions, and none of them is asked for.
    #[error("no session matches these filters")]
    NothingMatches,
    /// The results of a session that was to be compared are gone.
    #[error("the results of session {} were pruned: nothing of it can be compared", session_id.short())]
    Pruned {
        /// The session.
        session_id: SessionId,
    },
    /// No session comes so far before another.
    #[error("no session '{typed}': there are only {sessions} to count back over")]
    TooFarBack {
        /// What was typed.
        typed: String,
        /// How many there are.
        sessions: usize,
    },
    /// There is no such test.
    #[error("no test '{typed}' in the sessions asked for")]
    NoSuchTest {
        /// What was typed.
        typed: String,
        /// The node id that is nearest to it.
        near: Option<String>,
    },
    /// Several tests are named so.
    #[error("'{typed}' is part of the names of {} tests", candidates.len())]
    AmbiguousTest {
        /// What was typed.
        typed: String,
        /// Their node ids.
        candidates: Vec<String>,
    },
    /// There is no such system under test.
    #[error("no system under test '{typed}' in the history")]
    NoSuchSut {
        /// What was typed.
        typed: String,
        /// The name that is nearest to it.
        near: Option<String>,
    },
}

/// The word for the session before another.
pub(super) const PREVIOUS: &str = "previous";

/// Returns the one session that `typed` stands for: a whole id, the beginning of one, the beginning of the part behind its dash,
/// `latest` for the first of `ids`, which are newest first, `latest~2` for the second before it, `previous` for the one before it.
pub fn find_session<'a>(ids: &'a [SessionId], typed: &str) -> Result<SessionId, LookupError> {
    if ids.is_empty() {
        return Err(LookupError::EmptyHistory);
    }
    if let Some(back) = steps_back(typed) {
        let too_far = || LookupError::TooFarBack { typed: typed.to_owned(), sessions: ids.len() };
        return ids.get(back).cloned().ok_or_else(too_far);
    }
    if let Some(exact) = ids.iter().find(|id| id.as_str() == typed) {
        return Ok(exact.clone());
    }
    let lower = typed.to_ascii_lowercase();
    let begins = |id: &&SessionId| {
        !typed.is_empty() && (id.as_str().to_ascii_lowercase().starts_with(&lower) || id.digest().starts_with(&lower))
    };
    let candidates: Vec<SessionId> = ids.iter().filter(begins).cloned().collect();
    match candidates.as_slice() {
        [one] => Ok(one.clone()),
        [] => {
            // What was typed is a beginning, so it is held against beginnings.
            let beginning = |name: &'a str| name.get(..typed.len()).unwrap_or(name);
            let names = ids.iter().flat_map(|id| [id.as_str(), id.digest()].map(|name| (beginning(name), id)));
            let near = nearest_by(typed, names).cloned();
            Err(LookupError::NoSuchSession { typed: typed.to_owned(), near })
        }
        _several => Err(LookupError::Ambiguous { typed: typed.to_owned(), candidates }),
    }
}

/// Returns how many sessions before the latest a word means; `None` of what is no such word.
pub(super) fn steps_back(typed: &str) -> Option<usize> {
    match typed {
        "latest" => Some(0),
        PREVIOUS => Some(1),
        other => other.strip_prefix("latest~")?.parse().ok(),
    }
}

/// Returns the shortest beginnings of the parts behind the dash that tell `ids` apart, eight characters at least.
pub fn short_length(ids: &[&SessionId]) -> usize {
    let mut parts: Vec<&str> = ids.iter().map(|id| id.digest()).collect();
    parts.sort_unstable();
    parts.dedup();
    let common = |pair: &[&str]| match pair {
        [one, other] => one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count(),
        _ends => 0,
    };
    parts.windows(2).map(common).max().map_or(SHORT_LENGTH, |longest| (longest + 1).max(SHORT_LENGTH))
}

/// Returns the name that is most like `typed`, where one is like it at all.
pub fn nearest<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    nearest_by(typed, names.into_iter().map(|name| (name, name)))
}

pub(super) fn nearest_by<'a, Value>(typed: &str, names: impl IntoIterator<Item = (&'a str, Value)>) -> Option<Value> {
    let typed = typed.to_lowercase();
    let likeness = |name: &str| strsim::jaro_winkler(&typed, &name.to_lowercase());
    let best = names
        .into_iter()
        .map(|(name, value)| (likeness(name), value))
        .max_by(|(one, _), (other, _)| one.total_cmp(other));
    best.filter(|(likeness, _)| *likeness > 0.75 && !typed.is_empty()).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids() -> Vec<SessionId> {
        ["20260102T000000Z-abcd000000000000", "20260101T000000Z-abff000000000000", "undated-1234000000000000"]
            .map(SessionId::new)
            .to_vec()
    }

    #[test]
    fn an_id_may_be_shortened_from_either_part_while_it_is_unique() {
        let ids = ids();
        let found = |typed: &str| find_session(&ids, typed).map(|id| ids.iter().position(|other| *other == id));
        assert_eq!(found("20260101T000000Z-abff000000000000"), Ok(Some(1)));
        assert_eq!(found("20260101"), Ok(Some(1)));
        assert_eq!(found("ABC"), Ok(Some(0)));
        assert_eq!(found("und"), Ok(Some(2)));
        assert_eq!(found("latest"), Ok(Some(0)));
        assert_eq!(found("latest~2"), Ok(Some(2)));
        assert_eq!(found("previous"), Ok(Some(1)));
        assert_eq!(found("latest~3"), Err(LookupError::TooFarBack { typed: "latest~3".to_owned(), sessions: 3 }));
        assert_eq!(found("ab"), Err(LookupError::Ambiguous { typed: "ab".to_owned(), candidates: ids[..2].to_vec() }));
    }

    #[test]
    fn an_unknown_name_is_met_with_the_nearest() {
        let ids = ids();
        let near = |typed: &str| match find_session(&ids, typed) {
            Err(LookupError::NoSuchSession { near, .. }) => {
                near.and_then(|id| ids.iter().position(|other| *other == id))
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(near("abfe"), Some(1));
        assert_eq!(near("zzz"), None);
        assert_eq!(near(""), None);
        assert_eq!(find_session(&[], "latest"), Err(LookupError::EmptyHistory));
        assert_eq!(nearest("chekout", ["checkout", "billing"]), Some("checkout"));
    }

    #[test]
    fn short_ids_tell_apart() {
        let ids = ["a-1234567890", "b-1234567899", "c-2234567890"].map(SessionId::new);
        assert_eq!(short_length(&ids.iter().collect::<Vec<_>>()), 10);
        assert_eq!(short_length(&[]), 8);
    }
}
