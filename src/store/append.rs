//! Sessions, taken in: each exactly once, whoever else is writing.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;
use std::thread;
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use chrono::{DateTime, Utc};
use deltalake::kernel::Action;
use deltalake::protocol::{DeltaOperation, SaveMode};

use super::data_file::{Change, RecordWriter, WrittenFiles};
use super::encode::{self, OutputRow, ResultRow, SessionRow};
use super::index::{Index, digest_part};
use super::log::{Commit, Log};
use super::schema::{RECORD_COLUMN, Record};
use super::{AppendReport, StoreError, parallel, upkeep};
use crate::model::TestSession;

/// How often a commit is tried while others are faster.
const ATTEMPTS: u32 = 1000;
/// The longest wait between two tries.
const LONGEST_WAIT: Duration = Duration::from_millis(100);
/// How many rows are handed on together at most.
const BATCH_ROWS: usize = 4096;
/// How many bytes of text are handed on together, about.
const BATCH_BYTES: usize = 8 * 1024 * 1024;
/// How large the texts of one row may be: what every reader of Parquet can take, with room for escapes.
const LARGEST_ROW: usize = 256 * 1024 * 1024;

/// Adds those of `sessions` that the history does not have, in one commit.
///
/// The commit is valid for one version of the log alone, at which none of the sessions was there. Where another writer takes that version,
/// what it added is looked at, the sessions that are there by now are left out, and the next version is tried.
pub(crate) fn append(
    log: &mut Log,
    index: &mut Index,
    sessions: Vec<TestSession>,
    now: DateTime<Utc>,
) -> Result<AppendReport, StoreError> {
    let mut report = AppendReport::default();
    let mut rows = distinct(sessions, now, &mut report)?;
    let mut written: Option<WrittenFiles> = None;
    for attempt in 0..ATTEMPTS {
        index.refresh(log)?;
        let before = rows.len();
        rows.retain(|row| is_new(row, index, &mut report));
        if rows.is_empty() {
            return Ok(report);
        }
        let files = match written.take().filter(|_| rows.len() == before) {
            Some(files) => files,
            None => write(log.location(), &rows)?,
        };
        match commit(log, files)? {
            Committed::Done => {
                report.added = rows.into_iter().map(|row| row.session.session_id).collect();
                // The sessions are in. What could not be tidied now is tidied after another append, or named by `check`.
                let _ = upkeep::after_append(log);
                return Ok(report);
            }
            Committed::Raced(files) => written = Some(files),
        }
        thread::sleep(wait(attempt));
    }
    Err(StoreError::Conflict { path: log.location().to_owned(), attempts: ATTEMPTS })
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
        match suts.entry(digest_part(session.session_id.as_str()).to_owned()) {
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

fn is_new(row: &SessionRow, index: &Index, report: &mut AppendReport) -> bool {
    let id = &row.session.session_id;
    let known = index.sut_of(id).map(str::to_owned);
    if let Some(sut) = &known {
        report.already.push((id.clone(), sut.clone()));
    }
    known.is_none()
}

/// What became of the files of a commit.
enum Committed {
    /// The log names them.
    Done,
    /// The log has moved on without them.
    Raced(WrittenFiles),
}

fn commit(log: &mut Log, files: WrittenFiles) -> Result<Committed, StoreError> {
    let actions = files.files().iter().map(|file| Action::Add(file.add(Change::Data))).collect();
    let operation = DeltaOperation::Write {
        mode: SaveMode::Append,
        partition_by: Some(vec![RECORD_COLUMN.to_owned()]),
        predicate: None,
    };
    let error = match log.commit(actions, operation) {
        Ok(Commit::Done) => {
            files.keep();
            return Ok(Committed::Done);
        }
        Ok(Commit::Raced) => None,
        Err(error) => Some(error),
    };
    // Over a network, a commit can arrive although the answer says otherwise. The files go only where it is certain that it did not.
    match log.reload() {
        Ok(()) if !log.names(files.files()) => match error {
            Some(error) => Err(error),
            None => Ok(Committed::Raced(files)),
        },
        Ok(()) => {
            files.keep();
            error.map_or(Ok(Committed::Done), Err)
        }
        Err(unknown) => {
            files.keep();
            Err(error.unwrap_or(unknown))
        }
    }
}

/// Writes the data files of sessions, sorted by session.
fn write(location: &Path, rows: &[SessionRow]) -> Result<WrittenFiles, StoreError> {
    let mut sorted: Vec<&SessionRow> = rows.iter().collect();
    sorted.sort_by(|one, other| one.session.session_id.cmp(&other.session.session_id));
    let records = [Record::Session, Record::Result, Record::Output];
    let written = parallel::try_map(&records, |record| {
        let mut writer = RecordWriter::new(location, *record);
        match record {
            Record::Session => {
                write_batches(&mut writer, sorted.iter().copied(), |row| row.size(), encode::session_batch)
            }
            Record::Result => {
                let rows = sorted.iter().flat_map(|row| row.results());
                write_batches(&mut writer, rows, |row: &ResultRow<'_>| row.size(), encode::result_batch)
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

/// Returns how long to wait before the next try: longer each time, and by chance, so that writers do not keep step.
fn wait(attempt: u32) -> Duration {
    let longest = Duration::from_millis(1 << attempt.min(10)).min(LONGEST_WAIT);
    let [chance, ..] = uuid::Uuid::new_v4().into_bytes();
    longest * u32::from(chance) / 256
}
