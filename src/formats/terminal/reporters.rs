//! Other reporters than pytest's own, as the grammars have them. Each says less than pytest does; what it says is read.

use super::result_line::is_path;
use super::separator::Separator;
use crate::grammar::{Area, Emits, Library, LineMatch, WordMeaning};
use crate::model::{Outcome, Totals};

/// One result of another reporter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ForeignResult {
    /// The node id.
    pub(super) node_id: String,
    /// The outcome.
    pub(super) outcome: Outcome,
    /// The reason of a skip or xfail.
    pub(super) reason: Option<String>,
}

/// Whether a line begins a session of another reporter.
pub(super) fn starts_session(library: &Library, line: &str) -> bool {
    match line.as_bytes().first() {
        Some(b'T') => line.starts_with("Test session starts (") && emits(library, line) == Some(Emits::SessionStart),
        Some(0xe2) => line.starts_with('─') && line.trim_matches(['─', ' ']) == "pytest session starts",
        Some(b'1') => tap_plan(library, line).is_some(),
        _ => false,
    }
}

fn emits(library: &Library, line: &str) -> Option<Emits> {
    library.match_line(Area::Reporter, line.trim_end()).map(|found| found.emits)
}

/// Returns the number of tests that a TAP plan announces.
pub(super) fn tap_plan(library: &Library, line: &str) -> Option<u64> {
    let found = line.starts_with("1..").then(|| library.match_line(Area::Reporter, line.trim_end())).flatten()?;
    (found.emits == Emits::TapPlan).then(|| found.get("count")?.parse().ok()).flatten()
}

/// Returns the result that a line of another reporter states.
pub(super) fn result(library: &Library, line: &str) -> Option<ForeignResult> {
    // Rewritten lines: the last state counts.
    let line = line.rsplit('\r').find(|part| !part.trim().is_empty())?;
    let found = library.match_line(Area::Reporter, line)?;
    match found.emits {
        Emits::TapResult => tap(library, &found),
        Emits::VerboseResult | Emits::SummaryEntry => named(library, &found),
        Emits::FailedPlace => named(library, &found).filter(|result| result.outcome == Outcome::Error),
        _ => None,
    }
}

/// `not ok 3 path::Class.test # TODO reason`.
fn tap(library: &Library, found: &LineMatch<'_, '_>) -> Option<ForeignResult> {
    let node_id = with_separators(found.get("name")?)?;
    let failed = outcome(library, found.get("word")?)?.is_failure();
    let directive = found.get("directive").map(str::to_ascii_uppercase);
    let outcome = match (failed, directive.as_deref()) {
        (_, Some("SKIP")) => Outcome::Skipped,
        (false, Some(_)) => Outcome::Xpassed,
        (true, Some(_)) => Outcome::Xfailed,
        (false, None) => Outcome::Passed,
        (true, None) => Outcome::Failed,
    };
    let reason = found.get("reason").map(|reason| {
        ["expected failure", "unexpected success"]
            .into_iter()
            .find_map(|start| reason.strip_prefix(start))
            .unwrap_or(reason)
    });
    let reason = reason.map(|reason| reason.trim_start_matches(": ")).filter(|reason| !reason.is_empty());
    Some(ForeignResult { node_id, outcome, reason: reason.map(str::to_owned) })
}

/// A line with a node id and a word of the reporter's own.
fn named(library: &Library, found: &LineMatch<'_, '_>) -> Option<ForeignResult> {
    let node_id = with_separators(found.get("nodeid")?)?;
    let word = found.get("word")?;
    let mut outcome = outcome(library, word)?;
    if found.pattern.name() == "tldr-result" && outcome == Outcome::Error {
        // pytest-tldr calls every exception an error that is no failed assertion, in whichever phase.
        outcome = Outcome::Failed;
    }
    Some(ForeignResult { node_id, outcome, reason: found.get("reason").map(str::to_owned) })
}

fn outcome(library: &Library, word: &str) -> Option<Outcome> {
    match library.outcome_word(word)? {
        WordMeaning::Outcome(outcome) => Some(outcome),
        WordMeaning::Rerun | WordMeaning::Retried => Some(Outcome::Rerun),
        WordMeaning::Subtest(_) | WordMeaning::AnySubtest => None,
    }
}

/// Returns a node id whose classes may be separated by dots with pytest's separators.
fn with_separators(id: &str) -> Option<String> {
    let (path, domain) = id.trim_end().split_once("::")?;
    is_path(path).then(|| {
        let end = domain.find('[').unwrap_or(domain.len());
        format!("{path}::{}{}", domain[..end].replace('.', "::"), &domain[end..])
    })
}

/// Whether a line ends a session of another reporter.
pub(super) fn ends_session(library: &Library, line: &str) -> bool {
    let possible = matches!(line.as_bytes().first(), Some(b'R' | 0xe2));
    possible && matches!(emits(library, line), Some(Emits::CountsStart | Emits::LastLine))
}

/// Returns the heading of a plugin's report that obeys no formula: `===Flaky Test Report===`. It has no width.
pub(super) fn report_heading<'l>(library: &Library, line: &'l str) -> Option<Separator<'l>> {
    let title = line.strip_prefix("===")?.strip_suffix("===")?;
    let known = library.match_line(Area::Any, line).is_some_and(|found| found.emits == Emits::Ignored);
    (known && !title.is_empty()).then_some(Separator { fill: '=', title, width: 0, minimal: false })
}

/// Whether a line is the progress of a reporter that rewrites its lines.
pub(super) fn is_progress(line: &str) -> bool {
    line.contains('\r') && line.trim_end().ends_with(['█', '▏', '▎', '▍', '▌', '▋', '▊', '▉']) && line.contains('%')
}

/// Adds the count of a line such as `       9 failed` to the totals; returns whether there was one.
pub(super) fn count(library: &Library, line: &str, totals: &mut Totals) -> bool {
    let possible = line.starts_with([' ', '│']);
    let Some(found) = possible.then(|| library.match_line(Area::Reporter, line.trim_end())).flatten() else {
        return false;
    };
    let (Emits::Count, Some(name), Some(count)) = (found.emits, found.get("name"), found.get("count")) else {
        return false;
    };
    let key = match name.trim_end().to_ascii_lowercase().as_str() {
        "error" => "errors".to_owned(),
        "warning" => "warnings".to_owned(),
        name => name.replace(' ', "_"),
    };
    // The log may end within the word.
    if let (true, Ok(count)) = (COUNTED.contains(&key.as_str()), count.parse()) {
        totals.set(key, count);
    }
    true
}

/// What reporters count.
const COUNTED: [&str; 13] = [
    "passed",
    "failed",
    "errors",
    "skipped",
    "xfailed",
    "xpassed",
    "rerun",
    "warnings",
    "deselected",
    "subtests_passed",
    "subtests_failed",
    "subtests_skipped",
    "subtests_xfailed",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_other_reporters() {
        let rows = [
            (
                "not ok 20 tests/a.py::TestK.TestI.test_inner[2-y.z]",
                "tests/a.py::TestK::TestI::test_inner[2-y.z]",
                Outcome::Failed,
                None,
            ),
            ("ok 5 tests/a.py::test_s # SKIP not today", "tests/a.py::test_s", Outcome::Skipped, Some("not today")),
            ("not ok 7 a.py::t # TODO expected failure: known", "a.py::t", Outcome::Xfailed, Some("known")),
            ("a.py::t[x] ... Skipped: why", "a.py::t[x]", Outcome::Skipped, Some("why")),
            ("a.py::t ... ok", "a.py::t", Outcome::Passed, None),
            ("\r a.py::t ✓    3% ▍   \r a.py::T::u ⨯   6% ▋", "a.py::T::u", Outcome::Failed, None),
        ];
        for (line, node_id, outcome, reason) in rows {
            let found = result(Library::built_in(), line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(
                (found.node_id.as_str(), found.outcome, found.reason.as_deref()),
                (node_id, outcome, reason),
                "{line}"
            );
        }
        assert_eq!(result(Library::built_in(), "wait ... ok"), None);
    }

    #[test]
    fn counts_of_other_reporters() {
        let mut totals = Totals::default();
        for line in ["       9 failed", "│   6  Skipped      (19.4%)  │", "         - tests/a.py:20 test_fail"] {
            count(Library::built_in(), line, &mut totals);
        }
        assert_eq!(totals.iter().collect::<Vec<_>>(), [("failed", 9), ("skipped", 6)]);
    }
}
