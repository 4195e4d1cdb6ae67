//! What breaks, and how often: failures grouped by why.
//!
//! [`FailureSignature`] makes a stable key of one failure text, in one pass and without knowing any other failure. [`failures`]
//! groups failures by signature and joins groups whose messages hardly differ.

mod cluster;
mod join;
mod signature;

pub(super) use cluster::FailureCollector;
pub use cluster::{FailureCluster, FailureHit, FailuresReport, failures};
pub use signature::{FailureKey, FailureSignature};
