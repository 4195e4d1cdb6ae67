//! The use cases: the one interface that the edges, and other programs, call.
//!
//! Nothing here prints, reads the environment or asks the clock.

#[cfg(feature = "store")]
mod conflicts;
#[cfg(feature = "store")]
mod daily;
#[cfg(feature = "store")]
mod export;
#[cfg(feature = "store")]
mod history;
#[cfg(feature = "store")]
mod history_lines;
#[cfg(feature = "store")]
mod import;
#[cfg(feature = "store")]
mod ingest;
#[cfg(feature = "store")]
mod ingest_report;
#[cfg(feature = "store")]
mod learned;
mod listing;
mod lookup;
mod questions;
mod standing;
#[cfg(feature = "store")]
mod upkeep;

#[cfg(feature = "store")]
pub use conflicts::ConflictPolicy;
#[cfg(feature = "store")]
pub use daily::{DailyTestsReport, daily_tests};
#[cfg(feature = "store")]
pub use export::{ExportError, ExportReport, ExportTarget, export_history};
#[cfg(feature = "store")]
pub use history::{HistoryError, list_sessions, list_suts, show_session};
#[cfg(feature = "store")]
pub use import::{ImportError, ImportProblem, ImportReport, import_history};
#[cfg(feature = "store")]
pub use ingest::{Destination, IngestPlan, IngestProgress, ingest};
#[cfg(feature = "store")]
pub use ingest_report::{
    Conflict, FileFate, FileRecord, IngestReport, SessionFate, SessionRecord, Tally, WithoutSessions,
};
pub use listing::{
    Grouping, SessionListReport, SessionListing, SessionSort, SutListReport, SutListing, SutSort, SutSummary,
};
pub use lookup::{LookupError, find_session, nearest, short_length};
pub use questions::{
    AnalyzeAnswer, AskError, CompareQuestion, ComparedBy, ComparisonAnswer, ComparisonSide, FailureSort, FlakySort,
    Gate, GateError, GateVerdict, Metric, RegressionSort, SummaryAnswer, SutAnswer, TestAnswer, analyze,
    check_comparison_gates, check_gates, compare, failures, flaky, list_tests, regressions, show_sut, show_test, slow,
    summary, test_history, test_trends,
};
pub use standing::{Standing, standing};
#[cfg(feature = "store")]
pub use upkeep::{PruneMode, PruneReport, StatisticsReport, history_statistics, prune_history};

#[cfg(feature = "store")]
pub use crate::store::{CheckProblem, CheckReport, CompactReport, CopyReport, DailyTest};
#[cfg(feature = "sql")]
pub use crate::store::{SqlColumn, SqlError, SqlQuery};
