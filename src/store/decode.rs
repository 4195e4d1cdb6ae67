//! Arrow to model: rows become what they were.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use arrow::array::{Array, AsArray as _, BooleanArray, PrimitiveArray, RecordBatch, StringArray};
use arrow::datatypes::{ArrowPrimitiveType, Int32Type, Int64Type, TimestampMicrosecondType};
use chrono::{DateTime, Utc};

use super::encode::OTHER_FIELD;
use super::json;
use crate::model::{
    Ending, Environment, FileCounts, Format, NodeId, NodeIdCertainty, Outcome, OutcomeCounts, OutputField,
    OutputFields, Phases, Results, SessionId, SessionSummary, Source, Subtest, TestResult, TestSession, TestWarning,
    Text, TimeSource, Totals,
};
use crate::wire;

/// The columns of [`SessionSummary`].
pub(crate) const SUMMARY_COLUMNS: [&str; 28] = [
    "session_id",
    "pruned_at",
    "sut_name",
    "session_start_time",
    "ingested_at",
    "session_stop_time",
    "time_source",
    "session_duration_us",
    "complete",
    "exit_status",
    "ending",
    "pytest",
    "python",
    "platform",
    "rootdir",
    "tags",
    "plugins",
    "source",
    "totals",
    "passed",
    "failed",
    "errors",
    "skipped",
    "xfailed",
    "xpassed",
    "rerun",
    "unfinished",
    "day",
];

/// Returns the summaries of session rows.
pub(crate) fn summaries(batch: &RecordBatch) -> Result<Vec<SessionSummary>, String> {
    let columns = SessionColumns::new(batch)?;
    (0..batch.num_rows()).map(|row| columns.summary(row)).collect()
}

/// Returns the sessions of session rows, without their results and sections.
pub(crate) fn sessions(batch: &RecordBatch) -> Result<Vec<TestSession>, String> {
    let columns = SessionColumns::new(batch)?;
    (0..batch.num_rows()).map(|row| columns.session(row)).collect()
}

/// Returns the results of result rows, each with its place in its session.
pub(crate) fn results(batch: &RecordBatch) -> Result<Vec<(i64, TestResult)>, String> {
    let columns = ResultColumns::new(batch)?;
    (0..batch.num_rows()).map(|row| Ok((columns.position.required(row)?, columns.result(row)?))).collect()
}

/// Returns a result with no more than what tells why it broke.
pub(crate) fn failure(batch: &RecordBatch, row: usize, outcome: Outcome) -> Result<TestResult, String> {
    let subtests = Texts::new(batch, "subtests")?;
    Ok(TestResult {
        longreprtext: Texts::new(batch, "longreprtext")?.get(row).map(Text::from),
        reason: Texts::new(batch, "reason")?.get(row).map(Text::from),
        subtests: json::read_list(subtests.get(row), |subtest: wire::Subtest| Subtest::try_from(subtest))?.into(),
        ..TestResult::new("", outcome)
    })
}

/// A section with its place in its session and the name of its field.
pub(crate) type PlacedOutput = (i64, String, OutputField);

/// Returns the sections of output rows.
pub(crate) fn outputs(batch: &RecordBatch) -> Result<Vec<PlacedOutput>, String> {
    let position = Numbers::<Int64Type>::new(batch, "position")?;
    let field = Texts::new(batch, "output_field")?;
    let name = Texts::new(batch, "output_name")?;
    let content = Texts::new(batch, "output_content")?;
    let output = |row| {
        let output = OutputField { name: name.required(row)?.to_owned(), content: content.required(row)?.to_owned() };
        Ok((position.required(row)?, field.required(row)?.to_owned(), output))
    };
    (0..batch.num_rows()).map(output).collect()
}

/// Puts sections back where they belong.
pub(crate) fn output_fields(mut outputs: Vec<PlacedOutput>) -> Result<OutputFields, String> {
    outputs.sort_by_key(|(position, _, _)| *position);
    let mut fields = OutputFields::default();
    for (_, name, output) in outputs {
        let field = match name.as_str() {
            "test_session_starts" => &mut fields.test_session_starts,
            "errors" => &mut fields.errors,
            "failures" => &mut fields.failures,
            "passes" => &mut fields.passes,
            "warnings_summary" => &mut fields.warnings_summary,
            "rerun_test_summary" => &mut fields.rerun_test_summary,
            "short_test_summary" => &mut fields.short_test_summary,
            "lastline" => &mut fields.lastline,
            OTHER_FIELD => {
                fields.other.push(output);
                continue;
            }
            _ => return Err(format!("unknown output field {name:?}")),
        };
        *field = Some(output);
    }
    Ok(fields)
}

/// The columns of session rows.
struct SessionColumns<'a> {
    session_id: Texts<'a>,
    sut_name: Texts<'a>,
    start: Times<'a>,
    ingested_at: Times<'a>,
    pruned_at: Times<'a>,
    stop: Times<'a>,
    time_source: Texts<'a>,
    duration: Numbers<'a, Int64Type>,
    complete: Booleans<'a>,
    exit_status: Numbers<'a, Int32Type>,
    ending: Texts<'a>,
    environment: [Texts<'a>; 5],
    tags: Texts<'a>,
    source: Texts<'a>,
    totals: Texts<'a>,
    warnings: Texts<'a>,
    files: Texts<'a>,
    in_flight: Texts<'a>,
    counts: [Numbers<'a, Int64Type>; 8],
}

impl<'a> SessionColumns<'a> {
    fn new(batch: &'a RecordBatch) -> Result<SessionColumns<'a>, String> {
        let text = |name| Texts::new(batch, name);
        let count = |name| Numbers::new(batch, name);
        Ok(SessionColumns {
            session_id: text("session_id")?,
            sut_name: text("sut_name")?,
            start: Times::new(batch, "session_start_time")?,
            ingested_at: Times::new(batch, "ingested_at")?,
            pruned_at: Times::new(batch, "pruned_at")?,
            stop: Times::new(batch, "session_stop_time")?,
            time_source: text("time_source")?,
            duration: Numbers::new(batch, "session_duration_us")?,
            complete: Booleans::new(batch, "complete")?,
            exit_status: Numbers::new(batch, "exit_status")?,
            ending: text("ending")?,
            environment: [text("pytest")?, text("python")?, text("platform")?, text("rootdir")?, text("plugins")?],
            tags: text("tags")?,
            source: text("source")?,
            totals: text("totals")?,
            warnings: text("warnings")?,
            files: text("files")?,
            in_flight: text("in_flight")?,
            counts: [
                count("passed")?,
                count("failed")?,
                count("errors")?,
                count("skipped")?,
                count("xfailed")?,
                count("xpassed")?,
                count("rerun")?,
                count("unfinished")?,
            ],
        })
    }

    fn summary(&self, row: usize) -> Result<SessionSummary, String> {
        Ok(SessionSummary {
            session_id: SessionId::new(self.session_id.required(row)?),
            sut_name: self.sut_name.owned(row),
            session_start_time: self.start.get(row)?,
            session_stop_time: self.stop.get(row)?,
            time_source: word(&self.time_source, row, TimeSource::from_word)?,
            session_duration: duration(self.duration.get(row))?,
            complete: self.complete.required(row)?,
            exit_status: self.exit_status.get(row),
            ending: word(&self.ending, row, Ending::from_word)?,
            counts: self.counts(row)?,
            totals: self.totals(row)?,
            environment: self.environment(row)?,
            tags: parsed(&self.tags, row)?,
            formats: self.formats(row)?,
            ingested_at: self.ingested_at.get(row)?,
            pruned_at: self.pruned_at.get(row)?,
        })
    }

    fn session(&self, row: usize) -> Result<TestSession, String> {
        Ok(TestSession {
            session_id: SessionId::new(self.session_id.required(row)?),
            sut_name: self.sut_name.owned(row),
            session_start_time: self.start.get(row)?,
            session_stop_time: self.stop.get(row)?,
            time_source: word(&self.time_source, row, TimeSource::from_word)?,
            session_duration: duration(self.duration.get(row))?,
            complete: self.complete.required(row)?,
            exit_status: self.exit_status.get(row),
            source: self.sources(row)?,
            environment: self.environment(row)?,
            tags: parsed(&self.tags, row)?,
            test_results: Results::default(),
            output_fields: OutputFields::default(),
            totals: self.totals(row)?,
            warnings: json::read_list(self.warnings.get(row), |warning: wire::Warning| Ok(TestWarning::from(warning)))?,
            files: json::read_list(self.files.get(row), |file: wire::FileCounts| Ok(FileCounts::from(file)))?,
            ending: word(&self.ending, row, Ending::from_word)?,
            in_flight: self.in_flight.get(row).map(NodeId::from),
        })
    }

    fn sources(&self, row: usize) -> Result<Vec<Source>, String> {
        json::read_list(self.source.get(row), |source: wire::Source| Source::try_from(source))
    }

    /// The formats of the sources, without a look at what else is known of them.
    fn formats(&self, row: usize) -> Result<Vec<Format>, String> {
        #[derive(serde::Deserialize)]
        struct Formatted<'text> {
            #[serde(borrow)]
            format: Cow<'text, str>,
        }
        let Some(text) = self.source.get(row) else { return Ok(Vec::new()) };
        let sources: Vec<Formatted<'_>> = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let format = |source: Formatted<'_>| {
            Format::from_word(&source.format).ok_or_else(|| format!("unknown format {:?} in row {row}", source.format))
        };
        sources.into_iter().map(format).collect()
    }

    fn totals(&self, row: usize) -> Result<Option<Totals>, String> {
        if self.totals.get(row).is_none() {
            return Ok(None);
        }
        let totals: BTreeMap<String, u64> = parsed(&self.totals, row)?;
        Ok(Some(totals.into_iter().collect()))
    }

    fn environment(&self, row: usize) -> Result<Environment, String> {
        let [pytest, python, platform, rootdir, plugins] = &self.environment;
        Ok(Environment {
            pytest: pytest.owned(row),
            python: python.owned(row),
            platform: platform.owned(row),
            rootdir: rootdir.owned(row),
            plugins: parsed(plugins, row)?,
        })
    }

    fn counts(&self, row: usize) -> Result<OutcomeCounts, String> {
        let count = |index: usize| -> Result<u64, String> {
            let count = self.counts.get(index).and_then(|column| column.get(row)).unwrap_or_default();
            u64::try_from(count).map_err(|_| format!("a negative count in row {row}"))
        };
        Ok(OutcomeCounts {
            passed: count(0)?,
            failed: count(1)?,
            errors: count(2)?,
            skipped: count(3)?,
            xfailed: count(4)?,
            xpassed: count(5)?,
            rerun: count(6)?,
            unfinished: count(7)?,
        })
    }
}

/// The columns of result rows.
struct ResultColumns<'a> {
    position: Numbers<'a, Int64Type>,
    node_id: Texts<'a>,
    certainty: Texts<'a>,
    outcome: Texts<'a>,
    phases: [Texts<'a>; 3],
    attempt: Numbers<'a, Int64Type>,
    start: Times<'a>,
    duration: Numbers<'a, Int64Type>,
    has_warning: Booleans<'a>,
    texts: [Texts<'a>; 6],
    properties: Texts<'a>,
    subtests: Texts<'a>,
}

impl<'a> ResultColumns<'a> {
    fn new(batch: &'a RecordBatch) -> Result<ResultColumns<'a>, String> {
        let text = |name| Texts::new(batch, name);
        Ok(ResultColumns {
            position: Numbers::new(batch, "position")?,
            node_id: text("nodeid")?,
            certainty: text("nodeid_certainty")?,
            outcome: text("outcome")?,
            phases: [text("phase_setup")?, text("phase_call")?, text("phase_teardown")?],
            attempt: Numbers::new(batch, "attempt")?,
            start: Times::new(batch, "start_time")?,
            duration: Numbers::new(batch, "duration_us")?,
            has_warning: Booleans::new(batch, "has_warning")?,
            texts: [
                text("caplog")?,
                text("capstderr")?,
                text("capstdout")?,
                text("longreprtext")?,
                text("reason")?,
                text("worker")?,
            ],
            properties: text("properties")?,
            subtests: text("subtests")?,
        })
    }

    fn result(&self, row: usize) -> Result<TestResult, String> {
        let [setup, call, teardown] = &self.phases;
        let [caplog, capstderr, capstdout, longreprtext, reason, worker] = &self.texts;
        Ok(TestResult {
            node_id: NodeId::from(self.node_id.required(row)?),
            node_id_certainty: word(&self.certainty, row, NodeIdCertainty::from_word)?
                .ok_or("a node id without certainty")?,
            outcome: word(&self.outcome, row, Outcome::from_word)?.ok_or("a result without outcome")?,
            phases: Phases {
                setup: word(setup, row, Outcome::from_word)?,
                call: word(call, row, Outcome::from_word)?,
                teardown: word(teardown, row, Outcome::from_word)?,
            },
            attempt: u32::try_from(self.attempt.required(row)?).map_err(|error| error.to_string())?,
            start_time: self.start.get(row)?,
            duration: duration(self.duration.get(row))?,
            caplog: caplog.get(row).map(Text::from),
            capstderr: capstderr.get(row).map(Text::from),
            capstdout: capstdout.get(row).map(Text::from),
            longreprtext: longreprtext.get(row).map(Text::from),
            reason: reason.get(row).map(Text::from),
            has_warning: self.has_warning.get(row),
            worker: worker.get(row).map(Text::from),
            subtests: json::read_list(self.subtests.get(row), |subtest: wire::Subtest| Subtest::try_from(subtest))?
                .into(),
            properties: parsed::<BTreeMap<String, String>>(&self.properties, row)?.into(),
        })
    }
}

fn word<Value>(texts: &Texts<'_>, row: usize, lookup: impl Fn(&str) -> Option<Value>) -> Result<Option<Value>, String> {
    let Some(word) = texts.get(row) else { return Ok(None) };
    lookup(word).map(Some).ok_or_else(|| format!("unknown word {word:?} in column {}", texts.name))
}

fn parsed<Value: serde::de::DeserializeOwned + Default>(texts: &Texts<'_>, row: usize) -> Result<Value, String> {
    json::read(texts.get(row)).map_err(|error| format!("column {}: {error}", texts.name))
}

fn duration(micros: Option<i64>) -> Result<Option<Duration>, String> {
    let micros = micros.map(u64::try_from).transpose().map_err(|_| "a negative duration")?;
    Ok(micros.map(Duration::from_micros))
}

/// A column of texts; all null where the file does not have it.
pub(crate) struct Texts<'a> {
    name: &'static str,
    values: Option<&'a StringArray>,
}

impl<'a> Texts<'a> {
    pub(crate) fn new(batch: &'a RecordBatch, name: &'static str) -> Result<Texts<'a>, String> {
        let Some(column) = batch.column_by_name(name) else { return Ok(Texts { name, values: None }) };
        let values = column.as_string_opt::<i32>().ok_or_else(|| unexpected(name, column))?;
        Ok(Texts { name, values: Some(values) })
    }

    pub(crate) fn get(&self, row: usize) -> Option<&'a str> {
        self.values.filter(|values| row < values.len() && values.is_valid(row)).map(|values| values.value(row))
    }

    pub(crate) fn required(&self, row: usize) -> Result<&'a str, String> {
        self.get(row).ok_or_else(|| missing(self.name, row))
    }

    fn owned(&self, row: usize) -> Option<String> {
        self.get(row).map(str::to_owned)
    }
}

/// A column of numbers.
pub(crate) struct Numbers<'a, Type: ArrowPrimitiveType> {
    name: &'static str,
    values: Option<&'a PrimitiveArray<Type>>,
}

impl<'a, Type: ArrowPrimitiveType> Numbers<'a, Type> {
    pub(crate) fn new(batch: &'a RecordBatch, name: &'static str) -> Result<Numbers<'a, Type>, String> {
        let Some(column) = batch.column_by_name(name) else { return Ok(Numbers { name, values: None }) };
        let values = column.as_primitive_opt::<Type>().ok_or_else(|| unexpected(name, column))?;
        Ok(Numbers { name, values: Some(values) })
    }

    pub(crate) fn get(&self, row: usize) -> Option<Type::Native> {
        self.values.filter(|values| row < values.len() && values.is_valid(row)).map(|values| values.value(row))
    }

    /// Returns the values, where none is null.
    pub(crate) fn without_nulls(&self) -> Option<&'a [Type::Native]> {
        self.values.filter(|values| values.null_count() == 0).map(|values| &**values.values())
    }

    pub(crate) fn required(&self, row: usize) -> Result<Type::Native, String> {
        self.get(row).ok_or_else(|| missing(self.name, row))
    }
}

/// A column of instants.
pub(crate) struct Times<'a>(Numbers<'a, TimestampMicrosecondType>);

impl<'a> Times<'a> {
    pub(crate) fn new(batch: &'a RecordBatch, name: &'static str) -> Result<Times<'a>, String> {
        Numbers::new(batch, name).map(Times)
    }

    pub(crate) fn get(&self, row: usize) -> Result<Option<DateTime<Utc>>, String> {
        let Some(micros) = self.0.get(row) else { return Ok(None) };
        let time = DateTime::from_timestamp_micros(micros);
        time.map(Some).ok_or_else(|| format!("a time out of range in column {}", self.0.name))
    }
}

/// A column of truth values.
struct Booleans<'a> {
    name: &'static str,
    values: Option<&'a BooleanArray>,
}

impl<'a> Booleans<'a> {
    fn new(batch: &'a RecordBatch, name: &'static str) -> Result<Booleans<'a>, String> {
        let Some(column) = batch.column_by_name(name) else { return Ok(Booleans { name, values: None }) };
        Ok(Booleans { name, values: Some(column.as_boolean_opt().ok_or_else(|| unexpected(name, column))?) })
    }

    fn get(&self, row: usize) -> Option<bool> {
        self.values.filter(|values| row < values.len() && values.is_valid(row)).map(|values| values.value(row))
    }

    fn required(&self, row: usize) -> Result<bool, String> {
        self.get(row).ok_or_else(|| missing(self.name, row))
    }
}

fn unexpected(name: &str, column: &dyn Array) -> String {
    format!("column {name} holds {}", column.data_type())
}

fn missing(name: &str, row: usize) -> String {
    format!("column {name} is null in row {row}")
}
