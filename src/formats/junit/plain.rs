//! The opening tag of a test case as pytest writes nearly all of them, read in one go.
//!
//! `<testcase classname="..." name="..." time="0.012" />`: these attributes in this order, one space before each, and values in which
//! nothing needs a second look. Whatever differs is left to the scanner, which would read the same of such a tag, and takes longer.

use std::time::Duration;

use super::times::plain_seconds;

const CLASSNAME: &[u8] = b"<testcase classname=\"";
const NAME: &[u8] = b"\" name=\"";
const TIME: &[u8] = b"\" time=\"";
/// The longest time that is read here: nine digits, the point, six digits, the quote.
const LONGEST_TIME: usize = 17;

/// A test case as pytest writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PlainCase<'text> {
    pub(super) classname: &'text str,
    pub(super) name: &'text str,
    pub(super) time: Duration,
    /// Whether nothing stands in it.
    pub(super) empty: bool,
    /// How long the tag is.
    pub(super) length: usize,
}

impl PlainCase<'_> {
    /// Reads the tag at the beginning of `text`, if it is one. `last` is the class name of the test case before, which is likely to be
    /// the same, where that was read here, too.
    pub(super) fn at_start_of<'text>(text: &'text str, last: Option<&str>) -> Option<PlainCase<'text>> {
        let bytes = text.as_bytes();
        let classname_at = CLASSNAME.len();
        let rest = bytes.strip_prefix(CLASSNAME)?;
        let classname = last.map(str::len).filter(|length| is_again(rest, last, *length)).or_else(|| value(rest))?;
        let name_at = classname_at + classname + NAME.len();
        let rest = rest.get(classname..)?.strip_prefix(NAME)?;
        let name = value(rest)?;
        let rest = rest.get(name..)?.strip_prefix(TIME)?;
        let time = rest.iter().take(LONGEST_TIME).position(|byte| *byte == b'"')?;
        let (end, empty) = match rest.get(time + 1..)? {
            [b' ', b'/', b'>', ..] => (3, true),
            [b'/', b'>', ..] => (2, true),
            [b'>', ..] => (1, false),
            _ => return None,
        };
        Some(PlainCase {
            classname: text.get(classname_at..classname_at + classname)?,
            name: text.get(name_at..name_at + name)?,
            time: plain_seconds(rest.get(..time)?)?,
            empty,
            length: name_at + name + TIME.len() + time + 1 + end,
        })
    }
}

/// Whether the class name before stands here again.
fn is_again(rest: &[u8], last: Option<&str>, length: usize) -> bool {
    let behind = last.and_then(|last| rest.strip_prefix(last.as_bytes()));
    length > 0 && behind.is_some_and(|behind| behind.starts_with(NAME))
}

/// Returns how long the value at the beginning of `rest` is, where it stands there as it is.
fn value(rest: &[u8]) -> Option<usize> {
    let end = rest.iter().position(|byte| STOPS[usize::from(*byte)])?;
    (rest[end] == b'"').then_some(end)
}

/// The bytes that end a value, or are not what they stand for.
const STOPS: [bool; 256] = {
    let mut table = [false; 256];
    table[b'"' as usize] = true;
    table[b'&' as usize] = true;
    table[b'<' as usize] = true;
    table[b'\r' as usize] = true;
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    fn read<'text>(text: &'text str, last: Option<&str>) -> Option<(&'text str, &'text str, u128, bool, &'text str)> {
        let case = PlainCase::at_start_of(text, last)?;
        Some((case.classname, case.name, case.time.as_micros(), case.empty, &text[case.length..]))
    }

    #[test]
    fn plain_tags_are_read_and_others_left_alone() {
        let text = "<testcase classname=\"a.é\" name=\"b['>'\n]\" time=\"1.25\" />rest";
        for last in [None, Some("a.é"), Some("a"), Some("a.é.B"), Some("")] {
            assert_eq!(read(text, last), Some(("a.é", "b['>'\n]", 1_250_000, true, "rest")), "{last:?}");
        }
        let open = "<testcase classname=\"\" name=\"\" time=\"0.000001\"><failure";
        assert_eq!(read(open, None), Some(("", "", 1, false, "<failure")));
        for other in [
            "<testcase classname=\"a\" name=\"b\" time=\"1.25\"",
            "<testcase classname=\"a\" name=\"b\" time=\"1.25\" ",
            "<testcase classname=\"a\" name=\"b\" time=\"1\" />",
            "<testcase classname=\"a\" name=\"b\" time=\"1.25\" file=\"c\" />",
            "<testcase classname=\"a\" name=\"b &amp; c\" time=\"1.25\" />",
            "<testcase classname=\"a\" name=\"b\r\" time=\"1.25\" />",
            "<testcase classname=\"a\" name=\"b \"c\"\" time=\"1.25\" />",
            "<testcase  classname=\"a\" name=\"b\" time=\"1.25\" />",
            "<testcase classname='a' name='b' time='1.25' />",
            "<testcase classname=\"a\" name=\"b",
        ] {
            assert_eq!(read(other, Some("a")), None, "{other}");
        }
    }
}
