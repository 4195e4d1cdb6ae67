//! A history stays fit however it is used.

use std::fs::{self, File};
use std::time::Duration;

use insight::model::TestSession;
use insight::store::{Access, HistoryStore, SessionFilter};

use super::support::{now, session};

fn assert_holds(store: &HistoryStore, sessions: &[TestSession]) {
    let summaries = store.session_summaries(&SessionFilter::default()).expect("summaries");
    assert_eq!(summaries.len(), sessions.len());
    for session in sessions {
        assert_eq!(store.session(&session.session_id).expect("a read").as_ref(), Some(session));
    }
}

#[test]
fn many_small_appends_leave_few_files_and_a_short_log() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut store = HistoryStore::open(directory.path(), Access::Write).expect("a new history");
    // Not in the order of their time, as artifacts come.
    let sessions: Vec<TestSession> = (0..70).map(|number| session(number * 37 % 70, 5)).collect();
    for session in &sessions {
        let report = store.append(vec![session.clone()], now()).expect("an append");
        assert_eq!(report.added, std::slice::from_ref(&session.session_id));
    }
    let statistics = store.statistics().expect("statistics");
    for (name, rows) in [("session", 70), ("result", 350), ("output", 70)] {
        let record = statistics.record(name).expect("a record");
        assert_eq!(record.rows, rows, "{name}");
        assert!(record.files < 32, "{} files of {name}", record.files);
    }
    assert!(directory.path().join("_delta_log/_last_checkpoint").is_file());
    assert_holds(&HistoryStore::open(directory.path(), Access::Read).expect("a history"), &sessions);
    let report = store.compact().expect("a compaction");
    assert!(report.bytes_after < report.bytes_before, "{report:?}");
    let statistics = store.statistics().expect("statistics");
    assert_eq!(statistics.records.iter().map(|record| record.files).collect::<Vec<_>>(), [1, 1, 1, 0]);
    assert_eq!(statistics.record("result").map(|record| record.rows), Some(350));
    assert_holds(&store, &sessions);
    assert_holds(&HistoryStore::open(directory.path(), Access::Read).expect("a history"), &sessions);
    let again = store.append(sessions.clone(), now()).expect("an append");
    assert_eq!((again.added.len(), again.already.len()), (0, 70));
}

#[test]
fn what_is_no_part_of_the_history_goes_when_nobody_can_need_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut store = HistoryStore::open(directory.path(), Access::Write).expect("a new history");
    let sessions: Vec<TestSession> = (0..3).map(|number| session(number, 5)).collect();
    for session in &sessions {
        store.append(vec![session.clone()], now()).expect("an append");
    }
    let day = Duration::from_secs(25 * 60 * 60);
    let old = directory.path().join("record=result/part-killed-yesterday.parquet");
    let young = directory.path().join("record=result/part-being-written.parquet");
    let mine = directory.path().join("record=result/README.txt");
    let unfinished = directory.path().join("_delta_log/.unfinished-1-1-1");
    for (path, age) in [(&old, day), (&young, Duration::ZERO), (&mine, day), (&unfinished, day)] {
        fs::write(path, "?").expect("a file");
        let file = File::options().write(true).open(path).expect("a file");
        let written = file.metadata().and_then(|metadata| metadata.modified()).expect("a time");
        file.set_modified(written - age).expect("an older file");
    }
    assert_eq!(store.statistics().expect("statistics").leftover_files, 3);
    store.compact().expect("a compaction");
    let there = [&old, &young, &mine, &unfinished].map(|path| path.exists());
    assert_eq!(there, [false, true, true, false]);
    assert_holds(&store, &sessions);
}

#[test]
fn a_reader_of_an_older_version_still_finds_its_files() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut store = HistoryStore::open(directory.path(), Access::Write).expect("a new history");
    let sessions: Vec<TestSession> = (0..6).map(|number| session(number, 5)).collect();
    for session in &sessions[..3] {
        store.append(vec![session.clone()], now()).expect("an append");
    }
    let reader = HistoryStore::open(directory.path(), Access::Read).expect("a history");
    for session in &sessions[3..] {
        store.append(vec![session.clone()], now()).expect("an append");
    }
    store.compact().expect("a compaction");
    assert_holds(&reader, &sessions[..3]);
    assert_holds(&store, &sessions);
}
