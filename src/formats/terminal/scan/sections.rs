//! What stands behind the result area: separators with their text, in the order in which they come.

use super::scanner::{Area, Line, Scanner};
use crate::formats::terminal::ansi;
use crate::formats::terminal::evidence::Chunk;
use crate::formats::terminal::evidence::Text;
use crate::formats::terminal::last_line;
use crate::formats::terminal::reporters;
use crate::formats::terminal::result_line;
use crate::formats::terminal::result_line::Trust;
use crate::formats::terminal::separator::Separator;
use crate::formats::terminal::separator::is_traceback_separator;
use crate::formats::terminal::tail::Tail;
use crate::formats::terminal::titles;
use crate::grammar::Library;

impl Scanner<'_> {
    pub(super) fn sections(&mut self, line: &Line<'_>) {
        self.current.last_number = line.number;
        let text = line.text;
        if self.test_goes_on(line) {
            return;
        }
        if matches!(text.as_bytes().first(), Some(b'=' | b'_' | b'-' | b'!'))
            && !is_traceback_separator(text)
            && let Some(separator) = Separator::parse(text).or_else(|| reporters::report_heading(self.library, text))
            && (separator.fits(self.current.width) || self.is_notice(&separator))
        {
            if separator.fill == '='
                && let Some(last_line) = last_line::parse(separator.title)
            {
                self.last_line_in_sections(line, &separator, last_line);
            } else {
                if self.current.width.is_none() && !separator.minimal && separator.fits(None) {
                    self.current.width = Some(separator.width);
                }
                self.begin_chunk(line, &separator);
            }
            return;
        }
        if self.current.is_quiet() && self.nested_in_text == 0 && self.quiet_last_line(line) {
            return;
        }
        if !self.in_captured_text() && reporters::ends_session(self.library, text) {
            self.foreign_line(line);
            return;
        }
        if text.starts_with("INTERNALERROR>") && !self.in_captured_text() {
            self.current.internal_error = true;
        }
        self.push_text(line);
    }

    /// Whether a heading of a width of its own is a plugin's: a table, or a report behind the failures.
    fn is_notice(&self, separator: &Separator<'_>) -> bool {
        !self.in_captured_text()
            && match separator.fill {
                '-' => titles::is_notice(self.library, separator.title),
                '=' => separator.width == 0,
                _ => false,
            }
            && !titles::is_captured(self.library, separator.title)
    }

    /// A test whose outcome was still open when a section seemed to begin, and now shows: the section was printed by the test.
    pub(super) fn test_goes_on(&mut self, line: &Line<'_>) -> bool {
        if self.progress_goes_on(line) {
            self.back_to_results(line);
            return true;
        }
        if !self.current.inline.is_empty()
            && self.current.marked
            && !self.current.reached_end
            && result_line::complete(self.library, line.text).is_some_and(|result| result.tail == Tail::Progress)
        {
            self.back_to_results(line);
            return true;
        }
        let Some(open) = &self.open else { return false };
        if open.best.is_some() || !self.current.stops.is_empty() {
            return false;
        }
        let word = result_line::word_alone(self.library, line.text).filter(|word| word.trust >= Trust::Alone);
        let result = result_line::complete(self.library, line.text).filter(|result| self.accepts(result));
        if self.nested_in_text > 0 || (word.is_none() && result.is_none_or(|result| result.tail != Tail::Progress)) {
            return false;
        }
        self.back_to_results(line);
        true
    }

    pub(super) fn back_to_results(&mut self, line: &Line<'_>) {
        for chunk in std::mem::take(&mut self.current.chunks) {
            self.current.results_text.push_line(&chunk.heading);
            self.current.results_text.push_line(chunk.text.into_string().trim_end_matches('\n'));
        }
        self.area = Area::Results;
        self.results(line);
    }

    pub(super) fn begin_chunk(&mut self, line: &Line<'_>, separator: &Separator<'_>) {
        if separator.fill == '!' && !self.in_captured_text() {
            self.current.stops.push(separator.title.to_owned());
        }
        self.captured = match separator.fill {
            '-' => titles::is_captured(self.library, separator.title),
            '=' => last_line::parse(separator.title).is_some(),
            _ => false,
        };
        self.current.kept += self.current.chunks.last().map_or(0, |chunk| chunk.text.len());
        self.current.chunks.push(chunk(self.library, self.current.kept, line, separator));
    }

    pub(super) fn push_text(&mut self, line: &Line<'_>) {
        let Some(chunk) = self.current.chunks.last_mut() else { return };
        if !line.whole && chunk.names_tests {
            self.current.cut_line = true;
            return;
        }
        if line.raw.len() != line.text.len()
            && let Some(end) = ansi::bold_end(line.raw, line.form)
        {
            chunk.bold_ends.insert(chunk.lines, end);
        }
        chunk.lines += 1;
        chunk.text.push_line(line.text);
    }

    /// Whether the line stands in text that a test printed: below such a heading, or behind a session that ran within that text.
    pub(super) fn in_captured_text(&self) -> bool {
        self.area == Area::Sections && (self.nested_in_text > 0 || self.captured)
    }
}

pub(super) fn chunk(library: &Library, kept: usize, line: &Line<'_>, separator: &Separator<'_>) -> Chunk {
    let section = if separator.fill == '=' { titles::section(library, separator.title) } else { None };
    let names_tests =
        matches!(section, Some(titles::Section::Summary | titles::Section::Reruns | titles::Section::Durations));
    Chunk {
        fill: separator.fill,
        title: separator.title.to_owned(),
        heading: line.text.to_owned(),
        names_tests,
        text: if names_tests { Text::of_names(kept) } else { Text::beside(kept) },
        lines: 0,
        bold_ends: std::collections::BTreeMap::new(),
    }
}
