//! The state of a scan, and where sessions begin and end.

use super::broken_phases::FailureText;
use super::collected_files::CollectedFiles;
use super::open_test::OpenTest;
use crate::formats::terminal::ansi::EscapeForm;
use crate::formats::terminal::evidence::Evidence;
use crate::formats::terminal::evidence::Reporter;
use crate::formats::terminal::header;
use crate::formats::terminal::last_line::LastLine;
use crate::formats::terminal::prefix::Written;
use crate::formats::terminal::reporters;
use crate::formats::terminal::separator::Separator;
use crate::formats::terminal::titles;
use crate::grammar::Library;

/// A line without prefix and colours.
#[derive(Debug, Clone, Copy)]
pub(in crate::formats::terminal) struct Line<'l> {
    /// Its number in the log.
    pub(in crate::formats::terminal) number: u64,
    /// The text.
    pub(in crate::formats::terminal) text: &'l str,
    /// The text with its escape sequences.
    pub(in crate::formats::terminal) raw: &'l str,
    /// How the log writes the escape character.
    pub(in crate::formats::terminal) form: EscapeForm,
    /// When it was written.
    pub(in crate::formats::terminal) stamp: Written<'l, 'l>,
    /// Whether it has an end: the last line of a cut log has none, and an id in it may lack its own.
    pub(in crate::formats::terminal) whole: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Area {
    #[default]
    Outside,
    Results,
    Sections,
    After,
}

/// The scan of one stream.
#[derive(Debug)]
pub(in crate::formats::terminal) struct Scanner<'g> {
    pub(super) library: &'g Library,
    pub(super) finished: Vec<Evidence>,
    /// Sessions in whose running test the current one began.
    pub(super) outer: Vec<(Evidence, Option<OpenTest>)>,
    pub(super) current: Evidence,
    pub(super) area: Area,
    pub(super) open: Option<OpenTest>,
    /// Sessions begun within captured text, not yet at their last line.
    pub(super) nested_in_text: usize,
    pub(super) label: Option<String>,
    /// Whether the latest separator of the sections heads text that a test printed.
    pub(super) captured: bool,
    /// The failure of another reporter whose text is being read.
    pub(super) failure_text: FailureText,
    pub(super) collected_files: CollectedFiles,
}

impl<'g> Scanner<'g> {
    /// Returns a scan that has seen nothing.
    pub(in crate::formats::terminal) fn new(library: &'g Library) -> Scanner<'g> {
        Scanner {
            library,
            finished: Vec::new(),
            outer: Vec::new(),
            current: Evidence::default(),
            area: Area::Outside,
            open: None,
            nested_in_text: 0,
            label: None,
            captured: false,
            failure_text: FailureText::default(),
            collected_files: CollectedFiles::default(),
        }
    }

    /// Takes the next line.
    pub(in crate::formats::terminal) fn line(&mut self, line: &Line<'_>) {
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
    pub(in crate::formats::terminal) fn finish(mut self) -> Vec<Evidence> {
        self.close_session();
        while let Some((outer, open)) = self.outer.pop() {
            let nested = std::mem::replace(&mut self.current, outer);
            self.open = open;
            self.current.nested.push(nested);
            self.close_session();
        }
        self.finished
    }

    /// Begins a session where the line is a header's first.
    pub(super) fn session_start(&mut self, line: &Line<'_>) -> bool {
        let possible = matches!(line.text.as_bytes().first(), Some(b'=' | b'T' | b'1' | 0xe2));
        if !possible && !line.text.ends_with("===") {
            return false;
        }
        let glued = self.glued_start(line.text);
        if let Some((before, _)) = glued {
            self.results(&Line { text: before, raw: before, ..*line });
        }
        let line = &Line { text: glued.map_or(line.text, |(_, header)| header), ..*line };
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
        // What a wrong argument is told on another stream may stand before the session that it spoilt.
        let spoilt = self.current.usage_error && !self.current.has_start && self.current.reports.is_empty();
        if spoilt {
            self.current = Evidence::default();
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
        self.current.usage_error = spoilt;
        self.current.has_start = true;
        self.current.width = separator.map(|separator| separator.width);
        if separator.is_none_or(|separator| separator.fill != '=') {
            self.current.reporter = Reporter::Other;
            self.current.own_end = line.text.starts_with('T');
            self.current.width = None;
            self.current.header.collected = reporters::tap_plan(self.library, line.text);
            header::take(self.library, &mut self.current.header, line.text);
        }
        true
    }

    pub(super) fn begin(&mut self, line: &Line<'_>, area: Area) {
        self.current = Evidence {
            first_line: line.number,
            started_at: line.stamp.at(),
            label: self.label.clone(),
            ..Evidence::default()
        };
        self.area = area;
        self.open = None;
        self.nested_in_text = 0;
        self.captured = false;
        self.failure_text = FailureText::default();
    }

    /// Begins a session whose header is missing.
    pub(super) fn begin_without_header(&mut self, line: &Line<'_>, area: Area) {
        self.close_session();
        self.begin(line, area);
    }

    pub(super) fn close_session(&mut self) {
        self.close_open_test();
        self.last_line_of_unclosed_text();
        if self.current.last_line.is_none() {
            self.take_surroundings();
        }
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

    pub(super) fn end_at(&mut self, line: &Line<'_>, text: &str, last_line: LastLine) {
        self.close_open_test();
        self.current.last_line = Some(last_line);
        self.current.last_line_text = Some(text.to_owned());
        self.current.stopped_at = line.stamp.at();
        self.area = Area::After;
        if let Some((outer, open)) = self.outer.pop() {
            let nested = std::mem::replace(&mut self.current, outer);
            self.open = open;
            self.current.reports_before_nested = self.current.reports.len();
            self.current.nested.push(nested);
            self.area = Area::Results;
        }
    }
}
