//! Sessions, found and read.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use arrow::array::RecordBatch;

use super::decode::{self, PlacedOutput, Texts};
use super::live_file::LiveFile;
use super::log::Log;
use super::scan::{self, Ids, Rows};
use super::schema::{Record, SESSION_COLUMN};
use super::{SessionFilter, StoreError, parallel};
use crate::model::{SessionSummary, TestResult, TestSession};

/// Returns the sessions that pass `filter`, newest first.
pub(crate) fn summaries(log: &Log, filter: &SessionFilter) -> Result<Vec<SessionSummary>, StoreError> {
    let mut found = read_summaries(log, |file| may_pass(file, filter), |summary| filter.accepts(summary))?;
    found.sort_by_cached_key(|summary| {
        Reverse((summary.session_start_time.or(summary.ingested_at), summary.session_id.clone()))
    });
    Ok(found)
}

/// Returns the sessions that pass `keep`, of the files that pass `may_hold`, in no particular order.
pub(crate) fn read_summaries(
    log: &Log,
    may_hold: impl Fn(&LiveFile) -> bool,
    keep: impl Fn(&SessionSummary) -> bool + Sync,
) -> Result<Vec<SessionSummary>, StoreError> {
    let files: Vec<&LiveFile> = log.files(Record::Session).filter(|file| may_hold(file)).collect();
    let found = parallel::try_map(&files, |file| {
        let mut found = Vec::new();
        scan::read(log.location(), file, &decode::SUMMARY_COLUMNS, Rows::All, |batch| {
            found.extend(decode::summaries(&batch)?.into_iter().filter(&keep));
            Ok(())
        })?;
        Ok(found)
    })?;
    Ok(found.into_iter().flatten().collect())
}

/// Returns whether a file may hold sessions that pass, by what the log says of it.
fn may_pass(file: &LiveFile, filter: &SessionFilter) -> bool {
    let statistics = &file.statistics;
    filter.sut.as_ref().is_none_or(|sut| statistics.may_hold_sut(sut))
        && filter.since.is_none_or(|since| statistics.latest_start().is_none_or(|latest| latest >= since))
        && filter.until.is_none_or(|until| statistics.earliest_start().is_none_or(|earliest| earliest < until))
}

/// Returns the sessions of these ids, whole, in the order of their ids; those that the history does not have are left out.
pub(crate) fn sessions(log: &Log, ids: &Ids) -> Result<Vec<TestSession>, StoreError> {
    let mut sessions: BTreeMap<String, TestSession> = BTreeMap::new();
    each(log, Record::Session, ids, |batch| {
        let found = decode::sessions(batch)?.into_iter();
        sessions.extend(found.map(|session| (session.session_id.as_str().to_owned(), session)));
        Ok(())
    })?;
    let mut results: HashMap<String, Vec<(i64, TestResult)>> = HashMap::new();
    each(log, Record::Result, ids, |batch| by_session(&mut results, batch, decode::results(batch)?))?;
    let mut outputs: HashMap<String, Vec<PlacedOutput>> = HashMap::new();
    each(log, Record::Output, ids, |batch| by_session(&mut outputs, batch, decode::outputs(batch)?))?;
    for (id, session) in &mut sessions {
        let mut results = results.remove(id).unwrap_or_default();
        results.sort_by_key(|(position, _)| *position);
        session.test_results = results.into_iter().map(|(_, result)| result).collect();
        session.output_fields = decode::output_fields(outputs.remove(id).unwrap_or_default())
            .map_err(|reason| StoreError::Corrupt { path: log.location().to_owned(), reason })?;
    }
    Ok(sessions.into_values().collect())
}

/// Adds each row to those of its session.
fn by_session<Row>(rows: &mut HashMap<String, Vec<Row>>, batch: &RecordBatch, found: Vec<Row>) -> Result<(), String> {
    let ids = Texts::new(batch, SESSION_COLUMN)?;
    for (index, row) in found.into_iter().enumerate() {
        let id = ids.required(index)?;
        match rows.get_mut(id) {
            Some(rows) => rows.push(row),
            None => {
                rows.insert(id.to_owned(), vec![row]);
            }
        }
    }
    Ok(())
}

/// Hands the rows of some sessions to `take`.
fn each(
    log: &Log,
    record: Record,
    ids: &Ids,
    mut take: impl FnMut(&RecordBatch) -> Result<(), String>,
) -> Result<(), StoreError> {
    let schema = record.arrow_schema();
    let columns: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    for file in log.files(record).filter(|file| file.statistics.may_hold_any(ids)) {
        scan::read(log.location(), file, &columns, Rows::Of(ids), |batch| take(&batch))?;
    }
    Ok(())
}
