//! Last lines: which of those that look like one is the session's own.

use super::scanner::{Area, Line, Scanner};
use crate::formats::terminal::evidence::Evidence;
use crate::formats::terminal::last_line;
use crate::formats::terminal::last_line::LastLine;
use crate::formats::terminal::separator::Separator;
use crate::formats::terminal::titles;
use crate::formats::terminal::words;
use crate::grammar::Library;

impl Scanner<'_> {
    /// Takes the last line that seemed to end a session within captured text for this one's, where that session had none.
    pub(super) fn last_line_of_unclosed_text(&mut self) {
        let chunks = &self.current.chunks;
        let last = chunks.iter().rposition(|chunk| chunk.fill == '=' && last_line::parse(&chunk.title).is_some());
        if self.current.last_line.is_some() || self.area != Area::Sections {
            return;
        }
        let Some(index) = last else { return };
        // What tests print between progress characters looks like some, so that the counts are no proof; with captured text they are.
        let captures = chunks.iter().any(|chunk| chunk.fill == '-' && titles::is_captured(self.library, &chunk.title));
        let is_last = !captures && chunks[index + 1..].iter().all(|chunk| chunk.fill != '=' && chunk.fill != '_');
        let believed = |last_line: &LastLine| is_last || !self.contradicts(last_line);
        let Some(last_line) = last_line::parse(&chunks[index].title).filter(believed) else { return };
        let chunk = self.current.chunks.remove(index);
        self.current.chunks.truncate(index);
        self.current.last_line = Some(last_line);
        self.current.last_line_text = Some(chunk.heading);
    }

    pub(super) fn last_line_in_sections(&mut self, line: &Line<'_>, separator: &Separator<'_>, last_line: LastLine) {
        if self.nested_in_text > 0 {
            self.nested_in_text -= 1;
            self.begin_chunk(line, separator);
        } else if self.contradicts(&last_line) {
            self.begin_chunk(line, separator);
        } else {
            self.end_at(line, line.text, last_line);
        }
    }

    pub(super) fn quiet_last_line(&mut self, line: &Line<'_>) -> bool {
        if !line.text.starts_with(|first: char| first.is_ascii_digit() || first == 'n') {
            return false;
        }
        let Some(last_line) = last_line::parse(line.text.trim_end()) else { return false };
        if self.in_captured_text() && self.contradicts(&last_line) {
            return false;
        }
        self.end_at(line, line.text.trim_end(), last_line);
        true
    }

    /// Whether a last line cannot be this session's: it counts fewer reports than the result area showed, or, where that showed all, more;
    /// or it counts more passed tests than there were.
    pub(super) fn contradicts(&self, last_line: &LastLine) -> bool {
        if self.current.own_end {
            return true;
        }
        let declared = |key: &str| last_line.totals.get(key).unwrap_or_default();
        let header = &self.current.header;
        // A plugin may deselect after the line that counts what was collected.
        let deselected = header.deselected.unwrap_or_default().max(declared("deselected"));
        let runs = header.workers.filter(|_| header.each_worker).unwrap_or(1);
        let selected = header.collected.map(|collected| collected.saturating_sub(deselected).saturating_mul(runs));
        if selected.is_some_and(|selected| declared("passed") > selected.max(1) && declared("rerun") == 0) {
            return true;
        }
        // With `-s` what tests print stands between, and looks like, words and letters.
        if self.current.has_start && (self.current.guessed || !self.current.marked) {
            const COUNTED: [&str; 6] = ["passed", "failed", "errors", "skipped", "xfailed", "xpassed"];
            let all: u64 = COUNTED.into_iter().map(declared).sum();
            let running = self.current.reports.is_empty() || self.open.as_ref().is_some_and(|open| open.best.is_none());
            return running && self.current.stops.is_empty() && selected.is_some_and(|selected| all < selected);
        }
        let Some(seen) = self.current.seen(self.library) else { return false };
        let whole = self.current.marked && self.current.reached_end && self.current.has_start;
        let passed = seen.iter().find(|(key, _)| *key == "passed").map_or(0, |(_, passed)| *passed);
        let uncounted = |key: &str| key == "passed" && header.hides_passed_subtests();
        seen.iter().any(|(key, seen)| declared(key) < *seen && !uncounted(key))
            || (whole && declared("passed") > passed)
    }
}

impl Evidence {
    /// Whether the session has no header: pytest was told to be quiet, or the log's beginning is missing.
    pub(super) fn is_quiet(&self) -> bool {
        !self.has_start
    }

    /// Whether the session ended, as its last line says, without a test and without an error.
    pub(super) fn ran_nothing(&self) -> bool {
        let nothing = |last_line: &LastLine| {
            let mut counts = last_line.totals.iter();
            !last_line.collect_only && counts.all(|(key, count)| key == "warnings" || count == 0)
        };
        self.has_start
            && self.reports.is_empty()
            && self.progress.is_empty()
            && self.last_line.as_ref().is_some_and(nothing)
    }

    pub(super) fn inline_closed(&mut self) {
        self.inline_open = false;
    }

    /// Returns the numbers of reports that the result area showed, by the last line's keys.
    pub(super) fn seen(&self, library: &Library) -> Option<Vec<(&'static str, u64)>> {
        let mut seen = std::collections::BTreeMap::new();
        for (outcome, count) in self.outcomes.iter() {
            *seen.entry(words::count_key(outcome)).or_default() += count;
        }
        for (letter, count) in self.progress.iter().flat_map(|progress| &progress.letters) {
            let key = words::letter(library, *letter).filter(|key| !key.starts_with("subtests"));
            if let Some(key) = key {
                *seen.entry(key).or_default() += count;
            }
        }
        (!seen.is_empty()).then(|| seen.into_iter().collect())
    }
}
