//! The diagnostic and its parts.

use std::borrow::Cow;
use std::fmt;

/// How much a diagnostic matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; nothing is lost.
    Note,
    /// Something is doubtful or was read with a guess.
    Warning,
    /// Something could not be read.
    Error,
}

impl Severity {
    /// Returns `note`, `warning` or `error`.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// A place in an input.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Location {
    /// The file; `None` for standard input, or where it goes without saying.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: Option<u64>,
    /// The way to the element in a tree, such as `testsuites/testsuite[0]/testcase[3]/@time`.
    pub path: Option<String>,
}

/// One thing that went wrong, or is worth knowing, about an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How much it matters.
    pub severity: Severity,
    /// A stable name of the kind of problem, such as `junit-cut`: kebab-case, prefixed with the reader's name.
    pub code: Cow<'static, str>,
    /// What is the case: a lower-case fragment without a final dot.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Where.
    pub location: Location,
}

impl Diagnostic {
    /// Returns a diagnostic without help and place.
    pub fn new(severity: Severity, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity, code: code.into(), message: message.into(), help: None, location: Location::default() }
    }

    /// Returns an error without help and place.
    pub fn error(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Error, code, message)
    }

    /// Returns a warning without help and place.
    pub fn warning(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Warning, code, message)
    }

    /// Returns a note without help and place.
    pub fn note(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Note, code, message)
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// Adds the line, from 1.
    #[must_use]
    pub fn at_line(mut self, line: u64) -> Diagnostic {
        self.location.line = Some(line);
        self
    }

    /// Adds the way to the element.
    #[must_use]
    pub fn at_path(mut self, path: impl Into<String>) -> Diagnostic {
        self.location.path = Some(path.into());
        self
    }

    /// Adds the file.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<String>) -> Diagnostic {
        self.location.file = Some(file.into());
        self
    }
}

/// What a parser could read, and what it has to say about the rest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parsed<Value> {
    /// What could be read.
    pub value: Value,
    /// What could not, or only with a guess.
    pub diagnostics: Vec<Diagnostic>,
}

impl<Value> Parsed<Value> {
    /// Returns a value about which there is nothing to say.
    pub fn clean(value: Value) -> Parsed<Value> {
        Parsed { value, diagnostics: Vec::new() }
    }

    /// Applies a function to the value and keeps the diagnostics.
    pub fn map<Other>(self, function: impl FnOnce(Value) -> Other) -> Parsed<Other> {
        Parsed { value: function(self.value), diagnostics: self.diagnostics }
    }
}
