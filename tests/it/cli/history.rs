//! What is in a history: `session`, `sut` and `history`.

use insta::assert_snapshot;

use crate::sandbox::Sandbox;

/// Returns a sandbox whose history holds the demo samples, each under the name of its folder.
fn with_history() -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.set("INSIGHT_HISTORY", "history");
    for sut in ["click", "formats", "zoo"] {
        let said = sandbox
            .run(&format!("ingest -r samples/demo/{sut} --sut {sut} --tz UTC --tag suite={sut} --group-by none"));
        assert_eq!(said.code, Some(0), "{said}");
    }
    sandbox
}

#[test]
fn sessions_in_every_format() {
    let sandbox = with_history();
    for format in ["table", "json", "jsonl", "csv", "markdown"] {
        assert_snapshot!(
            format!("session_list_{format}"),
            sandbox.run(&format!("session list --sut zoo --format {format}"))
        );
    }
}

#[test]
fn lists_keep_within_the_width() {
    let mut sandbox = with_history();
    sandbox.set("COLUMNS", "60");
    let said = sandbox.run("session list");
    assert!(said.stdout.lines().all(|line| line.chars().count() <= 60), "{said}");
    assert_snapshot!(said);
}

#[test]
fn histories_by_system_under_test() {
    let sandbox = with_history();
    assert_snapshot!(sandbox.run("history list --by-sut --time 2026-11-22"));
}

#[test]
fn filters_and_limits() {
    let sandbox = with_history();
    assert_snapshot!("limit", sandbox.run("session list --limit 2 --utc"));
    assert_snapshot!("tag", sandbox.run("session list --tag suite=click --format csv"));
    assert_snapshot!("window", sandbox.run("history list --time ..2026-11-22T08:00"));
    assert_snapshot!("nothing", sandbox.run("history list --time 2025-01-01"));
}

#[test]
fn lists_in_any_order() {
    let sandbox = with_history();
    let answers = |command: &str, orders: &[&str]| {
        let answer = |order| format!("{order}\n{}", sandbox.run(&format!("{command} --sort {order} --limit 3 --utc")));
        orders.iter().map(answer).collect::<Vec<_>>().join("\n")
    };
    let orders = ["newest", "oldest", "duration", "tests", "failures", "pass-rate"];
    assert_snapshot!("session_orders", answers("session list --sut zoo --sut click", &orders));
    let orders = ["name", "newest", "sessions", "failures", "pass-rate"];
    assert_snapshot!("sut_orders", answers("sut list --outcome failed", &orders));
}

#[test]
fn systems_under_test_in_every_format() {
    let sandbox = with_history();
    for format in ["table", "json", "jsonl", "csv", "markdown"] {
        assert_snapshot!(format!("sut_list_{format}"), sandbox.run(&format!("sut list --format {format}")));
    }
}

#[test]
fn a_session_by_any_beginning_of_its_name() {
    let sandbox = with_history();
    let whole = sandbox.run("session show 20261122T083905Z-64f6e66741719d0b").stdout;
    for name in ["64f6", "64F6E66741719D0B", "20261122T083905"] {
        assert_eq!(sandbox.run(&format!("session show {name}")).stdout, whole);
    }
    assert_snapshot!(whole);
}

#[test]
fn the_latest_session_of_a_system() {
    let sandbox = with_history();
    let said = sandbox.run("session show latest --sut zoo --time 2026-11-22");
    assert!(said.stdout.starts_with("Session 20261122T083905Z-64f6e66741719d0b\n"), "{said}");
}

#[test]
fn a_stored_session_is_the_parsed_one() {
    let sandbox = with_history();
    let document = |line: &str| {
        let said = sandbox.run(line);
        let mut document: serde_json::Value = serde_json::from_str(&said.stdout).expect("a document");
        for key in ["sut_name", "tags"] {
            document["sessions"][0][key].take();
        }
        document["diagnostics"].take();
        document
    };
    let rows = [
        ("18a4784c", "zoo/broken/junit.xml"),
        ("64f6e667", "zoo/maxfail/report.json"),
        ("e800f33e", "formats/report-log.jsonl"),
        ("c619e584", "formats/ctrf.json"),
        ("3b2bd455", "zoo/reruns/terminal.log"),
    ];
    for (id, path) in rows {
        let parsed = document(&format!("parse --tz UTC samples/demo/{path}"));
        let stored = document(&format!("session show {id} --format json"));
        assert_eq!(stored, parsed, "{path}");
    }
}

#[test]
fn wrong_names_are_met_with_near_ones() {
    let sandbox = with_history();
    assert_snapshot!("sut", sandbox.run("session list --sut clik"));
    assert_snapshot!("session", sandbox.run("session show 64f7"));
    assert_snapshot!("ambiguous", sandbox.run("session show 2026"));
}

#[test]
fn no_history_is_a_clear_error() {
    let mut sandbox = Sandbox::new();
    assert_snapshot!("nowhere", sandbox.run("session list"));
    assert_snapshot!("absent", sandbox.run("session list --history nowhere"));
    assert_snapshot!("no_history", sandbox.run("sut list --history samples"));
    sandbox.set("INSIGHT_HISTORY", "elsewhere");
    assert_snapshot!("named_by_variable", sandbox.run("history list"));
    sandbox.write("insight.toml", "histroy = 'h'\n");
    assert_snapshot!("bad_configuration", sandbox.run("history list"));
}

#[cfg(unix)]
#[test]
fn a_reader_that_has_heard_enough_is_no_error() {
    let sandbox = with_history();
    let said = sandbox.run_script("insight session list --format jsonl | head -1 > /dev/null; echo ${PIPESTATUS[0]}");
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("0\n", ""));
}
