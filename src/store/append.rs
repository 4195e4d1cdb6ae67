//! Sessions, taken in: each exactly once, whoever else is writing.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::path::Path;
use std::thread;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use chrono::{DateTime, Utc};
use deltalake::protocol::{DeltaOperation, SaveMode};

use super::aggregate::{Aggregates, DailyTest};
use super::commit::{self, Committed};
use super::data_file::{RecordWriter, WrittenFiles};
use super::encode::{self, OutputRow, ResultRow, SessionRow};
use super::index::Index;
use super::live_file::Change;
use super::log::Log;
use super::scan::Ids;
use super::schema::{RECORD_COLUMN, Record};
use super::{AppendReport, PrunedReport, PrunedSession, StoreError, parallel, prune, upkeep};
use crate::model::{SessionId, TestSession};

/// How often a commit is tried while others are faster.
const ATTEMPTS: u32 = 1000;
/// How many rows are handed on together at most.
const BATCH_ROWS: usize = 4096;
/// How many bytes of text are handed on together, about.
const BATCH_BYTES: usize = 8 * 1024 * 1024;
/// How large the texts of one row may be: what every reader of Parquet can take, with room for escapes.
const LARGEST_ROW: usize = 256 * 1024 * 1024;

/// Adds those of `sessions` that the history does not have, in one commit, and takes those of `replaced` out of it in the same.
///
/// The commit is valid for one version of the log alone, at which none of the sessions was there. Where another writer takes that version,
/// what it added is looked at, the sessions that are there by now are left out, and the next version is tried.
pub(crate) fn append(
    log: &mut Log,
    index: &mut Index,
    sessions: Vec<TestSession>,
    replaced: &[SessionId],
    now: DateTime<Utc>,
) -> Result<AppendReport, StoreError> {
    let mut report = AppendReport::default();
    let mut rows = distinct(sessions, now, &mut report)?;
    let replaced = Ids::new(replaced);
    let mut written: Option<WrittenFiles> = None;
    for attempt in 0..ATTEMPTS {
        index.refresh(log)?;
        let before = rows.len();
        rows.retain(|row| is_new(row, index, &mut report));
        if rows.is_empty() {
            return Ok(report);
        }
        let mut files = match written.take().filter(|_| rows.len() == before && replaced.is_empty()) {
            Some(files) => files,
            None => write(log.location(), &rows)?,
        };
        let (old, without) = prune::without(log, &replaced)?;
        files.take(without);
        match commit::exchange(log, files, &old, Change::Data, operation())? {
            Committed::Done => {
                report.added = rows.into_iter().map(|row| row.session.session_id).collect();
                // The sessions are in. What could not be tidied now is tidied after another append, or named by `check`.
                let _ = upkeep::after_append(log);
                return Ok(report);
            }
            Committed::Raced(files) => written = Some(files),
        }
        thread::sleep(commit::wait(attempt));
    }
    Err(StoreError::Conflict { path: log.location().to_owned(), attempts: ATTEMPTS })
}

/// Adds sessions that have given up their results, with what is kept of those, in one commit: all of them, or, where the history has some
/// already, none.
pub(crate) fn append_pruned(
    log: &mut Log,
    index: &mut Index,
    pruned: Vec<PrunedSession>,
    daily: &[DailyTest],
    now: DateTime<Utc>,
) -> Result<PrunedReport, StoreError> {
    let mut aggregates = Aggregates::default();
    daily.iter().for_each(|daily| aggregates.add_daily(daily));
    let rows: Vec<SessionRow> = pruned.into_iter().map(|pruned| SessionRow::pruned(pruned, now)).collect();
    if rows.is_empty() && daily.is_empty() {
        return Ok(PrunedReport::default());
    }
    for attempt in 0..ATTEMPTS {
        index.refresh(log)?;
        let ids = || rows.iter().map(|row| &row.session.session_id);
        let already: Vec<SessionId> = ids().filter(|id| index.sut_of(id).is_some()).cloned().collect();
        if !already.is_empty() {
            return Ok(PrunedReport { left_out: (rows.len() - already.len()) as u64, already, added: Vec::new() });
        }
        let mut files = write(log.location(), &rows)?;
        let mut writer = RecordWriter::new(log.location(), Record::Aggregate);
        aggregates.batches().try_for_each(|batch| writer.write_encoded(batch))?;
        files.take(writer.finish()?);
        match commit::exchange(log, files, &[], Change::Data, operation())? {
            Committed::Done => {
                let added = ids().cloned().collect();
                return Ok(PrunedReport { added, ..PrunedReport::default() });
            }
            // The files go: what another writer added may be among these sessions.
            Committed::Raced(_) => thread::sleep(commit::wait(attempt)),
        }
    }
    Err(StoreError::Conflict { path: log.location().to_owned(), attempts: ATTEMPTS })
}

pub(super) fn operation() -> DeltaOperation {
    let partition_by = Some(vec![RECORD_COLUMN.to_owned()]);
    DeltaOperation::Write { mode: SaveMode::Append, partition_by, predicate: None }
}

/// Returns the rows of sessions that are not repetitions of one before.
fn distinct(
    sessions: Vec<TestSession>,
    now: DateTime<Utc>,
    report: &mut AppendReport,
) -> Result<Vec<SessionRow>, StoreError> {
    let mut suts: HashMap<String, String> = HashMap::new();
    let mut rows = Vec::new();
    for session in sessions {
        match suts.entry(session.session_id.digest().to_owned()) {
            Entry::Occupied(first) => report.already.push((session.session_id, first.get().clone())),
            Entry::Vacant(place) => {
                place.insert(session.sut_name.clone().unwrap_or_default());
                let row = SessionRow::new(session, now);
                check_size(&row)?;
                rows.push(row);
            }
        }
    }
    Ok(rows)
}

fn check_size(row: &SessionRow) -> Result<(), StoreError> {
    let results = row.results().map(|result| result.size()).max().unwrap_or_default();
    let outputs = row.outputs().map(|output| output.size()).max().unwrap_or_default();
    let bytes = results.max(outputs).max(row.size());
    if bytes > LARGEST_ROW {
        return Err(StoreError::TooLarge { session_id: row.session.session_id.to_string(), bytes });
    }
    Ok(())
}

/// Refuses sessions of which results were put aside and could not be read back: what is there would look like all of them.
fn check_whole(location: &Path, rows: &[&SessionRow]) -> Result<(), StoreError> {
    let fault = rows.iter().find_map(|row| row.session.test_results.fault());
    fault.map_or(Ok(()), |fault| Err(StoreError::io(location, io::Error::other(fault.to_owned()))))
}

fn is_new(row: &SessionRow, index: &Index, report: &mut AppendReport) -> bool {
    let id = &row.session.session_id;
    let known = index.sut_of(id).map(str::to_owned);
    if let Some(sut) = &known {
        report.already.push((id.clone(), sut.clone()));
    }
    known.is_none()
}

/// Writes the data files of sessions, sorted by system under test and session: questions about one system read few pages, and those about
/// all of them look at the tests of one at a time.
fn write(location: &Path, rows: &[SessionRow]) -> Result<WrittenFiles, StoreError> {
    let mut sorted: Vec<&SessionRow> = rows.iter().collect();
    let key = |row: &SessionRow| (row.session.sut_name.clone(), row.session.session_id.clone());
    sorted.sort_by_cached_key(|row| key(row));
    write_in_order(location, &sorted)
}

/// Writes the data files of sessions, in the order in which they come.
pub(super) fn write_in_order(location: &Path, sorted: &[&SessionRow]) -> Result<WrittenFiles, StoreError> {
    let records = [Record::Session, Record::Result, Record::Output];
    let written = parallel::try_map(&records, |record| {
        let mut writer = RecordWriter::new(location, *record);
        match record {
            Record::Session => {
                write_batches(&mut writer, sorted.iter().copied(), |row| row.size(), encode::session_batch)
            }
            Record::Result => {
                let rows = sorted.iter().flat_map(|row| row.results());
                write_batches(&mut writer, rows, |row: &ResultRow<'_>| row.size(), encode::result_batch)?;
                check_whole(location, sorted)
            }
            Record::Output => {
                let rows = sorted.iter().flat_map(|row| row.outputs());
                write_batches(&mut writer, rows, |row: &OutputRow<'_>| row.size(), encode::output_batch)
            }
            Record::Aggregate => Ok(()),
        }?;
        writer.finish()
    })?;
    let mut all = WrittenFiles::new(location);
    written.into_iter().for_each(|files| all.take(files));
    Ok(all)
}

/// Hands rows to a writer, as many at a time as fit into a batch.
fn write_batches<Row>(
    writer: &mut RecordWriter,
    rows: impl Iterator<Item = Row>,
    size: impl Fn(&Row) -> usize,
    encode: impl Fn(&[Row]) -> Result<RecordBatch, ArrowError>,
) -> Result<(), StoreError> {
    let mut batch = Vec::new();
    let mut bytes = 0;
    for row in rows {
        let row_bytes = size(&row);
        if batch.len() == BATCH_ROWS || (bytes + row_bytes > BATCH_BYTES && !batch.is_empty()) {
            writer.write_encoded(encode(&batch))?;
            batch.clear();
            bytes = 0;
        }
        bytes += row_bytes;
        batch.push(row);
    }
    writer.write_encoded(encode(&batch))
}
