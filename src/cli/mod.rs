//! The command line: arguments, terminal, exit codes. The only place that prints, and that reads the environment.

mod app;
mod parse;

pub use app::main;
