//! The history as a source of the analyses: the same rows as the sessions in memory give.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use chrono::TimeDelta;
use insight::analysis::{
    Columns, FailureBatch, FailureSignature, FailureText, FailureVisitor, Filter, MemorySource, NodeIdPattern,
    ObservationBatch, ObservationVisitor, Request, Source, Window,
};
use insight::model::{Outcome, SessionSummary, Subtest, TestResult, TestSession};
use insight::store::{Access, HistoryStore};

use super::support::{now, session};

/// Node id, session, outcome, duration, attempt.
type Observation = (String, String, Outcome, Option<i64>, Option<u16>);
/// Node id, session, outcome, signature.
type Failure = (String, String, Outcome, Option<String>);

struct Collector<'a> {
    sessions: &'a [SessionSummary],
    observations: Mutex<Vec<Observation>>,
    failures: Mutex<Vec<Failure>>,
    dictionaries: Mutex<BTreeMap<u64, Vec<String>>>,
}

impl Collector<'_> {
    fn id(&self, index: u32) -> String {
        self.sessions[index as usize].session_id.to_string()
    }
}

impl ObservationVisitor for Collector<'_> {
    fn visit(&self, batch: &ObservationBatch<'_>) {
        assert!(batch.is_consistent(self.sessions.len()));
        let node_ids: Vec<String> = batch.node_ids.iter().map(ToString::to_string).collect();
        if batch.dictionary != 0 {
            let mut dictionaries = self.dictionaries.lock().expect("a lock");
            let known = dictionaries.entry(batch.dictionary).or_insert_with(|| node_ids.clone());
            assert_eq!(*known, node_ids, "one name, one dictionary");
        }
        let mut rows = self.observations.lock().expect("a lock");
        for row in 0..batch.len() {
            let node_id = node_ids[batch.codes[row] as usize].clone();
            let duration = batch.durations.map(|durations| durations[row]);
            let attempt = batch.attempts.map(|attempts| attempts[row]);
            rows.push((node_id, self.id(batch.sessions[row]), batch.outcomes[row], duration, attempt));
        }
    }
}

impl FailureVisitor for Collector<'_> {
    fn visit(&self, batch: &FailureBatch<'_>) {
        let mut rows = self.failures.lock().expect("a lock");
        for row in 0..batch.codes.len() {
            let node_id = batch.node_ids[batch.codes[row] as usize].to_owned();
            let signature = match batch.texts[batch.text_codes[row] as usize] {
                FailureText::Unknown => None,
                FailureText::Text(text) => Some(FailureSignature::of(text).encode()),
                FailureText::Signature(signature) => Some(signature.to_owned()),
            };
            rows.push((node_id, self.id(batch.sessions[row]), batch.outcomes[row], signature));
        }
    }
}

fn ask(
    source: &dyn Source,
    filter: &Filter,
    columns: Columns,
) -> (Vec<SessionSummary>, Vec<Observation>, Vec<Failure>) {
    let mut sessions = source.sessions(filter).expect("sessions").rows.to_vec();
    let request = Request { sessions: &sessions, filter, columns };
    let collector = || Collector {
        sessions: &sessions,
        observations: Mutex::default(),
        failures: Mutex::default(),
        dictionaries: Mutex::default(),
    };
    let (apart, together) = (collector(), collector());
    source.observations(&request, &apart).expect("observations");
    source.failures(&request, &apart).expect("failures");
    source.observations_and_failures(&request, &together, &together).expect("both");
    let [apart, together] = [apart, together].map(|collector| {
        let mut observations = collector.observations.into_inner().expect("a lock");
        let mut failures = collector.failures.into_inner().expect("a lock");
        observations.sort();
        failures.sort();
        (observations, failures)
    });
    assert_eq!(apart, together, "{filter:?}");
    let (observations, failures) = apart;
    sessions.iter_mut().for_each(|session| session.ingested_at = None);
    (sessions, observations, failures)
}

fn sessions() -> Vec<TestSession> {
    let mut sessions: Vec<TestSession> = (0..60).map(|number| session(number, 40)).collect();
    for (number, session) in sessions.iter_mut().enumerate() {
        session.test_results.push(TestResult {
            attempt: 2,
            reason: Some("known trouble".into()),
            duration: None,
            ..TestResult::new(
                "tests/test_rerun.py::test_twice",
                if number % 2 == 0 { Outcome::Rerun } else { Outcome::Passed },
            )
        });
        session.test_results.push(TestResult {
            subtests: vec![Subtest {
                description: "[one]".into(),
                outcome: Outcome::Failed,
                longreprtext: Some(format!("E   ValueError: {number}")),
            }]
            .into(),
            ..TestResult::new("tests/test_sub.py::test_parts", Outcome::Failed)
        });
    }
    sessions[11].session_start_time = None;
    sessions[12].sut_name = None;
    sessions
}

#[test]
fn the_history_and_the_memory_give_the_same_rows() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut store = HistoryStore::open(directory.path(), Access::Write).expect("a new history");
    let sessions = sessions();
    for some in sessions.chunks(13) {
        store.append(some.to_vec(), now()).expect("an append");
    }
    let memory = MemorySource::new(sessions.clone());
    let middle = sessions[30].session_start_time;
    let everything = Columns { durations: true, attempts: true };
    let glob = |text: &str| NodeIdPattern::glob(text).expect("a glob");
    let filters = [
        (Filter::default(), everything),
        (Filter::default(), Columns::default()),
        (Filter { sut_names: vec!["sut-1".into(), "none".into()], ..Filter::default() }, everything),
        (Filter { window: Window { from: middle, until: None }, ..Filter::default() }, everything),
        (Filter { window: Window { from: None, until: middle }, ..Filter::default() }, everything),
        (
            Filter {
                window: Window { from: middle.map(|time| time + TimeDelta::days(900)), until: None },
                ..Filter::default()
            },
            everything,
        ),
        (Filter { session_ids: vec![sessions[7].session_id.clone()], ..Filter::default() }, everything),
        (Filter { tags: vec![("run".into(), "9".into())], ..Filter::default() }, everything),
        (
            Filter {
                node_ids: vec![glob("*test_case_1?"), glob("tests/test_sub.py::test_parts")],
                ..Filter::default()
            },
            everything,
        ),
        (Filter { outcomes: vec![Outcome::Failed, Outcome::Rerun], ..Filter::default() }, Columns::default()),
        (Filter { minimum_duration: Some(Duration::from_micros(20_000)), ..Filter::default() }, Columns::default()),
        (Filter { text: Some("valueerror".into()), ..Filter::default() }, everything),
        (Filter { text: Some("assert 3 ==".into()), ..Filter::default() }, everything),
    ];
    for compacted in [false, true] {
        if compacted {
            store.compact().expect("a compaction");
        }
        for (filter, columns) in &filters {
            let expected = ask(&memory, filter, *columns);
            let found = ask(&store, filter, *columns);
            assert_eq!(found.0, expected.0, "sessions of {filter:?}");
            assert_eq!(found.1, expected.1, "observations of {filter:?}");
            assert_eq!(found.2, expected.2, "failures of {filter:?}");
            let untimed =
                [&memory as &dyn Source, &store].map(|source| source.sessions(filter).expect("sessions").untimed);
            assert_eq!(untimed[0], untimed[1], "{filter:?}");
        }
    }
}
