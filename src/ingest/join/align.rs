//! Names that nothing but their place gives away.
//!
//! A test can rename itself in JUnit XML (`record_xml_attribute`), and characters that XML has no place for are rewritten there. But files of one
//! run name its tests in one order: between two tests that both name, as many that only one names are the same ones.

use std::collections::{HashMap, HashSet};

use super::part::Part;
use crate::model::{Format, NodeId, NodeIdCertainty, Outcome, TestSession};

/// The tests of the file that knows them best, in order.
#[derive(Debug, Default)]
pub(super) struct Reference {
    order: Vec<(NodeId, Outcome)>,
    positions: HashMap<NodeId, usize>,
    /// Whether these are all tests there are.
    is_whole: bool,
}

impl Reference {
    pub(super) fn of(part: &Part) -> Reference {
        let mut reference = Reference { is_whole: part.is_whole_list(), ..Reference::default() };
        for (node_id, (outcome, _)) in tests(&part.session) {
            reference.positions.insert(node_id.clone(), reference.order.len());
            reference.order.push((node_id, outcome));
        }
        reference
    }

    /// Returns the ids that their places in a file give away, with what they are: rebuilt ones, and in JUnit XML all that a file that names all tests
    /// does not know.
    pub(super) fn align(&self, part: &Part) -> Vec<(NodeId, NodeId)> {
        let tests = tests(&part.session);
        let is_doubtful = |certainty: NodeIdCertainty| {
            certainty == NodeIdCertainty::Inferred || self.is_whole && part.format == Some(Format::JunitXml)
        };
        let named: HashSet<&NodeId> = tests.iter().map(|(node_id, _)| node_id).collect();
        let mut found = Vec::new();
        let mut run: Vec<(&NodeId, Outcome)> = Vec::new();
        let mut from = 0;
        for (node_id, (outcome, certainty)) in &tests {
            match self.positions.get(node_id) {
                Some(position) => {
                    found.extend(self.pair(&std::mem::take(&mut run), from, *position, &named));
                    from = position + 1;
                }
                None if is_doubtful(*certainty) => run.push((node_id, *outcome)),
                None => {}
            }
        }
        found.extend(self.pair(&run, from, self.order.len(), &named));
        found
    }

    /// Pairs a run of unknown ids with the tests between two places, if there are as many that the session does not name, with the same outcomes.
    fn pair(
        &self,
        run: &[(&NodeId, Outcome)],
        from: usize,
        to: usize,
        named: &HashSet<&NodeId>,
    ) -> Vec<(NodeId, NodeId)> {
        let between = self.order.get(from..to).unwrap_or_default();
        let absent: Vec<&(NodeId, Outcome)> = between.iter().filter(|(node_id, _)| !named.contains(node_id)).collect();
        let is_same = |(run, absent): (&(&NodeId, Outcome), &&(NodeId, Outcome))| {
            // JUnit, the one format that infers ids, shows an unexpected pass as a pass.
            run.1 == absent.1 || (run.1, absent.1) == (Outcome::Passed, Outcome::Xpassed)
        };
        if run.is_empty() || run.len() != absent.len() || !run.iter().zip(&absent).all(is_same) {
            return Vec::new();
        }
        run.iter().zip(absent).map(|((node_id, _), (there, _))| ((*node_id).clone(), there.clone())).collect()
    }
}

/// Returns the tests of a session in the order in which it first names them, each with its last outcome.
fn tests(session: &TestSession) -> Vec<(NodeId, (Outcome, NodeIdCertainty))> {
    let mut positions: HashMap<NodeId, usize> = HashMap::new();
    let mut tests: Vec<(NodeId, (Outcome, NodeIdCertainty))> = Vec::new();
    for result in &session.test_results {
        let at = *positions.entry(result.node_id.clone()).or_insert_with(|| {
            tests.push((result.node_id.clone(), (result.outcome, result.node_id_certainty)));
            tests.len() - 1
        });
        if let Some((_, (outcome, _))) = tests.get_mut(at) {
            *outcome = result.outcome;
        }
    }
    tests
}

#[cfg(test)]
mod tests_of_order {
    use super::*;
    use crate::model::TestResult;

    fn part(tests: &[(&str, Outcome)]) -> Part {
        let result = |(id, outcome): &(&str, Outcome)| TestResult {
            node_id_certainty: NodeIdCertainty::Inferred,
            ..TestResult::new(*id, *outcome)
        };
        Part::new(TestSession { test_results: tests.iter().map(result).collect(), ..TestSession::default() })
    }

    #[test]
    fn a_renamed_test_is_known_by_its_neighbours_and_its_outcome() {
        use Outcome::{Failed, Passed};
        let reference = Reference::of(&part(&[("a", Passed), ("b", Failed), ("c", Passed), ("d", Passed)]));
        let aligned = |tests: &[(&str, Outcome)]| -> Vec<(String, String)> {
            let pairs = reference.align(&part(tests)).into_iter();
            pairs.map(|(from, to)| (from.into_string(), to.into_string())).collect()
        };
        let pair = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        assert_eq!(
            aligned(&[("a", Passed), ("x", Failed), ("c", Passed), ("y", Passed)]),
            [pair("x", "b"), pair("y", "d")]
        );
        assert_eq!(aligned(&[("a", Passed), ("x", Passed), ("c", Passed)]), []);
        assert_eq!(aligned(&[("a", Passed), ("x", Failed), ("z", Failed), ("c", Passed)]), []);
        assert_eq!(aligned(&[("c", Passed), ("x", Failed), ("a", Passed)]), []);
    }
}
