//! Keeping a history fit: how it lies, what may go, and whether it is sound.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::model::SessionSummary;
use crate::store::{HistoryStore, PrunePlan, PruneResult, PruneRules, SessionFilter, StoreError, StoreStatistics};

/// How much a history holds, and how it lies on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatisticsReport {
    /// How many sessions there are.
    pub sessions: u64,
    /// How many of them have given up their results.
    pub pruned_sessions: u64,
    /// How many results there are: attempts, not tests.
    pub results: u64,
    /// How many sessions there are of each system under test; those of none under the empty name.
    pub suts: BTreeMap<String, u64>,
    /// When the first of the sessions whose time is known began.
    pub first_start_time: Option<DateTime<Utc>>,
    /// When the last of the sessions whose time is known began.
    pub last_start_time: Option<DateTime<Utc>>,
    /// How it lies on the disk.
    pub storage: StoreStatistics,
}

/// Returns how much a history holds, and how it lies on the disk.
pub fn history_statistics(store: &HistoryStore) -> Result<StatisticsReport, StoreError> {
    let storage = store.statistics()?;
    let sessions = store.session_summaries(&SessionFilter::default())?;
    let starts = || sessions.iter().filter_map(|session| session.session_start_time);
    let mut suts: BTreeMap<String, u64> = BTreeMap::new();
    for session in &sessions {
        *suts.entry(session.sut_name.clone().unwrap_or_default()).or_default() += 1;
    }
    Ok(StatisticsReport {
        sessions: sessions.len() as u64,
        pruned_sessions: store.pruned()?.len() as u64,
        results: storage.record("result").map_or(0, |record| record.rows),
        suts,
        first_start_time: starts().min(),
        last_start_time: starts().max(),
        storage,
    })
}

/// What a prune did, or would do.
#[derive(Debug, Clone, PartialEq)]
pub struct PruneReport {
    /// What the rules come to.
    pub plan: PrunePlan,
    /// The sessions of the plan, oldest first.
    pub sessions: Vec<SessionSummary>,
    /// What was done; `None` where it was only to be said what would be.
    pub result: Option<PruneResult>,
}

/// Whether a prune is done or only planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PruneMode {
    /// Say what would go.
    Plan,
    /// Let it go.
    Do,
}

/// Finds out which sessions the rules name and, with [`PruneMode::Do`], takes their results out of the history. The sessions stay with their
/// facts and counts, and what each test came to stays by day.
pub fn prune_history(
    store: &mut HistoryStore,
    rules: &PruneRules,
    mode: PruneMode,
    now: DateTime<Utc>,
) -> Result<PruneReport, StoreError> {
    let plan = store.plan_prune(rules)?;
    let mut by_id: BTreeMap<_, _> = store
        .session_summaries(&SessionFilter::default())?
        .into_iter()
        .map(|summary| (summary.session_id.clone(), summary))
        .collect();
    let sessions = plan.sessions.iter().filter_map(|id| by_id.remove(id)).collect();
    let result = match mode {
        PruneMode::Plan => None,
        PruneMode::Do => Some(store.prune(&plan, now)?),
    };
    Ok(PruneReport { plan, sessions, result })
}
