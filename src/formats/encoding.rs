//! Byte order marks and UTF-16.
//!
//! Readers want bytes that are UTF-8 but for damage. What is left to them is what only they can judge: single bad bytes in an
//! otherwise good text, and encodings that a document declares of itself.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};

use encoding_rs::{Decoder, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How many leading bytes decide the encoding.
const HEAD: usize = 512;

/// Returns the input without byte order mark and, where it is UTF-16 (with a mark, or by its zero bytes), in UTF-8.
///
/// UTF-8 and unknown encodings pass through byte for byte. An error while looking at the head surfaces at the first read.
pub fn decoded(mut input: impl BufRead) -> impl BufRead {
    let mut head = Vec::with_capacity(HEAD);
    let error = (&mut input).take(HEAD as u64).read_to_end(&mut head).err();
    let (encoding, mark) = sniff(&head);
    let rest = FailFirst { error, input };
    let bytes = Cursor::new(head.split_off(mark)).chain(rest);
    match encoding {
        None => Decoded::Plain(bytes),
        Some(decoder) => Decoded::Transcoded(BufReader::with_capacity(64 * 1024, Transcoder::new(bytes, decoder))),
    }
}

/// Returns a decoder where one is needed, and the length of the byte order mark.
fn sniff(head: &[u8]) -> (Option<Decoder>, usize) {
    let utf16 = |encoding: &'static encoding_rs::Encoding| Some(encoding.new_decoder_without_bom_handling());
    match head {
        [0xEF, 0xBB, 0xBF, ..] => (None, 3),
        [0xFF, 0xFE, ..] => (utf16(UTF_16LE), 2),
        [0xFE, 0xFF, ..] => (utf16(UTF_16BE), 2),
        _ => match zeros(head) {
            (even, odd) if odd >= 4 && odd * 4 > head.len() && even * 16 < head.len() => (utf16(UTF_16LE), 0),
            (even, odd) if even >= 4 && even * 4 > head.len() && odd * 16 < head.len() => (utf16(UTF_16BE), 0),
            _ => (None, 0),
        },
    }
}

/// Counts the zero bytes at even and at odd places: text in UTF-16 without a mark has them on one side.
fn zeros(head: &[u8]) -> (usize, usize) {
    let count = |first: usize| head.iter().skip(first).step_by(2).filter(|byte| **byte == 0).count();
    (count(0), count(1))
}

/// An input that begins with the error that was met while its head was read.
struct FailFirst<Input> {
    error: Option<io::Error>,
    input: Input,
}

impl<Input: BufRead> Read for FailFirst<Input> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.error.take().map_or_else(|| self.input.read(buffer), Err)
    }
}

impl<Input: BufRead> BufRead for FailFirst<Input> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self.error.take() {
            Some(error) => Err(error),
            None => self.input.fill_buf(),
        }
    }

    fn consume(&mut self, amount: usize) {
        self.input.consume(amount);
    }
}

type Bytes<Input> = Chain<Cursor<Vec<u8>>, FailFirst<Input>>;

enum Decoded<Input> {
    Plain(Bytes<Input>),
    Transcoded(BufReader<Transcoder<Bytes<Input>>>),
}

impl<Input: BufRead> Read for Decoded<Input> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Decoded::Plain(bytes) => bytes.read(buffer),
            Decoded::Transcoded(text) => text.read(buffer),
        }
    }
}

impl<Input: BufRead> BufRead for Decoded<Input> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self {
            Decoded::Plain(bytes) => bytes.fill_buf(),
            Decoded::Transcoded(text) => text.fill_buf(),
        }
    }

    fn consume(&mut self, amount: usize) {
        match self {
            Decoded::Plain(bytes) => bytes.consume(amount),
            Decoded::Transcoded(text) => text.consume(amount),
        }
    }
}

/// Decodes UTF-16 to UTF-8 as it is read; what is no UTF-16 becomes U+FFFD.
struct Transcoder<Input> {
    input: Input,
    decoder: Decoder,
    finished: bool,
}

impl<Input: BufRead> Transcoder<Input> {
    fn new(input: Input, decoder: Decoder) -> Transcoder<Input> {
        debug_assert_ne!(decoder.encoding(), UTF_8);
        Transcoder { input, decoder, finished: false }
    }
}

impl<Input: BufRead> Read for Transcoder<Input> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // The decoder wants room for the longest character; `BufReader` above always gives more.
        while !self.finished && buffer.len() >= 4 {
            let bytes = self.input.fill_buf()?;
            let last = bytes.is_empty();
            let (_, read, written, _) = self.decoder.decode_to_utf8(bytes, buffer, last);
            self.input.consume(read);
            self.finished = last;
            if written > 0 {
                return Ok(written);
            }
        }
        Ok(0)
    }
}

/// Returns the text of bytes: UTF-8 where it is that; else Latin-1 (as Windows has it) where no character of it is UTF-8, and UTF-8 with
/// replacement characters where it is a mixture.
pub(crate) fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) if has_multibyte_character(bytes) => String::from_utf8_lossy(bytes),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
    }
}

fn has_multibyte_character(bytes: &[u8]) -> bool {
    bytes.utf8_chunks().any(|chunk| !chunk.valid().is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> String {
        let mut out = Vec::new();
        decoded(bytes).read_to_end(&mut out).expect("a slice reads without error");
        String::from_utf8_lossy(&out).into_owned()
    }

    fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(unit).collect()
    }

    #[test]
    fn utf_16_is_decoded_with_and_without_a_mark() {
        let sample = "= test session starts =\nplatform linux é 日本\n";
        assert_eq!(text(&utf16(&format!("\u{feff}{sample}"), u16::to_le_bytes)), sample);
        assert_eq!(text(&utf16(&format!("\u{feff}{sample}"), u16::to_be_bytes)), sample);
        assert_eq!(text(&utf16(sample, u16::to_le_bytes)), sample);
        assert_eq!(text(&utf16(sample, u16::to_be_bytes)), sample);
    }

    #[test]
    fn utf_8_loses_only_its_mark() {
        assert_eq!(text("\u{feff}é".as_bytes()), "é");
        assert_eq!(text("a\0b".as_bytes()), "a\0b");
        assert_eq!(text(b""), "");
    }

    #[test]
    fn a_cut_utf_16_text_keeps_what_is_whole() {
        let mut bytes = utf16("\u{feff}1 passed in 0.1s", u16::to_le_bytes);
        bytes.pop();
        assert_eq!(text(&bytes), "1 passed in 0.1\u{fffd}");
    }
}
