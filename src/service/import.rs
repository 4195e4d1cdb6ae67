//! A history taken in from what another wrote out.

use std::io::{self, BufRead, Read as _};

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::history_lines::{EndLine, LineError, RecordLine, SCHEMA, pruned_session};
use crate::model::TestSession;
use crate::store::{DailyTest, HistoryStore, PrunedSession, StoreError};
use crate::wire;

/// Sessions that share a commit, results that do, and bytes of lines whose sessions are held until the next.
const BATCH_SESSIONS: usize = 200;
const BATCH_RESULTS: usize = 200_000;
const BATCH_BYTES: usize = 64 << 20;
/// The longest line that is read.
const LONGEST_LINE: u64 = 1 << 30;

/// Why an import ended early.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The history cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The lines cannot be read.
    #[error("failed to read the export")]
    Read(#[from] io::Error),
    /// It is no export of a history.
    #[error("no export of a history: {reason}")]
    NotAnExport {
        /// Why not.
        reason: String,
    },
}

/// What an import came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportReport {
    /// Sessions that the history took in.
    pub added: u64,
    /// Sessions that it had already.
    pub already: u64,
    /// Results of the sessions that it took in.
    pub results: u64,
    /// Rows by day and test that it took in.
    pub daily_tests: u64,
    /// What could not be taken in, by line.
    pub problems: Vec<ImportProblem>,
}

/// A line that could not be taken in, or what is missing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct ImportProblem {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub reason: String,
}

/// Takes in what [`export_history`](super::export_history) wrote as lines, or plain sessions as `insight parse --format jsonl` prints them.
///
/// What the history has already is not added again, so an import that was cut short is completed by the same call. A line that cannot be read
/// does not stop the others.
pub fn import_history(
    store: &mut HistoryStore,
    lines: &mut dyn BufRead,
    now: DateTime<Utc>,
    observe: &mut dyn FnMut(&ImportReport),
) -> Result<ImportReport, ImportError> {
    let mut import = Import::new(store, now);
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        if (&mut *lines).take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
            return import.finish(number);
        }
        if line.len() as u64 == LONGEST_LINE {
            return Err(ImportError::NotAnExport { reason: format!("line {number} has more than a gigabyte") });
        }
        import.line(number, &line)?;
        observe(&import.report);
    }
    // No file has so many lines that they cannot be counted.
    import.finish(u64::MAX)
}

/// The part of a line that says what it is.
#[derive(Deserialize)]
struct Kind {
    record: Option<String>,
}

/// An import on its way.
struct Import<'a> {
    store: &'a mut HistoryStore,
    now: DateTime<Utc>,
    report: ImportReport,
    sessions: Vec<TestSession>,
    results: usize,
    bytes: usize,
    pruned: Vec<PrunedSession>,
    daily: Vec<DailyTest>,
    /// What has been read, to compare with what the last line says.
    read: EndLine,
    is_export: bool,
    end: Option<EndLine>,
}

impl<'a> Import<'a> {
    fn new(store: &'a mut HistoryStore, now: DateTime<Utc>) -> Import<'a> {
        Import {
            store,
            now,
            report: ImportReport::default(),
            sessions: Vec::new(),
            results: 0,
            bytes: 0,
            pruned: Vec::new(),
            daily: Vec::new(),
            read: EndLine::default(),
            is_export: false,
            end: None,
        }
    }

    fn line(&mut self, number: u64, line: &[u8]) -> Result<(), ImportError> {
        if line.trim_ascii().is_empty() {
            return Ok(());
        }
        let kind = serde_json::from_slice::<Kind>(line);
        let taken = match kind {
            Ok(Kind { record: Some(_) }) => serde_json::from_slice::<RecordLine>(line)
                .map_err(|error| error.to_string())
                .and_then(|record| self.record(record)),
            Ok(Kind { record: None }) => self.session(line),
            Err(error) => Err(error.to_string()),
        };
        match taken {
            Ok(()) => {}
            // Whoever names another file by mistake is told so at once, not once a line.
            Err(reason) if number == 1 => return Err(ImportError::NotAnExport { reason }),
            Err(reason) => self.report.problems.push(ImportProblem { line: number, reason }),
        }
        let is_full =
            self.sessions.len() >= BATCH_SESSIONS || self.results >= BATCH_RESULTS || self.bytes >= BATCH_BYTES;
        if is_full { Ok(self.flush()?) } else { Ok(()) }
    }

    fn session(&mut self, line: &[u8]) -> Result<(), String> {
        let session: wire::Session = serde_json::from_slice(line).map_err(|error| error.to_string())?;
        let session = TestSession::try_from(session).map_err(|error| error.to_string())?;
        if session.session_id.as_str().is_empty() || session.sut_name.is_none() {
            return Err("a session needs an id and the name of its system under test".to_owned());
        }
        self.read.sessions += 1;
        self.results += session.test_results.len();
        self.bytes += line.len();
        self.sessions.push(session);
        Ok(())
    }

    fn record(&mut self, record: RecordLine) -> Result<(), String> {
        match record {
            RecordLine::History { schema } if schema == SCHEMA => self.is_export = true,
            RecordLine::History { schema } => {
                return Err(format!("{schema:?} is not {SCHEMA:?}: another insight wrote it"));
            }
            RecordLine::PrunedSession { pruned_at, counts, session } => {
                let pruned = pruned_session(&pruned_at, counts, *session);
                self.pruned.push(pruned.map_err(|error: LineError| error.to_string())?);
                self.read.pruned_sessions += 1;
            }
            RecordLine::DailyTest(daily) => {
                self.daily.push(daily.into());
                self.read.daily_tests += 1;
            }
            RecordLine::End(end) => self.end = Some(end),
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        let sessions = std::mem::take(&mut self.sessions);
        (self.results, self.bytes) = (0, 0);
        if sessions.is_empty() {
            return Ok(());
        }
        let results: Vec<_> =
            sessions.iter().map(|session| (session.session_id.clone(), session.test_results.len() as u64)).collect();
        let report = self.store.append(sessions, self.now)?;
        self.report.added += report.added.len() as u64;
        self.report.already += report.already.len() as u64;
        let added = |id: &_| report.added.contains(id);
        self.report.results += results.iter().filter(|(id, _)| added(id)).map(|(_, results)| results).sum::<u64>();
        Ok(())
    }

    /// Takes in what is left: at the end, since pruned sessions and what is kept of their results go in together.
    fn finish(mut self, line: u64) -> Result<ImportReport, ImportError> {
        self.flush()?;
        let (pruned, daily) = (std::mem::take(&mut self.pruned), std::mem::take(&mut self.daily));
        let rows = daily.len() as u64;
        let mut problem = |reason: String| self.report.problems.push(ImportProblem { line, reason });
        if self.is_export && self.end != Some(self.read) {
            problem(match self.end {
                None => "the export ends before its last line: it was cut".to_owned(),
                Some(end) => format!(
                    "the export says it has {} sessions, {} pruned sessions and {} daily tests, and {}, {} and {} could be read",
                    end.sessions,
                    end.pruned_sessions,
                    end.daily_tests,
                    self.read.sessions,
                    self.read.pruned_sessions,
                    self.read.daily_tests,
                ),
            });
            if rows > 0 || !pruned.is_empty() {
                problem("pruned sessions were left out: they go in whole or not at all".to_owned());
            }
        } else {
            let taken = self.store.append_pruned(pruned, &daily, self.now)?;
            self.report.added += taken.added.len() as u64;
            self.report.already += taken.already.len() as u64;
            if taken.left_out > 0 {
                problem(format!(
                    "{} pruned sessions and their daily tests were left out: the history has others of them already",
                    taken.left_out
                ));
            } else if !taken.added.is_empty() {
                self.report.daily_tests += rows;
            }
        }
        Ok(self.report)
    }
}
