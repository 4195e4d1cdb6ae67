//! JSON that may be shown on a terminal.
//!
//! JSON leaves DEL and the C1 control characters in strings as they are. A terminal takes some of these for commands, and what
//! strips commands on the way to one takes the characters out of the data. They are escaped, so that neither happens.

use std::io::{self, BufWriter, Write};

use memchr::memchr2;
use serde::Serialize;

/// The first of the two bytes that U+0080 to U+00BF have in UTF-8.
const LATIN: u8 = 0xC2;
const DELETE: u8 = 0x7F;

/// Writes a value as JSON on one line. Errors of the writer keep their kind, so that a broken pipe is known as one.
pub(crate) fn write_compact(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(CHUNK, Escaping::new(out));
    serde_json::to_writer(&mut out, value)?;
    out.flush()
}

/// Writes a value as one line of JSON.
pub(crate) fn write_line(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    write_compact(out, value)?;
    out.write_all(b"\n")
}

/// Writes a value as JSON on many lines.
pub(crate) fn write_pretty(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(CHUNK, Escaping::new(out));
    serde_json::to_writer_pretty(&mut out, value)?;
    out.flush()
}

/// A serializer writes a few bytes at a time; they are looked at in pieces of this size.
const CHUNK: usize = 64 * 1024;

/// Takes JSON in, in pieces that may end within a character.
struct Escaping<'a> {
    out: &'a mut dyn Write,
    /// The last piece ended with the first byte of a character that may have to be escaped.
    held: bool,
}

impl<'a> Escaping<'a> {
    fn new(out: &'a mut dyn Write) -> Escaping<'a> {
        Escaping { out, held: false }
    }

    /// Writes the character of which `LATIN` was the first byte, where the next byte makes it a control character; returns what follows.
    fn latin<'bytes>(&mut self, rest: &'bytes [u8]) -> io::Result<&'bytes [u8]> {
        match rest {
            [control @ 0x80..=0x9F, rest @ ..] => {
                write!(self.out, "\\u00{control:02x}")?;
                Ok(rest)
            }
            [] => {
                self.held = true;
                Ok(rest)
            }
            rest => {
                self.out.write_all(&[LATIN])?;
                Ok(rest)
            }
        }
    }
}

impl Write for Escaping<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut rest = bytes;
        if !rest.is_empty() && std::mem::take(&mut self.held) {
            rest = self.latin(rest)?;
        }
        // Outside of strings JSON has neither of the two.
        while let Some(at) = memchr2(DELETE, LATIN, rest) {
            let (plain, found) = rest.split_at(at);
            self.out.write_all(plain)?;
            rest = match found {
                [DELETE, rest @ ..] => {
                    self.out.write_all(b"\\u007f")?;
                    rest
                }
                [_latin, rest @ ..] => self.latin(rest)?,
                [] => found,
            };
        }
        self.out.write_all(rest)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        // What lies behind it counts the bytes of its own buffer; it is flushed by whoever opened it.
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped_and_come_back() {
        let text = "a\u{7f}b\u{80}\u{9b}31m\u{a0}é\u{1b}[1m😀\u{7f}";
        let mut written = Vec::new();
        write_compact(&mut written, &text).unwrap();
        assert_eq!(
            String::from_utf8(written.clone()).unwrap(),
            "\"a\\u007fb\\u0080\\u009b31m\u{a0}é\\u001b[1m😀\\u007f\""
        );
        assert_eq!(serde_json::from_slice::<String>(&written).unwrap(), text);
        // However the pieces fall.
        let json = serde_json::to_vec(&text).unwrap();
        let mut pieces = Vec::new();
        let mut escaping = Escaping::new(&mut pieces);
        json.iter().for_each(|byte| escaping.write_all(&[*byte]).unwrap());
        assert_eq!(pieces, written);
    }
}
