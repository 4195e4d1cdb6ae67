//! The last line of a session: its counts and its wall time.

use std::sync::LazyLock;
use std::time::Duration;

use regex::Regex;

use crate::model::Totals;

/// What a last line says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LastLine {
    /// Counts by the document's keys.
    pub(super) totals: Totals,
    /// Wall time of the session.
    pub(super) duration: Option<Duration>,
    /// Whether the run only collected.
    pub(super) collect_only: bool,
}

static LINE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?P<body>no tests ran|no tests collected(?: \(\d+ deselected\))?(?:, \d+ errors?)?|\d+(?:/\d+)? tests? collected(?: \(\d+ deselected\))?(?:, \d+ errors?)?|\d+ [^\d,=][^,=]*(?:, \d+ [^\d,=][^,=]*)*) in (?P<seconds>\d+\.\d+) ?(?:s(?: \([^)]*\))?|seconds)$",
    )
});
static PART: LazyLock<Regex> = LazyLock::new(|| pattern(r"(\d+)(?:/\d+)? ([^\d,=()][^,=()]*)"));

/// Compiles a pattern of this file's own.
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is a constant that the tests compile")
}

/// Returns what `body`, a last line without its fills, says; `None` where it is none.
pub(super) fn parse(body: &str) -> Option<LastLine> {
    if !body.ends_with(['s', ')']) || !body.contains(" in ") {
        return None;
    }
    let captures = LINE.captures(body)?;
    let counts = captures.name("body")?.as_str();
    let seconds: f64 = captures.name("seconds")?.as_str().parse().ok()?;
    let collect_only = counts.contains("collected");
    let mut totals = Totals::default();
    for part in PART.captures_iter(counts) {
        if let (Ok(count), Some(key)) = (part[1].parse::<u64>(), key(part[2].trim())) {
            totals.add(key, count);
        }
    }
    Some(LastLine { totals, duration: Duration::try_from_secs_f64(seconds).ok(), collect_only })
}

/// Returns the document's key of a category as the last line names it.
fn key(name: &str) -> Option<String> {
    Some(match name {
        "error" | "errors" => "errors".to_owned(),
        "warning" | "warnings" | "pytest-warnings" => "warnings".to_owned(),
        "retried" => "retried".to_owned(),
        "test collected" | "tests collected" => "collected".to_owned(),
        _ => name.replace(' ', "_"),
    })
    .filter(|key| !key.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(body: &str) -> Option<(String, Option<f64>)> {
        parse(body).map(|line| {
            let counts: Vec<_> = line.totals.iter().map(|(key, count)| format!("{key}={count}")).collect();
            (counts.join(" "), line.duration.map(|duration| duration.as_secs_f64()))
        })
    }

    #[test]
    fn last_lines_of_all_ages() {
        let rows = [
            ("2 failed, 10071 passed, 3 error in 506.01 seconds", "errors=3 failed=2 passed=10071", 506.01),
            ("1 failed, 4 passed, 5 rerun in 0.19s", "failed=1 passed=4 rerun=5", 0.19),
            ("3 passed, 1 warning in 67.85s (0:01:07)", "passed=3 warnings=1", 67.85),
            ("3 passed in 90000.00s (1 day, 1:00:00)", "passed=3", 90000.0),
            ("no tests ran in 0.01s", "", 0.01),
            ("2/3 tests collected (1 deselected) in 0.02s", "collected=2 deselected=1", 0.02),
            ("10 failed, 8 passed, 10 subtests passed in 0.12s", "failed=10 passed=8 subtests_passed=10", 0.12),
        ];
        for (body, expected, seconds) in rows {
            assert_eq!(counts(body), Some((expected.to_owned(), Some(seconds))), "{body}");
        }
    }

    #[test]
    fn other_sentences_are_no_last_line() {
        for body in ["FAILURES", "port 55432 failed", "in 3s", "3 passed", "passed in 0.1s", "3 passed in a moment"] {
            assert_eq!(counts(body), None, "{body}");
        }
    }
}
