//! The source tree that was tested, which readers may ask for its files.

use std::path::{Component, Path, PathBuf};

use crate::formats::KnownPaths;

/// A directory whose files tell where a class name's path ends.
#[derive(Debug)]
pub(crate) struct SourceTree {
    root: PathBuf,
}

impl SourceTree {
    /// Returns the tree below `root`.
    pub(crate) fn new(root: PathBuf) -> SourceTree {
        SourceTree { root }
    }
}

impl KnownPaths for SourceTree {
    fn is_file(&self, path: &str) -> bool {
        // Reports name the paths; none may lead out of the tree.
        let path = Path::new(path);
        path.components().all(|part| matches!(part, Component::Normal(_))) && self.root.join(path).is_file()
    }
}
