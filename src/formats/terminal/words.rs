//! The words and letters in which reporters say how a test ended, as the grammars have them.

use crate::grammar::{Library, WordMeaning};
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
pub(super) fn meaning(library: &Library, word: &str) -> Option<Meaning> {
    // Symbols of other reporters (`ok`, `s`) are no words here: too much of what tests print would be taken for a result.
    let possible = (4..=24).contains(&word.len());
    match possible.then(|| library.plain_word(word)).flatten()? {
        WordMeaning::Outcome(outcome) => Some(Meaning::Test(outcome)),
        WordMeaning::Rerun | WordMeaning::Retried => Some(Meaning::Test(Outcome::Rerun)),
        WordMeaning::Subtest(outcome) => Some(Meaning::Subtest(outcome)),
        WordMeaning::AnySubtest => None,
    }
}

/// Returns the count key of a progress letter, or `None` for a character that is no letter.
pub(super) fn letter(library: &Library, letter: char) -> Option<&'static str> {
    let meaning = library.outcome_letter(letter).filter(|_| letter.is_ascii())?;
    Some(match meaning {
        WordMeaning::Outcome(outcome) => count_key(outcome),
        WordMeaning::Rerun | WordMeaning::Retried => "rerun",
        WordMeaning::Subtest(Outcome::Passed) => "subtests_passed",
        WordMeaning::Subtest(Outcome::Skipped) => "subtests_skipped",
        WordMeaning::Subtest(Outcome::Xfailed) => "subtests_xfailed",
        WordMeaning::Subtest(Outcome::Xpassed) => "subtests_xpassed",
        WordMeaning::Subtest(Outcome::Failed | Outcome::Error | Outcome::Rerun) => "subtests_failed",
        WordMeaning::AnySubtest => "subtests",
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
