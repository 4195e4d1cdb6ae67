//! Runs that left several files.

use std::collections::BTreeSet;
use std::fs;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::Path;

use insight::ingest::{
    Expected, ExpectedTests, FileOutcome, FileReport, Grouping, IdentityRules, IngestOptions, IngestSummary,
    PathPattern, Undated,
};
use insight::model::TimeSource;

use super::support::{gz, lines, path, read_all, report_log, session_ids, tar, tree, walking, zip};
use crate::support::{entries, project};

fn grouped(grouping: Grouping) -> IngestOptions {
    IngestOptions { grouping, ..walking() }
}

fn by(pattern: &str) -> Grouping {
    Grouping::Path(PathPattern::new(pattern).expect("a pattern"))
}

/// A JUnit report of the tests of [`report_log`] with the same name.
fn junit(name: &str, tests: usize) -> Vec<u8> {
    let cases: String = (0..tests)
        .map(|number| format!("<testcase classname='test_{name}' name='test_{number}' time='0.25'/>"))
        .collect();
    format!("<?xml version='1.0'?><testsuites><testsuite name='pytest' tests='{tests}' time='1.0'>{cases}</testsuite></testsuites>")
        .into_bytes()
}

#[test]
fn the_files_of_every_recorded_run_become_one_session() {
    for folder in entries(&project("samples/runs")).into_iter().filter(|folder| folder.is_dir()) {
        let reports = read_all(vec![path(folder.clone())], &grouped(Grouping::SameRun));
        let mut summary = IngestSummary::default();
        reports.iter().for_each(|report| summary.add(report));
        let known = ["report-log.jsonl", "report.json", "junit.xml", "terminal.log"];
        let files = known.iter().filter(|name| folder.join(name).exists()).count() as u64;
        // There, json-report did not see the end, and says so by a duration that is another run's for all we know.
        let runs = if folder.ends_with("7.4.4-xdist-internalerror") { 2 } else { 1 };
        assert_eq!((summary.files.reports, summary.files.joined), (runs, files - runs), "{}", folder.display());
        assert_eq!(summary.files.unreadable, 0, "{}", folder.display());
    }
}

#[test]
fn a_joined_run_is_named_by_its_files_whatever_they_are_called_and_packed_in() {
    let (log, xml) = (report_log("a", 3), junit("a", 3));
    let root = tree(&[
        ("1/out.jsonl", &log),
        ("1/out.xml", &xml),
        ("2/a.xml", &xml),
        ("2/b.jsonl.gz", &gz(&log)),
        ("3.zip", &zip(&[("x/r.xml", &xml), ("x/s.jsonl", &log)])),
        ("4.tar.gz", &gz(&tar(&[("x/s.jsonl", &log), ("y/other.jsonl", &report_log("z", 1)), ("x/r.xml", &xml)]))),
    ]);
    assert_eq!(
        lines(root.path(), &grouped(Grouping::SameRun)),
        [
            "3.zip!/x/r.xml: tests 3",
            "3.zip!/x/s.jsonl: joined into 1",
            "3.zip: archive of 2",
            "4.tar.gz!/x/s.jsonl: tests 3",
            "4.tar.gz!/y/other.jsonl: tests 1",
            "4.tar.gz!/x/r.xml: joined into 1",
            "4.tar.gz: archive of 3",
            "1/out.jsonl: tests 3",
            "1/out.xml: joined into 1",
            "2/a.xml: tests 3",
            "2/b.jsonl.gz: joined into 1",
        ]
    );
    let reports = read_all(vec![path(root.path().to_owned())], &grouped(Grouping::SameRun));
    let ids: BTreeSet<String> = session_ids(&reports).into_iter().collect();
    assert_eq!(ids.len(), 2, "{ids:?}");
    let reports = read_all(vec![path(root.path().to_owned())], &walking());
    assert_eq!(session_ids(&reports).len(), 9);
}

#[test]
fn runs_that_are_not_the_same_stay_apart() {
    let root = tree(&[
        ("1/out.jsonl", &report_log("a", 3)),
        ("1/out.xml", &junit("b", 3)),
        ("2/a.jsonl", &report_log("a", 3)),
        ("3/a.xml", &junit("a", 3)),
        ("4/x.xml", &junit("a", 3)),
        ("4/y.xml", &junit("a", 3)),
        ("4/z.jsonl", &report_log("a", 3)),
    ]);
    let found = lines(root.path(), &grouped(Grouping::SameRun));
    assert!(found.iter().all(|line| line.ends_with("tests 3")), "{found:#?}");
}

#[test]
fn a_huge_flat_directory_is_joined_in_passing() {
    let mut files = Vec::new();
    for number in 0..150 {
        files.push((format!("run-{number:03}.jsonl"), report_log(&format!("n{number}"), 2)));
        files.push((format!("run-{number:03}.xml"), junit(&format!("n{number}"), 2)));
        files.push((format!("run-{number:03}.txt"), b"nothing".to_vec()));
    }
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
    let root = tree(&files);
    let found = lines(root.path(), &grouped(Grouping::SameRun));
    assert_eq!(found.len(), 450);
    assert_eq!(found.iter().filter(|line| line.ends_with("tests 2")).count(), 150);
    assert_eq!(found.iter().filter(|line| line.ends_with("joined into 1")).count(), 150);
    assert!(found.is_sorted());
}

fn only_run(reports: &[FileReport]) -> (&FileReport, &insight::model::TestSession) {
    let mut runs = reports.iter().filter_map(|report| match &report.outcome {
        FileOutcome::Sessions(sessions) => Some((report, sessions)),
        _ => None,
    });
    let (report, sessions) = runs.next().expect("a run");
    assert!(runs.next().is_none() && sessions.len() == 1, "one run of one session");
    (report, &sessions[0])
}

#[test]
fn shards_are_one_run_and_a_missing_one_never_looks_green() {
    let root = tree(&[
        ("run-7-shard-1/out.jsonl", &report_log("a", 3)),
        ("run-7-shard-1/out.xml", &junit("a", 3)),
        ("run-7-shard-3.zip", &zip(&[("out.jsonl", &report_log("c", 4))])),
        ("other/out.jsonl", &report_log("d", 1)),
    ]);
    let identity = IdentityRules {
        tags_from: vec![PathPattern::with_named_groups("shard-(?P<shard>[0-9]+)").expect("a pattern")],
        ..IdentityRules::default()
    };
    let expecting = |shards: u32| IngestOptions {
        identity: identity.clone(),
        expected: Expected { shards: NonZeroU32::new(shards), tests: None },
        exclude: vec!["other".parse().expect("a pattern")],
        ..grouped(by("run-([0-9]+)"))
    };
    let reports = read_all(vec![path(root.path().to_owned())], &expecting(3));
    let (report, session) = only_run(&reports);
    assert_eq!((session.test_results.len(), session.source.len(), session.complete), (7, 3, false));
    assert_eq!(session.tags.get("shards").map(String::as_str), Some("2/3"));
    let said: Vec<&str> = report.diagnostics.iter().map(|diagnostic| diagnostic.message.as_str()).collect();
    assert!(said.contains(&"2 of 3 shards of the run found; missing: 2"), "{said:?}");

    let reports = read_all(vec![path(root.path().to_owned())], &expecting(2));
    let (report, session) = only_run(&reports);
    assert!(session.complete && report.diagnostics.iter().all(|said| !said.code.starts_with("ingest-")), "{report:?}");
}

#[test]
fn tests_that_never_came_to_an_end_are_named() {
    let root = tree(&[("out.jsonl", &report_log("a", 2))]);
    let list = "test_a.py::test_0\ntest_a.py::test_1\ntest_a.py::test_2\n\n3 tests collected in 0.01s\n";
    let expected = Expected { shards: None, tests: Some(ExpectedTests::parse(list).value) };
    let reports = read_all(vec![path(root.path().to_owned())], &IngestOptions { expected, ..walking() });
    let (report, session) = only_run(&reports);
    assert!(!session.complete);
    assert_eq!(report.diagnostics[0].message, "1 of 3 expected tests have no result: test_a.py::test_2");
}

#[test]
fn a_pattern_brings_runs_together_from_everywhere_in_any_number_of_workers() {
    let mut files = Vec::new();
    for run in 0..6 {
        for shard in 0..4 {
            let log = report_log(&format!("r{run}s{shard}"), shard + 1);
            files.push((format!("shard{shard}/run-{run}.jsonl"), log));
        }
    }
    files.push(("shard1/stray.jsonl".to_owned(), report_log("stray", 9)));
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
    let root = tree(&files);
    let run = |jobs: usize| {
        let jobs = NonZeroUsize::new(jobs).expect("not zero");
        lines(root.path(), &IngestOptions { jobs, ..grouped(by("run-[0-9]+")) })
    };
    let found = run(1);
    assert_eq!(found[0..2], ["shard0/run-0.jsonl: tests 10", "shard1/run-0.jsonl: joined into 1"]);
    assert_eq!(found.iter().filter(|line| line.ends_with("tests 10")).count(), 6);
    assert!(found.contains(&"shard1/stray.jsonl: tests 9".to_owned()));
    assert_eq!(found, run(8));
}

#[test]
fn an_undated_session_is_dated_by_its_file_and_named_by_its_content_alone() {
    let undated =
        b"<testsuite name='pytest' tests='1' time='2.5'><testcase classname='a' name='b' time='2'/></testsuite>";
    let root = tree(&[("a.xml", undated), ("b.xml", undated)]);
    let file = fs::File::options().write(true).open(root.path().join("a.xml")).expect("our own file");
    file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000)).expect("our own file");
    let options = IngestOptions { undated: Undated::ByFileTime, ..walking() };
    let reports = read_all(vec![path(root.path().to_owned())], &options);
    let ids = session_ids(&reports);
    assert!(ids[0].starts_with("undated-") && ids[0] == ids[1], "{ids:?}");
    let FileOutcome::Sessions(sessions) = &reports[0].outcome else { panic!("a session") };
    assert_eq!(sessions[0].time_source, Some(TimeSource::FileMtime));
    let start = sessions[0].session_start_time.expect("a time");
    assert_eq!(start.to_rfc3339(), "2023-11-14T22:13:17.500+00:00");
}

#[test]
fn secrets_leave_in_no_field() {
    let secret = "hunter2hunter2";
    let key = format!("ghp_{}", "aB3xK9zQ7m".repeat(4));
    let text = format!("password='{secret}' {key}");
    let report = format!(
        "<testsuites><testsuite name='pytest' tests='2'><properties><property name='api_key' value='{secret}'/></properties>\
         <testcase classname='test_a' name='test_b[{key}]' time='0.1'><properties><property name='p' value=\"{text}\"/></properties>\
         <failure message=\"{text}\">E   {text}</failure><system-out>{text}</system-out><system-err>{text}</system-err></testcase>\
         <testcase classname='test_a' name='test_c' time='0.1'><skipped type='pytest.skip' message=\"{text}\">{text}</skipped></testcase>\
         </testsuite></testsuites>"
    );
    let log = format!(
        "===== test session starts =====\nplatform linux -- Python 3.12.1, pytest-8.4.2, pluggy-1.6.0\nrootdir: /x\ncollected 1 item\n\n\
         test_a.py F                                                              [100%]\n\n=================================== FAILURES ===================================\n\
         ____________________________________ test_b ____________________________________\n\nE   {text}\n\ntest_a.py:1: AssertionError\n\
         ----------------------------- Captured stdout call -----------------------------\n{text}\n\
         =========================== short test summary info ============================\nFAILED test_a.py::test_b - {text}\n\
         ============================== 1 failed in 0.01s ===============================\n"
    );
    let root = tree(&[("a.xml", report.as_bytes()), ("b.log", log.as_bytes())]);
    let reports = read_all(vec![path(root.path().to_owned())], &walking());
    for report in &reports {
        let shown = format!("{report:?}");
        assert!(matches!(report.outcome, FileOutcome::Sessions(_)), "{shown}");
        assert!(!shown.contains(secret) && !shown.contains(&key), "{shown}");
        assert!(report.redactions["password"] > 1 && report.redactions["github-token"] > 1, "{:?}", report.redactions);
    }
    let kept = read_all(
        vec![path(root.path().to_owned())],
        &IngestOptions { redaction: insight::ingest::Redaction::Off, ..walking() },
    );
    assert!(format!("{kept:?}").contains(&key));
    assert_eq!(session_ids(&kept), session_ids(&reports), "what is masked does not change what a session is called");
    assert!(Path::new(&reports[0].path).is_absolute());
}
