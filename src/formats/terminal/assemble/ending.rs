//! How the session ended.

use crate::diagnostic::Diagnostic;
use crate::formats::terminal::evidence::Evidence;
use crate::formats::terminal::evidence::Reporter;
use crate::model::{Ending, NodeId, TestResult};

/// How the title of a session begins that was ended by `pytest.exit`.
const EXIT: &str = "_pytest.outcomes.Exit";

/// Returns the test that was running when the session ended before its time.
pub(super) fn in_flight(evidence: &Evidence, complete: bool) -> Option<NodeId> {
    let within_test = |title: &String| title.starts_with(EXIT) || title.starts_with("KeyboardInterrupt");
    let stopped_within = evidence.header.workers.is_none() && evidence.stops.iter().any(within_test);
    (!complete || stopped_within).then(|| evidence.unfinished.last().map(NodeId::new)).flatten()
}

pub(super) fn ending(evidence: &Evidence, results: &[TestResult]) -> Option<Ending> {
    if evidence.usage_error {
        return Some(Ending::UsageError);
    }
    if evidence.internal_error {
        return Some(Ending::InternalError);
    }
    let stopped = |title: &String| {
        title.starts_with("stopping after ")
            || title.starts_with("Interrupted: stopping after ")
            || title.contains("continuing from this test next run")
    };
    let interrupted = |title: &String| {
        title.starts_with("Interrupted: ")
            || title.starts_with("KeyboardInterrupt")
            || title.starts_with(EXIT)
            || title.contains("Interrupted: ")
            || title.starts_with("session-timeout: ")
    };
    if evidence.last_line.is_some() {
        return Some(if evidence.stops.iter().any(interrupted) && !evidence.stops.iter().all(stopped) {
            Ending::Interrupted
        } else if evidence.stops.iter().any(stopped) {
            Ending::Stopped
        } else {
            Ending::Finished
        });
    }
    if evidence.crashed || evidence.exit_status.is_some_and(|status| status > 128) {
        return Some(Ending::Crashed);
    }
    if broke_at_end(evidence) {
        return Some(Ending::InternalError);
    }
    let planned = evidence.header.collected.filter(|_| evidence.reporter == Reporter::Other);
    if planned.is_some_and(|planned| results.len() as u64 >= planned) {
        return Some(Ending::Finished);
    }
    // With -qq pytest prints no last line: all tests reported, and the failures told, is all there is.
    let quiet_end = !evidence.cut_line && !evidence.has_start && evidence.reached_end && evidence.unfinished.is_empty();
    let failures = evidence
        .progress
        .iter()
        .any(|progress| progress.letters.contains_key(&'F') || progress.letters.contains_key(&'E'));
    if quiet_end && (!failures || results.iter().any(|result| result.outcome.is_failure())) {
        return Some(Ending::Finished);
    }
    Some(if evidence.unfinished.is_empty() { Ending::Cut } else { Ending::Crashed })
}

pub(super) fn exit_status(evidence: &Evidence, ending: Option<Ending>) -> Option<i32> {
    if evidence.exit_status.is_some() {
        return evidence.exit_status;
    }
    let last_line = evidence.last_line.as_ref();
    match ending? {
        // `pytest.exit` takes any status, which the log does not tell.
        Ending::Interrupted if evidence.stops.iter().any(|title| title.starts_with(EXIT)) => None,
        Ending::Interrupted => Some(2),
        // What broke while the session was finished does not say its status.
        Ending::InternalError => evidence.internal_error.then_some(3),
        Ending::UsageError => Some(4),
        Ending::Crashed | Ending::Cut => None,
        Ending::Finished | Ending::Stopped => {
            let totals = &last_line?.totals;
            let count = |key| totals.get(key).unwrap_or_default();
            let ran = ["passed", "failed", "errors", "skipped", "xfailed", "xpassed"].iter().any(|key| count(key) > 0);
            // Exit status 0 is not claimed: a plugin may fail a run whose tests all passed.
            match (count("failed") + count("errors") > 0, ran) {
                (true, _) => Some(1),
                (false, false) if !last_line?.collect_only => Some(5),
                (false, _) => None,
            }
        }
    }
}

pub(super) fn unfinished_diagnostic(evidence: &Evidence, ending: Option<Ending>) -> Diagnostic {
    let what = match ending {
        Some(Ending::UsageError) => "pytest was called wrongly and ran nothing",
        Some(Ending::InternalError) => "pytest broke before it wrote its last line",
        Some(Ending::Crashed) => "the process died before it wrote its last line",
        Some(Ending::Interrupted | Ending::Stopped | Ending::Finished | Ending::Cut) | None => {
            "the log ends before the session does"
        }
    };
    let diagnostic =
        Diagnostic::warning("terminal-incomplete", what).at_line(evidence.last_number.max(evidence.first_line));
    match evidence.unfinished.last() {
        Some(node_id) => diagnostic.with_help(format!("{node_id} was running then")),
        None => diagnostic,
    }
}

/// Whether pytest broke while it finished the session, behind the last test: a report that could not be written, say.
pub(super) fn broke_at_end(evidence: &Evidence) -> bool {
    /// How far from the end a traceback of pytest's own may begin.
    const LONGEST_TRACEBACK: usize = 1 << 15;
    let reported = evidence.has_start && evidence.marked && evidence.unfinished.is_empty();
    let end = || evidence.results_text.end(LONGEST_TRACEBACK).lines();
    reported
        && end().any(|line| line.starts_with("  File ") && line.ends_with(" in pytest_sessionfinish"))
        && end().any(|line| line.ends_with("Traceback (most recent call last):"))
}
