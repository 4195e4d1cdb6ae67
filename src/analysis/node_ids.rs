//! Which tests there are, by name alone.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use super::{Columns, Filter, ObservationBatch, ObservationVisitor, Request, Source, SourceError};
use crate::model::{NodeId, SessionSummary};

/// Returns the node ids of which the sessions that the filter admits have a result that it admits, in order.
pub fn node_ids(source: &dyn Source, filter: &Filter) -> Result<BTreeSet<NodeId>, SourceError> {
    let sessions = source.sessions(filter)?.rows;
    let collector = NodeIdCollector::default();
    source.observations(&Request { sessions: &sessions, filter, columns: Columns::default() }, &collector)?;
    Ok(collector.0.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().map(NodeId::new).collect())
}

/// Returns for each session whether it has a result that the filter admits.
pub fn sessions_with_results(
    source: &dyn Source,
    sessions: &[SessionSummary],
    filter: &Filter,
) -> Result<Vec<bool>, SourceError> {
    let marker = SessionMarker(Mutex::new(vec![false; sessions.len()]));
    source.observations(&Request { sessions, filter, columns: Columns::default() }, &marker)?;
    Ok(marker.0.into_inner().unwrap_or_else(PoisonError::into_inner))
}

struct SessionMarker(Mutex<Vec<bool>>);

impl ObservationVisitor for SessionMarker {
    fn visit(&self, batch: &ObservationBatch<'_>) {
        let mut found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for session in batch.sessions {
            if let Some(found) = found.get_mut(*session as usize) {
                *found = true;
            }
        }
    }
}

#[derive(Default)]
struct NodeIdCollector(Mutex<BTreeSet<String>>);

impl ObservationVisitor for NodeIdCollector {
    fn visit(&self, batch: &ObservationBatch<'_>) {
        // A dictionary may hold ids that no admitted result uses.
        let mut used = vec![false; batch.node_ids.len()];
        for code in batch.codes {
            if let Some(used) = used.get_mut(*code as usize) {
                *used = true;
            }
        }
        let mut found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (node_id, _) in batch.node_ids.iter().zip(used).filter(|(_, used)| *used) {
            if !found.contains(*node_id) {
                found.insert((*node_id).to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::NodeIdPattern;
    use crate::analysis::examples::history;
    use crate::model::Outcome;

    #[test]
    fn only_tests_with_an_admitted_result_are_named() {
        let source = history(&[("a", "..."), ("b", ".F."), ("c", "F..")]);
        let found = |filter: &Filter| node_ids(&source, filter).expect("memory is readable");
        assert_eq!(found(&Filter::default()).len(), 3);
        let failed = Filter { outcomes: vec![Outcome::Failed], ..Filter::default() };
        assert_eq!(found(&failed), ["b", "c"].map(NodeId::new).into());
        let sessions = source.sessions(&failed).expect("memory is readable").rows;
        assert_eq!(sessions_with_results(&source, &sessions, &failed).expect("memory"), [true, true, false]);
        let exact = Filter { node_ids: vec![NodeIdPattern::Exact("a".to_owned())], ..Filter::default() };
        assert_eq!(found(&exact), ["a"].map(NodeId::new).into());
    }
}
