//! What the process says when it leaves.

use std::process::ExitCode;

/// The exit codes of `insight`. They are part of its interface: scripts rely on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ExitStatus {
    /// Done.
    Done,
    /// Done, and a gate that the user asked for says no.
    GateClosed,
    /// Wrong usage or configuration; nothing was done.
    Usage,
    /// Done, but some inputs could not be read, or held no test session.
    Partial,
    /// The history cannot be opened, read or written.
    HistoryUnavailable,
    /// A fault of `insight` itself.
    Bug,
    /// The answer could not be written, for example since the disk is full.
    OutputFailed,
}

impl ExitStatus {
    /// Every status, by code.
    pub const ALL: [ExitStatus; 7] = [
        ExitStatus::Done,
        ExitStatus::GateClosed,
        ExitStatus::Usage,
        ExitStatus::Partial,
        ExitStatus::HistoryUnavailable,
        ExitStatus::Bug,
        ExitStatus::OutputFailed,
    ];

    /// Returns the number the process leaves with.
    pub fn code(self) -> u8 {
        match self {
            ExitStatus::Done => 0,
            ExitStatus::GateClosed => 1,
            ExitStatus::Usage => 2,
            ExitStatus::Partial => 3,
            ExitStatus::HistoryUnavailable => 4,
            ExitStatus::Bug => 70,
            ExitStatus::OutputFailed => 74,
        }
    }

    /// Returns what the number means, as `--help` lists it.
    pub fn meaning(self) -> &'static str {
        match self {
            ExitStatus::Done => "done",
            ExitStatus::GateClosed => "done, and a gate you asked for says no",
            ExitStatus::Usage => "wrong usage or configuration; nothing was done",
            ExitStatus::Partial => "done, but some inputs could not be read or held no test session",
            ExitStatus::HistoryUnavailable => "the history cannot be opened, read or written",
            ExitStatus::Bug => "a fault of insight itself; please report it",
            ExitStatus::OutputFailed => "the answer could not be written",
        }
    }

    /// Returns the list of codes for the help text.
    pub(crate) fn help() -> String {
        let lines = ExitStatus::ALL.map(|status| format!("  {:>2}  {}", status.code(), status.meaning()));
        format!("Exit codes:\n{}", lines.join("\n"))
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> ExitCode {
        ExitCode::from(status.code())
    }
}
