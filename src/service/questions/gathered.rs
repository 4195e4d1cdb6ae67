//! The results of a few tests, read once, for questions that look at them from several sides.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::remembered::Remembered;
use crate::analysis::{
    Columns, FailureBatch, FailureVisitor, Filter, ObservationBatch, ObservationVisitor, Request, Sessions, Source,
    SourceError, UNKNOWN_DURATION,
};
use crate::model::{Outcome, SessionId, SessionSummary};

/// A source that holds the results that a filter admits, and leaves all else to the source that they came from.
pub(super) struct Gathered<'a> {
    source: &'a Remembered<'a>,
    node_ids: Vec<String>,
    rows: HashMap<SessionId, Vec<Row>>,
}

/// One result of a session.
#[derive(Debug, Clone, Copy)]
struct Row {
    node_id: u32,
    outcome: Outcome,
    duration: i64,
    attempt: u16,
}

impl<'a> Gathered<'a> {
    /// Reads the results that a filter admits, whatever its conditions on single results.
    pub(super) fn new(source: &'a Remembered<'a>, filter: &Filter) -> Result<Gathered<'a>, SourceError> {
        let filter = filter.without_result_conditions();
        let sessions = source.sessions(&filter)?.rows;
        let collector = Collector::default();
        let columns = Columns { durations: true, attempts: true };
        source.observations(&Request { sessions: &sessions, filter: &filter, columns }, &collector)?;
        let State { node_ids, rows } = collector.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut by_session: HashMap<SessionId, Vec<Row>> = HashMap::new();
        for (session, row) in rows {
            if let Some(session) = sessions.get(session as usize) {
                by_session.entry(session.session_id.clone()).or_default().push(row);
            }
        }
        let mut named: Vec<(u32, String)> = node_ids.into_iter().map(|(node_id, place)| (place, node_id)).collect();
        named.sort_unstable();
        let names = named.into_iter().map(|(_, node_id)| node_id).collect();
        Ok(Gathered { source, node_ids: names, rows: by_session })
    }

    /// Returns whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

#[derive(Default)]
struct Collector(Mutex<State>);

#[derive(Default)]
struct State {
    node_ids: HashMap<String, u32>,
    rows: Vec<(u32, Row)>,
}

impl State {
    fn place(&mut self, node_id: &str) -> u32 {
        if let Some(place) = self.node_ids.get(node_id) {
            return *place;
        }
        let place = self.node_ids.len() as u32;
        self.node_ids.insert(node_id.to_owned(), place);
        place
    }
}

impl ObservationVisitor for Collector {
    fn visit(&self, batch: &ObservationBatch<'_>) {
        if batch.is_empty() {
            return;
        }
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (row, ((code, session), outcome)) in batch.codes.iter().zip(batch.sessions).zip(batch.outcomes).enumerate()
        {
            let Some(name) = batch.node_ids.get(*code as usize) else { continue };
            let duration = batch.durations.and_then(|durations| durations.get(row)).copied();
            let attempt = batch.attempts.and_then(|attempts| attempts.get(row)).copied();
            let node_id = state.place(name);
            let (duration, attempt) = (duration.unwrap_or(UNKNOWN_DURATION), attempt.unwrap_or(0));
            state.rows.push((*session, Row { node_id, outcome: *outcome, duration, attempt }));
        }
    }
}

impl Source for Gathered<'_> {
    fn sessions(&self, filter: &Filter) -> Result<Sessions, SourceError> {
        self.source.sessions(filter)
    }

    fn observations(&self, request: &Request<'_>, visitor: &dyn ObservationVisitor) -> Result<(), SourceError> {
        // A text is no column of what is held here.
        if request.filter.text.is_some() {
            return self.source.observations(request, visitor);
        }
        let admitted: Vec<bool> = self.node_ids.iter().map(|node_id| request.filter.admits_node_id(node_id)).collect();
        let node_ids: Vec<&str> = self.node_ids.iter().map(String::as_str).collect();
        let (mut codes, mut sessions, mut outcomes) = (Vec::new(), Vec::new(), Vec::new());
        let (mut durations, mut attempts) = (Vec::new(), Vec::new());
        for (place, session) in (0_u32..).zip(request.sessions) {
            for row in self.rows.get(&session.session_id).into_iter().flatten() {
                let known = u64::try_from(row.duration).ok().map(Duration::from_micros);
                let wanted = admitted.get(row.node_id as usize).copied().unwrap_or(false);
                if wanted && request.filter.admits_result(row.outcome, known) {
                    codes.push(row.node_id);
                    sessions.push(place);
                    outcomes.push(row.outcome);
                    durations.push(row.duration);
                    attempts.push(row.attempt);
                }
            }
        }
        visitor.visit(&ObservationBatch {
            node_ids: &node_ids,
            dictionary: 1,
            codes: &codes,
            sessions: &sessions,
            outcomes: &outcomes,
            durations: request.columns.durations.then_some(&durations),
            attempts: request.columns.attempts.then_some(&attempts),
        });
        Ok(())
    }

    fn failures(&self, request: &Request<'_>, visitor: &dyn FailureVisitor) -> Result<(), SourceError> {
        // Why they broke is not held here, but in which sessions: the others need not be looked at.
        let broke = |session: &SessionSummary| {
            let rows = self.rows.get(&session.session_id).into_iter().flatten();
            rows.into_iter().any(|row| row.outcome.is_failure() || row.outcome == Outcome::Rerun)
        };
        let (places, sessions): (Vec<u32>, Vec<SessionSummary>) = (0_u32..)
            .zip(request.sessions)
            .filter(|(_, session)| broke(session))
            .map(|(place, session)| (place, session.clone()))
            .unzip();
        if sessions.is_empty() {
            return Ok(());
        }
        self.source.failures(&Request { sessions: &sessions, ..*request }, &Placed { places, visitor })
    }
}

/// Hands failures on with their sessions at the places that they have in another request.
struct Placed<'a> {
    places: Vec<u32>,
    visitor: &'a dyn FailureVisitor,
}

impl FailureVisitor for Placed<'_> {
    fn visit(&self, batch: &FailureBatch<'_>) {
        let place = |session: &u32| self.places.get(*session as usize).copied().unwrap_or(u32::MAX);
        let sessions: Vec<u32> = batch.sessions.iter().map(place).collect();
        self.visitor.visit(&FailureBatch { sessions: &sessions, ..*batch });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::synthetic::SyntheticHistory;
    use crate::analysis::{self, MemorySource, NodeIdPattern};

    #[test]
    fn answers_are_those_of_the_source() {
        let history = SyntheticHistory { sessions: 40, tests: 30, suts: 2, flaky: 0.3, ..SyntheticHistory::default() };
        let source = MemorySource::new(history.sessions());
        let node_ids = vec![NodeIdPattern::regex("_00000[1-5]").expect("a pattern")];
        let filter = Filter { node_ids, outcomes: vec![Outcome::Failed], ..Filter::default() };
        let remembered = Remembered::new(&source);
        let gathered = Gathered::new(&remembered, &filter).expect("memory is readable");
        let history = |source: &dyn Source| analysis::test_history(source, &filter, 50).expect("memory is readable");
        let flaky = |source: &dyn Source| analysis::flaky(source, &filter).expect("memory is readable");
        let shifts = |source: &dyn Source| analysis::duration_shifts(source, &filter).expect("memory is readable");
        assert_eq!(history(&gathered), history(&source));
        assert_eq!(flaky(&gathered), flaky(&source));
        assert_eq!(shifts(&gathered), shifts(&source));
        let of_tests = filter.without_result_conditions();
        let failures = |source: &dyn Source| analysis::failures(source, &of_tests, 50).expect("memory is readable");
        assert!(!failures(&source).clusters.is_empty());
        assert_eq!(failures(&gathered), failures(&source));
    }
}
