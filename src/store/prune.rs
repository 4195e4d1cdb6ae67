//! The results of old sessions given up, and what they came to kept.
//!
//! A pruned session stays with its facts and counts, so that it is still listed and is not taken in again; its results and console sections
//! go. What each test did on each day stays as rows of their own, so that trends outlive the results.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::thread;

use arrow::array::{ArrayRef, RecordBatch, TimestampMicrosecondArray};
use arrow::compute::{filter_record_batch, not};
use chrono::{DateTime, Utc};
use deltalake::protocol::DeltaOperation;

use super::aggregate::Aggregates;
use super::commit::{self, Committed};
use super::data_file::{RecordWriter, WrittenFiles};
use super::decode::{self, Times};
use super::live_file::{Change, LiveFile};
use super::log::Log;
use super::scan::{self, Ids, Rows};
use super::schema::Record;
use super::{StoreError, query};
use crate::model::{Outcome, SessionId, SessionSummary};

/// How often a prune is tried while others change the same files.
const ATTEMPTS: u32 = 20;
/// How many rows are in memory at once.
const BATCH_ROWS: usize = 1024;

/// Which sessions give up their results. A session that any of the rules names does; by default none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PruneRules {
    /// Those that began before this time. A session without a start time counts by the time of its ingest.
    pub older_than: Option<DateTime<Utc>>,
    /// All but so many of the newest of each system under test.
    pub keep: Option<usize>,
    /// The oldest, until the data of the rest has about so many bytes.
    pub max_bytes: Option<u64>,
}

/// What a prune will do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PrunePlan {
    /// The sessions that give up their results, oldest first.
    pub sessions: Vec<SessionId>,
    /// How many results they have.
    pub results: u64,
    /// About how many bytes those have.
    pub bytes: u64,
}

/// What a prune did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PruneResult {
    /// How many sessions gave up their results.
    pub sessions: u64,
    /// How many results are gone.
    pub results: u64,
    /// How many rows of daily aggregates stand for them.
    pub aggregates: u64,
    /// The size of the history's data before.
    pub bytes_before: u64,
    /// And after. The files go from the disk when nobody can be reading them any more.
    pub bytes_after: u64,
}

/// Returns what the rules come to.
pub(crate) fn plan(log: &Log, rules: &PruneRules) -> Result<PrunePlan, StoreError> {
    let pruned = pruned_sessions(log, Rows::All)?;
    let mut sessions = query::read_summaries(log, |_| true, |summary| !pruned.contains_key(&summary.session_id))?;
    sessions.sort_by_cached_key(|session| (when(session), session.session_id.clone()));
    let sizes = Sizes::of(log, &sessions);
    let mut named: BTreeSet<usize> = BTreeSet::new();
    if let Some(time) = rules.older_than {
        named.extend(
            (0..sessions.len()).filter(|index| sessions.get(*index).and_then(when).is_some_and(|when| when < time)),
        );
    }
    if let Some(keep) = rules.keep {
        let mut kept: BTreeMap<Option<&str>, usize> = BTreeMap::new();
        for (index, session) in sessions.iter().enumerate().rev() {
            let count = kept.entry(session.sut_name.as_deref()).or_default();
            *count += 1;
            if *count > keep {
                named.insert(index);
            }
        }
    }
    if let Some(max_bytes) = rules.max_bytes {
        let mut left: u64 = sessions
            .iter()
            .enumerate()
            .filter(|(index, _)| !named.contains(index))
            .map(|(_, session)| sizes.bytes(session))
            .sum();
        for (index, session) in sessions.iter().enumerate() {
            if left <= max_bytes {
                break;
            }
            if named.insert(index) {
                left = left.saturating_sub(sizes.bytes(session));
            }
        }
    }
    let chosen: Vec<&SessionSummary> = named.iter().filter_map(|index| sessions.get(*index)).collect();
    Ok(PrunePlan {
        sessions: chosen.iter().map(|session| session.session_id.clone()).collect(),
        results: chosen.iter().map(|session| results(session)).sum(),
        bytes: chosen.iter().map(|session| sizes.bytes(session)).sum(),
    })
}

/// Takes the results of these sessions out of the history, in one commit.
pub(crate) fn prune(log: &mut Log, sessions: &[SessionId], now: DateTime<Utc>) -> Result<PruneResult, StoreError> {
    let ids = Ids::new(sessions);
    let bytes_before = log.all_files().iter().map(|file| file.bytes).sum();
    for attempt in 0..ATTEMPTS {
        let mut rewrite = Rewrite::new(log, &ids, Purpose::Prune(now));
        rewrite.run(log)?;
        let Rewrite { old, mut new, mut result, .. } = rewrite;
        if old.is_empty() {
            return Ok(PruneResult { bytes_before, bytes_after: bytes_before, ..PruneResult::default() });
        }
        // What was rewritten is valid as long as none of the files has been made part of another.
        while log.names(old.iter()) {
            let operation = DeltaOperation::Delete { predicate: None };
            match commit::exchange(log, new, &old, Change::Data, operation)? {
                Committed::Done => {
                    result.bytes_before = bytes_before;
                    result.bytes_after = log.all_files().iter().map(|file| file.bytes).sum();
                    return Ok(result);
                }
                Committed::Raced(files) => new = files,
            }
            thread::sleep(commit::wait(attempt));
        }
    }
    Err(StoreError::Conflict { path: log.location().to_owned(), attempts: ATTEMPTS })
}

/// Returns the files that hold rows of these sessions, and the files that have all rows of those but theirs.
pub(crate) fn without(log: &Log, ids: &Ids) -> Result<(Vec<LiveFile>, WrittenFiles), StoreError> {
    let mut rewrite = Rewrite::new(log, ids, Purpose::Remove);
    if !ids.is_empty() {
        rewrite.run(log)?;
    }
    Ok((rewrite.old, rewrite.new))
}

/// Why rows go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// The sessions stay, marked with this time, and what their results came to is kept.
    Prune(DateTime<Utc>),
    /// Nothing of the sessions stays.
    Remove,
}

/// Files made anew without the results of some sessions.
struct Rewrite<'a> {
    ids: &'a Ids,
    purpose: Purpose,
    old: Vec<LiveFile>,
    new: WrittenFiles,
    aggregates: Aggregates,
    result: PruneResult,
}

impl<'a> Rewrite<'a> {
    fn new(log: &Log, ids: &'a Ids, purpose: Purpose) -> Rewrite<'a> {
        let (new, aggregates) = (WrittenFiles::new(log.location()), Aggregates::default());
        Rewrite { ids, purpose, old: Vec::new(), new, aggregates, result: PruneResult::default() }
    }

    fn run(&mut self, log: &Log) -> Result<(), StoreError> {
        for record in [Record::Result, Record::Output, Record::Session] {
            for file in log.files(record).filter(|file| file.statistics.may_hold_any(self.ids)) {
                self.rewrite(log, file)?;
            }
        }
        if self.purpose == Purpose::Remove {
            return Ok(());
        }
        let mut writer = RecordWriter::new(log.location(), Record::Aggregate);
        for batch in self.aggregates.batches() {
            let batch = batch.map_err(|error| self.aggregates_error(log, &error.to_string()))?;
            self.result.aggregates += batch.num_rows() as u64;
            writer.write(&batch)?;
        }
        self.new.take(writer.finish()?);
        Ok(())
    }

    fn aggregates_error(&self, log: &Log, reason: &str) -> StoreError {
        StoreError::Corrupt { path: log.location().to_owned(), reason: reason.to_owned() }
    }

    fn rewrite(&mut self, log: &Log, file: &LiveFile) -> Result<(), StoreError> {
        let path = log.location().join(&file.path);
        let corrupt = |reason: String| StoreError::Corrupt { path: path.clone(), reason };
        let schema = file.record.arrow_schema();
        if !scan::has_only(log.location(), file, &schema)? {
            return Err(corrupt("a newer insight wrote columns that are not known here".into()));
        }
        let mut writer = RecordWriter::new(log.location(), file.record);
        let mut touched = 0;
        for batch in scan::whole(log.location(), file, BATCH_ROWS)? {
            let batch = batch.map_err(|error| corrupt(error.to_string()))?;
            let batch = scan::conformed(&batch, &schema).map_err(corrupt)?;
            let mask = self.ids.mask(&batch).map_err(corrupt)?;
            touched += mask.true_count();
            let kept = match (file.record, self.purpose) {
                (Record::Session, Purpose::Prune(now)) => self.marked(&batch, now).map_err(corrupt)?,
                (Record::Session, Purpose::Remove) | (Record::Result | Record::Output | Record::Aggregate, _) => {
                    if file.record == Record::Result {
                        let gone = filter_record_batch(&batch, &mask).map_err(|error| corrupt(error.to_string()))?;
                        self.aggregates.add(&gone).map_err(corrupt)?;
                        self.result.results += gone.num_rows() as u64;
                    }
                    let stays = not(&mask).and_then(|mask| filter_record_batch(&batch, &mask));
                    stays.map_err(|error| corrupt(error.to_string()))?
                }
            };
            writer.write(&kept)?;
        }
        if touched > 0 {
            self.old.push(file.clone());
            self.new.take(writer.finish()?);
        }
        if file.record == Record::Session {
            self.result.sessions += touched as u64;
        }
        Ok(())
    }

    /// Returns session rows with the time of the prune at the sessions that it is about.
    fn marked(&self, batch: &RecordBatch, now: DateTime<Utc>) -> Result<RecordBatch, String> {
        let mask = self.ids.mask(batch)?;
        let before = Times::new(batch, "pruned_at")?;
        let mut times = Vec::with_capacity(batch.num_rows());
        for row in 0..batch.num_rows() {
            times.push(before.get(row)?.or_else(|| mask.value(row).then_some(now)));
        }
        let micros = times.into_iter().map(|time| time.map(|time| time.timestamp_micros()));
        let marked: ArrayRef = Arc::new(micros.collect::<TimestampMicrosecondArray>().with_timezone("UTC"));
        let columns = batch
            .schema()
            .fields()
            .iter()
            .zip(batch.columns())
            .map(|(field, column)| match field.name().as_str() {
                "pruned_at" => Arc::clone(&marked),
                _ => Arc::clone(column),
            })
            .collect();
        RecordBatch::try_new(batch.schema(), columns).map_err(|error| error.to_string())
    }
}

/// Returns the sessions that have given up their results, and when.
pub(crate) fn pruned_sessions(log: &Log, rows: Rows<'_>) -> Result<BTreeMap<SessionId, DateTime<Utc>>, StoreError> {
    let mut pruned = BTreeMap::new();
    let may_hold = |file: &&LiveFile| match rows {
        Rows::All => true,
        Rows::Of(ids) => file.statistics.may_hold_any(ids),
    };
    for file in log.files(Record::Session).filter(may_hold) {
        scan::read(log.location(), file, &["session_id", "pruned_at"], rows, |batch| {
            let ids = decode::Texts::new(&batch, "session_id")?;
            let times = Times::new(&batch, "pruned_at")?;
            for row in 0..batch.num_rows() {
                if let Some(time) = times.get(row)? {
                    pruned.insert(SessionId::new(ids.required(row)?), time);
                }
            }
            Ok(())
        })?;
    }
    Ok(pruned)
}

fn when(session: &SessionSummary) -> Option<DateTime<Utc>> {
    session.session_start_time.or(session.ingested_at)
}

/// Returns how many results a session has: attempts, not tests.
fn results(session: &SessionSummary) -> u64 {
    Outcome::ALL.into_iter().map(|outcome| session.counts.get(outcome)).sum()
}

/// What results weigh: all alike, since only that of files is known.
struct Sizes {
    bytes: u128,
    results: u128,
}

impl Sizes {
    fn of(log: &Log, sessions: &[SessionSummary]) -> Sizes {
        let files = log.files(Record::Result).chain(log.files(Record::Output));
        Sizes {
            bytes: files.map(|file| u128::from(file.bytes)).sum(),
            results: sessions.iter().map(|session| u128::from(results(session))).sum::<u128>().max(1),
        }
    }

    fn bytes(&self, session: &SessionSummary) -> u64 {
        // A part of the files' size fits where the whole does.
        u64::try_from(self.bytes * u128::from(results(session)) / self.results).unwrap_or(u64::MAX)
    }
}
