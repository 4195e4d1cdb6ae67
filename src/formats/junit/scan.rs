//! Text to tags and pieces of text.
//!
//! Text comes in pieces as the window holds it, so that the longest text needs no more memory than its consumer gives it; a tag is
//! held whole.

use std::io::BufRead;
use std::ops::Range;

use memchr::{memchr, memmem, memrchr};

use super::element::Element;
use super::problems::Problem;
use super::references::LONGEST;
use super::tag::{Attribute, Scanned, TagFaults, is_name_start, name_length, scan_close, scan_open};
use super::window::Window;

/// A tag longer than this is none: it is text in which a bracket or a quote is missing.
const LONGEST_TAG: usize = 16 * 1024 * 1024;
/// What the input ended inside of.
const IN_TAG: &str = "a tag";
/// How much text may be looked at in vain, in search of the ends of tags that are none, before whole stretches are taken as text.
const VAIN: usize = 64 * 1024 * 1024;

/// What the scanner has read. The text of it is asked of the scanner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// An opening tag; an empty element gives a [`Token::Close`] behind it.
    Open,
    /// A closing tag.
    Close,
    /// Text with references in it.
    Text,
    /// Text as it stands, of a CDATA section.
    Literal,
    /// Text that looks like markup and is none: it begins with a bare `<`.
    Bare,
    /// An XML declaration: a document begins.
    Declaration,
    /// The end of the input.
    End,
}

/// Reads tokens.
pub(super) struct Scanner<Input> {
    window: Window<Input>,
    state: State,
    attributes: Vec<Attribute>,
    /// The name of the current tag.
    name: Range<usize>,
    /// The whole of the current token.
    token: Range<usize>,
    faults: TagFaults,
    /// Whether the current opening tag is an empty element, of which the closing is still to be told.
    empty: bool,
    vain: usize,
    /// What the input ended inside of.
    cut: Option<&'static str>,
    problems: Vec<(u64, Problem)>,
}

/// How one step of the scanner came out.
enum Step {
    /// A token was read.
    Read(Token),
    /// Something was passed over.
    Again,
    /// More of the input is needed. Never said once the input has ended.
    More,
}

/// What the next byte is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Content,
    Cdata,
    /// A comment or processing instruction, up to this.
    Passing(&'static str),
}

impl<Input: BufRead> Scanner<Input> {
    pub(super) fn new(input: Input) -> Scanner<Input> {
        Scanner {
            window: Window::new(input),
            state: State::Content,
            attributes: Vec::new(),
            name: 0..0,
            token: 0..0,
            faults: TagFaults::default(),
            empty: false,
            vain: 0,
            cut: None,
            problems: Vec::new(),
        }
    }

    /// Reads the next token.
    pub(super) fn advance(&mut self) -> Token {
        if self.empty {
            self.empty = false;
            self.token = self.token.end..self.token.end;
            return Token::Close;
        }
        loop {
            let step = match self.state {
                State::Content => self.content(),
                State::Cdata => self.cdata(),
                State::Passing(end) => self.pass(end),
            };
            match step {
                Step::Read(token) => return token,
                Step::Again => {}
                Step::More => {
                    self.window.fill();
                }
            }
        }
    }

    /// Returns the current tag's name.
    pub(super) fn name(&self) -> &str {
        self.window.slice(self.name.clone())
    }

    /// Returns the current token as it was written.
    pub(super) fn raw(&self) -> &str {
        self.window.slice(self.token.clone())
    }

    /// Returns the current opening tag's attributes, with their values as they were written.
    pub(super) fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        let tag = self.raw();
        self.attributes.iter().map(|found| {
            (tag.get(found.name.clone()).unwrap_or_default(), tag.get(found.value.clone()).unwrap_or_default())
        })
    }

    /// Returns what is wrong with the current opening tag.
    pub(super) fn faults(&self) -> TagFaults {
        self.faults
    }

    /// Returns whether the current opening tag is an empty element; if so, no closing follows any more.
    pub(super) fn take_empty(&mut self) -> bool {
        std::mem::take(&mut self.empty)
    }

    /// Makes the current tag text: [`Scanner::raw`] is all of it, and no closing follows.
    pub(super) fn take_as_text(&mut self) {
        self.empty = false;
    }

    /// Returns the text that stands ahead, where a tag may begin in it.
    pub(super) fn ahead(&self) -> Option<&str> {
        (self.state == State::Content && !self.empty && !self.has_problems()).then(|| self.window.rest())
    }

    /// Takes an opening tag of this length that was read elsewhere, and has no faults.
    pub(super) fn take_open(&mut self, length: usize) {
        self.take(Token::Open, length);
        self.name = self.token.start..self.token.start;
        self.attributes.clear();
        self.faults = TagFaults::default();
    }

    /// Returns what the input ended inside of, once it has ended.
    pub(super) fn cut(&self) -> Option<&'static str> {
        self.cut
    }

    /// Returns the line of the current token. Must not be asked again of an earlier one.
    pub(super) fn line(&mut self) -> u64 {
        self.window.line_at(self.token.start)
    }

    /// Returns what went wrong since the last call, with the lines.
    pub(super) fn take_problems(&mut self) -> Vec<(u64, Problem)> {
        let mut problems = self.window.take_problems();
        problems.append(&mut self.problems);
        problems
    }

    /// Returns whether there is anything to take.
    pub(super) fn has_problems(&self) -> bool {
        !self.problems.is_empty() || self.window.has_problems()
    }

    fn content(&mut self) -> Step {
        let ended = self.window.ended();
        let rest = self.window.rest();
        match memchr(b'<', rest.as_bytes()) {
            Some(0) => self.markup(),
            Some(at) => self.take(Token::Text, at),
            None if ended && rest.is_empty() => self.take(Token::End, 0),
            None => match if ended { rest.len() } else { whole_references(rest) } {
                0 => Step::More,
                length => self.take(Token::Text, length),
            },
        }
    }

    /// Reads what stands at a `<`.
    fn markup(&mut self) -> Step {
        let ended = self.window.ended();
        let rest = self.window.rest().as_bytes();
        let scanned = match rest.get(1) {
            Some(b'!') => return self.declaration(),
            Some(b'?') => return self.instruction(),
            Some(b'/') => scan_close(rest, ended),
            Some(_) | None => scan_open(rest, ended, &mut self.attributes),
        };
        let close = rest.get(1) == Some(&b'/');
        match scanned {
            Scanned::Tag { length, name, empty, faults } => {
                let step = self.take(if close { Token::Close } else { Token::Open }, length);
                let name_at = self.token.start + if close { 2 } else { 1 };
                self.name = name_at..name_at + name;
                self.empty = empty;
                self.faults = faults;
                step
            }
            Scanned::NoTag => self.bare_bracket(1),
            Scanned::Unfinished if ended => self.cut_tag(close),
            Scanned::Unfinished if rest.len() > LONGEST_TAG => {
                let length = rest.len();
                let taken = if self.vain_search(length) { LONGEST_TAG } else { 1 };
                self.bare_bracket(taken)
            }
            Scanned::Unfinished => {
                // The tag is read again from its start, so that the window had better grow by much.
                let wanted = rest.len() * 2;
                while self.window.rest().len() < wanted && self.window.fill() {}
                Step::Again
            }
        }
    }

    /// Takes a tag of which all the rest of the input does not hold the end.
    fn cut_tag(&mut self, close: bool) -> Step {
        let rest = self.window.rest();
        let name = if close { 0 } else { name_length(&rest.as_bytes()[1..]) };
        if Element::of(&rest.as_bytes()[1..1 + name]).is_known() {
            // What it is, and the attributes before the cut, are known.
            let length = rest.len();
            self.cut = Some(IN_TAG);
            let step = self.take(Token::Open, length);
            self.name = self.token.start + 1..self.token.start + 1 + name;
            self.empty = false;
            self.faults = TagFaults::default();
            return step;
        }
        // Where a later tag begins, this was none.
        match memchr(b'<', &rest.as_bytes()[1..]) {
            Some(at) if self.vain_search(rest.len()) => self.bare_bracket(at + 1),
            Some(_) => self.bare_bracket(1),
            None => self.unfinished(IN_TAG),
        }
    }

    /// Counts a search for the end of a tag that is none; returns whether there have been too many.
    fn vain_search(&mut self, length: usize) -> bool {
        self.vain = self.vain.saturating_add(length);
        self.vain > VAIN
    }

    /// Takes text that begins with a `<` that begins no tag.
    fn bare_bracket(&mut self, length: usize) -> Step {
        let rest = self.window.rest();
        let length = (length..=rest.len()).find(|at| rest.is_char_boundary(*at)).unwrap_or(rest.len());
        self.take(Token::Bare, length)
    }

    /// Reads what stands at a `<!`.
    fn declaration(&mut self) -> Step {
        const CDATA: &[u8] = b"<![CDATA[";
        const COMMENT: &[u8] = b"<!--";
        const DOCTYPE: &[u8] = b"<!DOCTYPE";
        let rest = self.window.rest().as_bytes();
        let begins = |with: &[u8]| rest.len() >= with.len() && rest[..with.len()].eq_ignore_ascii_case(with);
        let may_begin = |with: &[u8]| rest.len() < with.len() && with[..rest.len()].eq_ignore_ascii_case(rest);
        if begins(CDATA) {
            self.window.consume(CDATA.len());
            self.state = State::Cdata;
            self.cdata()
        } else if begins(COMMENT) {
            self.window.consume(COMMENT.len());
            self.state = State::Passing("-->");
            self.pass("-->")
        } else if begins(DOCTYPE) {
            self.doctype()
        } else if [CDATA, COMMENT, DOCTYPE].into_iter().any(may_begin) {
            if self.window.ended() { self.unfinished(IN_TAG) } else { Step::More }
        } else {
            self.bare_bracket(1)
        }
    }

    /// Passes over a document type declaration with all that it declares.
    fn doctype(&mut self) -> Step {
        const LONGEST_DOCTYPE: usize = 1024 * 1024;
        let ended = self.window.ended();
        let rest = self.window.rest();
        let length = match doctype_length(rest.as_bytes()) {
            Some(length) => length,
            None if !ended && rest.len() < LONGEST_DOCTYPE => return Step::More,
            // It has no end: only its first bracket goes, and what it declares is passed over as unknown markup.
            None => 1,
        };
        let line = self.window.line_at(self.window.offset());
        self.problems.push((line, Problem::Doctype));
        self.window.consume(length);
        Step::Again
    }

    /// Reads what stands at a `<?`.
    fn instruction(&mut self) -> Step {
        const DECLARATION: &[u8] = b"<?xml";
        let ended = self.window.ended();
        let rest = self.window.rest().as_bytes();
        if rest.len() <= DECLARATION.len() {
            return if ended { self.unfinished(IN_TAG) } else { Step::More };
        }
        if !is_name_start(rest[2]) {
            return self.bare_bracket(1);
        }
        let is_declaration = rest.starts_with(DECLARATION) && rest[DECLARATION.len()].is_ascii_whitespace();
        self.state = State::Passing("?>");
        if is_declaration { self.take(Token::Declaration, DECLARATION.len()) } else { self.pass("?>") }
    }

    /// Reads a piece of a CDATA section.
    fn cdata(&mut self) -> Step {
        const END: &str = "]]>";
        let ended = self.window.ended();
        let rest = self.window.rest();
        if let Some(at) = memmem::find(rest.as_bytes(), END.as_bytes()) {
            let step = self.take(Token::Literal, at);
            self.window.consume(END.len());
            self.state = State::Content;
            return if at > 0 { step } else { Step::Again };
        }
        match if ended { rest.len() } else { before_partial(rest, END) } {
            0 if ended => self.unfinished("a CDATA section"),
            0 => Step::More,
            length => self.take(Token::Literal, length),
        }
    }

    /// Passes over a comment or an instruction.
    fn pass(&mut self, end: &'static str) -> Step {
        let ended = self.window.ended();
        let rest = self.window.rest();
        if let Some(at) = memmem::find(rest.as_bytes(), end.as_bytes()) {
            self.window.consume(at + end.len());
            self.state = State::Content;
            return Step::Again;
        }
        let length = before_partial(rest, end);
        self.window.consume(length);
        if ended { self.unfinished("a comment") } else { Step::More }
    }

    /// Takes the rest of the input, which ends inside something.
    fn unfinished(&mut self, inside: &'static str) -> Step {
        self.cut = Some(inside);
        self.state = State::Content;
        let length = self.window.rest().len();
        self.take(Token::End, length)
    }

    fn take(&mut self, token: Token, length: usize) -> Step {
        let start = self.window.offset();
        self.token = start..start + length;
        self.window.consume(length);
        Step::Read(token)
    }
}

/// How much of a text can be taken without cutting a reference or a line end in two.
fn whole_references(text: &str) -> usize {
    let bytes = text.as_bytes();
    let tail = bytes.len().saturating_sub(LONGEST);
    match memrchr(b'&', &bytes[tail..]) {
        Some(at) if memchr(b';', &bytes[tail + at..]).is_none() => tail + at,
        Some(_) | None if bytes.ends_with(b"\r") => bytes.len() - 1,
        Some(_) | None => bytes.len(),
    }
}

/// How much of a text stands before what may be the beginning of `end`, or of a line end.
fn before_partial(text: &str, end: &str) -> usize {
    let mut length = text.len().saturating_sub(end.len() - 1);
    while !text.is_char_boundary(length) {
        length -= 1;
    }
    if text.as_bytes().get(..length).is_some_and(|bytes| bytes.ends_with(b"\r")) { length - 1 } else { length }
}

/// Returns the length of the document type declaration at the start of `text`, where it has an end.
fn doctype_length(text: &[u8]) -> Option<usize> {
    let mut depth = 0_u32;
    let mut quote = None;
    for (at, byte) in text.iter().enumerate() {
        match (quote, byte) {
            (Some(open), byte) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'<') => depth += 1,
            (None, b'>') if depth <= 1 => return Some(at + 1),
            (None, b'>') => depth -= 1,
            (None, _) => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use quick_xml::XmlVersion;
    use quick_xml::events::Event;
    use quick_xml::reader::Reader;

    use super::*;
    use crate::formats::junit::references;

    /// What a tokenizer says of a text: tags with their attributes, and text between them with its references resolved.
    type Heard = Vec<String>;

    fn ours(xml: &[u8]) -> Heard {
        let mut scanner = Scanner::new(xml);
        let (mut heard, mut text) = (Vec::new(), String::new());
        loop {
            let token = scanner.advance();
            match token {
                Token::Text => {
                    references::resolve(scanner.raw(), &mut text);
                    continue;
                }
                Token::Literal => {
                    references::literal(scanner.raw(), &mut text);
                    continue;
                }
                Token::Bare => panic!("no bare markup in a well-formed text"),
                Token::Declaration => continue,
                Token::Open | Token::Close | Token::End => {}
            }
            if !text.is_empty() {
                heard.push(format!("text {}", std::mem::take(&mut text)));
            }
            match token {
                Token::Open => {
                    let attributes = scanner.attributes().map(|(name, raw)| {
                        let mut value = String::new();
                        references::resolve(raw, &mut value);
                        format!(" {name}={value:?}")
                    });
                    heard.push(format!("open {}{}", scanner.name(), attributes.collect::<String>()));
                }
                Token::Close => heard.push(format!("close {}", scanner.name())),
                _ => return heard,
            }
        }
    }

    fn theirs(xml: &[u8]) -> Heard {
        let mut reader = Reader::from_reader(xml);
        reader.config_mut().expand_empty_elements = true;
        let (mut heard, mut text, mut buffer) = (Vec::new(), String::new(), Vec::new());
        loop {
            buffer.clear();
            let event = reader.read_event_into(&mut buffer).expect("the text is well-formed");
            let tag = match event {
                Event::Text(part) => {
                    text += &part.xml10_content();
                    continue;
                }
                Event::CData(part) => {
                    text += &part.xml10_content();
                    continue;
                }
                Event::GeneralRef(reference) => {
                    references::resolve(&format!("&{};", &*reference), &mut text);
                    continue;
                }
                Event::Start(tag) => {
                    let attributes = tag.attributes().map(|attribute| {
                        let attribute = attribute.expect("an attribute");
                        let value = attribute.normalized_value(XmlVersion::Implicit1_0).expect("a value");
                        format!(" {}={value:?}", attribute.key.as_ref())
                    });
                    format!("open {}{}", tag.name().as_ref(), attributes.collect::<String>())
                }
                Event::End(tag) => format!("close {}", tag.name().as_ref()),
                Event::Eof => String::new(),
                _ => continue,
            };
            if !text.is_empty() {
                heard.push(format!("text {}", std::mem::take(&mut text)));
            }
            if tag.is_empty() {
                return heard;
            }
            heard.push(tag);
        }
    }

    #[test]
    fn well_formed_samples_are_heard_as_quick_xml_hears_them() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/junit");
        let mut compared = 0;
        for folder in std::fs::read_dir(root).expect("the samples are there") {
            let folder = folder.expect("a folder").path();
            for file in std::fs::read_dir(&folder).expect("a folder of samples") {
                let path = file.expect("a file").path();
                if path.extension().is_some_and(|extension| extension == "xml") && !folder.ends_with("damaged") {
                    let xml = std::fs::read(&path).expect("a sample is readable");
                    assert_eq!(ours(&xml), theirs(&xml), "{}", path.display());
                    compared += 1;
                }
            }
        }
        assert!(compared > 30, "only {compared} samples compared");
    }

    fn element() -> impl Strategy<Value = String> {
        let attribute =
            ("[a-z:_][a-z0-9.-]{0,6}", "[ !#-%(-;=?-~é☃]{0,12}(&(amp|lt|gt|quot|#10|#x41);)?", any::<bool>());
        let attributes = proptest::collection::btree_map("[a-z]{1,5}", attribute, 0..4).prop_map(|attributes| {
            let written = attributes.into_iter().map(|(key, (name, value, single))| {
                let (quote, space) = if single { ('\'', " ") } else { ('"', "") };
                format!(" {key}{name}{space}={space}{quote}{value}{quote}")
            });
            written.collect::<String>()
        });
        let text = prop_oneof![
            "[ -%(-;=?-~é☃\n]{0,20}",
            Just("<![CDATA[a <b> & ]] c]]>".to_owned()),
            Just("<!-- a <b> -- & c -->".to_owned()),
            Just("&lt;&#13;&amp;".to_owned()),
            Just("a\r\nb\rc".to_owned()),
            Just("<?pi a?>".to_owned()),
        ];
        let leaf = ("[a-z]{1,8}", attributes.clone()).prop_map(|(name, attributes)| format!("<{name}{attributes} />"));
        leaf.prop_recursive(4, 24, 4, move |inner| {
            let content = proptest::collection::vec(prop_oneof![text.clone(), inner], 0..4);
            ("[a-zA-Z][a-z-]{0,8}", attributes.clone(), content)
                .prop_map(|(name, attributes, content)| format!("<{name}{attributes}>{}</{name} >", content.concat()))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn well_formed_texts_are_heard_as_quick_xml_hears_them(xml in element()) {
            prop_assert_eq!(ours(xml.as_bytes()), theirs(xml.as_bytes()), "{}", xml);
        }
    }
}
