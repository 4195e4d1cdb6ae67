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
//! | `log`, `durable` | the Delta log, and how it gets onto the disk |
//! | `encode`, `decode`, `json` | model to rows and back |
//! | `data_file`, `statistics`, `scan` | Parquet files, written and read |
//! | `append`, `index`, `query` | taking sessions in, knowing them, finding them |
//! | `source`, `columns` | few columns of many results, for the analyses |
//! | `upkeep`, `compact` | keeping a history fit: a short log, few files, no leftovers |
//! | `inspect` | how a history lies on the disk |

mod append;
mod columns;
mod compact;
mod data_file;
mod decode;
mod durable;
mod encode;
mod error;
mod history;
mod index;
mod inspect;
mod json;
mod log;
mod parallel;
mod query;
mod scan;
mod schema;
mod source;
mod statistics;
mod types;
mod upkeep;

pub use compact::CompactReport;
pub use error::StoreError;
pub use history::HistoryStore;
pub use inspect::{RecordStatistics, StoreStatistics};
pub use types::{Access, AppendReport, SessionFilter};
