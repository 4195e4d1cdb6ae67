//! The handle on a history.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::{Access, AppendReport, SessionFilter, StoreError};
use crate::model::{SessionId, SessionSummary, TestSession};
use crate::wire;

/// One opened version of a history.
#[derive(Debug, Clone)]
pub struct HistoryStore {
    location: PathBuf,
    sessions: BTreeMap<String, (TestSession, DateTime<Utc>)>,
}

impl HistoryStore {
    /// Opens the history at `location`.
    pub fn open(location: &Path, access: Access) -> Result<HistoryStore, StoreError> {
        match (fs::read_dir(location), access) {
            (Ok(_), _) => {}
            (Err(error), Access::Write) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(location).map_err(|error| StoreError::io(location, error))?;
            }
            (Err(error), _) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StoreError::NotFound { path: location.to_owned() });
            }
            (Err(error), _) => return Err(StoreError::io(location, error)),
        }
        let mut store = HistoryStore { location: location.to_owned(), sessions: BTreeMap::new() };
        store.load()?;
        Ok(store)
    }

    /// Returns those of `ids` that the history has, whatever start time they name.
    pub fn known(&self, ids: &[SessionId]) -> Result<HashSet<SessionId>, StoreError> {
        Ok(ids.iter().filter(|id| self.sessions.contains_key(digest_part(id))).cloned().collect())
    }

    /// Adds those of `sessions` that the history does not have, in one commit.
    pub fn append(&mut self, sessions: Vec<TestSession>, now: DateTime<Utc>) -> Result<AppendReport, StoreError> {
        let mut report = AppendReport::default();
        for session in sessions {
            let id = session.session_id.clone();
            if let Some((known, _)) = self.sessions.get(digest_part(&id)) {
                report.already.push((id, known.sut_name.clone().unwrap_or_default()));
                continue;
            }
            let path = self.location.join(format!("{}.json", digest_part(&id)));
            let file = File::create(&path).map_err(|error| StoreError::io(&path, error))?;
            serde_json::to_writer(file, &(now.timestamp_micros(), wire::Session::from(&session)))
                .map_err(|error| StoreError::io(&path, error.into()))?;
            self.sessions.insert(digest_part(&id).to_owned(), (session, now));
            report.added.push(id);
        }
        Ok(report)
    }

    /// Returns the sessions that pass `filter`, newest first.
    pub fn session_summaries(&self, filter: &SessionFilter) -> Result<Vec<SessionSummary>, StoreError> {
        let mut summaries: Vec<SessionSummary> = self
            .sessions
            .values()
            .map(|(session, now)| SessionSummary { ingested_at: Some(*now), ..SessionSummary::from(session) })
            .filter(|summary| filter.accepts(summary))
            .collect();
        summaries.sort_by_key(|summary| {
            std::cmp::Reverse((summary.session_start_time.or(summary.ingested_at), summary.session_id.clone()))
        });
        Ok(summaries)
    }

    /// Returns the session of this id, whole.
    pub fn session(&self, id: &SessionId) -> Result<Option<TestSession>, StoreError> {
        Ok(self.sessions.get(digest_part(id)).map(|(session, _)| session.clone()))
    }

    fn load(&mut self) -> Result<(), StoreError> {
        for entry in fs::read_dir(&self.location).map_err(|error| StoreError::io(&self.location, error))?.flatten() {
            let path = entry.path();
            let bytes = fs::read(&path).map_err(|error| StoreError::io(&path, error))?;
            let (micros, session): (i64, wire::Session) = serde_json::from_slice(&bytes)
                .map_err(|error| StoreError::NotAHistory { path: self.location.clone(), reason: error.to_string() })?;
            let session = TestSession::try_from(session)
                .map_err(|error| StoreError::Corrupt { path: path.clone(), reason: error.to_string() })?;
            let now = DateTime::from_timestamp_micros(micros).unwrap_or_default();
            self.sessions.insert(digest_part(&session.session_id).to_owned(), (session, now));
        }
        Ok(())
    }
}

/// Returns the part of an id that the content decides, which is what stands behind the dash.
fn digest_part(id: &SessionId) -> &str {
    id.as_str().rsplit_once('-').map_or(id.as_str(), |(_, digest)| digest)
}
