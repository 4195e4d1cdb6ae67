//! The plainest shapes of result lines, read without a regular expression.
//!
//! A `-v` log is nearly nothing but such lines, and captures of a regular expression cost more than all the rest of
//! reading one. A pattern says with `quick = "..."` that its plainest lines have such a shape; whatever does not look
//! exactly so goes the ordinary way. Such a shape is looked for before any other pattern of the area: no other may claim lines
//! of it. Both ways must give the same captures: `check` compares them on every sample.

use super::vocabulary::named;
use super::words::Vocabulary;

named! {
    /// A shape of line that is read without a regular expression.
    Quick {
        /// `ID WORD   [ 50%]`
        IdWordPercent = "id-word-percent",
        /// `[gw0] [ 50%] WORD ID `
        WorkerPercentWordId = "worker-percent-word-id",
    }
}

/// The captures of a shape: few, so that a list does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct QuickCaptures<'l> {
    pub(crate) node_id: &'l str,
    pub(crate) word: &'l str,
    pub(crate) percent: &'l str,
    pub(crate) worker: Option<&'l str>,
}

impl<'l> QuickCaptures<'l> {
    pub(crate) fn get(&self, name: &str) -> Option<&'l str> {
        match name {
            "nodeid" => Some(self.node_id),
            "word" => Some(self.word),
            "percent" => Some(self.percent),
            "worker" => self.worker,
            _ => None,
        }
    }
}

impl Quick {
    /// Returns the captures where the line has exactly this shape.
    pub(crate) fn read<'l>(self, line: &'l str, vocabulary: &Vocabulary) -> Option<QuickCaptures<'l>> {
        match self {
            Quick::IdWordPercent => id_word_percent(line, vocabulary),
            Quick::WorkerPercentWordId => worker_percent_word_id(line, vocabulary),
        }
    }
}

/// `ID WORD   [ 50%]`. The word is the last one before the percentage. No earlier word can be meant: between a word and
/// the percentage only blanks and a reason in parentheses may stand, and such a line does not end in a word.
fn id_word_percent<'l>(line: &'l str, vocabulary: &Vocabulary) -> Option<QuickCaptures<'l>> {
    let inner = line.strip_suffix("%]")?;
    let opening = memchr::memrchr(b'[', inner.as_bytes())?;
    let (before, percent) = (inner.get(..opening)?, inner.get(opening + 1..)?);
    let percent = digits(percent.trim_start_matches(' '))?;
    let body = before.trim_end_matches(' ');
    let space = memchr::memrchr(b' ', body.as_bytes())?;
    let (node_id, word) = (body.get(..space)?, body.get(space + 1..)?);
    let plain = body.len() < before.len()
        && !node_id.starts_with(char::is_whitespace)
        && has_colons(node_id)
        && !(memchr::memchr(b'<', node_id.as_bytes()).is_some() && node_id.contains(" <- "));
    (plain && vocabulary.is_plain_word(word)).then_some(QuickCaptures { node_id, word, percent, worker: None })
}

/// `[gw0] [ 50%] WORD ID `
fn worker_percent_word_id<'l>(line: &'l str, vocabulary: &Vocabulary) -> Option<QuickCaptures<'l>> {
    let (worker, rest) = line.strip_prefix('[')?.split_once("] [")?;
    digits(worker.strip_prefix("gw")?)?;
    let (percent, rest) = rest.split_once("%] ")?;
    let percent = digits(percent.trim_start_matches(' '))?;
    let (word, rest) = rest.split_once(' ')?;
    let node_id = rest.strip_suffix(' ').unwrap_or(rest);
    let plain = !node_id.is_empty() && !node_id.starts_with(char::is_whitespace);
    (plain && vocabulary.is_plain_word(word)).then_some(QuickCaptures { node_id, word, percent, worker: Some(worker) })
}

/// Whether there is a `::` behind the first character.
fn has_colons(node_id: &str) -> bool {
    let bytes = node_id.as_bytes();
    memchr::memchr_iter(b':', bytes).any(|at| at > 0 && bytes.get(at + 1) == Some(&b':'))
}

fn digits(text: &str) -> Option<&str> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, prop, proptest};

    use super::super::{Area, Library};
    use super::*;

    /// Lines out of all that makes a result line difficult.
    fn line() -> impl Strategy<Value = String> {
        const PARTS: [&str; 22] = [
            "a.py", "::", "test_x", " ", "  ", "[", "]", "(", ")", "PASSED", "FAILED", " PASSED ", "SUBPASS", " <- ",
            " - ", "[ 50%]", "%]", "[gw0]", "é", ":", "\t", "1",
        ];
        let parts = prop::collection::vec(prop::sample::select(PARTS.to_vec()), 0..9);
        let end = prop::sample::select(vec![
            " PASSED  [ 50%]",
            " SKIPPED [100%]",
            " XFAIL (r) [ 1%]",
            " ",
            "",
            "PASSED [ 5%]",
        ]);
        let start = prop::sample::select(vec!["a.py::x", "", "[gw1] [ 50%] PASSED a.py::x", "[gw1] [ 50%] "]);
        (start, parts, end).prop_map(|(start, parts, end)| format!("{start}{}{end}", parts.concat()))
    }

    proptest! {
        #[test]
        fn a_plain_shape_says_what_the_pattern_says(line in line()) {
            let library = Library::built_in();
            for pattern in library.line_patterns(Area::Results).filter(|pattern| pattern.quick.is_some()) {
                if let Some(quick) = pattern.matches_quickly(&line, library.vocabulary()) {
                    let regex = pattern.matches_by_regex(&line, library.vocabulary());
                    let captures = regex.map(|regex| regex.captures());
                    assert_eq!(Some(quick.captures()), captures, "{line:?}");
                }
            }
        }
    }

    #[test]
    fn the_shapes() {
        let library = Library::built_in();
        let id_first = Quick::IdWordPercent.read("a.py::x[a PASSED [ 5%]] FAILED   [ 50%]", library.vocabulary());
        let captures =
            QuickCaptures { node_id: "a.py::x[a PASSED [ 5%]]", word: "FAILED", percent: "50", worker: None };
        assert_eq!(id_first, Some(captures));
        for line in ["a.py::x PASSED", "a.py PASSED [ 50%]", "a.py::x FINE [ 50%]", "a.py::x PASSED[ 50%]", "%]", ""] {
            assert_eq!(Quick::IdWordPercent.read(line, library.vocabulary()), None, "{line:?}");
        }
        let worker_first = Quick::WorkerPercentWordId.read("[gw12] [100%] XFAIL a.py::x[ ] ", library.vocabulary());
        let captures = QuickCaptures { node_id: "a.py::x[ ]", word: "XFAIL", percent: "100", worker: Some("gw12") };
        assert_eq!(worker_first, Some(captures));
    }
}
