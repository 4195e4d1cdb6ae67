//! One entry of `tests` as the attempts that it tells of.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::document::{Attempt, Test};
use crate::diagnostic::Diagnostic;
use crate::formats::json::{Lenient, Number, Text};
use crate::formats::times;
use crate::model::{self, NodeId, NodeIdCertainty, Outcome, Phases, TestResult};

/// Who wrote the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Producer {
    /// pytest-json-ctrf: names are node ids.
    Pytest,
    #[default]
    Other,
}

/// The unit of a document's times. The format says milliseconds; early versions of pytest-json-ctrf wrote seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Milliseconds,
    Seconds,
}

impl Unit {
    /// Returns the unit in which `epoch` is an instant of our days.
    pub(super) fn of_instant(epoch: Option<f64>) -> Unit {
        match epoch {
            // In milliseconds that would be before 1973.
            Some(epoch) if epoch > 0.0 && epoch < 1e11 => Unit::Seconds,
            _ => Unit::Milliseconds,
        }
    }

    pub(super) fn seconds(self) -> f64 {
        match self {
            Unit::Milliseconds => 1e-3,
            Unit::Seconds => 1.0,
        }
    }

    /// Returns a number of this unit as an instant.
    pub(super) fn instant(self, number: Number) -> Option<DateTime<Utc>> {
        number.0.and_then(|number| times::instant(number * self.seconds()))
    }
}

/// What an entry amounts to.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    /// The attempts in order, the last one last.
    pub(super) results: Vec<TestResult>,
    /// Whether the test was still running when the document was written.
    pub(super) is_unfinished: bool,
    /// The test, where it has no result.
    pub(super) node_id: Option<NodeId>,
    pub(super) diagnostic: Option<Diagnostic>,
}

/// Returns the attempts that an entry tells of.
pub(super) fn attempts(test: &Test<'_>, producer: Producer) -> Attempts {
    let (node_id, certainty) = node_id(test, producer);
    let status = test.status.shown().unwrap_or_default();
    let raw_status = test.raw_status.shown().unwrap_or_default();
    let mut results = forerunners(test, producer, &node_id);
    let number = results.len();
    let mut attempts = Attempts::default();
    match outcome(&status, &raw_status, producer) {
        // A run that breaks off leaves the test that was running with the outcome it would have had if nothing else came.
        Some((Outcome::Passed | Outcome::Skipped, _)) if never_ended(&test.last_attempt()) => {
            attempts.is_unfinished = true;
            let message = "the test has a start and no end: its outcome is left out".to_owned();
            attempts.diagnostic = Some(Diagnostic::warning("ctrf-unended", message).at_path(node_id.as_str()));
        }
        Some((outcome, phases)) => {
            let mut last = result(&node_id, outcome, number, &test.last_attempt());
            last.phases = phases;
            add_properties(test, &mut last);
            results.push(last);
        }
        None if status == "pending" => attempts.is_unfinished = true,
        None => {
            let message = format!("a test of status {status:?} ({raw_status:?}) is left out");
            attempts.diagnostic = Some(Diagnostic::warning("ctrf-unknown-status", message).at_path(node_id.as_str()));
        }
    }
    let worker = worker(test).map(model::Text::from);
    for result in &mut results {
        result.node_id_certainty = certainty;
        result.worker.clone_from(&worker);
    }
    attempts.results = results;
    attempts.node_id = Some(node_id);
    attempts
}

/// Whether an attempt began and has neither an end nor a duration that one could have.
fn never_ended(attempt: &Attempt<'_>) -> bool {
    let began = attempt.start.0.is_some_and(|start| start > 0.0);
    began && attempt.stop.0 == Some(0.0) && !attempt.duration.0.is_some_and(|duration| duration > 0.0)
}

/// Returns the outcome, and the phase that made it where the producer tells.
fn outcome(status: &str, raw_status: &str, producer: Producer) -> Option<(Outcome, Phases)> {
    let plain = |outcome| Some((outcome, Phases::default()));
    match (status, raw_status) {
        ("failed", "setup_failed") => {
            Some((Outcome::Error, Phases { setup: Some(Outcome::Error), ..Phases::default() }))
        }
        ("failed", "teardown_failed") => {
            Some((Outcome::Error, Phases { teardown: Some(Outcome::Error), ..Phases::default() }))
        }
        ("failed", "call_failed") => {
            Some((Outcome::Failed, Phases { call: Some(Outcome::Failed), ..Phases::default() }))
        }
        ("failed", "error" | "broken") => plain(Outcome::Error),
        ("failed", _) => plain(Outcome::Failed),
        ("passed", "xpassed") => plain(Outcome::Xpassed),
        ("passed", _) => plain(Outcome::Passed),
        ("skipped", "xfailed") => plain(Outcome::Xfailed),
        ("skipped", _) => plain(Outcome::Skipped),
        // Elsewhere a test that was not meant to run; with pytest, one that had not come to an end.
        ("pending", _) if producer == Producer::Other => plain(Outcome::Skipped),
        ("other", "error" | "broken") => plain(Outcome::Error),
        _ => None,
    }
}

/// Returns the attempts before the last.
///
/// Some producers list the last one among them. A bare number of retries is believed of every producer but pytest's, whose early versions
/// counted parameters.
fn forerunners(test: &Test<'_>, producer: Producer, node_id: &NodeId) -> Vec<TestResult> {
    let mut listed: Vec<Attempt<'_>> = test.retry_attempts.get().unwrap_or_default();
    let retries = test.retries.whole().and_then(|retries| usize::try_from(retries).ok()).unwrap_or(0);
    if retries > 0 && listed.len() == retries + 1 {
        listed.truncate(retries);
    }
    let is_flaky = test.flaky.get::<bool>().unwrap_or(false);
    let known = match listed.len() {
        0 if producer == Producer::Pytest && !is_flaky => 0,
        0 => retries.max(usize::from(is_flaky)).min(MOST_RETRIES),
        listed => listed,
    };
    (0..known)
        .map(|index| match listed.get(index) {
            Some(attempt) => result(node_id, Outcome::Rerun, index, attempt),
            None => {
                let mut result = TestResult::new(node_id.clone(), Outcome::Rerun);
                result.attempt = number(index);
                result
            }
        })
        .collect()
}

/// A number of retries beyond this is no number of retries.
const MOST_RETRIES: usize = 1000;

fn number(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}

/// Returns one attempt.
fn result(node_id: &NodeId, outcome: Outcome, index: usize, attempt: &Attempt<'_>) -> TestResult {
    let mut result = TestResult::new(node_id.clone(), outcome);
    let unit = Unit::of_instant(attempt.start.0.or(attempt.stop.0));
    result.attempt = number(index);
    result.start_time = unit.instant(attempt.start);
    result.duration = unit.duration(attempt.duration);
    result.capstdout = lines(&attempt.stdout).map(Into::into);
    result.capstderr = lines(&attempt.stderr).map(Into::into);
    let message = text(&attempt.message);
    result.longreprtext = text(&attempt.trace).map(Into::into);
    match outcome {
        Outcome::Skipped | Outcome::Xfailed | Outcome::Xpassed => result.reason = message.map(Into::into),
        Outcome::Failed | Outcome::Error | Outcome::Rerun if result.longreprtext.is_none() => {
            result.longreprtext = message.map(Into::into);
        }
        Outcome::Failed | Outcome::Error | Outcome::Rerun | Outcome::Passed => {
            result.properties.extend(message.map(|message| ("message".to_owned(), message)));
        }
    }
    result
}

/// Returns the node id, and whether it is pytest's own.
fn node_id(test: &Test<'_>, producer: Producer) -> (NodeId, NodeIdCertainty) {
    let name = &*test.name;
    let file = text(&test.file_path).map(|file| without_machine(&file.replace('\\', "/")).to_owned());
    let suites: Vec<String> = match test.suite.get::<Vec<Text<'_>>>() {
        Some(names) => names.into_iter().map(Text::into_owned).collect(),
        None => text(&test.suite).into_iter().collect(),
    };
    let head = name.split_once("::").map(|(head, _)| head);
    let names_file = head.is_some_and(|head| {
        file.as_deref() == Some(head) || suites.first().is_some_and(|suite| suite == head) || is_python_file(head)
    });
    if names_file || producer == Producer::Pytest && (head.is_some() || file.as_deref() == Some(name)) {
        return (NodeId::from(name), NodeIdCertainty::Exact);
    }
    // Some name the file in the suite, too: `a.test.js > outer`.
    let is_new = |file: &&str| suites.first().is_none_or(|suite| suite.split(" > ").next() != Some(*file));
    let mut parts: Vec<&str> = file.as_deref().into_iter().filter(is_new).collect();
    parts.extend(suites.iter().map(String::as_str).filter(|suite| file.as_deref() != Some(*suite)));
    parts.push(name);
    (NodeId::from(parts.join("::")), NodeIdCertainty::Inferred)
}

/// Returns a path as every checkout has it: of an absolute one, the file's name.
fn without_machine(path: &str) -> &str {
    let is_absolute = path.starts_with('/') || path.as_bytes().get(1) == Some(&b':');
    if is_absolute { path.rsplit('/').next().unwrap_or(path) } else { path }
}

fn is_python_file(path: &str) -> bool {
    path.ends_with(".py") && !path.contains(char::is_whitespace)
}

fn worker(test: &Test<'_>) -> Option<String> {
    let extra: BTreeMap<String, Lenient<'_>> = test.extra.get().unwrap_or_default();
    text(&test.thread_id).or_else(|| extra.get("worker").and_then(text))
}

/// Keeps what the model has no field for: the producer's own status, tags and labels.
fn add_properties(test: &Test<'_>, result: &mut TestResult) {
    let mut add = |key: &str, value: Option<String>| {
        result.properties.extend(value.map(|value| (key.to_owned(), value)));
    };
    add("raw_status", text(&test.raw_status));
    let tags: Vec<Text<'_>> = test.tags.get().unwrap_or_default();
    add("tags", (!tags.is_empty()).then(|| tags.iter().map(|tag| &**tag).collect::<Vec<_>>().join(", ")));
    let labels: BTreeMap<String, Lenient<'_>> = test.labels.get().unwrap_or_default();
    for (key, value) in labels {
        add(&key, value.shown());
    }
}

/// Returns a text that is not empty.
fn text(value: &Lenient<'_>) -> Option<String> {
    value.get::<Text<'_>>().map(Text::into_owned).filter(|text| !text.is_empty())
}

/// Returns captured output: a list of lines, or a text.
fn lines(value: &Lenient<'_>) -> Option<String> {
    let Some(lines) = value.get::<Vec<Text<'_>>>() else { return text(value) };
    let joined = lines.iter().map(|line| &**line).collect::<Vec<_>>().join("\n");
    (!joined.is_empty()).then_some(joined)
}
