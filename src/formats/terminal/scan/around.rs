//! Lines outside of sessions: what begins one, and what is said of one behind its end.

use super::scanner::{Area, Line, Scanner};
use crate::formats::terminal::evidence::Reporter;
use crate::formats::terminal::last_line;
use crate::formats::terminal::progress_line::progress;
use crate::formats::terminal::reporters;
use crate::formats::terminal::result_line;
use crate::formats::terminal::result_line::ResultLine;
use crate::formats::terminal::separator::Separator;
use crate::formats::terminal::surroundings;
use crate::formats::terminal::surroundings::Surrounding;
use crate::formats::terminal::tail::Tail;
use crate::formats::terminal::titles;

/// How many lines are kept behind a last line that may be a printed one.
const MOST_LINES_BEHIND_END: usize = 2000;

/// How far from its end a log is searched for how the process died: a dump of all threads may stand there.
const MOST_BYTES_OF_CRASH: usize = 1 << 16;

impl Scanner<'_> {
    /// Returns the area of the session to which a line must belong that stands outside of any.
    pub(super) fn betrays_session(&self, text: &str) -> Option<Area> {
        let marked = |result: &ResultLine<'_>| result.tail != Tail::None && result.meaning.is_some();
        match text.as_bytes().first()? {
            b'=' => {
                let separator = Separator::parse(text)?;
                let section = titles::section(self.library, separator.title)
                    .is_some_and(|section| section != titles::Section::Other);
                let section = section && separator.fits(None);
                let last = last_line::parse(separator.title).is_some_and(|line| !line.totals.is_empty());
                (section || last).then_some(Area::Sections)
            }
            b'[' if text.starts_with("[gw") => {
                result_line::of_worker(self.library, text).is_some().then_some(Area::Results)
            }
            b'I' if text.starts_with("INTERNALERROR>") => Some(Area::Results),
            b'b' if text.starts_with("bringing up nodes...") => Some(Area::Results),
            b'0'..=b'9' => {
                let quiet =
                    last_line::parse(text.trim_end()).is_some_and(|line| titles::only_known_counts(&line.totals));
                quiet.then_some(Area::Results)
            }
            b'o' | b'n' if reporters::result(self.library, text).is_some() => Some(Area::Results),
            _ if text.contains(" ... ") && reporters::result(self.library, text).is_some() => Some(Area::Results),
            _ => {
                let ends_like_result = text.trim_end().ends_with([']', 'D', 'R', 'L', 'S', 's', 'N', ')']);
                if !ends_like_result {
                    return None;
                }
                let result = result_line::complete(self.library, text);
                let verbose = result.is_some_and(|result| {
                    marked(&result) || (result.meaning.is_some() && is_test_file(result.node_id))
                });
                let dots = || progress(self.library, text).is_some_and(|progress| progress.marked);
                (verbose || dots()).then_some(Area::Results)
            }
        }
    }

    pub(super) fn outside(&mut self, line: &Line<'_>) {
        self.collected_files(line);
        match surroundings::of(self.library, line.text) {
            Some(Surrounding::Label(label)) => self.label = Some(label),
            Some(Surrounding::UsageError) => {
                self.begin_without_header(line, Area::Results);
                self.current.usage_error = true;
                self.current.results_text.push_line(line.text);
                return;
            }
            Some(Surrounding::ExitStatus(_) | Surrounding::Crash) | None => {}
        }
        if let Some(area) = self.betrays_session(line.text) {
            self.begin_without_header(line, area);
            match area {
                Area::Results => self.results(line),
                Area::Sections | Area::Outside | Area::After => self.sections(line),
            }
        }
    }

    pub(super) fn after(&mut self, line: &Line<'_>) {
        if self.current.reporter == Reporter::Other
            && let Some(last_line) = &mut self.current.last_line
            && reporters::count(self.library, line.text, &mut last_line.totals)
        {
            return;
        }
        let surrounding = surroundings::of(self.library, line.text);
        match &surrounding {
            Some(Surrounding::ExitStatus(status)) => {
                self.current.exit_status.get_or_insert(*status);
            }
            Some(Surrounding::Label(label)) => self.label = Some(label.clone()),
            Some(Surrounding::Crash | Surrounding::UsageError) | None => {}
        }
        if surrounding == Some(Surrounding::UsageError) && self.current.ran_nothing() {
            self.current.usage_error = true;
            return;
        }
        let separator = Separator::parse(line.text).filter(|separator| separator.fits(self.current.width));
        if let Some(separator) = separator {
            if separator.fill == '!' {
                self.current.stops.push(separator.title.to_owned());
                return;
            }
            let of_session = separator.fill == '_'
                || titles::section(self.library, separator.title).is_some()
                || titles::is_captured(self.library, separator.title);
            let wrong_end = self.current.last_line.as_ref().is_some_and(|last_line| self.contradicts(last_line));
            if of_session && wrong_end && !self.current.chunks.is_empty() {
                self.reopen(line);
                return;
            }
            if of_session && separator.fill == '=' {
                self.begin_without_header(line, Area::Sections);
                self.sections(line);
                return;
            }
        }
        if self.current.last_line.as_ref().is_some_and(|last_line| self.contradicts(last_line))
            && !self.current.chunks.is_empty()
        {
            // Perhaps the last line was printed by a test: what follows is kept until that is known.
            if self.current.behind_end.len() < MOST_LINES_BEHIND_END {
                self.current.behind_end.push(line.text.to_owned());
                return;
            }
        }
        let usage_error = surrounding == Some(Surrounding::UsageError) && !self.current.has_start;
        if self.betrays_session(line.text) == Some(Area::Results) || usage_error {
            self.close_session();
            self.outside(line);
        }
    }

    /// Takes what a shell or a CI system says of the process, in the last lines of a session that has no end of its own: further up, tests say such things.
    pub(super) fn take_surroundings(&mut self) {
        let text = match self.current.chunks.last() {
            Some(chunk) => chunk.text.end(MOST_BYTES_OF_CRASH),
            None => self.current.results_text.end(MOST_BYTES_OF_CRASH),
        };
        let (mut crashed, mut exit_status) = (false, None);
        for line in text.lines() {
            match surroundings::of(self.library, line) {
                Some(Surrounding::Crash) => crashed = true,
                Some(Surrounding::ExitStatus(status)) => exit_status = Some(status),
                Some(Surrounding::Label(_) | Surrounding::UsageError) | None => {}
            }
        }
        self.current.crashed |= crashed;
        self.current.exit_status = self.current.exit_status.or(exit_status);
    }

    /// Takes back an end that the following lines show to be printed text.
    pub(super) fn reopen(&mut self, line: &Line<'_>) {
        self.current.last_line = None;
        self.current.stopped_at = None;
        self.area = Area::Sections;
        if let (Some(text), Some(chunk)) = (self.current.last_line_text.take(), self.current.chunks.last_mut()) {
            for text in std::iter::once(&text).chain(&self.current.behind_end) {
                chunk.lines += 1;
                chunk.text.push_line(text);
            }
        }
        self.current.behind_end.clear();
        self.sections(line);
    }
}

fn is_test_file(node_id: &str) -> bool {
    let path = node_id.split("::").next().unwrap_or_default();
    path.ends_with(".py") && !path.contains(' ')
}
