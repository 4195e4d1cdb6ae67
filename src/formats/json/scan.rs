//! A JSON document piece by piece: its members and elements as bytes, one at a time.
//!
//! So a document of any size needs the memory of its largest element, what is whole in a cut document is kept, and an element that is
//! damaged costs only itself. The scanner knows strings and brackets, nothing else: whether an element is sound, its parser says.

use std::io::{self, BufRead};

use memchr::{memchr_iter, memchr2};

/// An element larger than this is no test result.
const LARGEST_VALUE: usize = 1 << 30;
/// A buffer beyond this size is given back after the element that needed it.
const USUAL_VALUE: usize = 1024 * 1024;

/// Why a document goes no further.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The input ends before the document does.
    Cut,
    /// Something stands where nothing of the kind can.
    Damaged(String),
    /// The input could not be read.
    Input(io::Error),
}

/// An input read piece by piece.
#[derive(Debug)]
pub(crate) struct Scanner<Input> {
    input: Input,
    value: Vec<u8>,
    line: u64,
    column: u64,
    value_line: u64,
}

impl<Input: BufRead> Scanner<Input> {
    pub(crate) fn new(input: Input) -> Scanner<Input> {
        Scanner { input, value: Vec::new(), line: 1, column: 1, value_line: 1 }
    }

    /// Returns the line that the next byte is on, from 1.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// Returns the byte in the line that comes next, from 1.
    pub(crate) fn column(&self) -> u64 {
        self.column
    }

    /// Returns the line on which the last value began.
    pub(crate) fn value_line(&self) -> u64 {
        self.value_line
    }

    /// Returns the last value, or what there is of it.
    pub(crate) fn last_value(&self) -> &[u8] {
        &self.value
    }

    /// Goes to the next object, and into it, if there is one.
    pub(crate) fn begin_document(&mut self) -> Result<Begun, Stop> {
        let mut begun = Begun { is_document: false, foreign_line: None };
        while let Some(byte) = self.peek()? {
            // Brackets and commas: documents in a list are as good as documents one behind the other.
            if !matches!(byte, b'{' | b'[' | b']' | b',') {
                begun.foreign_line = begun.foreign_line.or(Some(self.line));
            }
            self.consume(1);
            if byte == b'{' {
                begun.is_document = true;
                break;
            }
        }
        Ok(begun)
    }

    /// Returns the name of the next member of the object that was entered, or `None` at its end; the member's value comes next.
    pub(crate) fn next_key(&mut self) -> Result<Option<String>, Stop> {
        loop {
            match self.peek()? {
                None => return Err(Stop::Cut),
                Some(b',') => self.consume(1),
                Some(b'}') => {
                    self.consume(1);
                    return Ok(None);
                }
                Some(b'"') => break,
                Some(byte) => return Err(unexpected(byte, "the name of a member")),
            }
        }
        self.copy_value()?;
        let key = String::from_utf8_lossy(self.value.trim_ascii()).trim_matches('"').to_owned();
        match self.peek()? {
            None => Err(Stop::Cut),
            Some(b':') => {
                self.consume(1);
                Ok(Some(key))
            }
            Some(byte) => Err(unexpected(byte, "a colon")),
        }
    }

    /// Enters the array or object that comes next, where `open` opens it; returns whether it does.
    pub(crate) fn enter(&mut self, open: u8) -> Result<bool, Stop> {
        match self.peek()? {
            None => Err(Stop::Cut),
            Some(byte) if byte == open => {
                self.consume(1);
                Ok(true)
            }
            Some(_) => Ok(false),
        }
    }

    /// Returns the next element of the array that was entered, or `None` at its end.
    pub(crate) fn next_element(&mut self) -> Result<Option<&[u8]>, Stop> {
        loop {
            match self.peek()? {
                None => return Err(Stop::Cut),
                Some(b',') => self.consume(1),
                Some(b']') => {
                    self.consume(1);
                    return Ok(None);
                }
                Some(_) => break,
            }
        }
        self.value().map(Some)
    }

    /// Returns the value that comes next.
    pub(crate) fn value(&mut self) -> Result<&[u8], Stop> {
        match self.peek()? {
            None => return Err(Stop::Cut),
            Some(byte @ (b',' | b':' | b'}' | b']')) => return Err(unexpected(byte, "a value")),
            Some(_) => {}
        }
        self.copy_value()?;
        Ok(&self.value)
    }

    /// Returns the next byte that is no white space, without taking it.
    fn peek(&mut self) -> Result<Option<u8>, Stop> {
        loop {
            let bytes = fill(&mut self.input)?;
            if bytes.is_empty() {
                return Ok(None);
            }
            match bytes.iter().position(|byte| !byte.is_ascii_whitespace()) {
                Some(at) => {
                    let byte = bytes.get(at).copied();
                    self.consume(at);
                    return Ok(byte);
                }
                None => {
                    let length = bytes.len();
                    self.consume(length);
                }
            }
        }
    }

    /// Returns the whole object of which the name of the first member has just been read.
    pub(crate) fn object_of_key(&mut self, key: &str) -> Result<&[u8], Stop> {
        self.begin_value();
        self.value.extend_from_slice(format!("{{\"{key}\":").as_bytes());
        self.copy(Shape { depth: 1, ..Shape::default() })?;
        Ok(&self.value)
    }

    /// Copies the value that begins at the next byte.
    fn copy_value(&mut self) -> Result<(), Stop> {
        self.begin_value();
        self.copy(Shape::default())
    }

    fn begin_value(&mut self) {
        self.value.clear();
        self.value.shrink_to(USUAL_VALUE);
        self.value_line = self.line;
    }

    fn copy(&mut self, mut shape: Shape) -> Result<(), Stop> {
        loop {
            let bytes = fill(&mut self.input)?;
            if bytes.is_empty() {
                return if shape.is_literal() { Ok(()) } else { Err(Stop::Cut) };
            }
            let (taken, is_over) = shape.advance(bytes);
            if self.value.len() + taken > LARGEST_VALUE {
                return Err(Stop::Damaged(format!("a value of more than {LARGEST_VALUE} bytes")));
            }
            self.value.extend_from_slice(&bytes[..taken]);
            self.consume(taken);
            if is_over {
                return Ok(());
            }
        }
    }

    fn consume(&mut self, amount: usize) {
        // The buffer is filled: this only looks at it again.
        if let Ok(bytes) = self.input.fill_buf() {
            let taken = &bytes[..amount.min(bytes.len())];
            match memchr_iter(b'\n', taken).next_back() {
                Some(last) => {
                    self.line += memchr_iter(b'\n', taken).count() as u64;
                    self.column = (taken.len() - last) as u64;
                }
                None => self.column += taken.len() as u64,
            }
        }
        self.input.consume(amount);
    }
}

/// What was found on the way to a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Begun {
    /// False at the end of the input.
    pub(crate) is_document: bool,
    /// The line on which something begins that is no JSON document.
    pub(crate) foreign_line: Option<u64>,
}

fn fill(input: &mut impl BufRead) -> Result<&[u8], Stop> {
    // The first call decides; the second only borrows what it filled, which the borrow checker cannot see across a loop.
    loop {
        match input.fill_buf() {
            Ok(_) => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Stop::Input(error)),
        }
    }
    input.fill_buf().map_err(Stop::Input)
}

fn unexpected(byte: u8, wanted: &str) -> Stop {
    Stop::Damaged(format!("{:?} where {wanted} should be", char::from(byte)))
}

/// How far a value has been read.
#[derive(Debug, Default)]
struct Shape {
    /// How many brackets are open.
    depth: usize,
    in_string: bool,
    is_escaped: bool,
    /// Whether it is neither string nor bracket: it ends where something else begins.
    literal: bool,
}

impl Shape {
    fn is_literal(&self) -> bool {
        self.literal
    }

    /// Returns how many of the bytes belong to the value, and whether it ends with them.
    fn advance(&mut self, bytes: &[u8]) -> (usize, bool) {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            if self.in_string {
                at += self.string(&bytes[at..]);
                if !self.in_string && self.depth == 0 {
                    return (at, true);
                }
                continue;
            }
            if !self.literal && self.depth > 0 {
                // What has no say in where the value ends.
                let idle = bytes[at..].iter().take_while(|byte| !IS_STRUCTURAL[usize::from(**byte)]).count();
                if idle > 0 {
                    at += idle;
                    continue;
                }
            }
            match byte {
                _ if self.literal && (is_structure(*byte) || byte.is_ascii_whitespace()) => return (at, true),
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return (at + 1, true);
                    }
                }
                _ if self.depth == 0 => self.literal = true,
                _ => {}
            }
            at += 1;
        }
        (at, false)
    }

    /// Goes on within a string; returns how many bytes of it there are.
    fn string(&mut self, bytes: &[u8]) -> usize {
        let mut at = 0;
        if std::mem::take(&mut self.is_escaped) {
            at = 1;
        }
        while let Some(offset) = bytes.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
            at += offset + 1;
            if bytes.get(at - 1) == Some(&b'"') {
                self.in_string = false;
                return at;
            }
            if at == bytes.len() {
                self.is_escaped = true;
                return at;
            }
            at += 1;
        }
        bytes.len()
    }
}

/// Strings and brackets, by byte.
const IS_STRUCTURAL: [bool; 256] = {
    let mut table = [false; 256];
    table[b'"' as usize] = true;
    table[b'{' as usize] = true;
    table[b'}' as usize] = true;
    table[b'[' as usize] = true;
    table[b']' as usize] = true;
    table
};

fn is_structure(byte: u8) -> bool {
    matches!(byte, b',' | b':' | b'{' | b'}' | b'[' | b']' | b'"')
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    /// The members of a document's first object, whatever the size of the buffer.
    fn members(json: &str, buffer: usize) -> (Vec<(String, String)>, Option<String>) {
        let mut scanner = Scanner::new(BufReader::with_capacity(buffer, json.as_bytes()));
        let mut found = Vec::new();
        let mut run = || -> Result<(), Stop> {
            scanner.begin_document()?;
            while let Some(key) = scanner.next_key()? {
                found.push((key, String::from_utf8_lossy(scanner.value()?).into_owned()));
            }
            Ok(())
        };
        let stop = run().err().map(|stop| format!("{stop:?}"));
        (found, stop)
    }

    #[test]
    fn members_are_found_whatever_the_buffer() {
        let json = r#" { "a" : 1.5e3 , "b\"}": "x\\", "c": {"d": [1, "]}", {}]}, "e": [], "f": NaN } trailing"#;
        let expected =
            [("a", "1.5e3"), ("b\\\"}", r#""x\\""#), ("c", r#"{"d": [1, "]}", {}]}"#), ("e", "[]"), ("f", "NaN")];
        let expected: Vec<(String, String)> =
            expected.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        for buffer in [1, 2, 3, 7, 4096] {
            assert_eq!(members(json, buffer), (expected.clone(), None), "{buffer}");
        }
    }

    #[test]
    fn cuts_and_damage_are_told_apart() {
        for (json, stop) in [
            (r#"{"a": {"b": 1"#, "Cut"),
            (r#"{"a": "b"#, "Cut"),
            (r#"{"a""#, "Cut"),
            ("{", "Cut"),
            (r#"{"a" 1}"#, "Damaged"),
            ("{1}", "Damaged"),
            (r#"{"a": }"#, "Damaged"),
        ] {
            let (_, found) = members(json, 4);
            assert!(found.as_deref().is_some_and(|found| found.starts_with(stop)), "{json}: {found:?}");
        }
    }

    #[test]
    fn nesting_of_any_depth_is_only_counted() {
        let json = format!("{{\"a\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        let (found, stop) = members(&json, 4096);
        assert_eq!((found.len(), stop), (1, None));
    }
}
