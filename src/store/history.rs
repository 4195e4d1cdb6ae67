//! The handle on a history.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use super::append;
use super::durable::{UNFINISHED_PREFIX, create_directory};
use super::index::Index;
use super::log::{LOG_DIRECTORY, Log};
use super::query;
use super::{Access, AppendReport, SessionFilter, StoreError};
use crate::model::{SessionId, SessionSummary, TestSession};

/// One opened version of a history. What others add later is not seen, except by [`HistoryStore::append`].
///
/// Its methods wait for the disk, and may not be called from asynchronous code.
pub struct HistoryStore {
    log: Log,
    index: Mutex<Index>,
}

impl HistoryStore {
    /// Opens the history at `location`. With [`Access::Write`], a directory that is absent or empty becomes one first.
    pub fn open(location: &Path, access: Access) -> Result<HistoryStore, StoreError> {
        match (look(location)?, access) {
            (Found::History, _) => {}
            (Found::Nothing, Access::Read) => return Err(StoreError::NotFound { path: location.to_owned() }),
            (Found::Empty, Access::Read) => {
                return Err(StoreError::NotAHistory { path: location.to_owned(), reason: "it is empty".into() });
            }
            (Found::Nothing | Found::Empty, Access::Write) => {
                create_directory(location).map_err(|error| StoreError::io(location, error))?;
                Log::create(location)?;
            }
        }
        Ok(HistoryStore { log: Log::open(location, access)?, index: Mutex::default() })
    }

    /// Returns those of `ids` that the history has. The part of an id before the dash is not looked at, since it depends on the time zone
    /// that the reader of the input was told.
    pub fn known(&self, ids: &[SessionId]) -> Result<HashSet<SessionId>, StoreError> {
        let mut index = self.index();
        index.refresh(&self.log)?;
        Ok(ids.iter().filter(|id| index.sut_of(id).is_some()).cloned().collect())
    }

    /// Adds those of `sessions` that the history does not have, in one commit. Others may be doing the same: each session goes in exactly
    /// once, and afterwards this handle sees what they added, too.
    pub fn append(&mut self, sessions: Vec<TestSession>, now: DateTime<Utc>) -> Result<AppendReport, StoreError> {
        let index = self.index.get_mut().unwrap_or_else(PoisonError::into_inner);
        append::append(&mut self.log, index, sessions, now)
    }

    /// Returns the sessions that pass `filter`, newest first.
    pub fn session_summaries(&self, filter: &SessionFilter) -> Result<Vec<SessionSummary>, StoreError> {
        query::summaries(&self.log, filter)
    }

    /// Returns the session of this id, whole; `None` where the history does not have it.
    pub fn session(&self, id: &SessionId) -> Result<Option<TestSession>, StoreError> {
        query::session(&self.log, id)
    }

    /// An index that a panic left half read is read again where it matters: what it lacks is asked of the files.
    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What lies at a path.
enum Found {
    Nothing,
    /// An empty directory, or what is left where a process was killed while it made a history.
    Empty,
    /// A table, whose log will tell whether it is a history.
    History,
}

fn look(location: &Path) -> Result<Found, StoreError> {
    let names = match names_in(location) {
        Ok(names) => names,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Err(StoreError::NotAHistory { path: location.to_owned(), reason: "it is no directory".into() });
        }
        Err(error) => return Err(StoreError::io(location, error)),
    };
    if names.is_empty() {
        return Ok(Found::Empty);
    }
    let log = location.join(LOG_DIRECTORY);
    let entries = match names_in(&log) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            let reason = format!("it holds other things, and no {LOG_DIRECTORY}");
            return Err(StoreError::NotAHistory { path: location.to_owned(), reason });
        }
        Err(error) => return Err(StoreError::io(&log, error)),
    };
    let unfinished = entries.iter().all(|name| name.starts_with(UNFINISHED_PREFIX));
    Ok(if names.len() == 1 && unfinished { Found::Empty } else { Found::History })
}

fn names_in(directory: &Path) -> io::Result<Vec<String>> {
    fs::read_dir(directory)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}
