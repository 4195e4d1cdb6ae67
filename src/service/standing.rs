//! What a session came to, in one word and a few numbers.

use crate::model::{Ending, Format, OutcomeCounts, SessionSummary};

/// What a session came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// It ran to its end and nothing failed.
    Passed,
    /// Something failed, or pytest said so by its exit status.
    Failed,
    /// It ended before its end: interrupted, crashed, or the record is cut. What it says of failures is a part.
    Incomplete(Option<Ending>),
    /// It ran to its end and had no tests.
    Empty,
}

impl Standing {
    /// Returns the word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Standing::Passed => "passed",
            Standing::Failed => "failed",
            Standing::Incomplete(Some(ending)) if ending != Ending::Finished => ending.as_str(),
            Standing::Incomplete(_) => "incomplete",
            Standing::Empty => "no-tests",
        }
    }
}

/// Returns what a session came to.
///
/// | complete | ending | failures or exit status 1 to 4 | tests | standing |
/// |---|---|---|---|---|
/// | no | any | any | any | incomplete |
/// | yes | interrupted, internal or usage error, crashed, cut | any | any | incomplete |
/// | yes | finished, stopped, unknown | yes | any | failed |
/// | yes | finished, stopped, unknown | no | some | passed |
/// | yes | finished, stopped, unknown | no | none | no tests |
pub fn standing(session: &SessionSummary) -> Standing {
    let ran_to_its_end = match session.ending {
        None | Some(Ending::Finished | Ending::Stopped) => session.complete,
        Some(Ending::Interrupted | Ending::InternalError | Ending::UsageError | Ending::Crashed | Ending::Cut) => false,
    };
    let counts = shown_counts(session);
    if !ran_to_its_end {
        Standing::Incomplete(session.ending)
    } else if counts.failed + counts.errors > 0 || session.exit_status.is_some_and(|status| (1..=4).contains(&status)) {
        Standing::Failed
    } else if counts.tests() > 0 {
        Standing::Passed
    } else {
        Standing::Empty
    }
}

/// Returns the tests by outcome as a list shows them: those that the input names, and for a console log also those that it only counts.
///
/// A log without `-v` prints a dot for a test and never its name; its last line says how many there were. The last line counts reports: a
/// test that passed and whose teardown broke is in `passed` and in `errors`, and a subtest is in `failed`. So a declared number is
/// taken where it exceeds what is named by more than that can explain.
pub fn shown_counts(session: &SessionSummary) -> OutcomeCounts {
    let named = session.counts;
    let only_logs = session.formats.iter().all(|format| *format == Format::Terminal);
    let Some(totals) = session.totals.as_ref().filter(|_| only_logs) else { return named };
    let declared = |key: &str| totals.get(key).unwrap_or(0);
    let or_named =
        |declared: u64, named: u64, explained: u64| if declared > named + explained { declared } else { named };
    let if_unnamed = |declared: u64, named: u64| if named == 0 { declared } else { named };
    OutcomeCounts {
        passed: or_named(declared("passed"), named.passed, named.errors),
        failed: if_unnamed(declared("failed"), named.failed),
        errors: if_unnamed(declared("errors"), named.errors),
        skipped: or_named(declared("skipped"), named.skipped, 0),
        xfailed: or_named(declared("xfailed"), named.xfailed, 0),
        xpassed: or_named(declared("xpassed"), named.xpassed, 0),
        rerun: or_named(declared("rerun"), named.rerun, 0),
        unfinished: named.unfinished,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Outcome, Source, TestResult, TestSession, Totals};

    fn summary(format: Format, results: &[Outcome], totals: &[(&str, u64)]) -> SessionSummary {
        let session = TestSession {
            complete: true,
            source: vec![Source { format, path: None, sha256: None, bytes: None }],
            test_results: results.iter().map(|outcome| TestResult::new("a.py::b", *outcome)).collect(),
            totals: Some(totals.iter().copied().collect::<Totals>()),
            ..TestSession::default()
        };
        SessionSummary::from(&session)
    }

    #[test]
    fn a_log_of_dots_counts_what_it_does_not_name() {
        let dots = summary(Format::Terminal, &[Outcome::Failed], &[("passed", 40), ("failed", 3), ("skipped", 2)]);
        let counts = shown_counts(&dots);
        assert_eq!((counts.passed, counts.failed, counts.skipped), (40, 1, 2));
        assert_eq!(standing(&dots), Standing::Failed);
    }

    #[test]
    fn what_reports_count_more_than_tests_is_not_shown() {
        let teardown = summary(Format::Terminal, &[Outcome::Passed, Outcome::Error], &[("passed", 2), ("errors", 1)]);
        assert_eq!(shown_counts(&teardown).passed, 1);
        let report = summary(Format::JunitXml, &[Outcome::Passed], &[("passed", 9)]);
        assert_eq!((shown_counts(&report).passed, standing(&report)), (1, Standing::Passed));
    }

    #[test]
    fn an_end_before_the_end_is_never_a_pass() {
        let mut cut = summary(Format::ReportLog, &[Outcome::Passed], &[]);
        cut.complete = false;
        assert_eq!(standing(&cut).as_str(), "incomplete");
        cut.ending = Some(Ending::Crashed);
        assert_eq!(standing(&cut).as_str(), "crashed");
        assert_eq!(standing(&summary(Format::JunitXml, &[], &[])), Standing::Empty);
    }
}
