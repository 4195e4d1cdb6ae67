//! Which of the files met on a walk are looked at.

use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};

use super::walk::Wanted;

/// A pattern of file names, in the shell's words: `*.xml`, `reports/**`, `{a,b}/*.log`.
///
/// A pattern without a slash is held against the last part of the path, at any depth; one with a slash against the whole path below the
/// walked directory (or below the archive's root, for a member).
#[derive(Debug, Clone)]
pub struct Glob {
    text: String,
    matcher: GlobMatcher,
    whole: Whole,
}

/// What a pattern is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whole {
    Path,
    Name,
}

/// Why a pattern is none.
#[derive(Debug, thiserror::Error)]
#[error("invalid pattern `{text}`: {detail}")]
pub struct GlobError {
    text: String,
    detail: String,
}

impl Glob {
    /// Compiles a pattern.
    pub fn new(text: &str) -> Result<Glob, GlobError> {
        let whole = if text.trim_end_matches('/').contains('/') { Whole::Path } else { Whole::Name };
        let pattern = text.trim_start_matches("./").trim_start_matches('/').trim_end_matches('/');
        let glob = GlobBuilder::new(pattern)
            .literal_separator(true)
            .build()
            .map_err(|error| GlobError { text: text.to_owned(), detail: error.kind().to_string() })?;
        Ok(Glob { text: text.to_owned(), matcher: glob.compile_matcher(), whole })
    }

    /// Returns the pattern as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns whether a path below the root matches.
    pub fn matches(&self, relative: &Path) -> bool {
        match self.whole {
            Whole::Path => self.matcher.is_match(relative),
            Whole::Name => relative.file_name().is_some_and(|name| self.matcher.is_match(name)),
        }
    }
}

impl PartialEq for Glob {
    fn eq(&self, other: &Glob) -> bool {
        self.text == other.text
    }
}

impl std::str::FromStr for Glob {
    type Err = GlobError;

    fn from_str(text: &str) -> Result<Glob, GlobError> {
        Glob::new(text)
    }
}

/// Returns whether a file is looked at: some `include` matches it (or there is none), and no `exclude` does, nor one of its directories.
///
/// A file that is named like an archive is opened although no `include` matches it: they may match what is in it.
pub(crate) fn wanted(relative: &Path, include: &[Glob], exclude: &[Glob]) -> Option<Wanted> {
    if excluded(relative, exclude) {
        None
    } else if include.is_empty() || include.iter().any(|glob| glob.matches(relative)) {
        Some(Wanted::Yes)
    } else {
        packing(relative).map(|_| Wanted::Within)
    }
}

/// What a file is packed as, to judge by its name alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    /// One file in fewer bytes.
    Compressed,
    /// Several files.
    Archive,
}

/// Returns what a file of this name is packed as, if it is.
pub(crate) fn packing(path: &Path) -> Option<Packing> {
    let is = |path: &Path, endings: &[&str]| {
        path.extension().is_some_and(|ending| endings.iter().any(|known| ending.eq_ignore_ascii_case(known)))
    };
    if is(path, &["zip", "tar", "tgz", "txz", "tzst"]) {
        return Some(Packing::Archive);
    }
    let compressed = is(path, &["gz", "zst", "xz"]);
    let tar = path.file_stem().is_some_and(|stem| is(Path::new(stem), &["tar"]));
    compressed.then_some(if tar { Packing::Archive } else { Packing::Compressed })
}

/// Returns whether a file or directory, or a directory above it, is left out.
pub(crate) fn excluded(relative: &Path, exclude: &[Glob]) -> bool {
    !exclude.is_empty()
        && relative
            .ancestors()
            .filter(|part| !part.as_os_str().is_empty())
            .any(|part| exclude.iter().any(|glob| glob.matches(part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn globs(texts: &[&str]) -> Vec<Glob> {
        texts.iter().map(|text| Glob::new(text).expect("a valid pattern")).collect()
    }

    type Row = (&'static [&'static str], &'static [&'static str], &'static str, Option<Wanted>);

    #[test]
    fn names_match_at_any_depth_and_paths_from_the_root() {
        let rows: [Row; 13] = [
            (&["*.xml"], &[], "a/b.tar.gz", Some(Wanted::Within)),
            (&["*.xml", "*.gz"], &[], "a/b.tar.gz", Some(Wanted::Yes)),
            (&[], &[], "a/b.xml", Some(Wanted::Yes)),
            (&["*.xml"], &[], "a/b.xml", Some(Wanted::Yes)),
            (&["*.xml"], &[], "a/b.json", None),
            (&["a/*.xml"], &[], "a/b.xml", Some(Wanted::Yes)),
            (&["a/*.xml"], &[], "c/a/b.xml", None),
            (&["**/a/*.xml"], &[], "c/a/b.xml", Some(Wanted::Yes)),
            (&["./a/**"], &[], "a/x/y.log", Some(Wanted::Yes)),
            (&["*.{xml,log}"], &["old"], "old/b.xml", None),
            (&[], &["old/"], "x/old/b.xml", None),
            (&[], &["x/old"], "y/x/old/b.xml", Some(Wanted::Yes)),
            (&[], &["*.log"], "x/b.log", None),
        ];
        for (include, exclude, path, expected) in rows {
            let found = wanted(Path::new(path), &globs(include), &globs(exclude));
            assert_eq!(found, expected, "{path} with {include:?} without {exclude:?}");
        }
    }

    #[test]
    fn a_broken_pattern_is_named() {
        let error = Glob::new("a/{b").expect_err("an open brace");
        assert!(error.to_string().starts_with("invalid pattern `a/{b`: "), "{error}");
    }
}
