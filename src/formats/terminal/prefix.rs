//! What CI systems put around each line, and taking it off again.
//!
//! A prefix is believed only where (nearly) all lines of a sample carry it. Prefixes can be layered (a container's log inside a CI system's);
//! those that name a source (a container, a pod, a job) split the log into streams.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use regex::Regex;

/// A kind of prefix.
struct Kind {
    /// The prefix at the start of a line; captures `stamp`, `milliseconds`, `key`, `part` where it has them.
    pattern: &'static str,
    /// The share of a sample's lines, in percent, that must carry it.
    share: usize,
}

/// The kinds, the more specific first.
const KINDS: [Kind; 14] = [
    // Buildkite: an APC sequence with the time in milliseconds.
    Kind { pattern: r"^\x1b_bk;t=(?P<milliseconds>\d+)(?:\x07|\x1b\\)", share: 50 },
    // `gh run view --log`: job, step, and GitHub's own prefix.
    Kind {
        pattern: r"^(?P<key>[^\t]*)\t[^\t]*\t\x{FEFF}?(?P<stamp>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z) ?",
        share: 50,
    },
    // GitLab Runner with time stamps; `+` continues the line before.
    Kind { pattern: r"^(?P<stamp>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) [0-9a-f]{2}[EO](?P<part>[+ ])", share: 50 },
    // The Container Runtime Interface's log files; `P` is continued by the next line.
    Kind {
        pattern: r"^(?P<stamp>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) (?:stdout|stderr) (?P<part>[FP]) ?",
        share: 50,
    },
    // GitHub Actions, Azure Pipelines, docker logs --timestamps, kubectl logs --timestamps.
    Kind {
        pattern: r"^\x{FEFF}?(?P<stamp>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))(?: |$)",
        share: 50,
    },
    // Jenkins' Timestamper, Buildkite's viewer.
    Kind { pattern: r"^\[(?P<stamp>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)\](?: |$)", share: 50 },
    // TeamCity's build log.
    Kind { pattern: r"^\[\d\d:\d\d:\d\d\][ EWi]?:\s+(?:\[[^\]]*\] ?)?", share: 60 },
    // AppVeyor and others: the time of day in brackets.
    Kind { pattern: r"^\[\d\d:\d\d:\d\d\](?: |$)", share: 60 },
    // Jenkins' Timestamper with the time of day or the time elapsed.
    Kind { pattern: r"^\d\d:\d\d:\d\d(?:\.\d{1,3})?(?:  ?|$)", share: 80 },
    // kubectl logs --prefix.
    Kind { pattern: r"^\[(?P<key>pod/[^\]]+)\](?: |$)", share: 60 },
    // docker compose, both generations.
    Kind { pattern: r"^(?:\x1b\[[\d;]*m)?(?P<key>[A-Za-z][\w.-]*) +\|(?:\x1b\[0m)?(?: |$)", share: 60 },
    // syslog and journald.
    Kind { pattern: r"^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ (?P<key>[^:\s]+): ?", share: 60 },
    // A quotation.
    Kind { pattern: r"^>(?: |$)", share: 95 },
    // A block of code.
    Kind { pattern: r"^(?: {4}|\t)", share: 95 },
];

static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let compile = |kind: &Kind| Regex::new(kind.pattern).expect("the pattern is a constant that the tests compile");
    KINDS.iter().map(compile).collect()
});

/// How many prefixes may lie around each other.
const MOST_LAYERS: usize = 3;

/// The prefixes around the lines of one log, the outermost first.
#[derive(Debug, Clone, Default)]
pub(super) struct Prefixes {
    layers: Vec<usize>,
    json: bool,
}

/// A line without its prefixes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Unwrapped {
    /// What names the stream, of all layers that have one.
    pub(super) key: String,
    /// When the line was written.
    pub(super) stamp: Option<DateTime<Utc>>,
    /// Whether it continues the line before it.
    pub(super) continues: bool,
    /// Whether the next line continues it.
    pub(super) continued: bool,
}

impl Prefixes {
    /// Returns the prefixes that a sample of lines carries.
    pub(super) fn detect(sample: &[String]) -> Prefixes {
        let mut lines: Vec<&str> = sample.iter().map(String::as_str).filter(|line| !line.trim().is_empty()).collect();
        if !lines.is_empty() && lines.iter().filter(|line| docker_json(line).is_some()).count() * 2 > lines.len() {
            return Prefixes { layers: Vec::new(), json: true };
        }
        let mut layers = Vec::new();
        while layers.len() < MOST_LAYERS {
            let found = KINDS.iter().zip(PATTERNS.iter()).position(|(kind, pattern)| {
                let carrying = lines.iter().filter(|line| pattern.is_match(line)).count();
                carrying > 0 && carrying * 100 >= kind.share * lines.len()
            });
            let Some(layer) = found.filter(|layer| !layers.contains(layer)) else { break };
            layers.push(layer);
            let pattern = &PATTERNS[layer];
            lines = lines.iter().filter_map(|line| pattern.find(line).map(|found| &line[found.end()..])).collect();
            lines.retain(|line| !line.trim().is_empty());
        }
        Prefixes { layers, json: false }
    }

    /// Returns whether there is any.
    pub(super) fn is_empty(&self) -> bool {
        self.layers.is_empty() && !self.json
    }

    /// Takes the prefixes off a line; what carries none stays as it is.
    pub(super) fn unwrap<'l>(&self, line: &'l str, owned: &'l mut String) -> (&'l str, Unwrapped) {
        let mut unwrapped = Unwrapped::default();
        if self.json {
            if let Some((text, stamp)) = docker_json(line) {
                unwrapped.stamp = stamp;
                unwrapped.continued = !text.ends_with('\n');
                *owned = text;
                return (owned.trim_end_matches(['\n', '\r']), unwrapped);
            }
            return (line, unwrapped);
        }
        let mut text = line;
        for layer in &self.layers {
            let pattern = &PATTERNS[*layer];
            // Blank lines lose the spaces at the end of the prefix in many viewers; those are matched by `$` in the pattern.
            let Some(captures) = pattern.captures(text) else { continue };
            unwrapped.take(&captures);
            text = captures.get(0).map_or(text, |whole| &text[whole.end()..]);
        }
        (text, unwrapped)
    }
}

impl Unwrapped {
    fn take(&mut self, captures: &regex::Captures<'_>) {
        if let Some(stamp) = captures.name("stamp") {
            self.stamp = DateTime::parse_from_rfc3339(stamp.as_str()).ok().map(|stamp| stamp.with_timezone(&Utc));
        }
        if let Some(milliseconds) = captures.name("milliseconds") {
            self.stamp = milliseconds.as_str().parse().ok().and_then(DateTime::from_timestamp_millis);
        }
        if let Some(key) = captures.name("key") {
            self.key.push_str(key.as_str());
            self.key.push('\t');
        }
        match captures.name("part").map(|part| part.as_str()) {
            Some("+") => self.continues = true,
            Some("P") => self.continued = true,
            _ => {}
        }
    }
}

/// Reads a line of docker's json-file driver.
fn docker_json(line: &str) -> Option<(String, Option<DateTime<Utc>>)> {
    #[derive(serde::Deserialize)]
    struct Entry {
        log: String,
        time: Option<String>,
    }
    if !line.starts_with('{') {
        return None;
    }
    let entry: Entry = serde_json::from_str(line).ok()?;
    let stamp = entry.time.and_then(|time| DateTime::parse_from_rfc3339(&time).ok());
    Some((entry.log, stamp.map(|stamp| stamp.with_timezone(&Utc))))
}

/// Returns a line without the marks by which GitLab and Travis fold their logs.
pub(super) fn without_fold_marks(mut line: &str) -> &str {
    while let Some(rest) = ["section_start:", "section_end:", "travis_fold:", "travis_time:"]
        .into_iter()
        .find_map(|mark| line.strip_prefix(mark).and_then(|rest| rest.split_once('\r')))
    {
        line = rest.1.trim_start_matches("\x1b[0K").trim_start_matches('\r');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unwrapped(lines: &[&str]) -> Vec<(String, String)> {
        let sample: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        let prefixes = Prefixes::detect(&sample);
        let unwrap = |line: &String| {
            let mut owned = String::new();
            let (text, unwrapped) = prefixes.unwrap(line, &mut owned);
            (unwrapped.key.trim_end().to_owned(), text.to_owned())
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
        assert_eq!(without_fold_marks("section_end:1:a\r\x1b[0Ksection_start:2:b[collapsed=true]\r\x1b[0Kx"), "x");
        assert_eq!(without_fold_marks("travis_fold:start:x"), "travis_fold:start:x");
    }
}
