//! A history written out: as lines that another history takes in, for a spreadsheet, or as plain Parquet files.

use std::io::{self, Write};
use std::path::Path;

use super::history_lines::{DailyLine, EndLine, RecordLine, SCHEMA};
use crate::model::{SessionId, TestResult, TestSession, Text};
use crate::store::{DailyTest, HistoryStore, SessionFilter, StoreError};
use crate::wire::{self, RecordWriter, microseconds, timestamp, write_line};

/// So many sessions are in memory at once.
const CHUNK_SESSIONS: usize = 100;

/// Where an export goes, and in which form.
pub enum ExportTarget<'a> {
    /// JSON lines that `import` takes in: everything that the history knows.
    Lines(&'a mut dyn Write),
    /// One comma-separated record a result.
    Csv(&'a mut dyn Write),
    /// Parquet files in this directory: `sessions`, `test_results`, `output_fields`, and `daily_tests` where there are any.
    Parquet(&'a Path),
}

/// Why an export ended early.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The history cannot be read, or the Parquet files cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The lines cannot be written.
    #[error(transparent)]
    Write(#[from] io::Error),
}

/// What was exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExportReport {
    /// How many sessions.
    pub sessions: u64,
    /// How many results: attempts, not tests.
    pub results: u64,
    /// How many rows by day and test, of sessions that have given up their results.
    pub daily_tests: u64,
}

/// Writes the sessions that pass `filter`, in the order of their ids: equal histories make equal bytes. `observe` hears how far it is.
///
/// What is kept of pruned results belongs to days and systems, not to sessions: it is left out where `filter` asks for more than a system.
pub fn export_history(
    store: &HistoryStore,
    filter: &SessionFilter,
    target: ExportTarget<'_>,
    observe: &mut dyn FnMut(&ExportReport),
) -> Result<ExportReport, ExportError> {
    let mut ids: Vec<SessionId> =
        store.session_summaries(filter)?.into_iter().map(|summary| summary.session_id).collect();
    ids.sort_unstable();
    match target {
        ExportTarget::Lines(out) => write_lines(store, filter, &ids, out, observe),
        ExportTarget::Csv(out) => write_records(store, &ids, out, observe),
        ExportTarget::Parquet(directory) => {
            let everything = *filter == SessionFilter::default();
            let written = store.write_parquet(directory, (!everything).then_some(ids.as_slice()))?;
            Ok(ExportReport { sessions: written.sessions, results: written.results, daily_tests: written.daily_tests })
        }
    }
}

fn write_lines(
    store: &HistoryStore,
    filter: &SessionFilter,
    ids: &[SessionId],
    out: &mut dyn Write,
    observe: &mut dyn FnMut(&ExportReport),
) -> Result<ExportReport, ExportError> {
    let pruned_ids = store.pruned()?;
    let mut end = EndLine::default();
    let mut report = ExportReport::default();
    write_line(out, &RecordLine::History { schema: SCHEMA.to_owned() })?;
    let (pruned, whole): (Vec<SessionId>, Vec<SessionId>) =
        ids.iter().cloned().partition(|id| pruned_ids.contains_key(id));
    for chunk in whole.chunks(CHUNK_SESSIONS) {
        for session in store.sessions(chunk)? {
            report.sessions += 1;
            report.results += session.test_results.len() as u64;
            write_line(out, &wire::streamed(&session))?;
        }
        observe(&report);
    }
    end.sessions = report.sessions;
    for chunk in pruned.chunks(CHUNK_SESSIONS) {
        for session in store.pruned_sessions(chunk)? {
            end.pruned_sessions += 1;
            write_line(out, &RecordLine::pruned(&session))?;
        }
    }
    for daily in daily_tests(store, filter)? {
        end.daily_tests += 1;
        write_line(out, &RecordLine::DailyTest(DailyLine::from(&daily)))?;
    }
    write_line(out, &RecordLine::End(end))?;
    report.sessions += end.pruned_sessions;
    report.daily_tests = end.daily_tests;
    Ok(report)
}

/// Returns what is kept of pruned results of the systems that pass, where nothing else is asked for.
fn daily_tests(store: &HistoryStore, filter: &SessionFilter) -> Result<Vec<DailyTest>, StoreError> {
    let SessionFilter { sut, .. } = filter;
    if *filter != (SessionFilter { sut: sut.clone(), ..SessionFilter::default() }) {
        return Ok(Vec::new());
    }
    let mut daily = store.daily_tests()?;
    daily.retain(|daily| sut.is_none() || daily.sut_name == *sut);
    daily.sort_by(|one, other| {
        (&one.sut_name, one.day, &one.node_id).cmp(&(&other.sut_name, other.day, &other.node_id))
    });
    Ok(daily)
}

/// The names of the fields of a record; they are those of the history's columns.
const FIELDS: [&str; 17] = [
    "session_id",
    "sut_name",
    "session_start_time",
    "position",
    "nodeid",
    "nodeid_certainty",
    "outcome",
    "attempt",
    "start_time",
    "duration_us",
    "worker",
    "reason",
    "longreprtext",
    "branch",
    "revision",
    "pytest",
    "python",
];

fn write_records(
    store: &HistoryStore,
    ids: &[SessionId],
    out: &mut dyn Write,
    observe: &mut dyn FnMut(&ExportReport),
) -> Result<ExportReport, ExportError> {
    let mut writer = RecordWriter::new(out);
    writer.write(FIELDS)?;
    let mut report = ExportReport::default();
    for chunk in ids.chunks(CHUNK_SESSIONS) {
        for session in store.sessions(chunk)? {
            report.sessions += 1;
            report.results += session.test_results.len() as u64;
            for (position, result) in session.test_results.iter().enumerate() {
                writer.write(record(&session, position, &result))?;
            }
        }
        observe(&report);
    }
    Ok(report)
}

fn record(session: &TestSession, position: usize, result: &TestResult) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let shared = |text: &Option<Text>| text.as_deref().unwrap_or_default().to_owned();
    let tag = |name: &str| session.tags.get(name).cloned().unwrap_or_default();
    vec![
        session.session_id.to_string(),
        text(&session.sut_name),
        session.session_start_time.map(timestamp).unwrap_or_default(),
        position.to_string(),
        result.node_id.to_string(),
        result.node_id_certainty.as_str().to_owned(),
        result.outcome.as_str().to_owned(),
        result.attempt.to_string(),
        result.start_time.map(timestamp).unwrap_or_default(),
        result.duration.map(|duration| microseconds(duration).to_string()).unwrap_or_default(),
        shared(&result.worker),
        shared(&result.reason),
        shared(&result.longreprtext),
        tag("branch"),
        tag("revision"),
        text(&session.environment.pytest),
        text(&session.environment.python),
    ]
}
