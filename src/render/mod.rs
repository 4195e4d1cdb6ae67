//! How answers look: a report, a writer and [`Layout`] in, one output format out.
//!
//! Every answer is at once a JSON document, records, and a [`Page`] of headings, facts, grids and texts; one file a format turns
//! these into bytes. Nothing here computes a figure, asks the clock or the environment, or knows whether a terminal is
//! there: width, colour and time zone arrive as arguments.

mod answer;
#[cfg(feature = "store")]
mod daily_tests;
#[cfg(feature = "store")]
mod fact_sheet;
mod format;
mod human;
#[cfg(feature = "store")]
mod ingest_report;
mod markdown_page;
mod matrix;
mod page;
mod questions;
mod session_entry;
mod session_failures;
mod session_list;
mod session_page;
mod session_records;
mod session_writer;
#[cfg(feature = "sql")]
mod sql_rows;
mod styles;
mod sut_list;
mod terminal_page;
mod text;
#[cfg(feature = "store")]
mod upkeep;

pub use answer::{Answer, Records, write_answer};
pub use format::OutputFormat;
pub use page::{Align, Block, Column, Fit, Grid, Layout, Matrix, MatrixRow, Page, Span, Tone, Zone};
pub use session_page::Detail;
pub use session_writer::SessionWriter;
#[cfg(feature = "sql")]
pub use sql_rows::{SqlAnswerError, write_sql_answer};
pub use styles::Styles;
pub use text::clean;
