//! A regular expression that is compiled when it is first needed.

use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};

use super::words::Vocabulary;

/// The most that one compiled pattern may take: a grammar file is input too.
const SIZE_LIMIT: usize = 4 << 20;

/// A pattern's text, and the automaton once something asked for it.
#[derive(Debug, Clone)]
pub(crate) struct LazyRegex {
    text: String,
    /// `None` inside where the text is no regular expression: such a pattern matches nothing.
    compiled: OnceLock<Option<Regex>>,
}

impl LazyRegex {
    pub(crate) fn new(text: impl Into<String>) -> LazyRegex {
        LazyRegex { text: text.into(), compiled: OnceLock::new() }
    }

    /// Returns the text as the grammar file has it.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Returns the compiled expression, or `None` where it is none: the check at load says so.
    pub(crate) fn get(&self, vocabulary: &Vocabulary) -> Option<&Regex> {
        // Losing the error is right here: `check` compiles every pattern and reports it.
        self.compiled.get_or_init(|| compile(&self.text, vocabulary).ok()).as_ref()
    }
}

/// Compiles a pattern after filling in its placeholders.
pub(crate) fn compile(text: &str, vocabulary: &Vocabulary) -> Result<Regex, regex::Error> {
    RegexBuilder::new(&vocabulary.expand(text)).size_limit(SIZE_LIMIT).build()
}
