//! Every number is born here: questions in, report structs out.
//!
//! Pure functions over session rows and over one test's series of observations. Nothing here knows where the rows came
//! from, reads a file, or asks for the time: a [`Source`] delivers the rows, and now arrives as an argument.

mod co_failures;
mod cohort;
mod compare;
mod duration_change;
mod duration_shifts;
mod durations;
#[cfg(test)]
mod examples;
mod failures;
mod filter;
mod flaky;
mod fold;
mod guard;
mod health;
mod history;
mod memory;
mod node_ids;
mod outcome_change;
mod rates;
mod regressions;
mod scope;
mod series;
mod source;
pub mod statistics;
pub mod synthetic;
mod test_list;
mod verdict;

pub use co_failures::{CoFailureGroup, CoFailuresReport, co_failures};
pub use compare::{
    ComparedSide, ComparisonReport, DifferenceKind, DurationDifference, MovedTest, OutcomeDifference, Pairing,
    Significance, compare,
};
pub use duration_shifts::{DurationShift, DurationShiftsReport, SutShift, duration_shifts};
pub use durations::{
    DurationSpread, SessionDurationsReport, SlowFile, SlowReport, SlowSort, SlowTest, session_durations, slow,
};
pub use failures::{FailureCluster, FailureHit, FailureKey, FailureSignature, FailuresReport, failures};
pub use filter::{Filter, NodeIdPattern, PatternError, Window};
pub use flaky::{FlakyCertainty, FlakyEvidence, FlakyReport, FlakyTest, FlipRate, flaky};
pub use guard::{NEARLY_ALL, NEARLY_ALL_MINIMUM, names_passed_tests, set_aside, tells_every_test};
pub use health::{HealthReport, OverviewReport, SutHealth, health, overview};
pub use history::{GridReport, GridRow, GridSession, TestAttempt, TestHistoryReport, grid, test_history};
pub use memory::{MemorySource, failure_text};
pub use node_ids::{node_ids, sessions_with_results};
pub use rates::{PassRate, RateRow, RatesReport, rates, rates_of, session_counts};
pub use regressions::{OutcomeShift, OutcomeTrend, RegressionsReport, Streak, TrendKind, regressions};
pub use scope::{LeftOut, LeftOutReason, Scope};
pub use source::{
    Columns, FailureBatch, FailureText, FailureVisitor, ObservationBatch, ObservationVisitor, Request, Sessions,
    Source, SourceError, UNKNOWN_DURATION,
};
pub use test_list::{SessionRef, TestRef, TestRow, TestSort, TestsReport, tests};
pub use verdict::{Outcomes, Verdict};
