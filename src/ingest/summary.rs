//! What became of a whole batch, in numbers.

use std::collections::BTreeMap;

use super::{FileOutcome, FileReport, NotAReport};
use crate::diagnostic::Severity;
use crate::model::Format;

/// Counts over all reports of a batch. Add every [`FileReport`] as it is delivered; what the history made of the sessions is added by those
/// who know.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IngestSummary {
    /// Files by the end they came to.
    pub files: FileCounts,
    /// Bytes read, after decompression.
    pub bytes: u64,
    /// Sessions.
    pub sessions: u64,
    /// Sessions that were cut, or of whose run something is missing.
    pub incomplete: u64,
    /// Test results.
    pub results: u64,
    /// Files with sessions by format.
    pub formats: BTreeMap<Format, u64>,
    /// Sessions by system under test; under `None` those of which nobody says it.
    pub suts: BTreeMap<Option<String>, u64>,
    /// Files that are no reports, by what they are.
    pub not_reports: BTreeMap<NotAReport, u64>,
    /// Unreadable files by kind of problem.
    pub problems: BTreeMap<&'static str, u64>,
    /// Errors and warnings about files by code.
    pub diagnostics: BTreeMap<String, u64>,
    /// Masked secrets by kind.
    pub redactions: BTreeMap<String, u64>,
}

/// Files by the end they came to. Archives are counted beside their members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FileCounts {
    /// Files that held sessions.
    pub reports: u64,
    /// Files whose sessions became part of those of another file.
    pub joined: u64,
    /// Files that are no reports.
    pub not_reports: u64,
    /// Files that could not be read.
    pub unreadable: u64,
    /// Archives that were opened.
    pub archives: u64,
}

impl FileCounts {
    /// Returns the number of all files, archives not among them.
    pub fn all(&self) -> u64 {
        self.reports + self.joined + self.not_reports + self.unreadable
    }
}

impl IngestSummary {
    /// Adds one report.
    pub fn add(&mut self, report: &FileReport) {
        match &report.outcome {
            FileOutcome::Sessions(sessions) => {
                self.files.reports += 1;
                self.add_sessions(sessions);
            }
            FileOutcome::Joined { .. } => self.files.joined += 1,
            FileOutcome::Archive { .. } => self.files.archives += 1,
            FileOutcome::NotAReport { why } => {
                self.files.not_reports += 1;
                *self.not_reports.entry(*why).or_default() += 1;
            }
            FileOutcome::Unreadable { reason } => {
                self.files.unreadable += 1;
                *self.problems.entry(reason.kind()).or_default() += 1;
            }
        }
        if !matches!(report.outcome, FileOutcome::Archive { .. }) {
            self.bytes += report.bytes;
        }
        for diagnostic in report.diagnostics.iter().filter(|diagnostic| diagnostic.severity > Severity::Note) {
            *self.diagnostics.entry(diagnostic.code.to_string()).or_default() += 1;
        }
        for (kind, count) in &report.redactions {
            *self.redactions.entry(kind.clone()).or_default() += count;
        }
    }

    fn add_sessions(&mut self, sessions: &[crate::model::TestSession]) {
        for session in sessions {
            self.sessions += 1;
            self.incomplete += u64::from(!session.complete);
            self.results += session.test_results.len() as u64;
            *self.suts.entry(session.sut_name.clone()).or_default() += 1;
        }
        let mut formats: Vec<Format> =
            sessions.iter().flat_map(|session| &session.source).map(|source| source.format).collect();
        formats.sort_unstable();
        formats.dedup();
        for format in formats {
            *self.formats.entry(format).or_default() += 1;
        }
    }
}
