//! JUnit XML: what `insight parse` makes of each report in `samples/junit`. A new sample is a new test.

use std::fs;
use std::path::{Path, PathBuf};

use insight::diagnostic::Parsed;
use insight::formats::{ReadOptions, read};
use insight::model::{Format, NodeId, TestSession};
use insight::wire::Document;
use serde_json::Value;

#[test]
fn samples_are_read_as_before() {
    let samples = samples();
    assert!(samples.len() > 60, "only {} samples found", samples.len());
    for path in samples {
        let parsed = parse(&fs::read(&path).expect("a sample is readable"));
        let name = path.strip_prefix(root()).expect("samples are below the root");
        let name = name.to_string_lossy().replace(['/', '\\'], "__");
        insta::with_settings!({
            snapshot_path => "snapshots/junit", prepend_module_to_snapshot => false, omit_expression => true,
        }, {
            insta::assert_snapshot!(name, shown(&parsed));
        });
    }
}

/// What does not fit into memory is the same afterwards. Where the corpus lies beside the sources, all its reports are tried, too.
#[test]
fn packed_reports_are_read_as_others() {
    let directory = tempfile::tempdir().expect("a directory");
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    for path in samples().into_iter().chain(xml_below(&corpus)) {
        let bytes = fs::read(&path).expect("a sample is readable");
        let whole = parse(&bytes);
        // Each result in a page of its own, and some in each.
        for held_results in [0, 2000] {
            let overflow = Some(directory.path().to_owned());
            let options = ReadOptions { held_results: Some(held_results), overflow, ..ReadOptions::default() };
            let packed = read(bytes.as_slice(), Format::JunitXml, &options);
            assert!(packed == whole, "{} differs where {held_results} bytes are held", path.display());
        }
    }
}

#[test]
fn every_sample_folder_says_where_its_files_come_from() {
    for path in samples() {
        let provenance = path.with_file_name("run.toml");
        let text = fs::read_to_string(&provenance).unwrap_or_default();
        let table: toml::Table = text.parse().unwrap_or_default();
        assert!(table.contains_key("origin"), "{} says no origin", provenance.display());
    }
}

/// Cut anywhere, a report gives no test that is not in it, no other outcome for one, and no complete session.
#[test]
fn a_cut_report_invents_nothing() {
    for path in samples().into_iter().filter(|path| !path.starts_with(root().join("damaged"))) {
        let bytes = fs::read(&path).expect("a sample is readable");
        let whole: Vec<(String, String)> = results(&parse(&bytes).value);
        let end = bytes.iter().rposition(|byte| *byte == b'<').expect("a report has tags");
        // A good many places; the fuzz target tries the others.
        let step = (bytes.len() / 120).max(1);
        for cut in (0..=end).step_by(step) {
            let parsed = parse(&bytes[..cut]);
            for session in &parsed.value {
                assert!(!session.complete, "{} cut at {cut} is complete", path.display());
            }
            for (name, outcome) in results(&parsed.value) {
                // An attempt is known as one only by those that follow it.
                let likely = [outcome.as_str(), "RERUN"].map(|outcome| (name.clone(), outcome.to_owned()));
                let is_undecided = || parsed.diagnostics.iter().any(|diagnostic| diagnostic.code == "junit-undecided");
                // What stands before a test case of the same id that was cut off cannot be known for a pass.
                let known = likely.iter().any(|result| whole.contains(result))
                    || outcome == "RERUN" && is_undecided() && whole.iter().any(|(of, _)| *of == name);
                assert!(known, "{} cut at {cut} invents {name}, {outcome}", path.display());
            }
        }
    }
}

/// The last part of each test's node id, and its outcome: the path may be inferred from a part that was cut off.
fn results(sessions: &[TestSession]) -> Vec<(String, String)> {
    let results = sessions.iter().flat_map(|session| &session.test_results);
    let name = |node_id: &NodeId| node_id.as_str().rsplit("::").next().unwrap_or_default().to_owned();
    results.map(|result| (name(&result.node_id), result.outcome.to_string())).collect()
}

#[test]
fn a_long_text_keeps_its_beginning_and_its_end() {
    let path = root().join("pytest/multi-line-message.xml");
    let options = ReadOptions { longest_text: Some(60), ..ReadOptions::default() };
    let parsed = read(&fs::read(path).expect("a sample is readable")[..], Format::JunitXml, &options);
    let text = parsed.value[0].test_results.to_vec()[0].longreprtext.clone().unwrap_or_default();
    assert!(text.starts_with("def test_m()") && text.ends_with("test_msg.py:2: AssertionError"), "{text}");
    assert!(text.len() < 120 && text.contains("bytes left out"), "{text}");
    assert_eq!(parsed.diagnostics[0].code, "junit-long-text");
}

#[test]
fn what_tests_print_does_not_decide_how_much_memory_a_report_takes() {
    let case = |name: &str| {
        let output = "line\n".repeat(1000);
        format!("<testcase classname=\"test_a\" name=\"{name}\"><system-out>{output}</system-out></testcase>")
    };
    let report = format!("<testsuite name=\"pytest\">{}{}{}</testsuite>", case("a"), case("b"), case("c"));
    let options = ReadOptions { whole_texts: Some(6000), ..ReadOptions::default() };
    let parsed = read(report.as_bytes(), Format::JunitXml, &options);
    let output = |result: &insight::model::TestResult| result.capstdout.as_deref().map_or(0, str::len);
    let lengths: Vec<usize> = parsed.value[0].test_results.iter().map(|result| output(&result)).collect();
    assert_eq!(lengths[..2], [5000, 5000]);
    assert!((1000..1100).contains(&lengths[2]), "{lengths:?}");
    assert_eq!(parsed.diagnostics[0].code, "junit-long-text");
    let directory = tempfile::tempdir().expect("a directory");
    let options = ReadOptions { overflow: Some(directory.path().to_owned()), ..options };
    let parsed = read(report.as_bytes(), Format::JunitXml, &options);
    let lengths: Vec<usize> = parsed.value[0].test_results.iter().map(|result| output(&result)).collect();
    assert_eq!(lengths, [5000, 5000, 5000], "texts of tests go where the tests go");
}

#[test]
fn what_hypothesis_writes_of_a_test_is_the_tests() {
    let name = "hypothesis-statistics-tests/test_a.py::test_b";
    let parsed = parse(
        format!(
            "<testsuite name=\"pytest\"><properties><property name=\"{name}\" value=\"eA==\"/></properties>\
             <testcase classname=\"tests.test_a\" name=\"test_b\"/></testsuite>"
        )
        .as_bytes(),
    );
    assert!(parsed.value[0].tags.is_empty());
    assert_eq!(parsed.value[0].test_results.to_vec()[0].properties["hypothesis-statistics"], "eA==");
}

/// The suite's name is free to be chosen; its attributes tell pytest from others.
#[test]
fn pytest_is_known_by_its_attributes() {
    let suite = "errors=\"0\" failures=\"0\" skipped=\"0\" tests=\"1\" time=\"0.1\" timestamp=\"2026-11-22T07:36:25.693039\" hostname=\"h\"";
    let case = "<testcase classname=\"tests.test_a\" name=\"test_b\" time=\"0.1\" />";
    let id = |suite: &str| {
        let parsed = parse(format!("<testsuites><testsuite {suite}>{case}</testsuite></testsuites>").as_bytes());
        parsed.value[0].test_results.to_vec()[0].node_id.to_string()
    };
    assert_eq!(id(&format!("name=\"my suite\" {suite}")), "tests/test_a.py::test_b");
    assert_eq!(id(&format!("{suite} name=\"my suite\"")), "tests.test_a::test_b");
}

fn parse(bytes: &[u8]) -> Parsed<Vec<TestSession>> {
    read(bytes, Format::JunitXml, &ReadOptions::default())
}

/// The session document without what is null, empty or derived.
fn shown(parsed: &Parsed<Vec<TestSession>>) -> String {
    let document = Document::new(&parsed.value, &parsed.diagnostics);
    let mut value = serde_json::to_value(document).expect("a document is JSON");
    strip(&mut value);
    serde_json::to_string_pretty(&value).expect("a value is JSON")
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("rerun_test_groups");
            fields.values_mut().for_each(strip);
            fields.retain(|_, value| !is_empty(value));
        }
        Value::Array(values) => values.iter_mut().for_each(strip),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(values) => values.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/junit")
}

fn xml_below(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let (folders, files): (Vec<PathBuf>, Vec<PathBuf>) = files.partition(|path| path.is_dir());
    let is_report = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "xml");
    folders.iter().flat_map(|folder| xml_below(folder)).chain(files.into_iter().filter(is_report)).collect()
}

fn samples() -> Vec<PathBuf> {
    let mut samples = Vec::new();
    for folder in fs::read_dir(root()).expect("the samples are there") {
        for file in fs::read_dir(folder.expect("a folder").path()).expect("a folder of samples") {
            samples.push(file.expect("a file").path());
        }
    }
    samples.retain(|path| path.extension().is_some_and(|extension| extension == "xml"));
    samples.sort();
    samples
}
