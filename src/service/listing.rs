//! Lists: of sessions, of systems under test.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::analysis::{PassRate, session_counts};
use crate::model::SessionSummary;

/// The sessions that a question is about.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionListReport {
    /// The sessions, as many as were asked for.
    pub sessions: Vec<SessionSummary>,
    /// How many there are.
    pub matching: u64,
    /// Whether to show them by system under test.
    pub grouping: Grouping,
}

/// How sessions are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SessionListing {
    /// What comes first.
    pub sort: SessionSort,
    /// At most so many; `None` for all.
    pub limit: Option<usize>,
    /// How they are put together.
    pub grouping: Grouping,
}

/// What comes first in a list of sessions. Among equals, the newest; what is not known comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SessionSort {
    /// The newest.
    #[default]
    Newest,
    /// The oldest.
    Oldest,
    /// What took longest.
    Duration,
    /// The most tests.
    Tests,
    /// The most failures and errors.
    Failures,
    /// The lowest pass rate.
    PassRate,
}

/// How sessions are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Grouping {
    /// One list.
    #[default]
    None,
    /// One list a system under test.
    BySut,
}

impl SessionSort {
    /// Puts sessions that are newest first in this order.
    fn apply(self, newest_first: &mut [SessionSummary]) {
        match self {
            SessionSort::Newest => {}
            SessionSort::Oldest => newest_first.reverse(),
            SessionSort::Duration => newest_first.sort_by_key(|session| Reverse(session.session_duration)),
            SessionSort::Tests => newest_first.sort_by_key(|session| Reverse(session_counts(session).tests())),
            SessionSort::Failures => newest_first.sort_by_key(|session| {
                let counts = session_counts(session);
                Reverse(counts.failed + counts.errors)
            }),
            SessionSort::PassRate => newest_first.sort_by(lower_pass_rate_first),
        }
    }
}

fn lower_pass_rate_first(one: &SessionSummary, other: &SessionSummary) -> Ordering {
    let rate = |session| PassRate::of(&session_counts(session)).value().unwrap_or(f64::INFINITY);
    rate(one).total_cmp(&rate(other))
}

impl SessionListReport {
    /// Returns the report of `summaries`, which are newest first.
    pub fn new(mut summaries: Vec<SessionSummary>, listing: SessionListing) -> SessionListReport {
        let matching = summaries.len() as u64;
        listing.sort.apply(&mut summaries);
        summaries.truncate(listing.limit.unwrap_or(usize::MAX));
        SessionListReport { sessions: summaries, matching, grouping: listing.grouping }
    }

    /// Returns the sessions by system under test, each group in the list's order.
    pub fn by_sut(&self) -> BTreeMap<&str, Vec<&SessionSummary>> {
        let mut groups: BTreeMap<&str, Vec<&SessionSummary>> = BTreeMap::new();
        for session in &self.sessions {
            groups.entry(session.sut_name.as_deref().unwrap_or_default()).or_default().push(session);
        }
        groups
    }
}

/// How systems under test are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SutListing {
    /// What comes first.
    pub sort: SutSort,
    /// At most so many; `None` for all.
    pub limit: Option<usize>,
}

/// What comes first in a list of systems under test. Among equals, by name; what is not known comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SutSort {
    /// By name.
    #[default]
    Name,
    /// What ran last.
    Newest,
    /// The most sessions.
    Sessions,
    /// The most failures and errors in the latest session.
    Failures,
    /// The lowest pass rate of the latest session.
    PassRate,
}

/// The systems under test that a question is about.
#[derive(Debug, Clone, PartialEq)]
pub struct SutListReport {
    /// One entry each, as many as were asked for.
    pub suts: Vec<SutSummary>,
    /// How many there are.
    pub matching: u64,
}

/// One system under test.
#[derive(Debug, Clone, PartialEq)]
pub struct SutSummary {
    /// Its name.
    pub sut_name: String,
    /// How many sessions there are of it.
    pub sessions: u64,
    /// When the first of those whose time is known began.
    pub first_start_time: Option<DateTime<Utc>>,
    /// When the last of those whose time is known began.
    pub last_start_time: Option<DateTime<Utc>>,
    /// Its newest session.
    pub latest: SessionSummary,
}

impl SutListReport {
    /// Returns the report of `summaries`, which are newest first.
    pub fn new(summaries: &[SessionSummary], listing: SutListing) -> SutListReport {
        let mut suts: BTreeMap<&str, SutSummary> = BTreeMap::new();
        for session in summaries {
            let Some(sut_name) = session.sut_name.as_deref() else { continue };
            let sut = suts.entry(sut_name).or_insert_with(|| SutSummary {
                sut_name: sut_name.to_owned(),
                sessions: 0,
                first_start_time: None,
                last_start_time: None,
                latest: session.clone(),
            });
            sut.sessions += 1;
            let start = session.session_start_time;
            sut.first_start_time = [sut.first_start_time, start].into_iter().flatten().min();
            sut.last_start_time = [sut.last_start_time, start].into_iter().flatten().max();
        }
        let mut suts: Vec<SutSummary> = suts.into_values().collect();
        let matching = suts.len() as u64;
        listing.sort.apply(&mut suts);
        suts.truncate(listing.limit.unwrap_or(usize::MAX));
        SutListReport { suts, matching }
    }
}

impl SutSort {
    /// Puts systems that are in the order of their names in this order.
    fn apply(self, by_name: &mut [SutSummary]) {
        match self {
            SutSort::Name => {}
            SutSort::Newest => by_name.sort_by_key(|sut| Reverse(sut.last_start_time)),
            SutSort::Sessions => by_name.sort_by_key(|sut| Reverse(sut.sessions)),
            SutSort::Failures => by_name.sort_by_key(|sut| {
                let counts = session_counts(&sut.latest);
                Reverse(counts.failed + counts.errors)
            }),
            SutSort::PassRate => by_name.sort_by(|one, other| lower_pass_rate_first(&one.latest, &other.latest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::{OutcomeCounts, TestSession};

    fn summary(sut_name: &str, start: Option<i64>) -> SessionSummary {
        SessionSummary::from(&TestSession {
            sut_name: Some(sut_name.to_owned()),
            session_start_time: start.and_then(|second| DateTime::from_timestamp(second, 0)),
            ..TestSession::default()
        })
    }

    #[test]
    fn suts_are_counted_and_an_unknown_time_is_no_time() {
        let summaries = [summary("b", Some(9)), summary("a", None), summary("b", Some(3))];
        let report = SutListReport::new(&summaries, SutListing::default());
        let rows: Vec<_> = report
            .suts
            .iter()
            .map(|sut| (sut.sut_name.as_str(), sut.sessions, sut.first_start_time.map(|time| time.timestamp())))
            .collect();
        assert_eq!(rows, [("a", 1, None), ("b", 2, Some(3))]);
        assert_eq!(report.suts[1].last_start_time.map(|time| time.timestamp()), Some(9));
        let most = SutListReport::new(&summaries, SutListing { sort: SutSort::Sessions, limit: Some(1) });
        assert_eq!((most.suts[0].sut_name.as_str(), most.suts.len(), most.matching), ("b", 1, 2));
    }

    #[test]
    fn a_limit_keeps_the_newest_and_says_how_many_there_were() {
        let report = SessionListReport::new(
            vec![summary("b", Some(9)), summary("a", Some(5)), summary("b", Some(3))],
            SessionListing { limit: Some(2), grouping: Grouping::BySut, ..SessionListing::default() },
        );
        assert_eq!((report.sessions.len(), report.matching), (2, 3));
        assert_eq!(report.by_sut().into_keys().collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn every_order_puts_the_unknown_last_and_the_newest_first_among_equals() {
        let session = |name: &str, seconds: Option<u64>, counts: (u64, u64)| SessionSummary {
            session_duration: seconds.map(Duration::from_secs),
            counts: OutcomeCounts { passed: counts.0, failed: counts.1, ..OutcomeCounts::default() },
            ..summary(name, None)
        };
        let newest_first = vec![
            session("d", None, (0, 0)),
            session("c", Some(2), (8, 2)),
            session("b", Some(5), (1, 1)),
            session("a", Some(2), (3, 2)),
        ];
        let names = |sort| {
            let listing = SessionListing { sort, ..SessionListing::default() };
            let sessions = SessionListReport::new(newest_first.clone(), listing).sessions;
            sessions.into_iter().filter_map(|session| session.sut_name).collect::<String>()
        };
        assert_eq!(names(SessionSort::Newest), "dcba");
        assert_eq!(names(SessionSort::Oldest), "abcd");
        assert_eq!(names(SessionSort::Duration), "bcad");
        assert_eq!(names(SessionSort::Tests), "cabd");
        assert_eq!(names(SessionSort::Failures), "cabd");
        assert_eq!(names(SessionSort::PassRate), "bacd");
    }
}
