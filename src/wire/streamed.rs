//! A session's document whose results are converted while they are written, one at a time.

use serde::ser::{Error as _, SerializeSeq as _, SerializeStruct as _};
use serde::{Serialize, Serializer};

use super::document as wire;
use super::from_model::{microseconds, timestamp};
use crate::model;

/// Returns the document of a session, of which the results are still the model's: what is written is what [`wire::Session`] is.
pub(crate) fn streamed(session: &model::TestSession) -> wire::Session<StreamedResults<'_>> {
    wire::Session::of(session, StreamedResults(&session.test_results))
}

/// Results that are written as [`wire::TestResult`]s.
#[derive(Debug)]
pub(crate) struct StreamedResults<'session>(&'session model::Results);

impl Serialize for StreamedResults<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut results = serializer.serialize_seq(Some(self.0.len()))?;
        for result in self.0 {
            results.serialize_element(&StreamedResult(&result))?;
        }
        self.0.fault().map_or(Ok(()), |fault| Err(S::Error::custom(fault)))?;
        results.end()
    }
}

/// A result that is written as a [`wire::TestResult`], field by field.
struct StreamedResult<'session>(&'session model::TestResult);

impl Serialize for StreamedResult<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let result = self.0;
        let mut fields = serializer.serialize_struct("TestResult", 16)?;
        fields.serialize_field("nodeid", result.node_id.as_str())?;
        fields.serialize_field("nodeid_certainty", result.node_id_certainty.as_str())?;
        fields.serialize_field("outcome", result.outcome.as_str())?;
        fields.serialize_field("phases", &StreamedPhases(result.phases))?;
        fields.serialize_field("attempt", &result.attempt)?;
        fields.serialize_field("start_time", &result.start_time.map(timestamp))?;
        fields.serialize_field("duration_us", &result.duration.map(microseconds))?;
        fields.serialize_field("caplog", &result.caplog.as_deref())?;
        fields.serialize_field("capstderr", &result.capstderr.as_deref())?;
        fields.serialize_field("capstdout", &result.capstdout.as_deref())?;
        fields.serialize_field("longreprtext", &result.longreprtext.as_deref())?;
        fields.serialize_field("reason", &result.reason.as_deref())?;
        fields.serialize_field("has_warning", &result.has_warning)?;
        fields.serialize_field("worker", &result.worker.as_deref())?;
        let subtests: Vec<wire::Subtest> = result.subtests.iter().map(wire::Subtest::from).collect();
        fields.serialize_field("subtests", &subtests)?;
        fields.serialize_field("properties", &*result.properties)?;
        fields.end()
    }
}

struct StreamedPhases(model::Phases);

impl Serialize for StreamedPhases {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let word = |outcome: Option<model::Outcome>| outcome.map(model::Outcome::as_str);
        let mut fields = serializer.serialize_struct("Phases", 3)?;
        fields.serialize_field("setup", &word(self.0.setup))?;
        fields.serialize_field("call", &word(self.0.call))?;
        fields.serialize_field("teardown", &word(self.0.teardown))?;
        fields.end()
    }
}
