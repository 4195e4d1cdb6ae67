//! A quick look whether a text can be a console log at all, so that a walk over a source tree costs no more than reading it.

use std::io::{self, Read};
use std::sync::OnceLock;

use aho_corasick::AhoCorasick;

/// At least one of these stands in every log in which a session can be found: a count of the last line, an outcome word, a progress
/// percentage, or one of the headings and complaints of a run that never came to a test.
const MARKERS: [&str; 19] = [
    "test session starts",
    " passed",
    " failed",
    " error",
    " skipped",
    " xfailed",
    " xpassed",
    " deselected",
    " warning",
    " rerun",
    "no tests ran",
    "%]",
    "PASSED",
    "FAILED",
    "SKIPPED",
    "XFAIL",
    "XPASS",
    "ERROR",
    "RERUN",
];

/// How much is looked at at once.
const CHUNK: usize = 64 * 1024;

/// Returns whether a text may be a console log.
pub(crate) fn may_be_log(text: &[u8]) -> bool {
    is_wide(text) || markers().is_match(text)
}

/// Returns whether a text, of which `head` was read before, may be a console log. Stops at the first sign of it.
pub(crate) fn scan_for_log(head: &[u8], mut rest: impl Read) -> io::Result<bool> {
    if may_be_log(head) {
        return Ok(true);
    }
    let overlap = MARKERS.iter().map(|marker| marker.len()).max().unwrap_or_default();
    let mut window = head[head.len().saturating_sub(overlap)..].to_vec();
    loop {
        let read = rest.by_ref().take(CHUNK as u64).read_to_end(&mut window)?;
        if read == 0 {
            return Ok(false);
        }
        if markers().is_match(&window) {
            return Ok(true);
        }
        window.drain(..window.len().saturating_sub(overlap));
    }
}

/// UTF-16 has zeros between its letters: the markers do not show, and the few such files may all be looked at.
fn is_wide(text: &[u8]) -> bool {
    memchr::memchr(0, &text[..text.len().min(512)]).is_some()
}

fn markers() -> &'static AhoCorasick {
    static MATCHER: OnceLock<AhoCorasick> = OnceLock::new();
    MATCHER.get_or_init(|| AhoCorasick::new(MARKERS).expect("nineteen short words are no burden"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_found_wherever_it_stands() {
        let log = "=== 3 passed in 0.1s ===";
        for filler in [0, 1, CHUNK - 8, CHUNK - 4, CHUNK, 3 * CHUNK + 5] {
            let text = format!("{}{log}", "x".repeat(filler));
            for cut in [0, 5, text.len() / 2] {
                let (head, rest) = text.as_bytes().split_at(cut);
                assert!(scan_for_log(head, rest).expect("a slice reads"), "{filler} {cut}");
            }
        }
        assert!(!scan_for_log(b"fn main() {", &b"\n    println!(\"hello\");\n}\n"[..]).expect("a slice reads"));
    }
}
