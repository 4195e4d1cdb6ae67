//! The history directory: sessions go in once, whole, and come out as they were.

mod error;
mod history;
mod types;

pub use error::StoreError;
pub use history::HistoryStore;
pub use types::{Access, AppendReport, SessionFilter};
