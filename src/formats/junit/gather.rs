//! A text that is gathered piece by piece, and no longer than it may be.

use crate::formats::ReadOptions;

/// How long the texts of a report may be.
pub(super) struct TextLimits {
    longest: Option<usize>,
    /// How many bytes may be kept before texts are shortened.
    whole: Option<usize>,
    kept: usize,
    /// How many of these are of suites.
    of_suites: usize,
    /// Test cases that memory has no room for go to a file, their texts with them.
    overflows: bool,
}

impl TextLimits {
    /// How many bytes are kept of a text behind so many others.
    const SHORTENED: usize = 1024;

    pub(super) fn of(options: &ReadOptions) -> TextLimits {
        TextLimits {
            longest: options.longest_text,
            whole: options.whole_texts,
            kept: 0,
            of_suites: 0,
            overflows: options.overflow.is_some(),
        }
    }

    /// Returns how long the next text may be.
    pub(super) fn longest(&self) -> Option<usize> {
        if self.whole.is_some_and(|whole| self.kept > whole) {
            return Some(self.longest.unwrap_or(TextLimits::SHORTENED).min(TextLimits::SHORTENED));
        }
        self.longest
    }

    /// Notes that a text of this length was kept.
    pub(super) fn keep(&mut self, length: usize) {
        self.kept = self.kept.saturating_add(length);
    }

    /// Notes that the texts since the last call were those of a test case, which is read to its end.
    pub(super) fn end_case(&mut self) {
        if self.overflows {
            self.kept = self.of_suites;
        }
    }

    /// Notes that the text before was one of a suite.
    pub(super) fn end_of_suites_text(&mut self) {
        self.of_suites = self.kept;
    }
}

/// A text of which, where it is too long, the beginning and the end are kept.
pub(super) struct Gathered {
    text: String,
    longest: usize,
    left_out: usize,
}

impl Gathered {
    /// Begins a text that may have `longest` bytes, or any number.
    pub(super) fn new(longest: Option<usize>) -> Gathered {
        Gathered::within(longest, String::new())
    }

    /// The same, in a piece of memory that was used before.
    pub(super) fn within(longest: Option<usize>, mut room: String) -> Gathered {
        room.clear();
        Gathered { text: room, longest: longest.unwrap_or(usize::MAX), left_out: 0 }
    }

    /// Lets `append` add to the end.
    pub(super) fn add(&mut self, append: impl FnOnce(&mut String)) {
        append(&mut self.text);
        // The middle goes whenever the text has grown to twice its size, so that each byte is moved once or twice in all.
        if self.text.len() / 2 > self.longest {
            self.shorten();
        }
    }

    /// Returns the text, with a line that says how much of it was left out where, and that number.
    pub(super) fn finish(mut self) -> (String, usize) {
        if self.text.len() > self.longest {
            self.shorten();
        }
        if self.left_out > 0 {
            let middle = self.middle(self.text.len());
            self.text.insert_str(middle, &format!("\n[... {} bytes left out ...]\n", self.left_out));
        }
        (self.text, self.left_out)
    }

    /// Removes all between the first and the last half of what may be kept.
    fn shorten(&mut self) {
        let begin = self.middle(self.longest);
        let end = self.text.len() - self.longest / 2;
        let end = (end..=self.text.len()).find(|at| self.text.is_char_boundary(*at)).unwrap_or(begin);
        self.left_out += end - begin;
        self.text.drain(begin..end);
    }

    /// Where the first half ends, of a text that may have `length` bytes.
    fn middle(&self, length: usize) -> usize {
        let half = (self.longest / 2).min(length);
        (0..=half).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gathered(longest: Option<usize>, pieces: &[&str]) -> (String, usize) {
        let mut gathered = Gathered::new(longest);
        for piece in pieces {
            gathered.add(|text| text.push_str(piece));
        }
        gathered.finish()
    }

    #[test]
    fn beginning_and_end_of_a_long_text_are_kept() {
        assert_eq!(gathered(None, &["abc", "def"]), ("abcdef".to_owned(), 0));
        assert_eq!(gathered(Some(6), &["abc", "def"]), ("abcdef".to_owned(), 0));
        let expected = "abc\n[... 20 bytes left out ...]\nxyz";
        let alphabet = "abcdefghijklmnopqrstuvwxyz";
        let pieces: Vec<&str> = alphabet.split("").collect();
        assert_eq!(gathered(Some(6), &[alphabet]), (expected.to_owned(), 20));
        assert_eq!(gathered(Some(6), &pieces), (expected.to_owned(), 20));
    }

    #[test]
    fn characters_stay_whole() {
        let (text, left_out) = gathered(Some(5), &["ééééééééé"]);
        assert_eq!((text.as_str(), left_out), ("é\n[... 14 bytes left out ...]\né", 14));
    }
}
