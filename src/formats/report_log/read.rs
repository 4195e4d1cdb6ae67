//! Line after line.

use std::io::{self, BufRead};

use super::record::{Kind, Record};
use super::session::{NO_START, SessionBuilder};
use crate::diagnostic::{Diagnostic, Parsed};
use crate::formats::ReadOptions;
use crate::formats::json::{Scratch, parse};
use crate::model::TestSession;

/// Buffers beyond this size are given back after the line that needed them.
const USUAL_LINE: usize = 1024 * 1024;
/// More diagnostics of one kind than this say nothing new.
const MOST_OF_A_KIND: u64 = 20;

/// Reads all sessions of a log.
pub(crate) fn read(mut input: impl BufRead, _options: &ReadOptions) -> Parsed<Vec<TestSession>> {
    let mut reader = Reader::default();
    let mut line = Vec::new();
    let mut scratch = Scratch::default();
    loop {
        line.clear();
        line.shrink_to(USUAL_LINE);
        match input.read_until(b'\n', &mut line) {
            Ok(0) => break,
            Ok(_) => reader.line(&line, &mut scratch),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                reader.say(Diagnostic::error("report-log-input", format!("the input could not be read: {error}")));
                reader.session.damage();
                break;
            }
        }
    }
    reader.finish()
}

#[derive(Debug, Default)]
struct Reader {
    sessions: Vec<TestSession>,
    session: SessionBuilder,
    diagnostics: Vec<Diagnostic>,
    number: u64,
    /// The line on which the session begins.
    began: u64,
    bad_lines: u64,
    foreign_lines: u64,
}

impl Reader {
    fn say(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic.at_line(self.number));
    }

    fn line(&mut self, bytes: &[u8], scratch: &mut Scratch) {
        self.number += 1;
        let text = bytes.trim_ascii();
        if text.is_empty() {
            return;
        }
        if text.first() != Some(&b'{') {
            self.foreign(text);
            return;
        }
        match parse::<Record<'_>>(text, scratch) {
            Ok(record) => match record.kind() {
                Some(kind) => self.record(kind, &record),
                None => self.foreign(text),
            },
            Err(error) => {
                let what = if error.is_cut { "a cut line" } else { "a damaged line" };
                self.bad(format!("{what} is left out: {}", error.message));
            }
        }
    }

    fn record(&mut self, kind: Kind, record: &Record<'_>) {
        if kind == Kind::SessionStart && !self.session.is_empty() {
            self.end_session();
        }
        if self.session.is_empty() {
            self.began = self.number;
        }
        if let Some(diagnostic) = self.session.add(kind, record) {
            self.say(diagnostic);
        }
    }

    /// A line that is lost.
    fn bad(&mut self, message: String) {
        self.session.damage();
        self.bad_lines += 1;
        if self.bad_lines <= MOST_OF_A_KIND {
            self.say(Diagnostic::error("report-log-line", message));
        }
    }

    /// A line that is no part of the log.
    fn foreign(&mut self, text: &[u8]) {
        // Before the first whole line, such a line is the rest of one that was cut.
        if self.number == 1 && text.last() == Some(&b'}') {
            self.bad("the first line is the rest of one that was cut".to_owned());
            return;
        }
        self.foreign_lines += 1;
        if self.foreign_lines <= MOST_OF_A_KIND {
            self.say(Diagnostic::warning("report-log-foreign-line", "a line that is no report is left out"));
        }
    }

    fn end_session(&mut self) {
        let (session, diagnostics) = std::mem::take(&mut self.session).finish();
        self.sessions.push(session);
        for diagnostic in diagnostics {
            match diagnostic.code.as_ref() {
                NO_START => self.diagnostics.push(diagnostic.at_line(self.began)),
                _at_its_end => self.say(diagnostic),
            }
        }
    }

    fn finish(mut self) -> Parsed<Vec<TestSession>> {
        for (count, code, what) in [
            (self.bad_lines, "report-log-line", "damaged lines"),
            (self.foreign_lines, "report-log-foreign-line", "lines that are no report"),
        ] {
            if count > MOST_OF_A_KIND {
                let message = format!("{} more {what} are left out", count - MOST_OF_A_KIND);
                self.diagnostics.push(Diagnostic::warning(code, message));
            }
        }
        if !self.session.is_empty() {
            self.end_session();
        }
        Parsed { value: self.sessions, diagnostics: self.diagnostics }
    }
}
