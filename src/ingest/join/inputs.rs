//! Which sessions of which files are of one run.

use std::collections::HashSet;

use super::part::Part;
use super::session::join_sessions;
use crate::diagnostic::{Diagnostic, Parsed};
use crate::model::TestSession;

/// Joins the sessions of several files, each given as what the file holds.
///
/// Files with as many sessions each are joined session by session. Otherwise the file that knows results best says which runs there are, and every
/// other file adds to each run the one session that shares most tests with it. A session that is nobody's, such as that of another pytest run in the
/// same log, stays one of its own behind the others, and a note says so.
pub fn join_inputs(inputs: Vec<Vec<TestSession>>) -> Parsed<Vec<TestSession>> {
    let inputs: Vec<Vec<TestSession>> = inputs.into_iter().filter(|sessions| !sessions.is_empty()).collect();
    let count = inputs.first().map_or(0, Vec::len);
    let (groups, apart) = if inputs.iter().all(|sessions| sessions.len() == count) {
        let mut columns: Vec<_> = inputs.into_iter().map(Vec::into_iter).collect();
        ((0..count).map(|_| columns.iter_mut().filter_map(Iterator::next).collect()).collect(), Vec::new())
    } else {
        matched(inputs)
    };
    let mut joined = Parsed::clean(Vec::new());
    for group in groups {
        let Parsed { value, diagnostics } = join_sessions(group);
        joined.value.push(value);
        joined.diagnostics.extend(diagnostics);
    }
    if !apart.is_empty() {
        let message = format!("{} more sessions of the files belong to none of the runs and stay apart", apart.len());
        joined.diagnostics.push(Diagnostic::note("join-apart", message));
        joined.value.extend(apart);
    }
    joined
}

/// Returns the sessions by run, and those that are nobody's.
fn matched(inputs: Vec<Vec<TestSession>>) -> (Vec<Vec<TestSession>>, Vec<TestSession>) {
    let mut inputs: Vec<Vec<Part>> =
        inputs.into_iter().map(|sessions| sessions.into_iter().map(Part::new).collect()).collect();
    inputs.sort_by_key(|parts| parts.first().map(Part::rank));
    let mut files = inputs.into_iter();
    let seeds = files.next().unwrap_or_default();
    let names: Vec<HashSet<String>> = seeds.iter().map(names).collect();
    let mut groups: Vec<Vec<TestSession>> = seeds.into_iter().map(|part| vec![part.session]).collect();
    let mut apart = Vec::new();
    for file in files {
        let places = places(&file, &names);
        for (part, place) in file.into_iter().zip(places) {
            match place.and_then(|place| groups.get_mut(place)) {
                Some(group) => group.push(part.session),
                None => apart.push(part.session),
            }
        }
    }
    (groups, apart)
}

/// Returns for each session of a file the run that it belongs to: those with most tests in common find each other first.
fn places(file: &[Part], runs: &[HashSet<String>]) -> Vec<Option<usize>> {
    let mut places = vec![None; file.len()];
    if let ([_], [_]) = (file, runs) {
        // A log of dots has no test in common with anything.
        return vec![Some(0)];
    }
    let mut pairs = Vec::new();
    for (index, part) in file.iter().enumerate() {
        let names = names(part);
        pairs.extend(runs.iter().enumerate().map(|(run, of_run)| (names.intersection(of_run).count(), index, run)));
    }
    // Most first; of equals, the first session and the first run.
    pairs.sort_by(|left, right| right.0.cmp(&left.0).then_with(|| (left.1, left.2).cmp(&(right.1, right.2))));
    let mut taken = HashSet::new();
    for (common, index, run) in pairs {
        if let Some(place) = places.get_mut(index)
            && common > 0
            && place.is_none()
            && taken.insert(run)
        {
            *place = Some(run);
        }
    }
    places
}

/// Returns what the tests are called without their paths, which files may know differently.
fn names(part: &Part) -> HashSet<String> {
    let name = |node_id: &crate::model::NodeId| node_id.domain().unwrap_or(node_id.as_str()).to_owned();
    part.session.test_results.iter().map(|result| name(&result.node_id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Format, Outcome, Source, TestResult};

    fn session(format: Format, tests: &[&str]) -> TestSession {
        TestSession {
            source: vec![Source { format, path: None, sha256: None, bytes: None }],
            test_results: tests.iter().map(|test| TestResult::new(*test, Outcome::Passed)).collect(),
            complete: true,
            ..TestSession::default()
        }
    }

    fn shape(sessions: &[TestSession]) -> Vec<(usize, usize)> {
        sessions.iter().map(|session| (session.source.len(), session.test_results.len())).collect()
    }

    #[test]
    fn as_many_sessions_each_are_joined_one_by_one() {
        let joined = join_inputs(vec![
            vec![session(Format::JunitXml, &["a.py::a"]), session(Format::JunitXml, &["b.py::b"])],
            vec![],
            vec![session(Format::Terminal, &[]), session(Format::Terminal, &["b.py::b", "b.py::c"])],
        ]);
        assert_eq!(shape(&joined.value), [(2, 1), (2, 2)]);
    }

    #[test]
    fn another_run_in_the_log_stays_apart() {
        let joined = join_inputs(vec![
            vec![
                session(Format::Terminal, &["a.py::a"]),
                session(Format::Terminal, &["a.py::a", "a.py::b", "a.py::c"]),
            ],
            vec![session(Format::ReportLog, &["a.py::a", "a.py::b", "a.py::c"])],
        ]);
        assert_eq!(shape(&joined.value), [(2, 3), (1, 1)]);
        let codes: Vec<&str> = joined.diagnostics.iter().map(|diagnostic| &*diagnostic.code).collect();
        assert_eq!(codes, ["join-apart"]);
    }
}
