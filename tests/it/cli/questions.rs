//! What one asks of a history: `sut`, `session`, `test` and `analytics`, over a history with planted troubles.

use std::path::Path;
use std::sync::OnceLock;

use chrono::{DateTime, Utc};
use insight::analysis::synthetic::SyntheticHistory;
use insight::store::{Access, HistoryStore};
use insta::assert_snapshot;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::sandbox::{Said, Sandbox};

/// Two systems of thirty sessions, with a little of every trouble.
fn synthetic() -> SyntheticHistory {
    SyntheticHistory {
        suts: 2,
        sessions: 30,
        tests: 40,
        flaky: 0.08,
        regressed: 0.06,
        slower: 0.06,
        ..SyntheticHistory::default()
    }
}

/// Writes the history, a commit for every `batch` sessions.
fn write(directory: &Path, batch: usize) -> HistoryStore {
    let now: DateTime<Utc> = "2026-02-01T00:00:00Z".parse().expect("a time");
    let mut store = HistoryStore::open(directory, Access::Write).expect("a history");
    let sessions: Vec<_> = synthetic().sessions().collect();
    for sessions in sessions.chunks(batch) {
        store.append(sessions.to_vec(), now).expect("an append");
    }
    store
}

/// Returns a sandbox beside the history, which all tests share.
fn with_history() -> Sandbox {
    static HISTORY: OnceLock<TempDir> = OnceLock::new();
    let directory = HISTORY.get_or_init(|| {
        let directory = TempDir::new().expect("a temporary directory");
        drop(write(&directory.path().join("history"), 20));
        directory
    });
    let mut sandbox = Sandbox::new();
    sandbox.set("INSIGHT_HISTORY", &directory.path().join("history").display().to_string());
    sandbox
}

/// Every question, with its name.
const QUESTIONS: [(&str, &str); 19] = [
    ("summary", "analytics summary --limit 2"),
    ("sut_show", "sut show service-00 --limit 2"),
    ("sut_compare", "sut compare service-00 service-01 --limit 2"),
    ("sut_analyze", "sut analyze service-01 --time 2026-01-02..2026-01-03"),
    ("session_compare", "session compare --sut service-00 --limit 3"),
    ("periods", "analytics compare --mode period --base 2026-01-01 --target 2026-01-02..2026-01-03 --limit 2"),
    ("pass_rate", "analytics analyze --sut service-00"),
    ("duration", "analytics analyze --metric duration --limit 2"),
    ("health", "analytics analyze --metric health"),
    ("co_failures", "analytics analyze --metric co-failures"),
    ("failures", "analytics failures --limit 2"),
    ("flaky", "analytics flaky --limit 3"),
    ("regressions", "analytics regressions --limit 3"),
    ("slow", "analytics slow --limit 2"),
    ("test_list", "test list --sort pass-rate --limit 3"),
    ("test_show", "test show test_behaviour_000003 --limit 3"),
    ("test_history", "test history test_behaviour_000003 --limit 3 --outcome failed"),
    ("test_trends", "test trends --sessions 20 --limit 6"),
    ("sessions_with", "session list --outcome rerun --sut service-00 --limit 3"),
];

#[test]
fn every_question_in_every_format() {
    let sandbox = with_history();
    for (name, line) in QUESTIONS {
        for format in ["table", "json", "jsonl", "csv", "markdown"] {
            let said = sandbox.run(&format!("{line} --utc --format {format}"));
            assert_eq!(said.code, Some(0), "{said}");
            assert_snapshot!(format!("ask_{name}_{format}"), said);
        }
    }
}

#[test]
fn pages_keep_within_the_width() {
    let mut sandbox = with_history();
    for width in [80, 100, 132] {
        sandbox.set("COLUMNS", &width.to_string());
        for (_, line) in QUESTIONS {
            let said = sandbox.run(&format!("{line} --utc"));
            // Sentences wrap in the terminal; the rows of a table must not.
            let rows = said
                .stdout
                .lines()
                .filter(|line| line.contains("::") && !line.starts_with("  ") && !line.contains(" is now "));
            let wide: Vec<&str> = rows.filter(|line| line.chars().count() > width).collect();
            assert_eq!(wide, Vec::<&str>::new(), "{line} at {width}");
        }
    }
}

#[test]
fn json_answers_state_their_schema_and_what_they_rest_on() {
    let sandbox = with_history();
    for (name, line) in QUESTIONS {
        let said = sandbox.run(&format!("{line} --format json"));
        let document: serde_json::Value = serde_json::from_str(&said.stdout).expect("a document");
        assert!(document["schema"].as_str().is_some_and(|schema| schema.starts_with("insight.")), "{name}");
        let scope = [&document["scope"]["sessions"], &document["base"]["scope"]["sessions"], &document["matching"]];
        assert!(scope.iter().any(|sessions| sessions.is_u64()), "{name}");
    }
}

#[test]
fn answers_are_the_same_after_compaction() {
    let directory = TempDir::new().expect("a temporary directory");
    let mut sandbox = Sandbox::new();
    let history = directory.path().join("history");
    sandbox.set("INSIGHT_HISTORY", &history.display().to_string());
    let mut store = write(&history, 7);
    let answers = |sandbox: &Sandbox| -> Vec<String> {
        QUESTIONS.iter().map(|(_, line)| sandbox.run(&format!("{line} --format json")).stdout).collect()
    };
    let before = answers(&sandbox);
    store.compact().expect("a compaction");
    drop(store);
    assert_eq!(answers(&sandbox), before);
    let shared = with_history();
    assert_eq!(answers(&shared), before, "and however the sessions came in");
}

#[test]
fn filters_narrow_every_question() {
    let sandbox = with_history();
    let count = |line: &str| {
        let document: serde_json::Value = serde_json::from_str(&sandbox.run(line).stdout).expect("a document");
        (document["scope"]["sessions"].as_u64(), document["scope"]["tests"].as_u64())
    };
    assert_eq!(count("test list --format json"), (Some(60), Some(82)));
    assert_eq!(count("test list --format json --sut service-00"), (Some(30), Some(40)));
    assert_eq!(count("test list --format json --time 2026-01-01 --utc"), (Some(24), Some(80)));
    assert_eq!(count("test list --format json --branch main --tag branch=main"), (Some(60), Some(82)));
    assert_eq!(count("test list --format json --branch other"), (Some(0), Some(0)));
    assert_eq!(count("test list --format json --nodeid *_00000?[a-1]"), (Some(60), Some(20)));
    assert_eq!(count("test list --format json --regex _00000[12]"), (Some(60), Some(4)));
    let failing = count("test list --format json --outcome failed").1;
    assert!(failing.is_some_and(|tests| (1..80).contains(&tests)), "{failing:?}");
    let timeouts = count("test list --format json --text timeouterror").1;
    assert!(timeouts < failing && timeouts > Some(0), "{timeouts:?} of {failing:?}");
    let slow = count("test list --format json --min-duration 100ms").1;
    assert!(slow.is_some_and(|tests| (1..80).contains(&tests)), "{slow:?}");
}

#[test]
fn names_that_are_not_quite_right() {
    let sandbox = with_history();
    assert_snapshot!("ask_wrong_sut", sandbox.run("analytics flaky --sut service-0"));
    assert_snapshot!("ask_wrong_test", sandbox.run("test show test_behavior_000001"));
    assert_snapshot!("ask_ambiguous_test", sandbox.run("test show test_behaviour_00000"));
    assert_snapshot!("ask_too_far_back", sandbox.run("session compare latest~31 latest --sut service-00"));
    assert_snapshot!("ask_wrong_gate", sandbox.run("analytics summary --fail-on failures"));
    assert_snapshot!("ask_no_base", sandbox.run("analytics compare --mode sut --target service-00"));
}

fn gate(sandbox: &Sandbox, line: &str) -> (Option<i32>, String) {
    let Said { code, stderr, .. } = sandbox.run(line);
    (code, stderr.lines().find(|line| line.starts_with("error")).unwrap_or_default().to_owned())
}

#[test]
fn gates_close_with_exit_code_1_and_say_why() {
    let sandbox = with_history();
    assert_snapshot!(
        "gates",
        sandbox.run("analytics summary --limit 1 --fail-on regressions --fail-on flaky,pass-rate<99%")
    );
    assert_eq!(gate(&sandbox, "analytics summary --fail-on pass-rate<10%"), (Some(0), String::new()));
    let (code, why) = gate(&sandbox, "session compare latest~29 latest --sut service-00 --fail-on new-failures");
    assert_eq!(code, Some(1), "{why}");
    assert!(why.contains("gate new-failures says no"), "{why}");
    let (code, why) = gate(&sandbox, "analytics analyze --time 2025-01-01 --fail-on pass-rate<1%");
    assert_eq!((code, why.contains("not known")), (Some(1), true), "{why}");
    assert_eq!(gate(&sandbox, "sut compare service-00 service-00 --fail-on new-failures,regressions").0, Some(0));
    // Quiet silences the list of tests, and neither the answer nor the reason.
    let quiet = sandbox.run("analytics summary --quiet --fail-on flaky");
    assert!(quiet.stderr.starts_with("error: gate flaky says no") && quiet.stderr.lines().count() == 1, "{quiet}");
}

#[test]
fn every_command_teaches_with_an_example() {
    let sandbox = Sandbox::new();
    let commands = [
        "sut list",
        "sut show",
        "sut compare",
        "sut analyze",
        "session list",
        "session show",
        "session compare",
        "test list",
        "test show",
        "test history",
        "test trends",
        "history list",
        "analytics summary",
        "analytics compare",
        "analytics analyze",
        "analytics failures",
        "analytics flaky",
        "analytics regressions",
        "analytics slow",
        "sql",
    ];
    for command in commands {
        let help = sandbox.run(&format!("{command} --help")).stdout;
        assert!(help.contains(&format!("\n  insight {command}")), "{command}: {help}");
    }
    assert_snapshot!("help_flaky", sandbox.run("analytics flaky --help"));
}

#[test]
fn the_first_session_has_nothing_to_be_compared_with() {
    let mut sandbox = Sandbox::new();
    sandbox.set("INSIGHT_HISTORY", "history");
    let said = sandbox.run("ingest samples/demo/zoo/broken/junit.xml --sut zoo");
    assert_eq!(said.code, Some(0), "{said}");
    assert_snapshot!("first_session", sandbox.run("session compare --sut zoo --fail-on new-failures"));
    let answer: Value = serde_json::from_str(&sandbox.run("session compare --sut zoo --format json").stdout).unwrap();
    assert_eq!((&answer["base"]["scope"]["sessions"], &answer["target"]["scope"]["sessions"]), (&json!(0), &json!(1)));
}
