//! One test.

use super::gathered::Gathered;
use super::names::{AskError, find_tests, require_suts};
use super::remembered::Remembered;
use crate::analysis::{
    self, DurationShift, FailuresReport, Filter, FlakyTest, NodeIdPattern, OutcomeTrend, Source, TestHistoryReport,
};
use crate::model::NodeId;
use crate::service::lookup::LookupError;

/// How many reasons are told.
const REASONS: usize = 5;

/// What there is to know of one test, in each system under test that has it.
#[derive(Debug, Clone, PartialEq)]
pub struct TestAnswer {
    /// The test.
    pub node_id: NodeId,
    /// Its figures over all its sessions, and its latest attempts.
    pub history: TestHistoryReport,
    /// Where it stands, for each system in which it fails or lately did.
    pub trends: Vec<OutcomeTrend>,
    /// Why it is called flaky, for each system in which it is.
    pub flaky: Vec<FlakyTest>,
    /// The last change of its duration, for each system in which it has one.
    pub shifts: Vec<DurationShift>,
    /// Why it broke.
    pub failures: FailuresReport,
}

/// Returns what there is to know of a test, with at most `limit` attempts; `typed` is its node id, or a part that only it has.
///
/// The speed of whole sessions is not taken out of its durations here: only this test's results are read.
///
/// ```
/// use insight::analysis::{Filter, MemorySource, synthetic::SyntheticHistory};
///
/// let history = SyntheticHistory { sessions: 40, tests: 60, ..SyntheticHistory::default() };
/// let source = MemorySource::new(history.sessions());
/// let answer = insight::service::show_test(&source, "test_behaviour_000007", &Filter::default(), Some(5))?;
/// assert!(answer.node_id.as_str().ends_with("test_behaviour_000007[a-1]"));
/// assert_eq!(answer.history.attempts.len(), 5);
/// # Ok::<(), insight::service::AskError>(())
/// ```
pub fn show_test(
    source: &dyn Source,
    typed: &str,
    filter: &Filter,
    limit: Option<usize>,
) -> Result<TestAnswer, AskError> {
    let source = &Remembered::new(source);
    require_suts(source, filter)?;
    let (found, filter, gathered) = gather(source, filter, typed)?;
    let node_id = match found.as_slice() {
        [one] => one.clone(),
        several => {
            let candidates = several.iter().map(|node_id| node_id.as_str().to_owned()).collect();
            return Err(LookupError::AmbiguousTest { typed: typed.to_owned(), candidates }.into());
        }
    };
    let source = &gathered;
    Ok(TestAnswer {
        history: analysis::test_history(source, &filter, limit.unwrap_or(usize::MAX))?,
        trends: analysis::regressions(source, &filter)?.tests,
        flaky: analysis::flaky(source, &filter)?.tests,
        shifts: analysis::duration_shifts(source, &filter)?.tests,
        failures: analysis::failures(source, &filter.without_result_conditions(), REASONS)?,
        node_id,
    })
}

/// Returns the attempts of a test, latest first, at most `limit`; `typed` is its node id, a part that only it has, or a glob of
/// several tests.
///
/// ```
/// use insight::analysis::{Filter, MemorySource, synthetic::SyntheticHistory};
///
/// let history = SyntheticHistory { sessions: 40, tests: 60, ..SyntheticHistory::default() };
/// let source = MemorySource::new(history.sessions());
/// let answer = insight::service::test_history(&source, "*_00000?[a-1]", &Filter::default(), None)?;
/// assert_eq!(answer.tests.len(), 10);
/// # Ok::<(), insight::service::AskError>(())
/// ```
pub fn test_history(
    source: &dyn Source,
    typed: &str,
    filter: &Filter,
    limit: Option<usize>,
) -> Result<TestHistoryReport, AskError> {
    let source = &Remembered::new(source);
    require_suts(source, filter)?;
    let (_, filter, gathered) = gather(source, filter, typed)?;
    Ok(analysis::test_history(&gathered, &filter, limit.unwrap_or(usize::MAX))?)
}

/// Returns the tests that `typed` means, the filter for them, and their results: few, read once, and looked at from every side.
fn gather<'a>(
    source: &'a Remembered<'a>,
    filter: &Filter,
    typed: &str,
) -> Result<(Vec<NodeId>, Filter, Gathered<'a>), AskError> {
    // What looks like a whole node id is one most often: then finding it and reading its results are one.
    if typed.contains("::") {
        let whole = vec![NodeId::new(typed)];
        let exact = of_tests(filter, &whole);
        let gathered = Gathered::new(source, &exact)?;
        if !gathered.is_empty() {
            return Ok((whole, exact, gathered));
        }
    }
    let found = find_tests(source, &filter.without_result_conditions(), typed)?;
    let filter = of_tests(filter, &found);
    let gathered = Gathered::new(source, &filter)?;
    Ok((found, filter, gathered))
}

fn of_tests(filter: &Filter, node_ids: &[NodeId]) -> Filter {
    let node_ids = node_ids.iter().map(|node_id| NodeIdPattern::Exact(node_id.as_str().to_owned())).collect();
    Filter { node_ids, ..filter.clone() }
}
