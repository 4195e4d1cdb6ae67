//! Other reporters than pytest's own: sugar, pretty, rich, tap, tldr. Each says less than pytest does; what it says is read.

use std::sync::LazyLock;

use regex::Regex;

use super::result_line::{is_path, opened};
use crate::model::{Outcome, Totals};

static SYMBOL: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s?(?P<id>\S.*?::.*\S) (?P<symbol>[✓⨯sxXRₓE✗])\s+\d+% "));
static TAP: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?P<status>ok|not ok) \d+ (?P<id>\S.*?)(?: # (?P<directive>SKIP|TODO|unexpected success)\b:?\s*(?P<text>.*))?$",
    )
});
static TLDR_END: LazyLock<Regex> = LazyLock::new(|| pattern(r"^Ran \d+ tests? in [\d.]+s$"));
static COUNT: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[│\s]*(?P<count>\d+)\s+(?P<name>[A-Za-z]+)\b"));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is a constant that the tests compile")
}

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
pub(super) fn starts_session(line: &str) -> bool {
    match line.as_bytes().first() {
        Some(b'T') => line.starts_with("Test session starts (platform: "),
        Some(0xe2) => line.starts_with('─') && line.to_ascii_lowercase().contains(" pytest session starts "),
        Some(b'1') => tap_plan(line).is_some(),
        _ => false,
    }
}

/// Returns the number of tests that a TAP plan announces.
pub(super) fn tap_plan(line: &str) -> Option<u64> {
    line.trim_end().strip_prefix("1..")?.parse().ok()
}

/// Returns the result that a line of another reporter states.
pub(super) fn result(line: &str) -> Option<ForeignResult> {
    match line.as_bytes().first()? {
        b'o' | b'n' if line.starts_with("ok ") || line.starts_with("not ok ") => tap(line),
        b'F' | b'E' if line.starts_with("FAILED  ") => rich(line),
        _ if line.contains(" ... ") => tldr(line),
        _ if line.contains("% ") => symbol(line),
        _ => None,
    }
}

/// pytest-tap: `not ok 3 path::Class.test # TODO reason`.
fn tap(line: &str) -> Option<ForeignResult> {
    let captures = TAP.captures(line)?;
    let node_id = with_separators(&captures["id"]).filter(|id| id.contains("::"))?;
    let passed = &captures["status"] == "ok";
    let text = captures.name("text").map(|text| text.as_str());
    let outcome = match (passed, captures.name("directive").map(|directive| directive.as_str())) {
        (_, Some("SKIP")) => Outcome::Skipped,
        (true, Some("TODO")) => Outcome::Xpassed,
        (false, Some("TODO")) => Outcome::Xfailed,
        (true, _) => Outcome::Passed,
        (false, _) => Outcome::Failed,
    };
    let reason = text.map(|text| {
        text.split_once(": ")
            .filter(|(start, _)| start.ends_with("failure") || start.ends_with("success"))
            .map_or(text, |(_, rest)| rest)
    });
    let reason = reason.filter(|reason| !reason.is_empty() && *reason != "expected failure").map(str::to_owned);
    Some(ForeignResult { node_id, outcome, reason })
}

/// Returns a node id whose classes are separated by dots with pytest's separators.
fn with_separators(id: &str) -> Option<String> {
    let (path, domain) = id.split_once("::")?;
    is_path(path).then(|| {
        let end = domain.find('[').unwrap_or(domain.len());
        format!("{path}::{}{}", domain[..end].replace('.', "::"), &domain[end..])
    })
}

/// pytest-rich: `FAILED  path::test message` in its summary, padded to the width of the table.
fn rich(line: &str) -> Option<ForeignResult> {
    let rest = line.strip_prefix("FAILED  ")?;
    let error = ["ERROR at setup of ", "ERROR at teardown of "].into_iter().find_map(|start| rest.strip_prefix(start));
    let (node_id, _) = opened(error.unwrap_or(rest))?;
    let outcome = if error.is_some() { Outcome::Error } else { Outcome::Failed };
    Some(ForeignResult { node_id: node_id.to_owned(), outcome, reason: None })
}

/// pytest-tldr: `path::test ... ok`. Its `ERROR` is any exception but an assertion's, in any phase.
fn tldr(line: &str) -> Option<ForeignResult> {
    let (node_id, word) = line.rsplit_once(" ... ")?;
    let path = node_id.split("::").next().filter(|path| is_path(path))?;
    let (outcome, reason) = match word {
        "ok" => (Outcome::Passed, None),
        "FAIL" | "ERROR" => (Outcome::Failed, None),
        "unexpected success" => (Outcome::Failed, None),
        "expected failure" => (Outcome::Xfailed, None),
        _ => (Outcome::Skipped, Some(word.strip_prefix("Skipped: ")?.to_owned())),
    };
    (node_id.len() > path.len() + 2).then(|| ForeignResult { node_id: node_id.to_owned(), outcome, reason })
}

/// pytest-sugar with `-v`: ` path::test ✓    3% ▍`, rewritten with carriage returns.
fn symbol(line: &str) -> Option<ForeignResult> {
    let last = line.rsplit('\r').find(|part| !part.trim().is_empty())?;
    let captures = SYMBOL.captures(last)?;
    let outcome = match &captures["symbol"] {
        "✓" => Outcome::Passed,
        "⨯" | "✗" => Outcome::Failed,
        "s" => Outcome::Skipped,
        "x" => Outcome::Xfailed,
        "X" => Outcome::Xpassed,
        "R" => Outcome::Rerun,
        _ => Outcome::Error,
    };
    let node_id = with_separators(&captures["id"]).unwrap_or_else(|| captures["id"].to_owned());
    Some(ForeignResult { node_id, outcome, reason: None })
}

/// Whether a line ends a session of another reporter.
pub(super) fn ends_session(line: &str) -> bool {
    match line.as_bytes().first() {
        Some(b'R') => {
            line.starts_with("Results (") && line.trim_end().ends_with("):") || TLDR_END.is_match(line.trim_end())
        }
        Some(0xe2) => line.starts_with("╭─") && line.contains(" Summary "),
        _ => false,
    }
}

/// Whether a line is the progress of a reporter that rewrites its lines.
pub(super) fn is_progress(line: &str) -> bool {
    line.contains('\r') && line.trim_end().ends_with(['█', '▏', '▎', '▍', '▌', '▋', '▊', '▉']) && line.contains('%')
}

/// Adds the count of a line such as `       9 failed` to the totals; returns whether there was one.
pub(super) fn count(line: &str, totals: &mut Totals) -> bool {
    if !line.starts_with([' ', '│']) {
        return false;
    }
    let Some(captures) = COUNT.captures(line) else { return false };
    let name = captures["name"].to_ascii_lowercase();
    let key = match name.as_str() {
        "error" | "errors" => "errors",
        "warning" | "warnings" => "warnings",
        "passed" | "failed" | "skipped" | "xfailed" | "xpassed" | "rerun" | "deselected" => name.as_str(),
        _ => return false,
    };
    if let Ok(count) = captures["count"].parse() {
        totals.set(key, count);
    }
    true
}

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
            let found = result(line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(
                (found.node_id.as_str(), found.outcome, found.reason.as_deref()),
                (node_id, outcome, reason),
                "{line}"
            );
        }
        assert_eq!(result("wait ... ok"), None);
    }

    #[test]
    fn counts_of_other_reporters() {
        let mut totals = Totals::default();
        for line in ["       9 failed", "│   6  Skipped      (19.4%)  │", "         - tests/a.py:20 test_fail"] {
            count(line, &mut totals);
        }
        assert_eq!(totals.iter().collect::<Vec<_>>(), [("failed", 9), ("skipped", 6)]);
    }
}
