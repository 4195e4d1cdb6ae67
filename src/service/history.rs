//! Questions to a history that a list answers.

use super::listing::{SessionListReport, SessionListing, SutListReport, SutListing};
use super::lookup::{LookupError, find_session, nearest};
use crate::analysis::{Filter, SourceError, sessions_with_results};
use crate::model::{SessionId, SessionSummary, TestSession};
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

/// Returns the sessions that pass `filter`; where it has conditions on tests or single results, only those with such a result. A session
/// without a start time counts by the time of its ingest.
///
/// A system under test that the history does not know is an error, so that a slip of the pen is not taken for silence.
pub fn list_sessions(
    store: &HistoryStore,
    filter: &Filter,
    listing: SessionListing,
) -> Result<SessionListReport, HistoryError> {
    Ok(SessionListReport::new(matching_sessions(store, filter)?, listing))
}

/// Returns the systems under test of the sessions that pass `filter`.
pub fn list_suts(store: &HistoryStore, filter: &Filter, listing: SutListing) -> Result<SutListReport, HistoryError> {
    Ok(SutListReport::new(&matching_sessions(store, filter)?, listing))
}

/// Returns the session that `typed` stands for, whole, among those that pass `filter`; see [`find_session`].
pub fn show_session(store: &HistoryStore, typed: &str, filter: &Filter) -> Result<TestSession, HistoryError> {
    let summaries = matching_sessions(store, filter)?;
    if summaries.is_empty() && !store.session_summaries(&SessionFilter::default())?.is_empty() {
        return Err(LookupError::NothingMatches.into());
    }
    let ids: Vec<SessionId> = summaries.into_iter().map(|summary| summary.session_id).collect();
    let id = find_session(&ids, typed)?;
    let gone = || LookupError::NoSuchSession { typed: typed.to_owned(), near: None };
    Ok(store.session(&id)?.ok_or_else(gone)?)
}

/// Returns the sessions that pass, newest first.
fn matching_sessions(store: &HistoryStore, filter: &Filter) -> Result<Vec<SessionSummary>, HistoryError> {
    let only = |names: &[String]| match names {
        [name] => Some(name.clone()),
        _all_or_some => None,
    };
    let mut summaries = store.session_summaries(&SessionFilter {
        sut: only(&filter.sut_names),
        since: filter.window.from,
        until: filter.window.until,
        tags: filter.tags.clone(),
    })?;
    summaries.retain(|summary| filter.admits_apart_from_time(summary));
    if summaries.is_empty() {
        filter.sut_names.iter().try_for_each(|name| require_sut(store, name))?;
    } else if filter.has_result_conditions() || !filter.node_ids.is_empty() {
        let mut found = sessions_with_results(store, &summaries, filter)?.into_iter();
        summaries.retain(|_| found.next().unwrap_or(false));
    }
    Ok(summaries)
}

fn require_sut(store: &HistoryStore, sut_name: &str) -> Result<(), HistoryError> {
    let everything = store.session_summaries(&SessionFilter::default())?;
    let suts = SutListReport::new(&everything, SutListing::default()).suts;
    if suts.iter().any(|sut| sut.sut_name == sut_name) {
        return Ok(());
    }
    let near = nearest(sut_name, suts.iter().map(|sut| sut.sut_name.as_str())).map(str::to_owned);
    Err(LookupError::NoSuchSut { typed: sut_name.to_owned(), near }.into())
}
