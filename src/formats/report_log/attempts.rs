//! Reports put together to attempts.
//!
//! A worker runs one test after the other, but the reports of several workers arrive mixed, and some plugins run several tests of one
//! process at once. So the reports of one attempt are found by worker and node id.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use super::longrepr::Longrepr;
use super::record::Record;
use super::subtest::{Parameters, description};
use crate::formats::json::{Lenient, Text};
use crate::formats::properties::{CRASH, TEARDOWN_TEXT, add_recorded};
use crate::formats::times;
use crate::model::{Outcome, Subtest, TestResult};

/// All attempts of a session, as far as it has been read.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    attempts: Vec<Attempt>,
    workers: Vec<Worker>,
    worker_indices: HashMap<Option<String>, usize>,
}

/// One process that ran tests.
#[derive(Debug, Default)]
struct Worker {
    /// The attempt to which the last report belonged.
    current: Option<usize>,
    /// The last attempt of each test.
    latest: HashMap<String, usize>,
    /// The captured sections of the last report: those of one report are repeated by the next one of the same test.
    sections: Vec<SectionMark>,
}

/// One attempt.
#[derive(Debug)]
pub(super) struct Attempt {
    /// What is known of it; the outcome counts once `outcome` is known.
    pub(super) result: TestResult,
    /// How it ended, as far as its reports say.
    pub(super) outcome: Option<Outcome>,
    /// The outcome that a report without a phase gave it: the worker died.
    crash: Option<Outcome>,
    seconds: Option<f64>,
    /// Whether the text is that of a failure, which is not to be replaced.
    has_failure_text: bool,
    /// Whether another attempt of the same test followed.
    followed: bool,
}

/// Which attempt a report was put to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) worker: usize,
    pub(super) attempt: usize,
}

impl Attempts {
    /// Returns the attempts in the order of their first reports.
    pub(super) fn into_vec(self) -> Vec<Attempt> {
        self.attempts
    }

    pub(super) fn get_mut(&mut self, index: usize) -> Option<&mut Attempt> {
        self.attempts.get_mut(index)
    }

    /// Returns the attempts to which each worker's last report belonged.
    pub(super) fn current(&self) -> impl Iterator<Item = (usize, &Attempt)> {
        self.workers.iter().filter_map(|worker| worker.current).filter_map(|at| Some((at, self.attempts.get(at)?)))
    }

    /// Takes in a test's report of one phase.
    pub(super) fn add_report(&mut self, node_id: &str, record: &Record<'_>) -> Option<Place> {
        let phase = Phase::of(record.when.as_deref())?;
        let outcome = phase_outcome(record, phase)?;
        let worker = self.worker(record.worker());
        let attempt = match self.latest(worker, node_id) {
            Some(latest) if !self.attempts[latest].begins_anew(phase) => latest,
            previous => self.open(worker, node_id, record, previous),
        };
        self.workers[worker].current = Some(attempt);
        let sections = self.new_sections(worker, record);
        let attempt_state = &mut self.attempts[attempt];
        attempt_state.capture(sections);
        attempt_state.add(phase, outcome, record);
        Some(Place { worker, attempt })
    }

    /// Takes in a subtest's report.
    pub(super) fn add_subtest(&mut self, node_id: &str, record: &Record<'_>, parameters: Parameters) -> Option<Place> {
        let outcome = phase_outcome(record, Phase::Call)?;
        let worker = self.worker(record.worker());
        let attempt = match self.latest(worker, node_id) {
            Some(latest) if !self.attempts[latest].has_been_called() => latest,
            previous => self.open(worker, node_id, record, previous),
        };
        self.workers[worker].current = Some(attempt);
        let attempt_state = &mut self.attempts[attempt];
        attempt_state.result.subtests.push(Subtest {
            description: description(record.subtest_context, parameters),
            outcome,
            longreprtext: record.longrepr.get::<Longrepr<'_>>().and_then(|longrepr| longrepr.text()),
        });
        attempt_state.decide();
        Some(Place { worker, attempt })
    }

    fn worker(&mut self, name: Option<&str>) -> usize {
        // One process is the usual case: it needs no look-up.
        if name.is_none() && self.workers.len() == 1 && self.worker_indices.contains_key(&None) {
            return 0;
        }
        let name = name.map(str::to_owned);
        *self.worker_indices.entry(name).or_insert_with(|| {
            self.workers.push(Worker::default());
            self.workers.len() - 1
        })
    }

    fn latest(&self, worker: usize, node_id: &str) -> Option<usize> {
        let worker = &self.workers[worker];
        let is_same = |at: &usize| self.attempts[*at].result.node_id.as_str() == node_id;
        worker.current.filter(is_same).or_else(|| worker.latest.get(node_id).copied())
    }

    /// Begins an attempt; `previous` is the same worker's attempt of the same test before it.
    fn open(&mut self, worker: usize, node_id: &str, record: &Record<'_>, previous: Option<usize>) -> usize {
        let mut result = TestResult::new(node_id, Outcome::Passed);
        result.worker = record.worker().map(Into::into);
        // Whether the attempt before was a repeated one, and its number.
        let repeated = previous.map(|at| &mut self.attempts[at]).and_then(Attempt::give_way);
        result.attempt = match record.rerun.whole() {
            Some(before) => u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1),
            None => repeated.map_or(1, |before| before.saturating_add(1)),
        };
        // Within a test every report repeats what those before it captured. A teardown ends the test: should another attempt follow, what
        // its first report says is its own, even where pytest left there what the attempt before had captured.
        let goes_on = previous.is_some_and(|at| {
            self.workers[worker].current == Some(at) && self.attempts[at].result.phases.teardown.is_none()
        });
        if !goes_on {
            self.workers[worker].sections.clear();
        }
        let attempt = self.attempts.len();
        self.attempts.push(Attempt {
            result,
            outcome: None,
            crash: None,
            seconds: None,
            has_failure_text: false,
            followed: false,
        });
        self.workers[worker].latest.insert(node_id.to_owned(), attempt);
        attempt
    }

    /// Returns the captured sections that the previous report of the same test did not have.
    fn new_sections(&mut self, worker: usize, record: &Record<'_>) -> Vec<(String, String)> {
        if record.sections.json().is_none_or(|json| json == "[]") {
            return Vec::new();
        }
        let sections = record.sections.get::<Vec<(Text<'_>, Text<'_>)>>().unwrap_or_default();
        let marks: Vec<SectionMark> = sections.iter().map(|(name, content)| SectionMark::of(name, content)).collect();
        let before = std::mem::replace(&mut self.workers[worker].sections, marks.clone());
        let goes_on = marks.starts_with(&before);
        let is_new =
            |index: usize, mark: &SectionMark| if goes_on { index >= before.len() } else { !before.contains(mark) };
        let numbered = sections.into_iter().zip(&marks).enumerate();
        let new = numbered.filter(|(index, (_, mark))| is_new(*index, mark));
        new.map(|(_, ((name, content), _))| (name.into_owned(), content.into_owned())).collect()
    }
}

/// What is kept of a captured section to know it again: its text can be of any size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct SectionMark {
    length: usize,
    hash: u64,
}

impl SectionMark {
    fn of(name: &str, content: &str) -> SectionMark {
        let mut hasher = DefaultHasher::new();
        (name, content).hash(&mut hasher);
        SectionMark { length: content.len(), hash: hasher.finish() }
    }
}

/// The phase that a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Setup,
    Call,
    Teardown,
    /// None: xdist says `???` of a worker that died.
    Unknown,
}

impl Phase {
    fn of(word: Option<&str>) -> Option<Phase> {
        match word? {
            "setup" => Some(Phase::Setup),
            "call" => Some(Phase::Call),
            "teardown" => Some(Phase::Teardown),
            "???" => Some(Phase::Unknown),
            _ => None,
        }
    }
}

/// Returns what a report says of its phase, or `None` for a word that is not known.
fn phase_outcome(record: &Record<'_>, phase: Phase) -> Option<Outcome> {
    let expected = record.wasxfail.is_some();
    Some(match record.outcome.as_deref()? {
        "passed" if expected => Outcome::Xpassed,
        "passed" => Outcome::Passed,
        "skipped" if expected => Outcome::Xfailed,
        "skipped" => Outcome::Skipped,
        // pytest-retry's word and pytest-rerunfailures'.
        "rerun" | "retried" => Outcome::Rerun,
        "failed" | "error" if matches!(phase, Phase::Setup | Phase::Teardown) => Outcome::Error,
        "failed" | "error" => Outcome::Failed,
        _ => return None,
    })
}

impl Attempt {
    /// Whether a report of this phase belongs to an attempt after this one.
    fn begins_anew(&self, phase: Phase) -> bool {
        let phases = &self.result.phases;
        match phase {
            Phase::Setup => phases.setup.is_some() || phases.call.is_some() || phases.teardown.is_some(),
            Phase::Call => phases.call.is_some() || phases.teardown.is_some(),
            Phase::Teardown => phases.teardown.is_some(),
            Phase::Unknown => phases.teardown.is_some() || self.crash.is_some(),
        }
    }

    fn has_been_called(&self) -> bool {
        self.result.phases.call.is_some() || self.result.phases.teardown.is_some() || self.crash.is_some()
    }

    /// Notes that another attempt of the same test follows; returns the number of this one where that makes it a repeated one.
    ///
    /// Some plugins keep the report of the failed setup or call to themselves before they try again: an attempt that lacks its call was repeated.
    fn give_way(&mut self) -> Option<u32> {
        self.followed = true;
        let phases = self.result.phases;
        let is_silent = phases.setup.is_none_or(|setup| setup == Outcome::Passed) && phases.call.is_none();
        if is_silent && phases.teardown == Some(Outcome::Passed) {
            self.outcome = Some(Outcome::Rerun);
            self.result.outcome = Outcome::Rerun;
        }
        (self.outcome == Some(Outcome::Rerun)).then_some(self.result.attempt)
    }

    /// Whether the run ended within this attempt.
    pub(super) fn is_open(&self) -> bool {
        self.result.phases.teardown.is_none() && self.crash.is_none() && !self.followed
    }

    fn add(&mut self, phase: Phase, outcome: Outcome, record: &Record<'_>) {
        match phase {
            Phase::Setup => self.result.phases.setup = Some(outcome),
            Phase::Call => self.result.phases.call = Some(outcome),
            Phase::Teardown => self.result.phases.teardown = Some(outcome),
            Phase::Unknown => self.crash = Some(outcome),
        }
        self.decide();
        self.add_times(record);
        self.add_reason(outcome, record);
        self.add_properties(record.user_properties);
    }

    fn add_times(&mut self, record: &Record<'_>) {
        if let Some(seconds) = record.duration.0 {
            let total = self.seconds.get_or_insert(0.0);
            *total += seconds;
            // A negative duration (the clock was set back) is none.
            self.result.duration = Duration::try_from_secs_f64(*total).ok();
        }
        if self.result.start_time.is_none() {
            self.result.start_time = record.start.0.and_then(times::instant);
        }
    }

    fn add_reason(&mut self, outcome: Outcome, record: &Record<'_>) {
        if let Some(reason) = record.wasxfail.as_deref() {
            let reason = reason.strip_prefix("reason: ").unwrap_or(reason);
            if !reason.is_empty() {
                self.result.reason = Some(reason.into());
            }
        }
        if record.longrepr.json().is_none_or(|json| json == "null") {
            return;
        }
        let Some(longrepr) = record.longrepr.get::<Longrepr<'_>>() else { return };
        if outcome == Outcome::Skipped && self.result.reason.is_none() {
            self.result.reason = longrepr.skip_reason().map(Into::into);
        }
        let Some(text) = longrepr.text() else { return };
        let is_worse = matches!(outcome, Outcome::Failed | Outcome::Error | Outcome::Rerun);
        if self.result.longreprtext.is_none() || is_worse && !self.has_failure_text {
            self.result.longreprtext = Some(text.into());
            self.has_failure_text = is_worse;
            if let Some(crash) = longrepr.crash() {
                self.result.properties.insert(CRASH.to_owned(), crash);
            }
        } else {
            self.result.properties.insert(TEARDOWN_TEXT.to_owned(), text);
        }
    }

    /// Takes over what the test recorded. Each report repeats the list of the one before it and adds to it.
    fn add_properties(&mut self, properties: Lenient<'_>) {
        if properties.json().is_none_or(|json| json == "[]") {
            return;
        }
        let recorded: Vec<(Lenient<'_>, Lenient<'_>)> = properties.get().unwrap_or_default();
        let shown = recorded.iter().map(|(key, value)| (key.shown_or_none(), value.shown_or_none()));
        add_recorded(&mut self.result.properties, shown);
    }

    fn capture(&mut self, sections: Vec<(String, String)>) {
        let (mut out, mut err, mut log) = (Vec::new(), Vec::new(), Vec::new());
        for (name, content) in sections {
            match name.split(' ').nth(1) {
                _ if !name.starts_with("Captured ") || content.is_empty() => {}
                Some("stdout") => out.push(content),
                Some("stderr") => err.push(content),
                Some("log") => log.push(content),
                _ => {}
            }
        }
        let result = &mut self.result;
        let fields =
            [(&mut result.capstdout, out, ""), (&mut result.capstderr, err, ""), (&mut result.caplog, log, "\n")];
        for (field, texts, separator) in fields {
            if !texts.is_empty() {
                let texts: Vec<&str> = field.as_deref().into_iter().chain(texts.iter().map(String::as_str)).collect();
                *field = Some(texts.join(separator).into());
            }
        }
    }

    /// Sets the outcome that the reports so far amount to.
    fn decide(&mut self) {
        let phases = self.result.phases;
        let failed_subtest = self.result.subtests.iter().any(|subtest| subtest.outcome.is_failure());
        let outcome = match (self.crash, phases.outcome()) {
            (Some(Outcome::Rerun), _) | (_, Some(Outcome::Rerun)) => Some(Outcome::Rerun),
            (Some(crash), _) => Some(crash),
            (None, None) => None,
            (None, Some(Outcome::Error)) if phases.setup.is_some_and(Outcome::is_failure) => Some(Outcome::Error),
            (None, Some(_)) if failed_subtest => Some(Outcome::Failed),
            // A setup that went well is not yet a test that passed.
            (None, Some(Outcome::Passed)) if phases.call.is_none() => None,
            (None, outcome) => outcome,
        };
        self.outcome = outcome;
        if let Some(outcome) = outcome {
            self.result.outcome = outcome;
        }
    }
}
