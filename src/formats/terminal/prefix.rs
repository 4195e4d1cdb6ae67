//! What CI systems put around each line, and taking it off again.
//!
//! Which prefixes there are, the grammars say. A prefix is believed only where (nearly) all lines of a sample carry it. Prefixes can be layered
//! (a container's log inside a CI system's); those that name a source (a container, a pod, a job) split the log into streams.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use crate::grammar::{Joins, Library, Prefix, PrefixScope, Stamp};

/// How many prefixes may lie around each other.
const MOST_LAYERS: usize = 3;

/// The prefixes around the lines of one log.
#[derive(Debug, Clone, Default)]
pub(super) struct Prefixes<'g> {
    /// At the start of lines, the outermost first.
    layers: Vec<&'g Prefix>,
    /// Markers of some lines, anywhere in them.
    markers: Vec<&'g Prefix>,
}

/// What the prefixes of a line say.
#[derive(Debug, Clone, Default)]
pub(super) struct Unwrapped<'g, 'l> {
    /// What names the stream, of all layers that have a name.
    pub(super) key: String,
    /// When the line was written.
    pub(super) stamp: Written<'g, 'l>,
    /// Whether it continues the line before it.
    pub(super) continues: bool,
    /// Whether the next line continues it.
    pub(super) continued: bool,
}

/// When a line was written: read from its prefix only when somebody asks, which is at the beginning and the end of a session.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum Written<'g, 'l> {
    /// Nothing says.
    #[default]
    Unknown,
    /// As the prefix has it.
    Text(&'g Prefix, &'l str),
    /// As it was read.
    At(DateTime<Utc>),
}

impl Written<'_, '_> {
    /// Returns the time, where the prefix names an instant.
    pub(super) fn at(&self) -> Option<DateTime<Utc>> {
        match self {
            Written::Unknown => None,
            Written::Text(prefix, text) => instant(prefix.time(text)),
            Written::At(time) => Some(*time),
        }
    }
}

impl<'g> Prefixes<'g> {
    /// Returns whether a line can go on where the one before it stopped.
    pub(super) fn join_lines(&self) -> bool {
        self.layers.iter().any(|layer| layer.joins_lines())
    }

    /// Returns the prefixes that a sample of lines carries.
    pub(super) fn detect(library: &'g Library, sample: &[String]) -> Prefixes<'g> {
        let of_scope = |scope| library.prefixes().iter().filter(move |prefix| prefix.scope() == scope);
        let markers: Vec<&Prefix> = of_scope(PrefixScope::Anywhere)
            .filter(|prefix| sample.iter().any(|line| prefix.strip(line).is_some()))
            .collect();
        let mut found = Prefixes { layers: Vec::new(), markers };
        let mut lines: Vec<Cow<'_, str>> = sample.iter().map(|line| found.without_markers(line).0).collect();
        while found.layers.len() < MOST_LAYERS {
            lines.retain(|line| !line.trim().is_empty());
            let carried = |prefix: &&&'g Prefix| {
                let carrying = lines.iter().filter(|line| prefix.strip(line).is_some()).count();
                carrying > 0 && carrying * 100 >= share(prefix) * lines.len()
            };
            let is_new = |prefix: &&Prefix| !found.layers.iter().any(|layer| layer.name() == prefix.name());
            let Some(layer) =
                of_scope(PrefixScope::LineStart).filter(is_new).collect::<Vec<_>>().iter().find(carried).copied()
            else {
                break;
            };
            lines = lines.iter().filter_map(|line| Some(Cow::Owned(layer.strip(line)?.rest.into_owned()))).collect();
            found.layers.push(layer);
        }
        found
    }

    /// Returns whether there is any.
    pub(super) fn is_empty(&self) -> bool {
        self.layers.is_empty() && self.markers.is_empty()
    }

    /// Returns what a line holds behind a prefix that names no stream and encodes nothing, where there is at most that one; `None` where the
    /// line needs more of a look.
    pub(super) fn unwrap_plain<'l>(&self, line: &'l str) -> Option<&'l str> {
        match (self.layers.as_slice(), self.markers.is_empty()) {
            ([], true) => Some(line),
            ([layer], true) => layer.split_plainly(line),
            _ => None,
        }
    }

    /// Takes the prefixes off a line; what carries none stays as it is.
    pub(super) fn unwrap<'l>(&self, line: &'l str) -> (Cow<'l, str>, Unwrapped<'g, 'l>) {
        let mut unwrapped = Unwrapped::default();
        let (mut text, stamp) = self.without_markers(line);
        unwrapped.stamp = stamp;
        for layer in &self.layers {
            // What an outer prefix encodes is a text of its own, from which nothing can be borrowed.
            text = match text {
                Cow::Borrowed(text) => self.unwrap_layer(layer, text, &mut unwrapped),
                Cow::Owned(text) => {
                    let mut inner = Unwrapped::default();
                    let rest = self.unwrap_layer(layer, &text, &mut inner).into_owned();
                    unwrapped.key.push_str(&inner.key);
                    unwrapped.stamp = inner.stamp.at().map_or(unwrapped.stamp, Written::At);
                    unwrapped.continues |= inner.continues;
                    unwrapped.continued |= inner.continued;
                    Cow::Owned(rest)
                }
            };
        }
        (text, unwrapped)
    }

    fn unwrap_layer<'l>(&self, layer: &'g Prefix, text: &'l str, unwrapped: &mut Unwrapped<'g, 'l>) -> Cow<'l, str> {
        let Some(stripped) = layer.strip(text) else { return Cow::Borrowed(text) };
        if let Some(timestamp) = stripped.timestamp {
            unwrapped.stamp = Written::Text(layer, timestamp);
        }
        if let Some(label) = stripped.label {
            unwrapped.key.push_str(label);
            unwrapped.key.push('\t');
        }
        match stripped.joins {
            Joins::Nothing => {}
            Joins::Previous => unwrapped.continues = true,
            Joins::Next => unwrapped.continued = true,
        }
        stripped.rest
    }

    fn without_markers<'l>(&self, line: &'l str) -> (Cow<'l, str>, Written<'g, 'l>) {
        let mut text = Cow::Borrowed(line);
        let mut written = Written::Unknown;
        for marker in &self.markers {
            let Some(stripped) = marker.strip(&text) else { continue };
            if matches!(written, Written::Unknown)
                && let Some(time) = instant(stripped.timestamp.and_then(|timestamp| marker.time(timestamp)))
            {
                written = Written::At(time);
            }
            let rest = stripped.rest.into_owned();
            text = Cow::Owned(rest);
        }
        (text, written)
    }
}

/// Only an instant dates a session; a time of day without its day does not.
fn instant(stamp: Option<Stamp>) -> Option<DateTime<Utc>> {
    match stamp? {
        Stamp::Instant(time) => Some(time.with_timezone(&Utc)),
        Stamp::Local(_) | Stamp::TimeOfDay(_) => None,
    }
}

/// Returns the share of a sample's lines, in percent, that must carry a prefix: the less it says, the more.
fn share(prefix: &Prefix) -> usize {
    match prefix.timestamp_format() {
        Some(format) if format.starts_with('%') => 80,
        Some(_) => 50,
        None if prefix.pattern().contains("<label>") => 60,
        None => 95,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unwrapped(lines: &[&str]) -> Vec<(String, String)> {
        let sample: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        let prefixes = Prefixes::detect(Library::built_in(), &sample);
        let unwrap = |line: &String| {
            let (text, unwrapped) = prefixes.unwrap(line);
            (unwrapped.key.trim_end().to_owned(), text.into_owned())
        };
        sample.iter().map(unwrap).collect()
    }

    #[test]
    fn layers_are_taken_off_from_the_outside() {
        let lines = [
            "2024-05-01T12:00:00.1885882Z app-1  | = a =",
            "2024-05-01T12:00:00.1885883Z app-1  | ",
            "2024-05-01T12:00:00.1885884Z db-1   | b",
        ];
        let pair = |key: &str, text: &str| (key.to_owned(), text.to_owned());
        assert_eq!(unwrapped(&lines), [pair("app-1", "= a ="), pair("app-1", ""), pair("db-1", "b")]);
    }

    #[test]
    fn a_few_look_alikes_are_no_prefix() {
        let lines = ["a", "b", "c", "2024-05-01T12:00:00.1885884Z x"];
        assert_eq!(unwrapped(&lines)[3].1, lines[3]);
    }

    #[test]
    fn fold_marks_go() {
        let lines = ["section_end:1:a\r\x1b[0Ksection_start:2:b[collapsed=true]\r\x1b[0Kx"];
        assert_eq!(unwrapped(&lines)[0].1, "x");
    }
}
