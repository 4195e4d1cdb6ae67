//! Which of the files met on a walk are looked at.

use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};

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
pub(crate) fn wanted(relative: &Path, include: &[Glob], exclude: &[Glob]) -> bool {
    let included = include.is_empty() || include.iter().any(|glob| glob.matches(relative));
    included && !excluded(relative, exclude)
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

    #[test]
    fn names_match_at_any_depth_and_paths_from_the_root() {
        let rows: [(&[&str], &[&str], &str, bool); 11] = [
            (&[], &[], "a/b.xml", true),
            (&["*.xml"], &[], "a/b.xml", true),
            (&["*.xml"], &[], "a/b.json", false),
            (&["a/*.xml"], &[], "a/b.xml", true),
            (&["a/*.xml"], &[], "c/a/b.xml", false),
            (&["**/a/*.xml"], &[], "c/a/b.xml", true),
            (&["./a/**"], &[], "a/x/y.log", true),
            (&["*.{xml,log}"], &["old"], "old/b.xml", false),
            (&[], &["old/"], "x/old/b.xml", false),
            (&[], &["x/old"], "y/x/old/b.xml", true),
            (&[], &["*.log"], "x/b.log", false),
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
