//! Two sides compared: sessions, systems under test, or periods.

use super::names::{AskError, newest_first, require_suts};
use super::remembered::Remembered;
use crate::analysis::{self, ComparisonReport, DifferenceKind, Filter, Pairing, Source, Window};
use crate::model::{SessionId, SessionSummary};
use crate::service::lookup::{LookupError, PREVIOUS, find_session, steps_back};

/// One side of a comparison, as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ComparisonSide {
    /// A session: its id, a beginning of it, `latest`, or for the base `previous`: the one before the target.
    Session(String),
    /// A system under test.
    Sut(String),
    /// A period, and how it was typed.
    Period(Window, String),
}

/// What is to be compared, among the sessions that the filter admits.
#[derive(Debug, Clone)]
pub struct CompareQuestion {
    /// What it was.
    pub base: ComparisonSide,
    /// What it is.
    pub target: ComparisonSide,
    /// Conditions that both sides meet.
    pub filter: Filter,
}

/// What the sides are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComparedBy {
    /// Two sessions.
    Sessions,
    /// Two systems under test.
    Suts,
    /// Two periods.
    Periods,
}

/// What differs, and between what.
#[derive(Debug, Clone)]
pub struct ComparisonAnswer {
    /// What the sides are.
    pub by: ComparedBy,
    /// The name of the base: a session's short name, a system under test, a period.
    pub base_name: String,
    /// The name of the target.
    pub target_name: String,
    /// The sessions of the target, for questions about it alone.
    pub target_filter: Filter,
    /// Whether the target is the first session of its system under test, so that there is no session before it to compare with.
    pub is_first: bool,
    /// How many entries of each kind a page shows; the report has all.
    pub shown: Option<usize>,
    /// What differs.
    pub report: ComparisonReport,
}

impl ComparisonAnswer {
    /// Returns how many tests differ in this way.
    pub fn count(&self, kind: DifferenceKind) -> u64 {
        self.report.outcomes.iter().filter(|difference| difference.kind == kind).count() as u64
    }
}

/// Returns what differs between two sides. See [`analysis::compare`].
///
/// Sessions and periods are compared test by test within each system under test; systems, and sessions of two systems, by node
/// id alone.
///
/// ```
/// use insight::analysis::{Filter, MemorySource, synthetic::SyntheticHistory};
/// use insight::service::{CompareQuestion, ComparisonSide, compare};
///
/// let history = SyntheticHistory { sessions: 30, tests: 40, ..SyntheticHistory::default() };
/// let source = MemorySource::new(history.sessions());
/// let question = CompareQuestion {
///     base: ComparisonSide::Session("previous".to_owned()),
///     target: ComparisonSide::Session("latest".to_owned()),
///     filter: Filter::default(),
/// };
/// let answer = compare(&source, &question, None)?;
/// assert_eq!(answer.report.target.scope.sessions, 1);
/// # Ok::<(), insight::service::AskError>(())
/// ```
pub fn compare(
    source: &dyn Source,
    question: &CompareQuestion,
    shown: Option<usize>,
) -> Result<ComparisonAnswer, AskError> {
    let source = &Remembered::new(source);
    let CompareQuestion { base, target, filter } = question;
    require_suts(source, filter)?;
    let target = resolve(source, target, filter, None)?;
    let base = resolve(source, base, filter, target.session.as_ref())?;
    let one_sut = match (&base.session, &target.session) {
        (Some(base), Some(target)) => base.sut_name == target.sut_name,
        _ => base.filter.sut_names == target.filter.sut_names,
    };
    let pairing = if one_sut { Pairing::SameSut } else { Pairing::AcrossSuts };
    let by = match (&question.base, &question.target) {
        (ComparisonSide::Session(_), _) | (_, ComparisonSide::Session(_)) => ComparedBy::Sessions,
        (ComparisonSide::Sut(_), _) | (_, ComparisonSide::Sut(_)) => ComparedBy::Suts,
        (ComparisonSide::Period(..), ComparisonSide::Period(..)) => ComparedBy::Periods,
    };
    let is_first = by == ComparedBy::Sessions && base.session.is_none();
    let report = analysis::compare(source, &base.filter, &target.filter, pairing)?;
    Ok(ComparisonAnswer {
        by,
        base_name: base.name,
        target_name: target.name,
        target_filter: target.filter,
        is_first,
        shown,
        report,
    })
}

struct Resolved {
    name: String,
    filter: Filter,
    session: Option<SessionSummary>,
}

fn resolve(
    source: &dyn Source,
    side: &ComparisonSide,
    filter: &Filter,
    after: Option<&SessionSummary>,
) -> Result<Resolved, AskError> {
    Ok(match side {
        ComparisonSide::Session(typed) => {
            let session = match find(source, typed, filter, after) {
                // The first session of a system has none before it: its base is empty.
                Err(AskError::Lookup(LookupError::TooFarBack { sessions: 1, .. })) if typed == PREVIOUS => {
                    let nothing = Filter { session_ids: vec![SessionId::default()], ..filter.clone() };
                    return Ok(Resolved { name: "no session before it".to_owned(), filter: nothing, session: None });
                }
                found => found?,
            };
            let name = format!("session {}", session.session_id.short());
            let only =
                Filter { session_ids: vec![session.session_id.clone()], window: Window::default(), ..filter.clone() };
            Resolved { name, filter: only, session: Some(session) }
        }
        ComparisonSide::Sut(sut_name) => {
            let only = Filter { sut_names: vec![sut_name.clone()], ..filter.clone() };
            require_suts(source, &only)?;
            Resolved { name: sut_name.clone(), filter: only, session: None }
        }
        ComparisonSide::Period(window, typed) => {
            Resolved { name: typed.clone(), filter: Filter { window: *window, ..filter.clone() }, session: None }
        }
    })
}

/// The session that was typed. For a base, words that count back count over the sessions of the target's system under test: `latest~2` from the
/// latest, `previous` from the target.
fn find(
    source: &dyn Source,
    typed: &str,
    filter: &Filter,
    after: Option<&SessionSummary>,
) -> Result<SessionSummary, AskError> {
    let sessions = source.sessions(filter)?.rows;
    let sessions = newest_first(&sessions);
    if sessions.is_empty() && !source.sessions(&Filter::default())?.rows.is_empty() {
        return Err(LookupError::NothingMatches.into());
    }
    let candidates: Vec<&SessionSummary> = match (after, steps_back(typed)) {
        (Some(target), Some(_)) => {
            let same_sut = sessions.into_iter().filter(|session| session.sut_name == target.sut_name);
            let is_later = |session: &&SessionSummary| typed == PREVIOUS && session.session_id != target.session_id;
            same_sut.skip_while(is_later).collect()
        }
        _ => sessions,
    };
    let ids: Vec<SessionId> = candidates.iter().map(|session| session.session_id.clone()).collect();
    let id = find_session(&ids, typed)?;
    let gone = || LookupError::NoSuchSession { typed: typed.to_owned(), near: None };
    let found = candidates.into_iter().find(|session| session.session_id == id).cloned();
    match found.ok_or_else(gone)? {
        pruned if pruned.pruned_at.is_some() => Err(LookupError::Pruned { session_id: pruned.session_id }.into()),
        session => Ok(session),
    }
}
