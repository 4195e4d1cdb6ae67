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
    #[cfg(feature = "store")]
    Config,
    /// The history cannot be used.
    #[cfg(feature = "store")]
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
            ErrorKind::Usage => ExitStatus::Usage,
            #[cfg(feature = "store")]
            ErrorKind::Config => ExitStatus::Usage,
            #[cfg(feature = "store")]
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

#[cfg(feature = "store")]
impl CommandError {
    /// Returns the error for a file of the user's that could not be written.
    pub(crate) fn output_file(path: &std::path::Path, error: &io::Error) -> CommandError {
        CommandError::new(ErrorKind::Output, format!("failed to write {}: {error}", path.display()))
    }
}

/// An answer that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("failed to write the answer")]
struct WriteError(#[source] io::Error);

#[cfg(feature = "store")]
mod of_history {
    //! Errors of commands that need a history.

    use super::{CommandError, ErrorKind};
    use crate::cli::config::ConfigError;
    use crate::model::SessionId;
    use crate::service::{AskError, HistoryError, LookupError};
    use crate::store::StoreError;

    impl From<ConfigError> for CommandError {
        fn from(mut error: ConfigError) -> CommandError {
            let help = error.help.take();
            let command_error = CommandError::new(ErrorKind::Config, error);
            help.into_iter().fold(command_error, CommandError::with_hint)
        }
    }

    impl From<StoreError> for CommandError {
        fn from(error: StoreError) -> CommandError {
            let hint = match &error {
                StoreError::NotFound { .. } => Some("`insight ingest FILE --sut NAME` makes one"),
                StoreError::NotAHistory { .. } => Some("name an empty or absent directory, or a history"),
                StoreError::NotEmpty { .. } => Some("name an empty or absent directory"),
                StoreError::NewerFormat { .. } => Some("use a newer insight; nothing was changed"),
                StoreError::PermissionDenied { .. } => Some("nothing was changed"),
                StoreError::Conflict { .. } => Some("try again when fewer are writing"),
                StoreError::TooLarge { .. }
                | StoreError::Io { .. }
                | StoreError::Delta { .. }
                | StoreError::Corrupt { .. } => None,
            };
            hint.into_iter().fold(CommandError::new(ErrorKind::History, error), CommandError::with_hint)
        }
    }

    impl From<LookupError> for CommandError {
        fn from(error: LookupError) -> CommandError {
            let hint = match &error {
                LookupError::NoSuchSession { near, .. } => match near {
                    Some(near) => format!("did you mean '{near}'?"),
                    None => "`insight session list` lists them".to_owned(),
                },
                LookupError::NoSuchSut { near, .. } => match near {
                    Some(near) => format!("did you mean '{near}'?"),
                    None => "`insight sut list` lists them".to_owned(),
                },
                LookupError::Ambiguous { candidates, .. } => {
                    let shown: Vec<&str> = candidates.iter().take(5).map(SessionId::as_str).collect();
                    let more = if candidates.len() > shown.len() { ", ..." } else { "" };
                    format!("these begin so: {}{more}", shown.join(", "))
                }
                LookupError::TooFarBack { .. } => {
                    "`insight session list` shows them; the first has none before it".to_owned()
                }
                LookupError::NoSuchTest { near, .. } => match near {
                    Some(near) => format!("did you mean '{near}'?"),
                    None => "`insight test list` lists them".to_owned(),
                },
                LookupError::AmbiguousTest { candidates, .. } => {
                    let shown: Vec<&str> = candidates.iter().take(5).map(String::as_str).collect();
                    let more = if candidates.len() > shown.len() { ", ..." } else { "" };
                    format!("these are named so: {}{more}", shown.join(", "))
                }
                LookupError::NothingMatches => "`insight session list` without filters shows every session".to_owned(),
                LookupError::Pruned { .. } => {
                    "`insight test days` shows what is kept of it, by day and test".to_owned()
                }
                LookupError::EmptyHistory => "`insight ingest FILE --sut NAME` adds one".to_owned(),
            };
            CommandError::usage(error).with_hint(hint)
        }
    }

    impl From<AskError> for CommandError {
        fn from(error: AskError) -> CommandError {
            match error {
                AskError::Source(error) => CommandError::new(ErrorKind::History, error),
                AskError::Lookup(error) => error.into(),
            }
        }
    }

    impl From<HistoryError> for CommandError {
        fn from(error: HistoryError) -> CommandError {
            match error {
                HistoryError::Store(error) => error.into(),
                HistoryError::Lookup(error) => error.into(),
                HistoryError::Source(error) => CommandError::new(ErrorKind::History, error),
            }
        }
    }
}
