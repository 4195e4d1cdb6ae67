//! Runs that left several files: which files are of one run, and one session of them.
//!
//! | [`Grouping`] | files that are one run |
//! |---|---|
//! | `Apart` | none: every file stands for itself |
//! | `SameRun` | those of one directory, in different formats, whose tests, outcomes and times prove it |
//! | `Directory` | all of one directory: formats of one run, and shards of it |
//! | `Path` | all whose path gives the same key |
//!
//! The session of a joined run is carried by the report of its first file and named by the digests of all its files, so that the order and
//! the names of the files do not matter; the reports of the others say [`Joined`](super::FileOutcome::Joined).

mod cluster;
mod evidence;
mod expected;
mod grouper;
mod grouping;
mod shards;

pub use expected::{Expected, ExpectedTests};
pub(crate) use grouper::Grouper;
pub use grouping::Grouping;
