//! What `--collect-only -qq` prints, which is nothing but the number of tests of each file, and a blank line.

use super::scanner::{Area, Line, Scanner};
use crate::formats::terminal::last_line::LastLine;
use crate::formats::terminal::result_line::is_path;
use crate::model::Totals;

/// A log that so far is nothing but files with their numbers of tests.
#[derive(Debug, Clone, Default)]
pub(super) struct CollectedFiles {
    lines: Vec<String>,
    tests: u64,
    /// Whether there was any other line.
    over: bool,
}

impl Scanner<'_> {
    /// Takes a line outside of sessions; the blank line behind the list ends a session that only collected.
    pub(super) fn collected_files(&mut self, line: &Line<'_>) {
        if self.collected_files.over {
            return;
        }
        let files = &mut self.collected_files;
        if let Some((path, tests)) = file_and_tests(line.text)
            && files.lines.last().is_none_or(|last| last.as_str() < path)
            && line.whole
        {
            files.lines.push(line.text.to_owned());
            files.tests = files.tests.saturating_add(tests);
            return;
        }
        files.over = true;
        let files = std::mem::take(&mut files.lines);
        let tests = self.collected_files.tests;
        if files.is_empty() || !line.text.is_empty() {
            return;
        }
        self.begin_without_header(line, Area::After);
        self.current.first_line = line.number.saturating_sub(files.len() as u64);
        self.current.last_number = line.number;
        self.current.header.collected = Some(tests);
        files.iter().for_each(|file| self.current.results_text.push_line(file));
        self.current.last_line = Some(LastLine { totals: Totals::default(), duration: None, collect_only: true });
    }
}

/// Reads `tests/test_a.py: 24`.
fn file_and_tests(line: &str) -> Option<(&str, u64)> {
    let (path, tests) = line.rsplit_once(": ")?;
    let tests = tests.parse().ok().filter(|tests| *tests > 0)?;
    (path.ends_with(".py") && is_path(path)).then_some((path, tests))
}
