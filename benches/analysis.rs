//! How long each analysis takes over ten million results in memory: `cargo bench --bench analysis [-- RESULTS]`.
//!
//! 20 systems of 500 sessions of 1,000 tests. Each line gives the best of three runs, and the processor time of
//! that run, which is twice as long on two cores of its own; the last line the most memory the process ever had, the history itself (17 bytes a result) included.
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measures")]

use std::error::Error;
use std::time::{Duration, Instant};

use insight::analysis::synthetic::SyntheticHistory;
use insight::analysis::{
    Filter, MemorySource, Pairing, SlowSort, TestSort, Window, co_failures, compare, duration_shifts, failures, flaky,
    grid, health, rates, regressions, slow, tests,
};

fn main() -> Result<(), Box<dyn Error>> {
    let results: usize = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(10_000_000);
    let sessions = (results / 20_000).max(1);
    let history = SyntheticHistory { suts: 20, sessions, tests: 1_000, flaky: 0.02, ..SyntheticHistory::default() };
    let began = Instant::now();
    let source = MemorySource::new(history.sessions());
    println!(
        "{:>10} results made in {:.1?}, on {} threads",
        source.len(),
        began.elapsed(),
        rayon::current_num_threads()
    );
    let all = Filter::default();
    let middle = Some(history.start + history.interval * (sessions as i32 / 2));
    let before = Filter { window: Window { from: None, until: middle }, ..Filter::default() };
    let after = Filter { window: Window { from: middle, until: None }, ..Filter::default() };
    measure("rates", || rates(&source, &all).map(|report| report.sessions.len()))?;
    measure("tests", || tests(&source, &all, TestSort::Failures, 50).map(|report| report.tests.len()))?;
    measure("flaky", || flaky(&source, &all).map(|report| report.tests.len()))?;
    measure("regressions", || regressions(&source, &all).map(|report| report.tests.len()))?;
    measure("slow", || slow(&source, &all, SlowSort::Median, 50).map(|report| report.tests.len()))?;
    measure("duration shifts", || duration_shifts(&source, &all).map(|report| report.tests.len()))?;
    measure("failures", || failures(&source, &all, 50).map(|report| report.clusters.len()))?;
    measure("compare", || {
        compare(&source, &before, &after, Pairing::SameSut).map(|report| report.outcomes.len() + report.slower.len())
    })?;
    measure("co-failures", || co_failures(&source, &all, 50).map(|report| report.groups.len()))?;
    measure("health", || health(&source, &all).map(|report| report.suts.len()))?;
    measure("grid", || grid(&source, &all, 50, 50).map(|report| report.rows.len()))?;
    if let Some(line) = std::fs::read_to_string("/proc/self/status")?.lines().find(|line| line.starts_with("VmHWM")) {
        println!("{line}");
    }
    Ok(())
}

fn measure<Failure>(name: &str, question: impl Fn() -> Result<usize, Failure>) -> Result<(), Failure> {
    let mut best = (Duration::MAX, None);
    let mut found = 0;
    for _ in 0..3 {
        let (began, spent) = (Instant::now(), processor_time());
        found = question()?;
        let spent = processor_time().zip(spent).map(|(after, before)| after.saturating_sub(before));
        best = best.min((began.elapsed(), spent));
    }
    let processor = best.1.map_or_else(String::new, |spent| format!("{spent:.0?} of processor"));
    println!("{name:>16} {:>9.0?} {processor:>20} {found:>7} found", best.0);
    Ok(())
}

/// The processor time of all threads so far, where the system says it: fields 14 and 15 in hundredths of a second.
fn processor_time() -> Option<Duration> {
    let line = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = line.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: u64 = [11, 12].iter().filter_map(|field| fields.get(*field)?.parse::<u64>().ok()).sum();
    Some(Duration::from_millis(10 * ticks))
}
