//! Python's ideas of white space, lines and how a string is shown, which pytest's texts are made with.

use std::fmt::Write as _;

/// Returns the text without white space at its ends, as `str.strip()` does.
pub(crate) fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// Returns whether `str.isspace()` holds: Unicode's white space, and four separators that Unicode counts elsewhere.
fn is_space(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}

/// Returns the lines of a text as `str.splitlines()` does: more characters than `\n` end a line, and the last end begins none.
pub(crate) fn split_lines(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some((at, end)) = rest.char_indices().find(|(_, character)| ends_line(*character)) {
        lines.push(&rest[..at]);
        let behind = &rest[at + end.len_utf8()..];
        rest = if end == '\r' { behind.strip_prefix('\n').unwrap_or(behind) } else { behind };
    }
    if !rest.is_empty() {
        lines.push(rest);
    }
    lines
}

fn ends_line(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Returns the text as `repr()` shows it: in quotes, with escapes for what cannot be printed.
pub(crate) fn repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if character == quote => out.extend(['\\', character]),
            _ if is_printable(character) => out.push(character),
            _ => push_escape(&mut out, u32::from(character)),
        }
    }
    out.push(quote);
    out
}

/// Returns the text that a string literal at the start of `literal` stands for; `None` where there is none, or it does not end.
pub(crate) fn string_literal(literal: &str) -> Option<String> {
    let mut characters = literal.chars();
    let quote = characters.next().filter(|quote| matches!(quote, '\'' | '"'))?;
    let mut out = String::new();
    loop {
        match characters.next()? {
            end if end == quote => return Some(out),
            '\\' => unescape(&mut characters, &mut out)?,
            other => out.push(other),
        }
    }
}

/// Reads what follows a backslash.
fn unescape(characters: &mut std::str::Chars<'_>, out: &mut String) -> Option<()> {
    let character = match characters.next()? {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'x' => code_point(characters, 2)?,
        'u' => code_point(characters, 4)?,
        'U' => code_point(characters, 8)?,
        other => other,
    };
    out.push(character);
    Some(())
}

fn code_point(characters: &mut std::str::Chars<'_>, digits: u32) -> Option<char> {
    let mut code = 0_u32;
    for _ in 0..digits {
        code = code.checked_mul(16)?.checked_add(characters.next()?.to_digit(16)?)?;
    }
    // Python's strings can hold half a surrogate pair; ours cannot.
    Some(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
}

fn push_escape(out: &mut String, code: u32) {
    // Writing to a string cannot fail.
    let _ = match code {
        0..0x100 => write!(out, "\\x{code:02x}"),
        0x100..0x1_0000 => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
}

/// Returns whether `str.isprintable()` holds, but for code points that no version of Unicode has assigned yet.
fn is_printable(character: char) -> bool {
    if character == ' ' {
        return true;
    }
    let is_format = matches!(u32::from(character),
        0xAD | 0x600..=0x605 | 0x61C | 0x6DD | 0x70F | 0x890..=0x891 | 0x8E2 | 0x180E | 0x200B..=0x200F
        | 0x202A..=0x202E | 0x2060..=0x206F | 0xFEFF | 0xFFF9..=0xFFFB | 0x110BD | 0x110CD | 0x13430..=0x1343F
        | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A | 0xE0000..=0xE0FFF);
    let is_private = matches!(u32::from(character), 0xE000..=0xF8FF | 0xF0000..=0x10FFFF);
    !(character.is_control() || character.is_whitespace() || is_format || is_private)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_where_python_ends_them() {
        assert_eq!(split_lines("a\r\nb\rc\n\nd\u{c}e\u{2028}f\u{85}"), ["a", "b", "c", "", "d", "e", "f"]);
        assert_eq!(split_lines(""), Vec::<&str>::new());
    }

    #[test]
    fn strip_takes_separators_too() {
        assert_eq!(strip("\u{1f}\u{a0} a \u{1c}\n"), "a");
    }

    #[test]
    fn strings_are_shown_as_repr_shows_them() {
        for (text, shown) in [
            ("plain", "'plain'"),
            ("it's", "\"it's\""),
            ("it's \"x\"", "'it\\'s \"x\"'"),
            ("a\\b\n\t\u{1b}", "'a\\\\b\\n\\t\\x1b'"),
            ("é日😀", "'é日😀'"),
            ("\u{a0}\u{200b}\u{feff}", "'\\xa0\\u200b\\ufeff'"),
        ] {
            assert_eq!(repr(text), shown);
            assert_eq!(string_literal(&format!("{shown}, more")).as_deref(), Some(text));
        }
    }
}
