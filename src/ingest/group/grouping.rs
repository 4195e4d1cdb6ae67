//! The user's choice, and what it means for a path.

use crate::ingest::label::MEMBER;
use crate::ingest::rules::{PathPattern, slashed};

/// Which files are of one run.
#[derive(Debug, Clone, Default)]
pub enum Grouping {
    /// Every file stands for itself.
    #[default]
    Apart,
    /// Files of one directory, in different formats, whose tests, outcomes and times prove that they are of one run; where they do not, every
    /// file stands for itself.
    SameRun,
    /// All files of one directory are one run, whatever they look like: several formats of it, and shards.
    Directory,
    /// All files whose path gives the same key are one run: the pattern's group named `group`, else all its groups, else all that it matches.
    /// Files that do not match stand for themselves. A pattern that needs the name of an archive's member joins within that archive.
    Path(PathPattern),
}

impl Grouping {
    /// Returns the key of a file's run; `None` where it stands for itself.
    pub(crate) fn key(&self, label: &str) -> Option<String> {
        match self {
            Grouping::Apart => None,
            Grouping::SameRun | Grouping::Directory => directory(label).map(str::to_owned),
            Grouping::Path(pattern) => pattern.key(&slashed(label)),
        }
    }

    /// Returns what must be read before any of its files can be delivered: the directory, or the whole archive, whose members may come in any
    /// order; or for a pattern, all files that it gives the same key.
    pub(crate) fn scope(&self, label: &str) -> Option<String> {
        let outer = label.split_once(MEMBER).map_or(label, |(archive, _)| archive);
        match self {
            Grouping::Apart => None,
            Grouping::SameRun | Grouping::Directory if outer.len() < label.len() => Some(outer.to_owned()),
            Grouping::SameRun | Grouping::Directory => directory(label).map(str::to_owned),
            Grouping::Path(pattern) => pattern.key(&slashed(outer)).or_else(|| Some(outer.to_owned())),
        }
    }
}

/// Returns the directory of a path; that of a stream is not known.
fn directory(label: &str) -> Option<&str> {
    if label == "-" {
        return None;
    }
    let end = label.rfind(std::path::is_separator);
    Some(end.map_or("", |end| &label[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_scopes_of_paths() {
        let path = |pattern: &str| Grouping::Path(PathPattern::new(pattern).expect("a pattern"));
        let rows = [
            (Grouping::Apart, "a/b.xml", None, None),
            (Grouping::SameRun, "a/b.xml", Some("a"), Some("a")),
            (Grouping::SameRun, "b.xml", Some(""), Some("")),
            (Grouping::SameRun, "-", None, None),
            (Grouping::Directory, "a/x.zip!/b.xml", Some("a/x.zip!"), Some("a/x.zip")),
            (Grouping::Directory, "a/x.zip!/c/b.xml", Some("a/x.zip!/c"), Some("a/x.zip")),
            (path("run-[0-9]+"), "a/run-1-shard-2.zip!/b.xml", Some("run-1"), Some("run-1")),
            (path("run-[0-9]+"), "a/x.zip!/run-1.xml", Some("run-1"), Some("a/x.zip")),
            (path("run-[0-9]+"), "a/x.xml", None, Some("a/x.xml")),
        ];
        for (grouping, label, key, scope) in rows {
            let found = (grouping.key(label), grouping.scope(label));
            assert_eq!((found.0.as_deref(), found.1.as_deref()), (key, scope), "{label} by {grouping:?}");
        }
    }
}
