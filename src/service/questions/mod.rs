//! What one can ask of a history: one call per command, a typed question in, a typed answer out.
//!
//! Every call takes a [`Source`](crate::analysis::Source), so the same questions are asked of a history directory and of
//! sessions in memory, and a [`Filter`](crate::analysis::Filter), which says what the question is about. The figures are those
//! of [`analysis`](crate::analysis); here names are looked up, sides resolved, and reports put together. Every answer is an
//! `Answer` of [`render`](crate::render): a JSON document, lines, records, a page.
//!
//! | command | call |
//! |---|---|
//! | `sut show` | [`show_sut`] |
//! | `sut compare`, `session compare`, `analytics compare` | [`compare()`] |
//! | `sut analyze`, `analytics analyze` | [`analyze()`] |
//! | `test list` | [`list_tests`] |
//! | `test show` | [`show_test`] |
//! | `test history` | [`test_history`] |
//! | `test trends` | [`test_trends`] |
//! | `analytics summary` | [`summary()`] |
//! | `analytics failures`, `flaky`, `regressions`, `slow` | [`failures`], [`flaky`], [`regressions`], [`slow`] |
//! | `--fail-on` | [`check_gates`], [`check_comparison_gates`] |
//!
//! ```
//! use insight::analysis::{Filter, MemorySource, synthetic::SyntheticHistory};
//! use insight::service::{self, FlakySort};
//!
//! let history = SyntheticHistory { sessions: 40, tests: 50, ..SyntheticHistory::default() };
//! let source = MemorySource::new(history.sessions());
//! let answer = service::flaky(&source, &Filter::default(), FlakySort::Certainty, Some(10))?;
//! for test in &answer.tests {
//!     assert!(history.truth().flaky.contains(&test.test));
//! }
//! # Ok::<(), service::AskError>(())
//! ```

mod analyze;
mod compare;
mod gates;
mod gathered;
mod lists;
mod names;
mod remembered;
mod summary;
mod sut;
mod test;

pub use analyze::{AnalyzeAnswer, Metric, analyze};
pub use compare::{CompareQuestion, ComparedBy, ComparisonAnswer, ComparisonSide, compare};
pub use gates::{Gate, GateError, GateVerdict, check_comparison_gates, check_gates};
pub use lists::{FailureSort, FlakySort, RegressionSort, failures, flaky, list_tests, regressions, slow, test_trends};
pub use names::AskError;
pub use summary::{SummaryAnswer, summary};
pub use sut::{SutAnswer, show_sut};
pub use test::{TestAnswer, show_test, test_history};
