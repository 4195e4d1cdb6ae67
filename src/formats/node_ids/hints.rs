//! What is known of some files and likely of others: directories with a dot in them, and extensions.

use std::collections::{HashMap, HashSet};

use super::address::dotted;
use super::evidence::Evidence;
use super::guess::{ends_with_extension, is_class, is_test_module};

/// Habits of the tree from which a report comes.
#[derive(Debug, Default)]
pub(super) struct Hints {
    /// Directories with a dot in their path, by their dotted form; each ends with a slash.
    directories: HashMap<String, String>,
    /// Extensions of files that are no Python.
    extensions: HashSet<String>,
}

impl Hints {
    pub(super) fn of(evidence: &Evidence) -> Hints {
        let mut hints = Hints::default();
        let mut paths: Vec<&str> = evidence.modules.values().map(|module| module.path.as_str()).collect();
        // Should two directories look alike, the first by name is taken, always.
        paths.sort_unstable();
        for path in paths {
            let (directories, file) = path.rsplit_once('/').unwrap_or(("", path));
            hints.add_directories(directories);
            if let Some((_, extension)) = file.rsplit_once('.')
                && extension != "py"
            {
                hints.extensions.insert(extension.to_owned());
            }
        }
        let odd = evidence.classes.iter().filter(|(_, facts)| facts.odd);
        let ends = odd.filter_map(|(classname, _)| classname.rsplit_once('.'));
        hints
            .extensions
            .extend(ends.map(|(_, end)| end.to_owned()).filter(|end| !is_test_module(end) && !is_class(end)));
        hints
    }

    fn add_directories(&mut self, path: &str) {
        /// A longer path is none.
        const LONGEST: usize = 4096;
        if path.len() > LONGEST {
            return;
        }
        let ends = path.match_indices('/').map(|(at, _)| at).chain(std::iter::once(path.len()));
        for directory in ends.map(|end| &path[..end]).filter(|directory| directory.contains('.')) {
            self.directories.entry(dotted_directory(directory)).or_insert_with(|| format!("{directory}/"));
        }
    }

    /// Returns the longest known directory that a class name begins with, and the rest of the class name; an empty one where there is none.
    pub(super) fn directory<'name>(&self, classname: &'name str) -> (&str, &'name str) {
        /// Nobody nests directories more deeply.
        const DEEPEST: usize = 64;
        if self.directories.is_empty() {
            return ("", classname);
        }
        let mut ends =
            classname.match_indices('.').map(|(at, _)| at).take(DEEPEST).collect::<Vec<_>>().into_iter().rev();
        let found =
            ends.find_map(|end| Some((self.directories.get(&classname[..end])?.as_str(), &classname[end + 1..])));
        found.unwrap_or(("", classname))
    }

    /// Whether a class name is likely that of a file that is no Python.
    pub(super) fn is_other_file(&self, classname: &str) -> bool {
        let known = || classname.rsplit_once('.').is_some_and(|(_, end)| self.extensions.contains(end));
        ends_with_extension(classname) || known()
    }
}

/// Returns a directory as it stands in class names; one named `x.py` keeps its end.
fn dotted_directory(path: &str) -> String {
    dotted(&format!("{path}/")).trim_end_matches('.').to_owned()
}
