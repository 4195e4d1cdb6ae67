//! What a session came to, in one word and a few numbers.

use crate::analysis::session_counts;
use crate::model::{Ending, SessionSummary};

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
    let counts = session_counts(session);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Format, Outcome, Source, TestResult, TestSession, Totals};

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
        let counts = session_counts(&dots);
        assert_eq!((counts.passed, counts.failed, counts.skipped), (40, 1, 2));
        assert_eq!(standing(&dots), Standing::Failed);
    }

    #[test]
    fn what_reports_count_more_than_tests_is_not_shown() {
        let teardown = summary(Format::Terminal, &[Outcome::Passed, Outcome::Error], &[("passed", 2), ("errors", 1)]);
        assert_eq!(session_counts(&teardown).passed, 1);
        let report = summary(Format::JunitXml, &[Outcome::Passed], &[("passed", 9)]);
        assert_eq!((session_counts(&report).passed, standing(&report)), (1, Standing::Passed));
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
