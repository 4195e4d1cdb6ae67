//! The sections of a console log.

/// One section of pytest's terminal output: its title and what stands below it, without ANSI codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputField {
    /// The title as printed, such as `FAILURES`.
    pub name: String,
    /// The lines below the heading, up to the next section.
    pub content: String,
}

/// The sections of one session's terminal output; `None` where the log has no such section.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OutputFields {
    /// The header, the collection lines and the result area.
    pub test_session_starts: Option<OutputField>,
    /// The errors of setup, teardown and collection.
    pub errors: Option<OutputField>,
    /// The failures.
    pub failures: Option<OutputField>,
    /// What passed tests printed (`-rP`, `-rA`).
    pub passes: Option<OutputField>,
    /// The warnings.
    pub warnings_summary: Option<OutputField>,
    /// The reruns (`-rR`).
    pub rerun_test_summary: Option<OutputField>,
    /// The short test summary.
    pub short_test_summary: Option<OutputField>,
    /// The line with the counts and the time.
    pub lastline: Option<OutputField>,
    /// Every other section, verbatim, in order.
    pub other: Vec<OutputField>,
}

impl OutputFields {
    /// Returns whether the log had no section at all.
    pub fn is_empty(&self) -> bool {
        *self == OutputFields::default()
    }

    /// Returns the eight named fields with their names in the session document, in the order of pytest's output.
    pub fn named(&self) -> [(&'static str, Option<&OutputField>); 8] {
        [
            ("test_session_starts", self.test_session_starts.as_ref()),
            ("errors", self.errors.as_ref()),
            ("failures", self.failures.as_ref()),
            ("passes", self.passes.as_ref()),
            ("warnings_summary", self.warnings_summary.as_ref()),
            ("rerun_test_summary", self.rerun_test_summary.as_ref()),
            ("short_test_summary", self.short_test_summary.as_ref()),
            ("lastline", self.lastline.as_ref()),
        ]
    }
}
