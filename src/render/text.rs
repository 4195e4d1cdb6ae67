//! Text that came from outside, made fit to be shown: no control of the terminal, no false widths.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Returns how many columns a text takes on a terminal.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// Returns one line of text without what would move the cursor, colour the terminal or turn the reading direction:
/// escape sequences and control characters go, what is left of the kind is escaped.
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hostile) {
        return Cow::Borrowed(text);
    }
    let stripped = anstream::adapter::strip_str(text).to_string();
    let mut cleaned = String::with_capacity(stripped.len());
    for character in stripped.chars() {
        if is_hostile(character) {
            cleaned.extend(character.escape_default());
        } else {
            cleaned.push(character);
        }
    }
    Cow::Owned(cleaned)
}

/// Returns the lines of a text, each cleaned, tabs as blanks.
pub(crate) fn clean_lines(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    text.lines().map(|line| {
        let line = line.trim_end_matches('\r');
        if line.contains('\t') { Cow::Owned(clean(&line.replace('\t', "    ")).into_owned()) } else { clean(line) }
    })
}

/// Control characters, and the marks that reorder what is shown.
fn is_hostile(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Returns a text cut at its end to at most this many columns, with an ellipsis where something is missing.
pub(crate) fn shorten_end(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let mut kept = String::new();
    let mut used = 1;
    for character in text.chars() {
        used += character.width().unwrap_or(0);
        if used > columns {
            break;
        }
        kept.push(character);
    }
    kept.push('…');
    Cow::Owned(kept)
}

/// Returns a text cut at its start to at most this many columns, with an ellipsis where something is missing.
pub(crate) fn shorten_start(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let mut used = 1;
    let mut start = text.len();
    for (at, character) in text.char_indices().rev() {
        used += character.width().unwrap_or(0);
        if used > columns {
            break;
        }
        start = at;
    }
    Cow::Owned(format!("…{}", &text[start..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_drive_the_terminal_is_defused() {
        assert_eq!(clean("plain é 漢"), "plain é 漢");
        assert_eq!(clean("\u{1b}[31mred\u{1b}[0m"), "red");
        assert_eq!(clean("a\u{7}b\nc"), "ab\\nc");
        assert_eq!(clean("left\u{202e}right"), "left\\u{202e}right");
        let lines: Vec<_> = clean_lines("a\tb\r\n\u{1b}]0;title\u{7}c\n").collect();
        assert_eq!(lines, ["a    b", "c"]);
    }

    #[test]
    fn wide_characters_count_twice_when_shortened() {
        assert_eq!(shorten_end("abcdef", 4), "abc…");
        assert_eq!(shorten_start("abcdef", 4), "…def");
        assert_eq!(shorten_end("漢字漢字", 5), "漢字…");
        assert_eq!(shorten_start("漢字漢字", 4), "…字");
        assert_eq!(shorten_end("abc", 3), "abc");
    }
}
