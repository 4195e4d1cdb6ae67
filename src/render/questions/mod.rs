//! Answers to questions of the history: as JSON, lines, records and pages.
//!
//! An answer is a head (what it rests on) and rows. The rows are written once, as serialisable entries; JSON, JSON lines and
//! comma-separated values are made of them ([`RowAnswer`]). The pages are written by hand.

mod analyze;
mod chart;
mod compare;
mod compare_entry;
mod failures;
mod flaky;
mod grid;
mod history;
mod parts;
mod regressions;
mod row_answer;
mod slow;
mod summary;
mod sut;
mod test;
mod tests_page;

pub(crate) use parts::RateEntry;
pub(crate) use row_answer::RowAnswer;
