//! Tests that begin on one line and whose outcome stands on a later one.

use super::scanner::Scanner;
use crate::formats::terminal::evidence::Report;
use crate::formats::terminal::result_line;
use crate::formats::terminal::result_line::Trust;
use crate::formats::terminal::result_line::WordAlone;
use crate::formats::terminal::tail::Tail;
use crate::formats::terminal::tail::split_tail;
use crate::formats::terminal::words;
use crate::formats::terminal::words::Meaning;
use crate::grammar::Library;
use crate::model::Outcome;

/// A test that began on its own line, and whose outcome stands on a later one.
#[derive(Debug, Clone)]
pub(super) struct OpenTest {
    pub(super) node_id: String,
    pub(super) best: Option<(Trust, Meaning, Option<String>)>,
    /// A reason that is wrapped over several lines, with its word.
    pub(super) wrapped: Option<(Meaning, String)>,
}

impl Scanner<'_> {
    pub(super) fn can_open(&self, text: &str, node_id: &str, rest: &str) -> bool {
        let path = node_id.split("::").next().unwrap_or_default();
        let bare = rest.is_empty();
        let first = text.split(' ').next().unwrap_or_default();
        !text.starts_with([' ', '\t'])
            && (bare || !path.contains(' '))
            && words::meaning(self.library, first).is_none()
            && !text.contains("::error ")
    }

    pub(super) fn open_test(&mut self, node_id: &str, rest: &str) {
        if self.current.header.workers.is_some()
            || self.current.reports.last().is_some_and(|report| report.worker().is_some())
        {
            // xdist announces each test on a line of its own; the outcome line stands for itself.
            if !self.current.unfinished.iter().any(|unfinished| unfinished == node_id) {
                self.current.unfinished.push(node_id.to_owned());
                self.current.announced.push(format!("{node_id} {rest}").trim_end().to_owned());
            }
            return;
        }
        if self.open.as_ref().is_none_or(|open| open.node_id != node_id) {
            self.close_open_test();
        }
        let mut open = OpenTest { node_id: node_id.to_owned(), best: None, wrapped: wrapped_start(self.library, rest) };
        if open.wrapped.is_none()
            && let Some(word) = result_line::word_alone(self.library, rest)
        {
            open.weigh(&word);
        }

        self.open = Some(open);
    }

    /// Takes the continuation of a reason that is wrapped over several lines (`-vv`).
    pub(super) fn wrapped_reason(&mut self, text: &str) -> bool {
        let Some(OpenTest { wrapped: Some((meaning, reason)), node_id, .. }) = &mut self.open else { return false };
        let (body, tail) = split_tail(text);
        if !reason.is_empty() && !reason.ends_with(' ') {
            reason.push(' ');
        }
        if tail == Tail::None {
            reason.push_str(body);
            return true;
        }
        reason.push_str(body.strip_suffix(')').unwrap_or(body));
        let report = Report::new(node_id.as_str(), Some(*meaning)).with_reason(Some(std::mem::take(reason)));
        self.current.marked |= tail == Tail::Progress;
        self.current.reached_end |= text.trim_end().ends_with("[100%]");
        self.current.report(report);
        self.open = None;
        true
    }

    pub(super) fn close_open_test(&mut self) {
        let Some(open) = self.open.take() else { return };
        let Some((trust, meaning, reason)) = open.best else {
            self.current.unfinished.push(open.node_id);
            return;
        };
        self.current.guessed |= trust < Trust::Marked;
        self.current.unfinished.retain(|node_id| *node_id != open.node_id);
        self.current.report(Report::new(open.node_id, Some(meaning)).with_reason(reason));
    }
}

impl OpenTest {
    /// Joins an id that holds a line break, as ids can that pytest was told not to escape: its bracket closes on this line.
    pub(super) fn join_broken_id(&mut self, text: &str) {
        let depth = |text: &str| text.matches('[').count() as i64 - text.matches(']').count() as i64;
        let (body, _) = split_tail(text);
        if depth(&self.node_id) == 1
            && let Some((rest, _)) = body.rsplit_once(' ').filter(|(rest, _)| rest.ends_with(']') && depth(rest) == -1)
        {
            self.node_id = format!("{}\n{rest}", self.node_id);
        }
    }
    /// Keeps the better of the words seen so far; of equals the later, since what a test prints comes before its outcome.
    pub(super) fn weigh(&mut self, word: &WordAlone<'_>) {
        if self.best.as_ref().is_none_or(|(trust, _, _)| word.trust >= *trust) {
            self.best = Some((word.trust, word.meaning, word.reason.map(str::to_owned)));
        }
    }
}

/// Returns the beginning of a reason that does not end on its line: `SKIPPED (a long`.
fn wrapped_start(library: &Library, rest: &str) -> Option<(Meaning, String)> {
    let (word, reason) = rest.split_once(" (")?;
    let meaning = words::meaning(library, word)?;
    let skip_or_xfail = matches!(meaning, Meaning::Test(Outcome::Skipped | Outcome::Xfailed | Outcome::Xpassed));
    (skip_or_xfail && !rest.trim_end().ends_with(')')).then(|| (meaning, reason.trim_end().to_owned()))
}
