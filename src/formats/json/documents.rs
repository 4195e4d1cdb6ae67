//! What the readers of whole documents share: documents one behind the other, and what to say of those that are cut or damaged.

use std::io::BufRead;

use memchr::memmem;
use serde::Deserialize;

use super::scan::{Scanner, Stop};
use super::{Lenient, ParseError, Scratch, parse};
use crate::diagnostic::Diagnostic;

/// More diagnostics of one kind than this say nothing new.
const MOST_OF_A_KIND: u64 = 20;

/// How many times the bytes of a damaged value may be gone through to find what is whole in it.
const SALVAGE_EFFORT: usize = 8;

/// The documents of an input.
pub(crate) struct Documents<Input> {
    scanner: Scanner<Input>,
    scratch: Scratch,
    /// The prefix of the diagnostics' codes.
    reader: &'static str,
    diagnostics: Vec<Diagnostic>,
    /// How many elements were lost.
    lost: u64,
    /// Whether an element of the document that is being read was lost.
    is_damaged: bool,
    /// Whether text was skipped that is no document.
    has_skipped: bool,
    /// Whether the last document ended before its end.
    broke_off: bool,
}

/// How much of a document there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wholeness {
    Whole,
    /// It comes to its end, but parts of it could not be read.
    Damaged,
    /// Its head or its end is missing.
    Cut,
}

/// One element of an array, not yet parsed.
pub(crate) struct Element<'a> {
    bytes: &'a [u8],
    scratch: &'a mut Scratch,
}

impl<'a> Element<'a> {
    pub(crate) fn parse<Value: Deserialize<'a>>(self) -> Result<Value, ParseError> {
        parse(self.bytes, self.scratch)
    }
}

impl<Input: BufRead> Documents<Input> {
    pub(crate) fn new(input: Input, reader: &'static str) -> Documents<Input> {
        Documents {
            scanner: Scanner::new(input),
            scratch: Scratch::default(),
            reader,
            diagnostics: Vec::new(),
            lost: 0,
            is_damaged: false,
            has_skipped: false,
            broke_off: false,
        }
    }

    /// Goes into the next document; returns whether there is one.
    pub(crate) fn begin(&mut self) -> bool {
        self.is_damaged = false;
        match self.scanner.begin_document() {
            Ok(begun) => {
                // What stands behind a document that broke off is the rest of it.
                let line = begun.foreign_line.filter(|_| begun.is_document || !self.broke_off);
                line.into_iter().for_each(|line| self.say_foreign(line));
                begun.is_document
            }
            Err(stop) => {
                self.stop(&stop);
                false
            }
        }
    }

    /// Notes that the document that was read is no report.
    pub(crate) fn skipped(&mut self) {
        self.say_foreign(self.scanner.line());
    }

    /// Says once that there is text that is no document.
    fn say_foreign(&mut self, line: u64) {
        if !self.has_skipped {
            self.has_skipped = true;
            let code = format!("{}-foreign-text", self.reader);
            self.diagnostics.push(Diagnostic::warning(code, "text that is no report is left out").at_line(line));
        }
    }

    pub(crate) fn next_key(&mut self) -> Result<Option<String>, Stop> {
        self.scanner.next_key()
    }

    pub(crate) fn enter_object(&mut self) -> Result<bool, Stop> {
        self.scanner.enter(b'{')
    }

    pub(crate) fn enter_array(&mut self) -> Result<bool, Stop> {
        self.scanner.enter(b'[')
    }

    /// Reads a value as a whole; a damaged one counts as lost.
    pub(crate) fn value(&mut self, key: &str, then: impl FnOnce(&Lenient<'_>)) -> Result<(), Stop> {
        let bytes = self.scanner.value()?;
        match parse::<Lenient<'_>>(bytes, &mut self.scratch) {
            Ok(value) => then(&value),
            Err(error) => self.lose(key, &error),
        }
        Ok(())
    }

    /// Returns the next element of the array that was entered.
    pub(crate) fn next_element(&mut self) -> Result<Option<Element<'_>>, Stop> {
        let scratch = &mut self.scratch;
        Ok(self.scanner.next_element()?.map(|bytes| Element { bytes, scratch }))
    }

    /// Returns the object of which the name of the first member has just been read, as an element.
    pub(crate) fn element_of_key(&mut self, key: &str) -> Result<Element<'_>, Stop> {
        Ok(Element { bytes: self.scanner.object_of_key(key)?, scratch: &mut self.scratch })
    }

    /// Says that the input begins within a document.
    pub(crate) fn head_is_cut(&mut self) {
        let message = "the input begins within a document; the tests behind the cut are read";
        self.say_error("head-cut", message);
    }

    /// Returns the whole objects that begin with the member `key` inside the last value, which is itself cut or damaged: damage in one element
    /// can make the rest of the document look like a part of it.
    pub(crate) fn salvage(&self, key: &str) -> Vec<Vec<u8>> {
        let name = format!("\"{key}\"");
        let bytes = self.scanner.last_value();
        let mut found = Vec::new();
        let mut from = 1;
        // Objects that do not end are looked for to the end of the bytes, each of them: that has to have an end itself.
        let mut budget = bytes.len().saturating_mul(SALVAGE_EFFORT);
        while budget > 0
            && let Some(offset) = bytes.get(from..).and_then(|rest| memmem::find(rest, name.as_bytes()))
        {
            let at = from + offset;
            from = at + name.len();
            let before = bytes[..at].trim_ascii_end();
            let Some(start) = before.len().checked_sub(1).filter(|start| *start > 0 && bytes[*start] == b'{') else {
                continue;
            };
            let mut scanner = Scanner::new(&bytes[start..]);
            match scanner.value() {
                Ok(value) => {
                    budget = budget.saturating_sub(value.len());
                    from = start + value.len();
                    found.push(value.to_vec());
                }
                Err(_) => budget = budget.saturating_sub(bytes.len() - start),
            }
        }
        found
    }

    /// Notes what there is to say about the element that was read last.
    pub(crate) fn say_of_element(&mut self, diagnostic: Option<Diagnostic>) {
        let line = self.scanner.value_line();
        self.diagnostics.extend(diagnostic.map(|diagnostic| diagnostic.at_line(line)));
    }

    /// Notes that a value could not be read.
    pub(crate) fn lose(&mut self, what: &str, error: &ParseError) {
        self.is_damaged = true;
        self.lost += 1;
        if self.lost <= MOST_OF_A_KIND {
            let code = format!("{}-damaged", self.reader);
            let message = format!("a damaged element of {what} is left out: {}", error.message);
            self.say_of_element(Some(Diagnostic::error(code, message)));
        }
    }

    /// Says how the document ended; returns how much of it there is.
    pub(crate) fn end(&mut self, end: Result<(), Stop>) -> Wholeness {
        self.broke_off = end.is_err();
        match end {
            Ok(()) if self.is_damaged => Wholeness::Damaged,
            Ok(()) => Wholeness::Whole,
            Err(stop) => {
                self.stop(&stop);
                Wholeness::Cut
            }
        }
    }

    fn stop(&mut self, stop: &Stop) {
        let column = self.scanner.column();
        let (code, message) = match stop {
            Stop::Cut => ("cut", format!("the document ends before it is complete, at column {column}")),
            Stop::Damaged(what) => ("damaged", format!("the document is damaged at column {column}: {what}")),
            Stop::Input(error) => ("input", format!("the input could not be read: {error}")),
        };
        self.say_error(code, &message);
    }

    fn say_error(&mut self, code: &str, message: &str) {
        let code = format!("{}-{code}", self.reader);
        self.diagnostics.push(Diagnostic::error(code, message).at_line(self.scanner.line()));
    }

    /// Returns all there is to say.
    pub(crate) fn into_diagnostics(mut self, more: Vec<Diagnostic>) -> Vec<Diagnostic> {
        if self.lost > MOST_OF_A_KIND {
            let message = format!("{} more damaged elements are left out", self.lost - MOST_OF_A_KIND);
            self.diagnostics.push(Diagnostic::error(format!("{}-damaged", self.reader), message));
        }
        self.diagnostics.extend(more);
        self.diagnostics
    }
}
