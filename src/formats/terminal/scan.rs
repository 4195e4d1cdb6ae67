//! One pass over the lines of a log (or of one of its streams): where sessions begin and end, and what each leaves as evidence.
//!
//! | area | what lines may do |
//! |---|---|
//! | outside | begin a session: a header, or any line that only a running session prints |
//! | results | state results, open a test, hold what a test printed, begin the sections |
//! | sections | begin another section or block, be its text, be the last line |
//! | after | show that the last line was a printed one, tell the exit status, begin the next session |

use chrono::{DateTime, Utc};

use super::ansi::{self, EscapeForm};
use super::evidence::{Chunk, Evidence, Progress, Report, Reporter};
use super::last_line::{self, LastLine};
use super::reporters;
use super::result_line::{self, ResultLine, Tail, Trust, WordAlone};
use super::separator::{Separator, is_traceback_separator};
use super::surroundings::{self, Surrounding};
use super::words::{self, Meaning};
use super::{header, titles};
use crate::grammar::Library;
use crate::model::Outcome;

/// A line without prefix and colours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'l> {
    /// Its number in the log.
    pub(super) number: u64,
    /// The text.
    pub(super) text: &'l str,
    /// The text with its escape sequences.
    pub(super) raw: &'l str,
    /// How the log writes the escape character.
    pub(super) form: EscapeForm,
    /// When it was written.
    pub(super) stamp: Option<DateTime<Utc>>,
    /// Whether it has an end: the last line of a cut log has none, and an id in it may lack its own.
    pub(super) whole: bool,
}

/// How many lines are kept behind a last line that may be a printed one.
const MOST_LINES_BEHIND_END: usize = 2000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Area {
    #[default]
    Outside,
    Results,
    Sections,
    After,
}

/// A test that began on its own line, and whose outcome stands on a later one.
#[derive(Debug, Clone)]
struct OpenTest {
    node_id: String,
    best: Option<(Trust, Meaning, Option<String>)>,
    /// A reason that is wrapped over several lines, with its word.
    wrapped: Option<(Meaning, String)>,
}

/// The scan of one stream.
#[derive(Debug)]
pub(super) struct Scanner<'g> {
    library: &'g Library,
    finished: Vec<Evidence>,
    /// Sessions in whose running test the current one began.
    outer: Vec<(Evidence, Option<OpenTest>)>,
    current: Evidence,
    area: Area,
    open: Option<OpenTest>,
    /// Sessions begun within captured text, not yet at their last line.
    nested_in_text: usize,
    label: Option<String>,
}

impl<'g> Scanner<'g> {
    /// Returns a scan that has seen nothing.
    pub(super) fn new(library: &'g Library) -> Scanner<'g> {
        Scanner {
            library,
            finished: Vec::new(),
            outer: Vec::new(),
            current: Evidence::default(),
            area: Area::Outside,
            open: None,
            nested_in_text: 0,
            label: None,
        }
    }

    /// Takes the next line.
    pub(super) fn line(&mut self, line: &Line<'_>) {
        if self.session_start(line) {
            return;
        }
        match self.area {
            Area::Outside => self.outside(line),
            Area::Results => self.results(line),
            Area::Sections => self.sections(line),
            Area::After => self.after(line),
        }
    }

    /// Returns the evidence of all sessions.
    pub(super) fn finish(mut self) -> Vec<Evidence> {
        self.close_session();
        while let Some((outer, open)) = self.outer.pop() {
            let nested = std::mem::replace(&mut self.current, outer);
            self.open = open;
            self.current.nested.push(nested);
            self.close_session();
        }
        self.finished
    }

    // ---- beginnings and ends -------------------------------------------------------------------------------------

    /// Begins a session where the line is a header's first.
    fn session_start(&mut self, line: &Line<'_>) -> bool {
        let glued = self.glued_start(line.text);
        let line = &Line { text: glued.unwrap_or(line.text), ..*line };
        if glued.is_none() && !titles::starts_session(line.text) && !reporters::starts_session(self.library, line.text)
        {
            return false;
        }
        let separator = Separator::parse(line.text);
        if self.area == Area::Sections && self.in_captured_text() {
            // A session within captured text belongs to the test that ran it.
            match separator.filter(|separator| separator.fits(self.current.width)) {
                Some(separator) => {
                    self.nested_in_text += 1;
                    self.begin_chunk(line, &separator);
                }
                None => self.push_text(line),
            }
            return true;
        }
        // With progress characters a running test does not show: any that has not ended may be.
        let items = self.current.header.collected.is_some_and(|items| items > 0) || !self.current.progress.is_empty();
        let between_dots = self.current.reports.is_empty() && items && !self.current.reached_end;
        let test_is_running = self.open.is_some() || between_dots;
        if self.area == Area::Results && test_is_running && self.current.has_start {
            let outer = std::mem::take(&mut self.current);
            self.outer.push((outer, self.open.take()));
        } else {
            self.close_session();
        }
        self.begin(line, Area::Results);
        self.current.has_start = true;
        self.current.width = separator.map(|separator| separator.width);
        if separator.is_none_or(|separator| separator.fill != '=') {
            self.current.reporter = Reporter::Other;
            self.current.width = None;
            self.current.header.collected = reporters::tap_plan(self.library, line.text);
            header::take(self.library, &mut self.current.header, line.text);
        }
        true
    }

    /// Returns the header of a session that a test ran, where progress letters stand before it on the line.
    fn glued_start<'l>(&self, text: &'l str) -> Option<&'l str> {
        let items = self.current.header.collected.is_some_and(|items| items > 0) || !self.current.progress.is_empty();
        if self.area != Area::Results || !items || text.starts_with('=') || !text.ends_with("===") {
            return None;
        }
        let rest = text.trim_start_matches(|letter| words::letter(self.library, letter).is_some());
        (rest.len() < text.len() && titles::starts_session(rest)).then_some(rest)
    }

    fn begin(&mut self, line: &Line<'_>, area: Area) {
        self.current = Evidence {
            first_line: line.number,
            started_at: line.stamp,
            label: self.label.clone(),
            ..Evidence::default()
        };
        self.area = area;
        self.open = None;
        self.nested_in_text = 0;
    }

    /// Begins a session whose header is missing.
    fn begin_without_header(&mut self, line: &Line<'_>, area: Area) {
        self.close_session();
        self.begin(line, area);
    }

    /// Takes the last line that seemed to end a session within captured text for this one's, where that session had none.
    fn last_line_of_unclosed_text(&mut self) {
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

    fn close_session(&mut self) {
        self.close_open_test();
        self.last_line_of_unclosed_text();
        let mut evidence = std::mem::take(&mut self.current);
        self.area = Area::Outside;
        if evidence.is_empty() {
            return;
        }
        // What began inside a running test is that test's output where the outer session went on, and a session of its own where it did not.
        let went_on = evidence.last_line.is_some() || evidence.reports.len() > evidence.reports_before_nested;
        let nested = std::mem::take(&mut evidence.nested);
        self.finished.push(evidence);
        if !went_on {
            self.finished.extend(nested.into_iter().filter(|nested| !nested.is_empty()));
        }
    }

    fn end_at(&mut self, line: &Line<'_>, text: &str, last_line: LastLine) {
        self.close_open_test();
        self.current.last_line = Some(last_line);
        self.current.last_line_text = Some(text.to_owned());
        self.current.stopped_at = line.stamp;
        self.area = Area::After;
        if let Some((outer, open)) = self.outer.pop() {
            let nested = std::mem::replace(&mut self.current, outer);
            self.open = open;
            self.current.reports_before_nested = self.current.reports.len();
            self.current.nested.push(nested);
            self.area = Area::Results;
        }
    }

    // ---- outside ------------------------------------------------------------------------------------------------

    /// Returns the area of the session to which a line must belong that stands outside of any.
    fn betrays_session(&self, text: &str) -> Option<Area> {
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
                let dots = || result_line::progress(self.library, text).is_some_and(|progress| progress.marked);
                (verbose || dots()).then_some(Area::Results)
            }
        }
    }

    fn outside(&mut self, line: &Line<'_>) {
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

    // ---- results ------------------------------------------------------------------------------------------------

    fn results(&mut self, line: &Line<'_>) {
        self.current.last_number = line.number;
        let text = line.text;
        if let Some(result) = own_escapes(self.library, line).or_else(|| result_line::complete(self.library, text))
            && self.accepts(&result)
            && (line.whole || result.tail != Tail::None)
        {
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
        self.other_result_line(line);
    }

    /// Takes a line of another reporter: a result, or the end of its session.
    fn foreign_line(&mut self, line: &Line<'_>) -> bool {
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
        self.current.reports.push(Report {
            node_id: result.node_id.into(),
            meaning: Some(Meaning::Test(result.outcome)),
            detail: None,
            reason: result.reason.map(Into::into),
            worker: None,
            duration: None,
        });
        true
    }

    /// Whether a complete result line is believed: with a progress mark always, without one where the session has none.
    fn accepts(&self, result: &ResultLine<'_>) -> bool {
        match result.tail {
            Tail::Progress | Tail::Time(_) => true,
            Tail::None => {
                let path = result.node_id.split("::").next().unwrap_or_default();
                !self.current.marked
                    && result_line::is_path(path)
                    && !path.contains(' ')
                    && self.current.header.workers.is_none()
                    || self.open.as_ref().is_some_and(|open| open.node_id == result.node_id)
            }
        }
    }

    fn complete_result(&mut self, result: &ResultLine<'_>, text: &str) {
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

    fn worker_result(&mut self, result: &ResultLine<'_>) {
        self.current.marked = true;
        self.current.unfinished.retain(|node_id| node_id != result.node_id);
        self.report(result);
    }

    fn report(&mut self, result: &ResultLine<'_>) {
        self.current.reports.push(Report {
            node_id: result.node_id.into(),
            meaning: result.meaning,
            detail: result.detail.map(Into::into),
            reason: result.reason.map(Into::into),
            worker: result.worker.map(Into::into),
            duration: match result.tail {
                Tail::Time(duration) => Some(duration),
                Tail::None | Tail::Progress => None,
            },
        });
    }

    /// A line of the result area that is no result: header, progress, a test's beginning, an outcome word, output.
    fn other_result_line(&mut self, line: &Line<'_>) {
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
            if result_line::split_tail(text) == ("", Tail::Progress) {
                self.current.reached_end |= text.ends_with("[100%]");
                return;
            }
            if !result_line::progress(self.library, text)
                .is_some_and(|progress| progress.path.is_some() || progress.marked)
            {
                if let Some(chunk) = self.current.inline.last_mut() {
                    chunk.text.push_line(text);
                }
                return;
            }
            self.current.inline_open = false;
        }
        self.surrounding(text);
        if self.wrapped_reason(text) {
            return;
        }
        if let Some((node_id, rest)) = result_line::opened(text)
            && self.can_open(text, node_id, rest)
        {
            self.open_test(node_id, rest);
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

    /// Takes what a line of a shell or a CI system says of the process that ran the tests.
    fn surrounding(&mut self, text: &str) {
        match surroundings::of(self.library, text) {
            Some(Surrounding::Crash) => self.current.crashed = true,
            Some(Surrounding::ExitStatus(status)) => self.current.exit_status = Some(status),
            Some(Surrounding::Label(_) | Surrounding::UsageError) | None => {}
        }
    }

    fn can_open(&self, text: &str, node_id: &str, rest: &str) -> bool {
        let path = node_id.split("::").next().unwrap_or_default();
        let bare = rest.is_empty();
        let first = text.split(' ').next().unwrap_or_default();
        !text.starts_with([' ', '\t'])
            && (bare || !path.contains(' '))
            && words::meaning(self.library, first).is_none()
            && !text.contains("::error ")
    }

    fn open_test(&mut self, node_id: &str, rest: &str) {
        if self.current.header.workers.is_some()
            || self.current.reports.last().is_some_and(|report| report.worker.is_some())
        {
            // xdist announces each test on a line of its own; the outcome line stands for itself.
            if !self.current.unfinished.iter().any(|unfinished| unfinished == node_id) {
                self.current.unfinished.push(node_id.to_owned());
            }
            return;
        }
        if self.open.as_ref().is_none_or(|open| open.node_id != node_id) {
            self.close_open_test();
        }
        let mut open = OpenTest { node_id: node_id.to_owned(), best: None, wrapped: wrapped_start(self.library, rest) };
        if open.wrapped.is_none()
            && let Some(word) = result_line::word_alone(self.library, rest)
        {
            open.weigh(&word);
        }

        self.open = Some(open);
    }

    /// Takes the continuation of a reason that is wrapped over several lines (`-vv`).
    fn wrapped_reason(&mut self, text: &str) -> bool {
        let Some(OpenTest { wrapped: Some((meaning, reason)), node_id, .. }) = &mut self.open else { return false };
        let (body, tail) = result_line::split_tail(text);
        if !reason.is_empty() && !reason.ends_with(' ') {
            reason.push(' ');
        }
        if tail == Tail::None {
            reason.push_str(body);
            return true;
        }
        reason.push_str(body.strip_suffix(')').unwrap_or(body));
        let report = Report {
            node_id: node_id.as_str().into(),
            meaning: Some(*meaning),
            detail: None,
            reason: Some(reason.as_str().into()),
            worker: None,
            duration: None,
        };
        self.current.marked |= tail == Tail::Progress;
        self.current.reached_end |= text.trim_end().ends_with("[100%]");
        self.current.reports.push(report);
        self.open = None;
        true
    }

    fn progress_line(&mut self, line: &Line<'_>) {
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

    fn close_open_test(&mut self) {
        let Some(open) = self.open.take() else { return };
        let Some((_, meaning, reason)) = open.best else {
            self.current.unfinished.push(open.node_id);
            return;
        };
        self.current.unfinished.retain(|node_id| *node_id != open.node_id);
        self.current.reports.push(Report {
            node_id: open.node_id.into(),
            meaning: Some(meaning),
            detail: None,
            reason: reason.map(Into::into),
            worker: None,
            duration: None,
        });
    }

    /// Handles a separator in the result area; returns whether the line is dealt with.
    fn separator_in_results(&mut self, line: &Line<'_>) -> bool {
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
                self.current.inline.push(chunk(line, &separator));
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
                self.current.inline.push(chunk(line, &separator));
                self.current.inline_open = true;
                true
            }
            _ => self.first_section(line, &separator),
        }
    }

    /// Leaves the result area for the sections, where the separator is believed.
    fn first_section(&mut self, line: &Line<'_>, separator: &Separator<'_>) -> bool {
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

    // ---- sections -----------------------------------------------------------------------------------------------

    fn sections(&mut self, line: &Line<'_>) {
        self.current.last_number = line.number;
        let text = line.text;
        if self.test_goes_on(line) {
            return;
        }
        if matches!(text.as_bytes().first(), Some(b'=' | b'_' | b'-' | b'!'))
            && !is_traceback_separator(text)
            && let Some(separator) = Separator::parse(text)
            && separator.fits(self.current.width)
        {
            if separator.fill == '='
                && let Some(last_line) = last_line::parse(separator.title)
            {
                self.last_line_in_sections(line, &separator, last_line);
            } else {
                if self.current.width.is_none() && !separator.minimal {
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
        if !self.in_captured_text() {
            self.surrounding(text);
        }
        self.push_text(line);
    }

    /// A test whose outcome was still open when a section seemed to begin, and now shows: the section was printed by the test.
    fn test_goes_on(&mut self, line: &Line<'_>) -> bool {
        if self.progress_goes_on(line) {
            self.back_to_results(line);
            return true;
        }
        let Some(open) = &self.open else { return false };
        if open.best.is_some() || self.current.chunks.iter().any(|chunk| chunk.fill == '!') {
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

    /// Whether a line of progress characters shows that the result area has not ended: with `-s` tests print between them.
    fn progress_goes_on(&self, line: &Line<'_>) -> bool {
        let running = self.current.has_start && !self.current.progress.is_empty() && !self.current.reached_end;
        let possible = running
            && self.open.is_none()
            && !self.in_captured_text()
            && !line.text.starts_with([' ', '>', 'E', '=', '_']);
        possible && result_line::progress(self.library, line.text).is_some_and(|progress| progress.path.is_some())
    }

    fn back_to_results(&mut self, line: &Line<'_>) {
        for chunk in std::mem::take(&mut self.current.chunks) {
            self.current.results_text.push_line(&chunk.heading);
            self.current.results_text.push_line(chunk.text.into_string().trim_end_matches('\n'));
        }
        self.area = Area::Results;
        self.results(line);
    }

    fn last_line_in_sections(&mut self, line: &Line<'_>, separator: &Separator<'_>, last_line: LastLine) {
        if self.nested_in_text > 0 {
            self.nested_in_text -= 1;
            self.begin_chunk(line, separator);
        } else if self.contradicts(&last_line) {
            self.begin_chunk(line, separator);
        } else {
            self.end_at(line, line.text, last_line);
        }
    }

    fn quiet_last_line(&mut self, line: &Line<'_>) -> bool {
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

    fn begin_chunk(&mut self, line: &Line<'_>, separator: &Separator<'_>) {
        if separator.fill == '!' && !self.in_captured_text() {
            self.current.stops.push(separator.title.to_owned());
        }
        self.current.chunks.push(chunk(line, separator));
    }

    fn push_text(&mut self, line: &Line<'_>) {
        let library = self.library;
        let Some(chunk) = self.current.chunks.last_mut() else { return };
        let names_tests = matches!(
            titles::section(library, &chunk.title),
            Some(titles::Section::Summary | titles::Section::Reruns | titles::Section::Durations)
        );
        if !line.whole && chunk.fill == '=' && names_tests {
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
    fn in_captured_text(&self) -> bool {
        let within = |chunk: &Chunk| match chunk.fill {
            '-' => titles::is_captured(self.library, &chunk.title),
            '=' => last_line::parse(&chunk.title).is_some(),
            _ => false,
        };
        self.area == Area::Sections && (self.nested_in_text > 0 || self.current.chunks.last().is_some_and(within))
    }

    /// Whether a last line cannot be this session's: it counts fewer reports than the result area showed, or, where that showed all, more.
    fn contradicts(&self, last_line: &LastLine) -> bool {
        let Some(seen) = self.current.seen(self.library) else { return false };
        let whole = self.current.marked && self.current.reached_end && self.current.has_start;
        let declared = |key: &str| last_line.totals.get(key).unwrap_or_default();
        let passed = seen.iter().find(|(key, _)| *key == "passed").map_or(0, |(_, passed)| *passed);
        seen.iter().any(|(key, seen)| declared(key) < *seen) || (whole && declared("passed") > passed)
    }

    // ---- after --------------------------------------------------------------------------------------------------

    fn after(&mut self, line: &Line<'_>) {
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

    /// Takes back an end that the following lines show to be printed text.
    fn reopen(&mut self, line: &Line<'_>) {
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

impl Evidence {
    /// Whether the session has no header: pytest was told to be quiet, or the log's beginning is missing.
    fn is_quiet(&self) -> bool {
        !self.has_start
    }

    fn inline_closed(&mut self) {
        self.inline_open = false;
    }

    /// Returns the numbers of reports that the result area showed, by the last line's keys.
    fn seen(&self, library: &Library) -> Option<Vec<(&'static str, u64)>> {
        let mut seen = std::collections::BTreeMap::new();
        for report in &self.reports {
            if let Some(Meaning::Test(outcome)) = report.meaning {
                *seen.entry(words::count_key(outcome)).or_default() += 1;
            }
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

impl OpenTest {
    /// Joins an id that holds a line break, as ids can that pytest was told not to escape: its bracket closes on this line.
    fn join_broken_id(&mut self, text: &str) {
        let depth = |text: &str| text.matches('[').count() as i64 - text.matches(']').count() as i64;
        let (body, _) = result_line::split_tail(text);
        if depth(&self.node_id) == 1
            && let Some((rest, _)) = body.rsplit_once(' ').filter(|(rest, _)| rest.ends_with(']') && depth(rest) == -1)
        {
            self.node_id = format!("{}\n{rest}", self.node_id);
        }
    }
    /// Keeps the better of the words seen so far; of equals the later, since what a test prints comes before its outcome.
    fn weigh(&mut self, word: &WordAlone<'_>) {
        if self.best.as_ref().is_none_or(|(trust, _, _)| word.trust >= *trust) {
            self.best = Some((word.trust, word.meaning, word.reason.map(str::to_owned)));
        }
    }
}

/// Returns the result of a line whose node id holds escape characters, as ids can that pytest was told not to escape: no colour of pytest's.
fn own_escapes<'l>(library: &Library, line: &Line<'l>) -> Option<ResultLine<'l>> {
    if line.raw.len() == line.text.len() {
        return None;
    }
    result_line::complete(library, line.raw).filter(|result| result.node_id.contains('\u{1b}'))
}

/// Returns the beginning of a reason that does not end on its line: `SKIPPED (a long`.
fn wrapped_start(library: &Library, rest: &str) -> Option<(Meaning, String)> {
    let (word, reason) = rest.split_once(" (")?;
    let meaning = words::meaning(library, word)?;
    let skip_or_xfail = matches!(meaning, Meaning::Test(Outcome::Skipped | Outcome::Xfailed | Outcome::Xpassed));
    (skip_or_xfail && !rest.trim_end().ends_with(')')).then(|| (meaning, reason.trim_end().to_owned()))
}

fn is_test_file(node_id: &str) -> bool {
    let path = node_id.split("::").next().unwrap_or_default();
    path.ends_with(".py") && !path.contains(' ')
}

fn chunk(line: &Line<'_>, separator: &Separator<'_>) -> Chunk {
    Chunk {
        fill: separator.fill,
        title: separator.title.to_owned(),
        heading: line.text.to_owned(),
        text: super::evidence::Text::default(),
        lines: 0,
        bold_ends: std::collections::BTreeMap::new(),
    }
}
