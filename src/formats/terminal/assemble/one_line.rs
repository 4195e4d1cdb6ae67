//! Failures that have a line each, and no heading: `--tb=line`.
//!
//! Up to pytest 8 a failure is its place and message, `/work/tests/test_a.py:12: AssertionError`, or the first characters of a text that has no
//! place. From pytest 9 the text and what was captured stand before that line. The order is that of the reports.

use crate::formats::terminal::attempts::Attempts;
use crate::formats::terminal::blocks::{self, Sections};
use crate::formats::terminal::separator::Separator;
use crate::formats::terminal::titles::Section;
use crate::model::{Outcome, TestResult};

/// How much of a text without place pytest shows for its place.
const SHOWN: usize = 50;

/// Gives each failed test its line, where there are as many lines as such tests.
pub(super) fn give_lines(attempts: &mut Attempts, found: &Sections) {
    let has_blocks = found.blocks.iter().any(|block| block.section == Section::Failures);
    let Some(section) = found.sections.iter().find(|section| section.section == Section::Failures) else { return };
    if has_blocks {
        return;
    }
    let entries = entries(&section.content);
    let failed = |result: &&mut TestResult| result.outcome == Outcome::Failed && result.subtests.is_empty();
    let failed: Vec<&mut TestResult> = attempts.results.iter_mut().filter(failed).collect();
    if failed.len() != entries.len() {
        return;
    }
    for (result, text) in failed.into_iter().zip(entries) {
        result.longreprtext.get_or_insert_with(|| text.into());
    }
}

/// Returns the texts of a section of one-line failures.
fn entries(content: &str) -> Vec<String> {
    let mut entries = Vec::new();
    let mut text = String::new();
    let mut in_capture = false;
    for line in content.lines() {
        let place = blocks::location(line).is_some_and(|(path, _)| path.starts_with(['/', '<']) || is_drive(path));
        let repeats = !text.is_empty() && text.trim_end().starts_with(line) && line.chars().count() <= SHOWN;
        if place || (repeats && !line.is_empty() && !line.starts_with("E ")) {
            let own = std::mem::take(&mut text);
            entries.push(if own.trim().is_empty() { line.to_owned() } else { own.trim_end_matches('\n').to_owned() });
            in_capture = false;
            continue;
        }
        in_capture |= Separator::parse(line).is_some_and(|separator| separator.fill == '-');
        if !in_capture {
            text.push_str(line);
            text.push('\n');
        }
    }
    entries
}

fn is_drive(path: &str) -> bool {
    path.get(1..3).is_some_and(|drive| drive == ":\\" || drive == ":/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_both_ages() {
        let old = "/w/a.py:3: AssertionError\n/w/a.py:9: ValueError: x: y\n";
        assert_eq!(entries(old), ["/w/a.py:3: AssertionError", "/w/a.py:9: ValueError: x: y"]);
        let new = "E   assert 0\n/w/a.py:3: assert 0\n[XPASS(strict)] why\n[XPASS(strict)] why\nno trace\n--------------- Captured stdout call ---------------\nout\n/w/a.py:5: Failed: no trace\n";
        assert_eq!(entries(new), ["E   assert 0", "[XPASS(strict)] why", "no trace"]);
    }
}
