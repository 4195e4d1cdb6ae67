//! What the scan keeps of one session, before anybody judges it.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;
use std::time::Duration;

use chrono::{DateTime, Utc};
use foldhash::fast::RandomState;

use super::last_line::LastLine;
use super::words::Meaning;
use crate::model::{NodeId, Outcome};

/// How much is kept of the beginning and of the end of a text, in bytes: the less, the more the session's texts take already.
///
/// A session's failure texts and captured output are part of its answer, and are held until it is given; so they must be bounded
/// together, not only each by itself.
const LIMITS: [(usize, usize, usize); 4] = [
    (8 << 20, 4 << 20, 1 << 18),
    (18 << 20, 1 << 14, 1 << 14),
    (26 << 20, 1 << 11, 1 << 11),
    (usize::MAX, 1 << 9, 1 << 8),
];

/// How much is kept of a section that names tests, and up to how many bytes in all other texts.
const LONGEST_NAMES: usize = 32 << 20;
const MOST_BESIDE_NAMES: usize = 128 << 20;

/// Lines of text, with the middle left out where there is too much of it.
#[derive(Debug, Clone)]
pub(super) struct Text {
    head: String,
    tail: String,
    left_out: u64,
    head_limit: usize,
    tail_limit: usize,
}

impl Default for Text {
    fn default() -> Text {
        Text::beside(0)
    }
}

impl Text {
    /// Returns a text without a line, in a session whose texts take this many bytes already.
    pub(super) fn beside(kept: usize) -> Text {
        let limits = LIMITS.into_iter().find(|(most, _, _)| kept < *most).unwrap_or(LIMITS[LIMITS.len() - 1]);
        Text { head: String::new(), tail: String::new(), left_out: 0, head_limit: limits.1, tail_limit: limits.2 }
    }

    /// Returns a text without a line whose lines name tests: results hang on it, so that more of it is kept than of what tests print.
    pub(super) fn of_names(kept: usize) -> Text {
        let usual = Text::beside(kept);
        if kept < MOST_BESIDE_NAMES { Text { head_limit: usual.head_limit.max(LONGEST_NAMES), ..usual } } else { usual }
    }

    /// Adds a line.
    pub(super) fn push_line(&mut self, line: &str) {
        if self.tail.is_empty() && self.head.len() + line.len() < self.head_limit {
            self.head.push_str(line);
            self.head.push('\n');
            return;
        }
        self.tail.push_str(line);
        self.tail.push('\n');
        if self.tail.len() > 2 * self.tail_limit {
            let cut = self.tail.len() - self.tail_limit;
            let line = self.tail.as_bytes()[cut..].iter().position(|byte| *byte == b'\n');
            // A line that is longer than all that is kept is cut itself.
            let cut = line.filter(|at| cut + at + 1 < self.tail.len()).map_or(cut, |at| cut + at + 1);
            let cut = (cut..=self.tail.len()).find(|at| self.tail.is_char_boundary(*at)).unwrap_or(self.tail.len());
            self.left_out += cut as u64;
            self.tail.drain(..cut);
        }
    }

    /// Returns how many bytes are kept.
    pub(super) fn len(&self) -> usize {
        self.head.len() + self.tail.len()
    }

    /// Returns the last lines, of at most about `most` bytes.
    pub(super) fn end(&self, most: usize) -> &str {
        let text = if self.tail.is_empty() { &self.head } else { &self.tail };
        let from = text.len().saturating_sub(most);
        let line = match text.as_bytes().get(..from) {
            Some([.., b'\n'] | []) | None => from,
            Some(_) => memchr::memchr(b'\n', &text.as_bytes()[from..]).map_or(text.len(), |at| from + at + 1),
        };
        text.get(line..).unwrap_or_default()
    }

    /// Returns how many bytes of the middle are missing.
    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Returns whether there is no line.
    pub(super) fn is_empty(&self) -> bool {
        self.head.is_empty() && self.tail.is_empty()
    }

    /// Returns the text; a line of its own says where the middle is missing.
    pub(super) fn into_string(mut self) -> String {
        if self.left_out > 0 {
            self.head.push_str(&format!("[... {} bytes left out ...]\n", self.left_out));
        }
        self.head.push_str(&self.tail);
        self.head
    }
}

/// One report that a line of the result area states. A log holds millions of them, most of which say no more than id and outcome.
#[derive(Debug, Clone)]
pub(super) struct Report {
    /// The node id as printed.
    pub(super) node_id: NodeId,
    /// What the word means.
    pub(super) meaning: Option<Meaning>,
    /// What else the line says.
    pub(super) more: Option<Box<MoreOfReport>>,
}

/// What only some lines say of a test.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct MoreOfReport {
    /// The description of a subtest.
    pub(super) detail: Option<Box<str>>,
    /// The reason in parentheses.
    pub(super) reason: Option<Box<str>>,
    /// The xdist worker.
    pub(super) worker: Option<Box<str>>,
    /// The duration so far.
    pub(super) duration: Option<Duration>,
}

impl Report {
    /// Returns a report that says no more than its id and outcome.
    #[inline]
    pub(super) fn new(node_id: impl Into<NodeId>, meaning: Option<Meaning>) -> Report {
        Report { node_id: node_id.into(), meaning, more: None }
    }

    /// Returns the report with what else the line says.
    pub(super) fn with(self, more: MoreOfReport) -> Report {
        Report { more: (more != MoreOfReport::default()).then(|| Box::new(more)), ..self }
    }

    /// Returns the report with a reason, where there is one.
    pub(super) fn with_reason(self, reason: Option<String>) -> Report {
        self.with(MoreOfReport { reason: reason.map(Into::into), ..MoreOfReport::default() })
    }

    /// Returns the xdist worker.
    pub(super) fn worker(&self) -> Option<&str> {
        self.more.as_ref().and_then(|more| more.worker.as_deref())
    }
}

/// A separator line and the text below it.
#[derive(Debug, Clone)]
pub(super) struct Chunk {
    /// The fill character.
    pub(super) fill: char,
    /// The title.
    pub(super) title: String,
    /// The line as printed.
    pub(super) heading: String,
    /// Whether the lines below name tests, so that one without its end may hold a cut id.
    pub(super) names_tests: bool,

    /// What stands below it.
    pub(super) text: Text,
    /// Number of lines in `text`, and where the id ends in those that show it by bold type.
    pub(super) lines: usize,
    /// Line index to length of word and id.
    pub(super) bold_ends: BTreeMap<usize, usize>,
}

/// Progress characters of one file.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress {
    /// The file; `None` where the log gives none.
    pub(super) path: Option<String>,
    /// Letters and how often they stand there.
    pub(super) letters: BTreeMap<char, u64>,
}

/// Who wrote the console output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Reporter {
    /// pytest's own reporter.
    #[default]
    Pytest,
    /// Another one, which replaces header or last line by its own.
    Other,
}

/// The facts of the header and the collection lines.
#[derive(Debug, Clone, Default)]
pub(super) struct Header {
    pub(super) pytest: Option<String>,
    pub(super) python: Option<String>,
    pub(super) platform: Option<String>,
    pub(super) rootdir: Option<String>,
    pub(super) plugins: BTreeMap<String, Option<String>>,
    pub(super) seed: Option<String>,
    pub(super) workers: Option<u64>,
    pub(super) collected: Option<u64>,
    pub(super) deselected: Option<u64>,
    /// Whether every worker runs all of the tests (`--dist each`).
    pub(super) each_worker: bool,
}

/// The phase in which a test broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BrokenPhase {
    Setup,
    Call,
    Teardown,
}

/// Everything that was kept of one session.
#[derive(Debug, Clone, Default)]
pub(super) struct Evidence {
    /// The line with which the session begins.
    pub(super) first_line: u64,
    /// The line with which it ends, as far as is known.
    pub(super) last_number: u64,
    /// Whether a header was seen; without one the session's beginning was inferred.
    pub(super) has_start: bool,
    pub(super) reporter: Reporter,
    pub(super) header: Header,
    /// The width of separators.
    pub(super) width: Option<usize>,
    pub(super) reports: Vec<Report>,
    /// The digest of each report's id, taken while the line is at hand.
    pub(super) digests: Vec<u64>,
    pub(super) hasher: RandomState,
    /// Whether any id holds escape characters of its own.
    pub(super) own_escapes: bool,
    /// How many reports of each outcome there are, subtests aside.
    pub(super) outcomes: OutcomeTally,
    pub(super) progress: Vec<Progress>,
    /// The place of each file in it.
    pub(super) progress_places: HashMap<Option<String>, usize>,
    /// Whether any result carried a progress mark.
    pub(super) marked: bool,
    /// Whether the outcome of a test was taken from a line that a test may have written.
    pub(super) guessed: bool,
    /// Whether the progress marks came to 100 %.
    pub(super) reached_end: bool,
    /// The separators behind the result area, and their text.
    pub(super) chunks: Vec<Chunk>,
    /// Failure blocks printed in the result area.
    pub(super) inline: Vec<Chunk>,
    /// Whether lines still belong to the last of them.
    pub(super) inline_open: bool,
    /// Header and result area, verbatim.
    pub(super) results_text: Text,
    /// How many bytes the texts of chunks take.
    pub(super) kept: usize,
    pub(super) last_line: Option<LastLine>,
    /// The last line as printed.
    pub(super) last_line_text: Option<String>,
    /// Titles of the `!!!` separators.
    pub(super) stops: Vec<String>,
    /// Lines behind a last line that may have been printed by a test.
    pub(super) behind_end: Vec<String>,
    /// Tests that began and of which no outcome was seen.
    pub(super) unfinished: Vec<String>,
    /// The whole lines with which xdist announced tests that have no result yet.
    pub(super) announced: Vec<String>,
    /// The phases of which the failure texts of another reporter say that they broke, in order.
    pub(super) broken_phases: Vec<(Box<str>, BrokenPhase)>,
    /// Whether the log ends in the middle of a line that names a test.
    pub(super) cut_line: bool,
    /// Whether the session's reporter has an end of its own, so that a last line like pytest's is a test's.
    pub(super) own_end: bool,
    pub(super) internal_error: bool,
    pub(super) usage_error: bool,
    /// Whether the log shows that the process died.
    pub(super) crashed: bool,
    pub(super) exit_status: Option<i32>,
    /// The command or environment (of tox, nox, a CI step) that the session ran in.
    pub(super) label: Option<String>,
    pub(super) started_at: Option<DateTime<Utc>>,
    pub(super) stopped_at: Option<DateTime<Utc>>,
    /// Sessions that began while a test of this one was running.
    pub(super) nested: Vec<Evidence>,
    /// Reports seen when the last nested session ended.
    pub(super) reports_before_nested: usize,
}

/// Reports by outcome.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct OutcomeTally([u64; OUTCOMES.len()]);

const OUTCOMES: [Outcome; 7] = [
    Outcome::Passed,
    Outcome::Failed,
    Outcome::Error,
    Outcome::Skipped,
    Outcome::Xfailed,
    Outcome::Xpassed,
    Outcome::Rerun,
];

impl OutcomeTally {
    /// Counts one more report.
    pub(super) fn add(&mut self, outcome: Outcome) {
        if let Some(at) = OUTCOMES.iter().position(|known| *known == outcome) {
            self.0[at] += 1;
        }
    }

    /// Returns the counts of the outcomes that there are.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Outcome, u64)> {
        OUTCOMES.into_iter().zip(self.0).filter(|(_, count)| *count > 0)
    }
}

impl Evidence {
    /// Adds a report.
    pub(super) fn report(&mut self, report: Report) {
        let digest = self.digest(report.node_id.as_str());
        self.report_digested(report, digest);
    }

    /// Adds a report, of whose id the digest is known.
    #[inline]
    pub(super) fn report_digested(&mut self, report: Report, digest: u64) {
        if let Some(Meaning::Test(outcome)) = report.meaning {
            self.outcomes.add(outcome);
        }
        self.digests.push(digest);
        self.reports.push(report);
    }

    /// Returns the digest by which an id is found again.
    pub(super) fn digest(&self, node_id: &str) -> u64 {
        self.hasher.hash_one(node_id)
    }

    /// Returns whether the session has anything to tell.
    pub(super) fn is_empty(&self) -> bool {
        !self.has_start
            && self.reports.is_empty()
            && self.progress.is_empty()
            && self.chunks.is_empty()
            && self.last_line.is_none()
            && !self.internal_error
            && !self.usage_error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_there_is_the_less_of_each_text_is_kept_but_names() {
        let line = "x".repeat(999);
        let filled = |mut text: Text| {
            (0..1000).for_each(|_| text.push_line(&line));
            text
        };
        assert_eq!(filled(Text::beside(0)).len(), 1_000_000);
        let beside_much = filled(Text::beside(1 << 30));
        assert!(beside_much.len() < 2048 && beside_much.left_out() > 990_000);
        assert!(beside_much.into_string().contains("bytes left out"));
        assert_eq!(filled(Text::of_names(64 << 20)).len(), 1_000_000);
    }
}
