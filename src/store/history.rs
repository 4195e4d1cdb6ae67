//! The handle on a history.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use super::aggregate::{self, DailyTest};
use super::append;
use super::check::{self, CheckReport};
use super::compact::{self, CompactReport};
use super::copy::{self, CopyReport};
use super::durable::{UNFINISHED_PREFIX, create_directory};
use super::export::{self, ParquetReport};
use super::index::Index;
use super::inspect::{self, StoreStatistics};
use super::log::{LOG_DIRECTORY, Log};
use super::prune::{self, PrunePlan, PruneResult, PruneRules};
use super::query;
use super::scan::{Ids, Rows};
use super::upkeep;
use super::{Access, AppendReport, PrunedReport, PrunedSession, SessionFilter, StoreError};
use crate::model::{OutcomeCounts, SessionId, SessionSummary, TestSession};

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
            (Found::Nothing, Access::Read | Access::Change) => {
                return Err(StoreError::NotFound { path: location.to_owned() });
            }
            (Found::Empty, Access::Read | Access::Change) => {
                return Err(StoreError::NotAHistory { path: location.to_owned(), reason: "it is empty".into() });
            }
            (Found::Nothing | Found::Empty, Access::Write) => {
                create_directory(location).map_err(|error| StoreError::io(location, error))?;
                Log::create(location, Vec::new())?;
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
        append::append(&mut self.log, index, sessions, &[], now)
    }

    /// Adds sessions as [`HistoryStore::append`] does, and takes those of `replaced` out of the history in the same commit, where it has them.
    pub fn replace(
        &mut self,
        sessions: Vec<TestSession>,
        replaced: &[SessionId],
        now: DateTime<Utc>,
    ) -> Result<AppendReport, StoreError> {
        let index = self.index.get_mut().unwrap_or_else(PoisonError::into_inner);
        append::append(&mut self.log, index, sessions, replaced, now)
    }

    /// Adds sessions that have given up their results, with what is kept of those, in one commit. Since what is kept of several sessions is one
    /// row, they go in together: where the history has some of them already, none is added.
    pub fn append_pruned(
        &mut self,
        pruned: Vec<PrunedSession>,
        daily: &[DailyTest],
        now: DateTime<Utc>,
    ) -> Result<PrunedReport, StoreError> {
        let index = self.index.get_mut().unwrap_or_else(PoisonError::into_inner);
        append::append_pruned(&mut self.log, index, pruned, daily, now)
    }

    /// Returns the sessions of a system under test that begin in the second that `id` names, but for `id` itself; none where it names none.
    pub fn begun_with(&self, sut_name: Option<&str>, id: &SessionId) -> Result<Vec<SessionId>, StoreError> {
        let mut index = self.index();
        index.refresh(&self.log)?;
        Ok(index.begun_with(sut_name.unwrap_or_default(), id))
    }

    /// Returns the sessions that pass `filter`, newest first.
    pub fn session_summaries(&self, filter: &SessionFilter) -> Result<Vec<SessionSummary>, StoreError> {
        query::summaries(&self.log, filter)
    }

    /// Returns the session of this id, whole; `None` where the history does not have it.
    pub fn session(&self, id: &SessionId) -> Result<Option<TestSession>, StoreError> {
        Ok(self.sessions(std::slice::from_ref(id))?.pop())
    }

    /// Returns the sessions of these ids, whole, in the order of their ids; those that the history does not have are left out.
    ///
    /// All of them are in memory at once: whoever wants many asks for some hundreds at a time, in the order of their ids.
    pub fn sessions(&self, ids: &[SessionId]) -> Result<Vec<TestSession>, StoreError> {
        query::sessions(&self.log, &Ids::new(ids))
    }

    /// Makes many small files into few large ones, and clears away what is no part of the history any more. Appends do the most needful of
    /// it by themselves.
    pub fn compact(&mut self) -> Result<CompactReport, StoreError> {
        let report = compact::all_files(&mut self.log)?;
        upkeep::sum_up(&self.log)?;
        Ok(report)
    }

    /// Returns how the history lies on the disk.
    pub fn statistics(&self) -> Result<StoreStatistics, StoreError> {
        inspect::statistics(&self.log)
    }

    /// Reads everything and compares it with what the log and the sessions say of it.
    pub fn check(&self) -> Result<CheckReport, StoreError> {
        check::check(&self.log)
    }

    /// Returns what the rules come to: which sessions would give up their results.
    pub fn plan_prune(&self, rules: &PruneRules) -> Result<PrunePlan, StoreError> {
        prune::plan(&self.log, rules)
    }

    /// Takes the results and console sections of the planned sessions out of the history, in one commit, and keeps what they came to by day
    /// and test. The sessions themselves stay, so that they are listed and not taken in again.
    pub fn prune(&mut self, plan: &PrunePlan, now: DateTime<Utc>) -> Result<PruneResult, StoreError> {
        prune::prune(&mut self.log, &plan.sessions, now)
    }

    /// Returns the sessions that have given up their results, and when.
    pub fn pruned(&self) -> Result<BTreeMap<SessionId, DateTime<Utc>>, StoreError> {
        prune::pruned_sessions(&self.log, Rows::All)
    }

    /// Returns those of these sessions that have given up their results, in the order of their ids, with what those came to.
    pub fn pruned_sessions(&self, ids: &[SessionId]) -> Result<Vec<PrunedSession>, StoreError> {
        let ids = Ids::new(ids);
        let pruned = prune::pruned_sessions(&self.log, Rows::Of(&ids))?;
        let summaries = query::read_summaries(
            &self.log,
            |file| file.statistics.may_hold_any(&ids),
            |summary| ids.contains(summary.session_id.as_str()),
        )?;
        let counts: HashMap<SessionId, OutcomeCounts> =
            summaries.into_iter().map(|summary| (summary.session_id, summary.counts)).collect();
        let sessions = query::sessions(&self.log, &ids)?.into_iter();
        Ok(sessions
            .filter_map(|session| {
                let pruned_at = *pruned.get(&session.session_id)?;
                let counts = *counts.get(&session.session_id)?;
                Some(PrunedSession { session, counts, pruned_at })
            })
            .collect())
    }

    /// Writes the history as plain Parquet files into `directory`, which must be absent or empty: all of it, or the sessions of `ids`.
    pub fn write_parquet(&self, directory: &Path, ids: Option<&[SessionId]>) -> Result<ParquetReport, StoreError> {
        match look(directory) {
            Ok(Found::Nothing | Found::Empty) => export::write(&self.log, directory, ids.map(Ids::new).as_ref()),
            Ok(Found::History) | Err(StoreError::NotAHistory { .. }) => {
                Err(StoreError::NotEmpty { path: directory.to_owned() })
            }
            Err(error) => Err(error),
        }
    }

    /// Returns what is kept of pruned results, by day, system under test and test.
    pub fn daily_tests(&self) -> Result<Vec<DailyTest>, StoreError> {
        aggregate::daily_tests(&self.log)
    }

    /// Copies this version of the history to `target`, which must be absent or empty: a backup, or the way back from one.
    pub fn copy_to(&self, target: &Path) -> Result<CopyReport, StoreError> {
        match look(target) {
            Ok(Found::Nothing | Found::Empty) => copy::copy(&self.log, target),
            Ok(Found::History) | Err(StoreError::NotAHistory { .. }) => {
                Err(StoreError::NotEmpty { path: target.to_owned() })
            }
            Err(error) => Err(error),
        }
    }

    pub(crate) fn log(&self) -> &Log {
        &self.log
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::collection::vec;
    use proptest::prelude::{ProptestConfig, any};
    use proptest::{prop_assert_eq, proptest};

    use super::*;
    use crate::model::arbitrary;
    use crate::wire;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp_micros(1_772_366_400_123_456).expect("a time")
    }

    /// Gives sessions ids that differ in the part that counts.
    fn named(sessions: Vec<TestSession>) -> Vec<TestSession> {
        let name = |(index, session): (usize, TestSession)| {
            let session_id = SessionId::new(format!("{}-{index:016x}", session.session_id));
            TestSession { session_id, ..session }
        };
        sessions.into_iter().enumerate().map(name).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_session_comes_out_as_it_went_in(sessions in vec(arbitrary::session(), 1..4)) {
            let directory = tempfile::tempdir().expect("a directory");
            let mut store = HistoryStore::open(directory.path(), Access::Write).expect("a new history");
            let sessions = named(sessions);
            store.append(sessions.clone(), now()).expect("an append");
            let mut summaries = store.session_summaries(&SessionFilter::default()).expect("summaries");
            for session in sessions {
                let at = summaries.iter().position(|found| found.session_id == session.session_id).expect("the session");
                let expected = SessionSummary { ingested_at: Some(now()), ..SessionSummary::from(&session) };
                prop_assert_eq!(summaries.swap_remove(at), expected);
                prop_assert_eq!(store.session(&session.session_id).expect("a read"), Some(session));
            }
        }

        #[test]
        fn what_is_finer_than_the_session_document_is_rounded_as_it_rounds(
            session in arbitrary::session(), nanos in any::<u64>(), finer in 0..1000_i64,
        ) {
            let directory = tempfile::tempdir().expect("a directory");
            let mut store = HistoryStore::open(directory.path(), Access::Write).expect("a new history");
            let mut session = TestSession { session_duration: Some(Duration::from_nanos(nanos)), ..session };
            session.test_results.update(|result| {
                result.duration = Some(Duration::from_nanos(nanos / 3));
                result.start_time = result.start_time.map(|start| start + chrono::TimeDelta::nanoseconds(finer));
            });
            store.append(vec![session.clone()], now()).expect("an append");
            let found = store.session(&session.session_id).expect("a read").expect("the session");
            prop_assert_eq!(wire::Session::from(&found), wire::Session::from(&session));
        }
    }
}
