//! `insight analytics`: what a history says of its tests.

mod analyze;
mod compare;
mod failures;
mod flaky;
mod listing_args;
mod regressions;
mod slow;
mod summary;

pub(crate) use analyze::{AnalyzeArgs, AnalyzeOutputArgs, print as print_analysis, run as run_analyze};
pub(crate) use compare::{AnalyticsCompareArgs, run as run_compare};
pub(crate) use failures::{FailuresArgs, run as run_failures};
pub(crate) use flaky::{FlakyArgs, run as run_flaky};
pub(crate) use regressions::{RegressionsArgs, run as run_regressions};
pub(crate) use slow::{SlowArgs, run as run_slow};
pub(crate) use summary::{SummaryArgs, run as run_summary};
