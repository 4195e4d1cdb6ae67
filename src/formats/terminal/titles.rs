//! The titles of separator lines, as the grammars have them.

use super::separator::Separator;
use crate::grammar::{Library, Opens};
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

/// Returns the section that a title (of `=`) opens; `None` for titles that are no known section's.
pub(super) fn section(library: &Library, title: &str) -> Option<Section> {
    let found = library.section('=', title)?;
    Some(match found.opens() {
        Opens::Errors => Section::Errors,
        Opens::Failures => Section::Failures,
        Opens::Passes => Section::Passes,
        Opens::WarningsSummary => Section::Warnings,
        Opens::RerunTestSummary => Section::Reruns,
        Opens::ShortTestSummary => Section::Summary,
        Opens::Other => match found.name() {
            "xfailures" => Section::Xfailures,
            "xpasses" => Section::Xpasses,
            "durations" => Section::Durations,
            _ => Section::Other,
        },
        Opens::Notice | Opens::Ending => Section::Other,
        Opens::TestSessionStarts | Opens::Block | Opens::Captured | Opens::LiveLog => return None,
    })
}

/// Whether a line is the first of a header.
pub(super) fn starts_session(line: &str) -> bool {
    let Some(rest) = line.trim_end().strip_prefix("===") else { return false };
    let inner = rest.trim_matches('=');
    let named = inner == " test session starts " && rest.ends_with("===");
    named && Separator::parse(line.trim_end()).is_some_and(|separator| separator.width >= 40)
}

/// Whether the title (of `-`) heads text that a test wrote.
pub(super) fn is_captured(library: &Library, title: &str) -> bool {
    opens(library, '-', title) == Some(Opens::Captured)
}

/// Whether the title (of `-`) heads the records of a live log.
pub(super) fn is_live_log(library: &Library, title: &str) -> bool {
    opens(library, '-', title) == Some(Opens::LiveLog)
}

/// Whether the title (of `_`) is a line of a plugin's that only looks like a block's heading.
pub(super) fn is_no_block(library: &Library, title: &str) -> bool {
    opens(library, '_', title) == Some(Opens::Notice)
}

/// Whether the title (of `-`) is a plugin's line or table, and no captured text.
pub(super) fn is_notice(library: &Library, title: &str) -> bool {
    matches!(opens(library, '-', title), Some(Opens::Notice | Opens::Other))
}

fn opens(library: &Library, fill: char, title: &str) -> Option<Opens> {
    library.section(fill, title).map(crate::grammar::Section::opens)
}

/// Whether all counts are pytest's own: outside of a session a sentence such as `3 files in 0.5s` must not pass for a last line.
pub(super) fn only_known_counts(totals: &Totals) -> bool {
    const KNOWN: [&str; 10] =
        ["passed", "failed", "errors", "skipped", "xfailed", "xpassed", "rerun", "warnings", "deselected", "collected"];
    !totals.is_empty() && totals.iter().all(|(key, _)| KNOWN.contains(&key) || key.starts_with("subtests"))
}
