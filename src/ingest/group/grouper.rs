//! Reports on their way out: held until it is known which of them are of one run.

use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;

use super::cluster::{one_run, same_run};
use super::evidence::Evidence;
use super::shards::join_shards;
use super::{Expected, Grouping};
use crate::diagnostic::{Diagnostic, Parsed};
use crate::ingest::finish::date_sessions;
use crate::ingest::identity::name_each;
use crate::ingest::join::join_inputs;
use crate::ingest::{Digest, FileOutcome, FileReport, IngestOptions};
use crate::model::{SessionId, TestSession};

/// How many reports are held where their runs are to be found out: files of one run stand close to each other.
const MOST_HELD: usize = 64;
/// How many bytes of reports are held for the same.
const MOST_BYTES: u64 = 64 << 20;

/// Who gets the reports.
type Deliver<'d> = &'d mut dyn FnMut(FileReport) -> ControlFlow<()>;

/// Holds reports back, joins those of one run, and lets them go in the order in which they came.
pub(crate) struct Grouper<'a> {
    options: &'a IngestOptions,
    scope: Option<String>,
    held: VecDeque<Held>,
    bytes: u64,
}

/// One report that waits.
struct Held {
    report: FileReport,
    /// The run's key, with the system under test; `None` where the file stands for itself, or its run is settled.
    key: Option<(String, Option<String>)>,
    /// Whether it never had a key.
    alone: bool,
    /// Gathered where another report has the same key: of millions of tests there is much of it.
    evidence: Option<Evidence>,
}

impl Held {
    /// Takes the evidence, which is gathered if that was not done before.
    fn take_evidence(&mut self) -> Evidence {
        let sessions = match &self.report.outcome {
            FileOutcome::Sessions(sessions) => sessions.as_slice(),
            _ => &[],
        };
        self.evidence.take().unwrap_or_else(|| Evidence::of(&self.report.path, sessions))
    }
}

impl<'a> Grouper<'a> {
    pub(crate) fn new(options: &'a IngestOptions) -> Grouper<'a> {
        Grouper { options, scope: None, held: VecDeque::new(), bytes: 0 }
    }

    /// Takes a report in, and lets go what need not wait any longer.
    pub(crate) fn push(&mut self, report: FileReport, deliver: Deliver<'_>) -> ControlFlow<()> {
        let scope = self.options.grouping.scope(&report.path);
        if scope.is_none() || scope != self.scope {
            self.finish(deliver)?;
            self.scope = scope;
        }
        let held = self.hold(report);
        self.bytes += held.report.bytes;
        self.held.push_back(held);
        if self.scope.is_none() {
            return self.finish(deliver);
        }
        let bounded = matches!(self.options.grouping, Grouping::SameRun);
        if bounded && (self.held.len() > MOST_HELD || self.bytes > MOST_BYTES && self.held.len() > 1) {
            return self.settle(self.held.len() / 2, deliver);
        }
        ControlFlow::Continue(())
    }

    /// Lets all reports go.
    pub(crate) fn finish(&mut self, deliver: Deliver<'_>) -> ControlFlow<()> {
        self.settle(self.held.len(), deliver)
    }

    fn hold(&self, report: FileReport) -> Held {
        let sessions = match &report.outcome {
            FileOutcome::Sessions(sessions) => sessions.as_slice(),
            _ => &[],
        };
        let sut_name = sessions.first().map(|session| session.sut_name.clone());
        let one_sut = sessions.iter().all(|session| Some(&session.sut_name) == sut_name.as_ref());
        let key = self.options.grouping.key(&report.path).zip(sut_name).filter(|_| one_sut);
        Held { report, alone: key.is_none(), key, evidence: None }
    }

    /// Settles the runs of the first `count` reports, and lets these go.
    fn settle(&mut self, count: usize, deliver: Deliver<'_>) -> ControlFlow<()> {
        let mut groups: BTreeMap<&(String, Option<String>), Vec<usize>> = BTreeMap::new();
        for (at, held) in self.held.iter().enumerate() {
            if let Some(key) = &held.key {
                groups.entry(key).or_default().push(at);
            }
        }
        let groups: Vec<Vec<usize>> = groups.into_values().collect();
        for group in groups {
            self.settle_group(&group, count);
        }
        for mut held in self.held.drain(..count) {
            self.bytes -= held.report.bytes;
            if held.key.is_some() || held.alone {
                check(&self.options.expected, &mut held.report, None);
            }
            date_sessions(self.options, &mut held.report);
            deliver(held.report)?;
        }
        ControlFlow::Continue(())
    }

    /// Joins the files of one key that are of one run, as far as the run has a file among the first `count`.
    fn settle_group(&mut self, group: &[usize], count: usize) {
        if group.len() < 2 {
            return;
        }
        let evidence: Vec<Evidence> =
            group.iter().filter_map(|at| self.held.get_mut(*at).map(Held::take_evidence)).collect();
        let runs: Vec<Vec<Vec<usize>>> = match &self.options.grouping {
            Grouping::Apart => return,
            Grouping::SameRun => same_run(&evidence).into_iter().map(|run| vec![run]).collect(),
            Grouping::Directory | Grouping::Path(_) => vec![one_run(&evidence)],
        };
        for (at, evidence) in group.iter().zip(evidence) {
            if let Some(held) = self.held.get_mut(*at) {
                held.evidence = Some(evidence);
            }
        }
        for parts in runs {
            let parts: Vec<Vec<usize>> =
                parts.iter().map(|part| part.iter().filter_map(|at| group.get(*at).copied()).collect()).collect();
            let files: Vec<usize> = parts.iter().flatten().copied().collect();
            if files.iter().any(|at| *at < count) && files.len() > 1 {
                self.join(&parts);
            }
        }
    }

    /// Joins the files of one run, given by its parts.
    fn join(&mut self, parts: &[Vec<usize>]) {
        let Some(carrier) = parts.iter().flatten().min().copied() else { return };
        let mut shards = Vec::new();
        let mut joined = Parsed::clean(Vec::new());
        for part in parts {
            let files: Vec<Vec<TestSession>> = part.iter().map(|at| self.take(*at)).collect();
            shards.push(files.iter().flatten().find_map(|session| session.tags.get("shard").cloned()));
            let Parsed { value, diagnostics } = join_inputs(files);
            joined.value.push(value);
            joined.diagnostics.extend(diagnostics);
        }
        let Parsed { value: mut sessions, diagnostics } = beside(joined.value);
        joined.diagnostics.extend(diagnostics);
        rename(&mut sessions);
        let modified = parts.iter().flatten().filter_map(|at| self.held.get(*at)?.report.modified).max();
        let into: Vec<SessionId> = sessions.iter().map(|session| session.session_id.clone()).collect();
        for at in parts.iter().flatten().filter(|at| **at != carrier) {
            if let Some(held) = self.held.get_mut(*at) {
                held.report.outcome = FileOutcome::Joined { into: into.clone() };
                held.key = None;
            }
        }
        if let Some(held) = self.held.get_mut(carrier) {
            held.key = None;
            held.report.modified = modified;
            let path = held.report.path.clone();
            held.report.outcome = FileOutcome::Sessions(sessions);
            held.report.diagnostics.extend(joined.diagnostics.into_iter().map(|diagnostic| diagnostic.in_file(&path)));
            check(&self.options.expected, &mut held.report, Some(&shards));
        }
    }

    fn take(&mut self, at: usize) -> Vec<TestSession> {
        match self.held.get_mut(at).map(|held| &mut held.report.outcome) {
            Some(FileOutcome::Sessions(sessions)) => std::mem::take(sessions),
            _ => Vec::new(),
        }
    }
}

/// Holds a run against what is expected of it; a file that stands for itself is its only part.
fn check(expected: &Expected, report: &mut FileReport, shards: Option<&[Option<String>]>) {
    if let FileOutcome::Sessions(sessions) = &mut report.outcome {
        let own = [sessions.iter().find_map(|session| session.tags.get("shard").cloned())];
        let found = expected.check(sessions, shards.unwrap_or(&own));
        let path = &report.path;
        report.diagnostics.extend(found.into_iter().map(|diagnostic: Diagnostic| diagnostic.in_file(path)));
    }
}

/// Puts the parts of a run side by side: the first sessions of all parts are one, the second ones, and so on.
fn beside(parts: Vec<Vec<TestSession>>) -> Parsed<Vec<TestSession>> {
    let most = parts.iter().map(Vec::len).max().unwrap_or_default();
    let mut parts: Vec<_> = parts.into_iter().map(Vec::into_iter).collect();
    let mut joined = Parsed::clean(Vec::new());
    for _ in 0..most {
        let mut row: Vec<TestSession> = parts.iter_mut().filter_map(Iterator::next).collect();
        if row.len() == 1 {
            joined.value.append(&mut row);
            continue;
        }
        let Parsed { value, diagnostics } = join_shards(row);
        joined.value.push(value);
        joined.diagnostics.extend(diagnostics);
    }
    joined
}

/// Names the joined sessions by all files that they came from. Those that stayed what they were keep their names.
fn rename(sessions: &mut [TestSession]) {
    let is_unnamed = |session: &TestSession| session.session_id.as_str().is_empty();
    let digests: Vec<Digest> = sessions
        .iter()
        .filter(|session| is_unnamed(session))
        .flat_map(|session| &session.source)
        .filter_map(|source| Digest::from_hex(source.sha256.as_deref()?))
        .collect();
    name_each(sessions.iter_mut().filter(|session| is_unnamed(session)), &digests);
}
