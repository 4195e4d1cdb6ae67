//! Reports whose ids had to be rebuilt, beside a console log that shows ids and files.

use std::collections::HashMap;

use super::part::Part;
use super::tails::unique_tails;
use crate::formats::{KnownNodeIds, dotted, mangle};
use crate::model::{Format, NodeId, NodeIdCertainty};

/// Fixes the rebuilt ids of reports by what a console log says.
///
/// The console names files relative to where pytest was started. So its path is taken where the report writes it in the same way, or writes
/// it so behind folders, which are those between rootdir and that place.
pub(super) fn unify(parts: &mut [Part]) {
    let is_console = |part: &&Part| part.format == Some(Format::Terminal);
    let consoles = || parts.iter().filter(is_console).map(|part| &part.session);
    let ids: Vec<NodeId> =
        consoles().flat_map(|session| &session.test_results).map(|result| result.node_id.clone()).collect();
    let files: Vec<String> =
        consoles().flat_map(|session| &session.files).filter_map(|file| file.path.clone()).collect();
    if ids.is_empty() && files.is_empty() {
        return;
    }
    let shown = Shown::of(&ids, &files);
    for part in parts.iter_mut().filter(|part| part.format != Some(Format::Terminal)) {
        part.session.test_results.update(|result| {
            if result.node_id_certainty == NodeIdCertainty::Inferred
                && let Some((node_id, certainty)) = shown.fix(&result.node_id)
            {
                result.node_id = node_id;
                result.node_id_certainty = certainty;
            }
        });
    }
}

/// What a console shows.
struct Shown<'ids> {
    ids: KnownNodeIds,
    by_tail: HashMap<&'ids str, Option<&'ids NodeId>>,
    /// Files by how a report writes them; nothing where two look alike.
    files: HashMap<String, Option<&'ids str>>,
}

impl<'ids> Shown<'ids> {
    fn of(ids: &'ids [NodeId], files: &'ids [String]) -> Shown<'ids> {
        let mut by_name: HashMap<String, Option<&str>> = HashMap::new();
        for path in files.iter().map(String::as_str).chain(ids.iter().map(NodeId::path)).filter(|path| !path.is_empty())
        {
            let known = by_name.entry(dotted(path)).or_insert(Some(path));
            *known = known.filter(|known| *known == path);
        }
        Shown { ids: ids.iter().cloned().collect(), by_tail: unique_tails(ids.iter()), files: by_name }
    }

    /// Returns what a rebuilt id really is, as far as the console tells.
    fn fix(&self, rebuilt: &NodeId) -> Option<(NodeId, NodeIdCertainty)> {
        if let Some(same) = self.ids.equivalent(rebuilt) {
            return Some((same.clone(), NodeIdCertainty::Exact));
        }
        if let Some(in_file) = self.in_file(rebuilt) {
            return Some(in_file);
        }
        let there = self.by_tail.get(rebuilt.domain()?).copied().flatten()?;
        Some((behind_folders(rebuilt, there)?, NodeIdCertainty::Inferred))
    }

    /// Divides what a report writes of an id anew, where it begins with a file that the console shows, or has one behind folders.
    fn in_file(&self, rebuilt: &NodeId) -> Option<(NodeId, NodeIdCertainty)> {
        /// Nobody nests directories and classes more deeply.
        const DEEPEST: usize = 32;
        let (classname, name) = mangle(rebuilt.as_str());
        let whole = if classname.is_empty() { &name } else { &classname };
        let ends = || std::iter::once(whole.len()).chain(whole.rmatch_indices('.').map(|(at, _)| at)).take(DEEPEST);
        let starts = std::iter::once(0).chain(whole.match_indices('.').map(|(at, _)| at + 1)).take(DEEPEST);
        let found = |start: usize| {
            let known = |end: usize| self.files.get(whole.get(start..end)?).copied().flatten();
            ends().find_map(|end| Some((start, end, known(end)?)))
        };
        let (start, end, path) = starts.into_iter().find_map(found)?;
        // The rebuilt path has as many characters there, some of them slashes.
        let folders = rebuilt.path().get(..start)?;
        let certainty = if start == 0 { NodeIdCertainty::Exact } else { NodeIdCertainty::Inferred };
        if classname.is_empty() {
            return (end == whole.len()).then(|| (NodeId::new(format!("{folders}{path}")), certainty));
        }
        let classes = classname.get(end..)?.split('.').filter(|class| !class.is_empty());
        let classes: String = classes.flat_map(|class| ["::", class]).collect();
        Some((NodeId::new(format!("{folders}{path}{classes}::{name}")), certainty))
    }
}

/// Returns a rebuilt id with the path that the console shows, behind folders.
fn behind_folders(rebuilt: &NodeId, shown: &NodeId) -> Option<NodeId> {
    let (whole, end) = (dotted(rebuilt.path()), dotted(shown.path()));
    let folders = whole.strip_suffix(&end)?.strip_suffix('.')?;
    // The rebuilt path has as many characters there, some of them slashes.
    let folders = rebuilt.path().get(..folders.len())?;
    let tail = &rebuilt.as_str()[rebuilt.path().len()..];
    Some(NodeId::new(format!("{folders}/{}{tail}", shown.path())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_console_tells_dots_from_folders_and_files_from_classes() {
        use NodeIdCertainty::{Exact, Inferred};
        let ids = ["x.y/test_b.py::TestB::test_c", "other.py::test_z", "test_q.py::test_q[1"].map(NodeId::from);
        let files = ["pkg/sub.dir/checks.py", "app/it.py"].map(str::to_owned);
        let shown = Shown::of(&ids, &files);
        let rows = [
            ("pkg/sub/dir/checks.py::test_a[x.y]", Some(("pkg/sub.dir/checks.py::test_a[x.y]", Exact))),
            ("app/it/Lower.py::deep::test_a", Some(("app/it.py::Lower::deep::test_a", Exact))),
            ("pkg/sub/dir/checks.py", Some(("pkg/sub.dir/checks.py", Exact))),
            // pytest was started in `sub`.
            ("sub/app/it/Lower.py::test_a", Some(("sub/app/it.py::Lower::test_a", Inferred))),
            ("sub/x/y/test_b.py::TestB::test_c", Some(("sub/x.y/test_b.py::TestB::test_c", Inferred))),
            // pytest 9.2 closes brackets.
            ("test_q.py::test_q[1]", Some(("test_q.py::test_q[1", Exact))),
            ("z.py::test_z", None),
        ];
        for (rebuilt, expected) in rows {
            let found = shown.fix(&NodeId::from(rebuilt));
            let found = found.as_ref().map(|(node_id, certainty)| (node_id.as_str(), *certainty));
            assert_eq!(found, expected, "{rebuilt}");
        }
    }
}
