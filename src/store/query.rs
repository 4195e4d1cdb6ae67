//! Sessions, found and read.

use std::cmp::Reverse;

use super::decode;
use super::log::{LiveFile, Log};
use super::scan::{self, Rows};
use super::schema::Record;
use super::{SessionFilter, StoreError, parallel};
use crate::model::{SessionId, SessionSummary, TestSession};

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

/// Returns the session of this id, whole.
pub(crate) fn session(log: &Log, id: &SessionId) -> Result<Option<TestSession>, StoreError> {
    let mut sessions = Vec::new();
    each(log, Record::Session, id, |batch| {
        sessions.extend(decode::sessions(batch)?);
        Ok(())
    })?;
    let Some(mut session) = sessions.pop() else { return Ok(None) };
    let mut results = Vec::new();
    each(log, Record::Result, id, |batch| {
        results.extend(decode::results(batch)?);
        Ok(())
    })?;
    results.sort_by_key(|(position, _)| *position);
    session.test_results = results.into_iter().map(|(_, result)| result).collect();
    let mut outputs = Vec::new();
    each(log, Record::Output, id, |batch| {
        outputs.extend(decode::outputs(batch)?);
        Ok(())
    })?;
    session.output_fields = decode::output_fields(outputs)
        .map_err(|reason| StoreError::Corrupt { path: log.location().to_owned(), reason })?;
    Ok(Some(session))
}

/// Hands the rows of one session to `take`.
fn each(
    log: &Log,
    record: Record,
    id: &SessionId,
    mut take: impl FnMut(&arrow::array::RecordBatch) -> Result<(), String>,
) -> Result<(), StoreError> {
    let schema = record.arrow_schema();
    let columns: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    for file in log.files(record).filter(|file| file.statistics.may_hold_session(id.as_str())) {
        scan::read(log.location(), file, &columns, Rows::OfSession(id.as_str()), |batch| take(&batch))?;
    }
    Ok(())
}
