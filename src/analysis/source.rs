//! The door through which rows come in: what a store implements so that every analysis runs over it.
//!
//! Sessions come as rows, results as batches of columns. A batch brings its own dictionary of node ids, as a Parquet
//! column chunk does, so that a store can hand over what it has read without decoding a string per result; the folds in
//! this layer translate each dictionary once. Batches may come in any order and from many threads at once: a visitor is
//! `Sync`, keeps one state per thread and merges them at the end. No analysis depends on the order in which batches come.

use std::error::Error as StdError;
use std::sync::Arc;

use thiserror::Error;

use super::Filter;
use crate::model::{Outcome, SessionSummary};

/// A place that sessions come from: a history directory, a database, or a list in memory.
pub trait Source: Sync {
    /// Returns the sessions that the filter admits, by start time, then id; those without a start time last, by id.
    ///
    /// Conditions on node ids and on single results do not matter here.
    fn sessions(&self, filter: &Filter) -> Result<Sessions, SourceError>;

    /// Hands every result of the request's sessions that the filter admits to the visitor, in batches.
    ///
    /// For speed: batches of 8,000 to 300,000 results, delivered from all cores; only the columns asked for are read;
    /// node ids are matched once per dictionary entry, not per result. A result of a session that is not in the request
    /// is not delivered. One test's attempts within a session may be split between batches.
    fn observations(&self, request: &Request<'_>, visitor: &dyn ObservationVisitor) -> Result<(), SourceError>;

    /// Hands every broken or repeated result (`Failed`, `Error`, `Rerun`) of the request's sessions that the filter
    /// admits to the visitor, with why it broke. The request's columns do not matter here.
    fn failures(&self, request: &Request<'_>, visitor: &dyn FailureVisitor) -> Result<(), SourceError>;

    /// Does both: hands over all results, and why the broken and repeated ones among them broke. A source that can read both at once does.
    fn observations_and_failures(
        &self,
        request: &Request<'_>,
        observations: &dyn ObservationVisitor,
        failures: &dyn FailureVisitor,
    ) -> Result<(), SourceError> {
        self.observations(request, observations)?;
        self.failures(request, failures)
    }
}

/// The sessions that a filter admits.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sessions {
    /// The rows, by start time, then id; those without a start time last. Shared, since there may be many.
    pub rows: Arc<Vec<SessionSummary>>,
    /// How many sessions would be among them, were their start time known: they cannot be placed in a window.
    pub untimed: u64,
}

impl Sessions {
    /// Returns the sessions of an iterator that a filter admits, in the order that [`Source::sessions`] promises.
    ///
    /// This is what a filter on sessions means. A store that prunes by statistics passes what is left through here; it
    /// must not prune sessions without a start time before they are counted.
    pub fn select(all: impl IntoIterator<Item = SessionSummary>, filter: &Filter) -> Sessions {
        let (mut rows, mut untimed) = (Vec::new(), 0);
        for session in all {
            if !filter.admits_apart_from_time(&session) {
                continue;
            }
            if filter.window.contains(session.session_start_time) {
                rows.push(session);
            } else if session.session_start_time.is_none() {
                untimed += 1;
            }
        }
        rows.sort_by(|left, right| {
            let key = |session: &SessionSummary| (session.session_start_time.is_none(), session.session_start_time);
            key(left).cmp(&key(right)).then_with(|| left.session_id.cmp(&right.session_id))
        });
        Sessions { rows: Arc::new(rows), untimed }
    }
}

/// What a question needs of the results.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The sessions whose results are wanted: the index of a row here is what [`ObservationBatch::sessions`] holds.
    /// Session ids are unique in it.
    pub sessions: &'a [SessionSummary],
    /// Which results: the conditions on node ids and single results count; those on sessions are already met.
    pub filter: &'a Filter,
    /// Which columns beside node id, session and outcome.
    pub columns: Columns,
}

/// The columns that not every question needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Columns {
    /// Whether durations are wanted.
    pub durations: bool,
    /// Whether attempt numbers are wanted.
    pub attempts: bool,
}

/// The value of [`ObservationBatch::durations`] that says that a duration is not known.
pub const UNKNOWN_DURATION: i64 = -1;

/// Results as columns of equal length: the n-th entry of each is one attempt of one test.
#[derive(Debug, Clone, Copy)]
pub struct ObservationBatch<'a> {
    /// The dictionary: each node id once or more; ids that no result uses are allowed.
    pub node_ids: &'a [&'a str],
    /// A name for the dictionary, unique in one call of [`Source::observations`] unless the dictionaries are equal: a
    /// visitor need not translate the same dictionary again for the next batch. Never 0 unless there is none to share:
    /// 0 says that no other batch has this dictionary.
    pub dictionary: u64,
    /// For each result the index of its node id in the dictionary.
    pub codes: &'a [u32],
    /// For each result the index of its session in [`Request::sessions`].
    pub sessions: &'a [u32],
    /// For each result its outcome.
    pub outcomes: &'a [Outcome],
    /// For each result its duration in microseconds, or [`UNKNOWN_DURATION`]; `None` where the request did not ask.
    pub durations: Option<&'a [i64]>,
    /// For each result its attempt, from 1; `None` where the request did not ask.
    pub attempts: Option<&'a [u16]>,
}

impl ObservationBatch<'_> {
    /// Returns the number of results.
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// Returns whether every column has the same length and every code and session index is in its table.
    ///
    /// The folds skip what does not fit rather than panic; a store checks this in its tests.
    pub fn is_consistent(&self, sessions: usize) -> bool {
        let length = self.len();
        self.sessions.len() == length
            && self.outcomes.len() == length
            && self.durations.is_none_or(|durations| durations.len() == length)
            && self.attempts.is_none_or(|attempts| attempts.len() == length)
            && self.codes.iter().all(|code| (*code as usize) < self.node_ids.len())
            && self.sessions.iter().all(|session| (*session as usize) < sessions)
    }
}

/// Takes results in.
pub trait ObservationVisitor: Sync {
    /// Takes one batch in. Called from many threads at once.
    fn visit(&self, batch: &ObservationBatch<'_>);
}

/// Why a result broke, as far as the store keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureText<'a> {
    /// There is no failure text.
    Unknown,
    /// The whole failure text, as the session has it.
    Text(&'a str),
    /// What `FailureSignature::encode` made of the failure text when the session was stored. A store that keeps it in a
    /// column of its own answers questions about failures without reading any text; one whose version differs from
    /// `FailureSignature::VERSION` must be delivered as the text instead.
    Signature(&'a str),
}

/// Broken and repeated results as columns of equal length.
#[derive(Debug, Clone, Copy)]
pub struct FailureBatch<'a> {
    /// The dictionary of node ids.
    pub node_ids: &'a [&'a str],
    /// For each result the index of its node id in the dictionary.
    pub codes: &'a [u32],
    /// For each result the index of its session in [`Request::sessions`].
    pub sessions: &'a [u32],
    /// For each result its outcome.
    pub outcomes: &'a [Outcome],
    /// The dictionary of failure texts: equal texts need not share an entry, but are faster if they do.
    pub texts: &'a [FailureText<'a>],
    /// For each result the index of its failure text in the dictionary.
    pub text_codes: &'a [u32],
}

/// Takes broken results in.
pub trait FailureVisitor: Sync {
    /// Takes one batch in. Called from many threads at once.
    fn visit(&self, batch: &FailureBatch<'_>);
}

/// A source that could not deliver.
#[derive(Debug, Error)]
pub enum SourceError {
    /// The rows could not be read.
    #[error("failed to read {what}")]
    Unreadable {
        /// What was to be read: `sessions`, `results`, `failures`.
        what: &'static str,
        /// Why not.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The source does not keep what was asked for.
    #[error("{what} are not kept here")]
    NotKept {
        /// What was asked for.
        what: &'static str,
    },
}
