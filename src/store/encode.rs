//! Model to Arrow: the rows of each record.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Int32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::error::ArrowError;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::PrunedSession;
use super::json;
use super::schema::Record;
use crate::analysis::{FailureSignature, failure_text};
use crate::model::{Ending, NodeId, Outcome, OutcomeCounts, OutputField, TestResult, TestSession, TimeSource};
use crate::wire::microseconds;

/// A session on its way into the history, with what its rows share.
#[derive(Debug)]
pub(crate) struct SessionRow {
    pub(crate) session: TestSession,
    pub(crate) ingested_at: DateTime<Utc>,
    counts: OutcomeCounts,
    pruned_at: Option<DateTime<Utc>>,
    tags: Option<String>,
}

/// One attempt of one test.
#[derive(Debug, Clone)]
pub(crate) struct ResultRow<'a> {
    pub(crate) session: &'a SessionRow,
    pub(crate) position: usize,
    pub(crate) result: Cow<'a, TestResult>,
}

/// One section of a console log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OutputRow<'a> {
    pub(crate) session: &'a SessionRow,
    pub(crate) position: usize,
    /// The field's name in the session document.
    pub(crate) field: &'static str,
    pub(crate) output: &'a OutputField,
}

/// The name of a section that has no field of its own.
pub(crate) const OTHER_FIELD: &str = "other";

impl SessionRow {
    pub(crate) fn new(session: TestSession, ingested_at: DateTime<Utc>) -> SessionRow {
        let (counts, tags) = (session.outcome_counts(), json::object(&session.tags));
        SessionRow { session, ingested_at, counts, pruned_at: None, tags }
    }

    /// Returns the row of a session that has given up its results.
    pub(crate) fn pruned(pruned: PrunedSession, ingested_at: DateTime<Utc>) -> SessionRow {
        let PrunedSession { session, counts, pruned_at } = pruned;
        let tags = json::object(&session.tags);
        SessionRow { session, ingested_at, counts, pruned_at: Some(pruned_at), tags }
    }

    /// Returns about how many bytes the texts of the session's own row have.
    pub(crate) fn size(&self) -> usize {
        let session = &self.session;
        let warnings = session.warnings.iter().map(|warning| {
            let texts = [warning.category.as_ref(), warning.location.as_ref()];
            let node_id = warning.node_id.as_ref().map_or(0, |node_id| node_id.as_str().len());
            warning.message.len() + texts.into_iter().flatten().map(String::len).sum::<usize>() + node_id
        });
        let files = session.files.iter().map(|file| file.path.as_ref().map_or(0, String::len) + 16 * file.counts.len());
        let sources = session.source.iter().map(|source| source.path.as_ref().map_or(0, String::len) + 100);
        let tags = self.tags.as_ref().map_or(0, String::len);
        warnings.sum::<usize>() + files.sum::<usize>() + sources.sum::<usize>() + tags
    }

    /// Returns the UTC day on which the session began.
    pub(crate) fn day(&self) -> Option<NaiveDate> {
        self.session.session_start_time.map(|start| start.date_naive())
    }

    /// Returns the rows of the session's results.
    pub(crate) fn results(&self) -> impl Iterator<Item = ResultRow<'_>> {
        let rows = self.session.test_results.iter().enumerate();
        rows.map(|(position, result)| ResultRow { session: self, position, result })
    }

    /// Returns the rows of the session's console sections.
    pub(crate) fn outputs(&self) -> impl Iterator<Item = OutputRow<'_>> {
        let fields = &self.session.output_fields;
        let named = fields.named().into_iter().filter_map(|(field, output)| Some((field, output?)));
        let other = fields.other.iter().map(|output| (OTHER_FIELD, output));
        let rows = named.chain(other).enumerate();
        rows.map(|(position, (field, output))| OutputRow { session: self, position, field, output })
    }
}

impl ResultRow<'_> {
    /// Returns about how many bytes the row's texts have.
    pub(crate) fn size(&self) -> usize {
        let result = &*self.result;
        let texts = [&result.longreprtext, &result.caplog, &result.capstdout, &result.capstderr, &result.reason];
        let subtests: usize =
            result.subtests.iter().map(|subtest| subtest.longreprtext.as_ref().map_or(0, String::len)).sum();
        let properties: usize = result.properties.iter().map(|(key, value)| key.len() + value.len()).sum();
        result.node_id.as_str().len()
            + texts.into_iter().flatten().map(|text| text.len()).sum::<usize>()
            + subtests
            + properties
    }
}

impl OutputRow<'_> {
    /// Returns about how many bytes the row's texts have.
    pub(crate) fn size(&self) -> usize {
        self.output.name.len() + self.output.content.len()
    }
}

/// Returns the rows of sessions.
pub(crate) fn session_batch(rows: &[&SessionRow]) -> Result<RecordBatch, ArrowError> {
    let mut columns = Columns::new(Record::Session, rows);
    columns.session(|row| row);
    columns.repeated(|row| row);
    columns.json("plugins", |row| json::object(&row.session.environment.plugins));
    columns.json("source", |row| json::sources(&row.session.source));
    columns.json("totals", |row| json::totals(row.session.totals.as_ref()));
    columns.json("warnings", |row| json::warnings(&row.session.warnings));
    columns.json("files", |row| json::files(&row.session.files));
    columns.time("pruned_at", |row| row.pruned_at);
    columns.text("in_flight", |row| row.session.in_flight.as_ref().map(NodeId::as_str));
    columns.long("passed", |row| Some(row.counts.passed));
    columns.long("failed", |row| Some(row.counts.failed));
    columns.long("errors", |row| Some(row.counts.errors));
    columns.long("skipped", |row| Some(row.counts.skipped));
    columns.long("xfailed", |row| Some(row.counts.xfailed));
    columns.long("xpassed", |row| Some(row.counts.xpassed));
    columns.long("rerun", |row| Some(row.counts.rerun));
    columns.long("unfinished", |row| Some(row.counts.unfinished));
    columns.finish()
}

/// Returns the rows of results.
pub(crate) fn result_batch(rows: &[ResultRow<'_>]) -> Result<RecordBatch, ArrowError> {
    let mut columns = Columns::new(Record::Result, rows);
    columns.session(|row| row.session);
    columns.repeated(|row| row.session);
    columns.long("position", |row| Some(row.position as u64));
    columns.text("nodeid", |row| Some(row.result.node_id.as_str()));
    columns.text("nodeid_certainty", |row| Some(row.result.node_id_certainty.as_str()));
    columns.text("outcome", |row| Some(row.result.outcome.as_str()));
    columns.text("phase_setup", |row| row.result.phases.setup.map(Outcome::as_str));
    columns.text("phase_call", |row| row.result.phases.call.map(Outcome::as_str));
    columns.text("phase_teardown", |row| row.result.phases.teardown.map(Outcome::as_str));
    columns.long("attempt", |row| Some(u64::from(row.result.attempt)));
    columns.time("start_time", |row| row.result.start_time);
    columns.long("duration_us", |row| row.result.duration.map(microseconds));
    columns.text("reason", |row| row.result.reason.as_deref());
    columns.boolean("has_warning", |row| row.result.has_warning);
    columns.text("worker", |row| row.result.worker.as_deref());
    columns.json("properties", |row| json::object(&row.result.properties));
    columns.json("subtests", |row| json::subtests(&row.result.subtests));
    columns.json("failure_signature", |row| {
        let broken = row.result.outcome.is_failure() || row.result.outcome == Outcome::Rerun;
        failure_text(&row.result).filter(|_| broken).map(|text| FailureSignature::of(text).encode())
    });
    columns.text("longreprtext", |row| row.result.longreprtext.as_deref());
    columns.text("caplog", |row| row.result.caplog.as_deref());
    columns.text("capstdout", |row| row.result.capstdout.as_deref());
    columns.text("capstderr", |row| row.result.capstderr.as_deref());
    columns.finish()
}

/// Returns the rows of console sections.
pub(crate) fn output_batch(rows: &[OutputRow<'_>]) -> Result<RecordBatch, ArrowError> {
    let mut columns = Columns::new(Record::Output, rows);
    columns.session(|row| row.session);
    columns.long("position", |row| Some(row.position as u64));
    columns.text("output_field", |row| Some(row.field));
    columns.text("output_name", |row| Some(row.output.name.as_str()));
    columns.text("output_content", |row| Some(row.output.content.as_str()));
    columns.finish()
}

/// The columns of a batch, filled in the order of the schema.
pub(crate) struct Columns<'rows, Row> {
    record: Record,
    rows: &'rows [Row],
    columns: Vec<(&'static str, ArrayRef)>,
}

impl<'rows, Row> Columns<'rows, Row> {
    pub(crate) fn new(record: Record, rows: &'rows [Row]) -> Columns<'rows, Row> {
        Columns { record, rows, columns: Vec::new() }
    }

    /// Adds the columns that every record has.
    fn session(&mut self, of: impl Fn(&'rows Row) -> &'rows SessionRow) {
        self.text("session_id", |row| Some(of(row).session.session_id.as_str()));
        self.text("sut_name", |row| of(row).session.sut_name.as_deref());
        self.time("session_start_time", |row| of(row).session.session_start_time);
        self.date("day", |row| of(row).day().map(days_since_epoch));
        self.time("ingested_at", |row| Some(of(row).ingested_at));
    }

    /// Adds the columns that sessions and results have.
    fn repeated(&mut self, of: impl Fn(&'rows Row) -> &'rows SessionRow) {
        self.time("session_stop_time", |row| of(row).session.session_stop_time);
        self.text("time_source", |row| of(row).session.time_source.map(TimeSource::as_str));
        self.long("session_duration_us", |row| of(row).session.session_duration.map(microseconds));
        self.boolean("complete", |row| Some(of(row).session.complete));
        let statuses = self.rows.iter().map(|row| of(row).session.exit_status);
        self.columns.push(("exit_status", Arc::new(statuses.collect::<Int32Array>())));
        self.text("ending", |row| of(row).session.ending.map(Ending::as_str));
        self.text("pytest", |row| of(row).session.environment.pytest.as_deref());
        self.text("python", |row| of(row).session.environment.python.as_deref());
        self.text("platform", |row| of(row).session.environment.platform.as_deref());
        self.text("rootdir", |row| of(row).session.environment.rootdir.as_deref());
        self.text("tags", |row| of(row).tags.as_deref());
    }

    pub(crate) fn text(&mut self, name: &'static str, value: impl Fn(&'rows Row) -> Option<&'rows str>) {
        self.add(name, Arc::new(self.rows.iter().map(value).collect::<StringArray>()));
    }

    pub(crate) fn json(&mut self, name: &'static str, value: impl Fn(&'rows Row) -> Option<String>) {
        self.add(name, Arc::new(self.rows.iter().map(value).collect::<StringArray>()));
    }

    pub(crate) fn long(&mut self, name: &'static str, value: impl Fn(&'rows Row) -> Option<u64>) {
        self.add(name, Arc::new(self.rows.iter().map(|row| value(row).map(saturated)).collect::<Int64Array>()));
    }

    pub(crate) fn boolean(&mut self, name: &'static str, value: impl Fn(&'rows Row) -> Option<bool>) {
        self.add(name, Arc::new(self.rows.iter().map(value).collect::<BooleanArray>()));
    }

    pub(crate) fn time(&mut self, name: &'static str, value: impl Fn(&'rows Row) -> Option<DateTime<Utc>>) {
        let micros = self.rows.iter().map(|row| value(row).map(|time| time.timestamp_micros()));
        self.add(name, Arc::new(micros.collect::<TimestampMicrosecondArray>().with_timezone("UTC")));
    }

    pub(crate) fn date(&mut self, name: &'static str, value: impl Fn(&'rows Row) -> Option<i32>) {
        self.add(name, Arc::new(self.rows.iter().map(value).collect::<Date32Array>()));
    }

    fn add(&mut self, name: &'static str, column: ArrayRef) {
        self.columns.push((name, column));
    }

    pub(crate) fn finish(self) -> Result<RecordBatch, ArrowError> {
        let schema = self.record.arrow_schema();
        let columns = schema.fields().iter().map(|field| {
            let column =
                self.columns.iter().find(|(name, _)| name == field.name()).map(|(_, column)| Arc::clone(column));
            column.ok_or_else(|| ArrowError::SchemaError(format!("column {} was not filled", field.name())))
        });
        RecordBatch::try_new(Arc::clone(&schema), columns.collect::<Result<_, _>>()?)
    }
}

/// Returns a day as Arrow counts it.
pub(crate) fn days_since_epoch(day: NaiveDate) -> i32 {
    // A day that chrono can hold is less than a hundred million days from the epoch.
    i32::try_from(day.signed_duration_since(NaiveDate::default()).num_days()).unwrap_or_default()
}

/// Returns the day that Arrow counts so; `None` where it is out of range.
pub(crate) fn day_of(days: i32) -> Option<NaiveDate> {
    NaiveDate::default().checked_add_signed(TimeDelta::try_days(i64::from(days))?)
}

/// Returns a number as a signed one; the largest where it does not fit.
fn saturated(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
