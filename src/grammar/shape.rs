//! The shape of an unknown result line: what in it is an id, an outcome word, a percentage, a time, and what is just text.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::vocabulary::WordMeaning;
use crate::model::Outcome;

/// What a piece of a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// `tests/test_a.py::test_x[1]`
    NodeId,
    /// The outcome word.
    Status,
    /// `[ 50%]`
    Percent,
    /// `0.12s`
    Time,
    /// Words and numbers, with what is between them.
    Text,
    /// Blanks.
    Blank,
    /// Punctuation.
    Mark,
}

/// One piece of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece<'l> {
    pub(crate) kind: Kind,
    pub(crate) text: &'l str,
    start: usize,
}

/// Each alternative is a kind of its own.
static PIECES: LazyLock<Regex> = LazyLock::new(|| {
    let node_id = r"(?P<NodeId>[^\s\[\](){}<>'\x22]+\.\w+::[^\s\[\]]+(?:\[[^\]]*\])?)";
    let percent = r"(?P<Percent>\[ *[0-9]+%\])";
    let time = r"(?P<Time>[0-9]+(?:\.[0-9]+)?(?:us|ms|s)\b)";
    let word = r"(?P<Text>[\w.,/\\:'-]*\w)";
    let text = format!("{node_id}|{percent}|{time}|{word}|(?P<Blank> +)|(?P<Mark>[^ ])");
    Regex::new(&text).expect("a pattern of this program is a regular expression")
});

const KINDS: [(&str, Kind); 6] = [
    ("NodeId", Kind::NodeId),
    ("Percent", Kind::Percent),
    ("Time", Kind::Time),
    ("Text", Kind::Text),
    ("Blank", Kind::Blank),
    ("Mark", Kind::Mark),
];

/// Takes a line apart; `None` where no word in it may be an outcome.
pub(crate) fn pieces(line: &str) -> Option<Vec<Piece<'_>>> {
    let piece = |captures: Captures<'_>| {
        KINDS.into_iter().find_map(|(name, kind)| {
            let range = captures.name(name)?.range();
            Some(Piece { kind, text: line.get(range.clone())?, start: range.start })
        })
    };
    let mut pieces: Vec<Piece<'_>> = PIECES.captures_iter(line).filter_map(piece).collect();
    let at = status_position(&pieces)?;
    pieces.get_mut(at)?.kind = Kind::Status;
    Some(joined(line, &pieces))
}

/// With an id on the line the word may stand anywhere; without one it must be the first or last thing said, or it is prose.
fn status_position(pieces: &[Piece<'_>]) -> Option<usize> {
    let has_id = pieces.iter().any(|piece| piece.kind == Kind::NodeId);
    let is_status = |piece: &Piece<'_>| match piece.kind {
        Kind::Text => meaning(piece.text).is_some() || (has_id && is_shouted(piece.text)),
        Kind::Mark => meaning(piece.text).is_some(),
        Kind::NodeId | Kind::Status | Kind::Percent | Kind::Time | Kind::Blank => false,
    };
    let said = |piece: &Piece<'_>| matches!(piece.kind, Kind::Text | Kind::NodeId) || is_status(piece);
    if has_id {
        return pieces.iter().position(is_status);
    }
    let (first, last) = (pieces.iter().position(said)?, pieces.iter().rposition(said)?);
    [first, last].into_iter().find(|at| pieces.get(*at).is_some_and(is_status))
}

/// `BROKEN` and the like: capitals alone, at least three.
pub(crate) fn is_shouted(word: &str) -> bool {
    word.len() >= 3 && word.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// What a word most likely means, in whatever spelling.
pub(crate) fn meaning(word: &str) -> Option<WordMeaning> {
    let outcome = match word.to_lowercase().as_str() {
        "pass" | "passed" | "ok" | "success" | "succeeded" | "✓" | "✔" | "✅" => Outcome::Passed,
        "fail" | "failed" | "failure" | "✗" | "✘" | "✖" | "❌" | "⨯" => Outcome::Failed,
        "error" | "errored" | "broken" | "crashed" => Outcome::Error,
        "skip" | "skipped" | "ignored" | "pending" | "disabled" | "blocked" => Outcome::Skipped,
        "xfail" | "xfailed" => Outcome::Xfailed,
        "xpass" | "xpassed" => Outcome::Xpassed,
        "rerun" | "retry" | "retried" => return Some(WordMeaning::Rerun),
        _ => return None,
    };
    Some(WordMeaning::Outcome(outcome))
}

/// Joins neighbouring words, with the blanks between them, into one text.
fn joined<'l>(line: &'l str, pieces: &[Piece<'l>]) -> Vec<Piece<'l>> {
    let mut joined: Vec<Piece<'l>> = Vec::new();
    for piece in pieces {
        if let [.., first, blank] = joined.as_slice()
            && (first.kind, blank.kind, piece.kind) == (Kind::Text, Kind::Blank, Kind::Text)
            && let Some(text) = line.get(first.start..piece.start + piece.text.len())
        {
            let whole = Piece { kind: Kind::Text, text, start: first.start };
            joined.truncate(joined.len() - 2);
            joined.push(whole);
        } else {
            joined.push(*piece);
        }
    }
    joined
}
