//! Which sessions a history has: by the part of their ids that the content decides.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher as _;
use std::path::Path;
use std::sync::Arc;

use foldhash::fast::FixedState;

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
    /// The version of the history that was read.
    version: Option<u64>,
    /// The files that were read, each with a number of its own.
    files: HashMap<String, u32>,
    next_file: u32,
    /// By the digest in the session's id.
    sessions: HashMap<Box<str>, Session, FixedState>,
    /// Hashes of the seconds in which sessions of a system under test began. Most new sessions begin in none of them.
    begun: HashSet<u64, FixedState>,
}

/// A session that the history has.
#[derive(Debug, Clone)]
struct Session {
    /// A hash of what stands before the digest, which is when it began, to the second, and of the system under test.
    begun: u64,
    sut_name: Arc<str>,
    /// The file that holds it.
    file: u32,
}

/// What stands before the digest where no time is stated.
const UNDATED: &str = "undated";

impl Index {
    /// Reads what has changed since the last call.
    pub(crate) fn refresh(&mut self, log: &Log) -> Result<(), StoreError> {
        if self.version == Some(log.version()) {
            return Ok(());
        }
        let fresh: Vec<(&LiveFile, u32)> = log
            .files(Record::Session)
            .filter(|file| !self.files.contains_key(&file.path))
            .zip(self.next_file..)
            .collect();
        let location = log.location();
        let read = parallel::try_map(&fresh, |(file, number)| ids(location, file, *number))?;
        for (file, number) in fresh {
            self.files.insert(file.path.clone(), number);
            self.next_file = number + 1;
        }
        self.sessions.reserve(read.iter().map(Vec::len).sum());
        for (digest, session) in read.into_iter().flatten() {
            self.begun.insert(session.begun);
            self.sessions.insert(digest, session);
        }
        self.forget_vanished(log);
        self.version = Some(log.version());
        Ok(())
    }

    /// Forgets the files that are no part of the history any more. What they held is in others by now, or gone.
    fn forget_vanished(&mut self, log: &Log) {
        let live: HashSet<&str> = log.files(Record::Session).map(|file| file.path.as_str()).collect();
        let known = self.files.len();
        self.files.retain(|path, _| live.contains(path.as_str()));
        if self.files.len() < known {
            let numbers: HashSet<u32> = self.files.values().copied().collect();
            self.sessions.retain(|_, session| numbers.contains(&session.file));
        }
    }

    /// Returns the sessions of a system under test that begin in the second that `id` names, but for `id` itself.
    pub(crate) fn begun_with(&self, sut_name: &str, id: &SessionId) -> Vec<SessionId> {
        let Some((begun, digest)) = id.as_str().rsplit_once('-') else { return Vec::new() };
        let hash = begun_hash(sut_name, begun);
        // Where no time is stated, nothing is known to begin together.
        if begun == UNDATED || !self.begun.contains(&hash) {
            return Vec::new();
        }
        let among = |known: &Session| known.begun == hash && *known.sut_name == *sut_name;
        let found = self.sessions.iter().filter(|(other, known)| among(known) && ***other != *digest);
        let mut ids: Vec<SessionId> = found.map(|(digest, _)| SessionId::new(format!("{begun}-{digest}"))).collect();
        ids.sort_unstable();
        ids
    }

    /// Returns the system under test under which a session lies, an empty text where it lies under none; `None` where the history does
    /// not have it, whatever start time the id names.
    pub(crate) fn sut_of(&self, id: &SessionId) -> Option<&str> {
        self.sessions.get(id.digest()).map(|session| &*session.sut_name)
    }
}

/// A session and its digest.
type Known = (Box<str>, Session);

fn ids(location: &Path, live: &LiveFile, file: u32) -> Result<Vec<Known>, StoreError> {
    let mut known = Vec::new();
    let mut suts: HashMap<String, Arc<str>> = HashMap::new();
    scan::read(location, live, &["session_id", "sut_name"], Rows::All, |batch| {
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
            known.push((Box::from(digest), Session { begun: begun_hash(name, begun), sut_name: sut, file }));
        }
        Ok(())
    })?;
    Ok(known)
}

fn begun_hash(sut_name: &str, begun: &str) -> u64 {
    FixedState::default().hash_one((sut_name, begun))
}
