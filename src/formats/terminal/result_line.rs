//! Lines of the result area that name a test or hold its word: verbose results, xdist results, words on their own.

use super::tail::{Tail, is_progress, next_segment, split_bracketed_time, split_tail};
use super::words::{self, Meaning};
use crate::grammar::Library;

/// One result that a line states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ResultLine<'l> {
    /// The node id as printed.
    pub(super) node_id: &'l str,
    /// The outcome word.
    pub(super) word: &'l str,
    /// What it means; `None` for a word that only the run's own plugins know.
    pub(super) meaning: Option<Meaning>,
    /// The description of a subtest.
    pub(super) detail: Option<&'l str>,
    /// The reason in parentheses.
    pub(super) reason: Option<&'l str>,
    /// The xdist worker.
    pub(super) worker: Option<&'l str>,
    /// What stands at the right end.
    pub(super) tail: Tail,
}

/// Returns the result that a whole line `ID WORD (reason)  [ 50%]` states.
pub(super) fn complete<'l>(library: &Library, line: &'l str) -> Option<ResultLine<'l>> {
    let (body, tail) = split_tail(line);
    let (body, tail) = split_bracketed_time(body, tail);
    // The plain case first: the word is the last token, so nothing before it can be meant.
    if let Some((node_id, word)) = body.rsplit_once(' ')
        && let Some(meaning) = words::meaning(library, word)
    {
        let (node_id, detail) = split_old_subtest(node_id.trim_end(), meaning);
        return accept(ResultLine {
            node_id: without_origin(node_id),
            word,
            meaning: Some(meaning),
            detail,
            reason: None,
            worker: None,
            tail,
        });
    }
    if body.ends_with([')', ']'])
        && let Some(result) = with_reason(library, body, tail)
    {
        return accept(result);
    }
    if tail == Tail::None { None } else { unknown_word(body, tail).and_then(accept) }
}

/// Returns the result that an xdist line `[gw0] [ 50%] WORD ID ` states.
pub(super) fn of_worker<'l>(library: &Library, line: &'l str) -> Option<ResultLine<'l>> {
    let rest = line.strip_prefix("[gw")?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let worker = line.get(1..3 + digits).filter(|_| digits > 0)?;
    let rest = rest.get(digits..)?.strip_prefix("] ")?;
    let rest = match rest.strip_prefix('[').and_then(|inner| inner.split_once("] ")) {
        Some((inner, after)) if is_progress(inner) => after,
        _ => rest,
    };
    let end = rest.find([' ', '[', '(']).unwrap_or(rest.len());
    let (word, after) = rest.split_at(end);
    let meaning = words::meaning(library, word);
    let (detail, node_id) = match meaning {
        Some(Meaning::Subtest(_)) => split_leading_description(after),
        Some(Meaning::Test(_)) | None => (None, after),
    };
    let node_id = without_worker_note(node_id).trim();
    let well_formed = !node_id.is_empty() && !word.is_empty() && (meaning.is_some() || node_id.contains("::"));
    well_formed.then_some(ResultLine {
        node_id,
        word,
        meaning,
        detail,
        reason: None,
        worker: Some(worker),
        tail: Tail::Progress,
    })
}

/// Removes what xdist says of another worker while a result line has not ended yet: `ID [gw2] Python 3.11.7 ...`.
fn without_worker_note(node_id: &str) -> &str {
    // xdist rewrites its own lines; an id holds no such character.
    let node_id = node_id.split('\r').next().unwrap_or(node_id);
    let note = node_id.match_indices(" [gw").map(|(at, _)| at).find(|at| {
        let rest = node_id[at + " [gw".len()..].trim_start_matches(|digit: char| digit.is_ascii_digit());
        rest.starts_with("] ") && balanced(&node_id[..*at])
    });
    note.map_or(node_id, |at| &node_id[..at])
}

/// An outcome word at the end (or the beginning) of a line that may belong to a test begun on an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WordAlone<'l> {
    /// What the word means.
    pub(super) meaning: Meaning,
    /// The reason in parentheses.
    pub(super) reason: Option<&'l str>,
    /// What stands at the right end.
    pub(super) tail: Tail,
    /// How far the line can be trusted to be pytest's.
    pub(super) trust: Trust,
}

/// How likely a line with an outcome word in it was written by pytest, and not by a test: more is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trust {
    /// The word is glued to text that follows it.
    Leading,
    /// The word ends a line of other text.
    Trailing,
    /// The word is all there is.
    Alone,
    /// There is a progress mark behind it.
    Marked,
}

/// Returns the outcome word that a line without node id carries.
pub(super) fn word_alone<'l>(library: &Library, line: &'l str) -> Option<WordAlone<'l>> {
    let (body, tail) = split_tail(line);
    if tail == Tail::None
        && let (before, Some(after)) = next_segment(line)
        && !after.trim().is_empty()
        && before.ends_with("  ")
        && let Some(word) = word_alone(library, &line[..line.len() - after.len()])
    {
        // The teardown wrote behind the mark.
        return Some(word);
    }
    let found = |meaning, reason, whole: bool| {
        let trust = match (tail, whole) {
            (Tail::Progress | Tail::Time(_), _) => Trust::Marked,
            (Tail::None, true) => Trust::Alone,
            (Tail::None, false) => Trust::Trailing,
        };
        WordAlone { meaning, reason, tail, trust }
    };
    let start = body.bytes().rev().take_while(u8::is_ascii_alphabetic).count();
    for length in (4..=start.min(10)).rev() {
        let (before, word) = body.split_at(body.len() - length);
        if let Some(meaning) = words::meaning(library, word) {
            return Some(found(meaning, None, before.is_empty()));
        }
    }
    if body.ends_with(')')
        && let Some((word, reason)) = body.split_once(" (")
        && let Some(meaning) = words::meaning(library, word)
    {
        return Some(found(meaning, reason.strip_suffix(')'), true));
    }
    leading_word(library, body).map(|meaning| WordAlone { meaning, reason: None, tail, trust: Trust::Leading })
}

/// Returns the meaning of a word that begins a line and is glued to what follows.
fn leading_word(library: &Library, body: &str) -> Option<Meaning> {
    let capitals = body.bytes().take_while(u8::is_ascii_uppercase).count();
    (4..=capitals.min(10)).rev().find_map(|length| body.get(..length).and_then(|word| words::meaning(library, word)))
}

/// Splits a line that opens a test into the node id and what stands behind it.
pub(super) fn opened(line: &str) -> Option<(&str, &str)> {
    let colons = memchr::memmem::find(line.as_bytes(), b"::")?;
    let path = &line[..colons];
    if !is_path(path) {
        return None;
    }
    let end = end_of_domain(line, colons + 2);
    let (node_id, rest) = line.split_at(end);
    if node_id.len() == colons + 2 {
        return None;
    }
    let rest = rest.strip_prefix(' ').unwrap_or(rest);
    let rest = rest.strip_prefix("<- ").map_or(rest, |origin| origin.split_once(' ').map_or("", |(_, after)| after));
    Some((node_id.trim_end(), rest))
}

/// Whether what seems an id is one with a test's output behind it that names another test: `a.py::test_x b.py::test_y`.
pub(super) fn is_printed_behind_id(node_id: &str) -> bool {
    if memchr::memchr(b' ', node_id.as_bytes()).is_none() {
        return false;
    }
    let Some((first, rest)) = opened(node_id) else { return false };
    let is_id = |text: &str| text.split_once("::").is_some_and(|(path, _)| path.ends_with(".py") && is_path(path));
    first.len() < node_id.len() && is_id(rest)
}

/// Returns where the domain that begins at `start` ends: at the first space outside brackets, or the last one where brackets never close.
fn end_of_domain(line: &str, start: usize) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in line.bytes().enumerate().skip(start) {
        match byte {
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            b' ' if depth == 0 => return at,
            _ => {}
        }
    }
    if depth == 0 { line.len() } else { line.rfind("] ").map_or(line.trim_end().len(), |at| at + 1) }
}

/// Whether `path` can be the file of a node id: it names a file with an ending, and is no sentence.
pub(super) fn is_path(path: &str) -> bool {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let well_formed = !path.is_empty()
        && path.len() < 1024
        && !path.starts_with([' ', '\t', '"', '\'', '<', '(', '[', '{', '>', '#']);
    let has_ending = name.rsplit_once('.').is_some_and(|(stem, ending)| {
        !ending.is_empty()
            && ending.len() <= 16
            && ending.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && !stem.ends_with(' ')
    });
    well_formed && has_ending && !path.contains("  ") && !path.contains(": ")
}

/// Finds the word in `ID WORD (reason)` and `ID SUBFAILED[msg] (k=v) (reason)`: the first that lets the rest match and leaves an id whose
/// brackets balance.
fn with_reason<'l>(library: &Library, body: &'l str, tail: Tail) -> Option<ResultLine<'l>> {
    let mut fallback = None;
    for (space, _) in body.match_indices(' ') {
        let after = &body[space + 1..];
        let end = after.find([' ', '[', '(']).unwrap_or(after.len());
        let word = &after[..end];
        let Some(meaning) = words::meaning(library, word) else { continue };
        let Some((detail, reason)) = rest_of_result(&after[end..], meaning) else { continue };
        let node_id = without_origin(body[..space].trim_end());
        let result = ResultLine { node_id, word, meaning: Some(meaning), detail, reason, worker: None, tail };
        if balanced(node_id) {
            return Some(result);
        }
        fallback = fallback.or(Some(result));
    }
    fallback
}

/// Reads what stands between word and right end: `None` where it is not of the form.
fn rest_of_result(rest: &str, meaning: Meaning) -> Option<(Option<&str>, Option<&str>)> {
    match meaning {
        Meaning::Test(_) => {
            let reason = rest.strip_prefix(" (")?.strip_suffix(')')?;
            Some((None, Some(reason)))
        }
        Meaning::Subtest(outcome) => {
            if !rest.starts_with(['[', '(', ' ']) {
                return None;
            }
            let rest = rest.trim_start();
            // A skipped or xfailed subtest shows its reason in a parenthesis of its own behind the description.
            let with_reason = matches!(outcome, crate::model::Outcome::Skipped | crate::model::Outcome::Xfailed);
            match rest.rsplit_once(" (") {
                Some((detail, reason)) if with_reason => Some((Some(detail), reason.strip_suffix(')'))),
                _ => Some((Some(rest), None)),
            }
        }
    }
}

/// Splits the description that older pytest-subtests print between id and word.
fn split_old_subtest(node_id: &str, meaning: Meaning) -> (&str, Option<&str>) {
    match (meaning, opened(node_id)) {
        (Meaning::Subtest(_), Some((node_id, description))) if !description.is_empty() => (node_id, Some(description)),
        _ => (node_id, None),
    }
}

/// Splits `[msg] (k=v) ID` into the description and the id.
fn split_leading_description(text: &str) -> (Option<&str>, &str) {
    let mut end = 0;
    if let Some(at) = text.strip_prefix('[').and_then(|inner| inner.find("] ")) {
        end = at + 2;
    }
    if let Some(at) = text[end..].trim_start().strip_prefix('(').and_then(|inner| inner.find(") ")) {
        end += text[end..].len() - text[end..].trim_start().len() + at + 2;
    }
    if end == 0 { (None, text) } else { (Some(text[..end].trim()), &text[end..]) }
}

/// A word that no grammar knows, behind an id and before a progress mark.
fn unknown_word(body: &str, tail: Tail) -> Option<ResultLine<'_>> {
    let (node_id, word) = opened(body)?;
    let word = word.trim();
    // A session that the test runs may print its letters there.
    let is_progress = word.bytes().all(|byte| b".FEsxX".contains(&byte));
    let plausible = !word.is_empty() && !is_progress && word.chars().count() <= 20 && !node_id.is_empty();
    plausible.then_some(ResultLine { node_id, word, meaning: None, detail: None, reason: None, worker: None, tail })
}

/// Accepts a result whose id can be one.
fn accept(result: ResultLine<'_>) -> Option<ResultLine<'_>> {
    if result.node_id.ends_with(" ...") {
        return None;
    }
    let named = match result.node_id.find("::") {
        // pytest names tests outside of rootdir without a file: `::TestX::test_y`.
        Some(0) => result.tail != Tail::None && result.node_id.len() > 2,
        Some(at) => at + 2 < result.node_id.len() && !result.node_id.starts_with([' ', '\t']),
        None => result.tail != Tail::None && is_path(result.node_id) && !result.node_id.contains(' '),
    };
    named.then_some(result)
}

/// Removes ` <- path`: the file in which an inherited test is defined.
fn without_origin(node_id: &str) -> &str {
    match node_id.rsplit_once(" <- ") {
        Some((before, origin)) if !origin.contains("::") && before.contains("::") => before,
        _ => node_id,
    }
}

fn balanced(text: &str) -> bool {
    let mut depth = 0_i64;
    for byte in text.bytes() {
        match byte {
            b'[' => depth += 1,
            b']' => depth -= 1,
            _ => {}
        }
    }
    depth == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Outcome;

    fn parts(line: &str) -> Option<(&str, &str, Option<&str>, Option<&str>)> {
        complete(Library::built_in(), line).map(|result| (result.node_id, result.word, result.detail, result.reason))
    }

    #[test]
    fn verbose_lines_with_hostile_ids() {
        let rows = [
            ("t/a.py::test_x PASSED                     [  3%]", Some(("t/a.py::test_x", "PASSED", None, None))),
            ("a.py::test_x[a - b] FAILED [ 3/31]", Some(("a.py::test_x[a - b]", "FAILED", None, None))),
            ("a.py::t[x PASSED [ 50%]] PASSED [ 10%]", Some(("a.py::t[x PASSED [ 50%]]", "PASSED", None, None))),
            ("a.py::t SKIPPED (not (yet) PASSED) [ 10%]", Some(("a.py::t", "SKIPPED", None, Some("not (yet) PASSED")))),
            ("a.py::t[x SKIPPED (y)] PASSED [ 1%]", Some(("a.py::t[x SKIPPED (y)]", "PASSED", None, None))),
            ("a.py::T::t <- b.py PASSED [ 1%]", Some(("a.py::T::t", "PASSED", None, None))),
            (
                "a.py::t SUBFAILED[m - x] (i=1, s='a b') [ 25%]",
                Some(("a.py::t", "SUBFAILED", Some("[m - x] (i=1, s='a b')"), None)),
            ),
            (
                "a.py::t SUBSKIPPED[skip it] (why) [ 50%]",
                Some(("a.py::t", "SUBSKIPPED", Some("[skip it]"), Some("why"))),
            ),
            ("a.py::t [ok] (i=0) SUBPASS [ 50%]", Some(("a.py::t", "SUBPASS", Some("[ok] (i=0)"), None))),
            ("a.py::t PASSED [3.7160s] [100%]", Some(("a.py::t", "PASSED", None, None))),
            ("a.py::t BROKEN   [ 1%]", Some(("a.py::t", "BROKEN", None, None))),
            ("a.py::t PASSED  482.4us", Some(("a.py::t", "PASSED", None, None))),
            ("hello world PASSED", None),
            ("a.py::t ", None),
        ];
        for (line, expected) in rows {
            assert_eq!(parts(line), expected, "{line}");
        }
    }

    #[test]
    fn worker_lines() {
        let result =
            of_worker(Library::built_in(), "[gw12] [ 14%] PASSED test_exit.py::test_before[a b] ").expect("a result");
        assert_eq!(
            (result.worker, result.word, result.node_id),
            (Some("gw12"), "PASSED", "test_exit.py::test_before[a b]")
        );
        let sub = of_worker(Library::built_in(), "[gw0] [ 14%] SUBFAILED[a b] (i=1) t.py::x ").expect("a result");
        assert_eq!((sub.detail, sub.node_id), (Some("[a b] (i=1)"), "t.py::x"));
        assert_eq!(of_worker(Library::built_in(), "[gw1] node down: Not properly terminated"), None);
        assert_eq!(of_worker(Library::built_in(), "[gw1] linux -- Python 3.11.7 /usr/bin/python"), None);
    }

    #[test]
    fn words_alone_and_how_far_they_are_trusted() {
        let trust = |line| word_alone(Library::built_in(), line).map(|word| (word.meaning, word.trust));
        let test = Meaning::Test;
        assert_eq!(trust("PASSED            [ 33%]"), Some((test(Outcome::Passed), Trust::Marked)));
        assert_eq!(trust("no newline at endPASSED  [ 33%]"), Some((test(Outcome::Passed), Trust::Marked)));
        assert_eq!(trust("PASSED"), Some((test(Outcome::Passed), Trust::Alone)));
        assert_eq!(trust("SKIPPED (why)"), Some((test(Outcome::Skipped), Trust::Alone)));
        assert_eq!(trust("check: FAILED"), Some((test(Outcome::Failed), Trust::Trailing)));
        assert_eq!(trust("PASSEDteardown of x"), Some((test(Outcome::Passed), Trust::Leading)));
        assert_eq!(trust("nothing here"), None);
    }

    #[test]
    fn opened_tests_keep_spaces_in_brackets() {
        assert_eq!(opened("a.py::t[a b] some text"), Some(("a.py::t[a b]", "some text")));
        assert_eq!(opened("a.py::T::t "), Some(("a.py::T::t", "")));
        assert_eq!(opened("std::string x"), None);
        assert_eq!(opened("say: a.py::t"), None);
    }
}
