//! Sessions held in memory, as a [`Source`]: for questions about a few files without a history, for tests and benches.

use std::collections::{HashMap, HashSet};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::{
    FailureBatch, FailureText, FailureVisitor, Filter, ObservationBatch, ObservationVisitor, Request, Sessions, Source,
    SourceError, UNKNOWN_DURATION,
};
use crate::model::{Outcome, SessionId, SessionSummary, TestResult, TestSession};

/// Sessions in memory, their results as columns.
///
/// A session without an id is named by its place, such as `#3`, and a session whose id is there already is not taken in
/// again: the same input twice is one session.
#[derive(Debug, Default)]
pub struct MemorySource {
    sessions: Vec<StoredSession>,
    node_ids: Vec<Box<str>>,
    codes: Vec<u32>,
    outcomes: Vec<Outcome>,
    durations: Vec<i64>,
    attempts: Vec<u16>,
    texts: Vec<Box<str>>,
    /// The result and its failure text or reason, for those that have one, by result.
    text_codes: Vec<(u32, u32)>,
}

#[derive(Debug)]
struct StoredSession {
    summary: SessionSummary,
    from: usize,
    to: usize,
}

/// How many results a batch holds before it is handed over.
const BATCH: usize = 65_536;

impl MemorySource {
    /// Takes sessions in, one by one, and keeps only their columns.
    pub fn new(sessions: impl IntoIterator<Item = TestSession>) -> MemorySource {
        let mut builder = Builder::default();
        for session in sessions {
            builder.add(&session);
        }
        builder.source
    }

    /// Returns the number of results.
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// Returns whether there are no results.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// The wanted sessions with their index in the request, in groups of about a batch.
    fn groups<'a>(&'a self, request: &Request<'_>) -> Vec<Vec<(u32, &'a StoredSession)>> {
        let mut places: HashMap<&SessionId, u32> = HashMap::with_capacity(request.sessions.len());
        for (index, session) in request.sessions.iter().enumerate() {
            places.entry(&session.session_id).or_insert(index as u32);
        }
        let mut groups = vec![Vec::new()];
        let mut size = 0;
        for session in &self.sessions {
            let Some(index) = places.get(&session.summary.session_id) else { continue };
            if size > BATCH {
                groups.push(Vec::new());
                size = 0;
            }
            size += session.to - session.from;
            if let Some(group) = groups.last_mut() {
                group.push((*index, session));
            }
        }
        groups
    }

    /// For each node id whether the filter admits it.
    fn admitted(&self, filter: &Filter) -> Vec<bool> {
        self.node_ids.iter().map(|node_id| filter.admits_node_id(node_id)).collect()
    }

    fn text_of(&self, row: usize) -> Option<u32> {
        let at = self.text_codes.binary_search_by_key(&(row as u32), |(row, _)| *row).ok()?;
        self.text_codes.get(at).map(|(_, text)| *text)
    }

    /// The results of a group that the filter admits, as indices with the index of their session in the request.
    fn rows<'a>(
        &'a self,
        group: &'a [(u32, &StoredSession)],
        admitted: &'a [bool],
        filter: &'a Filter,
    ) -> impl Iterator<Item = (u32, usize)> + 'a {
        let conditions = filter.has_result_conditions();
        group.iter().flat_map(move |(index, session)| (session.from..session.to).map(|row| (*index, row))).filter(
            move |(_, row)| admitted[self.codes[*row] as usize] && (!conditions || self.admits_result(filter, *row)),
        )
    }

    fn admits_result(&self, filter: &Filter, row: usize) -> bool {
        let duration = u64::try_from(self.durations[row]).ok().map(std::time::Duration::from_micros);
        filter.admits_result(self.outcomes[row], duration)
            && (filter.text.is_none()
                || filter.admits_text(self.text_of(row).map(|text| &*self.texts[text as usize]), None))
    }
}

impl Source for MemorySource {
    fn sessions(&self, filter: &Filter) -> Result<Sessions, SourceError> {
        Ok(Sessions::select(self.sessions.iter().map(|session| session.summary.clone()), filter))
    }

    fn observations(&self, request: &Request<'_>, visitor: &dyn ObservationVisitor) -> Result<(), SourceError> {
        let node_ids: Vec<&str> = self.node_ids.iter().map(AsRef::as_ref).collect();
        let admitted = self.admitted(request.filter);
        self.groups(request).par_iter().for_each(|group| {
            let mut columns = BatchColumns::default();
            for (session, row) in self.rows(group, &admitted, request.filter) {
                columns.sessions.push(session);
                columns.codes.push(self.codes[row]);
                columns.outcomes.push(self.outcomes[row]);
                if request.columns.durations {
                    columns.durations.push(self.durations[row]);
                }
                if request.columns.attempts {
                    columns.attempts.push(self.attempts[row]);
                }
            }
            visitor.visit(&ObservationBatch {
                node_ids: &node_ids,
                dictionary: 1,
                codes: &columns.codes,
                sessions: &columns.sessions,
                outcomes: &columns.outcomes,
                durations: request.columns.durations.then_some(&columns.durations),
                attempts: request.columns.attempts.then_some(&columns.attempts),
            });
        });
        Ok(())
    }

    fn failures(&self, request: &Request<'_>, visitor: &dyn FailureVisitor) -> Result<(), SourceError> {
        let node_ids: Vec<&str> = self.node_ids.iter().map(AsRef::as_ref).collect();
        // Entry 0 stands for the failures without a text.
        let mut texts = vec![FailureText::Unknown];
        texts.extend(self.texts.iter().map(|text| FailureText::Text(text)));
        let admitted = self.admitted(request.filter);
        self.groups(request).par_iter().for_each(|group| {
            let mut columns = BatchColumns::default();
            for (session, row) in self.rows(group, &admitted, request.filter) {
                let outcome = self.outcomes[row];
                if outcome.is_failure() || outcome == Outcome::Rerun {
                    columns.sessions.push(session);
                    columns.codes.push(self.codes[row]);
                    columns.outcomes.push(outcome);
                    columns.texts.push(self.text_of(row).map_or(0, |text| text + 1));
                }
            }
            visitor.visit(&FailureBatch {
                node_ids: &node_ids,
                codes: &columns.codes,
                sessions: &columns.sessions,
                outcomes: &columns.outcomes,
                texts: &texts,
                text_codes: &columns.texts,
            });
        });
        Ok(())
    }
}

#[derive(Default)]
struct BatchColumns {
    codes: Vec<u32>,
    sessions: Vec<u32>,
    outcomes: Vec<Outcome>,
    durations: Vec<i64>,
    attempts: Vec<u16>,
    texts: Vec<u32>,
}

#[derive(Default)]
struct Builder {
    source: MemorySource,
    seen: HashSet<SessionId>,
    node_codes: HashMap<Box<str>, u32>,
    text_codes: HashMap<Box<str>, u32>,
}

impl Builder {
    fn add(&mut self, session: &TestSession) {
        let mut summary = SessionSummary::from(session);
        if summary.session_id.as_str().is_empty() {
            summary.session_id = SessionId::new(format!("#{}", self.source.sessions.len() + 1));
        }
        if !self.seen.insert(summary.session_id.clone()) {
            return;
        }
        let from = self.source.codes.len();
        for result in &session.test_results {
            self.add_result(&result);
        }
        self.source.sessions.push(StoredSession { summary, from, to: self.source.codes.len() });
    }

    fn add_result(&mut self, result: &TestResult) {
        if let Some(text) = failure_text(result).or(result.reason.as_deref()) {
            let code = intern(text, &mut self.text_codes, &mut self.source.texts);
            self.source.text_codes.push((self.source.codes.len() as u32, code));
        }
        let code = intern(result.node_id.as_str(), &mut self.node_codes, &mut self.source.node_ids);
        self.source.codes.push(code);
        self.source.outcomes.push(result.outcome);
        let microseconds = result.duration.and_then(|duration| i64::try_from(duration.as_micros()).ok());
        self.source.durations.push(microseconds.unwrap_or(UNKNOWN_DURATION));
        self.source.attempts.push(u16::try_from(result.attempt).unwrap_or(u16::MAX));
    }
}

fn intern(text: &str, codes: &mut HashMap<Box<str>, u32>, texts: &mut Vec<Box<str>>) -> u32 {
    if let Some(code) = codes.get(text) {
        return *code;
    }
    let code = texts.len() as u32;
    texts.push(text.into());
    codes.insert(text.into(), code);
    code
}

/// Returns why a result broke: its own failure text, or that of its first broken subtest that has one, or its reason.
///
/// Every store must take the failure text of a result from here, so that clusters are the same everywhere.
pub fn failure_text(result: &TestResult) -> Option<&str> {
    let of_subtest = || {
        let broken = result.subtests.iter().filter(|subtest| subtest.outcome.is_failure());
        broken.filter_map(|subtest| subtest.longreprtext.as_deref()).next()
    };
    let broken = result.outcome.is_failure() || result.outcome == Outcome::Rerun;
    let reason = if broken { result.reason.as_deref() } else { None };
    result.longreprtext.as_deref().or_else(of_subtest).or(reason).filter(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use super::*;
    use crate::analysis::{Columns, NodeIdPattern};

    fn two_sessions() -> MemorySource {
        let failed = TestResult { longreprtext: Some("E   boom".into()), ..TestResult::new("b", Outcome::Failed) };
        let slow = TestResult { duration: Some(Duration::from_secs(2)), ..TestResult::new("a", Outcome::Passed) };
        let first = TestSession { test_results: [slow, failed].into(), ..TestSession::default() };
        let second =
            TestSession { test_results: [TestResult::new("b", Outcome::Passed)].into(), ..TestSession::default() };
        MemorySource::new([first, second])
    }

    #[derive(Default)]
    struct Collected(Mutex<Vec<Row>>);
    type Row = (String, u32, Outcome, Option<i64>);

    impl ObservationVisitor for Collected {
        fn visit(&self, batch: &ObservationBatch<'_>) {
            assert!(batch.is_consistent(2));
            let mut rows = self.0.lock().expect("no test panics while it holds this");
            for row in 0..batch.len() {
                let node_id = batch.node_ids[batch.codes[row] as usize].to_owned();
                let duration = batch.durations.map(|durations| durations[row]);
                rows.push((node_id, batch.sessions[row], batch.outcomes[row], duration));
            }
        }
    }

    fn collect(source: &MemorySource, filter: &Filter, durations: bool) -> Vec<Row> {
        let sessions = source.sessions(filter).expect("memory is readable").rows;
        let collected = Collected::default();
        let columns = Columns { durations, ..Columns::default() };
        let request = Request { sessions: &sessions, filter, columns };
        source.observations(&request, &collected).expect("memory is readable");
        collected.0.into_inner().expect("no test panics while it holds this")
    }

    #[test]
    fn results_arrive_with_the_columns_asked_for() {
        let all = collect(&two_sessions(), &Filter::default(), true);
        let expected = [
            ("a".to_owned(), 0, Outcome::Passed, Some(2_000_000)),
            ("b".to_owned(), 0, Outcome::Failed, Some(UNKNOWN_DURATION)),
            ("b".to_owned(), 1, Outcome::Passed, Some(UNKNOWN_DURATION)),
        ];
        assert_eq!(all, expected);
    }

    #[test]
    fn conditions_on_results_and_node_ids_hold() {
        let source = two_sessions();
        let broken = Filter { outcomes: vec![Outcome::Failed], ..Filter::default() };
        assert_eq!(collect(&source, &broken, false), [("b".to_owned(), 0, Outcome::Failed, None)]);
        let text = Filter { text: Some("BOOM".to_owned()), ..Filter::default() };
        assert_eq!(collect(&source, &text, false).len(), 1);
        let node_ids = vec![NodeIdPattern::Exact("a".to_owned())];
        assert_eq!(collect(&source, &Filter { node_ids, ..Filter::default() }, false).len(), 1);
    }

    #[test]
    fn the_same_session_twice_is_one() {
        let session = TestSession { session_id: SessionId::new("x"), ..TestSession::default() };
        let source = MemorySource::new([session.clone(), session]);
        assert_eq!(source.sessions(&Filter::default()).expect("memory is readable").rows.len(), 1);
    }
}
