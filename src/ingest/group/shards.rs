//! Parts of one run that ran different tests, put side by side.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use crate::diagnostic::{Diagnostic, Parsed};
use crate::model::{Ending, Environment, NodeId, OutputField, OutputFields, SessionId, TestSession, Totals};

/// Joins the parts of a run. What they say differently of the run as a whole, the run does not say.
pub(super) fn join_shards(parts: Vec<TestSession>) -> Parsed<TestSession> {
    let overlap = overlap(&parts);
    let mut joined = TestSession {
        sut_name: parts.iter().find_map(|part| part.sut_name.clone()),
        session_id: SessionId::default(),
        complete: parts.iter().all(|part| part.complete),
        exit_status: exit_status(&parts),
        ending: parts.iter().filter_map(|part| part.ending).max_by_key(|ending| weight(*ending)),
        in_flight: parts.iter().find_map(|part| part.in_flight.clone()),
        environment: environment(&parts),
        totals: totals(&parts),
        tags: agreed(parts.iter().map(|part| &part.tags)),
        ..TestSession::default()
    };
    add_times(&parts, &mut joined);
    for part in parts {
        joined.source.extend(part.source);
        if joined.test_results.is_empty() {
            // What is packed stays so.
            joined.test_results = part.test_results;
        } else {
            joined.test_results.extend(part.test_results);
        }
        joined.warnings.extend(part.warnings);
        joined.files.extend(part.files);
        add_fields(&mut joined.output_fields, part.output_fields);
    }
    let diagnostics = overlap.map(|(count, first)| {
        let message = format!("tests with results in more than one part of the run: {count}, such as {first}");
        Diagnostic::warning("ingest-overlap", message).with_help(
            "parts of one run are expected to run different tests; matrix jobs are better kept apart by tags",
        )
    });
    Parsed { value: joined, diagnostics: diagnostics.into_iter().collect() }
}

/// Returns how many tests have results in more than one part, and one of them.
fn overlap(parts: &[TestSession]) -> Option<(usize, NodeId)> {
    let mut seen: HashSet<NodeId> = HashSet::new();
    let mut twice: HashSet<NodeId> = HashSet::new();
    let mut first = None;
    for part in parts {
        let own: HashSet<NodeId> = part.test_results.iter().map(|result| result.node_id.clone()).collect();
        for result in &part.test_results {
            if seen.contains(&result.node_id) && twice.insert(result.node_id.clone()) {
                first.get_or_insert(result.node_id.clone());
            }
        }
        seen.extend(own);
    }
    first.map(|first| (twice.len(), first))
}

/// The run's status: the worst of all parts, where all are known. A part without tests is no failure if others had some.
fn exit_status(parts: &[TestSession]) -> Option<i32> {
    const NO_TESTS: i32 = 5;
    let all: Vec<i32> = parts.iter().map(|part| part.exit_status).collect::<Option<_>>()?;
    let with_tests = all.iter().copied().filter(|status| *status != NO_TESTS).max();
    with_tests.or_else(|| all.first().copied())
}

fn weight(ending: Ending) -> u8 {
    match ending {
        Ending::Finished => 0,
        Ending::Stopped => 1,
        Ending::UsageError => 2,
        Ending::Interrupted => 3,
        Ending::Cut => 4,
        Ending::InternalError => 5,
        Ending::Crashed => 6,
    }
}

/// The run began with its first part and ended with its last; its duration is the time between, if all of it is known.
fn add_times(parts: &[TestSession], joined: &mut TestSession) {
    let first =
        parts.iter().filter(|part| part.session_start_time.is_some()).min_by_key(|part| part.session_start_time);
    if let Some(first) = first {
        joined.session_start_time = first.session_start_time;
        joined.time_source = first.time_source;
    }
    let stops: Option<Vec<_>> = parts.iter().map(|part| part.session_stop_time).collect();
    joined.session_stop_time = stops.and_then(|stops| stops.into_iter().max());
    let known = parts.iter().all(|part| part.session_start_time.is_some());
    let between = joined.session_start_time.zip(joined.session_stop_time).filter(|_| known);
    joined.session_duration =
        between.and_then(|(start, stop)| (stop - start).to_std().ok()).filter(|time| *time > Duration::ZERO);
}

fn environment(parts: &[TestSession]) -> Environment {
    let agreed_on = |of: fn(&Environment) -> &Option<String>| {
        let mut values = parts.iter().filter_map(|part| of(&part.environment).as_ref());
        let first = values.next()?;
        values.all(|value| value == first).then(|| first.clone())
    };
    Environment {
        pytest: agreed_on(|environment| &environment.pytest),
        python: agreed_on(|environment| &environment.python),
        platform: agreed_on(|environment| &environment.platform),
        rootdir: agreed_on(|environment| &environment.rootdir),
        plugins: agreed(parts.iter().map(|part| &part.environment.plugins)),
    }
}

/// Returns the entries on which all maps agree that have them.
fn agreed<'a, Value: Clone + PartialEq + 'a>(
    maps: impl Iterator<Item = &'a BTreeMap<String, Value>>,
) -> BTreeMap<String, Value> {
    let mut entries: BTreeMap<&String, Option<&Value>> = BTreeMap::new();
    for (key, value) in maps.flatten() {
        let known = entries.entry(key).or_insert(Some(value));
        if *known != Some(value) {
            *known = None;
        }
    }
    entries.into_iter().filter_map(|(key, value)| Some((key.clone(), value?.clone()))).collect()
}

fn totals(parts: &[TestSession]) -> Option<Totals> {
    let mut sum = Totals::default();
    for part in parts {
        for (key, count) in part.totals.as_ref()?.iter() {
            sum.add(key, count);
        }
    }
    Some(sum)
}

fn add_fields(fields: &mut OutputFields, more: OutputFields) {
    let pairs = [
        (&mut fields.test_session_starts, more.test_session_starts),
        (&mut fields.errors, more.errors),
        (&mut fields.failures, more.failures),
        (&mut fields.passes, more.passes),
        (&mut fields.warnings_summary, more.warnings_summary),
        (&mut fields.rerun_test_summary, more.rerun_test_summary),
        (&mut fields.short_test_summary, more.short_test_summary),
        (&mut fields.lastline, more.lastline),
    ];
    for (field, more) in pairs {
        match (field, more) {
            (Some(OutputField { content, .. }), Some(more)) => {
                content.push('\n');
                content.push_str(&more.content);
            }
            (field @ None, more) => *field = more,
            (Some(_), None) => {}
        }
    }
    fields.other.extend(more.other);
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::model::{Outcome, TestResult};

    fn part(test: &str, start: i64, seconds: i64, shard: &str) -> TestSession {
        let time = |seconds| DateTime::from_timestamp(1_700_000_000 + seconds, 0);
        let tag = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        TestSession {
            session_start_time: time(start),
            session_stop_time: time(start + seconds),
            complete: true,
            exit_status: Some(0),
            test_results: [TestResult::new(test, Outcome::Passed)].into(),
            totals: Some(Totals::from_iter([("passed", 1)])),
            tags: [tag("branch", "main"), tag("shard", shard)].into_iter().collect(),
            ..TestSession::default()
        }
    }

    #[test]
    fn shards_add_up_and_their_differences_are_not_the_runs() {
        let red = TestSession { exit_status: Some(1), complete: false, ..part("b", 5, 20, "2/2") };
        let Parsed { value, diagnostics } = join_shards(vec![part("a", 0, 10, "1/2"), red]);
        assert_eq!(diagnostics, []);
        assert_eq!((value.test_results.len(), value.exit_status, value.complete), (2, Some(1), false));
        assert_eq!(value.session_duration, Some(Duration::from_secs(25)));
        assert_eq!(value.totals.and_then(|totals| totals.get("passed")), Some(2));
        assert_eq!(value.tags.into_keys().collect::<Vec<_>>(), ["branch"]);
    }

    #[test]
    fn tests_in_several_parts_are_named_and_unknown_times_stay_unknown() {
        let undated = TestSession {
            session_start_time: None,
            session_stop_time: None,
            exit_status: None,
            ..part("a", 0, 0, "1")
        };
        let Parsed { value, diagnostics } = join_shards(vec![part("a", 0, 10, "1"), undated]);
        assert_eq!((value.session_duration, value.session_stop_time, value.exit_status), (None, None, None));
        assert!(value.session_start_time.is_some());
        assert_eq!(diagnostics[0].code, "ingest-overlap");
        assert_eq!(diagnostics[0].message, "tests with results in more than one part of the run: 1, such as a");
    }
}
