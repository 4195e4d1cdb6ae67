//! The plainest shapes of result lines, read without a regular expression.
//!
//! A `-v` log is nearly nothing but such lines, and captures of a regular expression cost more than all the rest of
//! reading one. A pattern says with `quick = "..."` that its plainest lines have such a shape; whatever does not look
//! exactly so goes the ordinary way. Both ways must give the same captures: `check` compares them on every sample.

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
        && memchr::memmem::find(node_id.get(1..).unwrap_or_default().as_bytes(), b"::").is_some()
        && memchr::memmem::find(node_id.as_bytes(), b" <- ").is_none();
    (plain && vocabulary.is_word(word)).then_some(QuickCaptures { node_id, word, percent, worker: None })
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
    (plain && vocabulary.is_word(word)).then_some(QuickCaptures { node_id, word, percent, worker: Some(worker) })
}

fn digits(text: &str) -> Option<&str> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}
