//! The history as a [`Source`] for the analyses: few columns, read by row group on all cores, texts as the codes of their dictionaries.

use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::Int64Type;

use super::batches::{Asked, BatchColumns, ResultNumbers, SIGNATURE_COLUMN, Signed, Tables, Told, attempt};
use super::columns::{self, RowGroup, Selected};
use super::decode::{self, Numbers};
use super::live_file::LiveFile;
use super::log::Log;
use super::scan::Ids;
use super::schema::Record;
use super::{HistoryStore, StoreError, parallel, query};
use crate::analysis::{
    FailureText, FailureVisitor, Filter, ObservationVisitor, Request, Sessions, Source, SourceError, UNKNOWN_DURATION,
    failure_text,
};
use crate::model::SessionId;

/// The columns that every question needs.
const CODED_COLUMNS: [&str; 3] = ["session_id", "nodeid", "outcome"];
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
    asked: Asked<'a>,
    /// Whether they are fewer than the history has.
    some_sessions: bool,
    filter: &'a Filter,
}

impl<'a> Scan<'a> {
    fn new(request: &Request<'a>, log: &Log) -> Scan<'a> {
        let ids = || request.sessions.iter().map(|session| &session.session_id);
        let places = ids().map(SessionId::as_str).zip(0_u32..).collect();
        let all: u64 = log.files(Record::Session).map(|file| file.statistics.num_records).sum();
        let some_sessions = (request.sessions.len() as u64) < all;
        let asked = Asked { places, filter: request.filter, next: AtomicU64::new(1) };
        Scan { ids: Ids::new(ids()), asked, some_sessions, filter: request.filter }
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
            selected = group.narrowed(selected, "session_id", |id| self.asked.places.contains_key(id))?;
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
        let rows = tables.rows(&self.asked, batch)?;
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
            signed.take(&tables.rows(&self.asked, batch)?, batch)
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
                signed.take(&tables.rows(&self.asked, batch)?, batch)
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
            let rows = tables.rows(&self.asked, batch)?;
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

fn known(micros: i64) -> Option<Duration> {
    u64::try_from(micros).ok().map(Duration::from_micros)
}
