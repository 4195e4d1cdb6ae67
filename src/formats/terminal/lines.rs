//! Bytes to lines.
//!
//! Lines end at `\n` only (pytest's captured text may hold any other control character), or at `\r` in a log that has no `\n` at all.

use std::io::{self, BufRead};

/// The longest line that is kept whole, in bytes; of a longer one the ends are.
const LONGEST_LINE: usize = 1 << 20;
/// How much of the end of a longer line is kept.
const TAIL: usize = 1 << 14;

/// One physical line, without its line end.
#[derive(Debug, Clone, Copy)]
pub(super) struct PhysicalLine<'l> {
    /// Its bytes.
    pub(super) bytes: &'l [u8],
    /// Its number, from 1.
    pub(super) number: u64,
    /// Bytes left out of its middle because it is too long.
    pub(super) left_out: u64,
    /// Whether its end was there: the last line of a cut log has none.
    pub(super) whole: bool,
}

/// The lines of an input.
pub(super) struct Lines<Input> {
    input: Input,
    /// What to consume of the input before the next line: the line handed out last.
    pending: usize,
    /// A line that does not lie in the input's buffer as one piece.
    joined: Vec<u8>,
    number: u64,
    end: Option<u8>,
    /// How many bytes are to be read line by line before another batch is looked for: one of them is no text.
    singly: usize,
}

/// How many bytes of lines are looked at together.
const BATCH: usize = 1 << 16;

impl<Input: BufRead> Lines<Input> {
    pub(super) fn new(input: Input) -> Lines<Input> {
        Lines { input, pending: 0, joined: Vec::new(), number: 0, end: None, singly: 0 }
    }

    /// Hands the whole lines that lie in the input's buffer and are text to `take`, with their numbers; there may be none of them.
    ///
    /// That they are text is found out for all of them at once, which is far cheaper than line by line.
    pub(super) fn batch(&mut self, mut take: impl FnMut(u64, &str)) -> io::Result<()> {
        self.input.consume(std::mem::take(&mut self.pending));
        if self.singly > 0 || self.end != Some(b'\n') {
            return Ok(());
        }
        let buffer = self.input.fill_buf()?;
        let window = buffer.get(..BATCH).unwrap_or(buffer);
        let lines = memchr::memrchr(b'\n', window).and_then(|last| window.get(..=last));
        let Some(mut rest) = lines.and_then(|lines| simdutf8::basic::from_utf8(lines).ok()) else {
            self.singly = window.len();
            return Ok(());
        };
        self.pending = rest.len();
        while let Some(length) = memchr::memchr(b'\n', rest.as_bytes()) {
            let (line, behind) = rest.split_at(length);
            self.number += 1;
            take(self.number, line.trim_end_matches('\r'));
            rest = behind.get(1..).unwrap_or_default();
        }
        Ok(())
    }

    /// Returns the next line, or `None` at the end of the input.
    pub(super) fn next(&mut self) -> io::Result<Option<PhysicalLine<'_>>> {
        self.input.consume(std::mem::take(&mut self.pending));
        let end = match self.end {
            Some(end) => end,
            None => line_end(self.input.fill_buf()?),
        };
        self.end = Some(end);
        let buffer = self.input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        if let Some(length) = memchr::memchr(end, buffer) {
            self.pending = length + 1;
            self.singly = self.singly.saturating_sub(length + 1);
            // The buffer is asked for again only because the borrow checker cannot see that it has not changed.
            let buffer = self.input.fill_buf()?;
            let bytes = buffer.get(..length).unwrap_or(buffer);
            return Ok(Some(PhysicalLine {
                bytes: without_carriage_returns(bytes),
                number: self.number,
                left_out: 0,
                whole: true,
            }));
        }
        self.singly = 0;
        let (left_out, whole) = self.join(end)?;
        let bytes = without_carriage_returns(&self.joined);
        Ok(Some(PhysicalLine { bytes, number: self.number, left_out, whole }))
    }

    /// Collects a line that spans several buffers into `joined`; returns how many bytes of its middle were left out, and whether it ends.
    fn join(&mut self, end: u8) -> io::Result<(u64, bool)> {
        self.joined.clear();
        let mut left_out = 0;
        loop {
            let buffer = self.input.fill_buf()?;
            let found = memchr::memchr(end, buffer);
            let piece = buffer.get(..found.unwrap_or(buffer.len())).unwrap_or(buffer);
            let consumed = piece.len() + usize::from(found.is_some());
            self.joined.extend_from_slice(piece);
            self.input.consume(consumed);
            if self.joined.len() > LONGEST_LINE + 4 * TAIL {
                let from = self.joined.len() - TAIL;
                left_out += (from - LONGEST_LINE) as u64;
                self.joined.drain(LONGEST_LINE..from);
            }
            if found.is_some() || consumed == 0 {
                return Ok((left_out, found.is_some()));
            }
        }
    }
}

/// Returns the byte that ends lines, judged by the first buffer.
fn line_end(head: &[u8]) -> u8 {
    let only_returns = memchr::memchr(b'\n', head).is_none() && memchr::memchr_iter(b'\r', head).take(3).count() == 3;
    if only_returns { b'\r' } else { b'\n' }
}

fn without_carriage_returns(mut bytes: &[u8]) -> &[u8] {
    while let [rest @ .., b'\r'] = bytes {
        bytes = rest;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;
    use crate::formats::encoding::text_of;

    fn all(bytes: &[u8], capacity: usize) -> Vec<(String, u64)> {
        let mut lines = Lines::new(BufReader::with_capacity(capacity, bytes));
        let mut found = Vec::new();
        loop {
            lines.batch(|number, line| found.push((line.to_owned(), 0, number))).expect("a slice reads");
            let Some(line) = lines.next().expect("a slice reads") else { break };
            found.push((text_of(line.bytes).into_owned(), line.left_out, line.number));
        }
        assert!(found.iter().zip(1..).all(|(line, number)| line.2 == number), "{found:?}");
        found.into_iter().map(|(line, left_out, _)| (line, left_out)).collect()
    }

    #[test]
    fn line_ends_of_every_kind_and_a_last_line_without_one() {
        for capacity in [1, 2, 3, 7, 64] {
            let found: Vec<_> = all(b"a\r\nb\n\r\r\nc\rd\ne", capacity).into_iter().map(|line| line.0).collect();
            assert_eq!(found, ["a", "b", "", "c\rd", "e"]);
        }
        let found: Vec<_> = all(b"a\rb\rc\rd", 64).into_iter().map(|line| line.0).collect();
        assert_eq!(found, ["a", "b", "c", "d"]);
    }

    #[test]
    fn a_line_without_end_is_kept_at_both_ends() {
        let mut bytes = vec![b'a'; 5 << 20];
        bytes.extend_from_slice(b"PASSED\nnext");
        let found = all(&bytes, 1 << 16);
        assert!(found[0].0.len() < 2 << 20 && found[0].0.ends_with("PASSED"));
        assert_eq!(found[0].0.len() as u64 + found[0].1, (5 << 20) + 6);
        assert_eq!(found[1].0, "next");
    }

    #[test]
    fn lines_that_are_no_text_do_not_keep_others_from_being_read_together() {
        let text = format!("{}?\n{}", "text é\r\n".repeat(20_000), "more\n\n".repeat(20_000));
        let mut bytes = text.into_bytes();
        bytes[100_003] = 0xff;
        let expected: Vec<String> =
            bytes.split(|byte| *byte == b'\n').map(|line| text_of(line).trim_end_matches('\r').to_owned()).collect();
        for capacity in [64, 1 << 13, 1 << 20] {
            let found: Vec<String> = all(&bytes, capacity).into_iter().map(|line| line.0).collect();
            assert_eq!(found, expected[..expected.len() - 1]);
        }
    }

    #[test]
    fn latin_1_is_told_from_damaged_utf_8() {
        assert_eq!(text_of(b"id-\xe9"), "id-é");
        assert_eq!(text_of(b"\xc3\xa9 \xe9"), "é \u{fffd}");
    }
}
