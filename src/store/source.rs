//! The history as a [`Source`] for the analyses: few columns, read by row group on all cores, texts as the codes of their dictionaries.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arrow::array::{ArrayRef, RecordBatch};
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
        let with_durations = request.columns.durations || self.filter.minimum_duration.is_some();
        let mut names = CODED_COLUMNS.to_vec();
        names.extend(with_durations.then_some("duration_us"));
        names.extend(request.columns.attempts.then_some("attempt"));
        names.extend(TEXT_COLUMNS.into_iter().filter(|_| with_text));
        let mut tables = Tables::default();
        group.read(&selected, &names, &CODED_COLUMNS, |batch| {
            let rows = tables.rows(self, batch)?;
            let durations = Numbers::<Int64Type>::new(batch, "duration_us")?;
            let attempts = Numbers::<Int64Type>::new(batch, "attempt")?;
            let mut found = BatchColumns::default();
            if !self.filter.has_result_conditions() && found.take(&rows, request, &durations, &attempts) {
                found.deliver(&rows, request, visitor);
                return Ok(());
            }
            for row in 0..batch.num_rows() {
                let Some((session, code, outcome)) = rows.get(row) else { continue };
                let micros = durations.get(row);
                if !self.filter.admits_result(outcome, micros.and_then(known)) {
                    continue;
                }
                if with_text {
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
                    found.attempts.push(attempt(attempts.get(row)));
                }
            }
            found.deliver(&rows, request, visitor);
            Ok(())
        })
    }

    fn failures(&self, group: &RowGroup, visitor: &dyn FailureVisitor) -> Result<(), StoreError> {
        let selected = self.selected(group)?;
        // Without conditions that look further, the signatures tell it all, if they are of this version.
        if !self.filter.has_result_conditions() && self.failures_by_signature(group, &selected, visitor)? == Told::All {
            return Ok(());
        }
        let mut names = CODED_COLUMNS.to_vec();
        names.push("duration_us");
        names.extend(TEXT_COLUMNS);
        let mut tables = Tables::default();
        group.read(&selected, &names, &CODED_COLUMNS, |batch| {
            let rows = tables.rows(self, batch)?;
            let durations = Numbers::<Int64Type>::new(batch, "duration_us")?;
            let mut found = BatchColumns::default();
            let mut texts: Vec<Option<String>> = Vec::new();
            for row in 0..batch.num_rows() {
                let Some((session, code, outcome)) = rows.broken(row) else { continue };
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
            found.visit(&rows, &texts, visitor);
            Ok(())
        })
    }

    /// Delivers failures by their signatures, unless one is of another version: then nothing is delivered.
    fn failures_by_signature(
        &self,
        group: &RowGroup,
        selected: &Selected,
        visitor: &dyn FailureVisitor,
    ) -> Result<Told, StoreError> {
        let coded = [CODED_COLUMNS[0], CODED_COLUMNS[1], CODED_COLUMNS[2], "failure_signature"];
        let mut batches: Vec<RecordBatch> = Vec::new();
        group.read(selected, &coded, &coded, |batch| {
            batches.push(batch.clone());
            Ok(())
        })?;
        for batch in &batches {
            let signatures = Codes::new(batch, "failure_signature").map_err(|reason| group.corrupt(reason))?;
            let of_this_version =
                |codes: Codes<'_>| codes.texts().into_iter().all(|text| FailureSignature::decode(text).is_some());
            if !signatures.is_some_and(of_this_version) {
                return Ok(Told::Nothing);
            }
        }
        let mut tables = Tables::default();
        for batch in &batches {
            self.visit_signatures(&mut tables, batch, visitor).map_err(|reason| group.corrupt(reason))?;
        }
        Ok(Told::All)
    }

    fn visit_signatures(
        &self,
        tables: &mut Tables,
        batch: &RecordBatch,
        visitor: &dyn FailureVisitor,
    ) -> Result<(), String> {
        let rows = tables.rows(self, batch)?;
        let Some(signatures) = Codes::new(batch, "failure_signature")? else { return Ok(()) };
        // The first entry stands for the failures without a text.
        let mut texts = vec![FailureText::Unknown];
        texts.extend(signatures.texts().into_iter().map(FailureText::Signature));
        let mut found = BatchColumns::default();
        for row in 0..batch.num_rows() {
            if let Some((session, code, outcome)) = rows.broken(row) {
                found.push(session, code, outcome);
                let text = signatures.key(row).map_or(0, |key| key + 1);
                found.texts.push(u32::try_from(text).map_err(|error| error.to_string())?);
            }
        }
        found.visit(&rows, &texts, visitor);
        Ok(())
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
    dictionary: ArrayRef,
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
        dictionary: Arc::clone(codes.values()),
        name: next.fetch_add(1, Ordering::Relaxed),
        values: codes.texts().into_iter().map(value).collect(),
    };
    let kept_one = kept.take().filter(|table| Arc::ptr_eq(&table.dictionary, codes.values()));
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

    /// Returns the same of a row that is a failure or a repeated attempt.
    fn broken(&self, row: usize) -> Option<(u32, u32, Outcome)> {
        self.get(row).filter(|(_, _, outcome)| outcome.is_failure() || *outcome == Outcome::Rerun)
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

    /// Takes all rows, column by column, where the question is about every node id among them; `false`, and none taken, where it is not.
    fn take(
        &mut self,
        rows: &Rows<'_>,
        request: &Request<'_>,
        durations: &Numbers<'_, Int64Type>,
        attempts: &Numbers<'_, Int64Type>,
    ) -> bool {
        if !rows.admitted.iter().all(|admitted| *admitted) {
            return false;
        }
        let mut next = 0;
        for of_session in rows.session_keys.chunk_by(|left, right| left == right) {
            let places = next..next + of_session.len();
            next = places.end;
            let Some(session) = looked_up(rows.sessions, of_session, 0).flatten() else { continue };
            let (codes, outcomes) = (rows.node_keys.get(places.clone()), rows.outcome_keys.get(places.clone()));
            let (codes, outcomes) = (codes.unwrap_or_default(), outcomes.unwrap_or_default());
            self.sessions.resize(self.sessions.len() + codes.len(), session);
            self.codes.extend(codes.iter().map(|code| code.cast_unsigned()));
            // Every word is known, or the batch would not have come here.
            let outcome = |place| looked_up(rows.outcomes, outcomes, place).flatten().unwrap_or(Outcome::Passed);
            self.outcomes.extend((0..outcomes.len()).map(outcome));
            if request.columns.durations {
                match durations.without_nulls().and_then(|durations| durations.get(places.clone())) {
                    Some(durations) => self.durations.extend_from_slice(durations),
                    None => {
                        let duration = |row| durations.get(row).unwrap_or(UNKNOWN_DURATION);
                        self.durations.extend(places.clone().map(duration));
                    }
                }
            }
            if request.columns.attempts {
                self.attempts.extend(places.map(|row| attempt(attempts.get(row))));
            }
        }
        true
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

    fn visit(&self, rows: &Rows<'_>, texts: &[FailureText<'_>], visitor: &dyn FailureVisitor) {
        visitor.visit(&FailureBatch {
            node_ids: &rows.node_ids.texts(),
            codes: &self.codes,
            sessions: &self.sessions,
            outcomes: &self.outcomes,
            texts,
            text_codes: &self.texts,
        });
    }
}
