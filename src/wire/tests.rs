//! The document, its schema and the model say the same.

use std::collections::BTreeSet;

use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};
use serde_json::{Value, json};

use super::{Document, JSON_SCHEMA, SCHEMA, Session};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{
    Ending, FileCounts, Format, NodeId, NodeIdCertainty, Outcome, OutputField, OutputFields, Source, Subtest,
    TestResult, TestSession, TestWarning, Text, TimeSource, arbitrary,
};

fn schema() -> Value {
    serde_json::from_str(JSON_SCHEMA).expect("the schema is JSON")
}

fn validator() -> jsonschema::Validator {
    jsonschema::validator_for(&schema()).expect("the schema is a schema")
}

/// A document in which no list is empty and no value null.
fn full_document() -> Document {
    let field = || OutputField { name: "FAILURES".to_owned(), content: "text".to_owned() };
    let text = || Some("text".to_owned());
    let shared = || text().map(Text::from);
    let time = chrono::DateTime::from_timestamp_micros(1_795_336_657_470_274);
    let mut last = TestResult { attempt: 2, ..TestResult::new("a.py::b", Outcome::Failed) };
    last.phases.setup = Some(Outcome::Passed);
    last.phases.call = Some(Outcome::Failed);
    last.phases.teardown = Some(Outcome::Passed);
    last.start_time = time;
    last.duration = Some(std::time::Duration::from_micros(1));
    (last.caplog, last.capstderr, last.capstdout, last.longreprtext) = (shared(), shared(), shared(), shared());
    (last.reason, last.worker, last.has_warning) = (shared(), shared(), Some(true));
    last.properties.insert("key".to_owned(), "value".to_owned());
    last.subtests =
        vec![Subtest { description: "[a]".to_owned(), outcome: Outcome::Failed, longreprtext: text() }].into();
    let mut session = TestSession {
        sut_name: text(),
        session_start_time: time,
        session_stop_time: time,
        time_source: Some(TimeSource::Report),
        session_duration: Some(std::time::Duration::from_secs(1)),
        exit_status: Some(1),
        source: vec![Source { format: Format::ReportLog, path: text(), sha256: Some("0".repeat(64)), bytes: Some(1) }],
        test_results: [TestResult::new("a.py::b", Outcome::Rerun), last].into(),
        output_fields: OutputFields {
            test_session_starts: Some(field()),
            errors: Some(field()),
            failures: Some(field()),
            passes: Some(field()),
            warnings_summary: Some(field()),
            rerun_test_summary: Some(field()),
            short_test_summary: Some(field()),
            lastline: Some(field()),
            other: vec![field()],
        },
        totals: Some([("failed", 1)].into_iter().collect()),
        warnings: vec![TestWarning {
            message: "m".to_owned(),
            category: text(),
            location: text(),
            node_id: Some(NodeId::from("a.py::b")),
        }],
        files: vec![FileCounts { path: text(), counts: [("passed".to_owned(), 1)].into() }],
        ending: Some(Ending::Finished),
        in_flight: Some(NodeId::from("a.py::b")),
        ..TestSession::default()
    };
    session.environment.plugins.insert("xdist".to_owned(), text());
    session.tags.insert("branch".to_owned(), "main".to_owned());
    let mut diagnostic = Diagnostic::error("junit-cut", "m").with_help("h").at_line(1).at_path("p").in_file("f");
    diagnostic.severity = Severity::Note;
    Document::new(&[session], &[diagnostic])
}

/// Follows `$ref` and the alternative to null.
fn resolved<'a>(schema: &'a Value, mut node: &'a Value) -> &'a Value {
    loop {
        if let Some(name) = node["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/$defs/")) {
            node = &schema["$defs"][name];
        } else if node["anyOf"].is_array() {
            node = &node["anyOf"][0];
        } else {
            return node;
        }
    }
}

/// Compares what a value has with what its schema lists, all the way down.
fn compare(schema: &Value, node: &Value, value: &Value, path: &str) {
    let node = resolved(schema, node);
    match value {
        Value::Object(members) if node["properties"].is_object() => {
            let names: BTreeSet<&str> = members.keys().map(String::as_str).collect();
            let listed = node["properties"].as_object().expect("an object");
            let required = node["required"].as_array().expect("a list");
            assert_eq!(names, listed.keys().map(String::as_str).collect(), "properties of {path}");
            assert_eq!(names, required.iter().filter_map(Value::as_str).collect(), "required of {path}");
            assert_eq!(node["additionalProperties"], json!(false), "{path} is open");
            for (name, member) in members {
                compare(schema, &listed[name], member, &format!("{path}/{name}"));
            }
        }
        Value::Array(items) => {
            for item in items {
                compare(schema, &node["items"], item, &format!("{path}[]"));
            }
        }
        _ => {}
    }
}

#[test]
fn the_schema_lists_exactly_the_fields_of_the_document() {
    let document = serde_json::to_value(full_document()).expect("a document is JSON");
    compare(&schema(), &schema(), &document, "");
    let errors: Vec<String> = validator().iter_errors(&document).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
}

#[test]
fn the_schema_has_the_words_of_the_model() {
    let schema = schema();
    let words = |pointer: &str| -> Vec<String> {
        let words = schema.pointer(pointer).and_then(Value::as_array).expect("a list of words");
        words.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    assert_eq!(words("/$defs/outcome/enum"), Outcome::ALL.map(Outcome::as_str));
    assert_eq!(words("/$defs/session/properties/ending/enum"), Ending::ALL.map(Ending::as_str));
    assert_eq!(words("/$defs/session/properties/time_source/enum"), TimeSource::ALL.map(TimeSource::as_str));
    assert_eq!(words("/$defs/source/properties/format/enum"), Format::ALL.map(Format::as_str));
    assert_eq!(words("/$defs/diagnostic/properties/severity/enum"), ["error", "warning", "note"]);
    let certainties = [NodeIdCertainty::Exact, NodeIdCertainty::Inferred].map(|certainty| {
        let mut result = TestResult::new("a", Outcome::Passed);
        result.node_id_certainty = certainty;
        super::TestResult::from(&result).nodeid_certainty
    });
    assert_eq!(words("/$defs/test_result/properties/nodeid_certainty/enum"), certainties);
    assert_eq!(schema.pointer("/properties/schema/const"), Some(&json!(SCHEMA)));
}

#[test]
fn what_breaks_the_contract_is_refused() {
    let validator = validator();
    let whole = serde_json::to_value(full_document()).expect("a document is JSON");
    for (pointer, name, value) in [
        ("", "schema", json!("insight.sessions/2")),
        ("", "more", json!(1)),
        ("/sessions/0", "more", json!(1)),
        ("/sessions/0", "complete", json!(null)),
        ("/sessions/0", "ending", json!("Finished")),
        ("/sessions/0", "session_start_time", json!("2026-01-01T00:00:00+01:00")),
        ("/sessions/0", "session_duration_us", json!(1.5)),
        ("/sessions/0/test_results/0", "outcome", json!("passed")),
        ("/sessions/0/test_results/0", "attempt", json!(0)),
        ("/sessions/0/test_results/0", "duration_us", json!(-1)),
        ("/sessions/0/test_results/0/phases", "call", json!("OK")),
        ("/sessions/0/totals", "failed", json!(-1)),
        ("/sessions/0/source/0", "format", json!("xml")),
        ("/diagnostics/0", "code", json!("Not Kebab")),
    ] {
        let mut broken = whole.clone();
        broken.pointer_mut(pointer).and_then(Value::as_object_mut).expect("an object").insert(name.to_owned(), value);
        assert!(!validator.is_valid(&broken), "{pointer}/{name}");
    }
}

#[test]
fn unknown_words_and_times_are_errors_with_their_field() {
    let session = || full_document().sessions.remove(0);
    let error = |session: Session| TestSession::try_from(session).expect_err("a broken document").to_string();
    let mut broken = session();
    broken.ending = Some("over".to_owned());
    assert_eq!(error(broken), "unknown ending \"over\"");
    let mut broken = session();
    broken.session_stop_time = Some("yesterday".to_owned());
    assert_eq!(error(broken), "session_stop_time is no RFC 3339 time: \"yesterday\"");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn a_session_comes_back_from_its_document(session in arbitrary::session()) {
        let document = Document::new(std::slice::from_ref(&session), &[]);
        let json = serde_json::to_string(&document).expect("a document is JSON");
        let mut read: Document = serde_json::from_str(&json).expect("its own document");
        prop_assert_eq!(&read, &document);
        let back = TestSession::try_from(read.sessions.remove(0)).expect("its own words");
        prop_assert_eq!(&back, &session);
    }

    #[test]
    fn a_streamed_session_is_the_whole_one(session in arbitrary::session()) {
        let whole = serde_json::to_string(&Session::from(&session)).expect("a session is JSON");
        prop_assert_eq!(serde_json::to_string(&super::streamed(&session)).expect("a session is JSON"), whole);
    }

    #[test]
    fn every_document_is_valid(session in arbitrary::session()) {
        let document = serde_json::to_value(Document::new(&[session], &[])).expect("a document is JSON");
        let errors: Vec<String> = validator().iter_errors(&document).map(|error| error.to_string()).collect();
        prop_assert!(errors.is_empty(), "{:?}", errors);
    }
}
