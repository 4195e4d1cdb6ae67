//! One run, four files: what they say of it agrees, and joined they say all of it.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;

use insight::diagnostic::Diagnostic;
use insight::ingest::join_inputs;
use insight::model::{Format, NodeId, NodeIdCertainty, Outcome, TestSession};

use crate::support::{self, RUN_FILES};

/// The sessions of each file of a run.
fn inputs(folder: &Path) -> Vec<Vec<TestSession>> {
    let paths = RUN_FILES.iter().map(|name| folder.join(name)).filter(|path| path.exists());
    paths.map(|path| support::read(&path).parsed.value).collect()
}

/// Tests that share their id with another: which result is whose, a file cannot say.
fn shared_ids(inputs: &[Vec<TestSession>]) -> HashSet<NodeId> {
    let mut seen = HashSet::new();
    let first = inputs.iter().flatten().next();
    let single = first.into_iter().flat_map(|session| &session.test_results).filter(|result| result.attempt == 1);
    single.filter(|result| !seen.insert(result.node_id.clone())).map(|result| result.node_id.clone()).collect()
}

/// Returns what the files of a run say against each other.
fn contradictions(folder: &Path) -> Vec<String> {
    let inputs = inputs(folder);
    let shared = shared_ids(&inputs);
    let is_shared = |diagnostic: &Diagnostic| {
        diagnostic.location.path.as_deref().is_some_and(|path| shared.contains(&NodeId::from(path)))
    };
    let shown =
        |diagnostic: Diagnostic| format!("{}: {} {:?}", diagnostic.code, diagnostic.message, diagnostic.location.path);
    // Other sessions in a log are not of this run, and its files say nothing of them.
    let joined = join_inputs(inputs).diagnostics.into_iter();
    joined.filter(|said| said.code != "join-apart" && !is_shared(said)).map(shown).collect()
}

#[test]
fn the_files_of_a_run_agree() {
    let mut found = BTreeMap::new();
    for folder in support::run_folders() {
        let contradictions = contradictions(&folder);
        if !contradictions.is_empty() {
            found.insert(folder, contradictions);
        }
    }
    assert_eq!(found, BTreeMap::new());
}

#[test]
fn joined_files_say_what_happened() {
    for folder in support::entries(&support::project("samples/runs")) {
        let joined = join_inputs(inputs(&folder)).value.remove(0);
        let truth = fs::read_to_string(folder.join("truth.tsv")).expect("what happened is written down");
        for line in truth.lines().filter(|line| !line.starts_with('#')) {
            let (outcome, rest) = line.split_once('\t').expect("an outcome");
            let (attempts, node_id) = rest.split_once('\t').expect("attempts");
            let of_test: Vec<_> =
                joined.test_results.iter().filter(|result| result.node_id.as_str() == node_id).collect();
            let last = of_test.last().unwrap_or_else(|| panic!("{}: {node_id} is missing", folder.display()));
            assert_eq!((last.outcome.as_str(), of_test.len().to_string()), (outcome, attempts.to_owned()), "{node_id}");
            assert_eq!(last.node_id_certainty, NodeIdCertainty::Exact, "{node_id}");
        }
    }
}

/// What json-report has lost of the sample runs: a pass that was not expected, and a teardown that then failed as expected, share one word.
const LOST: [(&str, Outcome, Outcome); 1] =
    [("test_errors.py::test_xpass_teardown_error", Outcome::Xpassed, Outcome::Xfailed)];

#[test]
fn json_report_alone_says_what_happened_but_for_what_it_loses() {
    for folder in support::entries(&support::project("samples/runs")) {
        let truth = last_outcomes(&support::read(&folder.join("report-log.jsonl")).parsed.value);
        let said = last_outcomes(&support::read(&folder.join("report.json")).parsed.value);
        for (node_id, said) in said {
            let truth = truth.get(&node_id).copied().unwrap_or_else(|| panic!("{node_id} is invented"));
            let is_lost = LOST.contains(&(node_id.as_str(), truth, said));
            assert!(is_lost || said == truth, "{}: {node_id} is {truth}, not {said}", folder.display());
        }
    }
}

/// What no text of the sample reports names: a dot in a directory, the extension of a file.
const UNNAMED: [&str; 4] =
    ["tests/v1.2/deep.er/", "tests/v1.2/quiet.ly/", "cases/only_ok.cases", "cases/sub/func_like.cases"];

#[test]
fn junit_alone_says_what_happened_but_for_what_it_loses() {
    let mut compared = 0;
    for folder in support::entries(&support::project("samples/runs")) {
        let truth = last_outcomes(&support::read(&folder.join("report-log.jsonl")).parsed.value);
        let said = last_outcomes(&support::read(&folder.join("junit.xml")).parsed.value);
        for (node_id, truth) in truth {
            let is_unnamed = UNNAMED.iter().any(|path| node_id.as_str().starts_with(path));
            let is_unexpected_pass =
                |said: Outcome| truth == Outcome::Xpassed && matches!(said, Outcome::Passed | Outcome::Xfailed);
            match said.get(&node_id).copied() {
                None => assert!(is_unnamed, "{}: {node_id} is missing", folder.display()),
                Some(said) => {
                    assert!(said == truth || is_unexpected_pass(said), "{}: {node_id} is {truth}", folder.display());
                }
            }
            compared += 1;
        }
    }
    assert!(compared > 150, "only {compared} tests compared");
}

#[test]
fn a_console_log_makes_the_ids_of_junit_exact() {
    let folder = support::project("samples/runs/9.2.0-odd-paths");
    let files = ["junit.xml", "terminal.log"].map(|name| support::read(&folder.join(name)).parsed.value);
    let joined = join_inputs(files.into()).value.remove(0);
    let truth = last_outcomes(&support::read(&folder.join("report-log.jsonl")).parsed.value);
    assert_eq!(last_outcomes(std::slice::from_ref(&joined)), truth);
    assert!(joined.test_results.iter().all(|result| result.node_id_certainty == NodeIdCertainty::Exact));
}

#[test]
fn a_failure_text_that_was_rebuilt_is_the_text_that_pytest_made() {
    let mut compared = 0;
    for folder in support::run_folders() {
        let columns = fs::read_to_string(folder.join("meta.json")).unwrap_or_default();
        if ["report.json", "report-log.jsonl"].iter().any(|name| !folder.join(name).exists())
            || columns.contains("\"COLUMNS\"") && !columns.contains("\"COLUMNS\": \"80\"")
        {
            // A report log does not say how wide the terminal was.
            continue;
        }
        let text_of = |name: &str| {
            let sessions = support::read(&folder.join(name)).parsed.value;
            let results = sessions.into_iter().flat_map(|session| session.test_results);
            let failed = results.filter(|result| result.outcome.is_failure() && result.longreprtext.is_some());
            // Of tests that share an id, and of repeated ones, json-report has the last.
            failed
                .map(|result| (result.node_id.into_string(), String::from(result.longreprtext.unwrap_or_default())))
                .collect()
        };
        let rebuilt: BTreeMap<String, String> = text_of("report-log.jsonl");
        let made: BTreeMap<String, String> = text_of("report.json");
        for (node_id, made) in made.iter().filter(|(node_id, _)| !node_id.contains("duplicate")) {
            let Some(rebuilt) = rebuilt.get(node_id) else { continue };
            // Nor who its workers were: pytest puts that above the text.
            let worker = made.split_once('\n').filter(|(line, _)| line.starts_with("[gw"));
            let made = worker.map_or(made.as_str(), |(_, text)| text.trim_start());
            assert_eq!(rebuilt, made, "{} {node_id}", folder.display());
            compared += 1;
        }
    }
    assert!(compared > 50, "only {compared} texts compared");
}

fn last_outcomes(sessions: &[TestSession]) -> BTreeMap<NodeId, Outcome> {
    let results = sessions.iter().flat_map(|session| &session.test_results);
    results.map(|result| (result.node_id.clone(), result.outcome)).collect()
}

#[test]
fn each_fact_comes_from_the_file_that_has_it() {
    let joined = join_inputs(inputs(&support::project("samples/runs/9.2.0-xdist-crash"))).value.remove(0);
    let formats: Vec<Format> = joined.source.iter().map(|source| source.format).collect();
    assert_eq!(formats, [Format::ReportLog, Format::JsonReport, Format::JunitXml, Format::Terminal]);
    assert!(joined.complete && joined.exit_status == Some(1));
    assert!(joined.output_fields.failures.is_some(), "the console's sections");
    assert_eq!(joined.totals.as_ref().and_then(|totals| totals.get("failed")), Some(13), "the console's counts");
    assert_eq!(joined.environment.platform.as_deref(), Some("linux"), "json-report's metadata");
    assert_eq!(joined.environment.plugins.get("rerunfailures"), Some(&Some("16.7".to_owned())));
    let failed = joined.test_results.iter().find(|result| result.worker.is_some() && result.longreprtext.is_some());
    let failed = failed.expect("a failure on a worker");
    assert!(failed.start_time.is_some(), "the report log's");
    assert!(failed.longreprtext.as_deref().is_some_and(|text| text.starts_with("[gw")), "json-report's text");
    assert!(joined.session_id.as_str().is_empty(), "named by whoever knows the digests");
}

#[test]
fn a_cut_file_is_made_good_by_a_whole_one() {
    let folder = support::project("samples/runs/6.2.5-reruns");
    let text = fs::read_to_string(folder.join("report-log.jsonl")).expect("a sample");
    let (half, _) = text.split_at(text.len() / 2);
    let cut =
        insight::formats::read(half.as_bytes(), Format::ReportLog, &insight::formats::ReadOptions::default()).value;
    let mut cut: Vec<TestSession> = cut;
    for session in &mut cut {
        let source = insight::model::Source { format: Format::ReportLog, path: None, sha256: None, bytes: None };
        session.source = vec![source];
    }
    assert!(!cut[0].complete);
    let json = support::read(&folder.join("report.json")).parsed.value;
    let joined = join_inputs(vec![cut, json]).value.remove(0);
    assert!(joined.complete, "json-report names every test");
    let whole = support::read(&folder.join("report-log.jsonl")).parsed.value;
    assert_eq!(last_outcomes(&[joined]), last_outcomes(&whole));
}
