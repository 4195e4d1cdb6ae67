//! Tags to balanced elements, with the way to each.
//!
//! What the walker gives is always balanced: an element that was not closed is closed where its parent is, or where something begins
//! that cannot stand in it; a closing tag that closes nothing is passed over.

use std::io::BufRead;

use super::element::Element;
use super::problems::{Problem, Problems};
use super::references;
use super::scan::{Scanner, Token};
use super::stack::Stack;

/// More open elements than this are not kept apart: no report has them.
const DEEPEST: usize = 256;
/// How much of a stray text is shown.
const SHOWN: usize = 80;

/// What the walker has met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// An element begins. Its attributes are asked of the walker before the next event.
    Open(Element),
    /// The innermost element ends.
    Close,
    /// A piece of text, to be had by [`Walker::append_text`].
    Text,
    /// An XML declaration outside of any element: a document is about to begin.
    Prolog,
    /// The input has ended, or a document begins inside the open elements: nothing more comes before they are left behind by
    /// [`Walker::abandon`].
    End,
}

/// Text that belongs to no element, as much of it as is shown, and its line; 0 where there was none.
#[derive(Debug, Default)]
struct Outside {
    text: String,
    line: u64,
}

/// Reads balanced elements.
pub(super) struct Walker<Input> {
    scanner: Scanner<Input>,
    stack: Stack,
    /// The current token has been read but not used up.
    held: Option<Token>,
    /// Whether the current text is to be taken as it stands.
    literal: bool,
    /// How many elements are open beyond the deepest that are kept apart.
    beyond: u64,
    outside: Outside,
    ended: bool,
    pub(super) problems: Problems,
}

impl<Input: BufRead> Walker<Input> {
    pub(super) fn new(input: Input) -> Walker<Input> {
        Walker {
            scanner: Scanner::new(input),
            stack: Stack::default(),
            held: None,
            literal: false,
            beyond: 0,
            outside: Outside::default(),
            ended: false,
            problems: Problems::default(),
        }
    }

    /// Reads the next event.
    pub(super) fn next(&mut self) -> Event {
        loop {
            let token = self.held.take().unwrap_or_else(|| self.read());
            if matches!(token, Token::Open | Token::Close | Token::Declaration | Token::End) {
                self.tell_outside();
            }
            let event = match token {
                Token::Open => self.open(),
                Token::Close => self.close(),
                Token::Text => self.text(false),
                Token::Literal => self.text(true),
                Token::Bare => self.bare(),
                Token::Declaration => self.declaration(),
                Token::End => Some(self.end()),
            };
            if let Some(event) = event {
                return event;
            }
        }
    }

    /// Returns the text ahead, where the next event may be a test case of the suite that is the innermost element.
    pub(super) fn ahead(&self) -> Option<&str> {
        let is_suite = matches!(self.stack.innermost(), Some(Element::TestSuite | Element::TestSuites));
        if is_suite && self.held.is_none() && self.outside.line == 0 { self.scanner.ahead() } else { None }
    }

    /// Takes the opening tag of a test case that was read from the text ahead, of this length. One that is empty is closed, too.
    pub(super) fn take_case(&mut self, length: usize, empty: bool) {
        self.scanner.take_open(length);
        if empty { self.stack.pass_case() } else { self.stack.push(Element::TestCase, Element::TestCase.as_str()) }
    }

    /// Returns how many elements are open.
    pub(super) fn depth(&self) -> usize {
        self.stack.len()
    }

    /// Returns whether the input is over.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// Returns what the input ended inside of, where it ended inside a tag, a comment or a CDATA section.
    pub(super) fn cut(&self) -> Option<&'static str> {
        self.scanner.cut()
    }

    /// Closes the element that has just begun, if it is empty; returns whether it was.
    pub(super) fn close_empty(&mut self) -> bool {
        let empty = self.scanner.take_empty();
        if empty {
            self.stack.pop();
        }
        empty
    }

    /// Gives the element that has just begun back, to be met again.
    pub(super) fn put_back(&mut self) {
        self.held = Some(Token::Open);
        self.stack.pop();
    }

    /// Leaves all open elements behind, after an [`Event::End`].
    pub(super) fn abandon(&mut self) {
        self.stack.clear();
        self.beyond = 0;
    }

    /// Returns the line of the current event.
    pub(super) fn line(&mut self) -> u64 {
        self.scanner.line()
    }

    /// Gives each attribute of the current element to `take`, with its references resolved.
    pub(super) fn attributes(&mut self, mut take: impl FnMut(&str, Attribute<'_>)) {
        let mut unresolved = references::Unresolved::default();
        for (name, raw) in self.scanner.attributes() {
            take(name, Attribute { raw, unresolved: &mut unresolved });
        }
        self.tell_unresolved(unresolved);
    }

    /// Returns a value of the current element's attributes with its references resolved, in `scratch`.
    pub(super) fn resolved<'text>(&mut self, raw: &str, scratch: &'text mut String) -> &'text str {
        scratch.clear();
        let unresolved = references::resolve(raw, scratch);
        self.tell_unresolved(unresolved);
        scratch
    }

    /// Returns the names of the current element's attributes.
    pub(super) fn attribute_names(&self) -> impl Iterator<Item = &str> {
        self.scanner.attributes().map(|(name, _)| name)
    }

    /// Names the current suite in paths.
    pub(super) fn label(&mut self, name: &str) {
        self.stack.label(name);
    }

    /// Appends the current text.
    pub(super) fn append_text(&mut self, out: &mut String) {
        if self.literal {
            references::literal(self.scanner.raw(), out);
        } else {
            let unresolved = references::resolve(self.scanner.raw(), out);
            self.tell_unresolved(unresolved);
        }
    }

    /// Adds a problem at the current place.
    pub(super) fn problem(&mut self, problem: &Problem) {
        let place = self.problems.lists(problem).then(|| (self.scanner.line(), self.path()));
        let (line, path) = place.unzip();
        self.problems.add(problem, line, path.filter(|path| !path.is_empty()));
    }

    /// Adds a problem with an attribute of the current element.
    pub(super) fn attribute_problem(&mut self, problem: &Problem, attribute: &str) {
        let place =
            self.problems.lists(problem).then(|| (self.scanner.line(), format!("{}/@{attribute}", self.path())));
        let (line, path) = place.unzip();
        self.problems.add(problem, line, path);
    }

    /// Returns the way to the innermost open element.
    pub(super) fn path(&self) -> String {
        self.stack.path()
    }

    fn read(&mut self) -> Token {
        let token = self.scanner.advance();
        if self.scanner.has_problems() {
            for (line, problem) in self.scanner.take_problems() {
                let path = self.problems.lists(&problem).then(|| self.path());
                self.problems.add(&problem, Some(line), path.filter(|path| !path.is_empty()));
            }
        }
        token
    }

    fn open(&mut self) -> Option<Event> {
        let element = Element::of(self.scanner.name().as_bytes());
        let parent = self.stack.innermost();
        if let Some(parent) = parent {
            if parent.is_text() && self.is_prose(parent, element) {
                self.scanner.take_as_text();
                return self.bare();
            }
            let new_document =
                element == Element::TestSuites && parent != Element::TestSuites && parent != Element::Other;
            if new_document {
                self.held = Some(Token::Open);
                return Some(Event::End);
            }
            if !parent.may_contain(element) {
                return Some(self.close_unclosed(Token::Open));
            }
        }
        if self.stack.len() >= DEEPEST && matches!(element, Element::TestSuites | Element::TestSuite | Element::Other) {
            // Test cases at any depth are read; what stands around them is passed over.
            self.beyond += u64::from(element != Element::Other);
            self.problem(&Problem::Depth);
            return None;
        }
        self.stack.push(element, self.scanner.name());
        self.tell_faults();
        Some(Event::Open(element))
    }

    /// Whether what looks like a tag inside a text element is part of the text that nobody escaped.
    ///
    /// | tag | is |
    /// |---|---|
    /// | no element of a report | text |
    /// | with malformed attributes | text: `<error in line 3>` |
    /// | an element of a test case that should have attributes, without any | text: `<failure>` |
    /// | any other | an element; the text element was not closed |
    fn is_prose(&self, parent: Element, element: Element) -> bool {
        if parent.is_attempt() && parent.may_contain(element) {
            return element == Element::Other;
        }
        let wants_attributes = matches!(
            element,
            Element::Failure | Element::Error | Element::TestCase | Element::Property | Element::StackTrace
        );
        !element.is_known()
            || self.scanner.faults().malformed
            || (wants_attributes && self.scanner.attributes().next().is_none())
    }

    fn close(&mut self) -> Option<Event> {
        let name = self.scanner.name();
        let is_suite = matches!(Element::of(name.as_bytes()), Element::TestSuites | Element::TestSuite);
        if self.beyond > 0 && is_suite && self.stack.len() <= DEEPEST {
            self.beyond -= 1;
            return None;
        }
        if self.stack.innermost_name() == Some(name) {
            self.stack.pop();
            return Some(Event::Close);
        }
        if self.stack.has(name) {
            return Some(self.close_unclosed(Token::Close));
        }
        if self.stack.innermost().is_some_and(Element::is_text) {
            return self.bare();
        }
        let problem = Problem::Unopened(name.to_owned());
        self.problem(&problem);
        None
    }

    /// Closes the innermost element, which was not closed, and keeps the token that showed it.
    fn close_unclosed(&mut self, token: Token) -> Event {
        let name = self.stack.innermost_name().unwrap_or_default().to_owned();
        self.problem(&Problem::Unclosed(name));
        self.held = Some(token);
        self.stack.pop();
        Event::Close
    }

    fn text(&mut self, literal: bool) -> Option<Event> {
        self.literal = literal;
        if self.stack.innermost().is_some_and(Element::is_text) {
            return Some(Event::Text);
        }
        let blank = |character: char| character.is_whitespace() || character == '\0';
        let text = self.scanner.raw();
        // White space between elements is what nearly all of this is.
        if self.outside.line > 0 || !text.chars().all(blank) {
            let room = SHOWN.saturating_sub(self.outside.text.chars().count());
            let shown = text.chars().map(|character| if blank(character) { ' ' } else { character }).take(room);
            self.outside.text.extend(shown);
            if self.outside.line == 0 {
                let before = text.chars().take_while(|character| blank(*character));
                let lines = before.filter(|character| *character == '\n').count() as u64;
                self.outside.line = self.scanner.line() + lines;
            }
        }
        None
    }

    /// Tells of the text that stood outside of elements, before what comes now.
    fn tell_outside(&mut self) {
        if self.outside.line > 0 {
            let Outside { text, line } = std::mem::take(&mut self.outside);
            let path = Some(self.path()).filter(|path| !path.is_empty());
            self.problems.add(&Problem::Outside(text.trim().to_owned()), Some(line), path);
        }
    }

    /// Text that looks like markup: worth a word once an element.
    fn bare(&mut self) -> Option<Event> {
        if self.stack.first_bare_markup() && self.stack.innermost().is_some_and(Element::is_text) {
            self.problem(&Problem::BareMarkup);
        }
        self.text(true)
    }

    fn declaration(&mut self) -> Option<Event> {
        if self.stack.is_empty() {
            return Some(Event::Prolog);
        }
        // A document inside a document: the first was cut and another written behind it.
        self.held = Some(Token::Declaration);
        Some(Event::End)
    }

    fn end(&mut self) -> Event {
        self.ended = true;
        self.held = Some(Token::End);
        Event::End
    }

    fn tell_faults(&mut self) {
        let faults = self.scanner.faults();
        if !faults.any() {
            return;
        }
        let told = [
            (faults.malformed, "has something in it that is no attribute"),
            (faults.unescaped, "has an unescaped '<' or quote in an attribute"),
            (faults.duplicate, "has an attribute twice; the first was kept"),
            (faults.unclosed, "is not closed"),
        ];
        for (is_so, what) in told {
            if is_so {
                self.problem(&Problem::Attributes(what));
            }
        }
    }

    fn tell_unresolved(&mut self, unresolved: references::Unresolved) {
        if unresolved.bare {
            self.problem(&Problem::BareAmpersand);
        }
        if unresolved.entity {
            self.problem(&Problem::Entity);
        }
    }
}

/// The value of an attribute.
pub(super) struct Attribute<'walker> {
    raw: &'walker str,
    unresolved: &'walker mut references::Unresolved,
}

impl Attribute<'_> {
    /// Returns the value with its references resolved.
    pub(super) fn into_text(self) -> String {
        let mut text = String::with_capacity(self.raw.len());
        self.append_to(&mut text);
        text
    }

    /// Returns the value with its references resolved, in `scratch` where there are any.
    pub(super) fn text<'text>(self, scratch: &'text mut String) -> &'text str
    where
        Self: 'text,
    {
        if !references::any(self.raw) {
            return self.raw;
        }
        scratch.clear();
        self.append_to(scratch);
        scratch
    }

    /// Appends the value with its references resolved.
    pub(super) fn append_to(self, text: &mut String) {
        let unresolved = references::resolve(self.raw, text);
        *self.unresolved = self.unresolved.join(unresolved);
    }

    /// Returns the value as it was written: for numbers, which need no references.
    pub(super) fn raw(&self) -> &str {
        self.raw
    }
}
