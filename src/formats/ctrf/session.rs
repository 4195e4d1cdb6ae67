//! The members of the document put together to a session.

use std::collections::BTreeMap;
use std::time::Duration;

use super::document::{Surroundings, Test, Tool};
use super::test::{Producer, Unit, attempts};
use crate::diagnostic::Diagnostic;
use crate::formats::json::{Lenient, Number, Wholeness};
use crate::model::{Ending, TestSession, TimeSource, Totals};

/// A session that is being read.
#[derive(Debug, Default)]
pub(super) struct SessionBuilder {
    session: TestSession,
    producer: Producer,
    /// How many tests the summary declares.
    declared: Option<u64>,
    entries: u64,
}

impl SessionBuilder {
    /// Takes in a member of `results` that is not read element by element.
    pub(super) fn add_member(&mut self, key: &str, value: &Lenient<'_>) {
        match key {
            "tool" => self.add_tool(value),
            "summary" => self.add_summary(value),
            "environment" => self.add_environment(value),
            _ => {}
        }
    }

    fn add_tool(&mut self, value: &Lenient<'_>) {
        let Some(tool) = value.get::<Tool<'_>>() else { return };
        let version = tool.version.shown().filter(|version| !version.is_empty());
        if tool.name.eq_ignore_ascii_case("pytest") {
            self.producer = Producer::Pytest;
            self.session.environment.pytest = version;
        } else {
            let name = tool.name.to_string();
            let tool = version.map_or(name.clone(), |version| format!("{name} {version}"));
            self.session.tags.insert("tool".to_owned(), tool);
        }
    }

    fn add_summary(&mut self, value: &Lenient<'_>) {
        let numbers: BTreeMap<String, Number> = value.get().unwrap_or_default();
        let number = |key: &str| numbers.get(key).copied().unwrap_or_default();
        let unit = Unit::of_instant(number("start").0);
        let (start, stop) = (unit.instant(number("start")), unit.instant(number("stop")));
        self.session.session_start_time = start;
        self.session.session_stop_time = stop;
        self.session.time_source = start.map(|_| TimeSource::Report);
        self.session.session_duration = match start.zip(stop) {
            Some((start, stop)) => (stop - start).to_std().ok(),
            None => unit.duration(number("duration")),
        };
        let mut totals = Totals::default();
        for key in ["passed", "failed", "skipped", "pending", "other", "flaky"] {
            if let Some(count) = number(key).whole() {
                totals.set(key, count);
            }
        }
        self.declared = number("tests").whole();
        self.session.totals = Some(totals).filter(|totals| !totals.is_empty());
    }

    fn add_environment(&mut self, value: &Lenient<'_>) {
        let Some(surroundings) = value.get::<Surroundings<'_>>() else { return };
        let text = |value: &Lenient<'_>| value.shown().filter(|text| !text.is_empty());
        self.session.environment.platform = text(&surroundings.os_platform);
        let run = text(&surroundings.build_url).or_else(|| text(&surroundings.build_number));
        let tags =
            [("revision", text(&surroundings.commit)), ("branch", text(&surroundings.branch_name)), ("ci_run", run)];
        for (tag, value) in tags {
            self.session.tags.extend(value.map(|value| (tag.to_owned(), value)));
        }
    }

    /// Takes in an entry of `tests`; returns what there is to say about it.
    pub(super) fn add_test(&mut self, test: &Test<'_>) -> Option<Diagnostic> {
        self.entries += 1;
        let attempts = attempts(test, self.producer);
        if attempts.is_unfinished {
            self.session.in_flight = attempts.results.last().map(|result| result.node_id.clone()).or(attempts.node_id);
        }
        self.session.test_results.extend(attempts.results);
        attempts.diagnostic
    }

    /// Returns the session, and what there is to say about it as a whole.
    pub(super) fn finish(mut self, wholeness: Wholeness) -> (TestSession, Vec<Diagnostic>) {
        let mut diagnostics = Vec::new();
        if let Some(declared) = self.declared
            && wholeness == Wholeness::Whole
            && declared != self.entries
        {
            let message = format!("the summary declares {declared} tests, and {} were read", self.entries);
            diagnostics.push(Diagnostic::warning("ctrf-count-mismatch", message));
        }
        self.session.complete = wholeness == Wholeness::Whole;
        self.session.ending = (wholeness == Wholeness::Cut).then_some(Ending::Cut);
        (self.session, diagnostics)
    }
}

impl Unit {
    /// Returns a number of this unit as a duration.
    pub(super) fn duration(self, number: Number) -> Option<Duration> {
        number.0.and_then(|number| Duration::try_from_secs_f64(number * self.seconds()).ok())
    }
}
