//! Ids that were rebuilt with a wrong path, and are known by what stands behind it: the one id of another file with the same classes, name and
//! parameters.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::part::Part;
use crate::formats::dotted;
use crate::model::{Format, NodeId, NodeIdCertainty, TestSession};

/// Returns the rebuilt ids of a session with the only known id of the same tail that the session does not name itself.
pub(super) fn by_tail(session: &TestSession, exact: &BTreeSet<NodeId>) -> HashMap<NodeId, NodeId> {
    let named: HashSet<&NodeId> = session.test_results.iter().map(|result| &result.node_id).collect();
    let absent = unique_tails(exact.iter().filter(|node_id| !named.contains(node_id)));
    let rebuilt = unique_tails(inferred(session).filter(|node_id| !exact.contains(node_id)));
    let pairs = rebuilt.into_iter().filter_map(|(tail, node_id)| Some((node_id?, (*absent.get(tail)?)?)));
    pairs.map(|(node_id, there)| (node_id.clone(), there.clone())).collect()
}

/// Fixes the rebuilt ids of reports by what a console log says, where no report carries ids itself.
///
/// The console names files relative to where pytest was started. So its path is taken where the report writes it in the same way, or writes
/// it so behind folders, which are those between rootdir and that place.
pub(super) fn unify_by_console(parts: &mut [Part]) {
    let is_console = |part: &&Part| part.format == Some(Format::Terminal);
    let shown: Vec<NodeId> =
        parts.iter().filter(is_console).flat_map(|part| node_ids(&part.session)).cloned().collect();
    let shown = unique_tails(shown.iter());
    if shown.is_empty() {
        return;
    }
    for part in parts.iter_mut().filter(|part| part.format != Some(Format::Terminal)) {
        for result in &mut part.session.test_results {
            if result.node_id_certainty == NodeIdCertainty::Exact {
                continue;
            }
            let there = result.node_id.domain().and_then(|tail| shown.get(tail).copied().flatten());
            let Some((path, certainty)) = there.and_then(|there| place(&result.node_id, there)) else { continue };
            let behind = &result.node_id.as_str()[result.node_id.path().len()..];
            result.node_id = NodeId::new(path + behind);
            result.node_id_certainty = certainty;
        }
    }
}

/// Returns the path of a rebuilt id, as the console's id of the same tail tells it.
fn place(rebuilt: &NodeId, shown: &NodeId) -> Option<(String, NodeIdCertainty)> {
    let (whole, end) = (dotted(rebuilt.path()), dotted(shown.path()));
    let folders = whole.strip_suffix(&end)?;
    if folders.is_empty() {
        return Some((shown.path().to_owned(), NodeIdCertainty::Exact));
    }
    let folders = folders.strip_suffix('.')?;
    // The rebuilt path has as many characters, some of them slashes.
    let folders = rebuilt.path().get(..folders.len())?;
    Some((format!("{folders}/{}", shown.path()), NodeIdCertainty::Inferred))
}

/// Returns the ids by their tails, with nothing where several have one.
fn unique_tails<'ids>(ids: impl Iterator<Item = &'ids NodeId>) -> HashMap<&'ids str, Option<&'ids NodeId>> {
    let mut tails: HashMap<&str, Option<&NodeId>> = HashMap::new();
    for node_id in ids {
        let Some(tail) = node_id.domain() else { continue };
        tails.entry(tail).and_modify(|known| *known = known.filter(|known| *known == node_id)).or_insert(Some(node_id));
    }
    tails
}

fn inferred(session: &TestSession) -> impl Iterator<Item = &NodeId> {
    let results = session.test_results.iter();
    results.filter(|result| result.node_id_certainty == NodeIdCertainty::Inferred).map(|result| &result.node_id)
}

fn node_ids(session: &TestSession) -> impl Iterator<Item = &NodeId> {
    session.test_results.iter().map(|result| &result.node_id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Outcome, Source, TestResult};

    fn part(format: Format, certainty: NodeIdCertainty, ids: &[&str]) -> Part {
        let result = |id: &&str| TestResult { node_id_certainty: certainty, ..TestResult::new(*id, Outcome::Passed) };
        Part::new(TestSession {
            source: vec![Source { format, path: None, sha256: None, bytes: None }],
            test_results: ids.iter().map(result).collect(),
            ..TestSession::default()
        })
    }

    #[test]
    fn a_wrong_path_is_known_by_a_unique_tail() {
        let rebuilt = part(
            Format::JunitXml,
            NodeIdCertainty::Inferred,
            &["made/up.py::TestA::test_x[1]", "other.py::test_twice", "right.py::test_r", "wrong.py::test_r"],
        );
        let exact = ["a/test_a.py::TestA::test_x[1]", "b.py::test_twice", "c.py::test_twice", "right.py::test_r"];
        let exact: BTreeSet<NodeId> = exact.into_iter().map(NodeId::from).collect();
        let found = by_tail(&rebuilt.session, &exact);
        let expected = [(NodeId::from("made/up.py::TestA::test_x[1]"), NodeId::from("a/test_a.py::TestA::test_x[1]"))];
        assert_eq!(found, expected.into_iter().collect());
    }

    #[test]
    fn the_console_tells_dots_from_folders() {
        use NodeIdCertainty::{Exact, Inferred};
        let mut parts = [
            part(
                Format::JunitXml,
                Inferred,
                &[
                    "pkg/sub/dir/checks.py::test_a",
                    "sub/x/y/test_b.py::TestB::test_c",
                    "z.py::test_z",
                    "test_q.py::test_q",
                ],
            ),
            part(
                Format::Terminal,
                Exact,
                &["pkg/sub.dir/checks.py::test_a", "x.y/test_b.py::TestB::test_c", "other.py::test_z"],
            ),
        ];
        unify_by_console(&mut parts);
        let found: Vec<_> = parts[0]
            .session
            .test_results
            .iter()
            .map(|result| (result.node_id.as_str(), result.node_id_certainty))
            .collect();
        assert_eq!(
            found,
            [
                ("pkg/sub.dir/checks.py::test_a", Exact),
                // Started in `sub`.
                ("sub/x.y/test_b.py::TestB::test_c", Inferred),
                ("z.py::test_z", Inferred),
                ("test_q.py::test_q", Inferred),
            ]
        );
    }
}
