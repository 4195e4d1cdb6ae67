//! JSON that may be shown on a terminal.
//!
//! JSON leaves DEL and the C1 control characters in strings as they are. A terminal takes some of these for commands, and what
//! strips commands on the way to one takes the characters out of the data. They are escaped, so that neither happens.

use std::io::{self, Write};

use memchr::memchr2;
use serde::Serialize;

/// The first of the two bytes that U+0080 to U+00BF have in UTF-8.
const LATIN: u8 = 0xC2;
const DELETE: u8 = 0x7F;

/// Writes a value as JSON on one line. Errors of the writer keep their kind, so that a broken pipe is known as one.
pub(crate) fn write_compact(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(Escaping(out), value).map_err(io::Error::from)
}

/// Writes a value as JSON on many lines.
pub(crate) fn write_pretty(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(Escaping(out), value).map_err(io::Error::from)
}

/// Takes JSON in, by whole characters as a serializer writes them.
struct Escaping<'a>(&'a mut dyn Write);

impl Write for Escaping<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn write_all(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        // Outside of strings JSON has neither of the two.
        while let Some(at) = memchr2(DELETE, LATIN, bytes) {
            let (plain, rest) = bytes.split_at(at);
            self.0.write_all(plain)?;
            bytes = match rest {
                [DELETE, rest @ ..] => {
                    self.0.write_all(b"\\u007f")?;
                    rest
                }
                [LATIN, control @ 0x80..=0x9F, rest @ ..] => {
                    write!(self.0, "\\u00{control:02x}")?;
                    rest
                }
                [first, rest @ ..] => {
                    self.0.write_all(&[*first])?;
                    rest
                }
                [] => rest,
            };
        }
        self.0.write_all(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
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
    }
}
