//! The process's surroundings. The one place that looks at them; all else is told.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

use chrono::{DateTime, FixedOffset, Local, Utc};

/// The environment variables, as they were when the process began.
#[derive(Debug, Clone)]
pub(crate) struct Environment {
    variables: BTreeMap<OsString, OsString>,
}

impl Environment {
    /// Reads the variables of this process.
    pub(crate) fn of_process() -> Environment {
        Environment { variables: std::env::vars_os().collect() }
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
    #[expect(clippy::disallowed_methods, reason = "this is the one place that may look")]
    pub(crate) fn current_directory(&self) -> std::path::PathBuf {
        // A directory that was deleted under us: relative paths then fail one by one, with their names.
        std::env::current_dir().unwrap_or_else(|_| std::path::PathBuf::from("."))
    }

    /// Returns the directory for temporary files.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that may look")]
    pub(crate) fn temporary_directory(&self) -> std::path::PathBuf {
        std::env::temp_dir()
    }
}

#[cfg(feature = "store")]
impl Environment {
    /// Returns the time: that of the clock, unless `INSIGHT_NOW` (RFC 3339) replaces it, for tests and reproductions.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that may look")]
    pub(crate) fn now(&self) -> DateTime<Utc> {
        let given = self.variable("INSIGHT_NOW").and_then(|text| DateTime::parse_from_rfc3339(text).ok());
        given.map_or_else(Utc::now, |given| given.to_utc())
    }
}

/// Returns a moment in this machine's time zone.
pub(crate) fn local_time(moment: DateTime<Utc>) -> DateTime<FixedOffset> {
    moment.with_timezone(&Local).fixed_offset()
}
