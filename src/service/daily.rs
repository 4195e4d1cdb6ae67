//! What is left of tests whose results were given up: one row a day.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use crate::analysis::Filter;
use crate::store::{DailyTest, HistoryStore, StoreError};

/// What tests came to on days whose results were pruned.
#[derive(Debug, Clone, PartialEq)]
pub struct DailyTestsReport {
    /// The rows, latest day first, then by system under test and node id; days that are not known come last.
    pub days: Vec<DailyTest>,
    /// How many there are.
    pub matching: u64,
}

/// Returns what is kept of pruned results, at most `limit` rows. Of `filter`, systems under test, window and node ids count: nothing else is kept by
/// day. A day is in the window where its first moment (UTC) is.
pub fn daily_tests(
    store: &HistoryStore,
    filter: &Filter,
    limit: Option<usize>,
) -> Result<DailyTestsReport, StoreError> {
    let mut days = store.daily_tests()?;
    let is_named = |day: &DailyTest| {
        filter.sut_names.is_empty() || day.sut_name.as_ref().is_some_and(|name| filter.sut_names.contains(name))
    };
    days.retain(|day| {
        is_named(day)
            && filter.window.contains(day.day.map(first_moment))
            && filter.admits_node_id(day.node_id.as_str())
    });
    days.sort_by(|one, other| {
        (other.day, &one.sut_name, &one.node_id).cmp(&(one.day, &other.sut_name, &other.node_id))
    });
    let matching = days.len() as u64;
    days.truncate(limit.unwrap_or(usize::MAX));
    Ok(DailyTestsReport { days, matching })
}

fn first_moment(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}
