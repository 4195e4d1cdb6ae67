//! Console logs: what single lines of real logs mean, one sample each.

use std::fs;
use std::path::Path;

use insight::diagnostic::Parsed;
use insight::formats::{ReadOptions, read};
use insight::model::{Ending, Format, NodeId, Outcome, TestSession};

fn sample(name: &str) -> Parsed<Vec<TestSession>> {
    parse(sample_text(name).as_bytes())
}

fn sample_text(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/terminal").join(name);
    fs::read_to_string(path).expect("the sample is readable")
}

fn parse(bytes: &[u8]) -> Parsed<Vec<TestSession>> {
    read(bytes, Format::Terminal, &ReadOptions::default())
}

fn first_stdout(session: &TestSession) -> Option<String> {
    session.test_results.iter().next().and_then(|result| result.capstdout.as_deref().map(str::to_owned))
}

#[test]
fn lines_of_plugins_behind_the_last_block_are_not_captured() {
    let session = &sample("p9_report_files.log").value[0];
    assert_eq!(first_stdout(session).as_deref(), Some("call o\n"));
    let names: Vec<&str> = session.output_fields.other.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["generated xml file: /tmp/x.xml"]);
}

#[test]
fn lines_of_plugins_that_a_test_printed_stay_captured() {
    let log = sample_text("p9_report_files.log");
    let line = "------------------------ generated xml file: /tmp/x.xml ------------------------\n";
    let stderr = "----------------------------- Captured stderr call -----------------------------\noh\n";
    // Of a quiet session that the test ran itself.
    let quiet = log.replace(line, &format!("{line}1 failed in 0.01s\n"));
    let before_other_output = log.replace(line, &format!("{line}{stderr}"));
    let before_the_own = log.replace(line, &format!("{line}{line}"));
    for (log, text) in [
        (quiet, format!("call o\n{line}1 failed in 0.01s\n")),
        (before_other_output, format!("call o\n{line}")),
        (before_the_own, format!("call o\n{line}")),
    ] {
        let session = &parse(log.as_bytes()).value[0];
        assert_eq!(first_stdout(session).as_deref(), Some(text.as_str()));
    }
}

#[test]
fn a_last_line_at_the_end_of_the_log_is_believed_however_reports_are_counted() {
    for name in ["x9_each_subtests_v.log", "s6_subtests05_v_rA.log"] {
        let session = &sample(name).value[0];
        assert!(session.complete && session.output_fields.lastline.is_some(), "{name}");
        assert_eq!((session.ending, session.exit_status), (Some(Ending::Finished), Some(1)), "{name}");
    }
}

#[test]
fn an_argument_that_is_not_there_is_an_error_of_usage() {
    let log = sample_text("p7_no_such_file.log");
    let (before, error) = log.trim_end().rsplit_once('\n').expect("two lines");
    for log in [log.clone(), format!("{error}\n\n{before}\n")] {
        let session = &parse(log.as_bytes()).value[0];
        assert_eq!((session.ending, session.exit_status), (Some(Ending::UsageError), Some(4)), "{log}");
    }
}

#[test]
fn a_teardown_that_broke_after_its_test_failed_keeps_its_text_and_output() {
    let parsed = sample("p9_teardown_v.log");
    let results: Vec<_> = parsed.value[0].test_results.iter().collect();
    let property = |name: &str| results[0].properties.get(name).cloned().unwrap_or_default();
    assert!(results[0].longreprtext.as_ref().is_some_and(|text| text.contains("call fail")));
    assert!(property("teardown.longreprtext").ends_with("conftest.py:6: RuntimeError"));
    assert_eq!(property("section.Captured stdout teardown"), "td out\n");
}

#[test]
fn an_expected_failure_whose_teardown_failed_is_one_attempt() {
    let session = &sample("p9_xfail_teardown_v.log").value[0];
    let results: Vec<_> = session.test_results.iter().map(|result| (result.attempt, result.outcome)).collect();
    assert_eq!(results, [(1, Outcome::Xfailed)]);
}

#[test]
fn counts_of_failed_subtests_and_of_modules_collected_twice_are_no_mismatch() {
    for name in ["p9_subtest_summary_v.log", "p9_collected_twice_v.log", "s6_subtests05_v_rA.log"] {
        let codes: Vec<_> = sample(name).diagnostics.into_iter().map(|diagnostic| diagnostic.code).collect();
        assert!(codes.is_empty(), "{name}: {codes:?}");
    }
}

#[test]
fn a_test_that_the_summary_names_and_a_subtest_block_heads_is_there() {
    let parsed = sample("s6_subtests05.log");
    let results: Vec<_> = parsed.value[0].test_results.iter().collect();
    let [result] = results.as_slice() else { panic!("one test, not {}", results.len()) };
    assert_eq!((result.node_id.as_str(), result.outcome), ("test_s1.py::test_subs", Outcome::Failed));
    let subtests: Vec<_> = result.subtests.iter().map(|subtest| subtest.description.as_str()).collect();
    assert_eq!(subtests, ["[m]"]);
}

#[test]
fn text_behind_an_announced_id_is_no_part_of_it() {
    let parsed = sample("x9_glued_warning.log");
    let results: Vec<_> = parsed.value[0].test_results.iter().collect();
    let failed = results.iter().find(|result| result.node_id.as_str() == "tests/test_crash.py::test_d");
    assert!(failed.is_some_and(|result| result.longreprtext.is_some()));
    assert_eq!(results.len(), 4);
    let spaces = "2 workers [2 items]\n\nscheduling tests via LoadScheduling\n\nREADME.md::a b \nREADME.md::a \n[gw0] [ 50%] PASSED README.md::a b \n[gw1] [100%] PASSED README.md::a \n";
    let head = format!("{:=^80}\n", " test session starts ");
    let session = &parse(format!("{head}{spaces}").as_bytes()).value[0];
    let ids: Vec<String> = session.test_results.iter().map(|result| result.node_id.to_string()).collect();
    assert_eq!(ids, ["README.md::a b", "README.md::a"]);
}

#[test]
fn an_exit_that_a_test_asked_for_has_any_status_and_names_the_test() {
    let session = &sample("p9_exit_v.log").value[0];
    assert_eq!((session.ending, session.exit_status), (Some(Ending::Interrupted), None));
    assert_eq!(session.in_flight.as_ref().map(NodeId::as_str), Some("tests/test_exit.py::test_b"));
}

#[test]
fn attempts_of_which_only_the_report_of_flaky_tells_are_there() {
    let parsed = sample("p9_flaky_v.log");
    let results = parsed.value[0].test_results.iter();
    let attempts: Vec<String> = results
        .map(|result| format!("{} {} {}", result.node_id.domain().unwrap_or_default(), result.attempt, result.outcome))
        .collect();
    let expected = [
        "test_fp 1 RERUN",
        "test_fp 2 RERUN",
        "test_fp 3 PASSED",
        "test_ff 1 RERUN",
        "test_ff 2 FAILED",
        "test_two 1 RERUN",
        "test_two 2 RERUN",
        "test_two 3 PASSED",
        "test_plain 1 PASSED",
    ];
    assert_eq!(attempts, expected);
}
