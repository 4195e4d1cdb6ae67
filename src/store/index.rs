//! Which sessions a history has: by the part of their ids that the content decides.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use super::decode::Texts;
use super::live_file::LiveFile;
use super::log::Log;
use super::scan::{self, Rows};
use super::schema::Record;
use super::{StoreError, parallel};
use crate::model::SessionId;

/// The sessions of a history, as far as its files were read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    files: HashSet<String>,
    /// By the digest in the session's id.
    sessions: HashMap<Box<str>, Session>,
}

/// A session that the history has.
#[derive(Debug, Clone)]
struct Session {
    /// What stands before the digest: when it began, to the second.
    begun: Box<str>,
    sut_name: Arc<str>,
}

/// What stands before the digest where no time is stated.
const UNDATED: &str = "undated";

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

    /// Returns the sessions of a system under test that begin in the second that `id` names, but for `id` itself.
    pub(crate) fn begun_with(&self, sut_name: &str, id: &SessionId) -> Vec<SessionId> {
        let Some((begun, digest)) = id.as_str().rsplit_once('-') else { return Vec::new() };
        let among = |known: &Session| *known.begun == *begun && *known.sut_name == *sut_name;
        // Where no time is stated, nothing is known to begin together.
        let found =
            self.sessions.iter().filter(|(other, known)| begun != UNDATED && among(known) && ***other != *digest);
        let mut ids: Vec<SessionId> =
            found.map(|(digest, known)| SessionId::new(format!("{}-{digest}", known.begun))).collect();
        ids.sort_unstable();
        ids
    }

    /// Returns the system under test under which a session lies, an empty text where it lies under none; `None` where the history does
    /// not have it, whatever start time the id names.
    pub(crate) fn sut_of(&self, id: &SessionId) -> Option<&str> {
        self.sessions.get(digest_part(id.as_str())).map(|session| &*session.sut_name)
    }
}

/// A session and its digest.
type Known = (Box<str>, Session);

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
            let id = ids.required(row)?;
            let (begun, digest) = id.rsplit_once('-').unwrap_or((UNDATED, id));
            known.push((Box::from(digest), Session { begun: Box::from(begun), sut_name: sut }));
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
