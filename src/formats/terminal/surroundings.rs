//! What stands around sessions in a log: the tools that ran pytest, the shell's words about how it ended.

use crate::grammar::{Area, Emits, Library};

/// What a line outside of a session says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Surrounding {
    /// An environment, session or step of this name begins.
    Label(String),
    /// The tests' process ended with this status.
    ExitStatus(i32),
    /// The process died.
    Crash,
    /// pytest was called wrongly.
    UsageError,
}

/// Returns what a line says that is no test's and no reporter's.
pub(super) fn of(library: &Library, line: &str) -> Option<Surrounding> {
    let found = library.match_line(Area::Tool, line)?;
    match found.emits {
        Emits::EnvironmentStart => Some(Surrounding::Label(found.get("name")?.to_owned())),
        Emits::Group => Some(Surrounding::Label(found.get("name")?.trim_end().to_owned())),
        Emits::ExitCode | Emits::EnvironmentEnd => found.get("exit_status")?.parse().ok().map(Surrounding::ExitStatus),
        Emits::Killed | Emits::FatalError => Some(Surrounding::Crash),
        Emits::UsageError | Emits::ConftestError => Some(Surrounding::UsageError),
        _ => None,
    }
}
