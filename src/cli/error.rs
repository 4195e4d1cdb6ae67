//! What can go wrong in a command, in one shape: a kind, which fixes the exit code, an error with its causes, and hints.

use std::error::Error;
use std::io;

use super::exit::ExitStatus;

/// The kinds of failure; each has one exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// The arguments make no sense, or name what is not there.
    Usage,
    /// A configuration file or variable is wrong.
    Config,
    /// The history cannot be used.
    History,
    /// The answer could not be written.
    Output,
    /// Whoever reads the answer has heard enough, as `head` does: no failure.
    BrokenPipe,
}

impl ErrorKind {
    /// Returns the exit status of a command that failed so.
    pub(crate) fn exit_status(self) -> ExitStatus {
        match self {
            ErrorKind::Usage | ErrorKind::Config => ExitStatus::Usage,
            ErrorKind::History => ExitStatus::HistoryUnavailable,
            ErrorKind::Output => ExitStatus::OutputFailed,
            ErrorKind::BrokenPipe => ExitStatus::Done,
        }
    }
}

/// Why a command gave up.
#[derive(Debug)]
pub(crate) struct CommandError {
    pub(crate) kind: ErrorKind,
    pub(crate) error: Box<dyn Error + Send + Sync>,
    pub(crate) hints: Vec<String>,
}

/// What a command comes to.
pub(crate) type CommandResult = Result<ExitStatus, CommandError>;

impl CommandError {
    /// Returns an error of this kind; `error` is a lower-case fragment or an error with its sources.
    pub(crate) fn new(kind: ErrorKind, error: impl Into<Box<dyn Error + Send + Sync>>) -> CommandError {
        CommandError { kind, error: error.into(), hints: Vec::new() }
    }

    /// Returns an error of the caller's making.
    pub(crate) fn usage(error: impl Into<Box<dyn Error + Send + Sync>>) -> CommandError {
        CommandError::new(ErrorKind::Usage, error)
    }

    /// Adds what to do about it.
    #[must_use]
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> CommandError {
        self.hints.push(hint.into());
        self
    }

    /// Returns the error for an answer that could not be written.
    pub(crate) fn output(error: io::Error) -> CommandError {
        match error.kind() {
            io::ErrorKind::BrokenPipe => CommandError::new(ErrorKind::BrokenPipe, error),
            _other => CommandError::new(ErrorKind::Output, WriteError(error)),
        }
    }
}

/// An answer that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("failed to write the answer")]
struct WriteError(#[source] io::Error);
