//! Batches of result rows: what their codes mean to a question, and how they are handed to its visitor.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::{RecordBatch, StringArray};
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::Int64Type;

use super::columns::Codes;
use super::decode::Numbers;
use crate::analysis::{
    FailureBatch, FailureSignature, FailureText, FailureVisitor, Filter, ObservationBatch, ObservationVisitor, Request,
    UNKNOWN_DURATION,
};
use crate::model::Outcome;

/// The column of what failures come to.
pub(super) const SIGNATURE_COLUMN: &str = "failure_signature";

/// What is asked for in one pass over the results.
pub(super) struct Asked<'a> {
    /// The place of each session in the request.
    pub(super) places: HashMap<&'a str, u32>,
    pub(super) filter: &'a Filter,
    /// The name of the next dictionary.
    pub(super) next: AtomicU64,
}

/// The failures of a row group by their signatures, kept until it is known that all are of this version.
#[derive(Default)]
pub(super) struct Signed {
    batches: Vec<SignedBatch>,
    is_foreign: bool,
}

/// The failures of a batch, with its dictionaries.
pub(super) struct SignedBatch {
    node_ids: StringArray,
    signatures: Option<StringArray>,
    found: BatchColumns,
}

impl Signed {
    pub(super) fn take(&mut self, rows: &Rows<'_>, batch: &RecordBatch) -> Result<(), String> {
        let signatures = Codes::new(batch, SIGNATURE_COLUMN)?;
        let is_next = |last: &&mut SignedBatch| {
            let same = |signatures: Codes<'_>| last.signatures.as_ref().is_some_and(|last| signatures.is_of(last));
            rows.node_ids.is_of(&last.node_ids) && signatures.is_some_and(same)
        };
        let mut fresh = SignedBatch {
            node_ids: rows.node_ids.values().clone(),
            signatures: signatures.map(|signatures| signatures.values().clone()),
            found: BatchColumns::default(),
        };
        let mut last = self.batches.last_mut().filter(is_next);
        let found = last.as_mut().map_or(&mut fresh.found, |last| &mut last.found);
        for (row, session, code, outcome) in rows.broken() {
            found.push(session, code, outcome);
            // The first text stands for the failures without one.
            let text = signatures.and_then(|signatures| signatures.key(row)).map_or(0, |key| key + 1);
            found.texts.push(u32::try_from(text).map_err(|error| error.to_string())?);
        }
        if !fresh.found.codes.is_empty() {
            let texts = signatures.map(|signatures| signatures.texts());
            let is_known = |text: &str| FailureSignature::decode(text).is_some();
            self.is_foreign |= !texts.is_some_and(|texts| texts.into_iter().all(is_known));
            self.batches.push(fresh);
        }
        Ok(())
    }

    /// Delivers them all, unless one is of another version: then nothing is delivered.
    pub(super) fn deliver(&self, visitor: &dyn FailureVisitor) -> Told {
        if self.is_foreign {
            return Told::Nothing;
        }
        for batch in &self.batches {
            let mut texts = vec![FailureText::Unknown];
            let signatures = batch.signatures.iter().flat_map(|signatures| signatures.iter());
            texts.extend(signatures.map(|text| FailureText::Signature(text.unwrap_or_default())));
            let node_ids: Vec<&str> = batch.node_ids.iter().map(Option::unwrap_or_default).collect();
            batch.found.visit(&node_ids, &texts, visitor);
        }
        Told::All
    }
}

/// How much of a row group was delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    All,
    Nothing,
}

/// What is looked up once for each entry of a dictionary, kept while batches share it.
#[derive(Default)]
pub(super) struct Tables {
    sessions: Option<Table<Option<u32>>>,
    admitted: Option<Table<bool>>,
    outcomes: Option<Table<Option<Outcome>>>,
}

/// A value for each entry of a dictionary.
struct Table<Value> {
    dictionary: StringArray,
    /// A name for the dictionary, unique in one pass.
    name: u64,
    values: Vec<Value>,
}

/// Returns the table for a dictionary: the one at hand where it is the same.
fn table<'table, Value>(
    kept: &'table mut Option<Table<Value>>,
    codes: &Codes<'_>,
    next: &AtomicU64,
    value: impl Fn(&str) -> Value,
) -> &'table Table<Value> {
    let fresh = || Table {
        dictionary: codes.values().clone(),
        name: next.fetch_add(1, Ordering::Relaxed),
        values: codes.texts().into_iter().map(value).collect(),
    };
    let kept_one = kept.take().filter(|table| codes.is_of(&table.dictionary));
    kept.insert(kept_one.unwrap_or_else(fresh))
}

impl Tables {
    pub(super) fn rows<'rows>(
        &'rows mut self,
        asked: &Asked<'_>,
        batch: &'rows RecordBatch,
    ) -> Result<Rows<'rows>, String> {
        let session_ids = Codes::required(batch, "session_id")?;
        let node_ids = Codes::required(batch, "nodeid")?;
        let outcomes = Codes::required(batch, "outcome")?;
        let next = &asked.next;
        let sessions = table(&mut self.sessions, &session_ids, next, |id| asked.places.get(id).copied());
        let admitted = table(&mut self.admitted, &node_ids, next, |node_id| asked.filter.admits_node_id(node_id));
        let words = table(&mut self.outcomes, &outcomes, next, Outcome::from_word);
        if words.values.iter().any(Option::is_none) {
            return Err("column outcome holds a word that is not known".to_owned());
        }
        Ok(Rows {
            session_keys: session_ids.keys(),
            node_keys: node_ids.keys(),
            outcome_keys: outcomes.keys(),
            sessions: &sessions.values,
            admitted: &admitted.values,
            outcomes: &words.values,
            dictionary: admitted.name,
            node_ids,
        })
    }
}

/// The rows of a batch, with what their codes mean.
pub(super) struct Rows<'rows> {
    pub(super) node_ids: Codes<'rows>,
    dictionary: u64,
    session_keys: &'rows [i32],
    node_keys: &'rows [i32],
    outcome_keys: &'rows [i32],
    sessions: &'rows [Option<u32>],
    admitted: &'rows [bool],
    outcomes: &'rows [Option<Outcome>],
}

impl Rows<'_> {
    /// Returns the session, node id and outcome of a row; `None` where the question is not about it.
    pub(super) fn get(&self, row: usize) -> Option<(u32, u32, Outcome)> {
        let session = looked_up(self.sessions, self.session_keys, row)??;
        let code = *self.node_keys.get(row)?;
        let admitted = looked_up(self.admitted, self.node_keys, row)?;
        let outcome = looked_up(self.outcomes, self.outcome_keys, row)??;
        admitted.then_some((session, code.cast_unsigned(), outcome))
    }

    /// Returns the rows that are failures or repeated attempts, each with the same.
    pub(super) fn broken(&self) -> impl Iterator<Item = (usize, u32, u32, Outcome)> {
        let is_broken = |outcome: &Option<Outcome>| {
            outcome.is_some_and(|outcome| outcome.is_failure() || outcome == Outcome::Rerun)
        };
        let broken: Vec<bool> = self.outcomes.iter().map(is_broken).collect();
        // Most batches have few, if any.
        let keys = if broken.contains(&true) { self.outcome_keys } else { &[] };
        let is_broken = move |key: &i32| usize::try_from(*key).ok().and_then(|key| broken.get(key).copied());
        let rows = keys.iter().enumerate().filter(move |(_, key)| is_broken(key) == Some(true));
        rows.filter_map(|(row, _)| self.get(row).map(|(session, code, outcome)| (row, session, code, outcome)))
    }

    /// Delivers all rows, as they lie where that is possible; `false`, and none delivered, where the question is not about every one.
    pub(super) fn deliver_whole(
        &self,
        numbers: &ResultNumbers<'_>,
        request: &Request<'_>,
        visitor: &dyn ObservationVisitor,
    ) -> bool {
        if !self.admitted.iter().all(|admitted| *admitted) {
            return false;
        }
        let rows = self.session_keys.len();
        let mut sessions: Vec<u32> = Vec::with_capacity(rows);
        for of_session in self.session_keys.chunk_by(|left, right| left == right) {
            let Some(session) = looked_up(self.sessions, of_session, 0).flatten() else { return false };
            sessions.resize(sessions.len() + of_session.len(), session);
        }
        // Every word is known, or the batch would not have come here.
        let outcome = |row| looked_up(self.outcomes, self.outcome_keys, row).flatten().unwrap_or(Outcome::Passed);
        let outcomes: Vec<Outcome> = (0..rows).map(outcome).collect();
        let mut made = Vec::new();
        let durations = match numbers.durations.without_nulls() {
            Some(durations) => durations,
            None if request.columns.durations => {
                made.extend((0..rows).map(|row| numbers.durations.get(row).unwrap_or(UNKNOWN_DURATION)));
                &made
            }
            None => &made,
        };
        let attempts: Vec<u16> = match request.columns.attempts {
            true => (0..rows).map(|row| attempt(numbers.attempts.get(row))).collect(),
            false => Vec::new(),
        };
        let codes: ScalarBuffer<u32> = self.node_ids.codes();
        visitor.visit(&ObservationBatch {
            node_ids: &self.node_ids.texts(),
            dictionary: self.dictionary,
            codes: &codes,
            sessions: &sessions,
            outcomes: &outcomes,
            durations: request.columns.durations.then_some(durations),
            attempts: request.columns.attempts.then_some(&attempts),
        });
        true
    }
}

/// The numbers of results in a batch, as far as they were read.
pub(super) struct ResultNumbers<'batch> {
    pub(super) durations: Numbers<'batch, Int64Type>,
    pub(super) attempts: Numbers<'batch, Int64Type>,
}

impl<'batch> ResultNumbers<'batch> {
    pub(super) fn new(batch: &'batch RecordBatch) -> Result<ResultNumbers<'batch>, String> {
        Ok(ResultNumbers { durations: Numbers::new(batch, "duration_us")?, attempts: Numbers::new(batch, "attempt")? })
    }
}

pub(super) fn attempt(number: Option<i64>) -> u16 {
    u16::try_from(number.unwrap_or(1)).unwrap_or(u16::MAX)
}

fn looked_up<Value: Copy>(values: &[Value], keys: &[i32], row: usize) -> Option<Value> {
    values.get(usize::try_from(*keys.get(row)?).ok()?).copied()
}

/// The columns of a batch for a visitor.
#[derive(Default)]
pub(super) struct BatchColumns {
    codes: Vec<u32>,
    sessions: Vec<u32>,
    outcomes: Vec<Outcome>,
    pub(super) durations: Vec<i64>,
    pub(super) attempts: Vec<u16>,
    pub(super) texts: Vec<u32>,
}

impl BatchColumns {
    pub(super) fn push(&mut self, session: u32, code: u32, outcome: Outcome) {
        self.sessions.push(session);
        self.codes.push(code);
        self.outcomes.push(outcome);
    }

    pub(super) fn deliver(&self, rows: &Rows<'_>, request: &Request<'_>, visitor: &dyn ObservationVisitor) {
        visitor.visit(&ObservationBatch {
            node_ids: &rows.node_ids.texts(),
            dictionary: rows.dictionary,
            codes: &self.codes,
            sessions: &self.sessions,
            outcomes: &self.outcomes,
            durations: request.columns.durations.then_some(&self.durations),
            attempts: request.columns.attempts.then_some(&self.attempts),
        });
    }

    pub(super) fn visit(&self, node_ids: &[&str], texts: &[FailureText<'_>], visitor: &dyn FailureVisitor) {
        visitor.visit(&FailureBatch {
            node_ids,
            codes: &self.codes,
            sessions: &self.sessions,
            outcomes: &self.outcomes,
            texts,
            text_codes: &self.texts,
        });
    }
}
