//! Paths to sessions: walking, opening inputs and archives, telling their format, naming what was read.

mod archive;
mod batch;
mod filter;
mod guard;
mod identity;
mod input;
mod label;
mod leaf;
mod markers;
mod options;
mod report;
mod walk;

pub use batch::{IngestEnd, InputSpec, read_inputs};
pub use filter::{Glob, GlobError};
pub use identity::{Digest, name_sessions};
pub use input::{InputError, InputOptions, ReadInput, read_path, read_stream};
pub use options::{IngestOptions, Limits, Recursion};
pub use report::{FileOutcome, FileReport, NotAReport, Origin, Unreadable};
