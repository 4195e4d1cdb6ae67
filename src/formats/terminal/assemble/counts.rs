//! The counts of the body against those of the last line.

use crate::diagnostic::Diagnostic;
use crate::formats::terminal::evidence::Evidence;
use crate::formats::terminal::evidence::OutcomeTally;
use crate::formats::terminal::evidence::Progress;
use crate::formats::terminal::evidence::Report;
use crate::formats::terminal::evidence::Reporter;
use crate::formats::terminal::words;
use crate::formats::terminal::words::Meaning;
use crate::grammar::Library;
use crate::model::{FileCounts, Outcome, TestResult, Totals};
use std::collections::BTreeMap;

pub(super) fn totals(evidence: &Evidence) -> Option<Totals> {
    let last_line = evidence.last_line.as_ref()?;
    let totals: Totals = last_line.totals.iter().filter(|(key, _)| *key != "collected").collect();
    Some(totals)
}

/// Counts what the result area shows, by the keys of the last line; `None` where its letters are ambiguous.
pub(super) fn count_reports(
    library: &Library,
    reports: &[Report],
    progress: &[Progress],
) -> Option<BTreeMap<&'static str, u64>> {
    let mut tally = OutcomeTally::default();
    for report in reports {
        match report.meaning? {
            Meaning::Test(outcome) => tally.add(outcome),
            Meaning::Subtest(Outcome::Failed) => tally.add(Outcome::Failed),
            Meaning::Subtest(_) => {}
        }
    }
    let mut counts: BTreeMap<&'static str, u64> =
        tally.iter().map(|(outcome, count)| (words::count_key(outcome), count)).collect();
    for (letter, count) in progress.iter().flat_map(|progress| &progress.letters) {
        let key = words::letter(library, *letter)?;
        if key.starts_with("subtests") {
            return None;
        }
        *counts.entry(key).or_default() += count;
    }
    Some(counts)
}

/// Compares the body with the last line.
pub(super) fn check_counts(
    evidence: &Evidence,
    counted: &Option<BTreeMap<&'static str, u64>>,
    results: &[TestResult],
    collection_errors: u64,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let (Some(last_line), Some(counted)) = (&evidence.last_line, counted) else { return };
    if counted.is_empty() || evidence.reporter == Reporter::Other {
        return;
    }
    let modules = |outcome| {
        results.iter().filter(|result| result.outcome == outcome && result.node_id.domain().is_none()).count() as u64
    };
    let mut differences = Vec::new();
    for key in ["passed", "failed", "errors", "xfailed", "xpassed", "rerun"] {
        let seen = counted.get(key).copied().unwrap_or_default();
        let declared = last_line.totals.get(key).unwrap_or_default();
        let subtests_among = key == "passed" && seen > declared && evidence.header.hides_passed_subtests();
        if seen == declared || subtests_among {
            continue;
        }
        // A module that was collected twice has two errors, and one result.
        let outside = if key == "errors" { modules(Outcome::Error).max(collection_errors) } else { 0 };
        // pytest-retry counts tests where others count attempts, and older subtests have counts of their own.
        let elsewhere = match key {
            "rerun" => last_line.totals.get("retried").unwrap_or_default(),
            // A subtest may have failed of which only the summary tells.
            "failed" => {
                let subtests = results.iter().flat_map(|result| &result.subtests);
                subtests.filter(|subtest| subtest.outcome.is_failure()).count() as u64
            }
            "xfailed" => results
                .iter()
                .flat_map(|result| &result.subtests)
                .filter(|subtest| subtest.outcome == Outcome::Xfailed)
                .count() as u64,
            _ => 0,
        };
        if seen + outside != declared && seen != declared + elsewhere && seen + elsewhere != declared {
            differences.push(format!("{key}: {seen} seen, {declared} declared"));
        }
    }
    if !differences.is_empty() {
        let message = format!("the lines of the log and its last line count differently: {}", differences.join("; "));
        diagnostics.push(Diagnostic::warning("terminal-count-mismatch", message).at_line(evidence.last_number));
    }
}

pub(super) fn files(library: &Library, progress: &[Progress]) -> Vec<FileCounts> {
    let count = |progress: &Progress| {
        let mut counts = BTreeMap::new();
        for (letter, count) in &progress.letters {
            if let Some(key) = words::letter(library, *letter) {
                *counts.entry(key.to_owned()).or_default() += count;
            }
        }
        FileCounts { path: progress.path.clone(), counts }
    };
    progress.iter().map(count).collect()
}
