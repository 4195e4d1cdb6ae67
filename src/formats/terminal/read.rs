//! The way of a log through the steps: bytes, lines, prefixes, streams, evidence, sessions.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::BufRead;

use chrono::{DateTime, Utc};
use memchr::memmem;

use super::ansi::{self, EscapeForm};
use super::assemble::assemble;
use super::evidence::Evidence;
use super::lines::{Lines, PhysicalLine};
use super::prefix::{Prefixes, Unwrapped, Written};
use super::scan::{Line, Scanner};
use crate::diagnostic::{Diagnostic, Parsed};
use crate::formats::ReadOptions;
use crate::formats::encoding::text_of;
use crate::grammar::Library;
use crate::model::TestSession;

/// How many lines, and bytes, are looked at to learn the prefixes.
const SAMPLE_LINES: usize = 400;
const SAMPLE_BYTES: usize = 1 << 18;
/// How many streams one log may hold; the lines of further ones go to the first.
const MOST_STREAMS: usize = 256;

/// Reads the sessions of a console log.
pub(crate) fn read(input: impl BufRead, options: &ReadOptions) -> Parsed<Vec<TestSession>> {
    let mut log = Log::new(options.library());
    let mut lines = Lines::new(input);
    loop {
        let next = match lines.batch(|number, line| log.text_line(number, line)) {
            Ok(()) => lines.next(),
            Err(error) => Err(error),
        };
        match next {
            Ok(Some(line)) => log.physical_line(line),
            Ok(None) => break,
            Err(error) => {
                let message = format!("the log could not be read to its end: {error}");
                log.diagnostics.push(Diagnostic::error("terminal-input", message));
                break;
            }
        }
    }
    log.finish()
}

/// A line that the next one may continue.
struct Held {
    number: u64,
    text: String,
    key: String,
    written: Option<DateTime<Utc>>,
    /// Whether the next line continues it.
    continued: bool,
    whole: bool,
}

/// A log while it is read.
struct Log<'g> {
    library: &'g Library,
    /// Lines that wait until the prefixes are known.
    sample: Vec<(u64, String, bool)>,
    sample_bytes: usize,
    learned: bool,
    prefixes: Prefixes<'g>,
    form: EscapeForm,
    /// The name of each stream, and its scan.
    streams: Vec<(String, Scanner<'g>)>,
    places: HashMap<String, usize>,
    /// The stream of the line before.
    latest: usize,
    /// Finds the first line of a session.
    starts: memmem::Finder<'static>,
    /// A line that the next one may continue.
    held: Option<Held>,
    diagnostics: Vec<Diagnostic>,
}

impl<'g> Log<'g> {
    fn new(library: &'g Library) -> Log<'g> {
        Log {
            library,
            sample: Vec::new(),
            sample_bytes: 0,
            learned: false,
            prefixes: Prefixes::default(),
            form: EscapeForm::default(),
            streams: Vec::new(),
            places: HashMap::new(),
            latest: 0,
            starts: memmem::Finder::new("== test session starts =="),
            held: None,
            diagnostics: Vec::new(),
        }
    }

    fn physical_line(&mut self, line: PhysicalLine<'_>) {
        if line.left_out > 0 {
            let message = format!("the line is too long: {} bytes of its middle are left out", line.left_out);
            self.diagnostics.push(Diagnostic::warning("terminal-long-line", message).at_line(line.number));
        }
        let text = text_of(line.bytes);
        if self.learned {
            self.line(line.number, &text, line.whole);
            return;
        }
        self.sample(line.number, text, line.whole);
    }

    /// Takes a line that is whole and text.
    fn text_line(&mut self, number: u64, text: &str) {
        if !self.learned {
            self.sample(number, Cow::Borrowed(text), true);
        } else if !self.plain_line(number, text) {
            self.line(number, text, true);
        }
    }

    fn sample(&mut self, number: u64, text: Cow<'_, str>, whole: bool) {
        self.sample_bytes += text.len();
        self.sample.push((number, text.into_owned(), whole));
        if self.sample.len() >= SAMPLE_LINES || self.sample_bytes >= SAMPLE_BYTES {
            self.learn();
        }
    }

    /// Learns prefixes and escape form from the sample, and reads the lines that waited.
    fn learn(&mut self) {
        let sample: Vec<String> = self.sample.iter().map(|(_, line, _)| line.clone()).collect();
        self.prefixes = Prefixes::detect(self.library, &sample);
        self.form = sample.iter().find_map(|line| EscapeForm::of(line)).unwrap_or_default();
        self.learned = true;
        for (number, line, whole) in std::mem::take(&mut self.sample) {
            self.line(number, &line, whole);
        }
    }

    /// Hands a line that is the plainest of results to the scan of its stream; returns whether it is.
    ///
    /// Such a line holds no escape character and no heading, so that nothing of it is to be taken off but a plain prefix; and lines with such a
    /// prefix are whole, and of the stream without a name.
    fn plain_line(&mut self, number: u64, line: &str) -> bool {
        let possible = line.ends_with("%]") && self.form == EscapeForm::Escape && self.held.is_none();
        let Some(text) = possible.then(|| self.prefixes.unwrap_plain(line)).flatten() else { return false };
        let stream = self.streams.get_mut(self.latest).filter(|(key, _)| key.is_empty());
        stream.is_some_and(|(_, scanner)| scanner.plain_line(number, text))
    }

    fn line(&mut self, number: u64, line: &str, whole: bool) {
        // Most lines hold no such character, and a search for one is far cheaper than for many.
        let heading = memchr::memchr(b'=', line.as_bytes()).and_then(|from| line.as_bytes().get(from..));
        if heading.is_some_and(|heading| self.starts.find(heading).is_some()) {
            self.relearn_at_start(line);
        }
        if self.prefixes.is_empty() {
            self.deliver(number, line, "", Written::Unknown, whole);
            return;
        }
        let (text, unwrapped) = self.prefixes.unwrap(line);
        if !self.prefixes.join_lines() {
            self.deliver(number, &text, &unwrapped.key, unwrapped.stamp, whole);
            return;
        }
        if let Some(mut held) = self.held.take() {
            if unwrapped.continues || held.continued {
                held.text.push_str(&text);
                held.continued = unwrapped.continued;
                held.whole = whole;
                self.held = Some(held);
                return;
            }
            self.deliver_held(&held);
        }
        let Unwrapped { key, stamp, continued, .. } = unwrapped;
        self.held = Some(Held { number, text: text.into_owned(), key, written: stamp.at(), continued, whole });
    }

    fn deliver_held(&mut self, held: &Held) {
        let written = held.written.map_or(Written::Unknown, Written::At);
        self.deliver(held.number, &held.text, &held.key, written, held.whole);
    }

    /// Learns the prefix from the line that starts a session, where the sample did not tell.
    fn relearn_at_start(&mut self, line: &str) {
        let (text, _) = self.prefixes.unwrap(line);
        if ansi::strip(&text, self.form).starts_with("==") {
            return;
        }
        if let Some(form) = EscapeForm::of(line) {
            self.form = form;
        }
        let prefixes = Prefixes::detect(self.library, &[line.to_owned()]);
        if ansi::strip(&prefixes.unwrap(line).0, self.form).starts_with("==") {
            self.prefixes = prefixes;
        }
    }

    fn deliver(&mut self, number: u64, raw: &str, key: &str, stamp: Written<'_, '_>, whole: bool) {
        let plain = ansi::strip(raw, self.form);
        let line = Line { number, text: &plain, raw, form: self.form, stamp, whole };
        let stream = self.stream(key);
        if let Some((_, scanner)) = self.streams.get_mut(stream) {
            scanner.line(&line);
        }
    }

    /// Returns the place of a stream; most lines are of the same stream as the line before.
    fn stream(&mut self, key: &str) -> usize {
        // Most streams have no name; two empty texts are not to be compared byte by byte, which takes as long as reading the line: they have no
        // memory to look at.
        let same = |latest: &str| latest.len() == key.len() && (key.is_empty() || latest == key);
        if self.streams.get(self.latest).is_some_and(|(latest, _)| same(latest)) {
            return self.latest;
        }
        let known = self.places.get(key).copied();
        self.latest = known.unwrap_or_else(|| {
            let key = if self.streams.len() < MOST_STREAMS { key } else { "" };
            let next = self.streams.len();
            let place = *self.places.entry(key.to_owned()).or_insert(next);
            if place == next {
                self.streams.push((key.to_owned(), Scanner::new(self.library)));
            }
            place
        });
        self.latest
    }

    fn finish(mut self) -> Parsed<Vec<TestSession>> {
        if !self.learned {
            self.learn();
        }
        if let Some(held) = self.held.take() {
            self.deliver_held(&held);
        }
        let streams = self.streams.into_iter();
        let mut evidence: Vec<Evidence> = streams.flat_map(|(_, scanner)| scanner.finish()).collect();
        evidence.sort_by_key(|evidence| evidence.first_line);
        let mut diagnostics = self.diagnostics;
        let mut sessions = Vec::with_capacity(evidence.len());
        for evidence in evidence {
            let parsed = assemble(self.library, evidence);
            sessions.push(parsed.value);
            diagnostics.extend(parsed.diagnostics);
        }
        Parsed { value: sessions, diagnostics }
    }
}
