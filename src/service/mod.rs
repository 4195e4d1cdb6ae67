//! The use cases: the one interface that the edges, and other programs, call.
//!
//! Nothing here prints, reads the environment or asks the clock.

#[cfg(feature = "store")]
mod history;
#[cfg(feature = "store")]
mod ingest;
#[cfg(feature = "store")]
mod ingest_report;
mod listing;
mod lookup;
mod questions;
mod standing;

#[cfg(feature = "store")]
pub use history::{HistoryError, list_sessions, list_suts, show_session};
#[cfg(feature = "store")]
pub use ingest::{Destination, IngestPlan, IngestProgress, ingest};
#[cfg(feature = "store")]
pub use ingest_report::{FileFate, FileRecord, IngestReport, SessionFate, SessionRecord, Tally, WithoutSessions};
pub use listing::{Grouping, SessionListReport, SutListReport, SutSummary};
pub use lookup::{LookupError, digest_part, find_session, nearest, short_length};
pub use questions::{
    AnalyzeAnswer, AskError, CompareQuestion, ComparedBy, ComparisonAnswer, ComparisonSide, FailureSort, FlakySort,
    Gate, GateError, GateVerdict, Metric, RegressionSort, SummaryAnswer, SutAnswer, TestAnswer, analyze,
    check_comparison_gates, check_gates, compare, failures, flaky, list_tests, regressions, show_sut, show_test, slow,
    summary, test_history, test_trends,
};
pub use standing::{Standing, standing};
