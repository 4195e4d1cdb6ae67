//! Names in questions: of systems under test and of tests, as people type them.

use crate::analysis::{Filter, NodeIdPattern, Source, SourceError, node_ids};
use crate::model::{NodeId, SessionSummary};
use crate::service::lookup::{LookupError, nearest, nearest_by};

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The rows could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The history does not know what it was asked for.
    #[error(transparent)]
    Lookup(#[from] LookupError),
}

/// Fails where the filter names a system under test that has no session at all, so that a slip of the pen is not taken for
/// silence.
pub(super) fn require_suts(source: &dyn Source, filter: &Filter) -> Result<(), AskError> {
    for sut_name in &filter.sut_names {
        let only = Filter { sut_names: vec![sut_name.clone()], ..Filter::default() };
        if source.sessions(&only)?.rows.is_empty() {
            let all = source.sessions(&Filter::default())?.rows;
            let near = nearest(sut_name, all.iter().filter_map(|session| session.sut_name.as_deref()));
            let near = near.map(str::to_owned);
            return Err(LookupError::NoSuchSut { typed: sut_name.clone(), near }.into());
        }
    }
    Ok(())
}

/// Returns the sessions newest first; one without a start time counts by the time of its ingest.
pub(super) fn newest_first(sessions: &[SessionSummary]) -> Vec<&SessionSummary> {
    let mut sessions: Vec<&SessionSummary> = sessions.iter().collect();
    let key = |session: &SessionSummary| session.session_start_time.or(session.ingested_at);
    sessions.sort_by(|left, right| key(right).cmp(&key(left)).then_with(|| right.session_id.cmp(&left.session_id)));
    sessions
}

/// Returns the tests that `typed` means among those that the filter admits: the test of exactly this node id; else those that
/// it matches as a glob; else those whose node id contains it, where one of them is meant: the only one, or the only one that
/// ends so.
pub(super) fn find_tests(source: &dyn Source, filter: &Filter, typed: &str) -> Result<Vec<NodeId>, AskError> {
    let matching = |pattern| node_ids(source, &Filter { node_ids: vec![pattern], ..filter.clone() });
    if !matching(NodeIdPattern::Exact(typed.to_owned()))?.is_empty() {
        return Ok(vec![NodeId::new(typed)]);
    }
    if let Ok(pattern @ NodeIdPattern::Pattern(_)) = NodeIdPattern::glob(typed) {
        let found = matching(pattern)?;
        if !found.is_empty() {
            return Ok(found.into_iter().collect());
        }
    }
    let all: Vec<NodeId> = node_ids(source, filter)?.into_iter().collect();
    let lower = typed.to_lowercase();
    let containing: Vec<&NodeId> =
        all.iter().filter(|node_id| node_id.as_str().to_lowercase().contains(&lower)).collect();
    let ending: Vec<&&NodeId> =
        containing.iter().filter(|node_id| node_id.as_str().to_lowercase().ends_with(&lower)).collect();
    match (containing.as_slice(), ending.as_slice()) {
        ([one], _) => Ok(vec![(*one).clone()]),
        (_, [one]) => Ok(vec![(**one).clone()]),
        ([], _) => Err(no_such_test(&all, typed).into()),
        (several, _) => {
            let candidates = several.iter().map(|node_id| node_id.as_str().to_owned()).collect();
            Err(LookupError::AmbiguousTest { typed: typed.to_owned(), candidates }.into())
        }
    }
}

/// What was typed is held against whole ids, and against the names of the functions alone.
fn no_such_test(all: &[NodeId], typed: &str) -> LookupError {
    let last = |node_id: &NodeId| node_id.as_str().rsplit("::").next().unwrap_or_default().len();
    let names = all.iter().flat_map(|node_id| {
        let whole = node_id.as_str();
        [(whole, whole), (&whole[whole.len() - last(node_id)..], whole)]
    });
    LookupError::NoSuchTest { typed: typed.to_owned(), near: nearest_by(typed, names).map(str::to_owned) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::MemorySource;
    use crate::model::{Outcome, TestResult, TestSession};

    fn source() -> MemorySource {
        let node_ids =
            ["tests/test_cart.py::test_add", "tests/test_cart.py::test_add_twice", "tests/test_pay.py::test_x[a]"];
        MemorySource::new([TestSession {
            sut_name: Some("shop".to_owned()),
            test_results: node_ids.map(|node_id| TestResult::new(node_id, Outcome::Passed)).into(),
            ..TestSession::default()
        }])
    }

    fn found(typed: &str) -> Result<Vec<String>, String> {
        let found = find_tests(&source(), &Filter::default(), typed);
        found.map(|ids| ids.iter().map(ToString::to_string).collect()).map_err(|error| format!("{error:?}"))
    }

    #[test]
    fn a_test_may_be_named_by_any_part_that_only_it_has() {
        assert_eq!(found("test_pay"), Ok(vec!["tests/test_pay.py::test_x[a]".to_owned()]));
        assert_eq!(found("TEST_ADD"), Ok(vec!["tests/test_cart.py::test_add".to_owned()]));
        assert_eq!(found("tests/test_cart.py::*").map(|found| found.len()), Ok(2));
    }

    #[test]
    fn an_unknown_or_ambiguous_test_is_met_with_names() {
        assert!(found("test_cart").is_err_and(|error| error.contains("AmbiguousTest")));
        let near = "near: Some(\"tests/test_cart.py::test_add\")";
        assert!(found("test_ad.").is_err_and(|error| error.contains(near)));
    }

    #[test]
    fn an_unknown_system_is_met_with_the_nearest() {
        let filter = Filter { sut_names: vec!["shpo".to_owned()], ..Filter::default() };
        let error = require_suts(&source(), &filter).expect_err("there is no such system");
        assert_eq!(error.to_string(), "no system under test 'shpo' in the history");
        assert!(format!("{error:?}").contains("near: Some(\"shop\")"));
    }
}
