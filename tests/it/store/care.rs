//! Check, prune, copy: what a history needs over the years.

use std::fs::{self, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;

use chrono::TimeDelta;
use insight::model::TestSession;
use insight::store::{Access, CheckProblem, HistoryStore, PrunePlan, PruneRules, SessionFilter, StoreError};

use super::support::{contents, now, session};

fn filled(location: &Path, count: u64) -> (HistoryStore, Vec<TestSession>) {
    let mut store = HistoryStore::open(location, Access::Write).expect("a new history");
    let sessions: Vec<TestSession> = (0..count).map(|number| session(number, 20)).collect();
    for some in sessions.chunks(4) {
        store.append(some.to_vec(), now()).expect("an append");
    }
    (store, sessions)
}

fn data_files(location: &Path, record: &str) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(location.join(format!("record={record}"))).expect("a directory");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

#[test]
fn a_sound_history_has_no_problems() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut store, _) = filled(directory.path(), 12);
    for _ in 0..2 {
        let report = store.check().expect("a check");
        assert_eq!((report.sessions, report.results, report.problems.len()), (12, 240, 0), "{:?}", report.problems);
        store.compact().expect("a compaction");
    }
}

#[test]
fn damage_is_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let (store, _) = filled(directory.path(), 12);
    let results = data_files(directory.path(), "result");
    fs::remove_file(&results[0]).expect("a removal");
    let mut file = OpenOptions::new().write(true).open(&results[1]).expect("a file");
    file.seek(SeekFrom::Start(60)).expect("a seek");
    file.write_all(&[0xaa; 200]).expect("a write");
    let cut = fs::metadata(&results[2]).expect("a file").len() - 7;
    OpenOptions::new().write(true).open(&results[2]).expect("a file").set_len(cut).expect("a cut");
    let before = contents(directory.path());
    let report = store.check().expect("a check");
    let unreadable = |path: &Path| {
        report
            .problems
            .iter()
            .any(|problem| matches!(problem, CheckProblem::Unreadable { path: found, .. } if found == path))
    };
    assert!(unreadable(&results[0]) && unreadable(&results[1]) && unreadable(&results[2]), "{:?}", report.problems);
    let incomplete =
        report.problems.iter().filter(|problem| matches!(problem, CheckProblem::Incomplete { .. })).count();
    assert_eq!(incomplete, 12, "{:?}", report.problems);
    assert_eq!(contents(directory.path()), before, "a check changes nothing");
}

#[test]
fn pruned_results_are_gone_and_what_they_came_to_stays() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut store, sessions) = filled(directory.path(), 12);
    let rules = PruneRules { older_than: sessions[5].session_start_time, ..PruneRules::default() };
    let before = contents(directory.path());
    let plan = store.plan_prune(&rules).expect("a plan");
    assert_eq!(plan.sessions, sessions[..5].iter().map(|session| session.session_id.clone()).collect::<Vec<_>>());
    assert_eq!(plan.results, 100);
    assert_eq!(contents(directory.path()), before, "a plan changes nothing");
    let result = store.prune(&plan, now()).expect("a prune");
    assert_eq!((result.sessions, result.results), (5, 100));
    assert!(result.bytes_after < result.bytes_before, "{result:?}");
    let summaries = store.session_summaries(&SessionFilter::default()).expect("summaries");
    assert_eq!(summaries.len(), 12, "a pruned session is still listed, with its counts");
    assert!(summaries.iter().all(|summary| summary.counts.tests() == 20));
    for (index, session) in sessions.iter().enumerate() {
        let found = store.session(&session.session_id).expect("a read").expect("the session");
        if index < 5 {
            assert_eq!((found.test_results.len(), found.output_fields.is_empty()), (0, true));
        } else {
            assert_eq!(&found, session);
        }
    }
    let again = store.append(sessions.clone(), now()).expect("an append");
    assert_eq!(again.added, [], "a pruned session is not taken in again");
    let daily = store.daily_tests().expect("aggregates");
    let attempts: u64 = daily.iter().map(|day| day.counts.tests() + day.counts.rerun).sum();
    let expected = sessions[..5].iter().flat_map(|session| &session.test_results);
    assert_eq!(attempts, expected.clone().count() as u64);
    let failed = expected.clone().filter(|result| result.outcome.is_failure()).count() as u64;
    assert_eq!(daily.iter().map(|day| day.counts.failed).sum::<u64>(), failed);
    let time: std::time::Duration = expected.filter_map(|result| result.duration).sum();
    assert_eq!(
        daily.iter().filter_map(|day| day.durations).map(|durations| durations.sum).sum::<std::time::Duration>(),
        time
    );
    let report = store.check().expect("a check");
    assert_eq!(report.problems, []);
    assert_eq!(store.plan_prune(&rules).expect("a plan"), PrunePlan::default(), "there is nothing left to do");
}

#[test]
fn the_newest_of_each_system_are_kept_and_the_size_comes_down() {
    let directory = tempfile::tempdir().expect("a directory");
    let (store, sessions) = filled(directory.path(), 12);
    let keep = store.plan_prune(&PruneRules { keep: Some(3), ..PruneRules::default() }).expect("a plan");
    assert_eq!(keep.sessions, sessions[..3].iter().map(|session| session.session_id.clone()).collect::<Vec<_>>());
    let statistics = store.statistics().expect("statistics");
    let raw: u64 =
        ["result", "output"].iter().filter_map(|name| statistics.record(name)).map(|record| record.bytes).sum();
    let half = store.plan_prune(&PruneRules { max_bytes: Some(raw / 2), ..PruneRules::default() }).expect("a plan");
    assert_eq!(half.sessions.len(), 6);
    let none =
        store.plan_prune(&PruneRules { older_than: Some(now() - TimeDelta::days(4000)), ..PruneRules::default() });
    assert_eq!(none.expect("a plan"), PrunePlan::default());
    assert_eq!(store.plan_prune(&PruneRules::default()).expect("a plan"), PrunePlan::default());
}

#[test]
fn two_prunes_of_one_day_add_up() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut store, sessions) = filled(directory.path(), 8);
    for end in [3, 8] {
        let rules = PruneRules {
            older_than: sessions.get(end).and_then(|session| session.session_start_time).or(Some(now())),
            ..PruneRules::default()
        };
        let plan = store.plan_prune(&rules).expect("a plan");
        store.prune(&plan, now()).expect("a prune");
    }
    store.compact().expect("a compaction");
    let daily = store.daily_tests().expect("aggregates");
    assert_eq!(daily.iter().map(|day| day.counts.tests()).sum::<u64>(), 160);
    assert_eq!(daily.len(), 60, "20 tests of 3 systems on one day");
    assert!(daily.iter().all(|day| day.sessions >= 2));
    assert_eq!(store.check().expect("a check").problems, []);
}

#[test]
fn a_copy_is_the_same_history() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut store, sessions) = filled(&directory.path().join("one"), 8);
    let target = directory.path().join("backup").join("two");
    let report = store.copy_to(&target).expect("a copy");
    assert!(report.files > 0 && report.bytes > 0);
    store.append(vec![session(100, 3)], now()).expect("an append");
    let mut copy = HistoryStore::open(&target, Access::Write).expect("a history");
    assert_eq!(copy.session_summaries(&SessionFilter::default()).expect("summaries").len(), 8);
    for session in &sessions {
        assert_eq!(copy.session(&session.session_id).expect("a read").as_ref(), Some(session));
    }
    assert_eq!(copy.check().expect("a check").problems, []);
    let again = copy.append(sessions, now()).expect("an append");
    assert_eq!((again.added.len(), again.already.len()), (0, 8));
    assert!(matches!(store.copy_to(&target), Err(StoreError::NotEmpty { .. })));
    assert!(matches!(store.copy_to(directory.path()), Err(StoreError::NotEmpty { .. })));
}
