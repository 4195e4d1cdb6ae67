//! What goes in comes out.

use chrono::TimeDelta;
use insight::model::{SessionId, SessionSummary, TestSession};
use insight::store::{Access, HistoryStore, SessionFilter};

use super::support::{now, session};

#[test]
fn sessions_come_out_as_they_went_in() {
    let directory = tempfile::tempdir().expect("a directory");
    let location = directory.path().join("history");
    let sessions: Vec<TestSession> = (0..20).map(|number| session(number, 30)).collect();
    let mut store = HistoryStore::open(&location, Access::Write).expect("a new history");
    for some in sessions.chunks(7) {
        let report = store.append(some.to_vec(), now()).expect("an append");
        assert_eq!(report.added, some.iter().map(|session| session.session_id.clone()).collect::<Vec<_>>());
        assert_eq!(report.already, []);
    }
    for store in [store, HistoryStore::open(&location, Access::Read).expect("a history")] {
        let summaries = store.session_summaries(&SessionFilter::default()).expect("summaries");
        let expected: Vec<SessionSummary> = sessions
            .iter()
            .rev()
            .map(|session| SessionSummary { ingested_at: Some(now()), ..SessionSummary::from(session) })
            .collect();
        assert_eq!(summaries, expected);
        for session in &sessions {
            assert_eq!(store.session(&session.session_id).expect("a read").as_ref(), Some(session));
        }
        assert_eq!(store.session(&SessionId::new("20260101T000000Z-0000000000000000")).expect("a read"), None);
    }
}

#[test]
fn the_same_session_goes_in_once_whatever_start_time_its_id_names() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut store = HistoryStore::open(directory.path(), Access::Write).expect("a new history");
    let first = session(1, 3);
    let mut shifted = first.clone();
    shifted.session_start_time = first.session_start_time.map(|start| start + TimeDelta::hours(2));
    shifted.session_id = SessionId::new(first.session_id.as_str().replace("20251121T120700Z", "20251121T140700Z"));
    assert_ne!(shifted.session_id, first.session_id);
    let twice = store.append(vec![first.clone(), shifted.clone()], now()).expect("an append");
    assert_eq!(twice.added, std::slice::from_ref(&first.session_id));
    assert_eq!(twice.already, [(shifted.session_id.clone(), "sut-1".to_owned())]);
    let again = store.append(vec![shifted.clone(), first.clone()], now()).expect("an append");
    assert_eq!(again.added, []);
    assert_eq!(again.already.len(), 2);
    let asked = [shifted.session_id.clone(), session(2, 0).session_id];
    assert_eq!(store.known(&asked).expect("an answer"), [shifted.session_id].into());
    assert_eq!(store.session_summaries(&SessionFilter::default()).expect("summaries").len(), 1);
}

#[test]
fn filters_leave_out_what_they_say() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut store = HistoryStore::open(directory.path(), Access::Write).expect("a new history");
    let mut sessions: Vec<TestSession> = (0..40).map(|number| session(number, 1)).collect();
    sessions[5].session_start_time = None;
    sessions[6].sut_name = None;
    for some in sessions.chunks(4) {
        store.append(some.to_vec(), now()).expect("an append");
    }
    let middle = sessions[20].session_start_time;
    let filters = [
        SessionFilter::default(),
        SessionFilter { sut: Some("sut-1".into()), ..SessionFilter::default() },
        SessionFilter { sut: Some("sut".into()), ..SessionFilter::default() },
        SessionFilter { since: middle, ..SessionFilter::default() },
        SessionFilter { until: middle, ..SessionFilter::default() },
        SessionFilter { tags: vec![("run".into(), "7".into())], ..SessionFilter::default() },
    ];
    for filter in filters {
        let mut expected: Vec<SessionSummary> = sessions
            .iter()
            .map(|session| SessionSummary { ingested_at: Some(now()), ..SessionSummary::from(session) })
            .filter(|summary| filter.accepts(summary))
            .collect();
        expected.sort_by_key(|summary| std::cmp::Reverse(summary.session_start_time.or(summary.ingested_at)));
        assert_eq!(store.session_summaries(&filter).expect("summaries"), expected, "{filter:?}");
    }
}
