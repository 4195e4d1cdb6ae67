//! The headings of a dialect.

use super::lazy_regex::LazyRegex;
use super::vocabulary::Opens;
use super::words::Vocabulary;

/// One heading: how it is recognised, and what it opens.
#[derive(Debug, Clone)]
pub struct Section {
    pub(crate) name: String,
    pub(crate) dialect: String,
    pub(crate) fill: String,
    pub(crate) title: SectionTitle,
    pub(crate) opens: Opens,
    pub(crate) line: u64,
}

/// How the title of a heading is recognised.
#[derive(Debug, Clone)]
pub(crate) enum SectionTitle {
    /// It is one of these.
    Exact(Vec<String>),
    /// It matches this pattern.
    Pattern(LazyRegex),
}

impl Section {
    /// Returns the name of the section in its grammar.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the name of the grammar.
    pub fn dialect(&self) -> &str {
        &self.dialect
    }

    /// Returns the characters with which the heading may be filled.
    pub fn fill(&self) -> &str {
        &self.fill
    }

    /// Returns what the heading opens.
    pub fn opens(&self) -> Opens {
        self.opens
    }

    /// Returns the titles, or the pattern, as the grammar file has them.
    pub fn title(&self) -> String {
        match &self.title {
            SectionTitle::Exact(titles) => titles.join(" | "),
            SectionTitle::Pattern(pattern) => pattern.text().to_owned(),
        }
    }

    pub(crate) fn matches(&self, fill: char, title: &str, vocabulary: &Vocabulary) -> bool {
        self.fill.contains(fill)
            && match &self.title {
                SectionTitle::Exact(titles) => titles.iter().any(|exact| exact == title),
                SectionTitle::Pattern(pattern) => {
                    pattern.prefix().is_none_or(|prefix| title.starts_with(prefix))
                        && pattern.get(vocabulary).is_some_and(|regex| regex.is_match(title))
                }
            }
    }

    pub(crate) fn capture<'t>(&self, title: &'t str, name: &str, vocabulary: &Vocabulary) -> Option<&'t str> {
        match &self.title {
            SectionTitle::Exact(_) => None,
            SectionTitle::Pattern(pattern) => Some(pattern.get(vocabulary)?.captures(title)?.name(name)?.as_str()),
        }
    }
}

/// Splits a separator line into its fill character and its title, without looking at widths: `=== FAILURES ===`.
pub(crate) fn split_separator(line: &str) -> Option<(char, &str)> {
    let fill = line.chars().next()?;
    let inner = line.trim_start_matches(fill).trim_end_matches(fill);
    let title = inner.strip_prefix(' ')?.strip_suffix(' ')?;
    (!fill.is_alphanumeric() && !title.is_empty()).then_some((fill, title))
}
