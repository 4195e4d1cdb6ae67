//! The results of a few tests, read once, with why they broke, for questions that look at them from several sides.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::remembered::Remembered;
use crate::analysis::{
    Columns, FailureBatch, FailureText, FailureVisitor, Filter, ObservationBatch, ObservationVisitor, Request,
    Sessions, Source, SourceError, UNKNOWN_DURATION,
};
use crate::model::{Outcome, SessionId, SessionSummary};

/// A source that holds the results that a filter admits, and leaves all else to the source that they came from.
pub(super) struct Gathered<'a> {
    source: &'a Remembered<'a>,
    node_ids: Vec<String>,
    rows: HashMap<SessionId, Vec<Row>>,
    /// The broken results.
    broken: HashMap<SessionId, Vec<Broken>>,
    /// Why they broke.
    texts: Vec<OwnedText>,
}

/// One broken result of a session.
#[derive(Debug, Clone, Copy)]
struct Broken {
    node_id: u32,
    outcome: Outcome,
    text: u32,
}

/// A [`FailureText`] of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum OwnedText {
    Unknown,
    Text(String),
    Signature(String),
}

impl OwnedText {
    fn of(text: FailureText<'_>) -> OwnedText {
        match text {
            FailureText::Unknown => OwnedText::Unknown,
            FailureText::Text(text) => OwnedText::Text(text.to_owned()),
            FailureText::Signature(signature) => OwnedText::Signature(signature.to_owned()),
        }
    }

    fn as_text(&self) -> FailureText<'_> {
        match self {
            OwnedText::Unknown => FailureText::Unknown,
            OwnedText::Text(text) => FailureText::Text(text),
            OwnedText::Signature(signature) => FailureText::Signature(signature),
        }
    }
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
        let request = Request { sessions: &sessions, filter: &filter, columns };
        source.observations_and_failures(&request, &collector, &collector)?;
        let state = collector.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        let texts = by_place(state.texts);
        let (rows, broken) = (by_session(&sessions, state.rows), by_session(&sessions, state.broken));
        Ok(Gathered { source, node_ids: by_place(state.node_ids), rows, broken, texts })
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
    texts: HashMap<OwnedText, u32>,
    rows: Vec<(u32, Row)>,
    broken: Vec<(u32, Broken)>,
}

/// The place of something among others, a new one where it is new.
fn place<Key: Hash + Eq>(places: &mut HashMap<Key, u32>, key: Key) -> u32 {
    let next = places.len() as u32;
    *places.entry(key).or_insert(next)
}

/// Things, each at its place.
fn by_place<Key>(places: HashMap<Key, u32>) -> Vec<Key> {
    let mut placed: Vec<(u32, Key)> = places.into_iter().map(|(key, place)| (place, key)).collect();
    placed.sort_unstable_by_key(|(place, _)| *place);
    placed.into_iter().map(|(_, key)| key).collect()
}

fn by_session<Value>(sessions: &[SessionSummary], values: Vec<(u32, Value)>) -> HashMap<SessionId, Vec<Value>> {
    let mut by_session: HashMap<SessionId, Vec<Value>> = HashMap::new();
    for (session, value) in values {
        if let Some(session) = sessions.get(session as usize) {
            by_session.entry(session.session_id.clone()).or_default().push(value);
        }
    }
    by_session
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
            let node_id = place(&mut state.node_ids, (*name).to_owned());
            let (duration, attempt) = (duration.unwrap_or(UNKNOWN_DURATION), attempt.unwrap_or(0));
            state.rows.push((*session, Row { node_id, outcome: *outcome, duration, attempt }));
        }
    }
}

impl FailureVisitor for Collector {
    fn visit(&self, batch: &FailureBatch<'_>) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = batch.codes.iter().zip(batch.sessions).zip(batch.outcomes).zip(batch.text_codes);
        for (((code, session), outcome), text) in rows {
            let (Some(name), Some(text)) = (batch.node_ids.get(*code as usize), batch.texts.get(*text as usize)) else {
                continue;
            };
            let (node_id, text) =
                (place(&mut state.node_ids, (*name).to_owned()), place(&mut state.texts, OwnedText::of(*text)));
            state.broken.push((*session, Broken { node_id, outcome: *outcome, text }));
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
        // What else is asked of a result is not held here.
        if request.filter.has_result_conditions() {
            return self.source.failures(request, visitor);
        }
        let admitted: Vec<bool> = self.node_ids.iter().map(|node_id| request.filter.admits_node_id(node_id)).collect();
        let node_ids: Vec<&str> = self.node_ids.iter().map(String::as_str).collect();
        let texts: Vec<FailureText<'_>> = self.texts.iter().map(OwnedText::as_text).collect();
        let (mut codes, mut sessions, mut outcomes, mut text_codes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (place, session) in (0_u32..).zip(request.sessions) {
            for broken in self.broken.get(&session.session_id).into_iter().flatten() {
                if admitted.get(broken.node_id as usize).copied().unwrap_or(false) {
                    codes.push(broken.node_id);
                    sessions.push(place);
                    outcomes.push(broken.outcome);
                    text_codes.push(broken.text);
                }
            }
        }
        visitor.visit(&FailureBatch {
            node_ids: &node_ids,
            codes: &codes,
            sessions: &sessions,
            outcomes: &outcomes,
            texts: &texts,
            text_codes: &text_codes,
        });
        Ok(())
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
