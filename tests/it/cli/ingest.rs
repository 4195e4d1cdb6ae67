//! `insight ingest`.

use std::fs;

use insta::assert_snapshot;

use crate::sandbox::Sandbox;

fn sandbox() -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.set("INSIGHT_HISTORY", "history");
    sandbox
}

#[test]
fn the_same_command_twice_adds_nothing() {
    let sandbox = sandbox();
    assert_snapshot!("first", sandbox.run("ingest -r samples/demo/zoo --sut zoo --tz UTC"));
    assert_snapshot!("again", sandbox.run("ingest -r samples/demo/zoo --sut zoo --tz UTC"));
    fs::copy(sandbox.work().join("samples/demo/zoo/maxfail/report.json"), sandbox.work().join("copy")).expect("a copy");
    assert_snapshot!("copy", sandbox.run("ingest copy --sut other"));
}

#[test]
fn one_bad_file_does_not_stop_the_others() {
    let sandbox = sandbox();
    sandbox.write("in/a.xml", "<testsuites><testsuite name=\"x\" tests=\"1\"><testcase classname=\"t");
    sandbox.write("in/b.bin", b"\x00\x01\x02\x03\x04\x05\x06\x07PK");
    sandbox.write("in/c.xml", fs::read(sandbox.work().join("samples/demo/zoo/broken/junit.xml")).expect("a sample"));
    for format in ["table", "json", "jsonl", "csv", "markdown"] {
        let line = format!("ingest in/a.xml in/b.bin in/c.xml in/nowhere.xml --sut s --dry-run --format {format}");
        assert_snapshot!(format!("bad_file_{format}"), sandbox.run(&line));
    }
    assert_snapshot!("quiet", sandbox.run("ingest in/a.xml in/b.bin in/c.xml in/nowhere.xml --sut s --quiet"));
    assert_snapshot!("walk", sandbox.run("ingest -r in --sut s"));
}

#[test]
fn a_dry_run_changes_nothing() {
    let sandbox = sandbox();
    let said = sandbox.run("ingest -r samples/demo/zoo --sut zoo --dry-run");
    assert_eq!(said.code, Some(0), "{said}");
    assert!(said.stdout.contains("would ingest 5 sessions"), "{said}");
    assert!(!sandbox.work().join("history").exists());
}

#[test]
fn somebody_must_say_the_system_under_test() {
    let mut sandbox = sandbox();
    let line = "ingest samples/demo/zoo/maxfail/report.json --dry-run --format json";
    let sut = |said: &crate::sandbox::Said| {
        let report: serde_json::Value = serde_json::from_str(&said.stdout).expect("a document");
        report["summary"]["sessions_by_sut"].as_object().expect("a map").keys().next().cloned()
    };
    assert_snapshot!(sandbox.run(line));
    sandbox.write("insight.toml", "sut = 'from-file'\n");
    assert_eq!(sut(&sandbox.run(line)).as_deref(), Some("from-file"));
    sandbox.set("INSIGHT_SUT", "from-variable");
    assert_eq!(sut(&sandbox.run(line)).as_deref(), Some("from-variable"));
    assert_eq!(sut(&sandbox.run(&format!("{line} --sut typed"))).as_deref(), Some("typed"));
    let from_path = format!("{line} --sut typed --sut-from samples/(?P<sut>[a-z]+)/");
    assert_eq!(sut(&sandbox.run(&from_path)).as_deref(), Some("demo"));
}

#[test]
fn paths_tell_systems_apart_and_what_they_do_not_tell_is_named() {
    let sandbox = sandbox();
    let line = "ingest -r samples/demo/zoo samples/demo/formats --sut-from demo/(?P<sut>zoo)/ --tags-from zoo/(?P<case>[^/]+)/";
    assert_snapshot!(sandbox.run(line));
    let sessions = sandbox.run("session list --tag case=maxfail --format csv").stdout;
    assert_eq!(sessions.lines().count(), 2, "{sessions}");
}

#[test]
fn what_became_of_every_file_is_written_where_asked() {
    let sandbox = sandbox();
    let said = sandbox.run("ingest samples/demo/formats/ctrf.json --sut s --quiet --report report.json");
    assert_eq!((said.code, said.stdout.as_str(), said.stderr.as_str()), (Some(0), "", ""));
    let report = fs::read_to_string(sandbox.work().join("report.json")).expect("a report");
    let report: serde_json::Value = serde_json::from_str(&report).expect("a document");
    assert_eq!(report["schema"], "insight.ingest/1");
    assert_snapshot!(
        "report_nowhere",
        sandbox.run("ingest samples/demo/formats/ctrf.json --sut s --quiet --report no/where")
    );
}

#[test]
fn nothing_found_is_no_success() {
    let sandbox = sandbox();
    sandbox.write("empty/notes.txt", "nothing here\n");
    assert_snapshot!(sandbox.run("ingest -r empty --sut s"));
}

#[test]
fn secrets_are_masked_unless_the_user_insists() {
    let sandbox = sandbox();
    let token = format!("ghp_{}", "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5");
    let log = format!(
        "============================= test session starts ==============================\ncollected 1 item\n\n\
         test_a.py F                                                              [100%]\n\n\
         =================================== FAILURES ===================================\n\
         ____________________________________ test_b ____________________________________\n\n\
         E   AssertionError: {token}\n\ntest_a.py:3: AssertionError\n\
         =========================== short test summary info ============================\n\
         FAILED test_a.py::test_b - AssertionError\n\
         ============================== 1 failed in 0.12s ===============================\n"
    );
    sandbox.write("a.log", &log);
    let said = sandbox.run("ingest a.log --sut s");
    assert!(said.stdout.contains("masked "), "{said}");
    assert!(!sandbox.run("session show latest --verbose").stdout.contains(&token));
    sandbox.write("b.log", log.replace("0.12s", "0.13s"));
    assert!(!sandbox.run("ingest b.log --sut s --no-redact --history other").stdout.contains("masked "));
    assert!(sandbox.run("session show latest --history other").stdout.contains(&token));
}

#[test]
fn files_of_one_run_become_one_session() {
    let sandbox = sandbox();
    assert_snapshot!(sandbox.run("ingest -r samples/demo/formats --sut s --tz UTC"));
    let joined = sandbox.run("session show latest --format json").stdout;
    let joined: serde_json::Value = serde_json::from_str(&joined).expect("a document");
    assert_eq!(joined["sessions"][0]["source"].as_array().map(Vec::len), Some(5));
    let apart = sandbox.run("ingest -r samples/demo/formats --sut s --tz UTC --group-by none --dry-run");
    assert!(apart.stdout.contains("would ingest 5 sessions"), "{apart}");
}

#[test]
fn the_history_knows_node_ids_that_a_report_does_not_carry() {
    let sandbox = sandbox();
    let lines = ["setup", "call", "teardown"].map(|when| {
        format!(
            r#"{{"nodeid": "pkg/sub.dir/checks.py::test_a", "when": "{when}", "outcome": "passed", "duration": 0.5, "$report_type": "TestReport"}}"#
        )
    });
    let log = format!(
        "{{\"pytest_version\": \"9.2.0\", \"$report_type\": \"SessionStart\"}}\n{}\n{{\"exitstatus\": 0, \"$report_type\": \"SessionFinish\"}}\n",
        lines.join("\n")
    );
    let junit = "<testsuite name=\"pytest\" tests=\"1\" errors=\"0\" failures=\"0\" timestamp=\"2026-11-22T08:00:00+00:00\">\
                 <testcase classname=\"pkg.sub.dir.checks\" name=\"test_a\" time=\"0.1\"/></testsuite>";
    sandbox.write("log.jsonl", log);
    sandbox.write("junit.xml", junit);
    let ids = |history: &str| {
        let shown = sandbox.run(&format!("session show latest --history {history} --format json")).stdout;
        let shown: serde_json::Value = serde_json::from_str(&shown).expect("a document");
        let result = &shown["sessions"][0]["test_results"][0];
        (result["nodeid"].clone(), result["nodeid_certainty"].clone())
    };
    assert!(sandbox.run("ingest junit.xml --sut s --history alone").stdout.contains("ingested"));
    assert_eq!(ids("alone"), ("pkg/sub/dir/checks.py::test_a".into(), "inferred".into()));
    assert!(sandbox.run("ingest log.jsonl --sut s --history both").stdout.contains("ingested"));
    assert!(sandbox.run("ingest junit.xml --sut s --history both").stdout.contains("ingested"));
    assert_eq!(ids("both"), ("pkg/sub.dir/checks.py::test_a".into(), "exact".into()));
}

#[test]
fn a_run_that_lacks_what_is_expected_is_not_complete() {
    let sandbox = sandbox();
    let line = "ingest samples/demo/zoo/maxfail/report.json --sut s --format json";
    let incomplete = |said: &crate::sandbox::Said| {
        let report: serde_json::Value = serde_json::from_str(&said.stdout).expect("a document");
        report["summary"]["sessions_incomplete"].as_u64()
    };
    sandbox.write("expected.txt", "test_outcomes.py::test_pass\ntest_outcomes.py::test_missing\n\n2 tests collected\n");
    assert_eq!(incomplete(&sandbox.run(&format!("{line} --dry-run"))), Some(0));
    assert_eq!(incomplete(&sandbox.run(&format!("{line} --expect-tests expected.txt"))), Some(1));
    sandbox.write("empty.txt", "nothing\n");
    assert_snapshot!("expected_nothing", sandbox.run(&format!("{line} --expect-tests empty.txt")));
}

#[test]
fn what_kept_a_file_out_comes_with_what_to_do() {
    let sandbox = Sandbox::new();
    let history = "--history history";
    assert_snapshot!("a_directory", sandbox.run(&format!("ingest samples/demo/zoo --sut s {history}")));
    let line = format!("ingest samples/demo/zoo/broken/junit.xml --sut-from 'nowhere/(?P<sut>x)' {history}");
    assert_snapshot!("no_system", sandbox.run(&line));
    // Nothing was read before the report turned out to have no place.
    let said = sandbox.run(&format!("ingest samples/demo/zoo/broken/junit.xml --sut s --report no/where {history}"));
    assert!(said.code != Some(0) && said.stdout.is_empty(), "{said}");
    assert_snapshot!("no_backup", sandbox.run(&format!("history restore nowhere {history}")));
}
