//! What a test case came to.

use chrono::FixedOffset;

use super::addresses::crashed;
use super::captured::Captured;
use super::escapes::restore;
use super::producer::Producer;
use super::raw::{Issue, IssueKind, More};
use super::times::known;
use crate::model::{Outcome, Phases, Subtest, TestResult, Text};

/// What pytest shows of a subtest that has neither message nor parameters, which JUnit XML never has.
pub(super) const SUBTEST: &str = "(<subtest>)";
/// Where the text of a teardown error is kept when a failure takes the result's text.
pub(super) const TEARDOWN_TEXT: &str = "junit.teardown";

/// The phases of a test whose call failed.
const FAILED_CALL: Phases = Phases { setup: Some(Outcome::Passed), call: Some(Outcome::Failed), teardown: None };

/// The issues of a test case by what they say of it.
#[derive(Debug, Default)]
struct Findings {
    /// Failures of the call, in order; subtests' among them.
    failures: Vec<Issue>,
    /// What broke in setup, in collection, or nobody knows where.
    setup: Vec<Issue>,
    teardown: Vec<Issue>,
    skips: Vec<Issue>,
    /// A worker crashed.
    crash: Option<Issue>,
    /// The phase of the errors in `setup` is known to be the setup.
    setup_known: bool,
    /// Earlier attempts of a test that passed in the end.
    flaky: Vec<Issue>,
    /// Later attempts of a test that failed to the end.
    reruns: Vec<Issue>,
}

impl Findings {
    fn of(issues: Vec<Issue>) -> Findings {
        let mut findings = Findings::default();
        if issues.iter().all(|issue| issue.kind == IssueKind::Failure) {
            // As nearly all are that have any.
            findings.failures = issues;
            return findings;
        }
        for issue in issues {
            let message = issue.message.as_deref().unwrap_or_default();
            match issue.kind {
                IssueKind::Failure => findings.failures.push(issue),
                IssueKind::Skipped => findings.skips.push(issue),
                IssueKind::Flaky => findings.flaky.push(issue),
                IssueKind::Rerun => findings.reruns.push(issue),
                IssueKind::Error if crashed(&issue).is_some() => findings.crash = Some(issue),
                IssueKind::Error if begins(message, &["failed on teardown with", "test teardown failure"]) => {
                    findings.teardown.push(issue);
                }
                IssueKind::Error => {
                    findings.setup_known = begins(message, &["failed on setup with", "test setup failure"]);
                    findings.setup.push(issue);
                }
            }
        }
        findings
    }

    /// Returns the outcome.
    ///
    /// | failure | crash | error elsewhere | teardown error | skip | outcome |
    /// |---|---|---|---|---|---|
    /// | yes | | | | | `Failed` |
    /// | no | yes | | | | `Failed` |
    /// | no | no | yes | | | `Error` |
    /// | no | no | no | yes | | `Error` |
    /// | no | no | no | no | yes | the skip's: skipped, failed or passed as expected |
    /// | no | no | no | no | no | `Passed` |
    fn outcome(&self) -> Outcome {
        if !self.failures.is_empty() || self.crash.is_some() {
            Outcome::Failed
        } else if !self.setup.is_empty() || !self.teardown.is_empty() {
            Outcome::Error
        } else {
            self.skips.last().map_or(Outcome::Passed, skip_outcome)
        }
    }

    fn phases(&self) -> Phases {
        let teardown = (!self.teardown.is_empty()).then_some(Outcome::Error);
        if !self.failures.is_empty() {
            return Phases { teardown, ..FAILED_CALL };
        }
        if !self.setup.is_empty() && self.setup_known {
            return Phases { setup: Some(Outcome::Error), call: None, teardown };
        }
        if teardown.is_some() && self.skips.is_empty() && self.setup.is_empty() {
            return Phases { setup: Some(Outcome::Passed), call: Some(Outcome::Passed), teardown };
        }
        Phases { setup: None, call: None, teardown }
    }
}

/// Fills in what the test case of a result says beyond its name and time; returns the attempts that it tells of, the verdict last.
pub(super) fn judge(
    mut result: TestResult,
    more: More,
    producer: Producer,
    timezone: Option<FixedOffset>,
) -> Vec<TestResult> {
    if producer == Producer::Pytest && more.extras.is_none() && only_failed(&more.issues) {
        failed(&mut result, more.issues);
        return vec![result];
    }
    let mut status = Vec::new();
    if let Some(extras) = more.extras {
        result.start_time = extras.timestamp.and_then(|text| known(&text, timezone));
        let captured = Captured::of(extras.system_out, extras.system_err);
        result.capstdout = captured.out.map(Text::from);
        result.capstderr = captured.err.map(Text::from);
        result.caplog = captured.log.map(Text::from);
        status = extras.status;
    }
    let mut findings = Findings::of(more.issues);
    result.outcome = findings.outcome();
    if producer == Producer::Pytest {
        result.phases = findings.phases();
    } else if result.outcome == Outcome::Passed {
        result.outcome = status_outcome(&status);
    }
    result.worker = findings.crash.as_ref().and_then(crashed).map(|(worker, _)| worker.into());
    let (flaky, reruns) = (std::mem::take(&mut findings.flaky), std::mem::take(&mut findings.reruns));
    tell(findings, producer, &mut result);
    if producer == Producer::Pytest {
        restore(&mut result);
    }
    let attempt = |issue: Issue| attempt(&result, issue, producer, timezone);
    let flaky = flaky.into_iter().map(attempt).collect();
    let reruns = reruns.into_iter().map(attempt).collect();
    attempts(result, flaky, reruns)
}

/// Whether a test case failed once, and nothing else: as nearly all do that have something to say.
fn only_failed(issues: &[Issue]) -> bool {
    matches!(issues, [issue] if issue.kind == IssueKind::Failure)
}

/// Fills in what a test case of pytest says that failed once: what the long way would come to.
fn failed(result: &mut TestResult, issues: Vec<Issue>) {
    result.outcome = Outcome::Failed;
    result.phases = FAILED_CALL;
    result.longreprtext = issues.into_iter().next().and_then(|issue| shown(issue, Producer::Pytest));
    restore(result);
}

/// Fills the texts of a result.
fn tell(mut findings: Findings, producer: Producer, result: &mut TestResult) {
    let show = |issue: Issue| shown(issue, producer);
    result.reason = findings.skips.last().and_then(reason).map(Text::from);
    if result.outcome == Outcome::Failed && producer == Producer::Pytest {
        // The call's own failure stands behind those of its subtests; neither a failed call nor a crash was skipped.
        let own = findings.failures.pop();
        result.subtests.extend(findings.skips.drain(..).map(|skip| subtest(skip_outcome(&skip), reason(&skip))));
        result.subtests.extend(
            findings.failures.drain(..).map(|failure| subtest(Outcome::Failed, show(failure).map(String::from))),
        );
        result.reason = None;
        result.longreprtext = own.and_then(show);
    } else if result.outcome == Outcome::Skipped && producer == Producer::Pytest {
        // A test is skipped once; what was skipped before it were its subtests.
        let _own = findings.skips.pop();
        let subtests = findings.skips.drain(..).filter(|skip| skip.class.as_deref() == Some("pytest.skip"));
        result.subtests.extend(
            subtests
                .filter(|skip| skip.message.as_deref() != Some("collection skipped"))
                .map(|skip| subtest(skip_outcome(&skip), reason(&skip))),
        );
    }
    let mut texts: Vec<Text> = Vec::new();
    let broken = findings.failures.into_iter().chain(findings.crash).chain(findings.setup);
    for text in broken.filter_map(show) {
        // A module that is collected twice (for tests and for doctests) tells its error twice.
        if texts.last() != Some(&text) {
            texts.push(text);
        }
    }
    if result.longreprtext.is_none() && !texts.is_empty() {
        let texts: Vec<&str> = texts.iter().map(Text::as_str).collect();
        result.longreprtext = Some(texts.join("\n").into());
    }
    for text in findings.teardown.into_iter().filter_map(show) {
        keep_teardown(result, text);
    }
}

/// Keeps the text of a teardown error: as the result's text, or beside it where a failure has taken that.
pub(super) fn keep_teardown(result: &mut TestResult, text: Text) {
    match result.longreprtext {
        None => result.longreprtext = Some(text),
        Some(_) => {
            result.properties.insert(TEARDOWN_TEXT.to_owned(), text.into());
        }
    }
}

/// Lays the attempts out that stand inside a test case, as Surefire and nextest write them: those before a pass, or those behind a
/// failure, which is then the first.
fn attempts(result: TestResult, flaky: Vec<TestResult>, mut reruns: Vec<TestResult>) -> Vec<TestResult> {
    let mut attempts = flaky;
    match reruns.pop() {
        None => {
            attempts.reserve_exact(1);
            attempts.push(result);
        }
        Some(mut last) => {
            // The time of the test case is that of the last attempt, where that has none of its own, and else of the first.
            let duration = last.duration.and(result.duration);
            last.duration = last.duration.or(result.duration);
            attempts.push(TestResult { duration, ..result });
            attempts.append(&mut reruns);
            attempts.push(last);
        }
    }
    let count = attempts.len();
    for (place, attempt) in attempts.iter_mut().enumerate() {
        attempt.attempt = u32::try_from(place + 1).unwrap_or(u32::MAX);
        if place + 1 < count {
            attempt.outcome = Outcome::Rerun;
        }
    }
    attempts
}

/// One attempt that an issue tells of.
fn attempt(of: &TestResult, mut issue: Issue, producer: Producer, timezone: Option<FixedOffset>) -> TestResult {
    let outcome = if issue.is_error { Outcome::Error } else { Outcome::Failed };
    let mut attempt = TestResult::new(of.node_id.clone(), outcome);
    attempt.node_id_certainty = of.node_id_certainty;
    if let Some(facts) = issue.attempt.take() {
        attempt.duration = facts.time;
        attempt.start_time = facts.timestamp.and_then(|text| known(&text, timezone));
        attempt.capstdout = facts.system_out.map(Text::from);
        attempt.capstderr = facts.system_err.map(Text::from);
    }
    attempt.longreprtext = shown(issue, producer);
    attempt
}

fn subtest(outcome: Outcome, longreprtext: Option<String>) -> Subtest {
    Subtest { description: SUBTEST.to_owned(), outcome, longreprtext }
}

/// Returns the text of a failure or error. pytest's message is the beginning of its text; others tell in it what the text does not.
pub(super) fn shown(issue: Issue, producer: Producer) -> Option<Text> {
    let blank = issue.text.trim().is_empty();
    if producer == Producer::Pytest {
        let message = issue.message.filter(|message| !message.trim().is_empty());
        return if blank { message } else { Some(issue.text) };
    }
    let head = match (issue.class, issue.message) {
        (Some(class), Some(message)) if !message.contains(class.as_str()) && !class.is_empty() => {
            format!("{class}: {message}").into()
        }
        (class, message) => message.or(class).unwrap_or_default(),
    };
    let text = issue.text.trim_start_matches('\n').trim_end();
    match (blank, head.trim().is_empty()) {
        (true, true) => None,
        (true, false) => Some(head),
        (false, _) if text.contains(head.trim()) => Some(text.into()),
        (false, _) => Some(format!("{head}\n{text}").into()),
    }
}

/// Returns the outcome that a skip stands for: pytest writes expected failures as skips, and pytest 2 unexpected passes.
fn skip_outcome(skip: &Issue) -> Outcome {
    let message = skip.message.as_deref().unwrap_or_default();
    match skip.class.as_deref() {
        Some("pytest.xfail") => Outcome::Xfailed,
        _ if message == "expected test failure" => Outcome::Xfailed,
        _ if message == "xfail-marked test passes unexpectedly" => Outcome::Xpassed,
        _ => Outcome::Skipped,
    }
}

/// Returns why a test was skipped. pytest cuts long messages; the text behind `path:line: ` is whole.
fn reason(skip: &Issue) -> Option<String> {
    let message = skip.message.as_deref().unwrap_or_default();
    let text = skip.text.trim();
    let reason = if message == "collection skipped" {
        module_reason(text).unwrap_or_else(|| text.to_owned())
    } else if text.is_empty() {
        message.to_owned()
    } else if message == "expected test failure" || message.is_empty() {
        text.to_owned()
    } else {
        let whole = message.split('\n').next().and_then(|first| Some(&text[text.find(&format!(": {first}"))? + 2..]));
        whole.filter(|whole| whole.len() > message.len()).unwrap_or(message).to_owned()
    };
    (!reason.is_empty()).then_some(reason)
}

/// Returns the reason in `('path', line, 'Skipped: reason')`, Python's own way to write the three.
fn module_reason(text: &str) -> Option<String> {
    let quoted = text.strip_suffix(')')?.splitn(3, ", ").nth(2)?;
    let inner = quoted.strip_prefix(['\'', '"'])?.strip_suffix(['\'', '"'])?;
    let plain = inner.replace("\\'", "'").replace("\\\"", "\"").replace("\\n", "\n").replace("\\\\", "\\");
    Some(plain.strip_prefix("Skipped: ").map(str::to_owned).unwrap_or(plain))
}

/// Returns what `status` and `result` say of a test case that has no issue: that it did not run, or failed without a word.
pub(super) fn status_outcome(status: &[String]) -> Outcome {
    let says = |words: &[&str]| status.iter().any(|status| words.contains(&status.to_ascii_lowercase().as_str()));
    if says(&["fail", "failed", "failure"]) {
        Outcome::Failed
    } else if says(&["error", "errored"]) {
        Outcome::Error
    } else if says(&["notrun", "not run", "skipped", "skip", "suppressed", "disabled", "ignored", "pending", "todo"]) {
        Outcome::Skipped
    } else {
        Outcome::Passed
    }
}

fn begins(message: &str, words: &[&str]) -> bool {
    words.iter().any(|words| message.starts_with(words))
}
