//! The command line: arguments, terminal, exit codes. The only place that prints, and that reads the environment.
//!
//! One file a command, each with its `XxxArgs` (what was typed) and a `run` that resolves them, calls one use case of
//! [`service`](crate::service) and hands the answer to [`render`](crate::render). Nothing here computes a figure.

#![expect(dead_code, reason = "the commands that need a history follow")]

mod app;
mod environment;
mod error;
mod exit;
mod grammar;
mod grammar_files;
mod parse;
mod ui;
mod values;

pub use app::main;
pub use exit::ExitStatus;
