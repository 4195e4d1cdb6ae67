//! `insight ingest --on-conflict`: two accounts of one run.

use std::fs;

use insta::assert_snapshot;

use crate::sandbox::{Said, Sandbox};

/// Returns a sandbox with a report, and the same report cut short and told otherwise.
fn sandbox() -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.set("INSIGHT_HISTORY", "history");
    let report =
        fs::read_to_string(sandbox.work().join("samples/demo/click/pytest-6.2.5/junit.xml")).expect("a sample");
    let half = report.len() / 2;
    let cut = &report[..report[..half].rfind("<testcase").expect("a test")];
    sandbox.write("whole.xml", &report);
    sandbox.write("cut.xml", cut);
    sandbox
}

fn ingest(sandbox: &Sandbox, line: &str) -> Said {
    let said = sandbox.run(&format!("ingest --sut s --tz UTC --group-by none {line}"));
    assert_eq!(said.code, Some(0), "{said}");
    said
}

fn sessions(sandbox: &Sandbox) -> Vec<(u64, Option<String>, Option<String>)> {
    let said = sandbox.run("session list --all --format json");
    let list: serde_json::Value = serde_json::from_str(&said.stdout).expect("a document");
    let tag = |session: &serde_json::Value, name: &str| session["tags"][name].as_str().map(str::to_owned);
    let mut sessions: Vec<_> = list["sessions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|session| {
            let tests = session["counts"]["tests"].as_u64().expect("a number");
            (tests, tag(session, "replaces"), tag(session, "conflicts_with"))
        })
        .collect();
    sessions.sort();
    sessions
}

#[test]
fn the_first_account_stays() {
    let sandbox = sandbox();
    let _ = ingest(&sandbox, "whole.xml");
    assert_snapshot!("keep_dry_run", ingest(&sandbox, "cut.xml --dry-run"));
    assert_snapshot!("keep", ingest(&sandbox, "cut.xml"));
    assert_eq!(sessions(&sandbox), [(650, None, None)]);
}

#[test]
fn a_whole_account_takes_the_place_of_a_cut_one_whichever_comes_first() {
    for order in
        [&["cut.xml", "whole.xml"][..], &["whole.xml", "cut.xml"], &["cut.xml whole.xml"], &["whole.xml cut.xml"]]
    {
        let sandbox = sandbox();
        order.iter().for_each(|files| drop(ingest(&sandbox, files)));
        assert_eq!(sessions(&sandbox), [(650, None, None)], "{order:?}");
        // Nothing is left to do.
        let again = ingest(&sandbox, "cut.xml whole.xml");
        assert!(again.stdout.contains("already in history"), "{again}");
        assert_eq!(sessions(&sandbox), [(650, None, None)], "{order:?}");
    }
}

#[test]
fn the_second_account_takes_the_place_of_the_first() {
    let sandbox = sandbox();
    let _ = ingest(&sandbox, "cut.xml");
    assert_snapshot!("replace", ingest(&sandbox, "whole.xml --on-conflict replace"));
    let [(650, Some(_), None)] = &sessions(&sandbox)[..] else { unreachable!("{:?}", sessions(&sandbox)) };
    let check = sandbox.run("history check");
    assert_eq!(check.code, Some(0), "{check}");
    assert_snapshot!("replaced_again", ingest(&sandbox, "whole.xml --on-conflict replace"));
}

#[test]
fn both_accounts_stay() {
    let sandbox = sandbox();
    assert_snapshot!("both", ingest(&sandbox, "whole.xml cut.xml --on-conflict both"));
    let [(_, None, Some(_)), (650, None, None)] = &sessions(&sandbox)[..] else {
        unreachable!("{:?}", sessions(&sandbox))
    };
}

#[test]
fn two_accounts_in_one_call() {
    for (policy, tests) in [("keep", 650), ("replace", 0)] {
        let sandbox = sandbox();
        let said = ingest(&sandbox, &format!("whole.xml cut.xml --format json --on-conflict {policy}"));
        let report: serde_json::Value = serde_json::from_str(&said.stdout).expect("a document");
        assert_eq!(
            (&report["summary"]["sessions_added"], report["summary"]["sessions_in_conflict"] != 0),
            (&1.into(), true)
        );
        let found = sessions(&sandbox);
        assert_eq!(found.len(), 1);
        assert!(if tests == 0 { found[0].0 < 650 } else { found[0].0 == tests }, "{found:?}");
    }
}

#[test]
fn jobs_of_a_matrix_are_no_conflict() {
    let sandbox = sandbox();
    let _ = ingest(&sandbox, "whole.xml --tag ci_job=py311");
    let _ = ingest(&sandbox, "cut.xml --tag ci_job=py312");
    assert_eq!(sessions(&sandbox).len(), 2);
    let other = sandbox.run("ingest cut.xml --sut other --tz UTC --tag ci_job=py311 --on-conflict keep");
    assert!(other.stdout.contains("already in history"), "the same bytes are the same session: {other}");
}
