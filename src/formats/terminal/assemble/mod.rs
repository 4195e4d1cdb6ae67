//! The evidence of one session, weighed when all of it is there.
//!
//! `session.rs` says in which order: the reports become attempts, the sections are told apart, the summary and the blocks are given to
//! the tests they name, and what is left is arithmetic.

mod counts;
mod ending;
mod fields;
mod flaky;
mod inference;
mod one_line;
mod session;
mod short_summary;
mod times;

pub(super) use session::assemble;
