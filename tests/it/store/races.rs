//! Many writers, and writers that are killed.
//!
//! The writers are processes of their own: this test binary, called again with [`WORKER`] in its environment.

use std::collections::HashSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use insight::model::{SessionId, TestSession};
use insight::store::{Access, HistoryStore, SessionFilter};

use super::support::{now, session};

/// Set for a process that is a writer: the history, and what it puts there.
const WORKER: &str = "INSIGHT_TEST_STORE_WORKER";
/// How many results each session has.
const RESULTS: usize = 20;

fn sessions(count: u64) -> Vec<TestSession> {
    (0..count).map(|number| session(number, RESULTS)).collect()
}

/// Not a test of its own: what a writer does, when the tests below start one.
#[test]
#[expect(clippy::disallowed_methods, reason = "the task of a process that this binary starts of itself")]
fn worker() {
    let Ok(task) = std::env::var(WORKER) else { return };
    let (count, task) = task.split_once(' ').expect("a number of sessions");
    let (chunk, location) = task.split_once(' ').expect("a number of sessions at once, and a path");
    let count: u64 = count.parse().expect("a number");
    let chunk: usize = chunk.parse().expect("a number");
    let mut store = HistoryStore::open(Path::new(location), Access::Write).expect("a history");
    for some in sessions(count).chunks(chunk) {
        store.append(some.to_vec(), now()).expect("an append");
    }
}

fn start(location: &Path, count: u64, chunk: usize) -> Child {
    Command::new(std::env::current_exe().expect("this binary"))
        .args(["--exact", "store::races::worker", "--nocapture"])
        .env(WORKER, format!("{count} {chunk} {}", location.display()))
        .stdout(Stdio::null())
        .spawn()
        .expect("a process")
}

fn assert_holds_all(location: &Path, count: u64) {
    let store = HistoryStore::open(location, Access::Read).expect("a history");
    let summaries = store.session_summaries(&SessionFilter::default()).expect("summaries");
    let found: HashSet<SessionId> = summaries.iter().map(|summary| summary.session_id.clone()).collect();
    let expected = sessions(count);
    assert_eq!(summaries.len(), expected.len(), "each session counts once");
    assert_eq!(found, expected.iter().map(|session| session.session_id.clone()).collect());
    for session in expected {
        assert_eq!(store.session(&session.session_id).expect("a read").as_ref(), Some(&session));
    }
}

#[test]
fn eight_writers_of_the_same_sessions_leave_each_exactly_once() {
    for (count, chunk) in [(50, 50), (50, 7), (10, 1)] {
        let directory = tempfile::tempdir().expect("a directory");
        let location = directory.path().join("new").join("history");
        let mut writers: Vec<Child> = (0..8).map(|_| start(&location, count, chunk)).collect();
        for writer in &mut writers {
            assert!(writer.wait().expect("an end").success(), "a writer failed");
        }
        assert_holds_all(&location, count);
    }
}

#[test]
fn a_killed_writer_leaves_a_history_that_the_next_completes() {
    let whole = time_of_a_whole_run();
    let directory = tempfile::tempdir().expect("a directory");
    let location = directory.path().join("history");
    for round in 0..20 {
        let mut writer = start(&location, 20, 4);
        // Spread over the whole run, in an order that no period fits.
        thread::sleep(whole.mul_f64(f64::from(round * 7 % 20) / 20.0));
        writer.kill().expect("a kill");
        writer.wait().expect("an end");
        if let Ok(store) = HistoryStore::open(&location, Access::Read) {
            for summary in store.session_summaries(&SessionFilter::default()).expect("summaries") {
                let found = store.session(&summary.session_id).expect("a read").expect("the session");
                assert_eq!(found.test_results.len(), RESULTS, "a session is there whole");
            }
        }
        if round % 10 == 9 {
            assert!(start(&location, 20, 4).wait().expect("an end").success(), "a writer failed");
            assert_holds_all(&location, 20);
            std::fs::remove_dir_all(&location).expect("a fresh start");
        }
    }
}

fn time_of_a_whole_run() -> Duration {
    let directory = tempfile::tempdir().expect("a directory");
    let begun = Instant::now();
    assert!(start(&directory.path().join("history"), 20, 4).wait().expect("an end").success(), "a writer failed");
    begun.elapsed()
}
