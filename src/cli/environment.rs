//! The process's surroundings, read once and handed down.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use chrono::{DateTime, FixedOffset, Local, Utc};

/// Environment variables, current directory and clock, as they were when the process began.
#[derive(Debug, Clone)]
pub(crate) struct Environment {
    variables: BTreeMap<OsString, OsString>,
    current_directory: PathBuf,
    now: DateTime<Utc>,
}

impl Environment {
    /// Reads the surroundings of this process. `INSIGHT_NOW` (RFC 3339) replaces the clock, for tests and reproductions.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that may look")]
    pub(crate) fn of_process() -> Environment {
        let variables: BTreeMap<OsString, OsString> = std::env::vars_os().collect();
        // A directory that was deleted under us: relative paths then fail one by one, with their names.
        let current_directory = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
        let mut environment = Environment { variables, current_directory, now: Utc::now() };
        if let Some(now) = environment.variable("INSIGHT_NOW").and_then(|text| DateTime::parse_from_rfc3339(text).ok())
        {
            environment.now = now.to_utc();
        }
        environment
    }

    /// Returns a variable that is set, not empty, and text.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.variable_os(name).and_then(OsStr::to_str)
    }

    /// Returns a variable that is set and not empty.
    pub(crate) fn variable_os(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// Returns the directory in which the process was started.
    pub(crate) fn current_directory(&self) -> &Path {
        &self.current_directory
    }

    /// Returns when the process began.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.now
    }
}

/// Returns a moment in this machine's time zone.
pub(crate) fn local_time(moment: DateTime<Utc>) -> DateTime<FixedOffset> {
    moment.with_timezone(&Local).fixed_offset()
}
