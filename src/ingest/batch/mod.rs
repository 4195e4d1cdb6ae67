//! Many inputs at once: read on all cores, delivered one by one in a fixed order, with bounded memory.
//!
//! The calling thread lists the inputs, hands them to the workers and delivers what they report, in order; it looks only so far ahead as
//! [`Limits::max_in_flight_bytes`](super::Limits) allows. A worker that opens an archive unpacks it and leaves the members to whoever is idle.

mod deliver;
mod items;
mod queue;
mod run;
mod work;

pub use items::{InputSpec, count_inputs};
pub(crate) use queue::{InFlight, Outlet, Task};
pub use run::{IngestEnd, read_inputs};
pub(crate) use work::{Context, Crew, run_task};
