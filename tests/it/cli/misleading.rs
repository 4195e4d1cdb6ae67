//! Answers that would mislead: of parts taken for the whole, of what is gone, of other tests than those asked for.

use std::fmt::Write as _;

use crate::sandbox::{Said, Sandbox};

/// Returns a report of one day, with each test's name and whether it failed.
fn report(day: u32, tests: &[(&str, bool)]) -> String {
    let failed = tests.iter().filter(|(_, failed)| *failed).count();
    let mut report = format!(
        "<testsuites><testsuite name=\"pytest\" errors=\"0\" failures=\"{failed}\" skipped=\"0\" tests=\"{}\" time=\"1.0\" \
         timestamp=\"2026-11-{day:02}T08:00:00+00:00\" hostname=\"ci\">",
        tests.len()
    );
    for (name, failed) in tests {
        let failure = if *failed { "<failure message=\"assert 0\">assert 0</failure>" } else { "" };
        let _ = write!(report, "<testcase classname=\"t\" name=\"{name}\" time=\"0.1\">{failure}</testcase>");
    }
    report + "</testsuite></testsuites>\n"
}

/// Returns a sandbox whose history has a session a day, from the 11th on, under the system `k`.
fn with_days(days: &[&[(&str, bool)]]) -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.set("INSIGHT_HISTORY", "history");
    for (day, tests) in (11..).zip(days) {
        sandbox.write("report.xml", report(day, tests));
        let _ = done(&sandbox, &format!("ingest report.xml --sut k --tag day={day}"));
    }
    sandbox
}

fn done(sandbox: &Sandbox, line: &str) -> Said {
    let said = sandbox.run(line);
    assert_eq!(said.code, Some(0), "{line}: {said}");
    said
}

const WHOLE: &[(&str, bool)] = &[("a", false), ("b", false), ("c", false)];
const B_FAILS: &[(&str, bool)] = &[("a", false), ("b", true), ("c", false)];

#[test]
fn a_cut_target_removes_nothing_and_passes_no_gate() {
    let sandbox = with_days(&[WHOLE]);
    let cut = report(12, WHOLE);
    sandbox.write("cut.xml", &cut[..cut.find("name=\"c\"").expect("the last test")]);
    let _ = sandbox.run("ingest cut.xml --sut k");
    let said = sandbox.run("session compare --sut k --format json");
    let answer: serde_json::Value = serde_json::from_str(&said.stdout).expect("a document");
    assert_eq!(answer["differences"].as_array().map(Vec::len).unwrap_or_default(), 0, "{said}");
    for gate in ["new-failures", "regressions", "flaky"] {
        let said = sandbox.run(&format!("session compare --sut k --fail-on {gate}"));
        assert_eq!(said.code, Some(1), "{said}");
        assert!(said.stderr.contains("does not tell of every test"), "{said}");
    }
    assert!(sandbox.run("session compare --sut k --fail-on regressions").stderr.contains("proves no regression"));
    // The same tests in a whole report pass.
    sandbox.write("whole.xml", report(13, WHOLE));
    let _ = done(&sandbox, "ingest whole.xml --sut k");
    let _ = done(&sandbox, "session compare --sut k --fail-on new-failures");
}

#[test]
fn rates_are_of_the_tests_that_were_asked_for() {
    let sandbox = with_days(&[WHOLE, B_FAILS, B_FAILS, B_FAILS]);
    let gate = "--fail-on pass-rate<70%";
    let said = done(&sandbox, &format!("analytics summary --sut k {gate}"));
    assert!(said.stdout.contains("75.0%"), "{said}");
    let said = sandbox.run(&format!("analytics summary --sut k --nodeid *::b {gate}"));
    assert!(said.code == Some(1) && said.stdout.contains("25.0%"), "{said}");
    let _ = done(&sandbox, &format!("session compare --sut k --nodeid *::a {gate}"));
    let said = sandbox.run(&format!("session compare --sut k --nodeid *::b {gate}"));
    assert!(said.code == Some(1) && said.stderr.contains("0 of 1 passed"), "{said}");
    let said = done(&sandbox, "sut show k --nodeid *::b --format json");
    assert!(said.stdout.contains("\"n\": 4") && !said.stdout.contains("\"n\": 12"), "{said}");
    let said = done(&sandbox, "session show latest --sut k --nodeid *::b --format csv");
    assert!(said.stdout.lines().count() == 2 && said.stderr.contains("1 of 3 results"), "{said}");
}

#[test]
fn what_was_pruned_is_unknown_and_not_absent() {
    let sandbox = with_days(&[WHOLE, WHOLE, B_FAILS]);
    let _ = done(&sandbox, "history prune --keep 1");
    let said = sandbox.run("session compare previous latest --sut k --fail-on new-failures");
    assert!(said.code == Some(2) && said.stderr.contains("were pruned"), "{said}");
    let period = "analytics compare --mode period --base 2026-11-11 --target 2026-11-13";
    let said = sandbox.run(&format!("{period} --fail-on new-failures"));
    assert!(said.code == Some(1) && said.stderr.contains("results were pruned"), "{said}");
    assert!(!said.stdout.contains("added"), "{said}");
    let said = done(&sandbox, "test list --sut k --utc");
    assert!(said.stdout.contains("2 sessions: their results were pruned"), "{said}");
    // What they came to as a whole is still known.
    let said = done(&sandbox, "analytics summary --sut k");
    assert!(said.stdout.contains("8 of 9"), "{said}");
}

#[test]
fn words_count_back_from_the_latest_and_previous_from_the_target() {
    let sandbox = with_days(&[WHOLE; 4]);
    let ids = done(&sandbox, "session list --format csv").stdout;
    let ids: Vec<&str> = ids.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    let compared = |words: &str| {
        let said = done(&sandbox, &format!("session compare {words} --sut k"));
        ids.iter().map(|id| said.stdout.contains(&id[17..25])).collect::<Vec<_>>()
    };
    assert_eq!(compared("latest~3 latest~2"), [false, false, true, true]);
    assert_eq!(compared("previous latest~1"), [false, true, true, false]);
    assert_eq!(compared("latest latest~1"), [true, true, false, false]);
}

#[test]
fn filters_that_match_nothing_are_not_taken_for_an_empty_history() {
    let sandbox = with_days(&[WHOLE, WHOLE]);
    let said = sandbox.run("session compare --sut k --time 2020-01-01");
    assert!(said.code == Some(2) && said.stderr.contains("no session matches these filters"), "{said}");
    let said = sandbox.run("session show latest --sut k --nodeid nothing");
    assert!(said.code == Some(2) && said.stderr.contains("no session matches these filters"), "{said}");
    let said = sandbox.run("session list --time 2026-11-12..2026-11-11");
    assert!(said.code == Some(2) && said.stderr.contains("ends before it begins"), "{said}");
    let said = sandbox.run("parse report.xml --rootdir nowhere");
    assert!(said.code == Some(2) && said.stderr.contains("no such directory"), "{said}");
    let both = done(&sandbox, "session list --tag day=11 --tag day=12 --format csv");
    assert_eq!(both.stdout.lines().count(), 3, "{both}");
}

#[test]
fn a_list_for_programs_says_what_it_leaves_out() {
    let sandbox = with_days(&[WHOLE]);
    for format in ["csv", "jsonl"] {
        let said = done(&sandbox, &format!("test list --limit 1 --format {format}"));
        assert!(said.stderr.contains("2 more beyond the limit"), "{said}");
    }
    let said = sandbox.run("analytics flaky --fail-on flaky");
    assert_eq!(said.code, Some(0), "{said}");
}
