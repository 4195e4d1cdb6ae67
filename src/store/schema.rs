//! The table: its columns, and which record holds which.
//!
//! A history is one Delta table, partitioned by `record`. A data file holds the columns of its record alone; a reader of the table
//! sees the others as null. Every column that holds a JSON text holds null where there is nothing to say.
//! The texts of [`COLUMNS`] are also the comments of the table's columns, for whoever opens it with another engine.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use deltalake::kernel::{DataType as DeltaType, MetadataValue, PrimitiveType, StructField};

/// The format that this code writes, and the newest that it reads.
pub(crate) const FORMAT_VERSION: u32 = 1;
/// The table property that states the format.
pub(crate) const FORMAT_PROPERTY: &str = "insight.formatVersion";
/// The column that says what a row is; it stands in the directory names, not in the files.
pub(crate) const RECORD_COLUMN: &str = "record";

/// The columns by which data files are sorted, where they have them: the system under test, then the session.
pub(crate) const SUT_COLUMN: &str = "sut_name";
pub(crate) const SESSION_COLUMN: &str = "session_id";

/// What a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Record {
    /// One session, with its counts.
    Session,
    /// One attempt of one test, with the columns of its session.
    Result,
    /// One section of a session's console log.
    Output,
    /// What the pruned sessions of one day said of one test.
    Aggregate,
}

impl Record {
    /// Every record.
    pub(crate) const ALL: [Record; 4] = [Record::Session, Record::Result, Record::Output, Record::Aggregate];

    /// Returns the value of the `record` column.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Record::Session => "session",
            Record::Result => "result",
            Record::Output => "output",
            Record::Aggregate => "aggregate",
        }
    }

    /// Returns the record of this name.
    pub(crate) fn from_word(word: &str) -> Option<Record> {
        Record::ALL.into_iter().find(|record| record.as_str() == word)
    }

    /// Returns the schema of the record's data files.
    pub(crate) fn arrow_schema(self) -> SchemaRef {
        let fields: Vec<Field> = COLUMNS
            .iter()
            .filter(|column| column.records.contains(&self))
            .map(|column| Field::new(column.name, column.kind.arrow(), true))
            .collect();
        Arc::new(Schema::new(fields))
    }
}

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Long,
    Integer,
    Boolean,
    Timestamp,
    Date,
}

impl Kind {
    fn arrow(self) -> DataType {
        match self {
            Kind::Text => DataType::Utf8,
            Kind::Long => DataType::Int64,
            Kind::Integer => DataType::Int32,
            Kind::Boolean => DataType::Boolean,
            Kind::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Kind::Date => DataType::Date32,
        }
    }

    fn delta(self) -> DeltaType {
        DeltaType::Primitive(match self {
            Kind::Text => PrimitiveType::String,
            Kind::Long => PrimitiveType::Long,
            Kind::Integer => PrimitiveType::Integer,
            Kind::Boolean => PrimitiveType::Boolean,
            Kind::Timestamp => PrimitiveType::Timestamp,
            Kind::Date => PrimitiveType::Date,
        })
    }
}

/// One column of the table.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    kind: Kind,
    records: &'static [Record],
    about: &'static str,
}

const fn column(name: &'static str, kind: Kind, records: &'static [Record], about: &'static str) -> Column {
    Column { name, kind, records, about }
}

const RAW: &[Record] = &[Record::Session, Record::Result, Record::Output];
const ALL: &[Record] = &[Record::Session, Record::Result, Record::Output, Record::Aggregate];
const REPEATED: &[Record] = &[Record::Session, Record::Result];
const SESSION: &[Record] = &[Record::Session];
const COUNTED: &[Record] = &[Record::Session, Record::Aggregate];
const RESULT: &[Record] = &[Record::Result];
const TESTED: &[Record] = &[Record::Result, Record::Aggregate];
const PLACED: &[Record] = &[Record::Result, Record::Output];
const OUTPUT: &[Record] = &[Record::Output];
const AGGREGATE: &[Record] = &[Record::Aggregate];

/// The columns of the table, in order. They are only ever added to.
pub(crate) const COLUMNS: &[Column] = &[
    column("session_id", Kind::Text, RAW, "the session: its start time, a dash, a digest of its content"),
    column("sut_name", Kind::Text, ALL, "the system under test"),
    column("session_start_time", Kind::Timestamp, RAW, "when the run began; null where the input does not say"),
    column("day", Kind::Date, ALL, "the day (UTC) of the start; null where that is not known"),
    column("ingested_at", Kind::Timestamp, RAW, "when the history took the session in"),
    column("session_stop_time", Kind::Timestamp, REPEATED, "when the run ended"),
    column(
        "time_source",
        Kind::Text,
        REPEATED,
        "where the start time came from: report, log-prefix, ci, file-mtime, given",
    ),
    column("session_duration_us", Kind::Long, REPEATED, "wall time of the run, in microseconds"),
    column("complete", Kind::Boolean, REPEATED, "false where the run or its record was cut"),
    column("exit_status", Kind::Integer, REPEATED, "pytest's exit status"),
    column("ending", Kind::Text, REPEATED, "how the run ended: finished, interrupted, stopped, crashed, cut ..."),
    column("pytest", Kind::Text, REPEATED, "pytest's version"),
    column("python", Kind::Text, REPEATED, "Python's version"),
    column("platform", Kind::Text, REPEATED, "the platform, in Python's words"),
    column("rootdir", Kind::Text, REPEATED, "pytest's rootdir"),
    column("tags", Kind::Text, REPEATED, "JSON object: branch, revision, CI run, what the user gave"),
    column("plugins", Kind::Text, SESSION, "JSON object: plugins with their versions"),
    column("source", Kind::Text, SESSION, "JSON list of {format, path, sha256, bytes}: what the session was read from"),
    column("totals", Kind::Text, SESSION, "JSON object: the totals that the input itself declares"),
    column("warnings", Kind::Text, SESSION, "JSON list of {message, category, location, nodeid}"),
    column("files", Kind::Text, SESSION, "JSON list of {path, counts}: what progress characters say of each file"),
    column("in_flight", Kind::Text, SESSION, "the node id of the test that was running when the run ended"),
    column("pruned_at", Kind::Timestamp, SESSION, "when the session's results were pruned; null where they are there"),
    column("passed", Kind::Long, COUNTED, "tests whose last attempt passed"),
    column("failed", Kind::Long, COUNTED, "tests whose last attempt failed"),
    column("errors", Kind::Long, COUNTED, "tests whose last attempt broke in setup or teardown, and broken modules"),
    column("skipped", Kind::Long, COUNTED, "tests that were skipped"),
    column("xfailed", Kind::Long, COUNTED, "tests that failed as expected"),
    column("xpassed", Kind::Long, COUNTED, "tests that passed unexpectedly"),
    column("rerun", Kind::Long, COUNTED, "attempts that were repeated"),
    column("unfinished", Kind::Long, COUNTED, "tests of which only repeated attempts are known"),
    column("position", Kind::Long, PLACED, "the place of the row in its session, from 0"),
    column("nodeid", Kind::Text, TESTED, "pytest's node id of the test"),
    column("nodeid_certainty", Kind::Text, RESULT, "exact, or inferred where the input does not carry the id"),
    column("outcome", Kind::Text, RESULT, "PASSED, FAILED, ERROR, SKIPPED, XFAILED, XPASSED, RERUN"),
    column("phase_setup", Kind::Text, RESULT, "the outcome of the setup; null where not known"),
    column("phase_call", Kind::Text, RESULT, "the outcome of the call; null where not known"),
    column("phase_teardown", Kind::Text, RESULT, "the outcome of the teardown; null where not known"),
    column("attempt", Kind::Long, RESULT, "which attempt of the test this is, from 1"),
    column("start_time", Kind::Timestamp, RESULT, "when the attempt began"),
    column("duration_us", Kind::Long, RESULT, "how long the attempt took, in microseconds"),
    column("reason", Kind::Text, RESULT, "the reason of a skip or an expected failure"),
    column("has_warning", Kind::Boolean, RESULT, "null where the input cannot tell"),
    column("worker", Kind::Text, RESULT, "the xdist worker"),
    column("properties", Kind::Text, RESULT, "JSON object: what the test recorded of itself"),
    column("subtests", Kind::Text, RESULT, "JSON list of {description, outcome, longreprtext}"),
    column(
        "failure_signature",
        Kind::Text,
        RESULT,
        "what the failure text comes to: version, exception, place, message",
    ),
    column("longreprtext", Kind::Text, RESULT, "the failure text"),
    column("caplog", Kind::Text, RESULT, "captured log records"),
    column("capstdout", Kind::Text, RESULT, "captured standard output"),
    column("capstderr", Kind::Text, RESULT, "captured standard error"),
    column("output_field", Kind::Text, OUTPUT, "the section: failures, short_test_summary ... or other"),
    column("output_name", Kind::Text, OUTPUT, "the section's title as printed"),
    column("output_content", Kind::Text, OUTPUT, "the lines below the title"),
    column("session_count", Kind::Long, AGGREGATE, "sessions that the row stands for"),
    column("duration_count", Kind::Long, AGGREGATE, "attempts whose duration is known"),
    column("duration_sum_us", Kind::Long, AGGREGATE, "the sum of those durations"),
    column("duration_min_us", Kind::Long, AGGREGATE, "the shortest of them"),
    column("duration_max_us", Kind::Long, AGGREGATE, "the longest of them"),
];

/// The columns whose extremes the log states of every file, so that readers can pass files by.
pub(crate) const STATISTICS_COLUMNS: &str = "session_id,sut_name,session_start_time,day";

/// Returns the columns of the table as the Delta log states them.
pub(crate) fn delta_columns() -> Vec<StructField> {
    let comment = |text: &str| [("comment", MetadataValue::String(text.to_owned()))];
    let record = StructField::nullable(RECORD_COLUMN, DeltaType::STRING)
        .with_metadata(comment("what the row is: session, result, output, aggregate"));
    let columns = COLUMNS
        .iter()
        .map(|column| StructField::nullable(column.name, column.kind.delta()).with_metadata(comment(column.about)));
    std::iter::once(record).chain(columns).collect()
}
