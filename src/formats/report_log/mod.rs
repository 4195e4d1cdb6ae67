//! JSON lines of pytest-reportlog: every report that pytest made, in the order in which it made them.
//!
//! The best source there is: it has every attempt, every phase and every subtest, with its times, and is written as the run goes, so that
//! a run that died leaves all it had done. What it lacks: the totals, the root directory, and which worker's Python ran what.

mod attempts;
mod longrepr;
mod read;
mod record;
mod session;
mod subtest;
mod warnings;

pub(crate) use read::read;
