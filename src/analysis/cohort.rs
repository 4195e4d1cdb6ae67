//! The sessions that a question is asked of.

use std::collections::HashMap;
use std::sync::Arc;

use super::fold::fold;
use super::guard::set_aside;
use super::series::OutcomeSeries;
use super::{Columns, Filter, LeftOut, LeftOutReason, Scope, Source, SourceError, Window};
use crate::model::{OutcomeCounts, SessionSummary};

/// Sessions in order of time, each with its system under test and whether it takes part.
#[derive(Debug, Clone)]
pub(crate) struct Cohort {
    /// All sessions that the filter admits, those set aside included: an observation names its session by its place here.
    pub(crate) sessions: Arc<Vec<SessionSummary>>,
    /// The systems under test, each once.
    pub(crate) suts: Vec<Option<String>>,
    /// For each session its system under test, as an index into `suts`.
    pub(crate) sut_of: Vec<u32>,
    /// For each session why it does not take part; `None` where it does.
    pub(crate) set_aside: Vec<Option<LeftOutReason>>,
    window: Window,
    untimed: u64,
}

impl Cohort {
    /// Loads the sessions that the filter admits. All take part that have results.
    pub(crate) fn load(source: &dyn Source, filter: &Filter) -> Result<Cohort, SourceError> {
        let mut cohort = Cohort::load_counts(source, filter)?;
        cohort.set_aside_where(|session| session.pruned_at.map(|_| LeftOutReason::Pruned));
        Ok(cohort)
    }

    /// Loads the sessions that the filter admits, for what they came to as a whole. All take part.
    pub(crate) fn load_counts(source: &dyn Source, filter: &Filter) -> Result<Cohort, SourceError> {
        let loaded = source.sessions(filter)?;
        Ok(Cohort::new(loaded.rows, filter.window, loaded.untimed))
    }

    /// Where the filter names tests, makes the counts of every session that takes part those of these tests. Sessions without results,
    /// of which that cannot be told, are set aside.
    pub(crate) fn count_only_selected(&mut self, source: &dyn Source, filter: &Filter) -> Result<(), SourceError> {
        if filter.node_ids.is_empty() {
            return Ok(());
        }
        self.set_aside_where(|session| session.pruned_at.map(|_| LeftOutReason::Pruned));
        let filter = filter.without_result_conditions();
        let tests = fold::<OutcomeSeries>(source, self, &filter, Columns::default())?;
        let sessions = Arc::make_mut(&mut self.sessions);
        for session in sessions.iter_mut() {
            session.counts = OutcomeCounts::default();
            session.totals = None;
        }
        for run in tests.into_iter().flat_map(|(_, outcomes)| outcomes.runs()) {
            if let Some(session) = sessions.get_mut(run.session as usize) {
                run.count_in(&mut session.counts);
            }
        }
        Ok(())
    }

    /// Loads the sessions that say something about single tests, and have a place in the order of time.
    pub(crate) fn load_guarded(source: &dyn Source, filter: &Filter) -> Result<Cohort, SourceError> {
        Cohort::load(source, filter).map(Cohort::guarded)
    }

    /// Sets the other sessions aside.
    pub(crate) fn guarded(mut self) -> Cohort {
        self.set_aside_where(set_aside);
        self.set_aside_where(|session| session.session_start_time.is_none().then_some(LeftOutReason::NoStartTime));
        self
    }

    /// Makes a cohort of rows that are in the order of [`Source::sessions`]; all take part.
    pub(crate) fn new(sessions: Arc<Vec<SessionSummary>>, window: Window, untimed: u64) -> Cohort {
        let mut codes: HashMap<Option<&str>, u32> = HashMap::new();
        let mut suts = Vec::new();
        let mut sut_of = Vec::with_capacity(sessions.len());
        for session in sessions.iter() {
            let code = *codes.entry(session.sut_name.as_deref()).or_insert_with(|| {
                suts.push(session.sut_name.clone());
                suts.len() as u32 - 1
            });
            sut_of.push(code);
        }
        let set_aside = vec![None; sessions.len()];
        Cohort { sessions, suts, sut_of, set_aside, window, untimed }
    }

    /// Sets further sessions aside; one that already is keeps its reason.
    pub(crate) fn set_aside_where(&mut self, reason: impl Fn(&SessionSummary) -> Option<LeftOutReason>) {
        for (session, place) in self.sessions.iter().zip(&mut self.set_aside) {
            if place.is_none() {
                *place = reason(session);
            }
        }
    }

    /// Makes one system under test of all; it keeps its name where it was one.
    pub(crate) fn unite_suts(&mut self) {
        let name = match &mut self.suts[..] {
            [one] => one.take(),
            _ => None,
        };
        self.suts = vec![name];
        self.sut_of.iter_mut().for_each(|sut| *sut = 0);
    }

    /// Keeps the last so many sessions, and returns how many were dropped.
    pub(crate) fn keep_last(&mut self, most: usize) -> u64 {
        let dropped = self.sessions.len().saturating_sub(most);
        Arc::make_mut(&mut self.sessions).drain(..dropped);
        self.sut_of.drain(..dropped);
        self.set_aside.drain(..dropped);
        dropped as u64
    }

    /// Returns the sessions that take part, with their index.
    pub(crate) fn counted(&self) -> impl Iterator<Item = (usize, &SessionSummary)> + Clone {
        self.sessions.iter().enumerate().filter(|(index, _)| self.set_aside.get(*index).is_some_and(Option::is_none))
    }

    /// Returns the name of a session's system under test.
    pub(crate) fn sut_name(&self, sut: u32) -> Option<&str> {
        self.suts.get(sut as usize).and_then(Option::as_deref)
    }

    /// Returns for each session a number for the code and environment that it ran; `None` where the revision is not known.
    ///
    /// Two sessions with the same number should agree: same system, same tag `revision`, same Python, platform and CI job
    /// (tag `job`). What a revision does not say, such as uncommitted changes, is not known.
    pub(crate) fn revisions<'cohort>(&'cohort self) -> Vec<Option<u32>> {
        let mut numbers = HashMap::new();
        let number = |(session, sut): (&'cohort SessionSummary, &u32)| {
            let tag = |key: &str| session.tags.get(key).map(String::as_str);
            let environment = &session.environment;
            let (python, platform) = (environment.python.as_deref(), environment.platform.as_deref());
            let code = (*sut, tag("revision")?, python, platform, tag("job"));
            let next = numbers.len() as u32;
            Some(*numbers.entry(code).or_insert(next))
        };
        self.sessions.iter().zip(&self.sut_of).map(number).collect()
    }

    /// Returns what an answer over this cohort rests on.
    pub(crate) fn scope(&self) -> Scope {
        let mut scope = Scope::of(self.counted().map(|(_, session)| session), self.window);
        let mut reasons: Vec<LeftOutReason> = self.set_aside.iter().flatten().copied().collect();
        reasons.sort_unstable();
        reasons.dedup();
        for reason in reasons {
            let sessions: Vec<_> = self
                .sessions
                .iter()
                .zip(&self.set_aside)
                .filter(|(_, aside)| **aside == Some(reason))
                .map(|(session, _)| session.session_id.clone())
                .collect();
            scope.left_out.push(LeftOut { reason, count: sessions.len() as u64, sessions });
        }
        match scope.left_out.iter_mut().find(|left_out| left_out.reason == LeftOutReason::NoStartTime) {
            Some(untimed) => untimed.count += self.untimed,
            None => scope.leave_out(LeftOutReason::NoStartTime, self.untimed),
        }
        scope
    }
}
