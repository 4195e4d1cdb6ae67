//! The plainest result line, `path::test WORD  [ 50%]`, of which a long log consists.
//!
//! It is read with as few looks at each byte as possible, and only where nothing in it can be meant in another way: whatever is out of the
//! ordinary goes the general way ([`super::result_line::complete`]), which says the same of a plain line.

use super::result_line::ResultLine;
use super::tail::Tail;
use super::words::{self, Meaning};
use crate::grammar::Library;

/// The length of a progress mark, `[ 50%]`.
const MARK: usize = 6;

/// Returns the result that a line states which has exactly this form; its id is printable ASCII.
pub(super) fn plainest<'l>(library: &Library, line: &'l str) -> Option<ResultLine<'l>> {
    let bytes = line.as_bytes();
    let (before, mark) = bytes.split_at(bytes.len().checked_sub(MARK)?);
    if !is_mark(mark) || matches!(bytes.first(), Some(b'T' | b'1' | b'[')) {
        return None;
    }
    let body = before.len() - before.iter().rev().take_while(|byte| **byte == b' ').count();
    let word = before.get(..body)?.iter().rev().take_while(|byte| byte.is_ascii_uppercase()).count();
    let end = body.checked_sub(word + 1)?;
    if body == before.len() || bytes.get(end) != Some(&b' ') {
        return None;
    }
    let node_id = line.get(..end)?;
    if !is_plain_id(node_id.as_bytes()) {
        return None;
    }
    let word = line.get(end + 1..body)?;
    let meaning @ Meaning::Test(_) = words::meaning(library, word)? else { return None };
    let (detail, reason, worker) = (None, None, None);
    Some(ResultLine { node_id, word, meaning: Some(meaning), detail, reason, worker, tail: Tail::Progress })
}

/// Whether these bytes are `[  5%]`, `[ 50%]` or `[100%]`.
fn is_mark(mark: &[u8]) -> bool {
    let [b'[', hundreds, tens, ones @ b'0'..=b'9', b'%', b']'] = mark else { return false };
    match (hundreds, tens) {
        (b' ', b' ') => true,
        (b' ' | b'0'..=b'9', b'0'..=b'9') => ones.is_ascii_digit(),
        _ => false,
    }
}

/// Whether an id has a file and a name, and no byte that could begin anything else: a blank, the arrow of an inherited test, a heading, a colour.
fn is_plain_id(node_id: &[u8]) -> bool {
    // All bytes are looked at, so that many of them are at once.
    let strange = node_id
        .iter()
        .fold(false, |strange, byte| strange | !(0x21..=0x7e).contains(byte) | (*byte == b'<') | (*byte == b'='));
    let colons = memchr::memchr(b':', node_id).unwrap_or_default();
    let is_named = node_id.get(colons + 1) == Some(&b':') && colons + 2 < node_id.len();
    !strange && colons > 0 && is_named && node_id.last() != Some(&b'.')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, prop, prop_assert, prop_assert_eq, proptest};

    use super::super::result_line::complete;
    use super::*;

    /// Lines out of all that makes a result line difficult.
    fn line() -> impl Strategy<Value = String> {
        const PARTS: [&str; 24] = [
            "a.py", "::", "test_x", " ", "  ", "[", "]", "(", ")", "PASSED", "FAILED", " PASSED ", "SUBPASS", " <- ",
            " - ", "[ 50%]", "%]", "[gw0]", "é", ":", "\t", "1", "=", "\r",
        ];
        let parts = prop::collection::vec(prop::sample::select(PARTS.to_vec()), 0..7);
        let ends = vec![
            " PASSED  [ 50%]",
            " FAILED [100%]",
            " XFAIL (r) [ 1%]",
            " RERUN [  1%]",
            " SUBPASS [ 50%]",
            " [ 50%]",
            "",
        ];
        let start =
            prop::sample::select(vec!["a.py::x", "", "a::", "T.py::x", "[gw1] [ 50%] PASSED a.py::x", "a.py::b:c::"]);
        (start, parts, prop::sample::select(ends))
            .prop_map(|(start, parts, end)| format!("{start}{}{end}", parts.concat()))
    }

    proptest! {
        #[test]
        fn a_plain_line_says_what_the_general_way_finds(line in line()) {
            if let Some(plain) = plainest(Library::built_in(), &line) {
                prop_assert_eq!(complete(Library::built_in(), &line), Some(plain));
                prop_assert!(!super::super::result_line::is_printed_behind_id(plain.node_id));
            }
        }
    }

    #[test]
    fn what_is_plain() {
        let library = Library::built_in();
        for line in ["a.py::x PASSED [ 50%]", "a/b.py::C::t[1-x] FAILED          [  5%]", "a.py::x RERUN [100%]"] {
            assert!(plainest(library, line).is_some(), "{line}");
        }
        let strange = [
            "a.py::x PASSED[ 50%]",
            "a.py::x PASSED [5%]",
            "a.py::x[a b] PASSED [ 50%]",
            "a.py::é PASSED [ 50%]",
            "a.py::x SUBPASS [ 50%]",
            "a.py::x FINE [ 50%]",
            "a.py PASSED [ 50%]",
            "::x PASSED [ 50%]",
            "a.py:: PASSED [ 50%]",
            "[ 50%]",
            "",
            "a.py::x [ 50%]",
            "T.py::x PASSED [ 50%]",
            "a.py::x PASSED (r) [ 50%]",
            "a.py::x PASSED [ 50%] ",
            "a.py::x PASSED [50 %]",
            "a.py::x PASSED [3/31]",
        ];
        for line in strange {
            assert_eq!(plainest(library, line), None, "{line}");
        }
    }
}
