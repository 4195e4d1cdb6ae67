//! Which format an input has, by its content.

use std::io::Read;

use memchr::{memchr, memmem};

use super::decoded;
use crate::model::Format;

/// What the first bytes of an input say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detection {
    /// A report of this format.
    Report(Format),
    /// Text that is none of the report formats: a console log, or anything else that people write.
    Text,
    /// Neither a report nor text.
    Other,
}

/// Returns what the first bytes of an input (some 64 KiB, or all there is) show it to be.
pub fn detect(head: &[u8]) -> Detection {
    let mut text = Vec::with_capacity(head.len());
    // A slice cannot fail to be read, and a cut character at its end is no matter here.
    let _ = decoded(head).read_to_end(&mut text);
    let start = text.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(text.len());
    let body = &text[start..];
    match body.first() {
        None => Detection::Text,
        Some(b'<') if is_junit(body) => Detection::Report(Format::JunitXml),
        Some(b'{' | b'[') => json(body).map_or(Detection::Text, Detection::Report),
        Some(_) => {
            if let Some(format) = late_start(body) {
                Detection::Report(format)
            } else if is_text(body) {
                Detection::Text
            } else {
                Detection::Other
            }
        }
    }
}

fn is_junit(text: &[u8]) -> bool {
    [&b"<testsuite"[..], b"<testcase"].iter().any(|tag| memmem::find(text, tag).is_some())
}

/// Tells the JSON formats apart by the keys that only they have.
fn json(text: &[u8]) -> Option<Format> {
    let has = |key: &str| memmem::find(text, key.as_bytes()).is_some();
    if has("\"$report_type\"") || has("\"_report_type\"") {
        Some(Format::ReportLog)
    } else if has("\"results\"") && (has("\"tool\"") || has("\"reportFormat\"")) {
        Some(Format::Ctrf)
    } else if has("\"summary\"") && has("\"created\"") || has("\"exitcode\"") && has("\"root\"") {
        Some(Format::JsonReport)
    } else {
        None
    }
}

/// Finds a report behind lines that do not belong to it, such as a shell's, or behind a cut line.
fn late_start(text: &[u8]) -> Option<Format> {
    let line_starting = |prefix: &[u8]| {
        memmem::find_iter(text, prefix).find(|at| *at == 0 || text.get(at.wrapping_sub(1)) == Some(&b'\n'))
    };
    let junit_tags = [&b"<?xml"[..], b"<testsuite", b"<testcase"];
    let first_line = &text[..memchr(b'\n', text).unwrap_or(text.len())];
    // pytest writes its reports without line ends: one that has lost its head begins within the line.
    if junit_tags.into_iter().filter_map(line_starting).any(|at| is_junit(&text[at..]))
        || memmem::find(first_line, b"<testcase ").is_some()
    {
        return Some(Format::JunitXml);
    }
    let at = line_starting(b"{\"")?;
    json(&text[at..]).filter(|format| *format == Format::ReportLog)
}

/// Whether this is something people read: few control characters. A log may hold some, and a tail of zeros after a crash.
fn is_text(bytes: &[u8]) -> bool {
    const MAGIC: [&[u8]; 8] =
        [b"PK\x03\x04", b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ", b"\x89PNG", b"%PDF", b"\x7fELF", b"PAR1"];
    if MAGIC.iter().any(|magic| bytes.starts_with(magic)) {
        return false;
    }
    let control =
        |byte: &&u8| **byte < 0x20 && !matches!(**byte, b'\t' | b'\n' | b'\r' | 0x07 | 0x08 | 0x0c | 0x1b | 0);
    bytes.iter().filter(control).count() * 10 <= bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_content() {
        let rows: [(&[u8], Detection); 11] = [
            (b"me=\"0.1\" /><testcase name=\"a\" /></testsuite>", Detection::Report(Format::JunitXml)),
            (b"sertionError</failure></testcase>\n<testcase name=\"a\"/>", Detection::Report(Format::JunitXml)),
            (b"<?xml version=\"1.0\"?><testsuites><testsuite/>", Detection::Report(Format::JunitXml)),
            (b"+ cat out.xml\n<?xml version=\"1.0\"?><testsuite>", Detection::Report(Format::JunitXml)),
            (b"<html><body>hello", Detection::Text),
            (b"{\"created\": 1.0, \"root\": \"/x\", \"summary\": {}}", Detection::Report(Format::JsonReport)),
            (
                b"{\"pytest_version\": \"9\", \"$report_type\": \"SessionStart\"}\n",
                Detection::Report(Format::ReportLog),
            ),
            (b"ut line\"}\n{\"$report_type\": \"TestReport\"}", Detection::Report(Format::ReportLog)),
            (b"{\"reportFormat\": \"CTRF\", \"results\": {\"tool\": {}}}", Detection::Report(Format::Ctrf)),
            (b"{\"name\": \"some package\"}", Detection::Text),
            (b"PK\x03\x04....", Detection::Other),
        ];
        for (head, expected) in rows {
            assert_eq!(detect(head), expected, "{}", String::from_utf8_lossy(head));
        }
    }
}
