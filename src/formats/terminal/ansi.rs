//! Escape sequences, and the ways in which logs lose their escape character.

use std::borrow::Cow;

/// How a log writes the escape character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum EscapeForm {
    /// As itself.
    #[default]
    Escape,
    /// As `^[`, the way `cat -v` shows it.
    Caret,
    /// As U+FFFD: something could not encode it.
    Replaced,
    /// Not at all: `[31m` remains.
    Lost,
}

impl EscapeForm {
    /// Returns the form that a line coloured by pytest shows, or `None` for a line without trace of colour.
    pub(super) fn of(line: &str) -> Option<EscapeForm> {
        // Test ids and messages can hold the text of a sequence: only what pytest itself colours counts.
        let colours = ["[1m====", "[1mcollecting", "[32mPASSED", "[31mFAILED", "[32m.", "[31mF", "[33ms"];
        let (before, _) = colours.into_iter().find_map(|colour| line.split_once(colour))?;
        Some(if before.ends_with('\x1b') {
            EscapeForm::Escape
        } else if before.ends_with("^[") {
            EscapeForm::Caret
        } else if before.ends_with('\u{fffd}') {
            EscapeForm::Replaced
        } else if before.is_empty() || before.ends_with(' ') {
            EscapeForm::Lost
        } else {
            return None;
        })
    }

    fn introducer(self) -> &'static str {
        match self {
            EscapeForm::Escape => "\x1b",
            EscapeForm::Caret => "^[",
            EscapeForm::Replaced => "\u{fffd}",
            EscapeForm::Lost => "",
        }
    }
}

/// Returns the line without escape sequences: CSI (colours, cursor), OSC, APC and character sets.
pub(super) fn strip(line: &str, form: EscapeForm) -> Cow<'_, str> {
    let plain = if memchr::memchr(0x1b, line.as_bytes()).is_some() { strip_escapes(line) } else { Cow::Borrowed(line) };
    if form == EscapeForm::Escape || !plain.contains('[') { plain } else { Cow::Owned(strip_colours(&plain, form)) }
}

fn strip_escapes(line: &str) -> Cow<'_, str> {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = memchr::memchr(0x1b, rest.as_bytes()) {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = sequence_length(rest);
        rest = &rest[length..];
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

/// Returns the length of the escape sequence that `text` begins with, at least the escape character's.
///
/// The grammar is ECMA-48's: CSI parameters `0x30..0x3f`, intermediates `0x20..0x2f`, final `0x40..0x7e`; OSC and APC up to BEL or ST.
fn sequence_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    match bytes.get(1) {
        Some(b'[') => {
            let parameters = bytes[2..].iter().take_while(|byte| (0x20..=0x3f).contains(*byte)).count();
            match bytes.get(2 + parameters) {
                Some(0x40..=0x7e) => 3 + parameters,
                _ => 2 + parameters,
            }
        }
        Some(b']' | b'_' | b'P' | b'^') => {
            let terminator = bytes[2..].iter().position(|byte| matches!(byte, 0x07 | 0x1b));
            match terminator.map(|at| (at + 2, bytes[at + 2])) {
                Some((at, 0x07)) => at + 1,
                Some((at, _)) if bytes.get(at + 1) == Some(&b'\\') => at + 2,
                Some((at, _)) => at,
                None => bytes.len(),
            }
        }
        Some(b'(' | b')') if bytes.get(2).is_some_and(u8::is_ascii_alphanumeric) => 3,
        Some(b'M' | b'7' | b'8' | b'=' | b'>' | b'c') => 2,
        _ => 1,
    }
}

/// Removes what is left of colour sequences (`m`, `K` and cursor ones) whose escape character was lost or replaced.
fn strip_colours(line: &str, form: EscapeForm) -> String {
    let introducer = form.introducer();
    let opening = format!("{introducer}[");
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(&opening) {
        let (before, sequence) = rest.split_at(at + introducer.len());
        let parameters = sequence[1..].bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b';').count();
        let last = sequence.as_bytes().get(1 + parameters);
        let is_colour = before.ends_with(introducer)
            && matches!(last, Some(b'm' | b'K'))
            && (parameters > 0 || form != EscapeForm::Lost);
        if is_colour {
            plain.push_str(&before[..before.len() - introducer.len()]);
            rest = &sequence[parameters + 2..];
        } else {
            plain.push_str(before);
            plain.push('[');
            rest = &sequence[1..];
        }
    }
    plain.push_str(rest);
    plain
}

/// Returns the length of the part of the *plain* line that ends where a bold run ends before ` - `: the end of the node id in a coloured
/// short summary line of pytest 7.2 and later.
pub(super) fn bold_end(line: &str, form: EscapeForm) -> Option<usize> {
    let reset = format!("{}[0m - ", form.introducer());
    let at = line.find(&reset)?;
    line[..at].contains("[1m").then(|| strip(&line[..at], form).len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_of_every_kind_are_removed() {
        let rows = [
            ("\x1b[31m\x1b[1mFAILED\x1b[0m x", "FAILED x"),
            ("\x1b]9;4;1;50\x1b\\a\x1b]0;t\x07b", "ab"),
            ("\x1b_bk;t=1714564800197\x07line", "line"),
            ("\x1b[?25l\x1b[2K\x1b[1Ax\x1b(B", "x"),
            ("tail \x1b", "tail "),
            ("tail \x1b[3", "tail "),
            ("é\x1b[1mö", "éö"),
        ];
        for (line, plain) in rows {
            assert_eq!(strip(line, EscapeForm::Escape), plain);
        }
    }

    #[test]
    fn lost_escape_characters_are_known_by_their_form() {
        assert_eq!(strip("^[[31mFAILED^[[0m t[1m]", EscapeForm::Caret), "FAILED t[1m]");
        assert_eq!(strip("\u{fffd}[31mFAILED\u{fffd}[0m", EscapeForm::Replaced), "FAILED");
        assert_eq!(strip("[31mFAILED[0m t[a] [ 50%]", EscapeForm::Lost), "FAILED t[a] [ 50%]");
    }

    #[test]
    fn the_end_of_bold_is_the_end_of_the_id() {
        let line = "\x1b[31mFAILED\x1b[0m t.py::\x1b[1mtest[a - b]\x1b[0m - msg";
        assert_eq!(bold_end(line, EscapeForm::Escape), Some("FAILED t.py::test[a - b]".len()));
        assert_eq!(bold_end("FAILED t.py::test - msg", EscapeForm::Escape), None);
    }
}
