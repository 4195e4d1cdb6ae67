//! What the history costs: `cargo bench --bench store [-- SESSIONS]`.
//!
//! Prints one line a measurement. Directories are made below the system's temporary directory, on whatever disk that is.

use std::path::Path;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use insight::model::{Format, Outcome, SessionId, Source, TestResult, TestSession};
use insight::store::{Access, HistoryStore, SessionFilter};

/// The program's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let many = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(100_000);
    let directory = tempfile::tempdir().expect("a directory");
    one_at_a_time(&directory.path().join("small"), 100);
    in_one_commit(&directory.path().join("thousand"), 1_000, 100);
    one_more(&directory.path().join("many"), many);
}

fn one_at_a_time(location: &Path, count: u64) {
    let mut store = HistoryStore::open(location, Access::Write).expect("a history");
    let mut times: Vec<Duration> = Vec::new();
    for number in 0..count {
        let begun = Instant::now();
        store.append(vec![session(number, 100)], now()).expect("an append");
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    report("append of one session of 100 results, median", times[times.len() / 2]);
    report("append of one session of 100 results, slowest", times[times.len() - 1]);
    ask(location, "open, list 100 sessions");
}

fn in_one_commit(location: &Path, count: u64, results: usize) {
    let sessions = (0..count).map(|number| session(number, results)).collect();
    let mut store = HistoryStore::open(location, Access::Write).expect("a history");
    let begun = Instant::now();
    store.append(sessions, now()).expect("an append");
    report("append of 1,000 sessions of 100 results", begun.elapsed());
    let bytes = store.statistics().expect("statistics").bytes();
    say(&format!("{} KB of data", bytes / 1000));
    ask(location, "open, list 1,000 sessions");
    let begun = Instant::now();
    let store = HistoryStore::open(location, Access::Read).expect("a history");
    let found = store.session(&session(count / 2, results).session_id).expect("a read").expect("the session");
    assert_eq!(found.test_results.len(), results);
    report("open, read one session of 1,000", begun.elapsed());
}

fn one_more(location: &Path, count: u64) {
    let mut store = HistoryStore::open(location, Access::Write).expect("a history");
    let begun = Instant::now();
    for first in (0..count).step_by(1_000) {
        store.append((first..first + 1_000).map(|number| session(number, 10)).collect(), now()).expect("an append");
    }
    report(&format!("append of {count} sessions of 10 results, 1,000 a commit"), begun.elapsed());
    ask(location, &format!("open, list {count} sessions"));
    for number in count..count + 5 {
        let begun = Instant::now();
        let mut store = HistoryStore::open(location, Access::Write).expect("a history");
        let opened = begun.elapsed();
        let new = session(number, 100);
        assert!(store.known(std::slice::from_ref(&new.session_id)).expect("an answer").is_empty());
        let known = begun.elapsed();
        store.append(vec![new], now()).expect("an append");
        report(
            &format!("one more into {number}: open {opened:.1?}, known {:.1?}, in all", known - opened),
            begun.elapsed(),
        );
    }
    let begun = Instant::now();
    let before = store.statistics().expect("statistics");
    let mut store = HistoryStore::open(location, Access::Write).expect("a history");
    store.compact().expect("a compaction");
    report(&format!("compaction of {} KB", before.bytes() / 1000), begun.elapsed());
}

fn ask(location: &Path, what: &str) {
    let begun = Instant::now();
    let store = HistoryStore::open(location, Access::Read).expect("a history");
    let opened = begun.elapsed();
    let found = store.session_summaries(&SessionFilter::default()).expect("summaries").len();
    report(&format!("{what} (open {opened:.1?}, {found} found)"), begun.elapsed());
}

fn report(what: &str, time: Duration) {
    say(&format!("{what}: {time:.1?}"));
}

#[expect(clippy::print_stdout, reason = "a benchmark says what it measured")]
fn say(what: &str) {
    println!("{what}");
}

fn now() -> DateTime<Utc> {
    "2026-03-01T12:00:00Z".parse().expect("a time")
}

fn session(number: u64, results: usize) -> TestSession {
    let start = now() + TimeDelta::minutes(i64::try_from(number).expect("a small number"));
    let digest = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    TestSession {
        sut_name: Some(format!("service-{}", number % 7)),
        session_id: SessionId::new(format!("{}-{digest:016x}", start.format("%Y%m%dT%H%M%SZ"))),
        session_start_time: Some(start),
        session_duration: Some(Duration::from_secs(90)),
        complete: true,
        exit_status: Some(0),
        source: vec![Source {
            format: Format::JunitXml,
            path: Some(format!("artifacts/{number}/report.xml")),
            sha256: Some(format!("{digest:016x}{digest:016x}{digest:016x}{digest:016x}")),
            bytes: Some(10_000),
        }],
        tags: [("branch".into(), "main".into()), ("revision".into(), format!("{digest:016x}"))].into(),
        test_results: (0..results).map(|index| result(number, index)).collect(),
        ..TestSession::default()
    }
}

fn result(number: u64, index: usize) -> TestResult {
    let failed = (index as u64 * 31 + number * 17).is_multiple_of(97);
    let text = "def test_case():\n>   assert compute(7) == 42\nE   AssertionError: assert 41 == 42\n".repeat(8);
    let name = format!("tests/unit/test_module_{}.py::TestThing::test_case_{index}", index % 20);
    TestResult {
        duration: Some(Duration::from_micros(1000 + (index as u64 * 7919 + number * 31) % 50_000)),
        longreprtext: failed.then(|| format!("{text}{number}").into()),
        ..TestResult::new(name, if failed { Outcome::Failed } else { Outcome::Passed })
    }
}
