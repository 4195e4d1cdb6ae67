//! What goes in comes out.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use insight::model::{
    Ending, Environment, FileCounts, Format, NodeId, NodeIdCertainty, Outcome, OutputField, OutputFields, Phases,
    SessionId, SessionSummary, Source, Subtest, TestResult, TestSession, TestWarning, TimeSource, Totals,
};
use insight::store::{Access, HistoryStore, SessionFilter};
use insight::wire;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

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
        SessionFilter { tags: BTreeMap::from([("run".into(), "7".into())]), ..SessionFilter::default() },
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_session_comes_out_as_it_went_in(sessions in vec(any_session(), 1..4)) {
        let directory = tempfile::tempdir().expect("a directory");
        let mut store = HistoryStore::open(directory.path(), Access::Write).expect("a new history");
        let named: Vec<TestSession> = sessions.into_iter().enumerate().map(|(index, session)| TestSession {
            session_id: SessionId::new(format!("{}-{index:016x}", session.session_id)), ..session
        }).collect();
        store.append(named.clone(), now()).expect("an append");
        for session in named {
            let found = store.session(&session.session_id).expect("a read");
            prop_assert_eq!(found, Some(session));
        }
    }

    #[test]
    fn what_is_finer_than_the_session_document_is_rounded_as_it_rounds(nanos in any::<u64>(), start in any_time()) {
        let directory = tempfile::tempdir().expect("a directory");
        let mut store = HistoryStore::open(directory.path(), Access::Write).expect("a new history");
        let mut fine = session(1, 1);
        let start = start.checked_add_signed(TimeDelta::nanoseconds(i64::try_from(nanos % 1000).expect("small")));
        fine.session_start_time = start;
        fine.session_duration = Some(Duration::from_nanos(nanos));
        fine.test_results[0].duration = Some(Duration::from_nanos(nanos / 3));
        fine.test_results[0].start_time = start;
        store.append(vec![fine.clone()], now()).expect("an append");
        let found = store.session(&fine.session_id).expect("a read").expect("the session");
        prop_assert_eq!(wire::Session::from(&found), wire::Session::from(&fine));
    }
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[a-z\"\\\\\u{0}\n{}é😀]{0,12}", any::<String>()]
}

fn any_time() -> impl Strategy<Value = DateTime<Utc>> {
    let micros = prop_oneof![0i64..4_000_000_000_000_000, -8_000_000_000_000_000_000i64..8_000_000_000_000_000_000];
    micros.prop_map(|micros| DateTime::from_timestamp_micros(micros).expect("a time in range"))
}

fn any_duration() -> impl Strategy<Value = Duration> {
    prop_oneof![0u64..10_000_000, 0u64..=i64::MAX as u64].prop_map(Duration::from_micros)
}

fn any_outcome() -> impl Strategy<Value = Outcome> {
    proptest::sample::select(Outcome::ALL.to_vec())
}

fn any_map() -> impl Strategy<Value = BTreeMap<String, String>> {
    btree_map(any_text(), any_text(), 0..4)
}

fn any_counts() -> impl Strategy<Value = BTreeMap<String, u64>> {
    btree_map(any_text(), any::<u64>(), 0..4)
}

fn any_output() -> impl Strategy<Value = OutputField> {
    (any_text(), any_text()).prop_map(|(name, content)| OutputField { name, content })
}

fn any_result() -> impl Strategy<Value = TestResult> {
    let facts = (any_text(), any_outcome(), any::<u32>(), option::of(any_time()), option::of(any_duration()));
    let texts = [(); 6].map(|()| option::of(any_text()));
    let phases = [(); 3].map(|()| option::of(any_outcome()));
    let subtest = (any_text(), any_outcome(), option::of(any_text()));
    let subtests = vec(
        subtest.prop_map(|(description, outcome, longreprtext)| Subtest { description, outcome, longreprtext }),
        0..3,
    );
    (facts, texts, phases, subtests, any_map(), option::of(any::<bool>()), any::<bool>()).prop_map(
        |(facts, texts, [setup, call, teardown], subtests, properties, has_warning, inferred)| {
            let (node_id, outcome, attempt, start_time, duration) = facts;
            let [caplog, capstderr, capstdout, longreprtext, reason, worker] = texts;
            TestResult {
                node_id: NodeId::new(node_id),
                node_id_certainty: if inferred { NodeIdCertainty::Inferred } else { NodeIdCertainty::Exact },
                outcome,
                phases: Phases { setup, call, teardown },
                attempt,
                start_time,
                duration,
                caplog,
                capstderr,
                capstdout,
                longreprtext,
                reason,
                has_warning,
                worker,
                subtests,
                properties,
            }
        },
    )
}

fn any_fields() -> impl Strategy<Value = OutputFields> {
    let named = [(); 8].map(|()| option::weighted(0.3, any_output()));
    (named, vec(any_output(), 0..3)).prop_map(|(named, other)| {
        let [start, errors, failures, passes, warnings, reruns, summary, lastline] = named;
        OutputFields {
            test_session_starts: start,
            errors,
            failures,
            passes,
            warnings_summary: warnings,
            rerun_test_summary: reruns,
            short_test_summary: summary,
            lastline,
            other,
        }
    })
}

fn any_environment() -> impl Strategy<Value = Environment> {
    let plugins = btree_map(any_text(), option::of(any_text()), 0..3);
    ([(); 4].map(|()| option::of(any_text())), plugins).prop_map(|([pytest, python, platform, rootdir], plugins)| {
        Environment { pytest, python, platform, rootdir, plugins }
    })
}

fn any_source() -> impl Strategy<Value = Source> {
    let format = proptest::sample::select(Format::ALL.to_vec());
    (format, option::of(any_text()), option::of(any_text()), option::of(any::<u64>()))
        .prop_map(|(format, path, sha256, bytes)| Source { format, path, sha256, bytes })
}

fn any_warning() -> impl Strategy<Value = TestWarning> {
    (any_text(), option::of(any_text()), option::of(any_text()), option::of(any_text())).prop_map(
        |(message, category, location, node_id)| TestWarning {
            message,
            category,
            location,
            node_id: node_id.map(NodeId::new),
        },
    )
}

fn any_files() -> impl Strategy<Value = Vec<FileCounts>> {
    vec((option::of(any_text()), any_counts()).prop_map(|(path, counts)| FileCounts { path, counts }), 0..3)
}

fn any_session() -> impl Strategy<Value = TestSession> {
    let names = (option::of(any_text()), any_text());
    let times = (option::of(any_time()), option::of(any_time()), option::of(any_duration()));
    let words = (
        option::of(proptest::sample::select(TimeSource::ALL.to_vec())),
        option::of(proptest::sample::select(Ending::ALL.to_vec())),
        any::<bool>(),
        option::of(any::<i32>()),
    );
    let parts = (vec(any_source(), 0..3), any_environment(), any_map(), option::of(any_counts()));
    let rest = (vec(any_warning(), 0..3), any_files(), option::of(any_text()));
    (names, times, words, parts, rest, vec(any_result(), 0..6), any_fields()).prop_map(
        |(names, times, words, parts, rest, test_results, output_fields)| TestSession {
            sut_name: names.0,
            session_id: SessionId::new(names.1),
            session_start_time: times.0,
            session_stop_time: times.1,
            session_duration: times.2,
            time_source: words.0,
            ending: words.1,
            complete: words.2,
            exit_status: words.3,
            source: parts.0,
            environment: parts.1,
            tags: parts.2,
            totals: parts.3.map(|totals| totals.into_iter().collect::<Totals>()),
            warnings: rest.0,
            files: rest.1,
            in_flight: rest.2.map(NodeId::new),
            test_results,
            output_fields,
        },
    )
}
