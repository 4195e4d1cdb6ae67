//! One session in a list: its JSON object, its record, its row.

use std::collections::BTreeMap;

use serde::Serialize;

use super::human;
use super::page::{Column, Fit, Layout, Span, Tone};
use super::questions::RateEntry;
use crate::analysis::{PassRate, session_counts};
use crate::model::{Ending, OutcomeCounts, SessionSummary, TimeSource};
use crate::service::{Standing, standing};
use crate::wire::{microseconds, timestamp};

/// A session in a list, as JSON. Field names are those of the session document.
#[derive(Debug, Serialize)]
pub(crate) struct SessionEntry<'a> {
    session_id: &'a str,
    sut_name: Option<&'a str>,
    session_start_time: Option<String>,
    session_stop_time: Option<String>,
    time_source: Option<&'static str>,
    session_duration_us: Option<u64>,
    standing: &'static str,
    complete: bool,
    ending: Option<&'static str>,
    exit_status: Option<i32>,
    counts: CountsEntry,
    pass_rate: RateEntry,
    totals: Option<BTreeMap<&'a str, u64>>,
    environment: EnvironmentEntry<'a>,
    tags: &'a BTreeMap<String, String>,
    formats: Vec<&'static str>,
    ingested_at: Option<String>,
}

/// The tests of a session by final outcome; `rerun` counts attempts.
#[derive(Debug, Serialize, Default)]
pub(crate) struct CountsEntry {
    tests: u64,
    passed: u64,
    failed: u64,
    errors: u64,
    skipped: u64,
    xfailed: u64,
    xpassed: u64,
    rerun: u64,
    unfinished: u64,
}

#[derive(Debug, Serialize)]
struct EnvironmentEntry<'a> {
    pytest: Option<&'a str>,
    python: Option<&'a str>,
    platform: Option<&'a str>,
}

impl From<OutcomeCounts> for CountsEntry {
    fn from(counts: OutcomeCounts) -> CountsEntry {
        CountsEntry {
            tests: counts.tests(),
            passed: counts.passed,
            failed: counts.failed,
            errors: counts.errors,
            skipped: counts.skipped,
            xfailed: counts.xfailed,
            xpassed: counts.xpassed,
            rerun: counts.rerun,
            unfinished: counts.unfinished,
        }
    }
}

impl<'a> From<&'a SessionSummary> for SessionEntry<'a> {
    fn from(session: &'a SessionSummary) -> SessionEntry<'a> {
        let environment = &session.environment;
        SessionEntry {
            session_id: session.session_id.as_str(),
            sut_name: session.sut_name.as_deref(),
            session_start_time: session.session_start_time.map(timestamp),
            session_stop_time: session.session_stop_time.map(timestamp),
            time_source: session.time_source.map(TimeSource::as_str),
            session_duration_us: session.session_duration.map(microseconds),
            standing: standing(session).as_str(),
            complete: session.complete,
            ending: session.ending.map(Ending::as_str),
            exit_status: session.exit_status,
            counts: session_counts(session).into(),
            pass_rate: (&PassRate::of(&session_counts(session))).into(),
            totals: session.totals.as_ref().map(|totals| totals.iter().collect()),
            environment: EnvironmentEntry {
                pytest: environment.pytest.as_deref(),
                python: environment.python.as_deref(),
                platform: environment.platform.as_deref(),
            },
            tags: &session.tags,
            formats: session.formats.iter().map(|format| format.as_str()).collect(),
            ingested_at: session.ingested_at.map(timestamp),
        }
    }
}

/// The names of a session's record.
pub(crate) const RECORD_NAMES: [&str; 23] = [
    "session_id",
    "sut_name",
    "session_start_time",
    "session_stop_time",
    "session_duration_us",
    "standing",
    "complete",
    "exit_status",
    "tests",
    "passed",
    "failed",
    "errors",
    "skipped",
    "xfailed",
    "xpassed",
    "rerun",
    "pass_rate",
    "pass_rate_low",
    "pass_rate_high",
    "pytest",
    "python",
    "formats",
    "ingested_at",
];

/// Returns a session's record.
pub(crate) fn record(session: &SessionSummary) -> Vec<String> {
    let counts = session_counts(session);
    let rate = PassRate::of(&counts);
    let number = |number: u64| number.to_string();
    let share = |share: Option<f64>| share.map(|share| share.to_string()).unwrap_or_default();
    let formats: Vec<&str> = session.formats.iter().map(|format| format.as_str()).collect();
    vec![
        session.session_id.to_string(),
        session.sut_name.clone().unwrap_or_default(),
        session.session_start_time.map(timestamp).unwrap_or_default(),
        session.session_stop_time.map(timestamp).unwrap_or_default(),
        session.session_duration.map(|duration| number(microseconds(duration))).unwrap_or_default(),
        standing(session).as_str().to_owned(),
        session.complete.to_string(),
        session.exit_status.map(|status| status.to_string()).unwrap_or_default(),
        number(counts.tests()),
        number(counts.passed),
        number(counts.failed),
        number(counts.errors),
        number(counts.skipped),
        number(counts.xfailed),
        number(counts.xpassed),
        number(counts.rerun),
        share(rate.value()),
        share(rate.interval.map(|interval| interval.low)),
        share(rate.interval.map(|interval| interval.high)),
        session.environment.pytest.clone().unwrap_or_default(),
        session.environment.python.clone().unwrap_or_default(),
        formats.join(" "),
        session.ingested_at.map(timestamp).unwrap_or_default(),
    ]
}

/// The columns of a session's row. The last are the first to go.
pub(crate) const COLUMNS: [Column; 11] = [
    Column::text("ID"),
    Column::text("SUT").fit(Fit::ShortenEnd(8)).rank(1),
    Column::text("STARTED").rank(3),
    Column::number("TOOK").rank(5),
    Column::number("TESTS").rank(2),
    Column::number("PASSED").rank(6),
    Column::number("FAILED"),
    Column::number("ERRORS"),
    Column::number("SKIPPED").rank(7),
    Column::text("RESULT"),
    Column::text("FROM").fit(Fit::ShortenEnd(8)).rank(8),
];

/// Returns a session's row; `id_length` is how much of ids it takes to tell them apart.
pub(crate) fn row(session: &SessionSummary, id_length: usize, layout: &Layout) -> Vec<Span> {
    let counts = session_counts(session);
    let formats: Vec<&str> = session.formats.iter().map(|format| format.as_str()).collect();
    let id = session.session_id.beginning(id_length);
    let result = standing(session);
    vec![
        Span::new(Tone::Name, id),
        session.sut_name.as_ref().map_or_else(Span::unknown, Span::plain),
        session.session_start_time.map_or_else(Span::unknown, |start| Span::plain(layout.zone.moment(start))),
        session.session_duration.map_or_else(Span::unknown, |duration| Span::plain(human::duration(duration))),
        Span::plain(counts.tests().to_string()),
        quiet_zero(counts.passed, Tone::Good),
        quiet_zero(counts.failed, Tone::Bad),
        quiet_zero(counts.errors, Tone::Bad),
        quiet_zero(counts.skipped, Tone::Doubtful),
        Span::new(tone(result), result.as_str()),
        Span::new(Tone::Faint, formats.join("+")),
    ]
}

/// Returns the tone of what a session came to.
pub(crate) fn tone(standing: Standing) -> Tone {
    match standing {
        Standing::Passed => Tone::Good,
        Standing::Failed => Tone::Bad,
        Standing::Incomplete(_) | Standing::Empty => Tone::Doubtful,
    }
}

/// Returns a number, faint where there is nothing to see.
pub(crate) fn quiet_zero(number: u64, tone: Tone) -> Span {
    Span::new(if number == 0 { Tone::Faint } else { tone }, number.to_string())
}
