//! One name a test, whatever each file calls it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::align::Reference;
use super::console;
use super::part::Part;
use super::tails::by_tail;
use crate::formats::KnownNodeIds;
use crate::model::{Format, NodeId, NodeIdCertainty, TestSession};

/// A prefix of more parts than this is none.
const DEEPEST_PREFIX: usize = 3;

/// How many shifts are tried: more than one only explain files of equal names in several folders.
const MOST_SHIFTS: usize = 16;

/// How the console's paths are made rootdir's: so many `..` taken away, and a folder put before.
type Shift = (usize, String);

/// Gives every result of every part the node id that pytest itself uses. The parts come best first.
pub(super) fn unify(parts: &mut [Part]) {
    let exact = exact_ids(parts);
    if !exact.is_empty() {
        unify_by_reports(parts, &exact);
    }
    console::unify(parts);
    if exact.is_empty() {
        shift_consoles(parts);
    }
}

/// Gives the results of console logs the rebuilt ids of reports, where the logs name files relative to another folder.
fn shift_consoles(parts: &mut [Part]) {
    let reports = parts.iter().filter(|part| part.names_every_test());
    let rebuilt: BTreeSet<NodeId> = reports.flat_map(|part| distinct_ids(&part.session)).collect();
    for part in parts.iter_mut().filter(|part| part.format == Some(Format::Terminal)) {
        let ids = distinct_ids(&part.session);
        let unknown: Vec<&NodeId> = ids.iter().filter(|node_id| !rebuilt.contains(node_id)).collect();
        rename(&mut part.session, &shifted(&unknown, &rebuilt), &BTreeSet::new());
    }
}

/// Gives every result the id that a report carries, where one does.
fn unify_by_reports(parts: &mut [Part], exact: &BTreeSet<NodeId>) {
    let known: KnownNodeIds = exact.iter().cloned().collect();
    let reference = parts.first().map(Reference::of).unwrap_or_default();
    for part in parts {
        let ids = distinct_ids(&part.session);
        let unknown: Vec<&NodeId> = ids.iter().filter(|node_id| !exact.contains(node_id)).collect();
        let mut renamed = prefixed(&unknown, &known);
        if part.format == Some(Format::Terminal) {
            let left: Vec<&NodeId> = unknown.into_iter().filter(|node_id| !renamed.contains_key(*node_id)).collect();
            renamed.extend(shifted(&left, exact));
            renamed.extend(without_colours(exact));
        }
        rename(&mut part.session, &renamed, exact);
        let by_tail = by_tail(&part.session, exact);
        rename(&mut part.session, &by_tail, exact);
        let aligned: HashMap<NodeId, NodeId> = reference.align(part).into_iter().collect();
        rename(&mut part.session, &aligned, exact);
    }
}

/// Returns the rebuilt ids that pytest writes as it writes a known one, with that; all of them may have the same prefix (`--junit-prefix`).
fn prefixed(unknown: &[&NodeId], known: &KnownNodeIds) -> HashMap<NodeId, NodeId> {
    let without = |depth: usize| -> HashMap<NodeId, NodeId> {
        let pair = |node_id: &&NodeId| {
            let short = without_folders(node_id, depth)?;
            Some(((*node_id).clone(), known.equivalent(&short)?.clone()))
        };
        unknown.iter().filter_map(pair).collect()
    };
    // Of equals, `max_by_key` takes the last; the shortest prefix is best.
    (0..=DEEPEST_PREFIX).rev().map(without).max_by_key(HashMap::len).unwrap_or_default()
}

/// Returns an id whose path is that many folders shorter.
fn without_folders(node_id: &NodeId, depth: usize) -> Option<NodeId> {
    let mut rest = node_id.as_str();
    let mut path = node_id.path();
    for _ in 0..depth {
        let (folder, shorter) = path.split_once('/')?;
        rest = rest.get(folder.len() + 1..)?;
        path = shorter;
    }
    Some(NodeId::from(rest))
}

/// Returns the ids that are pytest's own: those that a report carries. The console's are, but relative to another folder perhaps.
fn exact_ids(parts: &[Part]) -> BTreeSet<NodeId> {
    let reports = parts.iter().filter(|part| part.names_every_test());
    reports
        .flat_map(|part| &part.session.test_results)
        .filter(|result| result.node_id_certainty == NodeIdCertainty::Exact)
        .map(|result| result.node_id.clone())
        .collect()
}

fn distinct_ids(session: &TestSession) -> Vec<NodeId> {
    let mut seen = HashSet::new();
    let warned = session.warnings.iter().filter_map(|warning| warning.node_id.as_ref());
    let named = session.test_results.iter().map(|result| result.node_id.clone());
    let all = named.chain(warned.chain(&session.in_flight).cloned());
    all.filter(|node_id| seen.insert(node_id.clone())).collect()
}

/// Returns the ids of a run that was not started in rootdir, with what they are there. The shift is the one that explains most of them.
fn shifted(unknown: &[&NodeId], exact: &BTreeSet<NodeId>) -> HashMap<NodeId, NodeId> {
    let mut paths: HashMap<(&str, Option<&str>), Vec<&str>> = HashMap::new();
    for node_id in exact {
        paths.entry(end(node_id)).or_default().push(node_id.path());
    }
    let mut votes: BTreeMap<Shift, usize> = BTreeMap::new();
    for node_id in unknown {
        let (up, path) = without_parents(node_id.path());
        for candidate in paths.get(&end(node_id)).into_iter().flatten() {
            if let Some(folder) = candidate.strip_suffix(path)
                && (folder.is_empty() || folder.ends_with('/'))
            {
                *votes.entry((up, folder.to_owned())).or_default() += 1;
            }
        }
    }
    let mut shifts: Vec<(Shift, usize)> = votes.into_iter().collect();
    // The most votes first; of equals, the first by name, so that the same files always give the same session.
    shifts.sort_by(|(_, left), (_, right)| right.cmp(left));
    let mut renamed = HashMap::new();
    for ((up, folder), _) in shifts.into_iter().take(MOST_SHIFTS) {
        for node_id in unknown {
            let (its_up, path) = without_parents(node_id.path());
            let rest = &node_id.as_str()[node_id.path().len()..];
            let there = NodeId::new(format!("{folder}{path}{rest}"));
            if its_up == up && exact.contains(&there) && !renamed.contains_key(*node_id) {
                renamed.insert((*node_id).clone(), there);
            }
        }
    }
    renamed
}

/// Returns the ids that a console log cannot show: it is read without colours, and so without what looks like one in an id.
fn without_colours(exact: &BTreeSet<NodeId>) -> HashMap<NodeId, NodeId> {
    let coloured = exact.iter().filter(|node_id| node_id.as_str().contains("\u{1b}["));
    coloured.map(|node_id| (NodeId::new(plain(node_id.as_str())), node_id.clone())).collect()
}

/// Returns a text without the escapes that begin with `ESC [` and end with a letter.
fn plain(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    let is_end = |character: char| ('@'..='~').contains(&character);
    parts.fold(first, |plain, part| plain + part.find(is_end).and_then(|at| part.get(at + 1..)).unwrap_or_default())
}

/// Returns what does not change with the folder: the file's name and what is behind the path.
fn end(node_id: &NodeId) -> (&str, Option<&str>) {
    let path = node_id.path();
    (path.rsplit('/').next().unwrap_or(path), node_id.domain())
}

/// Returns how many `..` a path begins with, and the rest.
fn without_parents(mut path: &str) -> (usize, &str) {
    let mut up = 0;
    while let Some(rest) = path.strip_prefix("../") {
        path = rest;
        up += 1;
    }
    (up, path)
}

fn rename(session: &mut TestSession, renamed: &HashMap<NodeId, NodeId>, exact: &BTreeSet<NodeId>) {
    let fix = |node_id: &mut NodeId| {
        if let Some(better) = renamed.get(node_id) {
            *node_id = better.clone();
        }
    };
    session.test_results.update(|result| {
        fix(&mut result.node_id);
        if exact.contains(&result.node_id) {
            result.node_id_certainty = NodeIdCertainty::Exact;
        }
    });
    session.warnings.iter_mut().filter_map(|warning| warning.node_id.as_mut()).for_each(fix);
    session.in_flight.iter_mut().for_each(fix);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Outcome, Source, TestResult};

    fn part(format: Format, ids: &[(&str, NodeIdCertainty)]) -> Part {
        let result = |(id, certainty): &(&str, NodeIdCertainty)| TestResult {
            node_id_certainty: *certainty,
            ..TestResult::new(*id, Outcome::Passed)
        };
        Part::new(TestSession {
            source: vec![Source { format, path: None, sha256: None, bytes: None }],
            test_results: ids.iter().map(result).collect(),
            ..TestSession::default()
        })
    }

    fn ids(part: &Part) -> Vec<(&str, NodeIdCertainty)> {
        let results = part.session.test_results.as_slice().unwrap().iter();
        results.map(|result| (result.node_id.as_str(), result.node_id_certainty)).collect()
    }

    #[test]
    fn rebuilt_ids_are_fixed_by_exact_ones() {
        use NodeIdCertainty::{Exact, Inferred};
        let mut parts = [
            part(
                Format::ReportLog,
                &[("pkg/sub.dir/test_a.py::TestA::test_b[x.y]", Exact), ("test_c.py::test_d", Exact)],
            ),
            part(
                Format::JunitXml,
                &[("pkg/sub/dir/test_a.py::TestA::test_b[x.y]", Inferred), ("test_c.py::test_e", Inferred)],
            ),
        ];
        parts[1].session.test_results.update(|result| {
            if result.node_id.as_str() == "test_c.py::test_e" {
                result.outcome = Outcome::Failed;
            }
        });
        unify(&mut parts);
        assert_eq!(
            ids(&parts[1]),
            [("pkg/sub.dir/test_a.py::TestA::test_b[x.y]", Exact), ("test_c.py::test_e", Inferred)]
        );
    }

    #[test]
    fn a_prefix_that_all_rebuilt_ids_have_is_taken_off() {
        use NodeIdCertainty::{Exact, Inferred};
        let mut parts = [
            part(Format::JsonReport, &[("a/test_x.py::T::test", Exact), ("test_y.py::test", Exact)]),
            part(Format::JunitXml, &[("ci/a/test_x.py::T::test", Inferred), ("ci/test_y.py::test", Inferred)]),
        ];
        unify(&mut parts);
        assert_eq!(ids(&parts[1]), [("a/test_x.py::T::test", Exact), ("test_y.py::test", Exact)]);
    }

    #[test]
    fn paths_relative_to_another_folder_are_found_by_what_most_of_them_share() {
        use NodeIdCertainty::Exact;
        let mut parts = [
            part(
                Format::JsonReport,
                &[
                    ("sub/test_a.py::test_x", Exact),
                    ("sub/test_b.py::test_x", Exact),
                    ("other/test_a.py::test_x", Exact),
                ],
            ),
            part(
                Format::Terminal,
                &[("test_a.py::test_x", Exact), ("test_b.py::test_x", Exact), ("../other/test_a.py::test_x", Exact)],
            ),
        ];
        unify(&mut parts);
        let found: Vec<&str> = ids(&parts[1]).into_iter().map(|(id, _)| id).collect();
        assert_eq!(found, ["sub/test_a.py::test_x", "sub/test_b.py::test_x", "other/test_a.py::test_x"]);
    }
}
