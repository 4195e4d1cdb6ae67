//! Whether everything in a history is as it was written.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use arrow::array::RecordBatch;

use super::decode::{self, Texts};
use super::live_file::LiveFile;
use super::log::Log;
use super::scan::{self, Rows};
use super::schema::{Record, SESSION_COLUMN};
use super::{StoreError, parallel, upkeep};
use crate::model::{Outcome, OutcomeCounts};

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CheckReport {
    /// How many sessions there are.
    pub sessions: u64,
    /// How many results.
    pub results: u64,
    /// How many data files were read.
    pub files: u64,
    /// What is wrong, by file, then by session.
    pub problems: Vec<CheckProblem>,
    /// How many files lie there that are no part of the history, or no more. They do no harm.
    pub leftover_files: u64,
    /// How many bytes they have.
    pub leftover_bytes: u64,
}

/// One thing that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckProblem {
    /// A file is not there, or cannot be read.
    #[error("{}: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A file has another size, or another number of rows, than the log says.
    #[error("{} has {found} {what}, and the log says {logged}", path.display())]
    Differs {
        /// The file.
        path: PathBuf,
        /// What is counted: `bytes` or `rows`.
        what: &'static str,
        /// What the log says.
        logged: u64,
        /// What there is.
        found: u64,
    },
    /// A session is there more than once.
    #[error("session {session_id} is there {times} times")]
    Repeated {
        /// The session.
        session_id: String,
        /// How often.
        times: u64,
    },
    /// The results of a session are not those that it counts.
    #[error("session {session_id} counts {counted} results, and {found} are there")]
    Incomplete {
        /// The session.
        session_id: String,
        /// How many it counts.
        counted: u64,
        /// How many are there.
        found: u64,
    },
    /// There are rows of a session that is not there.
    #[error("{rows} rows belong to session {session_id}, which is not there")]
    Orphaned {
        /// The session.
        session_id: String,
        /// How many rows.
        rows: u64,
    },
}

impl CheckProblem {
    /// Returns a stable word for the kind of problem.
    pub fn kind(&self) -> &'static str {
        match self {
            CheckProblem::Unreadable { .. } => "unreadable",
            CheckProblem::Differs { .. } => "differs",
            CheckProblem::Repeated { .. } => "repeated",
            CheckProblem::Incomplete { .. } => "incomplete",
            CheckProblem::Orphaned { .. } => "orphaned",
        }
    }

    /// Returns the file or the session that has the problem.
    pub fn place(&self) -> Cow<'_, str> {
        match self {
            CheckProblem::Unreadable { path, .. } | CheckProblem::Differs { path, .. } => path.to_string_lossy(),
            CheckProblem::Repeated { session_id, .. }
            | CheckProblem::Incomplete { session_id, .. }
            | CheckProblem::Orphaned { session_id, .. } => Cow::Borrowed(session_id),
        }
    }
}

/// Reads everything and compares it with what the log and the sessions say of it.
pub(crate) fn check(log: &Log) -> Result<CheckReport, StoreError> {
    let leftovers = upkeep::leftovers(log)?;
    let mut report = CheckReport {
        files: log.all_files().len() as u64,
        leftover_files: leftovers.len() as u64,
        leftover_bytes: leftovers.iter().map(|leftover| leftover.bytes).sum(),
        ..CheckReport::default()
    };
    let mut files: Vec<&LiveFile> = log.all_files().iter().collect();
    files.sort_by(|one, other| one.path.cmp(&other.path));
    let read = parallel::try_map(&files, |file| Ok::<_, StoreError>(check_file(log, file)))?;
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for (problems, found) in read {
        report.problems.extend(problems);
        for (id, tally) in found {
            tallies.entry(id).or_default().add(&tally);
        }
    }
    report.sessions = tallies.values().map(|tally| tally.sessions).sum();
    report.results = tallies.values().map(|tally| tally.results).sum();
    let mut tallies: Vec<(String, Tally)> = tallies.into_iter().collect();
    tallies.sort_by(|(one, _), (other, _)| one.cmp(other));
    report.problems.extend(tallies.into_iter().filter_map(|(id, tally)| tally.problem(id)));
    Ok(report)
}

/// What a file holds of one session.
#[derive(Debug, Clone, Default)]
struct Tally {
    sessions: u64,
    counts: OutcomeCounts,
    is_pruned: bool,
    results: u64,
    found: [u64; Outcome::ALL.len()],
    /// The sum of the results' places, which tells whether they are all there and none twice.
    places: u128,
    outputs: u64,
}

impl Tally {
    fn add(&mut self, other: &Tally) {
        if other.sessions > 0 {
            self.counts = other.counts;
            self.is_pruned = other.is_pruned;
        }
        self.sessions += other.sessions;
        self.results += other.results;
        self.outputs += other.outputs;
        self.places += other.places;
        for (found, more) in self.found.iter_mut().zip(other.found) {
            *found += more;
        }
    }

    fn problem(&self, session_id: String) -> Option<CheckProblem> {
        let counted: Vec<u64> = Outcome::ALL.into_iter().map(|outcome| self.counts.get(outcome)).collect();
        let results = u128::from(self.results);
        let is_whole = counted == self.found && self.places == results * results.saturating_sub(1) / 2;
        match self.sessions {
            0 => Some(CheckProblem::Orphaned { session_id, rows: self.results + self.outputs }),
            1 if is_whole || (self.is_pruned && self.results == 0) => None,
            1 => Some(CheckProblem::Incomplete { session_id, counted: counted.iter().sum(), found: self.results }),
            times => Some(CheckProblem::Repeated { session_id, times }),
        }
    }
}

fn check_file(log: &Log, file: &LiveFile) -> (Vec<CheckProblem>, BTreeMap<String, Tally>) {
    let path = log.location().join(&file.path);
    let mut problems = Vec::new();
    if let Ok(found) = fs::metadata(&path).map(|metadata| metadata.len())
        && found != file.bytes
    {
        problems.push(CheckProblem::Differs { path: path.clone(), what: "bytes", logged: file.bytes, found });
    }
    let mut tallies = BTreeMap::new();
    let mut rows = 0;
    let schema = file.record.arrow_schema();
    let columns: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let read = scan::read(log.location(), file, &columns, Rows::All, |batch| {
        rows += batch.num_rows() as u64;
        tally(&mut tallies, file.record, &batch)
    });
    let logged = file.statistics.num_records;
    match read {
        Err(StoreError::Corrupt { path, reason }) => problems.push(CheckProblem::Unreadable { path, reason }),
        Err(error) => problems.push(CheckProblem::Unreadable { path, reason: error.to_string() }),
        Ok(()) if rows != logged => problems.push(CheckProblem::Differs { path, what: "rows", logged, found: rows }),
        Ok(()) => {}
    }
    (problems, tallies)
}

/// Decodes the rows of a batch, and counts them by session.
fn tally(tallies: &mut BTreeMap<String, Tally>, record: Record, batch: &RecordBatch) -> Result<(), String> {
    let ids = Texts::new(batch, SESSION_COLUMN)?;
    match record {
        Record::Session => {
            decode::sessions(batch)?;
            let pruned = decode::Times::new(batch, "pruned_at")?;
            for (row, summary) in decode::summaries(batch)?.into_iter().enumerate() {
                let tally = tally_of(tallies, &ids, row)?;
                tally.sessions += 1;
                tally.counts = summary.counts;
                tally.is_pruned = pruned.get(row)?.is_some();
            }
        }
        Record::Result => {
            for (row, (position, result)) in decode::results(batch)?.into_iter().enumerate() {
                let tally = tally_of(tallies, &ids, row)?;
                tally.results += 1;
                tally.places += u128::try_from(position).map_err(|_| "a negative position")?;
                let outcome = Outcome::ALL.into_iter().zip(&mut tally.found).find(|(one, _)| *one == result.outcome);
                if let Some((_, found)) = outcome {
                    *found += 1;
                }
            }
        }
        Record::Output => {
            for row in 0..decode::outputs(batch)?.len() {
                tally_of(tallies, &ids, row)?.outputs += 1;
            }
        }
        Record::Aggregate => {}
    }
    Ok(())
}

fn tally_of<'tallies>(
    tallies: &'tallies mut BTreeMap<String, Tally>,
    ids: &Texts<'_>,
    row: usize,
) -> Result<&'tallies mut Tally, String> {
    Ok(tallies.entry(ids.required(row)?.to_owned()).or_default())
}
