//! Progress characters: `tests/test_a.py ..F.s   [ 50%]`.

use super::scanner::{Area, Line, Scanner};
use crate::formats::terminal::evidence::Progress;
use crate::formats::terminal::result_line;
use crate::formats::terminal::titles;
use crate::formats::terminal::words;

impl Scanner<'_> {
    pub(super) fn progress_line(&mut self, line: &Line<'_>) {
        let text = line.text.rsplit('\r').find(|part| !part.trim().is_empty()).unwrap_or(line.text);
        let Some(progress) = result_line::progress(self.library, text) else { return };
        let running = !self.current.progress.is_empty() || self.current.header.collected.is_some();
        if progress.path.is_none() && !progress.marked && !running {
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
        let known = self.current.progress.iter().position(|known| known.path == path);
        let entry = match known {
            Some(index) => &mut self.current.progress[index],
            None => {
                self.current.progress.push(Progress { path, ..Progress::default() });
                let last = self.current.progress.len() - 1;
                &mut self.current.progress[last]
            }
        };
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
        possible && result_line::progress(self.library, line.text).is_some_and(|progress| progress.path.is_some())
    }

    /// Returns the header of a session that a test ran, where progress letters stand before it on the line.
    pub(super) fn glued_start<'l>(&self, text: &'l str) -> Option<&'l str> {
        let items = self.current.header.collected.is_some_and(|items| items > 0) || !self.current.progress.is_empty();
        if self.area != Area::Results || !items || text.starts_with('=') || !text.ends_with("===") {
            return None;
        }
        let rest = text.trim_start_matches(|letter| words::letter(self.library, letter).is_some());
        (rest.len() < text.len() && titles::starts_session(rest)).then_some(rest)
    }
}
