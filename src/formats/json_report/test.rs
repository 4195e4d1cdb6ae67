//! One entry of `tests` as the attempts that it tells of.

use std::collections::BTreeMap;
use std::time::Duration;

use super::document::{Collector, Test};
use super::logging;
use super::stages::{Stages, text};
use crate::formats::json::Lenient;
use crate::formats::properties::{CRASH, TEARDOWN_TEXT, add_recorded};
use crate::formats::python;
use crate::formats::worker_line::WorkerLine;
use crate::model::{Outcome, Phases, TestResult, Text};

/// What an entry amounts to.
pub(super) struct Attempts {
    /// The last attempt; `None` where it has no outcome.
    pub(super) last: Option<TestResult>,
    /// Whether there was at least one attempt before it, of which nothing is left but that.
    pub(super) has_forerunner: bool,
    /// Whether the run ended within the test.
    pub(super) is_unfinished: bool,
    /// Who ran the test, where a failure text names it.
    pub(super) worker: Option<WorkerLine>,
}

/// Returns the attempts that an entry tells of.
pub(super) fn attempts(test: &Test<'_>) -> Attempts {
    let category = test.outcome.as_deref().unwrap_or_default();
    let stages = Stages::of(test);
    let phases = stages.phases(category);
    let outcome = outcome(&stages, &phases, category);
    // The word stays `rerun` where the last attempt passed.
    let has_forerunner =
        stages.shows_repeat || matches!(category, "rerun" | "retried") && outcome != Some(Outcome::Rerun);
    let mut worker = None;
    let last = outcome.map(|outcome| {
        let mut result = TestResult::new(&*test.nodeid, outcome);
        result.phases = phases;
        result.attempt = if has_forerunner { 2 } else { 1 };
        result.duration = stages.seconds().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        capture(&stages, &mut result);
        worker = add_texts(&stages, &mut result);
        add_properties(test, &mut result);
        result.worker = worker.as_ref().map(|line| Text::from(line.worker.as_str()));
        result
    });
    let is_unfinished = last.is_none() && stages.setup.is_some() && stages.teardown.is_none();
    Attempts { last, has_forerunner, is_unfinished, worker }
}

/// Returns how the last attempt ended.
///
/// | stages | word | outcome |
/// |---|---|---|
/// | a worker died | any | failed |
/// | passed | failed | failed: a subtest did |
/// | passed | error | error |
/// | passed | of subtests | failed, where the captured output shows that one did |
/// | any other | any | what the stages amount to |
/// | none | known | the word's |
fn outcome(stages: &Stages<'_>, phases: &Phases, category: &str) -> Option<Outcome> {
    if let Some(crash) = &stages.crash {
        return crash.outcome(Outcome::Failed);
    }
    match (phases.outcome(), category) {
        (Some(Outcome::Passed), "failed") => Some(Outcome::Failed),
        (Some(Outcome::Passed), "error") => Some(Outcome::Error),
        (Some(Outcome::Passed), "subtests passed" | "skipped" | "xfailed") if shows_failed_subtest(stages) => {
            Some(Outcome::Failed)
        }
        (Some(Outcome::Passed), _) if phases.call.is_none() && !matches!(category, "passed" | "") => {
            from_category(category)
        }
        (Some(Outcome::Passed), _) if phases.call.is_none() => None,
        (Some(outcome), _) => Some(outcome),
        (None, category) => from_category(category),
    }
}

/// Whether a subtest failed, of which the word of a later one has taken the place.
///
/// The reports of subtests are printed while the test's output is captured, so what pytest printed of them is in it: words such as
/// `SUBFAILED(i=1)` or `[msg] SUBFAIL`, or a line of letters in which `u` is a failure. With xdist nothing is: another process prints.
fn shows_failed_subtest(stages: &Stages<'_>) -> bool {
    let Some(output) = stages.call.as_ref().and_then(|call| text(&call.stdout)) else { return false };
    output.lines().any(|line| {
        let plain = without_colour(line);
        let line = plain.trim();
        let is_letters = line.chars().all(|letter| matches!(letter, ',' | 'u' | '-' | 'y'));
        let is_word = |word: &str| word.starts_with("SUBFAILED") || word == "SUBFAIL";
        is_letters && line.contains('u') || line.split_whitespace().any(is_word)
    })
}

/// Returns a line without the escapes that colour it.
fn without_colour(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |plain, part| plain + part.split_once('m').map_or(part, |(_, rest)| rest))
}

fn from_category(category: &str) -> Option<Outcome> {
    Some(match category {
        "passed" | "subtests passed" => Outcome::Passed,
        "failed" => Outcome::Failed,
        "error" => Outcome::Error,
        "skipped" => Outcome::Skipped,
        "xfailed" => Outcome::Xfailed,
        "xpassed" => Outcome::Xpassed,
        "rerun" | "retried" => Outcome::Rerun,
        _ => return None,
    })
}

/// Adds what the stages captured, one below the other.
fn capture(stages: &Stages<'_>, result: &mut TestResult) {
    let joined = |parts: Vec<String>, separator: &str| (!parts.is_empty()).then(|| Text::from(parts.join(separator)));
    result.capstdout = joined(stages.in_order().filter_map(|stage| text(&stage.stdout)).collect(), "");
    result.capstderr = joined(stages.in_order().filter_map(|stage| text(&stage.stderr)).collect(), "");
    result.caplog = joined(stages.in_order().filter_map(|stage| logging::captured(&stage.log)).collect(), "\n");
}

/// Adds the failure texts: the first failure's is the result's, or else the first text. Returns who ran the test, where they say.
fn add_texts(stages: &Stages<'_>, result: &mut TestResult) -> Option<WorkerLine> {
    let mut texts: Vec<(bool, String, Option<String>)> = stages
        .in_order()
        .filter_map(|stage| {
            let is_failure = stage.outcome(Outcome::Error).is_some_and(Outcome::is_failure) || stage.is_rerun();
            Some((is_failure, stage.text()?, stage.crash_line()))
        })
        .collect();
    // Under xdist pytest's text of a phase that went well is the worker's line, with nothing below it.
    let worker = texts.iter().find_map(|(_, text, _)| WorkerLine::at_start_of(text));
    texts.retain(|(_, text, _)| text.contains('\n') || WorkerLine::at_start_of(text).is_none());
    if texts.is_empty() {
        return worker;
    }
    let first = texts.iter().position(|(is_failure, ..)| *is_failure).unwrap_or(0);
    let (_, longreprtext, crash) = texts.remove(first);
    if result.outcome == Outcome::Skipped {
        result.reason = skip_reason(&longreprtext).map(Text::from);
    }
    result.longreprtext = Some(longreprtext.into());
    result.properties.extend(crash.map(|crash| (CRASH.to_owned(), crash)));
    if let Some((_, other, _)) = texts.pop() {
        result.properties.insert(TEARDOWN_TEXT.to_owned(), other);
    }
    worker
}

/// Returns the reason in `('path', 3, 'Skipped: reason')`.
pub(super) fn skip_reason(place: &str) -> Option<String> {
    let (_, literal) = place.trim_end().strip_suffix(')')?.split_once(", ")?;
    let (_, literal) = literal.split_once(", ")?;
    let reason = python::string_literal(literal)?;
    let reason = reason.strip_prefix("Skipped: ").unwrap_or(if reason == "Skipped" { "" } else { &reason });
    (!reason.is_empty()).then(|| reason.to_owned())
}

/// Adds what the test recorded: properties, and the metadata of pytest-json-report's own fixture.
fn add_properties(test: &Test<'_>, result: &mut TestResult) {
    let shown = |(key, value): (String, Lenient<'_>)| (key, value.shown_or_none());
    add_recorded(&mut result.properties, entries(test.metadata).into_iter().map(shown));
    let properties: Vec<Lenient<'_>> = test.user_properties.get().unwrap_or_default();
    add_recorded(&mut result.properties, properties.into_iter().flat_map(entries).map(shown));
}

fn entries<'a>(object: Lenient<'a>) -> BTreeMap<String, Lenient<'a>> {
    object.get().unwrap_or_default()
}

/// Returns the result of a file that could not be collected, or was skipped; `None` for one that was collected.
pub(super) fn collected(collector: &Collector<'_>) -> Option<TestResult> {
    let outcome = match &*collector.outcome {
        "failed" | "error" => Outcome::Error,
        "skipped" => Outcome::Skipped,
        _ => return None,
    };
    let mut result = TestResult::new(&*collector.nodeid, outcome);
    result.longreprtext = text(&collector.longrepr).map(Text::from);
    if outcome == Outcome::Skipped {
        result.reason = result.longreprtext.as_deref().and_then(skip_reason).map(Text::from);
    }
    Some(result)
}
