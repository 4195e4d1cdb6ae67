//! Which sessions a history has: by the part of their ids that the content decides.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use super::decode::Texts;
use super::log::{LiveFile, Log};
use super::scan::{self, Rows};
use super::schema::Record;
use super::{StoreError, parallel};
use crate::model::SessionId;

/// The sessions of a history, as far as its files were read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    files: HashSet<String>,
    /// The system under test by the digest in the session's id.
    sessions: HashMap<Box<str>, Arc<str>>,
}

impl Index {
    /// Reads what has changed since the last call.
    pub(crate) fn refresh(&mut self, log: &Log) -> Result<(), StoreError> {
        let live: HashSet<&str> = log.files(Record::Session).map(|file| file.path.as_str()).collect();
        if self.files.iter().any(|file| !live.contains(file.as_str())) {
            // What the vanished files held is in others now, or pruned.
            *self = Index::default();
        }
        let fresh: Vec<&LiveFile> =
            log.files(Record::Session).filter(|file| !self.files.contains(&file.path)).collect();
        let location = log.location();
        let read = parallel::try_map(&fresh, |file| ids(location, file))?;
        self.files.extend(fresh.into_iter().map(|file| file.path.clone()));
        self.sessions.extend(read.into_iter().flatten());
        Ok(())
    }

    /// Returns the system under test under which a session lies, an empty text where it lies under none; `None` where the history does
    /// not have it, whatever start time the id names.
    pub(crate) fn sut_of(&self, id: &SessionId) -> Option<&str> {
        self.sessions.get(digest_part(id.as_str())).map(|sut| &**sut)
    }
}

/// A digest and a system under test.
type Known = (Box<str>, Arc<str>);

fn ids(location: &Path, file: &LiveFile) -> Result<Vec<Known>, StoreError> {
    let mut known = Vec::new();
    let mut suts: HashMap<String, Arc<str>> = HashMap::new();
    scan::read(location, file, &["session_id", "sut_name"], Rows::All, |batch| {
        let ids = Texts::new(&batch, "session_id")?;
        let names = Texts::new(&batch, "sut_name")?;
        for row in 0..batch.num_rows() {
            let name = names.get(row).unwrap_or_default();
            let sut = match suts.get(name) {
                Some(sut) => Arc::clone(sut),
                None => Arc::clone(suts.entry(name.to_owned()).or_insert_with(|| Arc::from(name))),
            };
            known.push((Box::from(digest_part(ids.required(row)?)), sut));
        }
        Ok(())
    })?;
    Ok(known)
}

/// Returns the part of an id that the content decides: what stands behind the dash.
///
/// The part before it is the start time, which for some inputs depends on the time zone that the reader was told.
pub(crate) fn digest_part(id: &str) -> &str {
    id.rsplit_once('-').map_or(id, |(_, digest)| digest)
}
