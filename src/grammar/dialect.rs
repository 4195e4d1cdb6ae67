//! One grammar file, read.

use super::line_pattern::LinePattern;
use super::prefix::Prefix;
use super::sample::Sample;
use super::section::Section;
use super::words::Word;

/// Where a dialect comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// It is part of the program.
    BuiltIn,
    /// A user's file of this name.
    File(String),
    /// Part of the program, with a user's file of this name laid over it.
    Overlaid(String),
}

/// What one tool prints, as one grammar file has it.
#[derive(Debug, Clone)]
pub struct Dialect {
    pub(crate) name: String,
    pub(crate) title: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) tested_with: Vec<String>,
    pub(crate) origin: Origin,
    pub(crate) sections: Vec<Section>,
    pub(crate) lines: Vec<LinePattern>,
    pub(crate) prefixes: Vec<Prefix>,
    pub(crate) words: Vec<Word>,
    pub(crate) letters: Vec<Word>,
    pub(crate) symbols: Vec<Word>,
    pub(crate) samples: Vec<Sample>,
}

impl Dialect {
    /// Returns the name, which is also the name of the file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns one line about what it is.
    pub fn title(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.name)
    }

    /// Returns what is worth knowing about it.
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// Returns the releases whose output it was checked with.
    pub fn tested_with(&self) -> &[String] {
        &self.tested_with
    }

    /// Returns where it comes from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Returns its headings.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// Returns its line patterns, in the order in which they are tried.
    pub fn lines(&self) -> &[LinePattern] {
        &self.lines
    }

    /// Returns its line prefixes, in the order in which they are tried.
    pub fn prefixes(&self) -> &[Prefix] {
        &self.prefixes
    }

    /// Returns its samples; a built-in dialect of a [`Library`](super::Library) is read without them.
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// Returns the names of all sections, lines and prefixes.
    pub(crate) fn item_names(&self) -> Vec<String> {
        let sections = self.sections.iter().map(|section| section.name.clone());
        let lines = self.lines.iter().map(|line| line.name.clone());
        sections.chain(lines).chain(self.prefixes.iter().map(|prefix| prefix.name.clone())).collect()
    }
}
