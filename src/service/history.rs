//! Questions to a history that a list answers.

use super::listing::{Grouping, SessionListReport, SutListReport};
use super::lookup::{LookupError, find_session, nearest};
use crate::analysis::{Filter, SourceError, sessions_with_results};
use crate::model::{SessionId, TestSession};
use crate::store::{HistoryStore, SessionFilter, StoreError};

/// Why a history gives no answer.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// It cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It does not know what it was asked for.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// Its results cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
}

/// Returns the sessions that pass `filter`, newest first, at most `limit` of them; where `conditions` has any on tests or single
/// results, only those with such a result.
///
/// A system under test that the history does not know is an error, so that a slip of the pen is not taken for silence.
pub fn list_sessions(
    store: &HistoryStore,
    filter: &SessionFilter,
    conditions: &Filter,
    limit: Option<usize>,
    grouping: Grouping,
) -> Result<SessionListReport, HistoryError> {
    let mut summaries = store.session_summaries(filter)?;
    if conditions.has_result_conditions() || !conditions.node_ids.is_empty() {
        let mut found = sessions_with_results(store, &summaries, conditions)?.into_iter();
        summaries.retain(|_| found.next().unwrap_or(false));
    } else if summaries.is_empty()
        && let Some(sut_name) = &filter.sut
    {
        require_sut(store, sut_name)?;
    }
    Ok(SessionListReport::new(summaries, limit, grouping))
}

/// Returns the systems under test.
pub fn list_suts(store: &HistoryStore) -> Result<SutListReport, HistoryError> {
    Ok(SutListReport::new(&store.session_summaries(&SessionFilter::default())?))
}

/// Returns the session that `typed` stands for, whole; see [`find_session`].
pub fn show_session(store: &HistoryStore, typed: &str, filter: &SessionFilter) -> Result<TestSession, HistoryError> {
    let summaries = store.session_summaries(filter)?;
    if summaries.is_empty()
        && let Some(sut_name) = &filter.sut
    {
        require_sut(store, sut_name)?;
    }
    let ids: Vec<SessionId> = summaries.into_iter().map(|summary| summary.session_id).collect();
    let id = find_session(&ids, typed)?;
    let gone = || LookupError::NoSuchSession { typed: typed.to_owned(), near: None };
    Ok(store.session(&id)?.ok_or_else(gone)?)
}

fn require_sut(store: &HistoryStore, sut_name: &str) -> Result<(), HistoryError> {
    let suts = list_suts(store)?.suts;
    if suts.iter().any(|sut| sut.sut_name == sut_name) {
        return Ok(());
    }
    let near = nearest(sut_name, suts.iter().map(|sut| sut.sut_name.as_str())).map(str::to_owned);
    Err(LookupError::NoSuchSut { typed: sut_name.to_owned(), near }.into())
}
