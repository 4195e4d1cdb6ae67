//! One system under test.

use super::names::{AskError, newest_first};
use super::remembered::Remembered;
use super::summary::{SummaryAnswer, summary};
use crate::analysis::{self, Filter, SlowReport, SlowSort, Source};
use crate::model::SessionSummary;

/// What there is to know of one system under test.
#[derive(Debug, Clone, PartialEq)]
pub struct SutAnswer {
    /// Its name.
    pub sut_name: String,
    /// The whole at a glance.
    pub summary: SummaryAnswer,
    /// Its newest sessions, newest first.
    pub sessions: Vec<SessionSummary>,
    /// Its slowest tests.
    pub slow: SlowReport,
}

/// Returns what there is to know of a system under test, over the sessions that the filter admits, with at most `limit` entries
/// a list.
///
/// ```
/// use insight::analysis::{Filter, MemorySource, synthetic::SyntheticHistory};
///
/// let history = SyntheticHistory { sessions: 40, tests: 60, ..SyntheticHistory::default() };
/// let source = MemorySource::new(history.sessions());
/// let answer = insight::service::show_sut(&source, "service-00", &Filter::default(), Some(5))?;
/// assert_eq!((answer.summary.rates.total.sessions, answer.sessions.len()), (40, 5));
/// # Ok::<(), insight::service::AskError>(())
/// ```
pub fn show_sut(
    source: &dyn Source,
    sut_name: &str,
    filter: &Filter,
    limit: Option<usize>,
) -> Result<SutAnswer, AskError> {
    let source = &Remembered::new(source);
    let filter = Filter { sut_names: vec![sut_name.to_owned()], ..filter.clone() };
    let summary = summary(source, &filter, limit)?;
    let sessions = source.sessions(&filter)?.rows;
    let newest = newest_first(&sessions).into_iter().take(limit.unwrap_or(usize::MAX));
    let sessions = newest.cloned().collect();
    let slow = analysis::slow(source, &filter, SlowSort::Median, limit.unwrap_or(usize::MAX))?;
    Ok(SutAnswer { sut_name: sut_name.to_owned(), summary, sessions, slow })
}
