//! What goes wrong in a document, and the diagnostics of it.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Severity};

/// One kind of thing that can be wrong with a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Problem {
    /// The input gave an error.
    Unreadable(String),
    /// Bytes that are not in the text's encoding.
    BadBytes,
    /// The text is not UTF-8 and declares nothing else.
    NotUtf8,
    /// The declared encoding is none that anybody knows.
    UnknownEncoding(String),
    /// A DOCTYPE.
    Doctype,
    /// The document ends inside something.
    Cut(String),
    /// The document begins inside something.
    HeadCut(String),
    /// Text that belongs to no element of a report.
    Outside(String),
    /// A bare `<`, or a tag that no report has, inside a text.
    BareMarkup,
    /// A bare `&`.
    BareAmpersand,
    /// An entity that is not predefined.
    Entity,
    /// A tag with malformed attributes.
    Attributes(&'static str),
    /// An element that was not closed.
    Unclosed(String),
    /// A closing tag that closes nothing.
    Unopened(String),
    /// More levels than any report has.
    Depth,
    /// A number or time that is none.
    Value(String),
    /// A test case without a name.
    Nameless,
    /// The trace that pytest leaves of a test within which the run broke off: a test case with nothing but a time.
    BrokenOff,
    /// A test case of which the outcome is not known.
    Undecided(String),
    /// Several results of one id that are no attempts of one test for certain.
    AmbiguousRepeat(String),
    /// Several results of one id that are taken for attempts of one test, though another test may have stood between them.
    LikelyAttempts(String),
    /// A skip that is taken for that of a subtest.
    SubtestSkip(String),
    /// Declared totals differ from what is there.
    Totals(String),
    /// A time stamp without time zone.
    NaiveTime(String),
    /// pytest itself broke.
    InternalError(String),
    /// No element of a report at all.
    NoReport,
    /// A suite property that differs between suites.
    PropertyConflict(String),
    /// A text longer than the caller wants.
    LongText(usize),
}

impl Problem {
    fn severity(&self) -> Severity {
        match self {
            Problem::Unreadable(_)
            | Problem::Doctype
            | Problem::Cut(_)
            | Problem::HeadCut(_)
            | Problem::Nameless
            | Problem::Undecided(_)
            | Problem::InternalError(_)
            | Problem::NoReport => Severity::Error,
            Problem::BadBytes
            | Problem::NotUtf8
            | Problem::UnknownEncoding(_)
            | Problem::BareMarkup
            | Problem::BareAmpersand
            | Problem::Entity
            | Problem::Attributes(_)
            | Problem::Unclosed(_)
            | Problem::Unopened(_)
            | Problem::Depth
            | Problem::Value(_)
            | Problem::BrokenOff
            | Problem::AmbiguousRepeat(_)
            | Problem::LikelyAttempts(_)
            | Problem::Totals(_) => Severity::Warning,
            Problem::Outside(_)
            | Problem::SubtestSkip(_)
            | Problem::NaiveTime(_)
            | Problem::PropertyConflict(_)
            | Problem::LongText(_) => Severity::Note,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Problem::Unreadable(_) => "junit-unreadable",
            Problem::BadBytes => "junit-bad-bytes",
            Problem::NotUtf8 => "junit-not-utf-8",
            Problem::UnknownEncoding(_) => "junit-unknown-encoding",
            Problem::Doctype => "junit-doctype",
            Problem::Cut(_) => "junit-cut",
            Problem::HeadCut(_) => "junit-head-cut",
            Problem::Outside(_) => "junit-text-outside",
            Problem::BareMarkup => "junit-bare-markup",
            Problem::BareAmpersand => "junit-bare-ampersand",
            Problem::Entity => "junit-entity",
            Problem::Attributes(_) => "junit-attributes",
            Problem::Unclosed(_) => "junit-unclosed",
            Problem::Unopened(_) => "junit-unopened",
            Problem::Depth => "junit-depth",
            Problem::Value(_) => "junit-value",
            Problem::Nameless => "junit-nameless",
            Problem::BrokenOff => "junit-broken-off",
            Problem::Undecided(_) => "junit-undecided",
            Problem::AmbiguousRepeat(_) => "junit-ambiguous-repeat",
            Problem::LikelyAttempts(_) => "junit-likely-attempts",
            Problem::SubtestSkip(_) => "junit-subtest-skip",
            Problem::Totals(_) => "junit-totals",
            Problem::NaiveTime(_) => "junit-naive-time",
            Problem::InternalError(_) => "junit-internal-error",
            Problem::NoReport => "junit-no-report",
            Problem::PropertyConflict(_) => "junit-property-conflict",
            Problem::LongText(_) => "junit-long-text",
        }
    }

    fn message(&self) -> String {
        match self {
            Problem::Unreadable(error) => format!("the input could not be read further: {error}"),
            Problem::BadBytes => "bytes that are not in the text's encoding were replaced".to_owned(),
            Problem::NotUtf8 => "the text is not UTF-8, as it should be; it was read as Windows-1252".to_owned(),
            Problem::UnknownEncoding(label) => {
                format!("the encoding '{label}' is not known; the text was read as UTF-8")
            }
            Problem::Doctype => {
                "the document type declaration was refused, as reports have none and attacks do".to_owned()
            }
            Problem::Cut(place) => format!("the document ends inside {place}"),
            Problem::HeadCut(place) => format!("the document begins inside {place}"),
            Problem::Outside(text) => format!("text outside of any element was passed over: {text}"),
            Problem::BareMarkup => "unescaped markup in a text was taken as text".to_owned(),
            Problem::BareAmpersand => "an unescaped '&' was taken as it stands".to_owned(),
            Problem::Entity => "a reference to an entity that XML does not define was left as it stands".to_owned(),
            Problem::Attributes(what) => format!("the tag {what}"),
            Problem::Unclosed(name) => format!("<{name}> is not closed"),
            Problem::Unopened(name) => format!("</{name}> closes nothing"),
            Problem::Depth => "elements are nested more deeply than in any report".to_owned(),
            Problem::Value(what) => what.clone(),
            Problem::BrokenOff => "the run broke off within a test that the report does not name".to_owned(),
            Problem::Nameless => "a test case without a name was left out".to_owned(),
            Problem::Undecided(name) => {
                format!("the document ends before the outcome of '{name}' is known; the test was left out")
            }
            Problem::AmbiguousRepeat(node_id) => {
                format!("several results of {node_id} may be attempts of one test, or tests of one id; each was kept")
            }
            Problem::LikelyAttempts(node_id) => {
                format!(
                    "several results of {node_id} are taken for attempts of one test, though others stand between them"
                )
            }
            Problem::SubtestSkip(node_id) => {
                format!(
                    "the skip of {node_id} is taken for that of a subtest, since more reports passed than are shown"
                )
            }
            Problem::Totals(what) => what.clone(),
            Problem::NaiveTime(stamp) => format!("the start time {stamp} has no time zone, so it is not known"),
            Problem::InternalError(line) => format!("pytest broke: {line}"),
            Problem::NoReport => "no element of a JUnit report was found".to_owned(),
            Problem::PropertyConflict(name) => {
                format!("the property '{name}' differs between suites; the first value was kept")
            }
            Problem::LongText(left_out) => format!("{left_out} bytes from the middle of a long text were left out"),
        }
    }

    fn help(&self) -> Option<&'static str> {
        if matches!(self, Problem::NaiveTime(_)) {
            Some("say which zone the run's machine was in with --tz")
        } else if matches!(self, Problem::AmbiguousRepeat(_) | Problem::LikelyAttempts(_)) {
            Some("reports of pytest-reportlog or pytest-json-report tell attempts from repeats")
        } else if matches!(self, Problem::Cut(_)) {
            Some("the run was killed while the report was written, or the file was not fetched whole")
        } else {
            None
        }
    }
}

/// The diagnostics of one input; beyond a number of each kind they are only counted.
#[derive(Debug, Default)]
pub(super) struct Problems {
    diagnostics: Vec<Diagnostic>,
    counts: BTreeMap<&'static str, (u64, Severity)>,
}

impl Problems {
    /// How many diagnostics of one kind are worth reading.
    pub(super) const LISTED: u64 = 10;
    /// How many characters of a message are.
    const LONGEST: usize = 400;

    /// Returns whether a further problem of this kind would be listed: where not, its place need not be worked out.
    pub(super) fn lists(&self, problem: &Problem) -> bool {
        self.counts.get(problem.code()).is_none_or(|(count, _)| *count < Problems::LISTED)
    }

    /// Adds a problem at a place.
    pub(super) fn add(&mut self, problem: &Problem, line: Option<u64>, path: Option<String>) {
        let (count, _) = self.counts.entry(problem.code()).or_insert((0, problem.severity()));
        *count += 1;
        if *count > Problems::LISTED {
            return;
        }
        let mut message = problem.message();
        if let Some((end, _)) = message.char_indices().nth(Problems::LONGEST) {
            message.truncate(end);
            message.push_str("...");
        }
        let mut diagnostic = Diagnostic::new(problem.severity(), problem.code(), message);
        diagnostic.location.line = line;
        diagnostic.location.path = path;
        diagnostic.help = problem.help().map(str::to_owned);
        self.diagnostics.push(diagnostic);
    }

    /// Counts further problems of a kind that is listed to its end.
    pub(super) fn count(&mut self, problem: &Problem, more: u64) {
        if let Some((count, _)) = self.counts.get_mut(problem.code()) {
            *count += more;
        }
    }

    /// Returns the diagnostics, with a last one for each kind that was not listed to its end.
    pub(super) fn into_diagnostics(mut self) -> Vec<Diagnostic> {
        for (code, (count, severity)) in self.counts {
            if count > Problems::LISTED {
                let more = count - Problems::LISTED;
                self.diagnostics.push(Diagnostic::new(severity, code, format!("{more} more of the same kind")));
            }
        }
        self.diagnostics
    }
}
