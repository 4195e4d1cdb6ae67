//! What is done with a session after it was read: its time, its system under test, its tags, and nothing secret left in it.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::leaf::Leaf;
use super::{CiFacts, FileOutcome, FileReport, IngestOptions, Origin};
use crate::model::{TestSession, TimeSource};

/// What to do with sessions whose input does not say when they began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Undated {
    /// Their time stays unknown.
    #[default]
    Keep,
    /// They ended when the file was last written: a report is written at the end of its run.
    ByFileTime,
}

/// Gives a file's sessions what is known of them besides their results, and masks their secrets. Their names are not touched.
///
/// `log` is what the head of a console log says of the CI run.
pub(crate) fn finish(options: &IngestOptions, leaf: &Leaf, log: &CiFacts, report: &mut FileReport) {
    if let FileOutcome::Sessions(sessions) = &mut report.outcome {
        for session in sessions {
            add_missing(&mut session.tags, log.tags());
            if leaf.origin == Origin::Given && options.facts.fits(session) {
                add_missing(&mut session.tags, options.facts.tags());
            }
            options.identity.apply(&leaf.label, session);
        }
    }
    report.redactions = options.redaction.apply(report);
}

/// Dates the sessions that do not date themselves. Comes last: what several files of a run say of its time goes before.
pub(crate) fn date_sessions(options: &IngestOptions, report: &mut FileReport) {
    let modified = report.modified.filter(|_| options.undated == Undated::ByFileTime);
    if let FileOutcome::Sessions(sessions) = &mut report.outcome {
        for session in sessions.iter_mut().filter(|session| session.session_start_time.is_none()) {
            let facts = report.origin == Origin::Given && options.facts.fits(session);
            let started = options.facts.started.filter(|_| facts);
            date(session, options.start_time, started, modified);
        }
    }
}

fn add_missing(tags: &mut BTreeMap<String, String>, facts: BTreeMap<&'static str, &str>) {
    for (key, value) in facts {
        tags.entry(key.to_owned()).or_insert_with(|| value.to_owned());
    }
}

/// Dates a session: by the user's word, the CI's, or the file's time, in this order.
fn date(
    session: &mut TestSession,
    given: Option<DateTime<Utc>>,
    started: Option<DateTime<Utc>>,
    modified: Option<DateTime<Utc>>,
) {
    let duration = session.session_duration.and_then(|duration| TimeDelta::from_std(duration).ok()).unwrap_or_default();
    let (start, source) = match (given, started, modified) {
        (Some(given), _, _) => (given, TimeSource::Given),
        (None, Some(started), _) => (started, TimeSource::Ci),
        (None, None, Some(modified)) => {
            session.session_stop_time.get_or_insert(modified);
            (modified.checked_sub_signed(duration).unwrap_or(modified), TimeSource::FileMtime)
        }
        (None, None, None) => return,
    };
    session.session_start_time = Some(start);
    session.time_source = Some(source);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::ingest::leaf::Naming;

    fn time(seconds: i64) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(1_700_000_000 + seconds, 0)
    }

    #[test]
    fn a_session_is_dated_by_the_best_source() {
        let rows = [
            (time(1), time(2), time(3), time(4), Some(TimeSource::Report), time(1)),
            (None, time(2), time(3), time(4), Some(TimeSource::Given), time(2)),
            (None, None, time(3), time(4), Some(TimeSource::Ci), time(3)),
            (None, None, None, time(4), Some(TimeSource::FileMtime), time(-6)),
            (None, None, None, None, None, None),
        ];
        for (own, given, started, modified, source, expected) in rows {
            let facts = CiFacts { started, ..CiFacts::default() };
            let options =
                IngestOptions { start_time: given, facts, undated: Undated::ByFileTime, ..IngestOptions::default() };
            let leaf = Leaf { label: "x".to_owned(), origin: Origin::Given, modified, naming: Naming::Path };
            let session = TestSession {
                session_start_time: own,
                session_duration: Some(Duration::from_secs(10)),
                time_source: own.map(|_| TimeSource::Report),
                ..TestSession::default()
            };
            let outcome = FileOutcome::Sessions(vec![session]);
            let mut report = crate::ingest::leaf::report(&leaf, 0, outcome);
            date_sessions(&options, &mut report);
            let FileOutcome::Sessions(sessions) = report.outcome else { panic!("sessions stay sessions") };
            assert_eq!((sessions[0].session_start_time, sessions[0].time_source), (expected, source));
        }
    }
}
