//! Arbitrary sessions, for tests of conversions: whatever goes out must come back the same.
//!
//! Times are whole microseconds of the years 1 to 9999, which is what the session document carries.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use proptest::collection::{btree_map, vec};
use proptest::option::{of, weighted};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;

use super::{
    Ending, Environment, FileCounts, Format, NodeId, NodeIdCertainty, Outcome, OutputField, OutputFields, Phases,
    SessionId, Source, Subtest, TestResult, TestSession, TestWarning, Text, TimeSource, Totals,
};

/// Any session, with a handful of results of which some share a node id.
pub(crate) fn session() -> impl Strategy<Value = TestSession> {
    let identity = (of(text()), text(), of(instant()), of(instant()), of(select(TimeSource::ALL.to_vec())));
    let facts = (of(duration()), any::<bool>(), of(any::<i32>()), vec(source(), 0..3), environment(), texts());
    let content = (vec(test_result(), 0..12), output_fields(), of(totals()), vec(warning(), 0..3), vec(file(), 0..3));
    let end = (of(select(Ending::ALL.to_vec())), of(node_id()));
    (identity, facts, content, end).prop_map(|(identity, facts, content, end)| TestSession {
        sut_name: identity.0,
        session_id: SessionId::new(identity.1),
        session_start_time: identity.2,
        session_stop_time: identity.3,
        time_source: identity.4,
        session_duration: facts.0,
        complete: facts.1,
        exit_status: facts.2,
        source: facts.3,
        environment: facts.4,
        tags: facts.5,
        test_results: content.0.into(),
        output_fields: content.1,
        totals: content.2,
        warnings: content.3,
        files: content.4,
        ending: end.0,
        in_flight: end.1,
    })
}

/// Any attempt of any test.
pub(crate) fn test_result() -> impl Strategy<Value = TestResult> {
    let identity = (node_id(), certainty(), outcome(), phases(), 1..5_u32, of(instant()), of(duration()));
    let shared = || of(text().prop_map(Text::from));
    let texts_of = (shared(), shared(), shared(), shared(), shared());
    let rest = (of(any::<bool>()), shared(), vec(subtest(), 0..3), texts());
    (identity, texts_of, rest).prop_map(|(identity, texts_of, rest)| TestResult {
        node_id: identity.0,
        node_id_certainty: identity.1,
        outcome: identity.2,
        phases: identity.3,
        attempt: identity.4,
        start_time: identity.5,
        duration: identity.6,
        caplog: texts_of.0,
        capstderr: texts_of.1,
        capstdout: texts_of.2,
        longreprtext: texts_of.3,
        reason: texts_of.4,
        has_warning: rest.0,
        worker: rest.1,
        subtests: rest.2.into(),
        properties: rest.3.into(),
    })
}

/// Text as logs hold it: mostly plain, sometimes anything at all.
pub(crate) fn text() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[ -~\n]{0,20}", 1 => any::<String>(), 1 => Just(String::new())]
}

/// A node id, from few enough that some are drawn twice.
pub(crate) fn node_id() -> impl Strategy<Value = NodeId> {
    prop_oneof![
        4 => "tests/test_[ab]\\.py::(Test[C]::)?test_[xy](\\[[0-1a:\\]]\\])?".prop_map(NodeId::new),
        1 => text().prop_map(NodeId::new),
    ]
}

pub(crate) fn instant() -> impl Strategy<Value = DateTime<Utc>> {
    (-62_135_596_800_000_000..253_402_300_799_999_999_i64)
        .prop_filter_map("an instant of the calendar", DateTime::from_timestamp_micros)
}

pub(crate) fn duration() -> impl Strategy<Value = Duration> {
    prop_oneof![4 => 0..10_000_000_u64, 1 => 0..i64::MAX as u64].prop_map(Duration::from_micros)
}

pub(crate) fn outcome() -> impl Strategy<Value = Outcome> {
    select(Outcome::ALL.to_vec())
}

fn certainty() -> impl Strategy<Value = NodeIdCertainty> {
    select(vec![NodeIdCertainty::Exact, NodeIdCertainty::Inferred])
}

fn phases() -> impl Strategy<Value = Phases> {
    (of(outcome()), of(outcome()), of(outcome())).prop_map(|(setup, call, teardown)| Phases { setup, call, teardown })
}

fn subtest() -> impl Strategy<Value = Subtest> {
    (text(), outcome(), of(text())).prop_map(|(description, outcome, longreprtext)| Subtest {
        description,
        outcome,
        longreprtext,
    })
}

fn texts() -> impl Strategy<Value = BTreeMap<String, String>> {
    btree_map(text(), text(), 0..3)
}

fn source() -> impl Strategy<Value = Source> {
    (select(Format::ALL.to_vec()), of(text()), of("[0-9a-f]{64}"), of(any::<u64>()))
        .prop_map(|(format, path, sha256, bytes)| Source { format, path, sha256, bytes })
}

fn environment() -> impl Strategy<Value = Environment> {
    (of(text()), of(text()), of(text()), of(text()), btree_map(text(), of(text()), 0..3)).prop_map(
        |(pytest, python, platform, rootdir, plugins)| Environment { pytest, python, platform, rootdir, plugins },
    )
}

fn output_fields() -> impl Strategy<Value = OutputFields> {
    let field = || (text(), text()).prop_map(|(name, content)| OutputField { name, content });
    let maybe = move || weighted(0.3, field());
    (maybe(), maybe(), maybe(), maybe(), maybe(), maybe(), maybe(), maybe(), vec(field(), 0..2)).prop_map(|fields| {
        OutputFields {
            test_session_starts: fields.0,
            errors: fields.1,
            failures: fields.2,
            passes: fields.3,
            warnings_summary: fields.4,
            rerun_test_summary: fields.5,
            short_test_summary: fields.6,
            lastline: fields.7,
            other: fields.8,
        }
    })
}

fn totals() -> impl Strategy<Value = Totals> {
    vec((text(), any::<u64>()), 0..4).prop_map(Totals::from_iter)
}

fn warning() -> impl Strategy<Value = TestWarning> {
    (text(), of(text()), of(text()), of(node_id())).prop_map(|(message, category, location, node_id)| TestWarning {
        message,
        category,
        location,
        node_id,
    })
}

fn file() -> impl Strategy<Value = FileCounts> {
    (of(text()), btree_map(text(), any::<u64>(), 0..3)).prop_map(|(path, counts)| FileCounts { path, counts })
}
