//! Reports into a history: read on all cores, named, and added in commits that many files share.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::conflicts::{self, ConflictPolicy, Decision};
use super::ingest_report::{Conflict, FileRecord, IngestReport, SessionFate, SessionRecord};
use super::learned::learned_node_ids;
use crate::ingest::{FileReport, IngestOptions, IngestSummary, InputSpec, Recursion, read_inputs};
use crate::model::{Format, SessionId, TestSession};
use crate::store::{AppendReport, HistoryStore, StoreError};

/// Sessions that share a commit: as many as this, at most.
const BATCH_SESSIONS: usize = 200;
/// Results that share a commit.
const BATCH_RESULTS: usize = 200_000;
/// Bytes of reports whose sessions are held until the next commit.
const BATCH_BYTES: u64 = 64 << 20;

/// What is to be read, and what to say of it.
pub struct IngestPlan {
    /// The inputs.
    pub inputs: Vec<InputSpec>,
    /// How to read them, and what to say of their sessions. A session for which this names no system under test is not added.
    pub options: IngestOptions,
    /// What to do with a session of whose run the history has another account.
    pub on_conflict: ConflictPolicy,
}

/// Where the sessions go.
pub enum Destination<'a> {
    /// Into this history.
    History(&'a mut HistoryStore),
    /// Nowhere: say what would become of them, given this history, if there is one.
    Nowhere(Option<&'a HistoryStore>),
}

impl Destination<'_> {
    /// Returns the history, where there is one.
    fn store(&self) -> Option<&HistoryStore> {
        match self {
            Destination::History(store) => Some(store),
            Destination::Nowhere(store) => *store,
        }
    }
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IngestProgress {
    /// Inputs that are done; an archive with all its members is one.
    pub inputs: u64,
    /// Files that were looked at.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Sessions found in them.
    pub sessions: u64,
}

/// Reads the inputs of `plan` and adds their sessions to the destination. What is in the history already is not added again, so a
/// call that was cut short is completed by the same call. Where `plan` names the system under test, its latest sessions in the history
/// tell the node ids of reports that do not carry them. A file that cannot be read does not stop the others.
pub fn ingest(
    plan: IngestPlan,
    destination: Destination<'_>,
    now: DateTime<Utc>,
    observe: &mut dyn FnMut(IngestProgress),
) -> Result<IngestReport, StoreError> {
    let IngestPlan { inputs, mut options, on_conflict } = plan;
    // A walk of many runs must come to the same however often it is cut short: what its first files taught must not change its last.
    if options.recursion == Recursion::Refuse
        && let (None, Some(sut), Some(store)) =
            (&options.input.read.known_node_ids, &options.identity.sut, destination.store())
    {
        options.input.read.known_node_ids = learned_node_ids(store, sut, now)?.map(Arc::new);
    }
    let mut batch = Batch::new(destination, on_conflict, now);
    let mut files: Vec<FileRecord> = Vec::new();
    let mut summary = IngestSummary::default();
    let mut progress = IngestProgress::default();
    let mut formats: HashMap<String, Format> = HashMap::new();
    let mut failure = None;
    read_inputs(inputs, &options, &mut |report: FileReport| {
        summary.add(&report);
        let is_member = report.is_member();
        let (mut record, sessions) = FileRecord::of(report);
        for source in sessions.iter().flat_map(|session| &session.source) {
            formats.extend(source.path.clone().map(|path| (path, source.format)));
        }
        // A file that became part of another's session comes after that one.
        record.format = formats.get(&record.path).copied().or(record.format);
        progress.inputs += u64::from(!is_member);
        progress.files += 1;
        progress.bytes += record.bytes;
        progress.sessions += sessions.len() as u64;
        files.push(record);
        observe(progress);
        match batch.add(files.len() - 1, sessions, &mut files) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failure = Some(error);
                ControlFlow::Break(())
            }
        }
    });
    if let Some(error) = failure {
        return Err(error);
    }
    batch.flush(&mut files)?;
    Ok(IngestReport { files, summary, dry_run: batch.is_dry_run() })
}

/// Sessions that wait for their commit.
struct Batch<'a> {
    destination: Destination<'a>,
    on_conflict: ConflictPolicy,
    now: DateTime<Utc>,
    sessions: Vec<TestSession>,
    /// For each waiting session, its file.
    places: Vec<usize>,
    results: usize,
    bytes: u64,
    /// What a dry run would have added by now.
    imagined: HashSet<SessionId>,
}

impl<'a> Batch<'a> {
    fn new(destination: Destination<'a>, on_conflict: ConflictPolicy, now: DateTime<Utc>) -> Batch<'a> {
        Batch {
            destination,
            on_conflict,
            now,
            sessions: Vec::new(),
            places: Vec::new(),
            results: 0,
            bytes: 0,
            imagined: HashSet::new(),
        }
    }

    fn is_dry_run(&self) -> bool {
        matches!(self.destination, Destination::Nowhere(_))
    }

    fn add(&mut self, file: usize, sessions: Vec<TestSession>, files: &mut [FileRecord]) -> Result<(), StoreError> {
        if sessions.is_empty() {
            return Ok(());
        }
        self.bytes += files.get(file).map_or(0, |record| record.bytes);
        self.results += sessions.iter().map(|session| session.test_results.len()).sum::<usize>();
        self.places.extend(sessions.iter().map(|_| file));
        self.sessions.extend(sessions);
        let full = self.sessions.len() >= BATCH_SESSIONS || self.results >= BATCH_RESULTS || self.bytes >= BATCH_BYTES;
        if full { self.flush(files) } else { Ok(()) }
    }

    /// Adds what waits, and notes what became of it.
    fn flush(&mut self, files: &mut [FileRecord]) -> Result<(), StoreError> {
        if self.sessions.is_empty() {
            return Ok(());
        }
        let sessions = std::mem::take(&mut self.sessions);
        let places = std::mem::take(&mut self.places);
        (self.results, self.bytes) = (0, 0);
        let waiting: Vec<(usize, SessionId, u64)> = places
            .into_iter()
            .zip(&sessions)
            .map(|(file, session)| (file, session.session_id.clone(), session.test_results.len() as u64))
            .collect();
        let store = match &self.destination {
            Destination::History(store) => Some(&**store),
            Destination::Nowhere(store) => *store,
        };
        let Decision { sessions, replaced, conflicts, kept } = conflicts::decide(store, sessions, self.on_conflict)?;
        let kept: HashSet<usize> = kept.into_iter().collect();
        let report = match &mut self.destination {
            Destination::History(store) => store.replace(sessions, &replaced, self.now)?,
            Destination::Nowhere(store) => imagine(*store, sessions, &mut self.imagined)?,
        };
        let mut added: HashSet<SessionId> = report.added.into_iter().collect();
        let already: HashMap<SessionId, String> = report.already.into_iter().collect();
        for (place, (file, session_id, results)) in waiting.into_iter().enumerate() {
            // The first of equal sessions in one batch is the one that was added.
            let fate = if kept.contains(&place) {
                SessionFate::OtherAccountKept
            } else if added.remove(&session_id) {
                SessionFate::Added
            } else {
                SessionFate::AlreadyInHistory {
                    sut_name: already.get(&session_id).filter(|name| !name.is_empty()).cloned(),
                }
            };
            let conflict = conflicts.get(&session_id).filter(|_| !matches!(fate, SessionFate::AlreadyInHistory { .. }));
            let conflict = conflict.map(|(with, policy)| Conflict { with: with.clone(), policy: *policy });
            if let Some(record) = files.get_mut(file) {
                record.sessions.push(SessionRecord { session_id, results, fate, conflict });
            }
        }
        Ok(())
    }
}

/// Returns what an append would report, for a call that adds nothing.
fn imagine(
    store: Option<&HistoryStore>,
    sessions: Vec<TestSession>,
    imagined: &mut HashSet<SessionId>,
) -> Result<AppendReport, StoreError> {
    let ids: Vec<SessionId> = sessions.into_iter().map(|session| session.session_id).collect();
    let known = store.map(|store| store.known(&ids)).transpose()?.unwrap_or_default();
    let mut report = AppendReport::default();
    for id in ids {
        if known.contains(&id) || !imagined.insert(id.clone()) {
            report.already.push((id, String::new()));
        } else {
            report.added.push(id);
        }
    }
    Ok(report)
}
