//! The members of the document put together to a session.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::document::{Collector, Test, Warning};
use super::environment::add_environment;
use super::test;
use crate::diagnostic::Diagnostic;
use crate::formats::collected::Collected;
use crate::formats::json::{Lenient, Number, Text, Wholeness};
use crate::formats::times;
use crate::formats::worker_line::WorkerLine;
use crate::model::{Ending, NodeId, Outcome, TestResult, TestSession, TestWarning, TimeSource, Totals};

/// A session that is being read.
#[derive(Debug, Default)]
pub(super) struct SessionBuilder {
    session: TestSession,
    created: Option<f64>,
    duration: Option<f64>,
    /// How many tests the summary declares.
    declared: Option<u64>,
    entries: u64,
    has_tests: bool,
    forerunners: u64,
    collected: Collected,
    results: Vec<TestResult>,
    worker: Option<WorkerLine>,
    diagnostics: Vec<Diagnostic>,
}

impl SessionBuilder {
    /// Takes in a member of the document that is not read element by element.
    pub(super) fn add_member(&mut self, key: &str, value: &Lenient<'_>) {
        match key {
            "created" => self.created = value.get::<Number>().and_then(|number| number.0),
            "duration" => self.duration = value.get::<Number>().and_then(|number| number.0),
            "exitcode" => self.session.exit_status = value.get(),
            "root" => self.session.environment.rootdir = value.get::<Text<'_>>().map(Text::into_owned),
            "environment" => add_environment(value, &mut self.session),
            "summary" => self.add_summary(value),
            _ => {}
        }
    }

    /// Takes over the totals; the document's word for errors is `error`.
    fn add_summary(&mut self, summary: &Lenient<'_>) {
        let counts: BTreeMap<String, Number> = summary.get().unwrap_or_default();
        let mut totals = Totals::default();
        for (key, count) in counts {
            let Some(count) = count.whole() else { continue };
            match key.as_str() {
                "total" => self.declared = Some(count),
                "collected" => totals.set(key, count),
                "error" => totals.set("errors", count),
                _ => totals.set(key.replace(' ', "_"), count),
            }
        }
        self.session.totals = Some(totals).filter(|totals| !totals.is_empty());
    }

    pub(super) fn begin_tests(&mut self) {
        self.has_tests = true;
    }

    /// Takes in an entry of `tests`; returns what there is to say about it.
    pub(super) fn add_test(&mut self, test: &Test<'_>) -> Option<Diagnostic> {
        self.entries += 1;
        let attempts = test::attempts(test);
        if attempts.has_forerunner {
            self.forerunners += 1;
            self.results.push(TestResult::new(&*test.nodeid, Outcome::Rerun));
        }
        if self.worker.is_none() {
            self.worker = attempts.worker;
        }
        match attempts.last {
            None if attempts.is_unfinished => {
                self.session.in_flight = Some(NodeId::new(&*test.nodeid));
                None
            }
            Some(result) => {
                self.results.push(result);
                None
            }
            None => Some(
                Diagnostic::warning("json-report-no-outcome", "an entry that tells no outcome is left out")
                    .at_path(&*test.nodeid),
            ),
        }
    }

    /// Takes in an entry of `collectors`; returns what there is to say about it.
    pub(super) fn add_collector(&mut self, collector: &Collector<'_>) -> Option<Diagnostic> {
        let result = test::collected(collector)?;
        if result.node_id.as_str().is_empty() {
            let text = result.longreprtext.unwrap_or_default();
            let line = text.lines().next_back().unwrap_or_default();
            return Some(Diagnostic::error(
                "json-report-collection",
                format!("the session could not be collected: {line}"),
            ));
        }
        self.collected.add(result);
        None
    }

    pub(super) fn add_warning(&mut self, warning: &Warning<'_>) {
        let file: Option<Text<'_>> = warning.filename.get();
        self.session.warnings.push(TestWarning {
            message: warning.message.to_string(),
            category: warning.category.get::<Text<'_>>().map(Text::into_owned),
            location: file.map(|file| match warning.lineno.whole() {
                Some(line) => format!("{}:{line}", &*file),
                None => file.into_owned(),
            }),
            node_id: None,
        });
    }

    /// Returns the session, and what there is to say about it as a whole.
    pub(super) fn finish(mut self, wholeness: Wholeness) -> (TestSession, Vec<Diagnostic>) {
        self.compare_totals(wholeness);
        let session = &mut self.session;
        session.complete = wholeness == Wholeness::Whole;
        session.ending = Some(match wholeness {
            Wholeness::Whole | Wholeness::Damaged => Ending::of_run(session.exit_status, session.in_flight.as_ref()),
            Wholeness::Cut => Ending::Cut,
        });
        session.session_stop_time = self.created.and_then(times::instant);
        session.session_duration = self.duration.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        // The document is made at the end: it began that long before.
        let start: Option<DateTime<Utc>> =
            self.created.zip(self.duration).and_then(|(end, duration)| times::instant(end - duration));
        session.session_start_time = start;
        session.time_source = start.map(|_| TimeSource::Report);
        if let Some(line) = self.worker {
            session.environment.python.get_or_insert(line.python);
            session.environment.platform.get_or_insert(line.platform);
        }
        session.test_results = self.collected.into_results().into();
        session.test_results.extend(self.results);
        (self.session, self.diagnostics)
    }

    fn compare_totals(&mut self, wholeness: Wholeness) {
        if self.forerunners > 0 {
            let message = format!(
                "{} tests were repeated; what their earlier attempts did, and how many there were, is not in this format",
                self.forerunners
            );
            self.diagnostics.push(Diagnostic::note("json-report-attempts-lost", message));
        }
        if wholeness != Wholeness::Whole {
            return;
        }
        if !self.has_tests {
            let message = "the document holds a summary and no tests";
            self.diagnostics.push(Diagnostic::note("json-report-summary-only", message));
        } else if let Some(declared) = self.declared
            && declared != self.entries
        {
            let message = format!("the summary declares {declared} tests, and {} were read", self.entries);
            self.diagnostics.push(Diagnostic::warning("json-report-count-mismatch", message));
        }
    }
}
