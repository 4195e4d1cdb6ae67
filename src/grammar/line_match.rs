//! What a matched line says.

use super::emits::Emits;
use super::line_pattern::LinePattern;
use super::quick::QuickCaptures;

/// A line that a pattern recognised, with the captures.
#[derive(Debug)]
pub struct LineMatch<'p, 'l> {
    /// What the line says.
    pub emits: Emits,
    /// The pattern that matched.
    pub pattern: &'p LinePattern,
    pub(crate) captured: Captured<'l>,
}

/// Captures of a regular expression, or of one of the plain shapes that are read without.
#[derive(Debug)]
pub(crate) enum Captured<'l> {
    Regex(regex::Captures<'l>),
    Quick(QuickCaptures<'l>),
}

impl<'l> LineMatch<'_, 'l> {
    /// Returns what a capture holds; `None` where it took no part in the match, or the pattern has no such capture.
    pub fn get(&self, name: &str) -> Option<&'l str> {
        match &self.captured {
            Captured::Regex(captures) => captures.name(name).map(|found| found.as_str()),
            Captured::Quick(captures) => captures.get(name),
        }
    }

    /// Returns every capture that took part in the match, by name, in the order in which `emits` lists them.
    pub fn captures(&self) -> Vec<(&'static str, &'l str)> {
        let names = self.emits.captures();
        names.required.iter().chain(names.optional).filter_map(|name| Some((*name, self.get(name)?))).collect()
    }
}
