//! The failure text, rebuilt from the parts that pytest serialises, exactly as `TestReport.longreprtext` gives it.
//!
//! The code follows `toterminal` in pytest's `_pytest/_code/code.py`, which has written the same text since pytest 6. The one thing that
//! is not in the report is the width of the terminal, on which the separators between entries depend: 80 columns are what pytest itself
//! assumes where it cannot ask a terminal.

use std::fmt;
use std::fmt::Write as _;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};

use crate::formats::json::{Lenient, Number, Text};
use crate::formats::python;

/// The width that pytest assumes without a terminal.
const WIDTH: usize = 80;
/// What pytest puts before the line that failed.
const FAIL_MARKER: &str = "E   ";

/// What a report says of its failure or skip, in one of the shapes that pytest gives it.
#[derive(Debug)]
pub(crate) enum Longrepr<'a> {
    /// A text that was ready made.
    Text(Text<'a>),
    /// Where something was skipped, and why: `(path, line, reason)`.
    Place(Vec<Lenient<'a>>),
    /// An exception with its tracebacks.
    Exception(Box<Exception<'a>>),
}

/// An exception's representation, `ExceptionChainRepr` or `ReprExceptionInfo`.
#[derive(Debug, Deserialize)]
pub(crate) struct Exception<'a> {
    #[serde(borrow, default)]
    reprcrash: Lenient<'a>,
    #[serde(borrow, default)]
    reprtraceback: Lenient<'a>,
    #[serde(borrow, default)]
    chain: Lenient<'a>,
    #[serde(borrow, default)]
    sections: Lenient<'a>,
}

#[derive(Deserialize)]
struct Traceback<'a> {
    #[serde(borrow, default)]
    reprentries: Vec<Entry<'a>>,
    #[serde(borrow, default)]
    extraline: Lenient<'a>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    data: EntryData<'a>,
}

#[derive(Deserialize)]
struct EntryData<'a> {
    #[serde(borrow, default)]
    lines: Vec<Text<'a>>,
    #[serde(borrow, default)]
    reprfuncargs: Lenient<'a>,
    #[serde(borrow, default)]
    reprlocals: Lenient<'a>,
    #[serde(borrow, default)]
    reprfileloc: Lenient<'a>,
    /// Absent in entries of a native traceback.
    #[serde(borrow)]
    style: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct FunctionArguments<'a> {
    #[serde(borrow, default)]
    args: Vec<(Text<'a>, Lenient<'a>)>,
}

#[derive(Deserialize)]
struct Locals<'a> {
    #[serde(borrow, default)]
    lines: Vec<Text<'a>>,
}

/// `path:line: message`.
#[derive(Debug, Deserialize)]
pub(crate) struct FileLocation<'a> {
    #[serde(borrow)]
    pub(crate) path: Text<'a>,
    #[serde(default)]
    pub(crate) lineno: Number,
    #[serde(borrow)]
    pub(crate) message: Text<'a>,
}

impl Longrepr<'_> {
    /// Returns pytest's text of it; `None` where that is empty.
    pub(crate) fn text(&self) -> Option<String> {
        let mut out = String::new();
        match self {
            Longrepr::Text(text) => out.push_str(text),
            Longrepr::Place(parts) => out.push_str(&tuple(parts)),
            Longrepr::Exception(exception) => exception.write(&mut out),
        }
        let text = python::strip(&out);
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// Returns the reason of a skip, without the word that pytest puts before it.
    pub(crate) fn skip_reason(&self) -> Option<String> {
        let Longrepr::Place(parts) = self else { return None };
        let reason: Text<'_> = parts.get(2)?.get()?;
        let reason = reason.strip_prefix("Skipped: ").unwrap_or(if &*reason == "Skipped" { "" } else { &reason });
        (!reason.is_empty()).then(|| reason.to_owned())
    }

    /// Returns where the exception was raised and what it said: `path:line: message`.
    pub(crate) fn crash(&self) -> Option<String> {
        let Longrepr::Exception(exception) = self else { return None };
        let crash: FileLocation<'_> = exception.reprcrash.get()?;
        Some(crash.shown(&crash.message))
    }
}

impl FileLocation<'_> {
    /// Returns `path:line: message`.
    fn shown(&self, message: &str) -> String {
        let line = self.lineno.0.map_or_else(|| "None".to_owned(), |line| line.to_string());
        format!("{}:{line}: {message}", &*self.path)
    }

    fn write(&self, out: &mut String) {
        let first_line = self.message.split('\n').next().unwrap_or_default();
        line(out, &self.shown(first_line));
    }
}

/// Returns how Python shows a tuple of strings, numbers and `None`.
fn tuple(parts: &[Lenient<'_>]) -> String {
    let shown = |part: &Lenient<'_>| match part.get::<Text<'_>>() {
        Some(text) => python::repr(&text),
        None => part.shown_or_none(),
    };
    let comma = if parts.len() == 1 { "," } else { "" };
    format!("({}{comma})", parts.iter().map(shown).collect::<Vec<_>>().join(", "))
}

impl Exception<'_> {
    fn write(&self, out: &mut String) {
        if let Some(chain) = self.chain.get::<Vec<(Lenient<'_>, Lenient<'_>, Lenient<'_>)>>()
            && !chain.is_empty()
        {
            for (traceback, _, description) in chain {
                write_traceback(&traceback, out);
                if let Some(description) = description.get::<Text<'_>>() {
                    line(out, "");
                    line(out, &description);
                }
            }
        } else {
            write_traceback(&self.reprtraceback, out);
        }
        for (title, content, separator) in
            self.sections.get::<Vec<(Text<'_>, Text<'_>, Text<'_>)>>().unwrap_or_default()
        {
            separator_line(out, &separator, Some(&title), self.width());
            line(out, &content);
        }
    }

    /// The width of a separator: on Windows pytest leaves the last column free.
    fn width(&self) -> usize {
        let is_windows = |path: &str| matches!(path.as_bytes(), [b'A'..=b'Z' | b'a'..=b'z', b':', b'\\', ..]);
        let crash = self.reprcrash.get::<FileLocation<'_>>();
        if crash.is_some_and(|crash| is_windows(&crash.path)) { WIDTH - 1 } else { WIDTH }
    }
}

fn write_traceback(traceback: &Lenient<'_>, out: &mut String) {
    let Some(traceback) = traceback.get::<Traceback<'_>>() else { return };
    let styles: Vec<&str> = traceback.reprentries.iter().map(|entry| entry.data.style()).collect();
    for (index, entry) in traceback.reprentries.iter().enumerate() {
        let style = entry.data.style();
        if style == "long" {
            line(out, "");
        }
        entry.data.write(out);
        if let Some(next) = styles.get(index + 1)
            && (style == "long" || style == "short" && *next == "long")
        {
            separator_line(out, "_ ", None, WIDTH);
        }
    }
    if let Some(extra) = traceback.extraline.get::<Text<'_>>().filter(|extra| !extra.is_empty()) {
        line(out, &extra);
    }
}

impl EntryData<'_> {
    fn style(&self) -> &str {
        self.style.as_deref().unwrap_or("native")
    }

    fn write(&self, out: &mut String) {
        match self.style() {
            "native" => self.lines.iter().for_each(|text| out.push_str(text)),
            "short" => {
                self.write_location(out);
                self.write_lines(out);
                self.write_locals(out, "        ");
            }
            style => {
                if let Some(arguments) = self.reprfuncargs.get::<FunctionArguments<'_>>() {
                    arguments.write(out);
                }
                if style == "value" {
                    self.lines.iter().for_each(|text| line(out, text));
                } else {
                    self.write_lines(out);
                }
                if self.reprlocals.get::<Locals<'_>>().is_some() {
                    line(out, "");
                    self.write_locals(out, "");
                }
                if !self.lines.is_empty() && self.reprfileloc.get::<FileLocation<'_>>().is_some() {
                    line(out, "");
                }
                self.write_location(out);
            }
        }
    }

    fn write_location(&self, out: &mut String) {
        if let Some(location) = self.reprfileloc.get::<FileLocation<'_>>() {
            location.write(out);
        }
    }

    fn write_locals(&self, out: &mut String, indent: &str) {
        for text in self.reprlocals.get::<Locals<'_>>().map(|locals| locals.lines).unwrap_or_default() {
            line(out, &format!("{indent}{}", &*text));
        }
    }

    /// Writes the source lines, then the failure.
    ///
    /// pytest sends the source through a highlighter, without its indent, as one text that it splits again: a source line that holds
    /// a form feed becomes two, and the last of the lines then fall away. That is kept.
    fn write_lines(&self, out: &mut String) {
        let failure = self.lines.iter().position(|text| text.starts_with(FAIL_MARKER)).unwrap_or(self.lines.len());
        let (source, failure) = self.lines.split_at(failure);
        let parts: Vec<(&str, &str)> = source.iter().map(|text| text.split_at(indent_end(text))).collect();
        let joined = parts.iter().map(|(_, code)| *code).collect::<Vec<_>>().join("\n");
        for ((indent, _), code) in parts.iter().zip(python::split_lines(&joined)) {
            line(out, &format!("{indent}{code}"));
        }
        failure.iter().for_each(|text| line(out, text));
    }
}

/// Returns where the first four characters end.
fn indent_end(text: &str) -> usize {
    text.char_indices().nth(FAIL_MARKER.len()).map_or(text.len(), |(at, _)| at)
}

impl FunctionArguments<'_> {
    fn write(&self, out: &mut String) {
        if self.args.is_empty() {
            return;
        }
        let mut so_far = String::new();
        for (name, value) in &self.args {
            let argument = format!("{} = {}", &**name, value.shown_or_none());
            if argument.chars().count() + so_far.chars().count() + 2 > WIDTH {
                if !so_far.is_empty() {
                    line(out, &so_far);
                }
                so_far = argument;
            } else if so_far.is_empty() {
                so_far = argument;
            } else {
                // Writing to a string cannot fail.
                let _ = write!(so_far, ", {argument}");
            }
        }
        if !so_far.is_empty() {
            line(out, &so_far);
        }
        line(out, "");
    }
}

/// Writes a line of separators, with a title in its middle, as long as fits into `width`.
fn separator_line(out: &mut String, separator: &str, title: Option<&str>, width: usize) {
    let length = separator.chars().count().max(1);
    let mut text = match title {
        Some(title) => {
            let fill = separator.repeat((width.saturating_sub(title.chars().count() + 2) / (2 * length)).max(1));
            format!("{fill} {title} {fill}")
        }
        None => separator.repeat(width / length),
    };
    let extra = separator.trim_end();
    if text.chars().count() + extra.chars().count() <= width {
        text.push_str(extra);
    }
    line(out, &text);
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

impl<'de: 'a, 'a> Deserialize<'de> for Longrepr<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Longrepr<'a>, D::Error> {
        struct LongreprVisitor;

        impl<'de> Visitor<'de> for LongreprVisitor {
            type Value = Longrepr<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a text, a place or an exception")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Longrepr<'de>, E> {
                Ok(Longrepr::Text(Text(text.into())))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Longrepr<'de>, E> {
                Ok(Longrepr::Text(Text(text.to_owned().into())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Longrepr<'de>, A::Error> {
                let mut parts = Vec::new();
                while let Some(part) = sequence.next_element()? {
                    parts.push(part);
                }
                Ok(Longrepr::Place(parts))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Longrepr<'de>, A::Error> {
                Deserialize::deserialize(MapAccessDeserializer::new(map)).map(Longrepr::Exception)
            }
        }

        deserializer.deserialize_any(LongreprVisitor)
    }
}
