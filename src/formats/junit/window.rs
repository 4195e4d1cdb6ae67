//! Bytes to text, a window at a time, with the line of each place.

use std::io::{self, BufRead};

use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use memchr::memmem;

use super::problems::Problem;

/// How much is taken from the input at once, so that what is being read stays in the processor's caches.
const CHUNK: usize = 256 * 1024;
/// How many leading bytes may hold the declaration of an encoding.
const HEAD: usize = 1024;

/// A growing and shrinking piece of the input, as text.
pub(super) struct Window<Input> {
    input: Input,
    text: String,
    /// Where the unread text begins.
    start: usize,
    /// How far newlines were counted.
    counted: usize,
    /// The line of `counted`, from 1.
    line: u64,
    decoding: Decoding,
    /// The first bytes of a character whose rest is not read yet.
    carry: Vec<u8>,
    ended: bool,
    problems: Vec<(u64, Problem)>,
}

enum Decoding {
    /// Nothing was read yet.
    Unknown,
    /// UTF-8; bytes that are none are read as Windows-1252 until a character of several bytes shows that the text means to be UTF-8.
    Utf8 { seen_multibyte: bool, told: bool },
    /// The encoding that the document declares.
    Declared(Box<Decoder>),
}

impl<Input: BufRead> Window<Input> {
    pub(super) fn new(input: Input) -> Window<Input> {
        Window {
            input,
            text: String::new(),
            start: 0,
            counted: 0,
            line: 1,
            decoding: Decoding::Unknown,
            carry: Vec::new(),
            ended: false,
            problems: Vec::new(),
        }
    }

    /// Returns the text that was read from the input and not consumed.
    pub(super) fn rest(&self) -> &str {
        self.text.get(self.start..).unwrap_or_default()
    }

    /// Returns whether nothing will come behind [`Window::rest`].
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// Returns where the unread text begins: an offset for [`Window::slice`], valid until the next [`Window::fill`].
    pub(super) fn offset(&self) -> usize {
        self.start
    }

    /// Returns a piece of the text by offsets.
    pub(super) fn slice(&self, range: std::ops::Range<usize>) -> &str {
        self.text.get(range).unwrap_or_default()
    }

    /// Passes over `length` bytes of the unread text.
    pub(super) fn consume(&mut self, length: usize) {
        self.start = (self.start + length).min(self.text.len());
    }

    /// Returns the line of the offset, from 1. Offsets must not go back.
    pub(super) fn line_at(&mut self, offset: usize) -> u64 {
        self.count_to(offset);
        self.line
    }

    /// Reads more; returns false where there is no more.
    pub(super) fn fill(&mut self) -> bool {
        if self.ended {
            return false;
        }
        self.count_to(self.start);
        self.text.drain(..self.start);
        self.counted = self.counted.saturating_sub(self.start);
        self.start = 0;
        let before = self.text.len();
        while self.text.len() == before && !self.ended {
            self.read_some();
        }
        self.text.len() > before
    }

    /// Returns what went wrong since the last call, with the lines.
    pub(super) fn take_problems(&mut self) -> Vec<(u64, Problem)> {
        std::mem::take(&mut self.problems)
    }

    /// Returns whether [`Window::take_problems`] has anything to return.
    pub(super) fn has_problems(&self) -> bool {
        !self.problems.is_empty()
    }

    fn count_to(&mut self, offset: usize) {
        if let Some(passed) = self.text.as_bytes().get(self.counted..offset) {
            self.line += newlines(passed);
            self.counted = offset;
        }
    }

    fn last_line(&self) -> u64 {
        let uncounted = self.text.as_bytes().get(self.counted..).unwrap_or_default();
        self.line + newlines(uncounted)
    }

    fn read_some(&mut self) {
        if matches!(self.decoding, Decoding::Unknown) {
            self.read_head();
            return;
        }
        match self.input.fill_buf() {
            Ok([]) => {
                self.ended = true;
                let carry = std::mem::take(&mut self.carry);
                self.decode(&carry);
            }
            Ok(chunk) if self.carry.is_empty() => {
                let chunk = &chunk[..chunk.len().min(CHUNK)];
                // The chunk is borrowed from the input, so the parts of `self` are handed on singly.
                let length = chunk.len();
                let mut sink = Sink { text: &mut self.text, carry: &mut self.carry, bad: None };
                sink.decode(&mut self.decoding, chunk, false);
                let bad = sink.bad;
                self.input.consume(length);
                self.tell(bad);
            }
            Ok(chunk) => {
                let chunk = &chunk[..chunk.len().min(CHUNK)];
                let length = chunk.len();
                let mut bytes = std::mem::take(&mut self.carry);
                bytes.extend_from_slice(chunk);
                self.input.consume(length);
                self.decode(&bytes);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                self.ended = true;
                let line = self.last_line();
                self.problems.push((line, Problem::Unreadable(error.to_string())));
            }
        }
    }

    /// Reads enough to see whether an encoding is declared.
    fn read_head(&mut self) {
        let mut head = Vec::with_capacity(HEAD);
        loop {
            match self.input.fill_buf() {
                Ok([]) => break,
                Ok(chunk) => {
                    let taken = chunk.len().min(HEAD - head.len());
                    head.extend_from_slice(&chunk[..taken]);
                    self.input.consume(taken);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.problems.push((1, Problem::Unreadable(error.to_string())));
                    self.ended = true;
                    break;
                }
            }
            if head.len() >= HEAD {
                break;
            }
        }
        self.decoding = match declared(&head) {
            Declaration::Utf8 => Decoding::Utf8 { seen_multibyte: false, told: false },
            Declaration::Other(encoding) => Decoding::Declared(Box::new(encoding.new_decoder_without_bom_handling())),
            Declaration::Unknown(label) => {
                self.problems.push((1, Problem::UnknownEncoding(label)));
                Decoding::Utf8 { seen_multibyte: false, told: false }
            }
        };
        self.decode(&head);
    }

    fn decode(&mut self, bytes: &[u8]) {
        let mut sink = Sink { text: &mut self.text, carry: &mut self.carry, bad: None };
        sink.decode(&mut self.decoding, bytes, self.ended);
        let bad = sink.bad;
        self.tell(bad);
    }

    fn tell(&mut self, bad: Option<BadBytes>) {
        if let Some(bad) = bad {
            let before = self.text.as_bytes().get(self.counted..bad.at).unwrap_or_default();
            let line = self.line + newlines(before);
            self.problems.push((line, bad.problem));
        }
    }
}

/// Counts line ends. Between two places that anybody asks for there is little text, for which a search would cost more to set up than
/// this costs in all; bytes as counters let the compiler take many at once.
fn newlines(text: &[u8]) -> u64 {
    let count = |few: &[u8]| few.iter().map(|byte| u8::from(*byte == b'\n')).sum::<u8>();
    text.chunks(usize::from(u8::MAX)).map(|few| u64::from(count(few))).sum()
}

/// Where decoded text goes.
struct Sink<'window> {
    text: &'window mut String,
    carry: &'window mut Vec<u8>,
    bad: Option<BadBytes>,
}

struct BadBytes {
    at: usize,
    problem: Problem,
}

impl Sink<'_> {
    fn decode(&mut self, decoding: &mut Decoding, bytes: &[u8], last: bool) {
        match decoding {
            Decoding::Unknown => {}
            Decoding::Utf8 { seen_multibyte, told } => self.decode_utf8(bytes, last, seen_multibyte, told),
            Decoding::Declared(decoder) => self.decode_declared(decoder, bytes, last),
        }
    }

    fn decode_utf8(&mut self, mut bytes: &[u8], last: bool, seen_multibyte: &mut bool, told: &mut bool) {
        loop {
            let (valid, invalid) = match simdutf8::compat::from_utf8(bytes) {
                Ok(valid) => (valid, None),
                Err(error) => {
                    let (valid, rest) = bytes.split_at(error.valid_up_to());
                    // The split is where the valid text ends.
                    (std::str::from_utf8(valid).unwrap_or_default(), Some((rest, error.error_len())))
                }
            };
            *seen_multibyte = *seen_multibyte || !valid.is_ascii();
            self.text.push_str(valid);
            let Some((rest, length)) = invalid else { return };
            if length.is_none() && !last {
                self.carry.extend_from_slice(rest);
                return;
            }
            let (bad, after) = rest.split_at(length.unwrap_or(rest.len()).min(rest.len()));
            if !*told {
                *told = true;
                let problem = if *seen_multibyte { Problem::BadBytes } else { Problem::NotUtf8 };
                self.bad = Some(BadBytes { at: self.text.len(), problem });
            }
            if *seen_multibyte {
                self.text.push('\u{fffd}');
            } else {
                self.text.push_str(&WINDOWS_1252.decode_without_bom_handling(bad).0);
            }
            bytes = after;
        }
    }

    fn decode_declared(&mut self, decoder: &mut Decoder, mut bytes: &[u8], last: bool) {
        loop {
            self.text.reserve(decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len() * 3 + 16));
            let at = self.text.len();
            let (result, read, replaced) = decoder.decode_to_string(bytes, self.text, last);
            if replaced && self.bad.is_none() {
                self.bad = Some(BadBytes { at, problem: Problem::BadBytes });
            }
            bytes = bytes.get(read..).unwrap_or_default();
            if result == CoderResult::InputEmpty {
                return;
            }
        }
    }
}

enum Declaration {
    Utf8,
    Other(&'static Encoding),
    Unknown(String),
}

/// Returns the encoding of a label, also of those that Python uses: `latin-1`, `utf_8`, `cp1252`.
fn encoding_of(label: &[u8]) -> Option<&'static Encoding> {
    let label = String::from_utf8_lossy(label).to_ascii_lowercase().replace('_', "-");
    let windows = label.strip_prefix("cp").map(|page| format!("windows-{page}"));
    let labels = [Some(label.clone()), Some(label.replace('-', "")), windows];
    labels.into_iter().flatten().find_map(|label| Encoding::for_label(label.as_bytes()))
}

/// Returns the encoding that the XML declaration in these bytes names. UTF-16 is decoded before it comes here.
fn declared(head: &[u8]) -> Declaration {
    let label = memmem::find(head, b"<?xml").and_then(|at| {
        let rest = &head[at..];
        let declaration = &rest[..memmem::find(rest, b"?>")?];
        let value = &declaration[memmem::find(declaration, b"encoding")? + b"encoding".len()..];
        let open = value.iter().position(|byte| matches!(byte, b'"' | b'\''))?;
        let value = &value[open + 1..];
        let close = value.iter().position(|byte| matches!(byte, b'"' | b'\''))?;
        Some(&value[..close])
    });
    match label {
        None => Declaration::Utf8,
        Some(label) => match encoding_of(label) {
            Some(encoding) if [UTF_8, UTF_16LE, UTF_16BE].contains(&encoding) => Declaration::Utf8,
            Some(encoding) => Declaration::Other(encoding),
            None => Declaration::Unknown(String::from_utf8_lossy(label).into_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    fn text(bytes: &[u8]) -> (String, Vec<(u64, Problem)>) {
        // A capacity of one byte splits every character.
        let mut window = Window::new(BufReader::with_capacity(1, bytes));
        while window.fill() {}
        (window.rest().to_owned(), window.take_problems())
    }

    #[test]
    fn declared_encodings_are_decoded() {
        let (decoded, problems) = text(b"<?xml version='1.0' encoding='ISO-8859-1'?>\xe9");
        assert!(decoded.ends_with('é'), "{decoded}");
        assert_eq!(problems, []);
        for (label, character) in [("windows-1251", 'й'), ("cp1251", 'й'), ("latin-1", 'é'), ("ISO_8859-1", 'é')] {
            let mut bytes = format!("<?xml version=\"1.0\" encoding=\"{label}\"?>").into_bytes();
            bytes.push(0xe9);
            assert!(text(&bytes).0.ends_with(character), "{label}");
        }
        assert_eq!(text(b"<?xml version='1.0' encoding='utf8'?>\xc3\xa9").1, []);
    }

    #[test]
    fn undeclared_latin_1_is_told_from_damaged_utf_8() {
        assert_eq!(text(b"caf\xe9 \x80\n"), ("café €\n".to_owned(), vec![(1, Problem::NotUtf8)]));
        assert_eq!(text(b"\xc3\xa9\n\xff \xe2\x82"), ("é\n\u{fffd} \u{fffd}".to_owned(), vec![(2, Problem::BadBytes)]));
    }

    #[test]
    fn an_unknown_encoding_is_read_as_utf_8() {
        let (decoded, problems) = text("<?xml version='1.0' encoding='klingon'?>é".as_bytes());
        assert!(decoded.ends_with('é'));
        assert_eq!(problems, [(1, Problem::UnknownEncoding("klingon".to_owned()))]);
    }

    #[test]
    fn lines_are_counted_across_fills() {
        let bytes = b"a\nb\nc\nd";
        let mut window = Window::new(BufReader::with_capacity(2, &bytes[..]));
        let mut lines = Vec::new();
        while window.fill() {
            while !window.rest().is_empty() {
                lines.push(window.line_at(window.offset()));
                window.consume(1);
            }
        }
        assert_eq!(lines, [1, 1, 2, 2, 3, 3, 4]);
    }
}
