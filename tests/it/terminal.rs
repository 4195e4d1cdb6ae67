//! Console logs: what is found in real ones, and what is found in what is left of them.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use insight::diagnostic::Parsed;
use insight::formats::{ReadOptions, read};
use insight::model::{Ending, Format, Outcome, TestSession, Totals};
use rayon::prelude::*;

use crate::support;

fn logs(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.expect("a directory entry").path());
    let is_log = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "log" || ending == "txt");
    let mut logs: Vec<PathBuf> = entries.filter(is_log).collect();
    logs.sort();
    logs
}

fn samples() -> Vec<PathBuf> {
    let logs = logs(&Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/terminal"));
    assert!(logs.len() >= 40, "only {} samples found", logs.len());
    logs
}

fn parse(bytes: &[u8]) -> Parsed<Vec<TestSession>> {
    read(bytes, Format::Terminal, &ReadOptions::default())
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// One line a session: how it ended, its tests by outcome, and what it declares of itself.
fn table(logs: &[PathBuf]) -> String {
    let mut table = String::new();
    for path in logs {
        let parsed = parse(&fs::read(path).expect("a sample is readable"));
        let _ = writeln!(table, "{}", name(path));
        for session in &parsed.value {
            let counts = session.outcome_counts();
            let _ = writeln!(
                table,
                "  {} | passed {} failed {} errors {} skipped {} xfailed {} xpassed {} rerun {} | {}",
                session.ending.map_or("-", Ending::as_str),
                counts.passed,
                counts.failed,
                counts.errors,
                counts.skipped,
                counts.xfailed,
                counts.xpassed,
                counts.rerun,
                declared(session),
            );
        }
        for diagnostic in &parsed.diagnostics {
            let _ = writeln!(table, "  {}: {}", diagnostic.code, diagnostic.message);
        }
    }
    table
}

fn declared(session: &TestSession) -> String {
    let Some(totals) = &session.totals else { return "declares nothing".to_owned() };
    let totals: Vec<String> = totals.iter().map(|(key, count)| format!("{key} {count}")).collect();
    format!("declared {}", totals.join(" "))
}

#[test]
fn every_sample_is_read_as_its_last_line_says() {
    insta::assert_snapshot!("terminal_samples", table(&samples()));
}

/// Public logs, where they lie beside the project: judged by their own last lines.
#[test]
fn public_logs_are_read_as_their_last_lines_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/wild");
    let logs = logs(&folder);
    if logs.is_empty() {
        return;
    }
    insta::assert_snapshot!("terminal_wild", table(&logs));
}

fn node_ids(sessions: &[TestSession]) -> HashSet<String> {
    sessions.iter().flat_map(|session| &session.test_results).map(|result| result.node_id.to_string()).collect()
}

/// At how many points each log is cut.
const CUTS: usize = 200;

/// Points of a log, spread over it, each at a place in its part that is always the same.
fn points(length: usize, count: usize) -> impl Iterator<Item = usize> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64 ^ length as u64;
    (0..count).map(move |part| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let within = (state >> 33) as usize % (length / count).max(1);
        (part * length / count + within).min(length)
    })
}

/// The samples, and as many logs of whole runs as make fifty.
fn logs_to_cut() -> Vec<PathBuf> {
    let folders = ["samples/runs", "samples/demo"].map(|folder| support::files_below(&support::project(folder)));
    let mut of_runs: Vec<PathBuf> = folders.into_iter().flatten().filter(|path| name(path) == "terminal.log").collect();
    of_runs.sort();
    let logs: Vec<PathBuf> = samples().into_iter().chain(of_runs).take(50).collect();
    assert_eq!(logs.len(), 50, "fifty logs are cut");
    logs
}

/// Whatever is cut off, nothing is made up: every id stands in the whole log, and a session that lost its last line is not complete.
#[test]
fn a_log_cut_anywhere_keeps_what_is_there_and_invents_nothing() {
    logs_to_cut().par_iter().for_each(|path| {
        let bytes = fs::read(path).expect("a sample is readable");
        let whole = parse(&bytes);
        let known = node_ids(&whole.value);
        for at in points(bytes.len(), CUTS) {
            check_cut(path, at, &parse(&bytes[..at]), &whole.value, &known);
        }
    });
}

fn check_cut(path: &Path, at: usize, cut: &Parsed<Vec<TestSession>>, whole: &[TestSession], known: &HashSet<String>) {
    // A log whose own head is missing begins with the end of an id.
    let end_of_one = |node_id: &str| name(path) == "wrap_cut_head.log" && node_id.starts_with("_alpha.py");
    let invented = node_ids(&cut.value).into_iter().find(|node_id| !known.contains(node_id) && !end_of_one(node_id));
    assert_eq!(invented, None, "{} cut at {at}", path.display());
    // Reporters that list their counts line by line can be cut between them.
    for totals in cut.value.iter().filter(|session| session.complete).filter_map(|session| session.totals.as_ref()) {
        let declares = |whole: &Totals| totals.iter().all(|(key, count)| whole.get(key) == Some(count));
        let stands = whole.iter().filter_map(|session| session.totals.as_ref()).any(declares);
        assert!(stands, "{} cut at {at} declares other totals: {totals:?}", path.display());
    }
    let is_cut = cut.value.iter().any(|session| !session.complete);
    let is_said = cut.diagnostics.iter().any(|diagnostic| diagnostic.code == "terminal-incomplete");
    assert!(!is_cut || is_said, "{} cut at {at} says nothing of it", path.display());
}

/// The head of a log can be missing as well; only ids can then be cut, and those are left out or stand in the whole log.
#[test]
fn a_log_without_its_head_does_not_panic() {
    logs_to_cut().par_iter().for_each(|path| {
        let bytes = fs::read(path).expect("a sample is readable");
        for at in points(bytes.len(), CUTS) {
            let sessions = parse(&bytes[at..]).value;
            assert!(sessions.len() < 20, "{} from {at} has {} sessions", path.display(), sessions.len());
        }
    });
}

#[test]
fn a_session_is_dated_by_its_ci_prefix() {
    let log = "2024-05-01T12:00:00.1885882Z ============================= test session starts ==============================\n\
               2024-05-01T12:00:01.0000000Z collected 1 item\n\
               2024-05-01T12:00:01.0000000Z \n\
               2024-05-01T12:00:02.0000000Z test_a.py .                                                              [100%]\n\
               2024-05-01T12:00:02.0000000Z \n\
               2024-05-01T12:00:03.0000000Z ============================== 1 passed in 0.01s ===============================\n\
               2024-05-01T12:00:04.0000000Z ##[error]Process completed with exit code 1.\n";
    let parsed = parse(log.as_bytes());
    let [session] = parsed.value.as_slice() else { panic!("one session, not {}", parsed.value.len()) };
    let start = session.session_start_time.map(|time| time.to_rfc3339());
    assert_eq!(start.as_deref(), Some("2024-05-01T12:00:00.188588200+00:00"));
    assert_eq!((session.exit_status, session.complete), (Some(1), true));
}

#[test]
fn a_collection_told_by_file_is_a_session_that_is_whole_with_its_blank_line() {
    let text = "tests/test_a.py: 24\ntests/unit/test_b.py: 7\n\n";
    let whole = parse(text.as_bytes()).value;
    assert_eq!(whole.len(), 1);
    assert!(whole[0].complete && whole[0].test_results.is_empty() && whole[0].exit_status.is_none());
    assert_eq!(whole[0].tags.get("pytest.collected").map(String::as_str), Some("31"));
    for other in [&text[..text.len() - 1], "b.py: 2\na.py: 1\n\n", "see\na.py: 1\n\n", "a.py: 0\n\n", "a.py: 1\nx\n\n"]
    {
        assert!(parse(other.as_bytes()).value.is_empty(), "{other:?}");
    }
}

#[test]
fn other_reporters_failures_are_errors_where_their_text_shows_a_broken_setup() {
    let tap = "1..2\nnot ok 1 a.py::test_a\n# @pytest.fixture\n#     def broken():\n# >       raise E\nnot ok 2 a.py::test_b\n# def test_b():\n";
    let frame = |function: &str| {
        format!("Traceback (most recent call last):\n  File \"/v/_pytest/runner.py\", line 1, in {function}\nE\n\n")
    };
    let line = "=".repeat(78);
    let tldr = format!(
        "platform linux -- Python 3.11.7\npytest==8.4.2\n\na.py::test_a ... ERROR\na.py::test_b ... ERROR\n\n{line}\nERROR: a.py::test_a\n{dashes}\n{setup}{line}\nERROR: a.py::test_b\n{dashes}\n{call}{dashes}\nRan 2 tests in 0.08s\n\nFAILED (errors=2)\n",
        dashes = "-".repeat(78),
        setup = frame("pytest_runtest_setup"),
        call = frame("pytest_runtest_call"),
    );
    for log in [tap, &tldr] {
        let sessions = parse(log.as_bytes()).value;
        let outcomes: Vec<_> =
            sessions.iter().flat_map(|session| &session.test_results).map(|result| result.outcome).collect();
        assert_eq!(outcomes, [Outcome::Error, Outcome::Failed], "{log}");
    }
}
