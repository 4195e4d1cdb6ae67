//! Ids that were rebuilt with a wrong path, and are known by what stands behind it: the one id of another file with the same classes, name and
//! parameters.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::model::{NodeId, NodeIdCertainty, TestSession};

/// Returns the rebuilt ids of a session with the only known id of the same tail that the session does not name itself.
pub(super) fn by_tail(session: &TestSession, exact: &BTreeSet<NodeId>) -> HashMap<NodeId, NodeId> {
    let named: HashSet<NodeId> = session.test_results.iter().map(|result| result.node_id.clone()).collect();
    let absent = unique_tails(exact.iter().filter(|node_id| !named.contains(*node_id)));
    let inferred: Vec<NodeId> = inferred(session).filter(|node_id| !exact.contains(node_id)).collect();
    let rebuilt = unique_tails(inferred.iter());
    let pairs = rebuilt.into_iter().filter_map(|(tail, node_id)| Some((node_id?, (*absent.get(tail)?)?)));
    pairs.map(|(node_id, there)| (node_id.clone(), there.clone())).collect()
}

/// Returns the ids by their tails, with nothing where several have one.
pub(super) fn unique_tails<'ids>(ids: impl Iterator<Item = &'ids NodeId>) -> HashMap<&'ids str, Option<&'ids NodeId>> {
    let mut tails: HashMap<&str, Option<&NodeId>> = HashMap::new();
    for node_id in ids {
        let Some(tail) = node_id.domain() else { continue };
        tails.entry(tail).and_modify(|known| *known = known.filter(|known| *known == node_id)).or_insert(Some(node_id));
    }
    tails
}

fn inferred(session: &TestSession) -> impl Iterator<Item = NodeId> {
    let results = session.test_results.iter();
    results.filter(|result| result.node_id_certainty == NodeIdCertainty::Inferred).map(|result| result.node_id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Outcome, TestResult};

    #[test]
    fn a_wrong_path_is_known_by_a_unique_tail() {
        let ids = ["made/up.py::TestA::test_x[1]", "other.py::test_twice", "right.py::test_r", "wrong.py::test_r"];
        let inferred =
            |id| TestResult { node_id_certainty: NodeIdCertainty::Inferred, ..TestResult::new(id, Outcome::Passed) };
        let rebuilt = TestSession { test_results: ids.map(inferred).into(), ..TestSession::default() };
        let exact = ["a/test_a.py::TestA::test_x[1]", "b.py::test_twice", "c.py::test_twice", "right.py::test_r"];
        let exact: BTreeSet<NodeId> = exact.into_iter().map(NodeId::from).collect();
        let found = by_tail(&rebuilt, &exact);
        let expected = [(NodeId::from("made/up.py::TestA::test_x[1]"), NodeId::from("a/test_a.py::TestA::test_x[1]"))];
        assert_eq!(found, expected.into_iter().collect());
    }
}
