//! Lists: of sessions, of systems under test.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::model::SessionSummary;

/// The sessions that a question is about, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionListReport {
    /// The sessions, as many as were asked for.
    pub sessions: Vec<SessionSummary>,
    /// How many there are.
    pub matching: u64,
    /// Whether to show them by system under test.
    pub grouping: Grouping,
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

impl SessionListReport {
    /// Returns the report of `summaries`, which are newest first, with at most `limit` of them.
    pub fn new(mut summaries: Vec<SessionSummary>, limit: Option<usize>, grouping: Grouping) -> SessionListReport {
        let matching = summaries.len() as u64;
        summaries.truncate(limit.unwrap_or(usize::MAX));
        SessionListReport { sessions: summaries, matching, grouping }
    }

    /// Returns the sessions by system under test, each group newest first.
    pub fn by_sut(&self) -> BTreeMap<&str, Vec<&SessionSummary>> {
        let mut groups: BTreeMap<&str, Vec<&SessionSummary>> = BTreeMap::new();
        for session in &self.sessions {
            groups.entry(session.sut_name.as_deref().unwrap_or_default()).or_default().push(session);
        }
        groups
    }
}

/// The systems under test, by name.
#[derive(Debug, Clone, PartialEq)]
pub struct SutListReport {
    /// One entry each.
    pub suts: Vec<SutSummary>,
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
    pub fn new(summaries: &[SessionSummary]) -> SutListReport {
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
        SutListReport { suts: suts.into_values().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TestSession;

    fn summary(sut_name: &str, start: Option<i64>) -> SessionSummary {
        SessionSummary::from(&TestSession {
            sut_name: Some(sut_name.to_owned()),
            session_start_time: start.and_then(|second| DateTime::from_timestamp(second, 0)),
            ..TestSession::default()
        })
    }

    #[test]
    fn suts_are_counted_and_an_unknown_time_is_no_time() {
        let report = SutListReport::new(&[summary("b", Some(9)), summary("a", None), summary("b", Some(3))]);
        let rows: Vec<_> = report
            .suts
            .iter()
            .map(|sut| (sut.sut_name.as_str(), sut.sessions, sut.first_start_time.map(|time| time.timestamp())))
            .collect();
        assert_eq!(rows, [("a", 1, None), ("b", 2, Some(3))]);
        assert_eq!(report.suts[1].last_start_time.map(|time| time.timestamp()), Some(9));
    }

    #[test]
    fn a_limit_keeps_the_newest_and_says_how_many_there_were() {
        let report = SessionListReport::new(
            vec![summary("b", Some(9)), summary("a", Some(5)), summary("b", Some(3))],
            Some(2),
            Grouping::BySut,
        );
        assert_eq!((report.sessions.len(), report.matching), (2, 3));
        assert_eq!(report.by_sut().into_keys().collect::<Vec<_>>(), ["a", "b"]);
    }
}
