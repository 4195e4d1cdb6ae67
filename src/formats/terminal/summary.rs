//! The short test summary and the rerun summary.
//!
//! `FAILED id - message` is a display, not a format: ids hold spaces, ` - ` and status words; messages run over many lines when a CI
//! system's environment or `-vv` asks for them whole. An id is split off by, in this order: the bold type of coloured logs, the longest
//! known id, the headings of the failure blocks, brackets, the first ` - `.

use std::collections::{BTreeMap, HashSet};

use super::attempts::Attempts;
use super::result_line::{is_path, opened};
use super::words::{self, Meaning};
use crate::grammar::Library;
use crate::model::Outcome;

/// One entry of a summary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    /// A test by its id.
    Test {
        /// What the word means.
        meaning: Meaning,
        /// The id as printed.
        node_id: String,
        /// The phase that is named (`XFAIL at teardown of`).
        message: Option<String>,
        /// The description of a subtest.
        detail: Option<String>,
    },
    /// Skipped tests, folded by place and reason: no ids.
    Skips {
        /// How many.
        count: u64,
        /// Where: a path, with a line in most cases.
        path: String,
        /// The reason.
        reason: String,
    },
}

/// What is known when the summary is read.
#[derive(Debug)]
pub(super) struct Known<'k> {
    /// The dialects.
    pub(super) library: &'k Library,
    /// The tests that other lines of the log name.
    pub(super) attempts: Option<&'k Attempts>,
    /// More ids, as the console prints them.
    pub(super) node_ids: HashSet<&'k str>,
    /// Whether those are all that ran.
    pub(super) complete: bool,
    /// The domains in the headings of failure and error blocks.
    pub(super) domains: HashSet<String>,
    /// The files of the progress lines: all that ran, where there are any.
    pub(super) files: HashSet<&'k str>,
}

impl<'k> Known<'k> {
    /// Returns that nothing is known.
    pub(super) fn nothing(library: &'k Library) -> Known<'k> {
        Known {
            library,
            attempts: None,
            node_ids: HashSet::new(),
            complete: false,
            domains: HashSet::new(),
            files: HashSet::new(),
        }
    }

    fn contains(&self, node_id: &str) -> bool {
        self.node_ids.contains(node_id) || self.attempts.is_some_and(|attempts| attempts.latest(node_id).is_some())
    }
}

/// Reads the entries of a summary.
pub(super) fn entries(content: &str, bold_ends: &BTreeMap<usize, usize>, known: &Known<'_>) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for (index, line) in content.lines().enumerate() {
        match entry(line, bold_ends.get(&index).copied(), known) {
            Some(entry) => entries.push(entry),
            None => {
                if let Some(entry) = entries.last_mut() {
                    continue_message(entry, line);
                }
            }
        }
    }
    for entry in &mut entries {
        if let Entry::Test { message: Some(message), .. } | Entry::Skips { reason: message, .. } = entry {
            message.truncate(message.trim_end().len());
        }
    }
    entries
}

/// Adds a line to the message of the entry before it.
fn continue_message(entry: &mut Entry, line: &str) {
    match entry {
        Entry::Test { message: Some(message), .. } | Entry::Skips { reason: message, .. } => {
            message.push('\n');
            message.push_str(line);
        }
        // Up to pytest 7.1 the reason of an xfail stands on a line of its own, indented by two.
        Entry::Test { message: message @ None, .. } => {
            *message = line.strip_prefix("  ").map(str::to_owned);
        }
    }
}

fn entry(line: &str, bold_end: Option<usize>, known: &Known<'_>) -> Option<Entry> {
    let end = line.find([' ', '[', '(']).unwrap_or(line.len());
    let (word, rest) = line.split_at(end);
    let Some(meaning) = words::meaning(known.library, word) else { return old_subtest(line, known) };
    match meaning {
        Meaning::Subtest(outcome) => subtest(meaning, outcome, rest, known),
        Meaning::Test(outcome) => {
            let rest_of_line = rest.strip_prefix(' ')?;
            if outcome == Outcome::Skipped
                && let Some(skips) = skips(rest_of_line)
            {
                return Some(skips);
            }
            let bold_end = bold_end.and_then(|at| at.checked_sub(word.len() + 1));
            test(meaning, outcome, rest_of_line, bold_end, known)
        }
    }
}

fn test(meaning: Meaning, outcome: Outcome, rest: &str, bold_end: Option<usize>, known: &Known<'_>) -> Option<Entry> {
    let whole = rest.len();
    let rest =
        ["at setup of ", "at teardown of "].into_iter().find_map(|phase| rest.strip_prefix(phase)).unwrap_or(rest);
    let bold_end = bold_end.and_then(|end| end.checked_sub(whole - rest.len()));
    let (node_id, message) = split(rest, bold_end, known);
    let found =
        || Entry::Test { meaning, node_id: node_id.to_owned(), message: message.map(str::to_owned), detail: None };
    let without_block = outcome == Outcome::Failed
        && !known.domains.is_empty()
        && node_id
            .split_once("::")
            .is_some_and(|(path, domain)| path.ends_with(".py") && !known.domains.contains(&heading_of(domain)));
    let trusted = bold_end.is_some() || (known.contains(node_id) && !without_block);
    if trusted {
        return Some(found());
    }
    let believable = match node_id.split_once("::") {
        Some((path, domain)) => believable_id(path, domain, outcome, known),
        // A module that could not be collected, or that was skipped whole.
        None => is_path(node_id) && !node_id.contains(' ') && matches!(outcome, Outcome::Error | Outcome::Skipped),
    };
    // pytest up to 7.4 separates the reason of an XPASS by a space only.
    if outcome == Outcome::Xpassed && message.is_none() {
        let split = longest_known(rest, known, " ").map(|id| (id, &rest[id.len()..])).or_else(|| opened(rest));
        if let Some((node_id, reason)) = split {
            let message = Some(reason.trim().to_owned()).filter(|reason| !reason.is_empty());
            return Some(Entry::Test { meaning, node_id: node_id.to_owned(), message, detail: None });
        }
    }
    believable.then(found)
}

/// Whether an id that no other line names can be one: not where all are known, not in a file that did not run, and not where the blocks name
/// other tests. The headings of items that a plugin collects from other files than Python's are free text.
fn believable_id(path: &str, domain: &str, outcome: Outcome, known: &Known<'_>) -> bool {
    let ran = known.files.contains(path);
    if !(ran || is_path(path)) || domain.is_empty() || (known.complete && outcome != Outcome::Error) {
        return false;
    }
    if !ran && !known.files.is_empty() {
        return false;
    }
    let headed = known.domains.is_empty() || known.domains.contains(&heading_of(domain));
    !outcome.is_failure() || headed || !path.ends_with(".py")
}

/// Splits `ID - MESSAGE`.
fn split<'l>(rest: &'l str, bold_end: Option<usize>, known: &Known<'_>) -> (&'l str, Option<&'l str>) {
    let at = |end: usize| {
        let message = rest.get(end..).and_then(|after| after.strip_prefix(" - "));
        (&rest[..end], message)
    };
    if let Some(end) = bold_end.filter(|end| rest.is_char_boundary(*end) && *end <= rest.len()) {
        return at(end);
    }
    if let Some(node_id) = longest_known(rest, known, " - ") {
        return at(node_id.len());
    }
    let dashes = || occurrences(rest, " - ").chain([rest.len()]);
    let heading = dashes().find(|end| {
        let domain = rest[..*end].split_once("::").map(|(_, domain)| heading_of(domain));
        domain.is_some_and(|domain| known.domains.contains(&domain))
    });
    if let Some(end) = heading {
        return at(end);
    }
    // Items that a plugin collects have headings of its own making, with their name at the end.
    let own_heading = dashes().filter(|end| {
        let domain = rest[..*end].split_once("::").map_or("", |(_, domain)| domain);
        let names = |heading: &String| {
            heading.trim_end().strip_suffix(domain.trim_end()).is_some_and(|before| before.ends_with(' '))
        };
        let path = rest[..*end].split_once("::").map_or("", |(path, _)| path);
        !domain.is_empty() && !path.is_empty() && !path.ends_with(".py") && known.domains.iter().any(names)
    });
    if let Some(end) = own_heading.last() {
        return at(end);
    }
    let outside_brackets = dashes().find(|end| {
        let id = &rest[..*end];
        id.contains('[') && id.ends_with(']') || !id.contains('[')
    });
    at(outside_brackets.or_else(|| dashes().next()).unwrap_or(rest.len()))
}

/// Returns where `needle` occurs, overlaps included: ` - ` occurs twice in ` - - `.
fn occurrences<'t>(text: &'t str, needle: &'t str) -> impl Iterator<Item = usize> {
    text.match_indices(' ').map(|(at, _)| at).filter(move |at| text[*at..].starts_with(needle))
}

/// Returns the longest known id that the text is, or begins with before `separator`.
fn longest_known<'l>(rest: &'l str, known: &Known<'_>, separator: &str) -> Option<&'l str> {
    let ends = occurrences(rest, separator).chain([rest.trim_end().len()]);
    ends.map(|end| &rest[..end]).filter(|id| known.contains(id)).last()
}

/// Returns the heading that a block has whose test has this domain: separators become dots, but not in parameters.
pub(super) fn heading_of(domain: &str) -> String {
    match domain.find('[') {
        Some(at) => format!("{}{}", domain[..at].replace("::", "."), &domain[at..]),
        None => domain.replace("::", "."),
    }
}

/// Reads `[3] path:12: reason`.
fn skips(rest: &str) -> Option<Entry> {
    let (count, rest) = rest.strip_prefix('[')?.split_once("] ")?;
    let count = count.parse().ok()?;
    let (path, reason) = split_place(rest)?;
    Some(Entry::Skips { count, path, reason })
}

/// Splits `path:12: reason` and `path: reason`.
fn split_place(text: &str) -> Option<(String, String)> {
    let (at, _) = text.match_indices(": ").find(|(at, _)| {
        let place = &text[..*at];
        let (path, line) = place.rsplit_once(':').unwrap_or((place, "0"));
        line.bytes().all(|byte| byte.is_ascii_digit()) && is_path(path) || is_path(place)
    })?;
    let (path, rest) = text.split_at(at);
    Some((path.to_owned(), rest[2..].to_owned()))
}

/// Reads the rest of `SUBFAILED[msg] (k=v) ID - message` and `SUBSKIPPED[msg] [1] path:line: reason`.
fn subtest(meaning: Meaning, outcome: Outcome, rest: &str, known: &Known<'_>) -> Option<Entry> {
    let starts = id_starts(rest, known);
    if outcome == Outcome::Skipped && starts.is_none() {
        let fold = rest.find(" [").map(|at| &rest[at + 1..])?;
        return skips(fold);
    }
    let start = starts?;
    let detail = rest[..start].trim();
    let (node_id, message) = split(&rest[start..], None, known);
    Some(Entry::Test {
        meaning,
        node_id: node_id.to_owned(),
        message: message.map(str::to_owned),
        detail: (!detail.is_empty()).then(|| detail.to_owned()),
    })
}

/// Returns where the id begins behind a subtest's description: at a known id, or at the last token that looks like one.
fn id_starts(rest: &str, known: &Known<'_>) -> Option<usize> {
    let starts: Vec<usize> = rest.match_indices(' ').map(|(at, _)| at + 1).collect();
    let is_known = |at: &&usize| longest_known(&rest[**at..], known, " - ").is_some();
    let looks_like_id = |at: &&usize| {
        let candidate = &rest[**at..];
        candidate.split_once("::").is_some_and(|(path, _)| is_path(path) && !path.contains(' '))
    };
    starts.iter().find(is_known).or_else(|| starts.iter().find(looks_like_id)).copied()
}

/// Reads `[msg] (k=v) SUBFAIL ID - message`, as pytest-subtests 0.11 to 0.15 prints it.
fn old_subtest(line: &str, known: &Known<'_>) -> Option<Entry> {
    if !line.starts_with(['[', '(']) {
        return None;
    }
    line.match_indices(" SUB").find_map(|(at, _)| {
        let rest = &line[at + 1..];
        let (word, rest) = rest.split_once(' ')?;
        let meaning = words::meaning(known.library, word)?;
        let detail = Some(line[..at].to_owned());
        if rest.starts_with('[') {
            return skips(rest);
        }
        let (node_id, message) = split(rest, None, known);
        is_path(node_id.split("::").next()?).then(|| Entry::Test {
            meaning,
            node_id: node_id.to_owned(),
            message: message.map(str::to_owned),
            detail,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &str, known: &Known<'_>) -> Vec<(String, Option<String>)> {
        let pair = |entry| match entry {
            Entry::Test { node_id, message, detail, .. } => {
                (detail.map_or(node_id.clone(), |detail| format!("{detail} {node_id}")), message)
            }
            Entry::Skips { count, path, reason } => (format!("{count} {path}"), Some(reason)),
        };
        entries(content, &BTreeMap::new(), known).into_iter().map(pair).collect()
    }

    fn pair(id: &str, message: &str) -> (String, Option<String>) {
        (id.to_owned(), (!message.is_empty()).then(|| message.to_owned()))
    }

    #[test]
    fn ids_with_dashes_are_split_by_what_is_known() {
        let content = "FAILED a.py::t[x - y] - msg - more\nFAILED a.py::t[z]\nERROR b.py\n";
        assert_eq!(
            read(content, &Known::nothing(Library::built_in())),
            [pair("a.py::t[x - y]", "msg - more"), pair("a.py::t[z]", ""), pair("b.py", "")]
        );
        let known =
            Known { node_ids: HashSet::from(["a.py::t[x - y", "a.py::t[x"]), ..Known::nothing(Library::built_in()) };
        assert_eq!(read("FAILED a.py::t[x - y - msg", &known), [pair("a.py::t[x - y", "msg")]);
    }

    #[test]
    fn messages_over_many_lines_hold_fakes() {
        let known = Known {
            node_ids: HashSet::from(["a.py::t", "a.py::u"]),
            complete: true,
            ..Known::nothing(Library::built_in())
        };
        let content = "FAILED a.py::t - first\n\nFAILED b.py::fake - no\n  indented\nFAILED a.py::u - second\n";
        assert_eq!(
            read(content, &known),
            [pair("a.py::t", "first\n\nFAILED b.py::fake - no\n  indented"), pair("a.py::u", "second")]
        );
    }

    #[test]
    fn skips_and_xfails_of_all_ages() {
        let content = "SKIPPED [3] tests/a.py:12: not: today\nSKIPPED [1] a.py: whole\nXFAIL a.py::t\n  known bug\nXFAIL a.py::u - why\n";
        assert_eq!(
            read(content, &Known::nothing(Library::built_in())),
            [
                pair("3 tests/a.py:12", "not: today"),
                pair("1 a.py", "whole"),
                pair("a.py::t", "known bug"),
                pair("a.py::u", "why")
            ]
        );
    }

    #[test]
    fn subtests_of_both_generations() {
        let content = "SUBFAILED[custom msg - x] (i=1, s='a b') t.py::test_x - assert\n[m] (i=1) SUBFAIL t.py::test_y - no\nSUBSKIPPED[skip it] [1] t.py:3: why\n";
        assert_eq!(
            read(content, &Known::nothing(Library::built_in())),
            [
                pair("[custom msg - x] (i=1, s='a b') t.py::test_x", "assert"),
                pair("[m] (i=1) t.py::test_y", "no"),
                pair("1 t.py:3", "why")
            ]
        );
    }
}
