//! Paths to sessions: walking, opening inputs and archives, telling their format, naming what was read.

mod archive;
mod batch;
mod ci;
mod conflict;
mod filter;
mod finish;
mod group;
mod guard;
mod identity;
mod input;
mod join;
mod label;
mod leaf;
mod log_facts;
mod markers;
mod options;
mod redact;
mod report;
mod rules;
mod summary;
mod walk;

pub use batch::{IngestEnd, InputSpec, count_inputs, read_inputs};
pub use ci::{CiFacts, ci_facts};
pub use conflict::is_same_run;
pub use filter::{Glob, GlobError};
pub use finish::Undated;
pub use group::{Expected, ExpectedTests, Grouping};
pub use identity::{Digest, name_sessions};
pub use input::{InputError, InputOptions, ReadInput, read_path, read_stream};
pub use join::{join_inputs, join_sessions};
pub use options::{IngestOptions, Limits, Recursion};
pub use redact::{OwnPattern, OwnPatternError, Redaction, Redactor};
pub use report::{FileOutcome, FileReport, NotAReport, Origin, Unreadable};
pub use rules::{IdentityRules, MappingRule, PathPattern, PatternError};
pub use summary::{FileCounts, IngestSummary};
