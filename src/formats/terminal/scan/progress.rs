//! Progress characters: `tests/test_a.py ..F.s   [ 50%]`.

use super::scanner::{Area, Line, Scanner};
use crate::formats::terminal::evidence::Progress;
use crate::formats::terminal::progress_line::progress;
use crate::formats::terminal::result_line;
use crate::formats::terminal::titles;

impl Scanner<'_> {
    pub(super) fn progress_line(&mut self, line: &Line<'_>) {
        let text = line.text.rsplit('\r').find(|part| !part.trim().is_empty()).unwrap_or(line.text);
        let Some(progress) = progress(self.library, text) else { return };
        let running = !self.current.progress.is_empty() || self.current.header.collected.is_some();
        if progress.path.is_none() && !progress.marked && !running {
            return;
        }
        if !progress.marked && !self.current.reports.is_empty() {
            // Where tests are named one by one, such a line is what a test printed.
            return;
        }
        self.current.inline_closed();
        self.current.marked |= progress.marked;
        self.current.reached_end |= text.trim_end().ends_with("[100%]");
        let quiet = self.current.is_quiet() || self.current.header.workers.is_some();
        let path = progress.path.map(str::to_owned).or_else(|| {
            // A line that only continues the one before it names no file again.
            self.current.progress.last().filter(|_| !quiet).and_then(|last| last.path.clone())
        });
        let next = self.current.progress.len();
        let place = *self.current.progress_places.entry(path.clone()).or_insert(next);
        if place == next {
            self.current.progress.push(Progress { path, ..Progress::default() });
        }
        let Some(entry) = self.current.progress.get_mut(place) else { return };
        for letter in progress.letters.chars() {
            *entry.letters.entry(letter).or_default() += 1;
        }
    }

    /// Whether a line of progress characters shows that the result area has not ended: with `-s` tests print between them.
    pub(super) fn progress_goes_on(&self, line: &Line<'_>) -> bool {
        let running = self.current.has_start && !self.current.progress.is_empty() && !self.current.reached_end;
        let possible = running
            && self.open.is_none()
            && !self.in_captured_text()
            && !line.text.starts_with([' ', '>', 'E', '=', '_']);
        possible && progress(self.library, line.text).is_some_and(|progress| progress.path.is_some())
    }

    /// Splits a line on which a test ran a session: what pytest had written of the test, and the header.
    pub(super) fn glued_start<'l>(&self, text: &'l str) -> Option<(&'l str, &'l str)> {
        let items = self.current.header.collected.is_some_and(|items| items > 0) || !self.current.progress.is_empty();
        if self.area != Area::Results || !items || text.starts_with('=') || !text.ends_with("===") {
            return None;
        }
        let (before, header) = text.split_at(text.find("====")?);
        let opens_test = result_line::opened(before).is_some_and(|(_, rest)| rest.is_empty());
        let is_progress = || progress(self.library, before).is_some();
        let possible = titles::starts_session(header) && (opens_test || is_progress());
        possible.then_some((before, header))
    }
}
