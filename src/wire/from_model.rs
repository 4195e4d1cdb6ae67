//! Model to document.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};

use super::document as wire;
use crate::{diagnostic, model};

impl wire::Document {
    /// Returns the document of these sessions and diagnostics.
    pub fn new(sessions: &[model::TestSession], diagnostics: &[diagnostic::Diagnostic]) -> wire::Document {
        wire::Document {
            schema: wire::SCHEMA.to_owned(),
            sessions: sessions.iter().map(wire::Session::from).collect(),
            diagnostics: diagnostics.iter().map(wire::Diagnostic::from).collect(),
        }
    }
}

impl From<&model::TestSession> for wire::Session {
    fn from(session: &model::TestSession) -> wire::Session {
        let results = session.test_results.iter().map(|result| wire::TestResult::from(&*result));
        wire::Session::of(session, results.collect())
    }
}

impl<Results> wire::Session<Results> {
    /// Returns the document of a session with its results in another form.
    pub(crate) fn of(session: &model::TestSession, test_results: Results) -> wire::Session<Results> {
        wire::Session {
            sut_name: session.sut_name.clone(),
            session_id: session.session_id.as_str().to_owned(),
            session_start_time: session.session_start_time.map(timestamp),
            session_stop_time: session.session_stop_time.map(timestamp),
            time_source: session.time_source.map(|source| source.as_str().to_owned()),
            session_duration_us: session.session_duration.map(microseconds),
            complete: session.complete,
            exit_status: session.exit_status,
            source: session.source.iter().map(wire::Source::from).collect(),
            environment: wire::Environment::from(&session.environment),
            tags: session.tags.clone(),
            test_results,
            output_fields: wire::OutputFields::from(&session.output_fields),
            rerun_test_groups: session.rerun_test_groups().iter().map(wire::RerunTestGroup::from).collect(),
            totals: session
                .totals
                .as_ref()
                .map(|totals| totals.iter().map(|(key, count)| (key.to_owned(), count)).collect()),
            warnings: session.warnings.iter().map(wire::Warning::from).collect(),
            files: session.files.iter().map(wire::FileCounts::from).collect(),
            ending: session.ending.map(|ending| ending.as_str().to_owned()),
            in_flight: session.in_flight.as_ref().map(|node_id| node_id.as_str().to_owned()),
        }
    }
}

impl From<&model::TestResult> for wire::TestResult {
    fn from(result: &model::TestResult) -> wire::TestResult {
        wire::TestResult {
            nodeid: result.node_id.as_str().to_owned(),
            nodeid_certainty: result.node_id_certainty.as_str().to_owned(),
            outcome: result.outcome.as_str().to_owned(),
            phases: wire::Phases {
                setup: result.phases.setup.map(outcome_word),
                call: result.phases.call.map(outcome_word),
                teardown: result.phases.teardown.map(outcome_word),
            },
            attempt: result.attempt,
            start_time: result.start_time.map(timestamp),
            duration_us: result.duration.map(microseconds),
            caplog: result.caplog.as_deref().map(str::to_owned),
            capstderr: result.capstderr.as_deref().map(str::to_owned),
            capstdout: result.capstdout.as_deref().map(str::to_owned),
            longreprtext: result.longreprtext.as_deref().map(str::to_owned),
            reason: result.reason.as_deref().map(str::to_owned),
            has_warning: result.has_warning,
            worker: result.worker.as_deref().map(str::to_owned),
            subtests: result.subtests.iter().map(wire::Subtest::from).collect(),
            properties: (*result.properties).clone(),
        }
    }
}

impl From<&model::Subtest> for wire::Subtest {
    fn from(subtest: &model::Subtest) -> wire::Subtest {
        wire::Subtest {
            description: subtest.description.clone(),
            outcome: outcome_word(subtest.outcome),
            longreprtext: subtest.longreprtext.clone(),
        }
    }
}

impl From<&model::Source> for wire::Source {
    fn from(source: &model::Source) -> wire::Source {
        wire::Source {
            format: source.format.as_str().to_owned(),
            path: source.path.clone(),
            sha256: source.sha256.clone(),
            bytes: source.bytes,
        }
    }
}

impl From<&model::Environment> for wire::Environment {
    fn from(environment: &model::Environment) -> wire::Environment {
        wire::Environment {
            pytest: environment.pytest.clone(),
            python: environment.python.clone(),
            platform: environment.platform.clone(),
            rootdir: environment.rootdir.clone(),
            plugins: environment.plugins.clone(),
        }
    }
}

impl From<&model::OutputField> for wire::OutputField {
    fn from(field: &model::OutputField) -> wire::OutputField {
        wire::OutputField { name: field.name.clone(), content: field.content.clone() }
    }
}

impl From<&model::OutputFields> for wire::OutputFields {
    fn from(fields: &model::OutputFields) -> wire::OutputFields {
        let field = |field: &Option<model::OutputField>| field.as_ref().map(wire::OutputField::from);
        wire::OutputFields {
            test_session_starts: field(&fields.test_session_starts),
            errors: field(&fields.errors),
            failures: field(&fields.failures),
            passes: field(&fields.passes),
            warnings_summary: field(&fields.warnings_summary),
            rerun_test_summary: field(&fields.rerun_test_summary),
            short_test_summary: field(&fields.short_test_summary),
            lastline: field(&fields.lastline),
            other: fields.other.iter().map(wire::OutputField::from).collect(),
        }
    }
}

impl From<&model::RerunTestGroup> for wire::RerunTestGroup {
    fn from(group: &model::RerunTestGroup) -> wire::RerunTestGroup {
        wire::RerunTestGroup {
            nodeid: group.node_id.as_str().to_owned(),
            final_outcome: outcome_word(group.final_outcome),
            final_test: group.final_test,
            forerunners: group.forerunners.clone(),
            full_test_list: group.full_test_list(),
        }
    }
}

impl From<&model::TestWarning> for wire::Warning {
    fn from(warning: &model::TestWarning) -> wire::Warning {
        wire::Warning {
            message: warning.message.clone(),
            category: warning.category.clone(),
            location: warning.location.clone(),
            nodeid: warning.node_id.as_ref().map(|node_id| node_id.as_str().to_owned()),
        }
    }
}

impl From<&model::FileCounts> for wire::FileCounts {
    fn from(file: &model::FileCounts) -> wire::FileCounts {
        wire::FileCounts { path: file.path.clone(), counts: file.counts.clone() }
    }
}

impl From<&diagnostic::Diagnostic> for wire::Diagnostic {
    fn from(diagnostic: &diagnostic::Diagnostic) -> wire::Diagnostic {
        wire::Diagnostic {
            severity: diagnostic.severity.as_str().to_owned(),
            code: diagnostic.code.clone().into_owned(),
            message: diagnostic.message.clone(),
            help: diagnostic.help.clone(),
            location: wire::Location {
                file: diagnostic.location.file.clone(),
                line: diagnostic.location.line,
                path: diagnostic.location.path.clone(),
            },
        }
    }
}

/// Returns the document's form of an instant: RFC 3339 in UTC, with as many fractional digits as it needs, at most six.
pub(crate) fn timestamp(instant: DateTime<Utc>) -> String {
    let format = if instant.timestamp_subsec_micros() == 0 { SecondsFormat::Secs } else { SecondsFormat::Micros };
    instant.to_rfc3339_opts(format, true)
}

/// Returns a duration in whole microseconds, rounded; what does not fit is the largest number.
pub(crate) fn microseconds(duration: Duration) -> u64 {
    u64::try_from((duration.as_nanos() + 500) / 1000).unwrap_or(u64::MAX)
}

fn outcome_word(outcome: model::Outcome) -> String {
    outcome.as_str().to_owned()
}
