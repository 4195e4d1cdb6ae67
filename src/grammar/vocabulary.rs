//! The closed lists a grammar file may choose from: areas, what a section opens, what a word means.

use crate::model::Outcome;

/// Defines an enum whose values have names in grammar files.
macro_rules! named {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$variant_meta])* $variant,)+ }

        impl $name {
            /// Every value, in the order of the documentation.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];

            /// Returns the name in grammar files.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text,)+ }
            }

            /// Returns the names of all values.
            pub fn names() -> Vec<&'static str> {
                $name::ALL.iter().map(|value| value.as_str()).collect()
            }

            /// Returns the value of this name, or `None` for any other text.
            pub fn from_name(name: &str) -> Option<$name> {
                match name {
                    $($text => Some($name::$variant),)+
                    _ => None,
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                formatter.pad(self.as_str())
            }
        }
    };
}

pub(crate) use named;

named! {
    /// Where in a log a line pattern applies.
    Area {
        /// Between `test session starts` and the collection lines.
        Header = "header",
        /// From the first collection line to the first result.
        Collection = "collection",
        /// The dots or verbose lines.
        Results = "results",
        /// Below `short test summary info` and `rerun test summary info`.
        ShortSummary = "short-summary",
        /// Below `slowest durations`.
        Durations = "durations",
        /// Below `warnings summary`.
        Warnings = "warnings",
        /// The line with the counts and the time.
        LastLine = "last-line",
        /// Anywhere in a session; tried after the patterns of the area at hand.
        Any = "any",
        /// Outside of sessions: tox, nox, shells, what a CI system says itself.
        Tool = "tool",
        /// What reporters print that replace pytest's own.
        Reporter = "reporter",
    }
}

named! {
    /// What the heading of a section opens.
    Opens {
        /// The header, the collection lines and the result area.
        TestSessionStarts = "test_session_starts",
        /// The errors of setup, teardown and collection.
        Errors = "errors",
        /// The failures.
        Failures = "failures",
        /// What passed tests printed.
        Passes = "passes",
        /// The warnings.
        WarningsSummary = "warnings_summary",
        /// The reruns.
        RerunTestSummary = "rerun_test_summary",
        /// The short test summary.
        ShortTestSummary = "short_test_summary",
        /// A section that has no field of its own and is kept verbatim.
        Other = "other",
        /// The block of one test, inside errors, failures, passes.
        Block = "block",
        /// Captured output, inside a block.
        Captured = "captured",
        /// Live log records, inside the result area.
        LiveLog = "live-log",
        /// Nothing: it says how the session ended.
        Ending = "ending",
        /// Nothing: a line that only looks like a heading, such as a counter or the place of a report file.
        Notice = "notice",
    }
}

/// What an outcome word, letter or symbol means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WordMeaning {
    /// One test, or one phase of it, ended so.
    Outcome(Outcome),
    /// One attempt failed and was repeated; one such word an attempt.
    Rerun,
    /// The test was repeated; one such word a test, however many attempts there were.
    Retried,
    /// One subtest ended so.
    Subtest(Outcome),
    /// One subtest ended, passed or failed: the letter `u` of pytest 9 says no more.
    AnySubtest,
}

impl WordMeaning {
    /// Every meaning that a grammar may give, in the order of the documentation.
    pub const ALL: [WordMeaning; 14] = [
        WordMeaning::Outcome(Outcome::Passed),
        WordMeaning::Outcome(Outcome::Failed),
        WordMeaning::Outcome(Outcome::Error),
        WordMeaning::Outcome(Outcome::Skipped),
        WordMeaning::Outcome(Outcome::Xfailed),
        WordMeaning::Outcome(Outcome::Xpassed),
        WordMeaning::Rerun,
        WordMeaning::Retried,
        WordMeaning::Subtest(Outcome::Passed),
        WordMeaning::Subtest(Outcome::Failed),
        WordMeaning::Subtest(Outcome::Skipped),
        WordMeaning::Subtest(Outcome::Xfailed),
        WordMeaning::Subtest(Outcome::Xpassed),
        WordMeaning::AnySubtest,
    ];

    /// Returns the name in grammar files, such as `xfailed` or `subtest-passed`.
    pub fn as_str(self) -> &'static str {
        match self {
            WordMeaning::Outcome(Outcome::Passed) => "passed",
            WordMeaning::Outcome(Outcome::Failed) => "failed",
            WordMeaning::Outcome(Outcome::Error) => "error",
            WordMeaning::Outcome(Outcome::Skipped) => "skipped",
            WordMeaning::Outcome(Outcome::Xfailed) => "xfailed",
            WordMeaning::Outcome(Outcome::Xpassed) => "xpassed",
            WordMeaning::Outcome(Outcome::Rerun) | WordMeaning::Rerun => "rerun",
            WordMeaning::Retried => "retried",
            WordMeaning::Subtest(Outcome::Passed) => "subtest-passed",
            WordMeaning::Subtest(Outcome::Failed) => "subtest-failed",
            WordMeaning::Subtest(Outcome::Skipped) => "subtest-skipped",
            WordMeaning::Subtest(Outcome::Xfailed) => "subtest-xfailed",
            WordMeaning::Subtest(Outcome::Xpassed) => "subtest-xpassed",
            WordMeaning::Subtest(Outcome::Error | Outcome::Rerun) | WordMeaning::AnySubtest => "subtest",
        }
    }

    /// Returns the names of all meanings.
    pub fn names() -> Vec<&'static str> {
        WordMeaning::ALL.map(WordMeaning::as_str).to_vec()
    }

    /// Returns the meaning of this name, or `None` for any other text.
    pub fn from_name(name: &str) -> Option<WordMeaning> {
        WordMeaning::ALL.into_iter().find(|meaning| meaning.as_str() == name)
    }
}
