//! The use cases: the one interface that the edges, and other programs, call.
//!
//! Nothing here prints, reads the environment or asks the clock.

#[cfg(feature = "store")]
mod history;
#[cfg(feature = "store")]
mod ingest;
#[cfg(feature = "store")]
mod ingest_report;
#[cfg(feature = "store")]
mod learned;
mod listing;
mod lookup;
mod standing;

#[cfg(feature = "store")]
pub use history::{HistoryError, list_sessions, list_suts, show_session};
#[cfg(feature = "store")]
pub use ingest::{Destination, IngestPlan, IngestProgress, ingest};
#[cfg(feature = "store")]
pub use ingest_report::{FileFate, FileRecord, IngestReport, SessionFate, SessionRecord, Tally, WithoutSessions};
pub use listing::{Grouping, SessionListReport, SutListReport, SutSummary};
pub use lookup::{LookupError, digest_part, find_session, nearest, short_length};
pub use standing::{Standing, shown_counts, standing};
