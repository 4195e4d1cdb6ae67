//! Keeping a history fit while it is used: the log summed up and short, files that nobody names any more cleared away.
//!
//! None of it changes what the history says. Times are those of the file system, so that no clock but its own matters.

use std::collections::{HashMap, HashSet};
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::data_file::directory_name;
use super::durable::UNFINISHED_PREFIX;
use super::log::{LOG_DIRECTORY, Log};
use super::schema::Record;
use super::{StoreError, compact};

/// How long entries of the log stay that a checkpoint sums up: whoever loads the log has read them by then.
pub(crate) const LOG_KEPT: Duration = Duration::from_secs(10 * 60);
/// How long a file stays that is no longer part of the history: whoever asks an older version has read it by then.
const REMOVED_KEPT: Duration = Duration::from_secs(60 * 60);
/// How long a file stays that was never part of it: whoever is writing it has committed it by then.
const UNNAMED_KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// Does what is due after an append.
pub(crate) fn after_append(log: &mut Log) -> Result<(), StoreError> {
    compact::small_files(log)?;
    if log.is_checkpoint_due() { sum_up(log).map(drop) } else { Ok(()) }
}

/// Sums the log up, shortens it, and removes what is no part of the history; returns how many files that were.
pub(crate) fn sum_up(log: &Log) -> Result<usize, StoreError> {
    log.checkpoint()?;
    let now = log.committed_at()?;
    log.shorten(now.checked_sub(LOG_KEPT).unwrap_or(SystemTime::UNIX_EPOCH))?;
    sweep(log, now)
}

/// Removes what is no part of the history and has not been for long enough; returns how many files that were.
fn sweep(log: &Log, now: SystemTime) -> Result<usize, StoreError> {
    let leftovers = leftovers(log)?;
    let due = leftovers.iter().filter(|leftover| leftover.is_due(now));
    let mut removed = 0;
    for leftover in due {
        match fs::remove_file(&leftover.path) {
            Ok(()) => removed += 1,
            // Somebody else was sweeping, too.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(StoreError::io(&leftover.path, error)),
        }
    }
    Ok(removed)
}

/// A file below the history that is no part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Leftover {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Its size.
    pub(crate) bytes: u64,
    modified: SystemTime,
    /// When the history ceased to name it; `None` where it never did, or so long ago that the log has forgotten.
    removed: Option<SystemTime>,
}

impl Leftover {
    fn is_due(&self, now: SystemTime) -> bool {
        // A time in the future is no reason.
        let age = |time: SystemTime| now.duration_since(time).unwrap_or_default();
        match self.removed {
            Some(removed) => age(removed) >= REMOVED_KEPT,
            None => age(self.modified) >= UNNAMED_KEPT,
        }
    }
}

/// Returns the files below the history that are no part of it.
pub(crate) fn leftovers(log: &Log) -> Result<Vec<Leftover>, StoreError> {
    let live: HashSet<&str> = log.all_files().iter().map(|file| file.path.as_str()).collect();
    let removed = log.removed_files()?;
    let mut found = Vec::new();
    for record in Record::ALL {
        let name = directory_name(record);
        let directory = log.location().join(&name);
        for entry in entries(&directory)? {
            let path = format!("{name}/{}", entry.file_name().to_string_lossy());
            if path.ends_with(".parquet") && !live.contains(path.as_str()) {
                found.extend(leftover(&entry, removed.get(&path).copied())?);
            }
        }
    }
    for entry in entries(&log.location().join(LOG_DIRECTORY))? {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED_PREFIX) {
            found.extend(leftover(&entry, None)?);
        }
    }
    Ok(found)
}

fn leftover(entry: &DirEntry, removed: Option<SystemTime>) -> Result<Option<Leftover>, StoreError> {
    let path = entry.path();
    match entry.metadata().and_then(|metadata| Ok((metadata.len(), metadata.modified()?))) {
        Ok((bytes, modified)) => Ok(Some(Leftover { path, bytes, modified, removed })),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::io(&path, error)),
    }
}

fn entries(directory: &Path) -> Result<Vec<DirEntry>, StoreError> {
    let read = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.and_then(Iterator::collect),
    };
    read.map_err(|error| StoreError::io(directory, error))
}

/// When files ceased to be part of the history, by path.
pub(crate) type RemovedFiles = HashMap<String, SystemTime>;
