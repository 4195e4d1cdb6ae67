//! Makes JSON of what is nearly JSON.

use memchr::memchr2;

use crate::formats::encoding::text_of;

/// Writes to `out` the same text with what no JSON parser accepts replaced: `NaN` and the infinities, as Python writes them, by
/// `null`; escapes of lone surrogates by U+FFFD; bytes that are not UTF-8 as [`text_of`] reads them; raw control characters in strings by their escapes.
pub(super) fn repair(json: &[u8], out: &mut Vec<u8>) {
    let text = text_of(json);
    let bytes = text.as_bytes();
    out.reserve(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        at += match byte {
            b'"' => string(&bytes[at..], out),
            b'N' | b'I' | b'-' => literal(&bytes[at..], out),
            other => {
                out.push(*other);
                1
            }
        };
    }
}

/// Copies a literal, or `null` for a number that JSON has no word for; returns how much of the input it took.
fn literal(bytes: &[u8], out: &mut Vec<u8>) -> usize {
    for word in [&b"NaN"[..], b"Infinity", b"-Infinity"] {
        if bytes.starts_with(word) {
            out.extend_from_slice(b"null");
            return word.len();
        }
    }
    out.extend(bytes.first());
    1
}

/// Copies a string that begins at its quote; returns how much of the input it took.
fn string(bytes: &[u8], out: &mut Vec<u8>) -> usize {
    out.push(b'"');
    let mut at = 1;
    loop {
        let rest = &bytes[at..];
        let plain = memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
        plain_text(&rest[..plain], out);
        at += plain;
        match bytes.get(at) {
            Some(b'\\') => at += escape(&bytes[at..], out),
            Some(_) => {
                out.push(b'"');
                return at + 1;
            }
            None => return at,
        }
    }
}

/// Copies the characters of a string, control characters as escapes.
fn plain_text(bytes: &[u8], out: &mut Vec<u8>) {
    for byte in bytes {
        match byte {
            0..0x20 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            other => out.push(*other),
        }
    }
}

/// Copies an escape; returns how much of the input it took.
fn escape(bytes: &[u8], out: &mut Vec<u8>) -> usize {
    match (code_unit(bytes), bytes.get(6..).and_then(code_unit)) {
        (Some(0xD800..0xDC00), Some(0xDC00..0xE000)) => {
            out.extend_from_slice(&bytes[..12]);
            12
        }
        (Some(0xD800..0xE000), _) => {
            out.extend_from_slice(b"\\ufffd");
            6
        }
        _ => {
            let length = bytes.len().min(2);
            out.extend_from_slice(&bytes[..length]);
            length
        }
    }
}

/// Returns the number in an escape `\uXXXX`.
fn code_unit(bytes: &[u8]) -> Option<u16> {
    let digits = bytes.strip_prefix(b"\\u")?.get(..4)?;
    // Digits that are no number make no code unit: the parser will say so.
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repaired(json: &[u8]) -> String {
        let mut out = Vec::new();
        repair(json, &mut out);
        String::from_utf8(out).expect("the repaired text is UTF-8")
    }

    #[test]
    fn python_literals_become_null_outside_strings_only() {
        assert_eq!(repaired(br#"[NaN, -Infinity, Infinity, -1, "NaN"]"#), r#"[null, null, null, -1, "NaN"]"#);
    }

    #[test]
    fn lone_surrogates_are_replaced_and_pairs_are_kept() {
        assert_eq!(
            repaired(br#""\ud83d\ude00 \ud800 \udc00x \ud800\u0041""#),
            r#""\ud83d\ude00 \ufffd \ufffdx \ufffd\u0041""#
        );
        assert_eq!(repaired(br#""\\ud800 \"\ud8""#), r#""\\ud800 \"\ud8""#);
    }

    #[test]
    fn bad_bytes_and_raw_control_characters_in_strings_are_made_legal() {
        assert_eq!(repaired(b"{\"a\": \"\xff\x1b[0m\n\"}\n"), "{\"a\": \"\u{ff}\\u001b[0m\\u000a\"}\n");
        assert_eq!(repaired(b"{\"a\": \"\xc3\xa9 \xff\"}"), "{\"a\": \"\u{e9} \u{fffd}\"}");
    }

    #[test]
    fn a_cut_string_stays_cut() {
        assert_eq!(repaired(br#"{"a": "b\"#), r#"{"a": "b\"#);
        assert_eq!(repaired(br#"{"a": "b"#), r#"{"a": "b"#);
    }
}
