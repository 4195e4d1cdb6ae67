//! The outcome of one attempt of one test.

use std::fmt;

/// How one attempt (or one phase, or one subtest) ended, in the words of the session document.
///
/// A failed call is `Failed` even where the teardown also broke; a broken setup, or a teardown that broke after a
/// call that did not fail, is `Error`; an attempt that was repeated is `Rerun`; a strict unexpected pass is `Failed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// The call passed, and so did setup and teardown.
    Passed,
    /// The call failed.
    Failed,
    /// Setup or teardown broke, or the module could not be collected.
    Error,
    /// The test was skipped.
    Skipped,
    /// The test failed, as it was marked to.
    Xfailed,
    /// The test passed although it was marked to fail.
    Xpassed,
    /// The attempt failed and pytest repeated it.
    Rerun,
}

impl Outcome {
    /// Every outcome, in the order in which tables list them.
    pub const ALL: [Outcome; 7] = [
        Outcome::Passed,
        Outcome::Failed,
        Outcome::Error,
        Outcome::Skipped,
        Outcome::Xfailed,
        Outcome::Xpassed,
        Outcome::Rerun,
    ];

    /// Returns the word of the session document: `PASSED`, `XFAILED` and so on.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Passed => "PASSED",
            Outcome::Failed => "FAILED",
            Outcome::Error => "ERROR",
            Outcome::Skipped => "SKIPPED",
            Outcome::Xfailed => "XFAILED",
            Outcome::Xpassed => "XPASSED",
            Outcome::Rerun => "RERUN",
        }
    }

    /// Returns the outcome that the session document spells `word`, or `None` for any other word.
    pub fn from_word(word: &str) -> Option<Outcome> {
        Outcome::ALL.into_iter().find(|outcome| outcome.as_str() == word)
    }

    /// Returns whether this outcome breaks a build: `Failed` or `Error`.
    pub fn is_failure(self) -> bool {
        matches!(self, Outcome::Failed | Outcome::Error)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}
