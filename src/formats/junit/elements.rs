//! Each kind of element, read by a function of its own.

use std::io::BufRead;

use super::cases::{RawCases, Room};
use super::element::Element;
use super::gather::{Gathered, TextLimits};
use super::plain::PlainCase;
use super::problems::{Problem, Problems};
use super::raw::{COLLECTION_FAILURE, Issue, IssueKind, RawCase, RawDocument, RawSuite};
use super::times::Numbers;
use super::walk::{Event, Walker};
use crate::formats::ReadOptions;
use crate::model::Text;

/// Suites more deeply nested than this are read as if they stood at this depth.
const DEEPEST_SUITE: usize = 64;

/// Room for a text that is kept for the next one.
const MOST_ROOM: usize = 64 * 1024;

/// The class of a test case without class name.
const NO_CLASS: u32 = u32::MAX;

/// Reads documents.
pub(super) struct Elements<Input> {
    walker: Walker<Input>,
    numbers: Numbers,
    document: RawDocument,
    /// Where a text with references is resolved.
    scratch: String,
    /// The message of an issue as it stands there, while it is not known whether the text tells it.
    message: String,
    /// Where the text of an issue is gathered.
    gathering: String,
    /// How long texts may be.
    limits: TextLimits,
    /// How many test cases are held as they are.
    room: Room,
    /// The class of the last test case whose tag was a plain one: its name stands in the tag as it is.
    plain_class: Option<u32>,
}

impl<Input: BufRead> Elements<Input> {
    pub(super) fn new(input: Input, options: &ReadOptions) -> Elements<Input> {
        Elements {
            walker: Walker::new(input),
            numbers: Numbers::default(),
            document: RawDocument::default(),
            scratch: String::new(),
            message: String::new(),
            gathering: String::new(),
            limits: TextLimits::of(options),
            room: Room::of(options),
            plain_class: None,
        }
    }

    /// Reads the next document; `None` after the last.
    pub(super) fn document(&mut self) -> Option<RawDocument> {
        loop {
            match self.walker.next() {
                Event::Open(Element::Other) => {}
                Event::Open(element) => return Some(self.root(element)),
                Event::Close | Event::Text | Event::Prolog => {}
                Event::End if self.walker.ended() => return None,
                Event::End => self.walker.abandon(),
            }
        }
    }

    pub(super) fn problems(self) -> Problems {
        self.walker.problems
    }

    /// Reads a document whose first element has just begun.
    fn root(&mut self, element: Element) -> RawDocument {
        let cases = RawCases::within(&self.room);
        self.document = RawDocument { whole: true, line: self.walker.line(), cases, ..RawDocument::default() };
        self.numbers = Numbers::default();
        self.plain_class = None;
        match element {
            Element::TestSuites => {
                let root = self.suite_attributes(None);
                self.document.root = Some(root);
                self.suite_content(None);
            }
            Element::TestSuite => self.suite(None),
            other => {
                // The document begins in the middle: its head was cut off.
                self.document.whole = false;
                self.walker.problem(&Problem::HeadCut(format!("<{}>", Element::TestSuite.as_str())));
                self.member(None, other);
                self.headless();
            }
        }
        if self.walker.depth() > 0 {
            self.cut_short();
        }
        std::mem::take(&mut self.document)
    }

    /// Reads what stands beside the first element of a document whose head was cut off.
    fn headless(&mut self) {
        loop {
            match self.walker.next() {
                Event::Open(Element::TestSuites) => return self.walker.put_back(),
                Event::Prolog | Event::End => return,
                Event::Open(element) => self.member(None, element),
                Event::Close | Event::Text => {}
            }
        }
    }

    /// Notes that the document ends inside the elements that are open.
    fn cut_short(&mut self) {
        self.document.whole = false;
        let place = self.walker.cut().map_or_else(|| self.walker.path(), str::to_owned);
        self.walker.problem(&Problem::Cut(place));
        self.walker.abandon();
    }

    fn suite(&mut self, parent: Option<u32>) {
        let suite = self.suite_attributes(parent);
        // More suites than a number of this size can count are not told apart.
        let place = u32::try_from(self.document.suites.len()).unwrap_or(u32::MAX);
        self.document.suites.push(suite);
        self.suite_content(Some(place));
    }

    fn suite_attributes(&mut self, parent: Option<u32>) -> RawSuite {
        let mut suite = RawSuite { parent, line: self.walker.line(), ..RawSuite::default() };
        let numbers = &mut self.numbers;
        let mut wrong = Vec::new();
        suite.like_pytest = is_like_pytest(self.walker.attribute_names());
        self.walker.attributes(|name, value| match name {
            "name" => suite.name = Some(value.into_text()),
            "file" | "filepath" => suite.file = Some(value.into_text()),
            "timestamp" => suite.timestamp = Some(value.into_text()).filter(|text| !text.trim().is_empty()),
            "hostname" => suite.hostname = Some(value.into_text()).filter(|text| !text.trim().is_empty()),
            "time" => match numbers.seconds(value.raw()) {
                Ok(time) => suite.time = time,
                Err(problem) => wrong.push((problem, "time")),
            },
            _ => {
                if let Some(key) = count_key(name) {
                    match numbers.count(value.raw()) {
                        Ok(Some(count)) => suite.counts.push((key, count)),
                        Ok(None) => {}
                        Err(problem) => wrong.push((problem, key)),
                    }
                }
            }
        });
        for (problem, attribute) in wrong {
            self.walker.attribute_problem(&problem, attribute);
        }
        if let Some(name) = &suite.name {
            self.walker.label(name);
        }
        suite
    }

    /// Reads what stands in a suite, or in `testsuites` (no place), up to its end.
    fn suite_content(&mut self, place: Option<u32>) {
        let depth = self.walker.depth();
        loop {
            if self.plain_case(place) {
                continue;
            }
            match self.walker.next() {
                Event::Open(element) => self.member(place, element),
                Event::Close if self.walker.depth() < depth => return,
                Event::Close | Event::Text | Event::Prolog => {}
                Event::End => return,
            }
        }
    }

    /// Reads an element of a suite that has just begun.
    fn member(&mut self, place: Option<u32>, element: Element) {
        match element {
            Element::TestCase => self.case(place),
            // Deeper suites are read in place: their end is met by the loop around.
            Element::TestSuite if self.walker.depth() > DEEPEST_SUITE => self.walker.problem(&Problem::Depth),
            Element::TestSuite => self.suite(place),
            Element::Properties => {
                let properties = self.properties();
                self.of_suite(place).properties.extend(properties);
            }
            Element::SystemOut => {
                let text = self.suite_text();
                self.of_suite(place).system_out.push(text);
            }
            Element::SystemErr => {
                let text = self.suite_text();
                self.of_suite(place).system_err.push(text);
            }
            Element::Failure | Element::Error => {
                let issue = self.issue(if element == Element::Failure { IssueKind::Failure } else { IssueKind::Error });
                self.limits.end_of_suites_text();
                self.of_suite(place).issues.push(issue);
            }
            // A skipped suite says so in its counts, and in each of its test cases.
            Element::Skipped
            | Element::RerunFailure
            | Element::RerunError
            | Element::FlakyFailure
            | Element::FlakyError
            | Element::StackTrace => {
                self.issue(IssueKind::Skipped);
            }
            // What stands in these is read as if it stood here.
            Element::TestSuites | Element::Property | Element::Other => {}
        }
    }

    fn of_suite(&mut self, place: Option<u32>) -> &mut RawSuite {
        let RawDocument { root, suites, .. } = &mut self.document;
        match place.and_then(|place| suites.get_mut(place as usize)) {
            Some(suite) => suite,
            None => root.get_or_insert_default(),
        }
    }

    /// Reads a test case whose tag is as plain as most are, if such a one comes next.
    fn plain_case(&mut self, suite: Option<u32>) -> bool {
        let names = &mut self.document.names;
        let last = self.plain_class.and_then(|class| names.class(class));
        let plain = self.walker.ahead().and_then(|text| PlainCase::at_start_of(text, last));
        let Some(PlainCase { classname, name, time, empty, length }) = plain else { return false };
        let class = names.add_class(classname, self.plain_class.unwrap_or(NO_CLASS));
        let name = names.add_name(|text| text.push_str(name));
        self.plain_class = Some(class);
        self.numbers.saw_point();
        self.walker.take_case(length, empty);
        let case = RawCase { class, suite, name, line: self.walker.line(), time: Some(time), more: None };
        if empty {
            self.document.add(case);
        } else {
            self.case_content(case);
        }
        true
    }

    fn case(&mut self, suite: Option<u32>) {
        let case = self.case_attributes(suite);
        if self.walker.close_empty() {
            self.document.add(case);
        } else {
            self.case_content(case);
        }
    }

    /// Reads what stands in a test case, up to its end.
    fn case_content(&mut self, mut case: RawCase) {
        let depth = self.walker.depth();
        loop {
            match self.walker.next() {
                Event::Open(element) => self.part(&mut case, element),
                Event::Close if self.walker.depth() < depth => break,
                Event::Close | Event::Text | Event::Prolog => {}
                Event::End => {
                    case.more().cut = true;
                    break;
                }
            }
        }
        self.limits.end_case();
        self.document.add(case);
    }

    fn case_attributes(&mut self, suite: Option<u32>) -> RawCase {
        let line = self.walker.line();
        let mut case = RawCase { class: NO_CLASS, suite, name: 0..0, line, time: None, more: None };
        let (names, numbers, scratch) = (&mut self.document.names, &mut self.numbers, &mut self.scratch);
        let last = self.document.cases.last().last().map_or(NO_CLASS, |last| last.class);
        let mut wrong = None;
        self.walker.attributes(|name, value| match name {
            "classname" => case.class = names.add_class(value.text(scratch), last),
            "name" => case.name = names.add_name(|text| value.append_to(text)),
            "time" => match numbers.seconds(value.raw()) {
                Ok(time) => case.time = time,
                Err(problem) => wrong = Some(problem),
            },
            "file" | "filepath" => case.extras().file = Some(value.into_text()).filter(|file| !file.is_empty()),
            "line" => case.extras().definition_line = Some(value.into_text()),
            "timestamp" => case.extras().timestamp = Some(value.into_text()),
            "status" | "result" => case.extras().status.push(value.into_text()),
            _ => case.extras().attributes.push((name.to_owned(), value.into_text())),
        });
        if let Some(problem) = wrong {
            self.walker.attribute_problem(&problem, "time");
        }
        case
    }

    /// Reads an element of a test case that has just begun.
    fn part(&mut self, case: &mut RawCase, element: Element) {
        let kind = match element {
            Element::Failure => IssueKind::Failure,
            Element::Error => IssueKind::Error,
            Element::Skipped => IssueKind::Skipped,
            Element::RerunFailure | Element::RerunError => IssueKind::Rerun,
            Element::FlakyFailure | Element::FlakyError => IssueKind::Flaky,
            Element::SystemOut => {
                let text = self.text();
                case.extras().system_out.push(text);
                return;
            }
            Element::SystemErr => {
                let text = self.text();
                case.extras().system_err.push(text);
                return;
            }
            Element::Properties => {
                let properties = self.properties();
                case.extras().properties.extend(properties);
                return;
            }
            Element::Property => {
                let property = self.property();
                case.extras().properties.push(property);
                return;
            }
            // The walker lets none of these stand in a test case but the last two, whose content is passed over.
            Element::TestSuites | Element::TestSuite | Element::TestCase | Element::StackTrace | Element::Other => {
                return;
            }
        };
        let suite = case.suite.and_then(|suite| self.document.suites.get(suite as usize));
        let of_pytest = suite.is_some_and(|suite| suite.like_pytest);
        let mut issue = self.issue_of(kind, of_pytest && kind == IssueKind::Failure);
        issue.is_error = matches!(element, Element::RerunError | Element::FlakyError);
        let issues = &mut case.more().issues;
        // Nearly all have one.
        issues.reserve_exact(1);
        issues.push(issue);
    }

    fn issue(&mut self, kind: IssueKind) -> Issue {
        self.issue_of(kind, false)
    }

    /// Reads an issue that has just begun. Where the message is likely to be `told_by_text`, it is read only if it is not: half the test
    /// cases of a bad run have one.
    fn issue_of(&mut self, kind: IssueKind, told_by_text: bool) -> Issue {
        let mut issue = Issue { kind, ..Issue::default() };
        let (numbers, scratch, message) = (&mut self.numbers, &mut self.scratch, &mut self.message);
        message.clear();
        self.walker.attributes(|name, value| match name {
            "message" if told_by_text => message.push_str(value.raw()),
            "message" => issue.message = Some(value.text(scratch).into()),
            "type" => issue.class = Some(value.text(scratch).into()),
            "timestamp" => issue.attempt().timestamp = Some(value.into_text()),
            // A broken time of an earlier attempt is no loss worth a word: the attempt itself is there.
            "time" => issue.attempt().time = numbers.seconds(value.raw()).unwrap_or_default(),
            _ => {}
        });
        let mut text = Gathered::within(self.limits.longest(), std::mem::take(&mut self.gathering));
        let mut stack_trace = String::new();
        let depth = self.walker.depth();
        loop {
            match self.walker.next() {
                Event::Text => text.add(|text| self.walker.append_text(text)),
                Event::Open(Element::SystemOut) => issue.attempt().system_out = Some(self.text()),
                Event::Open(Element::SystemErr) => issue.attempt().system_err = Some(self.text()),
                Event::Open(Element::StackTrace) => stack_trace.push_str(&self.text()),
                Event::Open(_) => {}
                Event::Close if self.walker.depth() < depth => break,
                Event::Close | Event::Prolog => {}
                Event::End => break,
            }
        }
        let (mut text, left_out) = text.finish();
        self.kept(text.len(), left_out);
        // Beside a stack trace in an element of its own there is only white space.
        if !stack_trace.is_empty() && text.trim().is_empty() {
            text.clear();
        }
        text.push_str(&stack_trace);
        issue.text = Text::from(text.as_str());
        if !self.message.is_empty() && (self.message == COLLECTION_FAILURE || issue.text.trim().is_empty()) {
            issue.message = Some(self.walker.resolved(&self.message, &mut self.scratch).into());
        }
        // The next text is likely to need the same room; a huge one shall not keep its own.
        if text.capacity() <= MOST_ROOM {
            self.gathering = text;
        }
        issue
    }

    /// Reads a text of a suite, which stays in memory to the end.
    fn suite_text(&mut self) -> String {
        let text = self.text();
        self.limits.end_of_suites_text();
        text
    }

    /// Reads the text of an element that has just begun.
    fn text(&mut self) -> String {
        let depth = self.walker.depth();
        let mut text = Gathered::new(self.limits.longest());
        loop {
            match self.walker.next() {
                Event::Text => text.add(|text| self.walker.append_text(text)),
                Event::Close if self.walker.depth() < depth => break,
                Event::Open(_) | Event::Close | Event::Prolog => {}
                Event::End => break,
            }
        }
        self.gathered(text)
    }

    fn gathered(&mut self, text: Gathered) -> String {
        let (mut text, left_out) = text.finish();
        // What was left out, or reserved for what did not come, shall take no memory.
        if text.capacity() / 2 > text.len() {
            text.shrink_to_fit();
        }
        self.kept(text.len(), left_out);
        text
    }

    /// Notes that a text is kept, but for so many bytes of it.
    fn kept(&mut self, length: usize, left_out: usize) {
        self.limits.keep(length);
        if left_out > 0 {
            self.walker.problem(&Problem::LongText(left_out));
        }
    }

    fn properties(&mut self) -> Vec<(String, String)> {
        let depth = self.walker.depth();
        let mut properties = Vec::new();
        loop {
            match self.walker.next() {
                Event::Open(Element::Property) => properties.push(self.property()),
                Event::Close if self.walker.depth() < depth => return properties,
                Event::Open(_) | Event::Close | Event::Text | Event::Prolog => {}
                Event::End => return properties,
            }
        }
    }

    /// Reads a property, whose value is an attribute or the text.
    fn property(&mut self) -> (String, String) {
        let mut name = String::new();
        let mut value = None;
        self.walker.attributes(|attribute, text| match attribute {
            "name" => name = text.into_text(),
            "value" => value = Some(text.into_text()),
            _ => {}
        });
        let text = self.text();
        (name, value.unwrap_or(text))
    }
}

/// Whether these are the attributes of a suite of pytest, in the order since 5.0 or in that before it. The name is free to be chosen.
fn is_like_pytest<'tag>(attributes: impl Iterator<Item = &'tag str>) -> bool {
    const SINCE_5: [&str; 8] = ["name", "errors", "failures", "skipped", "tests", "time", "timestamp", "hostname"];
    const BEFORE: [&str; 6] = ["errors", "failures", "name", "skipped", "tests", "time"];
    let attributes: Vec<&str> = attributes.take(SINCE_5.len() + 1).collect();
    attributes == SINCE_5 || attributes == BEFORE
}

/// Returns the key of a declared number by its attribute.
fn count_key(attribute: &str) -> Option<&'static str> {
    match attribute {
        "tests" => Some("tests"),
        "failures" => Some("failures"),
        "errors" => Some("errors"),
        // pytest 2 wrote `skips`, Mocha `skipped` and `pending`, NUnit converters `ignored`.
        "skipped" | "skips" | "skip" | "ignored" | "pending" => Some("skipped"),
        "disabled" => Some("disabled"),
        _ => None,
    }
}
