//! One line pattern: cheap literals first, then a plain shape, then the regular expression.

use std::sync::OnceLock;

use memchr::memmem;

use super::emits::Emits;
use super::lazy_regex::LazyRegex;
use super::line_match::{Captured, LineMatch};
use super::quick::Quick;
use super::vocabulary::Area;
use super::words::Vocabulary;

/// Longer lines are nobody's: what a test runner says itself is far shorter.
pub(crate) const LONGEST_LINE: usize = 1 << 20;

/// One pattern of a dialect.
#[derive(Debug, Clone)]
pub struct LinePattern {
    pub(crate) name: String,
    pub(crate) dialect: String,
    pub(crate) area: Area,
    pub(crate) emits: Emits,
    pub(crate) starts_with: Vec<String>,
    pub(crate) ends_with: Vec<String>,
    pub(crate) contains: Vec<String>,
    pub(crate) quick: Option<Quick>,
    pub(crate) regex: LazyRegex,
    pub(crate) finders: OnceLock<Vec<memmem::Finder<'static>>>,
    pub(crate) line: u64,
}

impl LinePattern {
    /// Returns the name of the pattern in its grammar.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the name of the grammar.
    pub fn dialect(&self) -> &str {
        &self.dialect
    }

    /// Returns where the pattern applies.
    pub fn area(&self) -> Area {
        self.area
    }

    /// Returns what a matching line says.
    pub fn emits(&self) -> Emits {
        self.emits
    }

    /// Returns the regular expression as the grammar file has it.
    pub fn pattern(&self) -> &str {
        self.regex.text()
    }

    /// Whether a line with this first byte can match at all.
    pub(crate) fn may_start_with(&self, byte: u8) -> bool {
        let literal = self.starts_with.is_empty() || self.starts_with.iter().any(|literal| starts(literal, byte));
        literal && self.regex.prefix().is_none_or(|prefix| starts(prefix, byte))
    }

    /// Whether the empty line can match.
    pub(crate) fn may_be_empty(&self) -> bool {
        self.starts_with.is_empty() && self.regex.prefix().is_none()
    }

    /// Matches a line of at most [`LONGEST_LINE`] bytes.
    pub(crate) fn matches<'p, 'l>(&'p self, line: &'l str, vocabulary: &Vocabulary) -> Option<LineMatch<'p, 'l>> {
        if !self.literals_allow(line) {
            return None;
        }
        self.matches_quickly(line, vocabulary).or_else(|| self.matches_by_regex(line, vocabulary))
    }

    /// Matches a line that has exactly the plain shape.
    pub(crate) fn matches_quickly<'p, 'l>(
        &'p self,
        line: &'l str,
        vocabulary: &Vocabulary,
    ) -> Option<LineMatch<'p, 'l>> {
        let captures = self.quick?.read(line, vocabulary)?;
        Some(LineMatch { emits: self.emits, pattern: self, captured: Captured::Quick(captures) })
    }

    /// Matches a line the ordinary way, without the plain shape.
    pub(crate) fn matches_by_regex<'p, 'l>(
        &'p self,
        line: &'l str,
        vocabulary: &Vocabulary,
    ) -> Option<LineMatch<'p, 'l>> {
        let captures = self.regex.get(vocabulary)?.captures(line)?;
        Some(LineMatch { emits: self.emits, pattern: self, captured: Captured::Regex(captures) })
    }

    fn literals_allow(&self, line: &str) -> bool {
        let begins = self.regex.prefix().is_none_or(|prefix| line.starts_with(prefix));
        let starts = || self.starts_with.is_empty() || self.starts_with.iter().any(|literal| line.starts_with(literal));
        let ends = || self.ends_with.is_empty() || self.ends_with.iter().any(|literal| line.ends_with(literal));
        let contains = || self.contains.is_empty() || self.contains_one(line);
        begins && starts() && ends() && contains()
    }

    fn contains_one(&self, line: &str) -> bool {
        let finders = self
            .finders
            .get_or_init(|| self.contains.iter().map(|literal| memmem::Finder::new(literal).into_owned()).collect());
        finders.iter().any(|finder| finder.find(line.as_bytes()).is_some())
    }
}

fn starts(literal: &str, byte: u8) -> bool {
    literal.as_bytes().first() == Some(&byte)
}
