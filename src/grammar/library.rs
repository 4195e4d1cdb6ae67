//! The dialects, put together: which line is whose.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock, OnceLock};

use super::dialect::Dialect;
use super::line_match::LineMatch;
use super::line_pattern::{LONGEST_LINE, LinePattern};
use super::prefix::{Prefix, PrefixScope};
use super::section::Section;
use super::vocabulary::{Area, WordMeaning};
use super::words::Vocabulary;
use super::{built_in, overlay};
use crate::diagnostic::Parsed;

/// Every dialect that is known: the built-in ones and the user's.
#[derive(Debug)]
pub struct Library {
    dialects: Vec<Dialect>,
    prefixes: Vec<Prefix>,
    vocabulary: Arc<Vocabulary>,
    areas: [OnceLock<AreaIndex>; Area::ALL.len()],
}

/// The patterns of an area in the order in which they are tried, and which of them a line's first byte leaves.
#[derive(Debug)]
struct AreaIndex {
    /// Dialect and line within the dialect.
    patterns: Vec<(usize, usize)>,
    /// Those with a plain shape, which are tried before all others.
    quick: Vec<(usize, usize)>,
    /// For each first byte a bit for each pattern, in words of 64; the last entry is for the empty line.
    candidates: Vec<u64>,
    words: usize,
}

const EMPTY_LINE: usize = 256;

/// How many lines show which prefix a log has.
const LOOKED_AT: usize = 1000;

impl Library {
    /// Returns the dialects that are part of the program.
    pub fn built_in() -> &'static Library {
        static BUILT_IN: LazyLock<Library> = LazyLock::new(|| Library::new(built_in::dialects()));
        &BUILT_IN
    }

    /// Returns the built-in dialects with the user's grammar files laid over them, each with its name for diagnostics and
    /// its text, in rising order of precedence. A file whose grammar has the name of an earlier one replaces patterns,
    /// sections, prefixes and words of the same name in it and adds the others. A file that breaks a rule is reported and
    /// skipped.
    pub fn with_overlays(files: Vec<(String, String)>) -> Parsed<Library> {
        overlay::library(files)
    }

    pub(crate) fn new(mut dialects: Vec<Dialect>) -> Library {
        let vocabulary = Arc::new(Vocabulary::new(&dialects));
        for prefix in dialects.iter_mut().flat_map(|dialect| &mut dialect.prefixes) {
            prefix.vocabulary = Arc::clone(&vocabulary);
        }
        let prefixes = dialects.iter().flat_map(|dialect| dialect.prefixes.iter().cloned()).collect();
        Library { dialects, prefixes, vocabulary, areas: [const { OnceLock::new() }; Area::ALL.len()] }
    }

    /// Returns the dialects in the order in which their patterns are tried.
    pub fn dialects(&self) -> &[Dialect] {
        &self.dialects
    }

    /// Returns the dialect of this name.
    pub fn dialect(&self, name: &str) -> Option<&Dialect> {
        self.dialects.iter().find(|dialect| dialect.name == name)
    }

    /// Returns all dialects' patterns of an area, in the order in which they are tried.
    pub fn line_patterns(&self, area: Area) -> impl Iterator<Item = &LinePattern> {
        self.dialects.iter().flat_map(|dialect| &dialect.lines).filter(move |pattern| pattern.area == area)
    }

    /// Returns the first match of a line among the patterns of an area, and after them those of [`Area::Any`].
    pub fn match_line<'l>(&self, area: Area, line: &'l str) -> Option<LineMatch<'_, 'l>> {
        if line.len() > LONGEST_LINE {
            return None;
        }
        let index = self.area(area);
        for place in &index.quick {
            if let Some(found) = self.pattern(*place)?.matches_quickly(line, &self.vocabulary) {
                return Some(found);
            }
        }
        let row = line.as_bytes().first().map_or(EMPTY_LINE, |byte| usize::from(*byte));
        for word in 0..index.words {
            let mut bits = *index.candidates.get(row * index.words + word)?;
            while bits != 0 {
                let number = word * 64 + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                let pattern = self.pattern(*index.patterns.get(number)?)?;
                if let Some(found) = pattern.matches(line, &self.vocabulary) {
                    return Some(found);
                }
            }
        }
        None
    }

    /// Returns the match of a line with one pattern of this library.
    pub fn match_pattern<'p, 'l>(&self, pattern: &'p LinePattern, line: &'l str) -> Option<LineMatch<'p, 'l>> {
        if line.len() > LONGEST_LINE { None } else { pattern.matches(line, &self.vocabulary) }
    }

    /// Returns what an outcome word means, or `None` where no dialect knows it.
    pub fn outcome_word(&self, word: &str) -> Option<WordMeaning> {
        self.vocabulary.word(word)
    }

    /// Returns what an outcome word of pytest's result area means, and `None` for a symbol of another reporter.
    pub fn plain_word(&self, word: &str) -> Option<WordMeaning> {
        self.vocabulary.plain_word(word)
    }

    /// Returns what a letter of the dots means, or `None` where no dialect knows it.
    pub fn outcome_letter(&self, letter: char) -> Option<WordMeaning> {
        self.vocabulary.letter(letter)
    }

    /// Returns the section whose heading has this fill and title; `None` for a title that no dialect knows, which with
    /// `_` is the heading of a test's block.
    pub fn section(&self, fill: char, title: &str) -> Option<&Section> {
        self.dialects
            .iter()
            .flat_map(|dialect| &dialect.sections)
            .find(|section| section.matches(fill, title, &self.vocabulary))
    }

    /// Returns what a capture of a section's heading pattern holds in a title.
    pub fn section_capture<'t>(&self, section: &Section, title: &'t str, name: &str) -> Option<&'t str> {
        section.capture(title, name, &self.vocabulary)
    }

    /// Returns the line prefixes of all dialects, in the order in which they are to be tried.
    pub fn prefixes(&self) -> &[Prefix] {
        &self.prefixes
    }

    /// Returns lines without the prefix that (nearly) all of them have, and without the markers that some of them have. Meant
    /// for a look at a log; a reader of sessions decides this session by session.
    pub fn without_prefixes<'l>(&self, lines: &[&'l str]) -> Vec<Cow<'l, str>> {
        let said: Vec<&str> = lines.iter().copied().filter(|line| !line.trim().is_empty()).take(LOOKED_AT).collect();
        let has = |prefix: &&Prefix| {
            let count = said.iter().filter(|line| prefix.strip(line).is_some()).count();
            prefix.scope() == PrefixScope::LineStart && count * 10 > said.len() * 8
        };
        let prefix = self.prefixes.iter().find(has);
        let markers: Vec<&Prefix> =
            self.prefixes.iter().filter(|prefix| prefix.scope() == PrefixScope::Anywhere).collect();
        let strip = |line: &'l str| {
            let stripped = prefix.and_then(|prefix| prefix.strip(line)).map_or(Cow::Borrowed(line), |found| found.rest);
            markers.iter().fold(stripped, |line, marker| match marker.strip(&line) {
                Some(found) => Cow::Owned(found.rest.into_owned()),
                None => line,
            })
        };
        lines.iter().map(|line| strip(line)).collect()
    }

    pub(crate) fn into_dialects(self) -> Vec<Dialect> {
        self.dialects
    }

    pub(crate) fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    fn pattern(&self, (dialect, line): (usize, usize)) -> Option<&LinePattern> {
        self.dialects.get(dialect)?.lines.get(line)
    }

    fn area(&self, area: Area) -> &AreaIndex {
        // The number of an area is its place in `ALL`, of which the array has the length.
        self.areas[area as usize].get_or_init(|| AreaIndex::new(&self.dialects, area))
    }
}

impl AreaIndex {
    fn new(dialects: &[Dialect], area: Area) -> AreaIndex {
        let wanted = if area == Area::Any { vec![area] } else { vec![area, Area::Any] };
        let mut patterns = Vec::new();
        for area in wanted {
            for (dialect_number, dialect) in dialects.iter().enumerate() {
                let lines = dialect.lines.iter().enumerate().filter(|(_, pattern)| pattern.area == area);
                patterns.extend(lines.map(|(line_number, _)| (dialect_number, line_number)));
            }
        }
        let words = patterns.len().div_ceil(64);
        let mut candidates = vec![0; (EMPTY_LINE + 1) * words];
        for (number, (dialect, line)) in patterns.iter().enumerate() {
            let pattern = &dialects[*dialect].lines[*line];
            let bit = 1 << (number % 64);
            for row in 0..=EMPTY_LINE {
                let possible = match u8::try_from(row) {
                    Ok(byte) => pattern.may_start_with(byte),
                    Err(_) => pattern.may_be_empty(),
                };
                if possible {
                    candidates[row * words + number / 64] |= bit;
                }
            }
        }
        let is_quick = |place: &&(usize, usize)| dialects[place.0].lines[place.1].quick.is_some();
        let quick = patterns.iter().filter(is_quick).copied().collect();
        AreaIndex { patterns, quick, candidates, words }
    }
}
