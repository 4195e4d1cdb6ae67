//! The readers of JSON: pytest-reportlog, pytest-json-report, CTRF.

use insight::diagnostic::Parsed;
use insight::formats::{ReadOptions, read};
use insight::model::{Ending, Format, NodeId, NodeIdCertainty, Outcome, TestSession, Totals};

use crate::support::{codes, outcomes, session};

fn parsed(text: impl AsRef<[u8]>, format: Format) -> Parsed<Vec<TestSession>> {
    read(text.as_ref(), format, &ReadOptions::default())
}

/// The lines of a small report log around `middle`.
fn log(middle: &[&str]) -> String {
    let mut lines = vec![r#"{"pytest_version": "9.2.0", "$report_type": "SessionStart"}"#];
    lines.extend(middle);
    lines.push(r#"{"exitstatus": 1, "$report_type": "SessionFinish"}"#);
    lines.join("\n") + "\n"
}

/// A line of a test's report.
fn report(id: &str, when: &str, outcome: &str, more: &str) -> String {
    let comma = if more.is_empty() { "" } else { ", " };
    format!(
        r#"{{"nodeid": "{id}", "when": "{when}", "outcome": "{outcome}", "duration": 0.5{comma}{more}, "$report_type": "TestReport"}}"#
    )
}

/// The three lines of a test that passes.
fn passing(id: &str) -> String {
    ["setup", "call", "teardown"].map(|when| report(id, when, "passed", "")).join("\n")
}

#[test]
fn a_report_log_has_every_attempt_and_subtest() {
    let session = session("samples/json/rr.jsonl");
    assert_eq!(
        outcomes(&session),
        [
            "test_main.py::test_flaky_pass RERUN 1",
            "test_main.py::test_flaky_pass PASSED 2",
            "test_main.py::test_flaky_fail RERUN 1",
            "test_main.py::test_flaky_fail RERUN 2",
            "test_main.py::test_flaky_fail FAILED 3",
            "test_main.py::test_flaky_setup RERUN 1",
            "test_main.py::test_flaky_setup PASSED 2",
            "test_main.py::test_subs FAILED 1",
            "test_main.py::test_subs_ok PASSED 1",
            "test_main.py::TestU::test_u FAILED 1",
        ]
    );
    let unit = &session.test_results.to_vec()[9];
    let subtests: Vec<_> =
        unit.subtests.iter().map(|subtest| (subtest.description.as_str(), subtest.outcome)).collect();
    assert_eq!(subtests, [("(i=0)", Outcome::Passed), ("(i=1)", Outcome::Failed)]);
    assert_eq!(unit.phases.call, Some(Outcome::Passed), "the call itself went well");
    assert!((session.complete, session.ending, session.exit_status) == (true, Some(Ending::Finished), Some(1)));
}

#[test]
fn an_attempt_without_its_call_was_repeated() {
    let session = session("samples/json/box.jsonl");
    assert_eq!(
        outcomes(&session),
        [
            "test_box.py::test_bf RERUN 1",
            "test_box.py::test_bf PASSED 2",
            "test_box.py::test_bff RERUN 1",
            "test_box.py::test_bff FAILED 2"
        ]
    );
}

#[test]
fn an_attempt_without_its_setup_was_repeated() {
    let id = "test_a.py::test_b";
    let teardown = report(id, "teardown", "passed", "");
    let log = log(&[&teardown, &teardown, &report(id, "setup", "failed", ""), &teardown]);
    let sessions = parsed(log, Format::ReportLog).value;
    assert_eq!(
        outcomes(&sessions[0]),
        ["test_a.py::test_b RERUN 1", "test_a.py::test_b RERUN 2", "test_a.py::test_b ERROR 3"]
    );
}

#[test]
fn a_log_that_ends_within_a_test_names_it() {
    let session = session("samples/json/crash2.jsonl");
    assert_eq!(outcomes(&session), ["test_crash.py::test_ok PASSED 1"]);
    assert_eq!(session.in_flight.as_ref().map(NodeId::as_str), Some("test_crash.py::test_crash"));
    assert_eq!((session.complete, session.ending), (false, Some(Ending::Cut)));
}

#[test]
fn workers_and_interleaved_reports_are_told_apart() {
    let lines = [
        report("a.py::x", "setup", "passed", r#""worker_id": "gw0""#),
        report("a.py::x", "setup", "passed", r#""worker_id": "gw1""#),
        report("a.py::x", "call", "failed", r#""worker_id": "gw1""#),
        report("a.py::x", "call", "passed", r#""worker_id": "gw0""#),
        report("a.py::x", "teardown", "passed", r#""worker_id": "gw1""#),
        report("a.py::x", "teardown", "passed", r#""worker_id": "gw0""#),
        report("a.py::y", "setup", "passed", r#""worker_id": "gw1""#),
        report("a.py::y", "???", "failed", r#""node": "<WorkerController gw1>", "longrepr": "worker 'gw1' crashed""#),
    ];
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let sessions = parsed(log(&lines), Format::ReportLog).value;
    let results = sessions[0].test_results.to_vec();
    let shown: Vec<_> = results
        .iter()
        .map(|result| (result.node_id.as_str(), result.outcome, result.attempt, result.worker.as_deref()))
        .collect();
    assert_eq!(
        shown,
        [
            ("a.py::x", Outcome::Passed, 1, Some("gw0")),
            ("a.py::x", Outcome::Failed, 1, Some("gw1")),
            ("a.py::y", Outcome::Failed, 1, Some("gw1")),
        ]
    );
}

#[test]
fn files_that_cannot_be_collected_are_results() {
    let text = log(&[
        r#"{"nodeid": "a.py", "outcome": "failed", "longrepr": "ImportError: x", "$report_type": "CollectReport"}"#,
        r#"{"nodeid": "b.py", "outcome": "skipped", "longrepr": ["b.py", 3, "Skipped: no numpy"], "$report_type": "CollectReport"}"#,
        r#"{"nodeid": "a.py", "outcome": "failed", "longrepr": "ImportError: x", "$report_type": "CollectReport"}"#,
        r#"{"nodeid": "c.py", "outcome": "passed", "longrepr": null, "$report_type": "CollectReport"}"#,
    ]);
    let session = parsed(text, Format::ReportLog).value.remove(0);
    assert_eq!(outcomes(&session), ["a.py ERROR 1", "b.py SKIPPED 1"]);
    assert_eq!(session.test_results.to_vec()[0].longreprtext.as_deref(), Some("ImportError: x"));
    assert_eq!(session.test_results.to_vec()[1].reason.as_deref(), Some("no numpy"));
    assert_eq!(session.test_results.to_vec()[1].longreprtext.as_deref(), Some("('b.py', 3, 'Skipped: no numpy')"));
}

#[test]
fn warnings_go_to_the_test_that_has_just_ended() {
    let warning = r#"{"category": "UserWarning", "filename": "/x/a.py", "lineno": 7, "message": "careful", "when": "runtest", "$report_type": "WarningMessage"}"#;
    let session = parsed(log(&[&passing("a.py::x"), warning, &passing("a.py::y")]), Format::ReportLog).value.remove(0);
    let warned: Vec<_> = session.test_results.iter().map(|result| result.has_warning).collect();
    assert_eq!(warned, [Some(true), Some(false)]);
    assert_eq!(session.warnings[0].location.as_deref(), Some("/x/a.py:7"));
    let silent = parsed(log(&[&passing("a.py::x")]), Format::ReportLog).value.remove(0);
    assert_eq!(silent.test_results.to_vec()[0].has_warning, None, "early versions of the plugin record no warnings");
}

#[test]
fn what_is_damaged_in_a_log_costs_only_itself() {
    let deep = format!("{{\"$report_type\": \"TestReport\", \"nodeid\": {}1{}}}", "[".repeat(9000), "]".repeat(9000));
    let broken = report("a.py::broken", "call", "passed", "").replace("0.5,", "0.5, \"x\": \"");
    let text = log(&[&passing("a.py::x"), &broken, &deep, "not a report", "{\"some\": \"json\"}", &passing("a.py::y")]);
    let parsed = parsed(text, Format::ReportLog);
    assert_eq!(outcomes(&parsed.value[0]), ["a.py::x PASSED 1", "a.py::y PASSED 1"]);
    assert!(!parsed.value[0].complete, "reports were lost");
    let lines: Vec<_> =
        parsed.diagnostics.iter().map(|diagnostic| (&*diagnostic.code, diagnostic.location.line)).collect();
    assert_eq!(
        lines,
        [
            ("report-log-line", Some(5)),
            ("report-log-line", Some(6)),
            ("report-log-foreign-line", Some(7)),
            ("report-log-foreign-line", Some(8))
        ]
    );
}

#[test]
fn what_python_writes_is_read_though_it_is_no_json() {
    let odd =
        report("a.py::odd", "call", "failed", r#""x": NaN, "when": "call", "outcome": "passed", "longrepr": "\ud800""#);
    let mut bytes = log(&[&report("a.py::odd", "setup", "passed", ""), &odd]).into_bytes();
    let parsed_text = parsed(&bytes, Format::ReportLog);
    assert_eq!(outcomes(&parsed_text.value[0]), ["a.py::odd PASSED 1"], "the last of equal keys counts");
    assert_eq!(parsed_text.value[0].test_results.to_vec()[0].longreprtext.as_deref(), Some("\u{fffd}"));
    assert_eq!(codes(&parsed_text.diagnostics), Vec::<&str>::new());
    let at = bytes.windows(3).position(|window| window == b"odd").expect("the id");
    bytes[at] = 0xff;
    assert_eq!(parsed(&bytes, Format::ReportLog).value[0].test_results.len(), 1);
}

#[test]
fn cut_ends_and_second_sessions_are_seen() {
    let whole = log(&[&passing("a.py::x")]);
    let both = parsed(format!("{whole}{whole}"), Format::ReportLog);
    assert_eq!(both.value.iter().map(|session| session.complete).collect::<Vec<_>>(), [true, true]);
    let cut = parsed(&whole[..whole.len() - 20], Format::ReportLog);
    assert_eq!(
        (cut.value[0].complete, codes(&cut.diagnostics)),
        (false, vec!["report-log-line", "report-log-no-finish"])
    );
    let headless = parsed(&whole[20..], Format::ReportLog);
    assert_eq!(outcomes(&headless.value[0]), ["a.py::x PASSED 1"]);
    assert_eq!(codes(&headless.diagnostics), ["report-log-line", "report-log-no-start"]);
    assert!(!headless.value[0].complete);
}

#[test]
fn json_report_tells_what_is_left_of_attempts() {
    let session = session("samples/json/rr.json");
    assert_eq!(
        outcomes(&session),
        [
            "test_main.py::test_flaky_pass RERUN 1",
            "test_main.py::test_flaky_pass PASSED 2",
            "test_main.py::test_flaky_fail FAILED 1",
            "test_main.py::test_flaky_setup RERUN 1",
            "test_main.py::test_flaky_setup PASSED 2",
            "test_main.py::test_subs FAILED 1",
            "test_main.py::test_subs_ok PASSED 1",
            "test_main.py::TestU::test_u FAILED 1",
        ]
    );
    let totals: Vec<_> = session.totals.iter().flat_map(Totals::iter).collect();
    assert_eq!(totals, [("collected", 29), ("deselected", 23), ("failed", 3), ("rerun", 2), ("subtests_passed", 1)]);
    assert_eq!(session.environment.rootdir.as_deref(), Some("/home/ci/work/exp"));
}

#[test]
fn a_json_report_begins_its_duration_before_it_was_made() {
    let text = r#"{"created": 1000000010.5, "duration": 10.25, "exitcode": 2, "root": "/r", "summary": {"total": 0}, "tests": []}"#;
    let session = parsed(text, Format::JsonReport).value.remove(0);
    let times = [session.session_start_time, session.session_stop_time].map(|time| time.map(|time| time.to_rfc3339()));
    assert_eq!(times[0].as_deref(), Some("2001-09-09T01:46:40.250+00:00"));
    assert_eq!(times[1].as_deref(), Some("2001-09-09T01:46:50.500+00:00"));
    assert_eq!((session.ending, session.complete), (Some(Ending::Interrupted), true));
}

#[test]
fn a_summary_alone_is_a_session_without_tests() {
    let parsed = parsed(r#"{"created": 1.0, "exitcode": 0, "summary": {"passed": 3, "total": 3}}"#, Format::JsonReport);
    assert_eq!(parsed.value[0].totals.as_ref().and_then(|totals| totals.get("passed")), Some(3));
    assert_eq!(codes(&parsed.diagnostics), ["json-report-summary-only"]);
}

#[test]
fn a_damaged_document_gives_the_tests_that_are_whole() {
    let test = |id: &str| {
        format!(
            r#"{{"nodeid": "{id}", "lineno": 1, "outcome": "passed", "setup": {{"outcome": "passed", "duration": 1}}, "call": {{"outcome": "passed", "duration": 1}}}}"#
        )
    };
    let (first, second, third) = (test("a"), test("b"), test("c"));
    let document =
        |tests: &str| format!(r#"{{"created": 2.5, "exitcode": 0, "tests": [{tests}], "summary": {{"total": 3}}}}"#);
    let whole = document(&format!("{first}, {second}, {third}"));
    for (text, expected, code) in [
        (whole.clone(), vec!["a PASSED 1", "b PASSED 1", "c PASSED 1"], None),
        (whole[..whole.len() - 150].to_owned(), vec!["a PASSED 1", "b PASSED 1"], Some("json-report-cut")),
        (whole[60..].to_owned(), vec!["b PASSED 1", "c PASSED 1"], Some("json-report-head-cut")),
        (
            document(&format!("{first}, {}, {third}", second.replace("\"b\"", "b\""))),
            vec!["a PASSED 1", "c PASSED 1"],
            Some("json-report-damaged"),
        ),
        (
            document(&format!("{first}, {}, {third}", second.replace("\"b\"", "\"b"))),
            vec!["a PASSED 1", "c PASSED 1"],
            Some("json-report-damaged"),
        ),
        (document(&format!("{first}, {second}")), vec!["a PASSED 1", "b PASSED 1"], Some("json-report-count-mismatch")),
        (
            format!("\u{feff}$ cat report.json\n{whole}"),
            vec!["a PASSED 1", "b PASSED 1", "c PASSED 1"],
            Some("json-report-foreign-text"),
        ),
    ] {
        let parsed = parsed(&text, Format::JsonReport);
        assert_eq!(parsed.value.len(), 1, "{text}");
        assert_eq!(outcomes(&parsed.value[0]), expected, "{text}");
        let codes = codes(&parsed.diagnostics);
        assert!(code.is_none_or(|code| codes.contains(&code)), "{codes:?} in {text}");
        let is_lossless = matches!(code, None | Some("json-report-count-mismatch" | "json-report-foreign-text"));
        assert_eq!(parsed.value[0].complete, is_lossless, "{text}");
    }
}

#[test]
fn text_around_a_document_is_named_by_its_line() {
    let document = r#"{"created": 1.0, "exitcode": 0, "tests": []}"#;
    for (text, line) in [
        (format!("$ cat report.json\nReport:\n{document}\n"), 1),
        (format!("{document}\n\ndone\n"), 3),
        (format!("{document}\n$ cat another.json\n{document}\n"), 2),
    ] {
        let parsed = parsed(&text, Format::JsonReport);
        let said = parsed.diagnostics.iter().find(|diagnostic| diagnostic.code == "json-report-foreign-text");
        assert_eq!(said.and_then(|diagnostic| diagnostic.location.line), Some(line), "{text}");
    }
    let broken_off = format!("{}\n]}}\n", &document[..30]);
    let cut = parsed(&broken_off, Format::JsonReport);
    assert!(!codes(&cut.diagnostics).contains(&"json-report-foreign-text"), "{:?}", cut.diagnostics);
}

#[test]
fn a_test_within_which_the_run_ended_is_in_flight() {
    let text = r#"{"created": 1.0, "exitcode": 2, "tests": [{"nodeid": "a", "outcome": "passed", "setup": {"outcome": "passed", "duration": 1}}]}"#;
    let session = parsed(text, Format::JsonReport).value.remove(0);
    assert_eq!((session.test_results.len(), session.in_flight.map(NodeId::into_string)), (0, Some("a".to_owned())));
}

#[test]
fn ctrf_tells_attempts_apart() {
    let session = session("samples/json/rr-ctrf.json");
    assert_eq!(
        outcomes(&session)[..5],
        [
            "test_main.py::test_flaky_pass RERUN 1",
            "test_main.py::test_flaky_pass PASSED 2",
            "test_main.py::test_flaky_fail RERUN 1",
            "test_main.py::test_flaky_fail RERUN 2",
            "test_main.py::test_flaky_fail FAILED 3",
        ]
    );
    assert_eq!(session.test_results.to_vec()[0].duration.map(|duration| duration.as_millis()), Some(36));
    assert!(session.test_results.to_vec()[0].longreprtext.is_some(), "each attempt has its trace");
}

#[test]
fn ctrf_of_other_producers_has_made_up_ids() {
    let text = r#"{"reportFormat": "CTRF", "results": {"tool": {"name": "playwright", "version": "1.5"},
        "summary": {"tests": 4, "start": 1700000000000, "stop": 1700000002500},
        "tests": [
            {"name": "adds", "status": "passed", "duration": 12, "suite": "math > sums", "filePath": "src\\math.test.ts", "retries": 1, "flaky": true},
            {"name": "later", "status": "pending", "duration": 0, "suite": ["math", "todo"]},
            {"name": "odd", "status": "other", "rawStatus": "timedOut", "duration": 1},
            {"name": "last", "status": "failed", "duration": 3, "message": "no", "retries": 1, "retryAttempts": [
                {"attempt": 1, "status": "failed", "duration": 1, "message": "first"}, {"attempt": 2, "status": "failed", "duration": 3}]}
        ]}}"#;
    let parsed = parsed(text, Format::Ctrf);
    let session = &parsed.value[0];
    assert_eq!(
        outcomes(session),
        [
            "src/math.test.ts::math > sums::adds RERUN 1",
            "src/math.test.ts::math > sums::adds PASSED 2",
            "math::todo::later SKIPPED 1",
            "last RERUN 1",
            "last FAILED 2"
        ]
    );
    assert!(session.test_results.iter().all(|result| result.node_id_certainty == NodeIdCertainty::Inferred));
    assert_eq!(codes(&parsed.diagnostics), ["ctrf-unknown-status"]);
    assert_eq!(session.tags.get("tool").map(String::as_str), Some("playwright 1.5"));
    assert_eq!(session.session_duration.map(|duration| duration.as_millis()), Some(2500));
}

#[test]
fn ctrf_of_a_test_that_never_ended_is_no_pass() {
    let text = r#"{"reportFormat": "CTRF", "results": {"tool": {"name": "pytest"}, "summary": {"tests": 2, "passed": 2, "start": 1700000000000, "stop": 1700000000900},
        "tests": [
            {"name": "a.py::test_a", "status": "passed", "duration": 0, "start": 1700000000100, "stop": 1700000000100, "filePath": "a.py"},
            {"name": "a.py::test_b", "status": "passed", "duration": -1700000000200, "start": 1700000000200, "stop": 0, "filePath": "a.py"}]}}"#;
    let parsed = parsed(text, Format::Ctrf);
    assert_eq!(outcomes(&parsed.value[0]), ["a.py::test_a PASSED 1"]);
    assert_eq!(parsed.value[0].in_flight.as_ref().map(NodeId::as_str), Some("a.py::test_b"));
    assert_eq!(codes(&parsed.diagnostics), ["ctrf-unended"]);
}

#[test]
fn ctrf_ids_do_not_name_the_machine() {
    let text = r#"{"reportFormat": "CTRF", "results": {"tool": {"name": "jest"}, "summary": {"tests": 3}, "tests": [
        {"name": "bad", "status": "passed", "duration": 1, "filePath": "/home/me/shop/a.test.js", "suite": "a.test.js > outer > inner"},
        {"name": "top", "status": "passed", "duration": 1, "filePath": "C:\\shop\\b.js"}]}}"#;
    assert_eq!(
        outcomes(&parsed(text, Format::Ctrf).value[0]),
        ["a.test.js > outer > inner::bad PASSED 1", "b.js::top PASSED 1"]
    );
}

#[test]
fn ctrf_in_seconds_is_understood() {
    let text = r#"{"results": {"tool": {"name": "pytest"}, "summary": {"tests": 1, "start": 1700000000.5, "stop": 1700000001.75},
        "tests": [{"name": "a.py::b[x]", "status": "passed", "duration": 0.25, "start": 1700000000.5, "stop": 1700000000.75, "retries": 3}]}}"#;
    let session = parsed(text, Format::Ctrf).value.remove(0);
    assert_eq!(session.session_duration.map(|duration| duration.as_millis()), Some(1250));
    assert_eq!(session.test_results.to_vec()[0].duration.map(|duration| duration.as_millis()), Some(250));
    assert_eq!(outcomes(&session), ["a.py::b[x] PASSED 1"], "early versions counted parameters as retries");
}
