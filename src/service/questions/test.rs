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
    let found = find_tests(source, &filter.without_result_conditions(), typed)?;
    let node_id = match found.as_slice() {
        [one] => one.clone(),
        several => {
            let candidates = several.iter().map(|node_id| node_id.as_str().to_owned()).collect();
            return Err(LookupError::AmbiguousTest { typed: typed.to_owned(), candidates }.into());
        }
    };
    let filter = of_tests(filter, std::slice::from_ref(&node_id));
    // The results of one test are few; they are read once, and looked at from every side.
    let source = &Gathered::new(source, &filter)?;
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
    let found = find_tests(source, &filter.without_result_conditions(), typed)?;
    let filter = of_tests(filter, &found);
    let source = &Gathered::new(source, &filter)?;
    Ok(analysis::test_history(source, &filter, limit.unwrap_or(usize::MAX))?)
}

fn of_tests(filter: &Filter, node_ids: &[NodeId]) -> Filter {
    let node_ids = node_ids.iter().map(|node_id| NodeIdPattern::Exact(node_id.as_str().to_owned())).collect();
    Filter { node_ids, ..filter.clone() }
}
