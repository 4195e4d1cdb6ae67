//! `insight history check | compact | prune | stats | export | import | backup | restore`.

use std::fs;
use std::path::Path;

use insta::{Settings, assert_snapshot};

use crate::sandbox::{Said, Sandbox};

/// Returns a sandbox whose history holds the demo samples.
fn with_history() -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.set("INSIGHT_HISTORY", "history");
    for sut in ["click", "zoo"] {
        let said = sandbox.run(&format!("ingest -r samples/demo/{sut} --sut {sut} --tz UTC --tag suite={sut}"));
        assert_eq!(said.code, Some(0), "{said}");
    }
    sandbox
}

/// Compares what a command said, but for sizes, which are the business of the compressor.
fn assert_said(name: &str, said: &Said) {
    let mut settings = Settings::clone_current();
    settings.add_filter(r"\b[0-9.]+ (B|kB|MB)\b", "[SIZE]");
    settings.add_filter(
        r#""(bytes|bytes_before|bytes_after|estimated_bytes|leftover_bytes)": [0-9]+"#,
        r#""$1": "[BYTES]""#,
    );
    settings.bind(|| assert_snapshot!(name.to_owned(), said));
}

fn done(sandbox: &Sandbox, line: &str) -> Said {
    let said = sandbox.run(line);
    assert_eq!(said.code, Some(0), "{line}: {said}");
    said
}

#[test]
fn what_a_history_holds() {
    let sandbox = with_history();
    assert_said("stats", &done(&sandbox, "history stats --utc"));
    assert_said("stats_json", &done(&sandbox, "history stats --format json"));
    assert_said("stats_nowhere", &sandbox.run("history stats --history nowhere"));
}

#[test]
fn a_check_names_what_is_not_as_it_was_written() {
    let sandbox = with_history();
    assert_said("check_sound", &done(&sandbox, "history check"));
    let results = sandbox.work().join("history/record=result");
    let file = fs::read_dir(results).expect("a directory").next().expect("a file").expect("an entry").path();
    fs::write(&file, b"no Parquet").expect("damage");
    let said = sandbox.run("history check --format json");
    assert_eq!(said.code, Some(1), "{said}");
    let report: serde_json::Value = serde_json::from_str(&said.stdout).expect("a document");
    assert_eq!(report["sound"], false);
    let kinds: Vec<&str> =
        report["problems"].as_array().expect("a list").iter().filter_map(|problem| problem["kind"].as_str()).collect();
    assert!(kinds.contains(&"unreadable") && kinds.contains(&"incomplete"), "{said}");
    assert!(said.stderr.contains("restore"), "{said}");
}

#[test]
fn small_files_become_large_ones_and_every_answer_stays() {
    let sandbox = with_history();
    let before = done(&sandbox, "history export").stdout;
    assert_said("compact", &done(&sandbox, "history compact"));
    assert_said("compact_again", &done(&sandbox, "history compact"));
    assert!(done(&sandbox, "history export").stdout == before, "a compaction changed what the history holds");
    assert_said("compact_nowhere", &sandbox.run("history compact --history nowhere"));
    assert!(!sandbox.work().join("nowhere").exists(), "a command that adds nothing makes no history");
}

#[test]
fn a_prune_is_planned_first_and_leaves_the_sessions_listed() {
    let sandbox = with_history();
    assert_said("prune_odd_age", &sandbox.run("history prune --older-than 2026-01-01..2026-02-01"));
    assert_said("prune_without_rules", &sandbox.run("history prune"));
    assert_said("prune_plan", &done(&sandbox, "history prune --keep 1 --dry-run --utc"));
    let listed = done(&sandbox, "session list --utc --format csv").stdout;
    assert_said("prune", &done(&sandbox, "history prune --keep 1 --utc"));
    assert_said("prune_again", &done(&sandbox, "history prune --keep 1 --utc"));
    assert_eq!(done(&sandbox, "session list --utc --format csv").stdout, listed);
    assert_said("days", &done(&sandbox, "test days --sut zoo --limit 5"));
    assert_said(
        "days_csv",
        &done(&sandbox, "test days --nodeid *test_chain.py* --time 2026-11-22 --utc --limit 3 --format csv"),
    );
    assert_said("days_json", &done(&sandbox, "test days --sut zoo --nodeid *test_ok* --limit 1 --format json"));
    assert_said("no_days", &done(&sandbox, "test days --sut zoo --time 2025-01-01"));
    assert_said("pruned_stats", &done(&sandbox, "history stats --utc"));
    let oldest = listed.lines().last().and_then(|line| line.split(',').next()).expect("a session").to_owned();
    assert_said("pruned_session", &done(&sandbox, &format!("session show {oldest} --utc")));
    assert_said(
        "prune_by_age",
        &done(&sandbox, "history prune --older-than 2026-11-22T08:40 --dry-run --format csv --utc"),
    );
    assert_said("prune_by_size", &done(&sandbox, "history prune --max-size 1kB --dry-run --format json"));
}

#[test]
fn an_export_makes_the_same_history_elsewhere() {
    let sandbox = with_history();
    assert_said("export_help", &sandbox.run("history export --help"));
    let export = sandbox.run("history export -o export.jsonl");
    assert_said("export", &export);
    assert_said("export_again", &sandbox.run("history export -o export.jsonl"));
    assert_said("import", &done(&sandbox, "history import export.jsonl --history copy"));
    assert_said("import_again", &done(&sandbox, "history import export.jsonl --history copy"));
    let exported = fs::read_to_string(sandbox.work().join("export.jsonl")).expect("the export");
    assert!(done(&sandbox, "history export --history copy").stdout == exported, "the copy is not the same");
    for line in ["session list --utc --format csv", "sut list --format json"] {
        let (here, there) = (done(&sandbox, line), done(&sandbox, &format!("{line} --history copy")));
        assert_eq!(here.stdout, there.stdout);
    }
}

#[test]
fn an_export_is_the_same_in_a_file_and_in_a_pipe() {
    let sandbox = with_history();
    // What a terminal would obey is data: an escape, a delete, a C1 control character.
    let report = "{\"$report_type\": \"SessionStart\"}\n{\"nodeid\": \"t.py::t\", \"location\": [\"t.py\", 1, \"t\"], \"keywords\": {}, \
        \"outcome\": \"failed\", \"longrepr\": \"\\u001b[31mred\\u007f\\u009b1m\", \"when\": \"call\", \"sections\": [], \"duration\": 1.0, \
        \"$report_type\": \"TestReport\"}\n";
    sandbox.write("colours.jsonl", report);
    let _ = done(&sandbox, "ingest colours.jsonl --sut colours");
    for format in ["jsonl", "csv"] {
        let piped = done(&sandbox, &format!("history export --format {format}")).stdout;
        let _ = done(&sandbox, &format!("history export --format {format} -o export.{format}"));
        let filed = fs::read_to_string(sandbox.work().join(format!("export.{format}"))).expect("the export");
        assert!(piped == filed, "{format} differs");
    }
    let records = done(&sandbox, "session show latest --sut colours --format csv").stdout;
    assert!(records.contains("\u{1b}[31mred\u{7f}\u{9b}1m"), "{records:?}");
}

#[test]
fn pruned_sessions_move_with_what_is_kept_of_them() {
    let sandbox = with_history();
    let _ = done(&sandbox, "history prune --keep 2");
    let exported = done(&sandbox, "history export").stdout;
    assert!(exported.contains(r#""record":"pruned-session""#) && exported.contains(r#""record":"daily-test""#));
    sandbox.write("export.jsonl", &exported);
    for _ in 0..2 {
        let _ = done(&sandbox, "history import export.jsonl --history copy");
        assert!(done(&sandbox, "history export --history copy").stdout == exported, "the copy is not the same");
    }
    let _ = done(&sandbox, "history check --history copy");
}

#[test]
fn a_cut_export_says_so_and_keeps_what_is_whole() {
    let sandbox = with_history();
    let exported = done(&sandbox, "history export").stdout;
    let lines: Vec<&str> = exported.lines().collect();
    let cut = format!("{}\n{}\n{}", lines[0], lines[1], &lines[2][..lines[2].len() / 2]);
    sandbox.write("cut.jsonl", cut);
    assert_said("import_cut", &sandbox.run("history import cut.jsonl --history copy"));
    assert_said("import_no_export", &sandbox.run("history import samples/demo/zoo/broken/junit.xml --history copy"));
    assert_said("import_nothing", &sandbox.run("history import nowhere.jsonl --history copy"));
}

#[test]
fn sessions_of_parse_can_be_imported() {
    let sandbox = with_history();
    let parsed = sandbox.run("parse samples/demo/zoo/broken/junit.xml --format jsonl").stdout;
    let named = parsed.replacen(r#""sut_name":null"#, r#""sut_name":"other""#, 1);
    let said = sandbox.run_with_input("history import - --history copy", named.as_bytes());
    assert_eq!(said.code, Some(0), "{said}");
    assert!(done(&sandbox, "sut list --history copy").stdout.contains("other"));
}

#[test]
fn records_and_plain_files() {
    let sandbox = with_history();
    let csv = done(&sandbox, "history export --format csv --sut zoo").stdout;
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let records: Vec<csv::StringRecord> = reader.records().map(|record| record.expect("a record")).collect();
    assert!(records.len() > 100 && records.iter().all(|record| record.get(1) == Some("zoo")), "{}", records.len());
    assert_said("export_parquet_nowhere", &sandbox.run("history export --format parquet"));
    let _ = done(&sandbox, "history export --format parquet -o files");
    let names = |directory: &Path| {
        let mut names: Vec<String> = fs::read_dir(directory)
            .expect("a directory")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    };
    let files = ["daily_tests.parquet", "output_fields.parquet", "sessions.parquet", "test_results.parquet"];
    assert_eq!(names(&sandbox.work().join("files")), files);
    assert_eq!(sandbox.run("history export --format parquet -o files").code, Some(4));
}

#[test]
fn a_backup_is_a_history_and_comes_back() {
    let sandbox = with_history();
    assert_said("backup", &done(&sandbox, "history backup safe/today"));
    assert_said("backup_again", &sandbox.run("history backup safe/today"));
    assert_said("restore_over", &sandbox.run("history restore safe/today"));
    let before = done(&sandbox, "history export").stdout;
    fs::remove_dir_all(sandbox.work().join("history")).expect("a loss");
    let _ = done(&sandbox, "history restore safe/today");
    assert!(done(&sandbox, "history export").stdout == before, "what came back is not what was there");
}
