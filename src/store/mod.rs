//! The history directory: sessions go in exactly once, whole, and come out as they were.
//!
//! A history is one Delta Lake table of plain Parquet files, open to any engine that reads that format. An append is one entry of the
//! table's log, so that it is there whole or not at all, and readers never wait. This is the only module that knows Delta, Arrow and Parquet,
//! and the only one that runs asynchronous code, none of which shows: every method waits for its answer.
//!
//! | module | what it does |
//! |---|---|
//! | `history`, `types`, `error` | the public face |
//! | `schema` | the columns, and which record has which |
//! | `log`, `commit`, `durable` | the Delta log, how entries get into it, and onto the disk |
//! | `encode`, `decode`, `json` | model to rows and back |
//! | `live_file`, `data_file`, `statistics`, `scan` | Parquet files, written and read |
//! | `append`, `index`, `query` | taking sessions in, knowing them, finding them |
//! | `source`, `columns` | few columns of many results, for the analyses |
//! | `views`, `sql` | what other engines, and queries, are shown |
//! | `upkeep`, `compact` | keeping a history fit: a short log, few files, no leftovers |
//! | `prune`, `aggregate` | giving up old results, and keeping what they came to |
//! | `check`, `inspect` | whether all is well, and how it lies on the disk |
//! | `copy`, `export` | a second one of it, and its rows as plain files |
//! | `parallel` | work shared among cores |

mod aggregate;
mod append;
mod batches;
mod check;
mod columns;
mod commit;
mod compact;
mod copy;
mod data_file;
mod decode;
mod durable;
mod encode;
mod error;
mod export;
mod history;
mod index;
mod inspect;
mod json;
mod live_file;
mod log;
mod parallel;
mod prune;
mod query;
mod scan;
mod schema;
mod source;
#[cfg(feature = "sql")]
mod sql;
mod statistics;
mod types;
mod upkeep;
mod views;

pub use aggregate::{DailyTest, DurationSum};
pub use check::{CheckProblem, CheckReport};
pub use compact::CompactReport;
pub use copy::CopyReport;
pub use error::StoreError;
pub use export::ParquetReport;
pub use history::HistoryStore;
pub use inspect::{RecordStatistics, StoreStatistics};
pub use prune::{PrunePlan, PruneResult, PruneRules};
#[cfg(feature = "sql")]
pub use sql::{SqlColumn, SqlError, SqlQuery};
pub use types::{Access, AppendReport, PrunedReport, PrunedSession, SessionFilter};
pub use views::View;
