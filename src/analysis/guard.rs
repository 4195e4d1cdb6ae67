//! Sessions that say something about the infrastructure or the record, and nothing about single tests.

use super::LeftOutReason;
use super::rates::session_counts;
use crate::model::{Ending, Format, SessionSummary};

/// The share of failing tests above which a session is set aside. Source: Trunk excludes runs with more than 80 % failing.
pub const NEARLY_ALL: f64 = 0.8;

/// The least number of tests that passed or failed before [`NEARLY_ALL`] is applied: three failures of three are news of
/// these three tests.
pub const NEARLY_ALL_MINIMUM: u64 = 5;

/// The share of a session's declared passes that must be named for its results to stand for the session.
const NAMED_SHARE: f64 = 0.9;

/// Returns why a session says nothing about single tests; `None` where it does.
///
/// | in this order | set aside as |
/// |---|---|
/// | its results were pruned | `Pruned` |
/// | pytest ended with an internal or usage error | `PytestBroke` |
/// | there are errors, and no test passed, failed, was skipped, xfailed or xpassed | `CollectionBroke` |
/// | more than 80 % of the tests that passed or failed did fail, of at least 5 | `NearlyAllFailed` |
/// | fewer than 90 % of the passes that the input declares are named | `PassesUnnamed` |
pub fn set_aside(session: &SessionSummary) -> Option<LeftOutReason> {
    if session.pruned_at.is_some() {
        return Some(LeftOutReason::Pruned);
    }
    if matches!(session.ending, Some(Ending::InternalError | Ending::UsageError)) {
        return Some(LeftOutReason::PytestBroke);
    }
    let counts = session_counts(session);
    let ran = counts.passed + counts.failed + counts.skipped + counts.xfailed + counts.xpassed;
    if counts.errors > 0 && ran == 0 {
        return Some(LeftOutReason::CollectionBroke);
    }
    let failing = counts.failed + counts.errors;
    let decided = counts.passed + failing;
    if decided >= NEARLY_ALL_MINIMUM && failing as f64 > NEARLY_ALL * decided as f64 {
        return Some(LeftOutReason::NearlyAllFailed);
    }
    (!names_passed_tests(session)).then_some(LeftOutReason::PassesUnnamed)
}

/// Returns whether the session's results name the tests that passed, as far as its input tells.
///
/// Only a console log leaves passed tests unnamed: it then declares more passes in its last line than it names.
pub fn names_passed_tests(session: &SessionSummary) -> bool {
    if session.formats.iter().any(|format| *format != Format::Terminal) {
        return true;
    }
    let declared = session.totals.as_ref().and_then(|totals| totals.get("passed")).unwrap_or(0);
    session.counts.passed as f64 >= NAMED_SHARE * declared as f64
}

/// Returns whether a session tells of every test that was to run, as far as its input says.
///
/// It does not where the run or its record was cut, where pytest broke or was called wrongly, and where the input declares failures that it does
/// not name. A run that was told to stop after some failures (`-x`, `--maxfail`) ended as it was meant to.
pub fn tells_every_test(session: &SessionSummary) -> bool {
    let broke = match session.ending {
        Some(Ending::InternalError | Ending::UsageError | Ending::Crashed | Ending::Cut | Ending::Interrupted) => true,
        Some(Ending::Finished | Ending::Stopped) | None => false,
    };
    let declared = session_counts(session);
    let named = session.counts;
    session.complete && !broke && declared.failed + declared.errors <= named.failed + named.errors
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{OutcomeCounts, TestSession, Totals};

    fn session(passed: u64, failed: u64, errors: u64) -> SessionSummary {
        let counts = OutcomeCounts { passed, failed, errors, ..OutcomeCounts::default() };
        SessionSummary { counts, ..SessionSummary::from(&TestSession::default()) }
    }

    #[test]
    fn sessions_are_set_aside_by_the_table() {
        let broken = SessionSummary { ending: Some(Ending::InternalError), ..session(9, 0, 0) };
        let unnamed = SessionSummary {
            formats: vec![Format::Terminal],
            totals: Some(Totals::from_iter([("passed", 100), ("failed", 2)])),
            ..session(0, 2, 0)
        };
        let rows = [
            (session(19, 81, 0), Some(LeftOutReason::NearlyAllFailed)),
            (session(20, 70, 10), None),
            (session(0, 4, 0), None),
            (session(0, 0, 1), Some(LeftOutReason::CollectionBroke)),
            (broken, Some(LeftOutReason::PytestBroke)),
            (unnamed, Some(LeftOutReason::PassesUnnamed)),
            (session(0, 0, 0), None),
        ];
        for (session, expected) in rows {
            assert_eq!(set_aside(&session), expected, "{:?}", session.counts);
        }
    }

    #[test]
    fn a_report_beside_the_log_names_every_test() {
        let both = SessionSummary {
            formats: vec![Format::Terminal, Format::JunitXml],
            totals: Some(Totals::from_iter([("passed", 100)])),
            ..session(0, 2, 0)
        };
        assert!(names_passed_tests(&both));
    }
}
