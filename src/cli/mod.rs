//! The command line: arguments, terminal, exit codes. The only place that prints, and that reads the environment.
//!
//! One file a command, each with its `XxxArgs` (what was typed) and a `run` that resolves them, calls one use case of
//! [`service`](crate::service) and hands the answer to [`render`](crate::render). Nothing here computes a figure.

#[cfg(feature = "store")]
mod analytics;
#[cfg(feature = "store")]
mod answer_args;
mod app;
#[cfg(feature = "store")]
mod asking;
#[cfg(feature = "store")]
mod comparing;
#[cfg(feature = "store")]
mod config;
mod environment;
mod error;
mod exit;
#[cfg(feature = "store")]
mod gate_args;
mod grammar;
mod grammar_files;
mod group_args;
#[cfg(feature = "store")]
mod history;
#[cfg(feature = "store")]
mod history_args;
#[cfg(feature = "store")]
mod identity_args;
#[cfg(feature = "store")]
mod ingest;
mod input_args;
mod output_args;
mod parse;
#[cfg(feature = "store")]
mod progress;
#[cfg(feature = "store")]
mod question_args;
#[cfg(feature = "store")]
mod session;
mod source_tree;
#[cfg(feature = "store")]
mod sql;
#[cfg(feature = "store")]
mod sut;
#[cfg(feature = "store")]
mod test;
#[cfg(feature = "store")]
mod time_window;
mod ui;
mod values;

pub use app::main;
pub use exit::ExitStatus;
