//! One tag: where it ends, and where its attributes stand.
//!
//! Well-formed tags are read as XML says. What is not well formed is read as its writer most likely meant it: a quote that is not
//! followed by the end of the tag or by a further attribute is part of the value, a `<` in a value is part of it unless a tag of a
//! report begins there.

use std::ops::Range;

use memchr::memchr2;

use super::element::Element;

/// An attribute: its name and its raw value, as offsets into the tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attribute {
    pub(super) name: Range<usize>,
    pub(super) value: Range<usize>,
}

/// What is wrong with a tag that can nevertheless be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct TagFaults {
    /// An attribute has no value, no quotes or no space before it, or something stands there that is no attribute.
    pub(super) malformed: bool,
    /// A value holds a bare `<` or a quote of its own kind.
    pub(super) unescaped: bool,
    /// An attribute stands there twice.
    pub(super) duplicate: bool,
    /// The tag ends where another begins.
    pub(super) unclosed: bool,
}

impl TagFaults {
    pub(super) fn any(self) -> bool {
        self != TagFaults::default()
    }
}

/// What stands at a `<`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scanned {
    /// A tag of this length, whose name has this length.
    Tag { length: usize, name: usize, empty: bool, faults: TagFaults },
    /// No tag.
    NoTag,
    /// It cannot be said before more of the text is there.
    Unfinished,
}

/// Reads the opening tag at the start of `text`, whose first byte is `<`. `ended` says that no text will follow.
pub(super) fn scan_open(text: &[u8], ended: bool, attributes: &mut Vec<Attribute>) -> Scanned {
    attributes.clear();
    match text.get(1) {
        None if ended => return Scanned::NoTag,
        None => return Scanned::Unfinished,
        Some(byte) if !is_name_start(*byte) => return Scanned::NoTag,
        Some(_) => {}
    }
    let name = name_length(&text[1..]);
    let mut scan = TagScan { text, ended, at: 1 + name, faults: TagFaults::default(), attributes, ahead: None };
    scan.attributes(name)
}

/// Reads the closing tag at the start of `text`, which begins with `</`.
pub(super) fn scan_close(text: &[u8], ended: bool) -> Scanned {
    let name = name_length(text.get(2..).unwrap_or_default());
    let mut at = 2 + name;
    while text.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    match text.get(at) {
        None if ended => Scanned::NoTag,
        None => Scanned::Unfinished,
        Some(b'>') if name > 0 => Scanned::Tag { length: at + 1, name, empty: false, faults: TagFaults::default() },
        // `</failure</testcase>`: the bracket is missing, the tag is not.
        Some(b'<') if name > 0 && Element::of(name_of(text, 2, name)).is_known() => Scanned::Tag {
            length: at,
            name,
            empty: false,
            faults: TagFaults { unclosed: true, ..TagFaults::default() },
        },
        Some(_) => Scanned::NoTag,
    }
}

struct TagScan<'text> {
    text: &'text [u8],
    ended: bool,
    at: usize,
    faults: TagFaults,
    attributes: &'text mut Vec<Attribute>,
    /// The attribute behind the last value: its name, and where its `=` stands.
    ahead: Option<(Range<usize>, usize)>,
}

/// Where a value ends.
enum ValueEnd {
    /// At this quote.
    Quote(usize),
    /// At this `<`, which begins a tag of the report.
    Markup(usize),
    Unfinished,
}

impl TagScan<'_> {
    /// Reads up to the end of the tag; the name has been passed.
    fn attributes(&mut self, name: usize) -> Scanned {
        let tag = |length, empty, faults| Scanned::Tag { length, name, empty, faults };
        loop {
            if let Some((attribute, equals)) = self.ahead.take() {
                if let Some(scanned) = self.value(attribute, equals, name) {
                    return scanned;
                }
                continue;
            }
            self.skip_white();
            let Some(byte) = self.text.get(self.at) else { return Scanned::Unfinished };
            match byte {
                b'>' => return tag(self.at + 1, false, self.faults),
                b'/' => match self.text.get(self.at + 1) {
                    Some(b'>') => return tag(self.at + 2, true, self.faults),
                    Some(_) => self.stray(),
                    None => return Scanned::Unfinished,
                },
                b'<' => {
                    self.faults.unclosed = true;
                    return match Element::of(name_of(self.text, 1, name)).is_known() {
                        true => tag(self.at, false, self.faults),
                        false => Scanned::NoTag,
                    };
                }
                byte if is_name_start(*byte) => {
                    if let Some(scanned) = self.attribute(name) {
                        return scanned;
                    }
                }
                _ => self.stray(),
            }
        }
    }

    /// Reads one attribute; returns what is to be said of the tag where it cannot go on.
    fn attribute(&mut self, tag_name: usize) -> Option<Scanned> {
        let start = self.at;
        self.at += name_length(&self.text[start..]);
        let name = start..self.at;
        self.skip_white();
        match self.text.get(self.at) {
            Some(b'=') => self.value(name, self.at, tag_name),
            Some(_) => {
                self.faults.malformed = true;
                None
            }
            None => Some(Scanned::Unfinished),
        }
    }

    /// Reads the value of an attribute, whose name and `=` have been passed.
    fn value(&mut self, name: Range<usize>, equals: usize, tag_name: usize) -> Option<Scanned> {
        self.at = equals + 1;
        self.skip_white();
        let quote = match self.text.get(self.at) {
            None => return Some(Scanned::Unfinished),
            Some(quote @ (b'"' | b'\'')) => *quote,
            Some(_) => {
                self.unquoted(name);
                return None;
            }
        };
        let value = self.at + 1;
        match self.value_end(value, quote) {
            ValueEnd::Quote(end) => {
                self.push(name, value..end);
                self.at = end + 1;
                None
            }
            ValueEnd::Markup(end) => {
                self.faults.unclosed = true;
                self.push(name, value..end);
                Some(Scanned::Tag { length: end, name: tag_name, empty: false, faults: self.faults })
            }
            ValueEnd::Unfinished => Some(Scanned::Unfinished),
        }
    }

    fn unquoted(&mut self, name: Range<usize>) {
        self.faults.malformed = true;
        let start = self.at;
        let ends = |at: usize| match self.text.get(at) {
            None | Some(b'>' | b'<') => true,
            Some(b'/') => self.text.get(at + 1) == Some(&b'>'),
            Some(byte) => byte.is_ascii_whitespace(),
        };
        let end = (start..).find(|at| ends(*at)).unwrap_or(start);
        self.at = end;
        if end > start {
            self.push(name, start..end);
        }
    }

    fn value_end(&mut self, start: usize, quote: u8) -> ValueEnd {
        let mut from = start;
        loop {
            let Some(found) = memchr2(quote, b'<', self.text.get(from..).unwrap_or_default()) else {
                return ValueEnd::Unfinished;
            };
            let at = from + found;
            let decided = if self.text[at] == quote { self.closes(at + 1) } else { self.is_markup(at) };
            match decided {
                None => return ValueEnd::Unfinished,
                Some(true) if self.text[at] == quote => return ValueEnd::Quote(at),
                Some(true) => return ValueEnd::Markup(at),
                Some(false) => self.faults.unescaped = true,
            }
            from = at + 1;
        }
    }

    /// Whether what follows a quote shows that it closes the value; `None` where more text is needed.
    fn closes(&mut self, behind: usize) -> Option<bool> {
        let more = if self.ended { Some(true) } else { None };
        let mut at = behind;
        while self.text.get(at).is_some_and(u8::is_ascii_whitespace) {
            at += 1;
        }
        match self.text.get(at) {
            None => more,
            Some(b'>' | b'/' | b'?') => Some(true),
            // The next tag begins here, so this one was not closed.
            Some(b'<') => Some(true),
            Some(byte) if is_name_start(*byte) => {
                let mut next = at + name_length(&self.text[at..]);
                let name = at..next;
                while self.text.get(next).is_some_and(u8::is_ascii_whitespace) {
                    next += 1;
                }
                match self.text.get(next) {
                    None => more,
                    Some(b'=') if at == behind => {
                        let quoted = matches!(self.text.get(next + 1), Some(b'"' | b'\''));
                        self.faults.malformed |= quoted;
                        Some(quoted)
                    }
                    Some(b'=') => {
                        self.ahead = Some((name, next));
                        Some(true)
                    }
                    Some(_) => Some(false),
                }
            }
            Some(_) => Some(false),
        }
    }

    /// Whether a tag of a report begins at this `<` in a value.
    fn is_markup(&self, at: usize) -> Option<bool> {
        let name_at = if self.text.get(at + 1) == Some(&b'/') { at + 2 } else { at + 1 };
        let name = name_length(self.text.get(name_at..).unwrap_or_default());
        match self.text.get(name_at + name) {
            None if self.ended => Some(false),
            None => None,
            Some(byte) => Some(
                (byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/'))
                    && Element::of(name_of(self.text, name_at, name)).is_known(),
            ),
        }
    }

    fn push(&mut self, name: Range<usize>, value: Range<usize>) {
        /// Beyond so many attributes the comparison of each with each would cost too much, and no writer means it.
        const COMPARED: usize = 64;
        let (text, first) = (self.text, self.text.get(name.start));
        let known = |attribute: &Attribute| {
            // Most names differ in length or at the first letter.
            attribute.name.len() == name.len()
                && text.get(attribute.name.start) == first
                && text[attribute.name.clone()] == text[name.clone()]
        };
        if self.attributes.len() < COMPARED && self.attributes.iter().any(known) {
            self.faults.duplicate = true;
        } else {
            self.attributes.push(Attribute { name, value });
        }
    }

    fn stray(&mut self) {
        self.faults.malformed = true;
        self.at += 1;
    }

    fn skip_white(&mut self) {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }
}

/// Whether a name may begin with this byte.
pub(super) fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'_' | b':') || byte >= 0x80
}

/// Returns how many of the first bytes may be a name.
pub(super) fn name_length(text: &[u8]) -> usize {
    text.iter().position(|byte| !IN_NAME[usize::from(*byte)]).unwrap_or(text.len())
}

/// Which bytes may be part of a name.
const IN_NAME: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let value = byte as u8;
        table[byte] = value.is_ascii_alphanumeric() || matches!(value, b'_' | b':' | b'-' | b'.') || value >= 0x80;
        byte += 1;
    }
    table
};

fn name_of(text: &[u8], at: usize, length: usize) -> &[u8] {
    text.get(at..at + length).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The attributes as text, and what was found.
    fn scan(text: &str) -> (Vec<(&str, &str)>, Scanned) {
        let mut attributes = Vec::new();
        let scanned = scan_open(text.as_bytes(), true, &mut attributes);
        (attributes.into_iter().map(|found| (&text[found.name], &text[found.value])).collect(), scanned)
    }

    fn faults(scanned: Scanned) -> TagFaults {
        match scanned {
            Scanned::Tag { faults, .. } => faults,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_well_formed_tag() {
        let (attributes, scanned) = scan("<testcase name = \"a > b\" time='1'/>rest");
        assert_eq!(attributes, [("name", "a > b"), ("time", "1")]);
        assert_eq!(scanned, Scanned::Tag { length: 35, name: 8, empty: true, faults: TagFaults::default() });
    }

    #[test]
    fn damaged_attributes_are_read_as_they_were_meant() {
        let rows = [
            ("<testcase name=\"f[\"a\"]\" time=\"1\">", vec![("name", "f[\"a\"]"), ("time", "1")]),
            ("<testcase name=\"say \"a b\" c\" time=\"1\">", vec![("name", "say \"a b\" c"), ("time", "1")]),
            ("<testcase name=\"a\"time=\"1\">", vec![("name", "a"), ("time", "1")]),
            ("<testcase name=a time=1>", vec![("name", "a"), ("time", "1")]),
            ("<testcase disabled name=\"a\">", vec![("name", "a")]),
            ("<testcase name=\"a\" time=/>", vec![("name", "a")]),
            ("<testcase name=\"Map<K, V>\" time=\"1\">", vec![("name", "Map<K, V>"), ("time", "1")]),
            ("<testcase name=\"a\" name=\"b\">", vec![("name", "a")]),
            ("<testcase name=\"a", vec![]),
            ("<testcase name=\"a></testcase>", vec![("name", "a>")]),
        ];
        for (text, expected) in rows {
            assert_eq!(scan(text).0, expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_tag() {
        for text in ["< b", "<3", "<b and <c>", "<", "<=>"] {
            assert_eq!(scan(text).1, Scanned::NoTag, "{text}");
        }
        assert_eq!(scan("<testcase name=").1, Scanned::Unfinished);
    }

    #[test]
    fn a_tag_without_its_bracket_ends_where_the_next_begins() {
        let (attributes, scanned) = scan("<testcase name=\"a\" <failure>");
        assert_eq!(attributes, [("name", "a")]);
        assert!(faults(scanned).unclosed);
    }
}
