//! The one entrance to all readers.

use std::io::BufRead;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::FixedOffset;

use super::node_ids::{KnownNodeIds, KnownPaths};
use super::{ctrf, decoded, json_report, junit, report_log, terminal};
use crate::diagnostic::Parsed;
use crate::grammar::Library;
use crate::model::{Format, TestSession};

/// What a reader must be told, since it may not look for itself.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// The time zone of times that carry none; without it such times stay unknown.
    pub timezone: Option<FixedOffset>,
    /// How many bytes of one text (a failure, what a test printed) are kept; of a longer one, its beginning and its end.
    pub longest_text: Option<usize>,
    /// How many bytes of texts of one report are kept whole; of those behind them, a beginning and an end. So that what tests print, which may
    /// be of any size, does not decide how much memory a report takes. Only JUnit XML has texts of such sizes.
    pub whole_texts: Option<usize>,
    /// A directory for a temporary file without name, into which results go that memory has no room for: the one thing that a reader writes.
    /// Without it, and where its disk is full, they stay in memory, compressed. Texts of results go with them, so that `whole_texts` counts
    /// only those that are no result's. Only JUnit XML has reports of such sizes.
    pub overflow: Option<PathBuf>,
    /// About how many bytes of results of one report are held before any are compressed or put aside; some 48 MB, where nobody
    /// says.
    pub held_results: Option<usize>,
    /// The files of the source tree, by which node ids are recovered where a format does not carry them.
    pub known_paths: Option<Arc<dyn KnownPaths>>,
    /// The node ids that the system under test is known to have, for the same.
    pub known_node_ids: Option<Arc<KnownNodeIds>>,
    /// The dialects of console logs; the built-in ones where none are given.
    pub grammars: Option<Arc<Library>>,
}

impl ReadOptions {
    /// Returns the dialects of console logs.
    pub(crate) fn library(&self) -> &Library {
        self.grammars.as_deref().unwrap_or_else(|| Library::built_in())
    }
}

/// Reads all sessions of one input.
///
/// `source` and `session_id` of the sessions are left for the caller to fill in; so is the file of the diagnostics' locations.
pub fn read(input: impl BufRead, format: Format, options: &ReadOptions) -> Parsed<Vec<TestSession>> {
    let input = decoded(input);
    match format {
        Format::JunitXml => junit::read(input, options),
        Format::JsonReport => json_report::read(input, options),
        Format::ReportLog => report_log::read(input, options),
        Format::Ctrf => ctrf::read(input, options),
        Format::Terminal => terminal::read(input, options),
    }
}
