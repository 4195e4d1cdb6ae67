//! Which format an input has, by its content.

use std::io::Read;

use memchr::{memchr, memmem};

use super::decoded;
use super::json::{Scanner, Stop};
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

/// Tells the JSON formats apart by the members of their documents; of a report log, the first lines may be another's.
fn json(text: &[u8]) -> Option<Format> {
    json_document(text).or_else(|| {
        let lines = text.split(|byte| *byte == b'\n').skip(1).filter(|line| line.trim_ascii_start().starts_with(b"{"));
        let is_log = |line: &[u8]| json_document(line) == Some(Format::ReportLog);
        lines.take(FOREIGN_LINES).any(is_log).then_some(Format::ReportLog)
    })
}

/// Returns the format of the document that the text begins with. Members come in any order, and the text may end within any of them.
fn json_document(text: &[u8]) -> Option<Format> {
    let keys = member_names(text);
    let has = |name: &str| keys.iter().any(|key| key == name);
    let any = |names: &[&str]| names.iter().any(|name| has(name));
    if any(&["$report_type", "_report_type"]) || has("nodeid") && any(&["when", "longrepr", "keywords", "sections"]) {
        Some(Format::ReportLog)
    } else if has("reportFormat") || any(&["results/tool", "results/tests", "results/summary"]) {
        Some(Format::Ctrf)
    } else if any(&["tests", "summary", "collectors", "root"]) && any(&["created", "exitcode", "duration", "root"])
        || any(&["environment/Packages", "environment/Plugins"])
    {
        Some(Format::JsonReport)
    } else {
        None
    }
}

/// Returns the names of the members of a text's first document, and `parent/name` of what is in the members that tell formats apart.
fn member_names(text: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    let mut scanner = Scanner::new(text);
    // The text is but a head: that it ends somewhere is no matter.
    let _ = collect_names(&mut scanner, &mut names);
    names
}

fn collect_names(scanner: &mut Scanner<&[u8]>, names: &mut Vec<String>) -> Result<(), Stop> {
    scanner.begin_document()?;
    while let Some(key) = scanner.next_key()? {
        names.push(key.clone());
        if matches!(key.as_str(), "results" | "environment") && scanner.enter(b'{')? {
            while let Some(inner) = scanner.next_key()? {
                names.push(format!("{key}/{inner}"));
                scanner.value()?;
            }
        } else {
            scanner.value()?;
        }
    }
    Ok(())
}

/// Finds a report behind a few lines that do not belong to it, such as a shell's, or behind a cut head.
fn late_start(text: &[u8]) -> Option<Format> {
    let junit_tags = [&b"<?xml"[..], b"<testsuite", b"<testcase"];
    let first_line = &text[..memchr(b'\n', text).unwrap_or(text.len())];
    // pytest writes its reports without line ends: one that has lost its head begins within the line.
    if junit_tags.into_iter().filter_map(|tag| line_starting(text, tag)).any(|at| is_junit(&text[at..]))
        || memmem::find(first_line, b"<testcase ").is_some()
    {
        return Some(Format::JunitXml);
    }
    let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).collect();
    let is_json = |line: &&&[u8]| line.first().is_some_and(|byte| b"{}[]\"".contains(byte));
    let json_lines = lines.iter().filter(is_json).count();
    let is_mostly_json = lines.len() == 1 || json_lines * 2 >= lines.len();
    let before = lines.iter().position(|line| line.starts_with(b"{"));
    if before.is_some_and(|before| before <= FOREIGN_LINES)
        && let Some(at) = line_starting(text, b"{")
        && let Some(format) = json(&text[at..])
        && (is_mostly_json || format != Format::ReportLog)
    {
        return Some(format);
    }
    // Without its head a document has lost its names, but not those of its elements. In a string, quotes would be escaped.
    let has = |key: &str| memmem::find(text, format!("\"{key}\":").as_bytes()).is_some();
    if is_mostly_json && has("nodeid") && has("outcome") && has("lineno") && has("duration") {
        Some(Format::JsonReport)
    } else if is_mostly_json && has("name") && has("status") && has("duration") && (has("retries") || has("rawStatus"))
    {
        Some(Format::Ctrf)
    } else {
        None
    }
}

/// How many lines before a report, or within one, may be another's.
const FOREIGN_LINES: usize = 20;

fn line_starting(text: &[u8], prefix: &[u8]) -> Option<usize> {
    memmem::find_iter(text, prefix).find(|at| *at == 0 || text.get(at.wrapping_sub(1)) == Some(&b'\n'))
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

    fn detected(rows: &[(&str, Detection)]) {
        for (head, expected) in rows {
            let shown: String = head.chars().take(200).collect();
            assert_eq!(detect(head.as_bytes()), *expected, "{shown}");
        }
    }

    #[test]
    fn formats_are_told_by_content() {
        detected(&[
            ("", Detection::Text),
            ("me=\"0.1\" /><testcase name=\"a\" /></testsuite>", Detection::Report(Format::JunitXml)),
            ("sertionError</failure></testcase>\n<testcase name=\"a\"/>", Detection::Report(Format::JunitXml)),
            ("<?xml version=\"1.0\"?><testsuites><testsuite/>", Detection::Report(Format::JunitXml)),
            ("+ cat out.xml\n<?xml version=\"1.0\"?><testsuite>", Detection::Report(Format::JunitXml)),
            ("<html><body>hello", Detection::Text),
            ("{\"created\": 1.0, \"root\": \"/x\", \"summary\": {}}", Detection::Report(Format::JsonReport)),
            ("{\"pytest_version\": \"9\", \"$report_type\": \"SessionStart\"}\n", Detection::Report(Format::ReportLog)),
            ("ut line\"}\n{\"$report_type\": \"TestReport\"}", Detection::Report(Format::ReportLog)),
            ("{\"reportFormat\": \"CTRF\", \"results\": {\"tool\": {}}}", Detection::Report(Format::Ctrf)),
            ("{\"name\": \"some package\"}", Detection::Text),
            ("PK\u{3}\u{4}....", Detection::Other),
        ]);
    }

    #[test]
    fn json_is_told_by_its_members_in_any_order_and_layout() {
        let huge = format!(
            "{{\"environment\": {{\"Python\": \"3\", \"Packages\": {{\"pytest\": \"9\"}}, \"X\": \"{}",
            "x".repeat(70_000)
        );
        let long_line = format!(
            "{{\"location\": [], \"nodeid\": \"a.py::b\", \"keywords\": {{}}, \"longrepr\": \"{}",
            "x".repeat(70_000)
        );
        detected(&[
            (
                "{\n    \"exitcode\": 0,\n    \"summary\": {\n        \"total\": 1\n    }\n}",
                Detection::Report(Format::JsonReport),
            ),
            (
                "{\"tests\": [{\"nodeid\": \"a\", \"keywords\": []}], \"duration\": 1",
                Detection::Report(Format::JsonReport),
            ),
            ("[{\"created\": 1, \"root\": \"/\"}]", Detection::Report(Format::JsonReport)),
            (&huge, Detection::Report(Format::JsonReport)),
            (&long_line, Detection::Report(Format::ReportLog)),
            (
                "{\"a\": 1}\n{\"b\": 2}\n{\"outcome\": \"passed\", \"$report_type\": \"TestReport\"}",
                Detection::Report(Format::ReportLog),
            ),
            ("{\n  \"results\" : {\n \"summary\" : {\"tests\": 1}}}", Detection::Report(Format::Ctrf)),
            ("{\"results\": [{\"tool\": 1}], \"stats\": {\"duration\": 1}}", Detection::Text),
            ("{\"text\": \"{\\\"$report_type\\\": 1}\"}", Detection::Text),
            ("{\"a\": {\"$report_type\": 1}}", Detection::Text),
        ]);
    }

    #[test]
    fn a_cut_head_is_still_told() {
        detected(&[
            (
                "ped\"}, \"teardown\": {\"duration\": 0.1, \"outcome\": \"passed\"}}, {\"nodeid\": \"a.py::b\", \"lineno\": 3",
                Detection::Report(Format::JsonReport),
            ),
            (
                "\"passed\"\n      }\n    },\n    {\n      \"nodeid\": \"a\",\n \"lineno\": 1,\n \"outcome\": \"x\",\n \"setup\": {\n \"duration\": 1",
                Detection::Report(Format::JsonReport),
            ),
            (
                "ed\"}, {\"name\": \"a\", \"status\": \"passed\", \"duration\": 1, \"retries\": 0}",
                Detection::Report(Format::Ctrf),
            ),
            (
                "$ cat r.json\n{\"created\": 1, \"exitcode\": 0, \"root\": \"/\"}\n$",
                Detection::Report(Format::JsonReport),
            ),
        ]);
    }

    #[test]
    fn a_log_that_prints_json_is_a_log() {
        let line = "{\"$report_type\": \"TestReport\"}\n";
        let log = "test_a.py::test_b PASSED\n".repeat(9);
        detected(&[
            (&format!("= test session starts =\n{log}--- Captured stdout ---\n{line}{log}"), Detection::Text),
            (
                &format!("{log}{{\"nodeid\": 1, \"outcome\": 1, \"lineno\": 1, \"duration\": 1}}\n{log}"),
                Detection::Text,
            ),
        ]);
    }
}
