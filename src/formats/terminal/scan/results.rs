//! The result area: result lines, the words and letters of tests, the separators that end it.

use super::scanner::{Area, Line, Scanner};
use super::sections::chunk;
use crate::formats::terminal::evidence::MoreOfReport;
use crate::formats::terminal::evidence::Report;
use crate::formats::terminal::evidence::Reporter;
use crate::formats::terminal::header;
use crate::formats::terminal::last_line;
use crate::formats::terminal::last_line::LastLine;
use crate::formats::terminal::plain_line;
use crate::formats::terminal::progress_line::progress;
use crate::formats::terminal::reporters;
use crate::formats::terminal::result_line;
use crate::formats::terminal::result_line::ResultLine;
use crate::formats::terminal::result_line::Trust;
use crate::formats::terminal::separator::Separator;
use crate::formats::terminal::separator::is_traceback_separator;
use crate::formats::terminal::tail::Tail;
use crate::formats::terminal::tail::split_tail;
use crate::formats::terminal::titles;
use crate::formats::terminal::words::Meaning;
use crate::grammar::Library;

impl Scanner<'_> {
    pub(super) fn results(&mut self, line: &Line<'_>) {
        self.current.last_number = line.number;
        let text = line.text;
        let escaped = own_escapes(self.library, line);
        if let Some(result) = escaped.or_else(|| result_line::complete(self.library, text))
            && self.accepts(&result)
            && !result_line::is_printed_behind_id(result.node_id)
            && (line.whole || result.tail != Tail::None)
        {
            self.current.own_escapes |= escaped.is_some();
            self.current.results_text.push_line(text);
            self.current.inline_closed();
            self.complete_result(&result, text);
            return;
        }
        if self.foreign_line(line) {
            return;
        }
        match text.as_bytes().first() {
            Some(b'[') if text.starts_with("[gw") && line.whole => {
                if let Some(result) = result_line::of_worker(self.library, text) {
                    self.current.results_text.push_line(text);
                    self.worker_result(&result);
                    return;
                }
            }
            Some(b'=' | b'_' | b'-' | b'!' | 0xe2) if self.separator_in_results(line) => return,
            Some(b'I') if text.starts_with("INTERNALERROR>") => self.current.internal_error = true,
            _ => {}
        }
        if self.current.is_quiet() && self.quiet_last_line(line) {
            return;
        }
        self.current.results_text.push_line(text);
        if self.current.reporter == Reporter::Other {
            self.phase_in_failure_text(text);
        }
        self.other_result_line(line);
    }

    /// Takes a line that is the plainest of results; returns whether it is. It says what [`Scanner::line`] would find in it, sooner.
    pub(in crate::formats::terminal) fn plain_line(&mut self, number: u64, text: &str) -> bool {
        if self.area != Area::Results {
            return false;
        }
        let Some(result) = plain_line::plainest(self.library, text) else { return false };
        self.current.last_number = number;
        self.current.results_text.push_line(text);
        self.current.inline_closed();
        self.complete_result(&result, text);
        true
    }

    /// Takes a line of another reporter: a result, or the end of its session.
    pub(super) fn foreign_line(&mut self, line: &Line<'_>) -> bool {
        if reporters::ends_session(self.library, line.text) {
            self.current.reporter = Reporter::Other;
            let end = LastLine { totals: crate::model::Totals::default(), duration: None, collect_only: false };
            self.end_at(line, line.text, end);
            return true;
        }
        // A line without its end may hold an id without its own.
        let possible = line.whole && (self.current.reporter == Reporter::Other || line.text.contains(" ... "));
        let Some(result) = possible.then(|| reporters::result(self.library, line.text)).flatten() else { return false };
        self.current.reporter = Reporter::Other;
        self.current.inline_closed();
        self.current.results_text.push_line(line.text);
        self.failure_text_follows(&result);
        let report = Report::new(result.node_id, Some(Meaning::Test(result.outcome)));
        self.current.report(report.with_reason(result.reason));
        true
    }

    /// Whether a complete result line is believed: with a progress mark always, without one where the session has none.
    pub(super) fn accepts(&self, result: &ResultLine<'_>) -> bool {
        match result.tail {
            Tail::Progress | Tail::Time(_) => true,
            Tail::None => {
                let path = result.node_id.split("::").next().unwrap_or_default();
                !self.current.marked
                    && result_line::is_path(path)
                    && (!path.contains(' ') || (self.open.is_none() && path.ends_with(".py")))
                    && self.current.header.workers.is_none()
                    || self.open.as_ref().is_some_and(|open| open.node_id == result.node_id)
            }
        }
    }

    pub(super) fn complete_result(&mut self, result: &ResultLine<'_>, text: &str) {
        let same = self.open.as_ref().is_some_and(|open| open.node_id == result.node_id);
        if same && !matches!(result.meaning, Some(Meaning::Subtest(_))) {
            self.open = None;
        } else if !same {
            self.close_open_test();
        }
        self.current.marked |= result.tail == Tail::Progress;
        self.current.reached_end |= text.ends_with("[100%]");
        self.report(result);
    }

    pub(super) fn worker_result(&mut self, result: &ResultLine<'_>) {
        self.current.marked = true;
        // What another process writes before the line has its end stands behind the id, which was announced alone.
        let begins = |announced: &str| {
            result.node_id.strip_prefix(announced).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        };
        let announced = self.current.announced.iter().enumerate().filter(|(_, announced)| begins(announced));
        let index = announced.max_by_key(|(_, announced)| announced.len()).map(|(index, _)| index);
        let announced = index.map(|index| self.current.announced.swap_remove(index));
        let node_id = announced.as_deref().unwrap_or(result.node_id);
        self.current.unfinished.retain(|unfinished| unfinished != node_id);
        self.report(&ResultLine { node_id, ..*result });
    }

    pub(super) fn report(&mut self, result: &ResultLine<'_>) {
        // Of the line's bytes, which have been looked at, and not of their copy, which has only just been written.
        let digest = self.current.digest(result.node_id);
        let time = match result.tail {
            Tail::Time(duration) => Some(duration),
            Tail::None | Tail::Progress => None,
        };
        if result.detail.is_none() && result.reason.is_none() && result.worker.is_none() && time.is_none() {
            self.current.report_digested(Report::new(result.node_id, result.meaning), digest);
            return;
        }
        let report = Report::new(result.node_id, result.meaning).with(MoreOfReport {
            detail: result.detail.map(Into::into),
            reason: result.reason.map(Into::into),
            worker: result.worker.map(Into::into),
            duration: time,
        });
        self.current.report_digested(report, digest);
    }

    /// A line of the result area that is no result: header, progress, a test's beginning, an outcome word, output.
    pub(super) fn other_result_line(&mut self, line: &Line<'_>) {
        let text = line.text;
        let nothing_yet = self.current.reports.is_empty() && self.current.progress.is_empty() && self.open.is_none();
        if nothing_yet && header::take(self.library, &mut self.current.header, text) {
            return;
        }
        if self.current.reporter == Reporter::Other && reporters::is_progress(text) {
            self.current.inline_closed();
            return;
        }
        if self.current.inline_open {
            let separator = Separator::parse(text);
            if separator
                .is_some_and(|separator| separator.fill == '_' && titles::is_no_block(self.library, separator.title))
            {
                return;
            }
            if split_tail(text) == ("", Tail::Progress) {
                self.current.reached_end |= text.ends_with("[100%]");
                return;
            }
            if !progress(self.library, text).is_some_and(|progress| progress.path.is_some() || progress.marked) {
                if let Some(chunk) = self.current.inline.last_mut() {
                    chunk.text.push_line(text);
                }
                return;
            }
            self.current.inline_open = false;
        }
        if self.wrapped_reason(text) {
            return;
        }
        if let Some((node_id, rest)) = result_line::opened(text)
            && self.can_open(text, node_id, rest)
        {
            // Behind the id of a cut line a word of the id itself may stand.
            self.open_test(node_id, if line.whole { rest } else { "" });
            return;
        }
        if let Some(open) = &mut self.open {
            if let Some(word) = result_line::word_alone(self.library, text) {
                open.weigh(&word);
                open.join_broken_id(text);
                let closes = word.trust == Trust::Marked;
                self.current.marked |= word.tail == Tail::Progress;
                if closes {
                    self.current.reached_end |= text.trim_end().ends_with("[100%]");
                    self.close_open_test();
                }
            }
            return;
        }
        self.progress_line(line);
    }

    fn push_inline(&mut self, line: &Line<'_>, separator: &Separator<'_>) {
        self.current.kept += self.current.inline.last().map_or(0, |chunk| chunk.text.len());
        self.current.inline.push(chunk(self.library, self.current.kept, line, separator));
    }

    /// Handles a separator in the result area; returns whether the line is dealt with.
    pub(super) fn separator_in_results(&mut self, line: &Line<'_>) -> bool {
        let Some(separator) = Separator::parse(line.text) else { return false };
        if !separator.fits(self.current.width) || is_traceback_separator(line.text) {
            return false;
        }
        match separator.fill {
            '-' if titles::is_live_log(self.library, separator.title) => {
                self.current.results_text.push_line(line.text);
                true
            }
            '-' if !self.current.inline.is_empty() && self.current.inline_open => {
                self.push_inline(line, &separator);
                true
            }
            '-' if self.open.is_some() => false,
            '_' => {
                if titles::is_no_block(self.library, separator.title) {
                    return true;
                }
                let within_test = self.open.is_some() && !self.current.marked;
                if within_test {
                    return false;
                }
                self.push_inline(line, &separator);
                self.current.inline_open = true;
                true
            }
            _ => self.first_section(line, &separator),
        }
    }

    /// Leaves the result area for the sections, where the separator is believed.
    pub(super) fn first_section(&mut self, line: &Line<'_>, separator: &Separator<'_>) -> bool {
        if separator.fill == '='
            && let Some(last_line) = last_line::parse(separator.title)
        {
            if !self.contradicts(&last_line) {
                self.end_at(line, line.text, last_line);
                return true;
            }
            if self.open.is_some() {
                return false;
            }
            // Kept as a heading: at the end of the log it is the last line after all, if nothing comes behind it.
            self.area = Area::Sections;
            self.begin_chunk(line, separator);
            return true;
        }
        let known = separator.fill == '!' || titles::section(self.library, separator.title).is_some();
        if self.open.is_some() && !known {
            return false;
        }
        self.area = Area::Sections;
        self.begin_chunk(line, separator);
        true
    }
}

/// Returns the result of a line whose node id holds escape characters, as ids can that pytest was told not to escape: no colour of pytest's.
fn own_escapes<'l>(library: &Library, line: &Line<'l>) -> Option<ResultLine<'l>> {
    if line.raw.len() == line.text.len() {
        return None;
    }
    result_line::complete(library, line.raw).filter(|result| result.node_id.contains('\u{1b}'))
}
