//! The history as a [`Source`] for the analyses: few columns, read by row group on all cores, texts as the codes of their dictionaries.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arrow::array::{RecordBatch, StringArray};
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::Int64Type;

use super::columns::{self, Codes, RowGroup, Selected};
use super::decode::{self, Numbers};
use super::live_file::LiveFile;
use super::log::Log;
use super::scan::Ids;
use super::schema::Record;
use super::{HistoryStore, StoreError, parallel, query};
use crate::analysis::{
    FailureBatch, FailureSignature, FailureText, FailureVisitor, Filter, ObservationBatch, ObservationVisitor, Request,
    Sessions, Source, SourceError, UNKNOWN_DURATION, failure_text,
};
use crate::model::{Outcome, SessionId};

/// The columns that every question needs.
const CODED_COLUMNS: [&str; 3] = ["session_id", "nodeid", "outcome"];
/// The column of what failures come to.
const SIGNATURE_COLUMN: &str = "failure_signature";
/// The columns that tell of failures by their signatures.
const SIGNED_COLUMNS: [&str; 4] = ["session_id", "nodeid", "outcome", SIGNATURE_COLUMN];
/// The columns from which the text of a failure is taken.
const TEXT_COLUMNS: [&str; 3] = ["longreprtext", "reason", "subtests"];

impl Source for HistoryStore {
    fn sessions(&self, filter: &Filter) -> Result<Sessions, SourceError> {
        let may_pass = |file: &LiveFile| {
            let statistics = &file.statistics;
            let sut = filter.sut_names.is_empty() || filter.sut_names.iter().any(|name| statistics.may_hold_sut(name));
            // A file with a session of unknown start has neither extreme, and is read: such sessions are counted.
            let from = filter.window.from.zip(statistics.latest_start()).is_none_or(|(from, latest)| latest >= from);
            let until = filter.window.until.zip(statistics.earliest_start()).is_none_or(|(until, first)| first < until);
            sut && from && until
        };
        let found = query::read_summaries(self.log(), may_pass, |summary| filter.admits_apart_from_time(summary));
        Ok(Sessions::select(found.map_err(|error| unreadable("sessions", error))?, filter))
    }

    fn observations(&self, request: &Request<'_>, visitor: &dyn ObservationVisitor) -> Result<(), SourceError> {
        let scan = Scan::new(request, self.log());
        let groups = scan.row_groups(self.log()).map_err(|error| unreadable("results", error))?;
        let read = parallel::try_map(&groups, |group| scan.observations(group, request, visitor));
        read.map(drop).map_err(|error| unreadable("results", error))
    }

    fn failures(&self, request: &Request<'_>, visitor: &dyn FailureVisitor) -> Result<(), SourceError> {
        let scan = Scan::new(request, self.log());
        let groups = scan.row_groups(self.log()).map_err(|error| unreadable("failures", error))?;
        let read = parallel::try_map(&groups, |group| scan.failures(group, visitor));
        read.map(drop).map_err(|error| unreadable("failures", error))
    }

    fn observations_and_failures(
        &self,
        request: &Request<'_>,
        observations: &dyn ObservationVisitor,
        failures: &dyn FailureVisitor,
    ) -> Result<(), SourceError> {
        if request.filter.has_result_conditions() {
            self.observations(request, observations)?;
            return self.failures(request, failures);
        }
        let scan = Scan::new(request, self.log());
        let groups = scan.row_groups(self.log()).map_err(|error| unreadable("results", error))?;
        let read = parallel::try_map(&groups, |group| scan.both(group, request, observations, failures));
        read.map(drop).map_err(|error| unreadable("results", error))
    }
}

impl HistoryStore {
    /// Returns where the history lies.
    pub fn location(&self) -> &Path {
        self.log().location()
    }
}

fn unreadable(what: &'static str, error: StoreError) -> SourceError {
    SourceError::Unreadable { what, source: Box::new(error) }
}

/// One pass over the results.
struct Scan<'a> {
    ids: Ids,
    /// The place of each session in the request.
    places: HashMap<&'a str, u32>,
    /// Whether they are fewer than the history has.
    some_sessions: bool,
    filter: &'a Filter,
    /// The name of the next dictionary.
    next: AtomicU64,
}

impl<'a> Scan<'a> {
    fn new(request: &Request<'a>, log: &Log) -> Scan<'a> {
        let ids = || request.sessions.iter().map(|session| &session.session_id);
        let places = ids().map(SessionId::as_str).zip(0_u32..).collect();
        let all: u64 = log.files(Record::Session).map(|file| file.statistics.num_records).sum();
        let some_sessions = (request.sessions.len() as u64) < all;
        Scan { ids: Ids::new(ids()), places, some_sessions, filter: request.filter, next: AtomicU64::new(1) }
    }

    /// Returns the row groups that may hold results of wanted sessions.
    fn row_groups(&self, log: &Log) -> Result<Vec<RowGroup>, StoreError> {
        let files = log.files(Record::Result).filter(|file| file.statistics.may_hold_any(&self.ids));
        let mut files: Vec<&LiveFile> = files.collect();
        // In order of time, so that the series of each core come in order.
        files.sort_by(|one, other| one.statistics.min_values.session_id.cmp(&other.statistics.min_values.session_id));
        let groups = parallel::try_map(&files, |file| columns::row_groups(log.location(), file))?;
        let groups = groups.into_iter().flatten();
        let may_hold = |group: &RowGroup| {
            let extremes = group.extremes("session_id");
            extremes.is_none_or(|(least, greatest)| self.ids.any_within(Some(least), Some(greatest)))
        };
        Ok(groups.filter(may_hold).collect())
    }

    /// Returns the rows of a row group that the question is about, by session and node id.
    fn selected(&self, group: &RowGroup) -> Result<Selected, StoreError> {
        let mut selected = Selected::All;
        if self.some_sessions {
            selected = group.narrowed(selected, "session_id", |id| self.places.contains_key(id))?;
        }
        if !self.filter.node_ids.is_empty() {
            selected = group.narrowed(selected, "nodeid", |node_id| self.filter.admits_node_id(node_id))?;
        }
        Ok(selected)
    }

    fn observations(
        &self,
        group: &RowGroup,
        request: &Request<'_>,
        visitor: &dyn ObservationVisitor,
    ) -> Result<(), StoreError> {
        let selected = self.selected(group)?;
        let with_text = self.filter.text.is_some();
        let mut names = self.columns(request);
        names.extend(TEXT_COLUMNS.into_iter().filter(|_| with_text));
        let mut tables = Tables::default();
        group.read(&selected, &names, &CODED_COLUMNS, |batch| self.visit_results(&mut tables, batch, request, visitor))
    }

    /// The columns that observations are made of.
    fn columns(&self, request: &Request<'_>) -> Vec<&'static str> {
        let with_durations = request.columns.durations || self.filter.minimum_duration.is_some();
        let mut names = CODED_COLUMNS.to_vec();
        names.extend(with_durations.then_some("duration_us"));
        names.extend(request.columns.attempts.then_some("attempt"));
        names
    }

    fn visit_results(
        &self,
        tables: &mut Tables,
        batch: &RecordBatch,
        request: &Request<'_>,
        visitor: &dyn ObservationVisitor,
    ) -> Result<(), String> {
        let rows = tables.rows(self, batch)?;
        let numbers = ResultNumbers::new(batch)?;
        if !self.filter.has_result_conditions() && rows.deliver_whole(&numbers, request, visitor) {
            return Ok(());
        }
        let mut found = BatchColumns::default();
        for row in 0..batch.num_rows() {
            let Some((session, code, outcome)) = rows.get(row) else { continue };
            let micros = numbers.durations.get(row);
            if !self.filter.admits_result(outcome, micros.and_then(known)) {
                continue;
            }
            if self.filter.text.is_some() {
                let result = decode::failure(batch, row, outcome)?;
                if !self.filter.admits_text(failure_text(&result), result.reason.as_deref()) {
                    continue;
                }
            }
            found.push(session, code, outcome);
            if request.columns.durations {
                found.durations.push(micros.unwrap_or(UNKNOWN_DURATION));
            }
            if request.columns.attempts {
                found.attempts.push(attempt(numbers.attempts.get(row)));
            }
        }
        found.deliver(&rows, request, visitor);
        Ok(())
    }

    /// Delivers results and failures from one reading, without conditions that look further.
    fn both(
        &self,
        group: &RowGroup,
        request: &Request<'_>,
        observations: &dyn ObservationVisitor,
        failures: &dyn FailureVisitor,
    ) -> Result<(), StoreError> {
        let selected = self.selected(group)?;
        let mut names = self.columns(request);
        names.push(SIGNATURE_COLUMN);
        let (mut tables, mut signed) = (Tables::default(), Signed::default());
        group.read(&selected, &names, &SIGNED_COLUMNS, |batch| {
            self.visit_results(&mut tables, batch, request, observations)?;
            signed.take(&tables.rows(self, batch)?, batch)
        })?;
        match signed.deliver(failures) {
            Told::All => Ok(()),
            Told::Nothing => self.failures_by_text(group, &selected, failures),
        }
    }

    fn failures(&self, group: &RowGroup, visitor: &dyn FailureVisitor) -> Result<(), StoreError> {
        let selected = self.selected(group)?;
        // Without conditions that look further, the signatures tell it all, if they are of this version.
        if !self.filter.has_result_conditions() {
            let (mut tables, mut signed) = (Tables::default(), Signed::default());
            group.read(&selected, &SIGNED_COLUMNS, &SIGNED_COLUMNS, |batch| {
                signed.take(&tables.rows(self, batch)?, batch)
            })?;
            if signed.deliver(visitor) == Told::All {
                return Ok(());
            }
        }
        self.failures_by_text(group, &selected, visitor)
    }

    fn failures_by_text(
        &self,
        group: &RowGroup,
        selected: &Selected,
        visitor: &dyn FailureVisitor,
    ) -> Result<(), StoreError> {
        let mut names = CODED_COLUMNS.to_vec();
        names.push("duration_us");
        names.extend(TEXT_COLUMNS);
        let mut tables = Tables::default();
        group.read(selected, &names, &CODED_COLUMNS, |batch| {
            let rows = tables.rows(self, batch)?;
            let durations = Numbers::<Int64Type>::new(batch, "duration_us")?;
            let mut found = BatchColumns::default();
            let mut texts: Vec<Option<String>> = Vec::new();
            for (row, session, code, outcome) in rows.broken() {
                if !self.filter.admits_result(outcome, durations.get(row).and_then(known)) {
                    continue;
                }
                let result = decode::failure(batch, row, outcome)?;
                let text = failure_text(&result);
                if self.filter.admits_text(text, result.reason.as_deref()) {
                    found.push(session, code, outcome);
                    found.texts.push(u32::try_from(texts.len()).map_err(|error| error.to_string())?);
                    texts.push(text.map(str::to_owned));
                }
            }
            let texts: Vec<FailureText<'_>> =
                texts.iter().map(|text| text.as_deref().map_or(FailureText::Unknown, FailureText::Text)).collect();
            found.visit(&rows.node_ids.texts(), &texts, visitor);
            Ok(())
        })
    }
}

/// The failures of a row group by their signatures, kept until it is known that all are of this version.
#[derive(Default)]
struct Signed {
    batches: Vec<SignedBatch>,
    is_foreign: bool,
}

/// The failures of a batch, with its dictionaries.
struct SignedBatch {
    node_ids: StringArray,
    signatures: Option<StringArray>,
    found: BatchColumns,
}

impl Signed {
    fn take(&mut self, rows: &Rows<'_>, batch: &RecordBatch) -> Result<(), String> {
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
    fn deliver(&self, visitor: &dyn FailureVisitor) -> Told {
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
enum Told {
    All,
    Nothing,
}

fn known(micros: i64) -> Option<Duration> {
    u64::try_from(micros).ok().map(Duration::from_micros)
}

/// What is looked up once for each entry of a dictionary, kept while batches share it.
#[derive(Default)]
struct Tables {
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
    fn rows<'rows>(&'rows mut self, scan: &Scan<'_>, batch: &'rows RecordBatch) -> Result<Rows<'rows>, String> {
        let session_ids = Codes::required(batch, "session_id")?;
        let node_ids = Codes::required(batch, "nodeid")?;
        let outcomes = Codes::required(batch, "outcome")?;
        let next = &scan.next;
        let sessions = table(&mut self.sessions, &session_ids, next, |id| scan.places.get(id).copied());
        let admitted = table(&mut self.admitted, &node_ids, next, |node_id| scan.filter.admits_node_id(node_id));
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
struct Rows<'rows> {
    node_ids: Codes<'rows>,
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
    fn get(&self, row: usize) -> Option<(u32, u32, Outcome)> {
        let session = looked_up(self.sessions, self.session_keys, row)??;
        let code = *self.node_keys.get(row)?;
        let admitted = looked_up(self.admitted, self.node_keys, row)?;
        let outcome = looked_up(self.outcomes, self.outcome_keys, row)??;
        admitted.then_some((session, code.cast_unsigned(), outcome))
    }

    /// Returns the rows that are failures or repeated attempts, each with the same.
    fn broken(&self) -> impl Iterator<Item = (usize, u32, u32, Outcome)> {
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
    fn deliver_whole(
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
struct ResultNumbers<'batch> {
    durations: Numbers<'batch, Int64Type>,
    attempts: Numbers<'batch, Int64Type>,
}

impl<'batch> ResultNumbers<'batch> {
    fn new(batch: &'batch RecordBatch) -> Result<ResultNumbers<'batch>, String> {
        Ok(ResultNumbers { durations: Numbers::new(batch, "duration_us")?, attempts: Numbers::new(batch, "attempt")? })
    }
}

fn attempt(number: Option<i64>) -> u16 {
    u16::try_from(number.unwrap_or(1)).unwrap_or(u16::MAX)
}

fn looked_up<Value: Copy>(values: &[Value], keys: &[i32], row: usize) -> Option<Value> {
    values.get(usize::try_from(*keys.get(row)?).ok()?).copied()
}

/// The columns of a batch for a visitor.
#[derive(Default)]
struct BatchColumns {
    codes: Vec<u32>,
    sessions: Vec<u32>,
    outcomes: Vec<Outcome>,
    durations: Vec<i64>,
    attempts: Vec<u16>,
    texts: Vec<u32>,
}

impl BatchColumns {
    fn push(&mut self, session: u32, code: u32, outcome: Outcome) {
        self.sessions.push(session);
        self.codes.push(code);
        self.outcomes.push(outcome);
    }

    fn deliver(&self, rows: &Rows<'_>, request: &Request<'_>, visitor: &dyn ObservationVisitor) {
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

    fn visit(&self, node_ids: &[&str], texts: &[FailureText<'_>], visitor: &dyn FailureVisitor) {
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
