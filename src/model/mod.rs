//! What a test run is, whatever it was read from.
//!
//! Plain types: no serialisation, no clock, no environment, and no I/O but that of `paging`, for results that memory has no room for. Unknown is `None`; a fact that can be
//! computed from others (rerun groups, counts) is a function, not a field.

#[cfg(test)]
pub(crate) mod arbitrary;
mod counts;
mod environment;
mod history;
mod node_id;
mod outcome;
mod output_fields;
mod packed_result;
mod ratio;
mod rerun;
mod result;
mod results;
mod seldom;
mod session;
mod summary;
mod text;

pub use counts::OutcomeCounts;
pub use environment::Environment;
pub use history::{SutGroup, TestHistory};
pub use node_id::{NodeId, NodeIdCertainty};
pub use outcome::Outcome;
pub use output_fields::{OutputField, OutputFields};
pub use ratio::Ratio;
pub use rerun::{RerunTestGroup, rerun_test_groups};
pub use result::{Phases, Subtest, TestResult};
pub use results::{IntoIter as ResultsIntoIter, Iter as ResultsIter, Results};
pub use seldom::{Empty, Seldom};
pub use session::{
    Ending, FileCounts, Format, SHORT_LENGTH, SessionId, Source, TestSession, TestWarning, TimeSource, Totals,
};
pub use summary::SessionSummary;
pub use text::Text;
