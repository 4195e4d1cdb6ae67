//! What CI systems and containers put in front of every line, or anywhere into it.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, FixedOffset, NaiveDateTime, NaiveTime, Utc};

use super::lazy_regex::LazyRegex;
use super::vocabulary::named;
use super::words::Vocabulary;

named! {
    /// Where in a line a prefix stands.
    PrefixScope {
        /// At the start of (nearly) every line.
        LineStart = "line-start",
        /// A marker of some lines, anywhere in them; all are to be removed.
        Anywhere = "anywhere",
    }
}

named! {
    /// How the rest of a line is encoded behind its prefix.
    Decode {
        /// As it is.
        Plain = "plain",
        /// As the inside of a JSON string.
        Json = "json",
    }
}

/// One prefix of lines.
#[derive(Debug, Clone)]
pub struct Prefix {
    pub(crate) name: String,
    pub(crate) dialect: String,
    pub(crate) scope: PrefixScope,
    pub(crate) starts_with: Vec<String>,
    pub(crate) regex: LazyRegex,
    pub(crate) timestamp_format: Option<String>,
    pub(crate) continues: Option<String>,
    pub(crate) unfinished: Option<String>,
    pub(crate) decode: Decode,
    pub(crate) quick: Option<PrefixShape>,
    pub(crate) line: u64,
    /// What the placeholders of the pattern stand for; set when the library is put together.
    pub(crate) vocabulary: Arc<Vocabulary>,
}

/// The shape of a prefix that is nothing but a timestamp of fixed length: `9` is a digit, all else is itself.
///
/// Every line of a CI log has one, and captures of a regular expression cost more than reading the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PrefixShape {
    text: String,
    /// Where the timestamp stands: from the first digit of the shape to its last digit or `Z`.
    timestamp: std::ops::Range<usize>,
}

impl PrefixShape {
    pub(crate) fn new(text: String) -> PrefixShape {
        let timestamp = text.find('9').unwrap_or_default()..text.rfind(['9', 'Z']).map_or(0, |last| last + 1);
        PrefixShape { text, timestamp }
    }

    /// Returns the timestamp and the rest of a line of this shape.
    fn split<'l>(&self, line: &'l str) -> Option<(&'l str, &'l str)> {
        let (head, rest) = line.split_at_checked(self.text.len())?;
        // All bytes are looked at, so that many of them are at once.
        let differences = self.text.bytes().zip(head.bytes()).fold(0, |differences, (shape, byte)| {
            let differs = if shape == b'9' { byte.wrapping_sub(b'0') > 9 } else { shape != byte };
            differences | u8::from(differs)
        });
        let timestamp = head.get(self.timestamp.clone()).filter(|timestamp| !timestamp.is_empty())?;
        (differences == 0).then_some((timestamp, rest))
    }
}

/// How a physical line joins its neighbours of the same stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joins {
    /// Not at all: it is a line.
    Nothing,
    /// It goes on where the line before it stopped.
    Previous,
    /// The line after it goes on where this one stops.
    Next,
}

/// A line without its prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stripped<'l> {
    /// What the tool itself printed.
    pub rest: Cow<'l, str>,
    /// The time, as printed; [`Prefix::time`] reads it.
    pub timestamp: Option<&'l str>,
    /// The stream, such as `stdout`, `00O`: only lines of one stream are joined.
    pub stream: Option<&'l str>,
    /// The job, service, pod or step.
    pub label: Option<&'l str>,
    /// How the line joins its neighbours.
    pub joins: Joins,
}

/// A time as a prefix has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamp {
    /// An instant.
    Instant(DateTime<FixedOffset>),
    /// A date and time of an unknown time zone.
    Local(NaiveDateTime),
    /// A time of an unknown day, or a time since the start.
    TimeOfDay(NaiveTime),
}

fn instant(time: DateTime<Utc>) -> Stamp {
    Stamp::Instant(time.fixed_offset())
}

impl Prefix {
    /// Returns the name of the prefix in its grammar, such as `github`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the name of the grammar.
    pub fn dialect(&self) -> &str {
        &self.dialect
    }

    /// Returns whether lines with this prefix can be pieces of one.
    pub(crate) fn joins_lines(&self) -> bool {
        self.continues.is_some() || self.unfinished.is_some() || self.decode == Decode::Json
    }

    /// Returns where in a line the prefix stands.
    pub fn scope(&self) -> PrefixScope {
        self.scope
    }

    /// Returns the regular expression as the grammar file has it.
    pub fn pattern(&self) -> &str {
        self.regex.text()
    }

    /// Returns how its times are written: `rfc3339`, `unix-seconds`,
    /// `unix-milliseconds`, `unix-nanoseconds` or a chrono format.
    pub fn timestamp_format(&self) -> Option<&str> {
        self.timestamp_format.as_deref()
    }

    /// Removes the prefix from a line (or, with [`PrefixScope::Anywhere`], every marker); `None` where there is none.
    ///
    /// A line may be of any length: only its start is looked at, unless markers may stand anywhere.
    pub fn strip<'l>(&self, line: &'l str) -> Option<Stripped<'l>> {
        self.strip_quickly(line).or_else(|| self.strip_by_regex(line))
    }

    /// Returns the rest of a line behind a prefix of exactly the plain shape.
    pub(crate) fn split_plainly<'l>(&self, line: &'l str) -> Option<&'l str> {
        self.quick.as_ref()?.split(line).map(|(_, rest)| rest)
    }

    /// Removes the prefix from a line where it has exactly the plain shape.
    pub(crate) fn strip_quickly<'l>(&self, line: &'l str) -> Option<Stripped<'l>> {
        let (timestamp, rest) = self.quick.as_ref()?.split(line)?;
        let rest = Cow::Borrowed(rest);
        Some(Stripped { rest, timestamp: Some(timestamp), stream: None, label: None, joins: Joins::Nothing })
    }

    /// Removes the prefix from a line the ordinary way.
    pub(crate) fn strip_by_regex<'l>(&self, line: &'l str) -> Option<Stripped<'l>> {
        if !self.starts_with.is_empty() && !self.may_be_in(line) {
            return None;
        }
        let captures = self.regex.get(&self.vocabulary)?.captures(line)?;
        let capture = |name: &str| captures.name(name).map(|found| found.as_str());
        let whole = captures.get(0)?;
        let (rest, ends_line) = match (self.scope, capture("rest")) {
            (PrefixScope::Anywhere, _) => (self.without_markers(line), true),
            (PrefixScope::LineStart, None) => (Cow::Borrowed(line.get(whole.end()..)?), true),
            (PrefixScope::LineStart, Some(rest)) => self.decoded(rest),
        };
        let mark = capture("mark");
        let joins = if mark.is_some() && mark == self.continues.as_deref() {
            Joins::Previous
        } else if (mark.is_some() && mark == self.unfinished.as_deref()) || !ends_line {
            Joins::Next
        } else {
            Joins::Nothing
        };
        let (timestamp, stream, label) = (capture("timestamp"), capture("stream"), capture("label"));
        Some(Stripped { rest, timestamp, stream, label, joins })
    }

    /// Returns the time that a timestamp of this prefix names, or `None` where it is none.
    pub fn time(&self, timestamp: &str) -> Option<Stamp> {
        match self.timestamp_format.as_deref()? {
            "rfc3339" => DateTime::parse_from_rfc3339(timestamp).ok().map(Stamp::Instant),
            "unix-seconds" => DateTime::from_timestamp_secs(timestamp.parse().ok()?).map(instant),
            "unix-milliseconds" => DateTime::from_timestamp_millis(timestamp.parse().ok()?).map(instant),
            "unix-nanoseconds" => timestamp.parse().ok().map(DateTime::from_timestamp_nanos).map(instant),
            format => DateTime::parse_from_str(timestamp, format)
                .map(Stamp::Instant)
                .or_else(|_| NaiveDateTime::parse_from_str(timestamp, format).map(Stamp::Local))
                .or_else(|_| NaiveTime::parse_from_str(timestamp, format).map(Stamp::TimeOfDay))
                // A time that does not fit its format is no time; the line is one all the same.
                .ok(),
        }
    }

    fn may_be_in(&self, line: &str) -> bool {
        match self.scope {
            PrefixScope::LineStart => self.starts_with.iter().any(|literal| line.starts_with(literal)),
            PrefixScope::Anywhere => self
                .starts_with
                .iter()
                .any(|literal| memchr::memmem::find(line.as_bytes(), literal.as_bytes()).is_some()),
        }
    }

    fn without_markers<'l>(&self, line: &'l str) -> Cow<'l, str> {
        match self.regex.get(&self.vocabulary) {
            Some(regex) => regex.replace_all(line, ""),
            None => Cow::Borrowed(line),
        }
    }

    /// Returns the rest of a line in plain text, and whether it ended with a line feed where the encoding shows one.
    fn decoded<'l>(&self, rest: &'l str) -> (Cow<'l, str>, bool) {
        match self.decode {
            Decode::Plain => (Cow::Borrowed(rest), true),
            Decode::Json => match serde_json::from_str::<String>(&format!("\"{rest}\"")) {
                Ok(mut text) => {
                    let ended = text.ends_with('\n');
                    text.truncate(text.trim_end_matches(['\n', '\r']).len());
                    (Cow::Owned(text), ended)
                }
                Err(_) => (Cow::Borrowed(rest), true),
            },
        }
    }
}
