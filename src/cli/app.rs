//! The command tree.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use super::parse;

/// Turns whatever a pytest run left behind into one history you can ask.
#[derive(Debug, Parser)]
#[command(name = "insight", version, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Parse(parse::ParseArgs),
}

/// Runs the command line of this process and returns its exit code.
pub fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Parse(args) => parse::run(&args),
    }
}
