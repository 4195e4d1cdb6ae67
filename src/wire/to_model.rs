//! Document to model.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::document as wire;
use crate::model;

/// Why a document is no session document of this version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// A word that the document's vocabulary does not have.
    #[error("unknown {field} {word:?}")]
    UnknownWord {
        /// The field that holds it.
        field: &'static str,
        /// The word.
        word: String,
    },
    /// A time that is not RFC 3339.
    #[error("{field} is no RFC 3339 time: {text:?}")]
    BadTime {
        /// The field that holds it.
        field: &'static str,
        /// What stands there.
        text: String,
    },
}

impl TryFrom<wire::Session> for model::TestSession {
    type Error = WireError;

    /// Converts a session back; rerun groups are computed again, not read.
    fn try_from(session: wire::Session) -> Result<model::TestSession, WireError> {
        Ok(model::TestSession {
            sut_name: session.sut_name,
            session_id: model::SessionId::new(session.session_id),
            session_start_time: time("session_start_time", session.session_start_time)?,
            session_stop_time: time("session_stop_time", session.session_stop_time)?,
            time_source: word("time_source", session.time_source, model::TimeSource::from_word)?,
            session_duration: session.session_duration_us.map(Duration::from_micros),
            complete: session.complete,
            exit_status: session.exit_status,
            source: session.source.into_iter().map(model::Source::try_from).collect::<Result<_, _>>()?,
            environment: model::Environment {
                pytest: session.environment.pytest,
                python: session.environment.python,
                platform: session.environment.platform,
                rootdir: session.environment.rootdir,
                plugins: session.environment.plugins,
            },
            tags: session.tags,
            test_results: session
                .test_results
                .into_iter()
                .map(model::TestResult::try_from)
                .collect::<Result<_, _>>()?,
            output_fields: output_fields(session.output_fields),
            totals: session.totals.map(|totals| totals.into_iter().collect()),
            warnings: session.warnings.into_iter().map(model::TestWarning::from).collect(),
            files: session.files.into_iter().map(model::FileCounts::from).collect(),
            ending: word("ending", session.ending, model::Ending::from_word)?,
            in_flight: session.in_flight.map(model::NodeId::new),
        })
    }
}

impl TryFrom<wire::TestResult> for model::TestResult {
    type Error = WireError;

    fn try_from(result: wire::TestResult) -> Result<model::TestResult, WireError> {
        Ok(model::TestResult {
            node_id: model::NodeId::new(result.nodeid),
            node_id_certainty: certainty(result.nodeid_certainty)?,
            outcome: outcome("outcome", result.outcome)?,
            phases: model::Phases {
                setup: word("phases.setup", result.phases.setup, model::Outcome::from_word)?,
                call: word("phases.call", result.phases.call, model::Outcome::from_word)?,
                teardown: word("phases.teardown", result.phases.teardown, model::Outcome::from_word)?,
            },
            attempt: result.attempt,
            start_time: time("start_time", result.start_time)?,
            duration: result.duration_us.map(Duration::from_micros),
            caplog: result.caplog.map(model::Text::from),
            capstderr: result.capstderr.map(model::Text::from),
            capstdout: result.capstdout.map(model::Text::from),
            longreprtext: result.longreprtext.map(model::Text::from),
            reason: result.reason.map(model::Text::from),
            has_warning: result.has_warning,
            worker: result.worker.map(model::Text::from),
            subtests: result.subtests.into_iter().map(model::Subtest::try_from).collect::<Result<_, _>>()?,
            properties: result.properties.into(),
        })
    }
}

impl TryFrom<wire::Subtest> for model::Subtest {
    type Error = WireError;

    fn try_from(subtest: wire::Subtest) -> Result<model::Subtest, WireError> {
        Ok(model::Subtest {
            description: subtest.description,
            outcome: outcome("subtests.outcome", subtest.outcome)?,
            longreprtext: subtest.longreprtext,
        })
    }
}

impl TryFrom<wire::Source> for model::Source {
    type Error = WireError;

    fn try_from(source: wire::Source) -> Result<model::Source, WireError> {
        let format = model::Format::from_word(&source.format)
            .ok_or(WireError::UnknownWord { field: "source.format", word: source.format })?;
        Ok(model::Source { format, path: source.path, sha256: source.sha256, bytes: source.bytes })
    }
}

impl From<wire::Warning> for model::TestWarning {
    fn from(warning: wire::Warning) -> model::TestWarning {
        model::TestWarning {
            message: warning.message,
            category: warning.category,
            location: warning.location,
            node_id: warning.nodeid.map(model::NodeId::new),
        }
    }
}

impl From<wire::FileCounts> for model::FileCounts {
    fn from(file: wire::FileCounts) -> model::FileCounts {
        model::FileCounts { path: file.path, counts: file.counts }
    }
}

fn output_fields(fields: wire::OutputFields) -> model::OutputFields {
    let field = |field: wire::OutputField| model::OutputField { name: field.name, content: field.content };
    model::OutputFields {
        test_session_starts: fields.test_session_starts.map(field),
        errors: fields.errors.map(field),
        failures: fields.failures.map(field),
        passes: fields.passes.map(field),
        warnings_summary: fields.warnings_summary.map(field),
        rerun_test_summary: fields.rerun_test_summary.map(field),
        short_test_summary: fields.short_test_summary.map(field),
        lastline: fields.lastline.map(field),
        other: fields.other.into_iter().map(field).collect(),
    }
}

fn certainty(word: String) -> Result<model::NodeIdCertainty, WireError> {
    match word.as_str() {
        "exact" => Ok(model::NodeIdCertainty::Exact),
        "inferred" => Ok(model::NodeIdCertainty::Inferred),
        _ => Err(WireError::UnknownWord { field: "nodeid_certainty", word }),
    }
}

fn outcome(field: &'static str, word: String) -> Result<model::Outcome, WireError> {
    model::Outcome::from_word(&word).ok_or(WireError::UnknownWord { field, word })
}

fn word<Value>(
    field: &'static str,
    word: Option<String>,
    lookup: impl Fn(&str) -> Option<Value>,
) -> Result<Option<Value>, WireError> {
    let Some(word) = word else { return Ok(None) };
    lookup(&word).map(Some).ok_or(WireError::UnknownWord { field, word })
}

fn time(field: &'static str, text: Option<String>) -> Result<Option<DateTime<Utc>>, WireError> {
    let Some(text) = text else { return Ok(None) };
    match DateTime::parse_from_rfc3339(&text) {
        Ok(instant) => Ok(Some(instant.with_timezone(&Utc))),
        Err(_) => Err(WireError::BadTime { field, text }),
    }
}
