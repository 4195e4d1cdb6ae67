//! How long each question takes over a history on disk, and with how much memory.
//!
//!     cargo bench --bench questions -- make DIR [RESULTS]     makes a synthetic history: 20 systems, 1,000 tests a session
//!     cargo bench --bench questions -- ask DIR [QUESTION]     asks every question of it, or those whose name begins so, best of five
//!
//! Each line gives the wall time with the history opened anew, as a command does, and the processor time. The last line is the most
//! memory that the process ever had.
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measures")]

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use insight::analysis::synthetic::SyntheticHistory;
use insight::analysis::{Filter, NodeIdPattern, SlowSort, TestSort, Window};
use insight::service::{self, CompareQuestion, ComparisonSide, FailureSort, FlakySort, Metric, RegressionSort};
use insight::store::{Access, HistoryStore, SessionFilter};

type Answer = Result<usize, Box<dyn Error>>;

/// The program's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["make", directory] => make(Path::new(directory), 10_000_000),
        ["make", directory, results] => make(Path::new(directory), results.parse()?),
        ["ask", directory] => ask(Path::new(directory), ""),
        ["ask", directory, question] => ask(Path::new(directory), question),
        _without => {
            let directory = tempfile::tempdir()?;
            let history = directory.path().join("history");
            make(&history, 1_000_000)?;
            ask(&history, "")
        }
    }
}

fn synthetic(results: usize) -> SyntheticHistory {
    let sessions = (results / 20_000).max(1);
    SyntheticHistory { suts: 20, sessions, tests: 1_000, flaky: 0.02, ..SyntheticHistory::default() }
}

fn make(directory: &Path, results: usize) -> Result<(), Box<dyn Error>> {
    let began = Instant::now();
    let now: DateTime<Utc> = "2027-01-01T00:00:00Z".parse()?;
    let mut store = HistoryStore::open(directory, Access::Write)?;
    let mut batch = Vec::new();
    for session in synthetic(results).sessions() {
        batch.push(session);
        if batch.len() == 200 {
            store.append(std::mem::take(&mut batch), now)?;
        }
    }
    store.append(batch, now)?;
    println!("made in {:.1?}", began.elapsed());
    Ok(())
}

fn ask(directory: &Path, asked: &str) -> Result<(), Box<dyn Error>> {
    let all = Filter::default();
    let store = HistoryStore::open(directory, Access::Read)?;
    let sessions = store.session_summaries(&SessionFilter::default())?;
    let starts: Vec<DateTime<Utc>> = sessions.iter().filter_map(|session| session.session_start_time).collect();
    let (first, last) =
        (starts.iter().min().copied().unwrap_or_default(), starts.iter().max().copied().unwrap_or_default());
    let middle = first + (last - first) / 2;
    println!("{} sessions, from {first} to {last}", sessions.len());
    drop((store, sessions));
    let test = "tests/unit/area_000/test_module_1.py::TestCase::test_behaviour_000021[a-1]";
    let week = Filter { window: Window { from: Some(last - TimeDelta::days(7)), until: None }, ..Filter::default() };
    let one = Filter { sut_names: vec!["service-07".to_owned()], ..Filter::default() };
    let node_ids = vec![NodeIdPattern::Exact(test.to_owned())];
    let of_test = Filter { node_ids, ..Filter::default() };
    let period = |from, until, name: &str| ComparisonSide::Period(Window { from, until }, name.to_owned());
    let periods = CompareQuestion {
        base: period(None, Some(middle), "before"),
        target: period(Some(middle), None, "after"),
        filter: all.clone(),
    };
    let latest = |word: &str| ComparisonSide::Session(word.to_owned());
    let two = CompareQuestion { base: latest("previous"), target: latest("latest"), filter: all.clone() };
    let suts = CompareQuestion {
        base: ComparisonSide::Sut("service-01".to_owned()),
        target: ComparisonSide::Sut("service-02".to_owned()),
        filter: all.clone(),
    };
    let measure = |name: &str, question: &dyn Fn(&HistoryStore) -> Answer| {
        if name.starts_with(asked) { measure(directory, name, question) } else { Ok(()) }
    };
    measure("sut list", &|store| Ok(service::list_suts(store, &all, service::SutListing::default())?.suts.len()))?;
    measure("session list", &|store| Ok(store.session_summaries(&SessionFilter::default())?.len()))?;
    measure("analyze pass-rate", &|store| Ok(service::analyze(store, Metric::PassRate, &all, None).map(|_| 1)?))?;
    measure("analyze duration", &|store| Ok(service::analyze(store, Metric::Duration, &all, None).map(|_| 1)?))?;
    measure("analyze health", &|store| Ok(service::analyze(store, Metric::Health, &all, None).map(|_| 1)?))?;
    measure("analyze co-failures", &|store| {
        Ok(service::analyze(store, Metric::CoFailures, &all, Some(20)).map(|_| 1)?)
    })?;
    measure("summary", &|store| Ok(service::summary(store, &all, Some(5))?.rates.sessions.len()))?;
    measure("summary, 7 days", &|store| Ok(service::summary(store, &week, Some(5))?.rates.sessions.len()))?;
    measure("sut show", &|store| Ok(service::show_sut(store, "service-07", &all, Some(5))?.sessions.len()))?;
    measure("test list", &|store| Ok(service::list_tests(store, &all, TestSort::Failures, Some(20))?.tests.len()))?;
    measure("test list, one sut", &|store| {
        Ok(service::list_tests(store, &one, TestSort::Failures, Some(20))?.tests.len())
    })?;
    measure("test show", &|store| Ok(service::show_test(store, test, &all, Some(10))?.trends.len()))?;
    measure("test history", &|store| Ok(service::test_history(store, test, &all, Some(20))?.attempts.len()))?;
    measure("test trends", &|store| Ok(service::test_trends(store, &all, 40, Some(20))?.rows.len()))?;
    measure("failures", &|store| Ok(service::failures(store, &all, FailureSort::Failures, Some(20))?.clusters.len()))?;
    measure("failures, one test", &|store| {
        Ok(service::failures(store, &of_test, FailureSort::Failures, Some(20))?.clusters.len())
    })?;
    measure("flaky, one sut", &|store| Ok(service::flaky(store, &one, FlakySort::Certainty, Some(20))?.tests.len()))?;
    measure("flaky", &|store| Ok(service::flaky(store, &all, FlakySort::Certainty, Some(20))?.tests.len()))?;
    measure("regressions", &|store| {
        Ok(service::regressions(store, &all, RegressionSort::Kind, Some(20))?.tests.len())
    })?;
    measure("slow", &|store| Ok(service::slow(store, &all, SlowSort::Median, Some(20))?.tests.len()))?;
    measure("compare sessions", &|store| Ok(service::compare(store, &two, None)?.report.outcomes.len()))?;
    measure("compare suts", &|store| Ok(service::compare(store, &suts, None)?.report.outcomes.len()))?;
    measure("compare periods", &|store| Ok(service::compare(store, &periods, None)?.report.outcomes.len()))?;
    if let Some(line) = std::fs::read_to_string("/proc/self/status")?.lines().find(|line| line.starts_with("VmHWM")) {
        println!("{line}");
    }
    Ok(())
}

fn measure(directory: &Path, name: &str, question: &dyn Fn(&HistoryStore) -> Answer) -> Result<(), Box<dyn Error>> {
    let mut best = (Duration::MAX, None);
    let mut found = 0;
    for _ in 0..5 {
        let (began, spent) = (Instant::now(), processor_time());
        found = question(&HistoryStore::open(directory, Access::Read)?)?;
        let spent = processor_time().zip(spent).map(|(after, before)| after.saturating_sub(before));
        best = best.min((began.elapsed(), spent));
    }
    let processor = best.1.map_or_else(String::new, |spent| format!("{spent:.0?} of processor"));
    println!("{name:>20} {:>9.0?} {processor:>20} {found:>7} found", best.0);
    Ok(())
}

/// The processor time of all threads so far, where the system says it: fields 14 and 15 in hundredths of a second.
fn processor_time() -> Option<Duration> {
    let line = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = line.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: u64 = [11, 12].iter().filter_map(|field| fields.get(*field)?.parse::<u64>().ok()).sum();
    Some(Duration::from_millis(10 * ticks))
}
