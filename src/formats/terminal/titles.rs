//! The titles of separator lines.

use crate::model::Totals;

/// A section of the output behind the result area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Section {
    Errors,
    Failures,
    Xfailures,
    Warnings,
    Passes,
    Xpasses,
    Reruns,
    Durations,
    /// Any other section with a title of its own.
    Other,
    Summary,
}

/// Returns the section that a title opens; `None` for titles that are no known section's.
pub(super) fn section(title: &str) -> Option<Section> {
    Some(match title {
        "ERRORS" => Section::Errors,
        "FAILURES" => Section::Failures,
        "XFAILURES" => Section::Xfailures,
        "PASSES" => Section::Passes,
        "XPASSES" => Section::Xpasses,
        "short test summary info" => Section::Summary,
        "rerun test summary info" => Section::Reruns,
        "warnings summary" | "warnings summary (final)" | "pytest-warning summary" => Section::Warnings,
        "tests coverage"
        | "Hypothesis Statistics"
        | "the following tests were retried"
        | "end of test retry report" => Section::Other,
        _ if title.starts_with("slowest ") && (title.ends_with(" durations") || title == "slowest durations") => {
            Section::Durations
        }
        _ if title.starts_with("xdist: ") => Section::Other,
        _ if is_deselected(title) => Section::Other,
        _ => return None,
    })
}

/// Whether a line is the first of a header.
pub(super) fn starts_session(line: &str) -> bool {
    let Some(rest) = line.trim_end().strip_prefix("===") else { return false };
    let inner = rest.trim_matches('=');
    inner == " test session starts "
        && rest.ends_with("===")
        && super::separator::Separator::parse(line.trim_end()).is_some_and(|separator| separator.width >= 40)
}

/// Whether the title heads text that a test wrote.
pub(super) fn is_captured(title: &str) -> bool {
    title.starts_with("Captured ") || title.starts_with("captured ")
}

/// Whether the title (of `_`) is pytest-progress' counter.
pub(super) fn is_counter(title: &str) -> bool {
    let digits = title.bytes().take_while(u8::is_ascii_digit).count();
    digits > 0 && title[digits..].starts_with(" of ") && title.contains(" completed, ")
}

/// Whether the title (of `-`) is a line about a report that a plugin wrote, and no captured text.
pub(super) fn is_notice(title: &str) -> bool {
    let lower = title.to_ascii_lowercase();
    ["generated ", "coverage: ", "json report", "benchmark", "docs: "].iter().any(|start| lower.starts_with(start))
}

fn is_deselected(title: &str) -> bool {
    let digits = title.bytes().take_while(u8::is_ascii_digit).count();
    digits > 0 && title[digits..].starts_with(" tests deselected")
}

/// Whether all counts are pytest's own: outside of a session a sentence such as `3 files in 0.5s` must not pass for a last line.
pub(super) fn only_known_counts(totals: &Totals) -> bool {
    const KNOWN: [&str; 10] =
        ["passed", "failed", "errors", "skipped", "xfailed", "xpassed", "rerun", "warnings", "deselected", "collected"];
    !totals.is_empty() && totals.iter().all(|(key, _)| KNOWN.contains(&key) || key.starts_with("subtests"))
}
