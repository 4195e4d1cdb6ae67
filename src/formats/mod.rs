//! Bytes in, sessions out: one reader a format, and the detection of formats by content.
//!
//! A reader takes any [`std::io::BufRead`] and returns [`Parsed`](crate::diagnostic::Parsed): it never fails and never
//! panics, whatever the bytes. It keeps what it can read and says what it could not. Nothing here opens a file, asks the
//! clock or the environment, or names a session: that is `ingest`'s.

mod collected;
mod ctrf;
mod detect;
mod encoding;
mod json;
mod json_report;
mod junit;
mod node_ids;
mod properties;
mod python;
mod read;
mod report_log;
mod terminal;
mod times;
mod worker_line;

pub use detect::{Detection, detect};
pub use encoding::decoded;
pub use node_ids::{KnownNodeIds, KnownPaths};
pub(crate) use node_ids::{dotted, mangle};
pub use read::{ReadOptions, read};
