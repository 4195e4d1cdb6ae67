//! The words and letters in which reporters say how a test ended.

use crate::model::Outcome;

/// What an outcome word means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A report of the test itself.
    Test(Outcome),
    /// A report of a subtest.
    Subtest(Outcome),
}

/// Returns the meaning of a word of the result area or the short summary.
pub(super) fn meaning(word: &str) -> Option<Meaning> {
    use Meaning::{Subtest, Test};
    Some(match word {
        "PASSED" => Test(Outcome::Passed),
        "FAILED" | "FAIL" => Test(Outcome::Failed),
        "ERROR" => Test(Outcome::Error),
        "SKIPPED" | "SKIP" => Test(Outcome::Skipped),
        "XFAIL" | "xfail" => Test(Outcome::Xfailed),
        "XPASS" | "xpass" => Test(Outcome::Xpassed),
        "RERUN" | "RETRY" => Test(Outcome::Rerun),
        "SUBPASSED" | "SUBPASS" => Subtest(Outcome::Passed),
        "SUBFAILED" | "SUBFAIL" => Subtest(Outcome::Failed),
        "SUBSKIPPED" | "SUBSKIP" => Subtest(Outcome::Skipped),
        "SUBXFAIL" => Subtest(Outcome::Xfailed),
        "SUBXPASS" => Subtest(Outcome::Xpassed),
        _ => return None,
    })
}

/// Returns the count key of a progress letter, or `None` for a character that is no letter.
pub(super) fn letter(letter: char) -> Option<&'static str> {
    Some(match letter {
        '.' => "passed",
        'F' => "failed",
        'E' => "errors",
        's' => "skipped",
        'x' => "xfailed",
        'X' => "xpassed",
        'R' => "rerun",
        ',' => "subtests_passed",
        'u' => "subtests",
        '-' => "subtests_skipped",
        'y' => "subtests_xfailed",
        'Y' => "subtests_xpassed",
        _ => return None,
    })
}

/// Returns the key under which a report with this outcome counts in the last line.
pub(super) fn count_key(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Failed => "failed",
        Outcome::Error => "errors",
        Outcome::Skipped => "skipped",
        Outcome::Xfailed => "xfailed",
        Outcome::Xpassed => "xpassed",
        Outcome::Rerun => "rerun",
    }
}
