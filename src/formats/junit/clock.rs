//! When a run began, and how long it took.

use std::time::Duration;

use chrono::{DateTime, FixedOffset, Utc};

use super::problems::{Problem, Problems};
use super::raw::{RawDocument, RawSuite};
use super::times::{Stamp, stamp};
use crate::model::{TestSession, TimeSource};

/// Fills in when the run began and how long it took: the earliest start of any suite, the time of `testsuites` or of the one suite,
/// else from the first start to the last end.
pub(super) fn set(
    document: &RawDocument,
    timezone: Option<FixedOffset>,
    session: &mut TestSession,
    problems: &mut Problems,
) {
    let outermost: Vec<&RawSuite> = document.suites.iter().filter(|suite| suite.parent.is_none()).collect();
    let mut spans: Vec<(DateTime<Utc>, Option<Duration>)> = Vec::new();
    for suite in document.root.iter().chain(outermost.iter().copied()) {
        let Some(text) = suite.timestamp.as_deref() else { continue };
        match stamp(text, timezone) {
            Stamp::Known(start) => spans.push((start, suite.time)),
            unknown => keep_raw(text, suite.line, unknown, session, problems),
        }
    }
    session.session_start_time = spans.iter().map(|(start, _)| *start).min();
    session.time_source = session.session_start_time.map(|_| TimeSource::Report);
    session.session_duration =
        document.root.as_ref().and_then(|root| root.time).or_else(|| match outermost.as_slice() {
            [suite] => suite.time,
            _ if spans.len() == outermost.len() => whole(&spans),
            _ => None,
        });
}

/// Keeps the first time stamp that does not tell a point in time.
fn keep_raw(text: &str, line: u64, stamp: Stamp, session: &mut TestSession, problems: &mut Problems) {
    const TAG: &str = "junit.timestamp";
    if session.tags.contains_key(TAG) {
        return;
    }
    session.tags.insert(TAG.to_owned(), text.to_owned());
    let problem = match stamp {
        Stamp::Naive => Problem::NaiveTime(text.to_owned()),
        Stamp::Known(_) | Stamp::Unreadable => Problem::Value(format!("'{text}' is no time stamp")),
    };
    problems.add(&problem, Some(line), None);
}

/// The time from the first start to the last end, where each end is known.
fn whole(spans: &[(DateTime<Utc>, Option<Duration>)]) -> Option<Duration> {
    let first = spans.iter().map(|(start, _)| *start).min()?;
    let ends: Option<Vec<Duration>> =
        spans.iter().map(|(start, time)| (*start - first).to_std().ok()?.checked_add((*time)?)).collect();
    ends?.into_iter().max()
}
