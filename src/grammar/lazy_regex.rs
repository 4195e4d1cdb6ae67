//! A regular expression that is compiled when it is first needed.

use std::ops::Range;
use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};

use super::words::Vocabulary;

/// The most that one compiled pattern may take: a grammar file is input too.
const SIZE_LIMIT: usize = 4 << 20;

/// A pattern's text, and the automaton once something asked for it.
#[derive(Debug, Clone)]
pub(crate) struct LazyRegex {
    text: String,
    /// The literal with which every match begins, as a range of the text; empty where there is none to be seen.
    prefix: OnceLock<Range<usize>>,
    /// `None` inside where the text is no regular expression: such a pattern matches nothing.
    compiled: OnceLock<Option<Regex>>,
}

impl LazyRegex {
    pub(crate) fn new(text: impl Into<String>) -> LazyRegex {
        LazyRegex { text: text.into(), prefix: OnceLock::new(), compiled: OnceLock::new() }
    }

    /// Returns the literal with which a text must begin to match at all, where the pattern shows one.
    pub(crate) fn prefix(&self) -> Option<&str> {
        let range = self.prefix.get_or_init(|| 1..1 + literal_prefix(&self.text).len());
        self.text.get(range.clone()).filter(|prefix| !prefix.is_empty())
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

/// Returns the plain characters behind a `^`, as far as nothing makes them optional.
fn literal_prefix(pattern: &str) -> &str {
    let Some(body) = pattern.strip_prefix('^') else { return "" };
    if has_outer_alternative(body) {
        return "";
    }
    let is_plain = |character: char| character.is_alphanumeric() || " :,-_=#/!~'\"<>%&@;".contains(character);
    let end = body.find(|character| !is_plain(character)).unwrap_or(body.len());
    let plain = body.get(..end).unwrap_or_default();
    match body.get(end..).and_then(|rest| rest.chars().next()) {
        // The last character may be repeated, or not be there at all.
        Some('?' | '*' | '+' | '{') => {
            plain.char_indices().last().map_or("", |(last, _)| plain.get(..last).unwrap_or(""))
        }
        _ => plain,
    }
}

/// Whether a `|` stands outside of all groups and classes.
fn has_outer_alternative(pattern: &str) -> bool {
    let (mut groups, mut classes) = (0_u32, 0_u32);
    let mut escaped = false;
    for character in pattern.chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => classes += 1,
            ']' => classes = classes.saturating_sub(1),
            '(' if classes == 0 => groups += 1,
            ')' if classes == 0 => groups = groups.saturating_sub(1),
            '|' if groups == 0 && classes == 0 => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_literal_prefix_of_a_pattern() {
        for (pattern, prefix) in [
            ("^platform (?P<platform>x)", "platform "),
            ("^abc?d", "ab"),
            ("^abc{2}", "ab"),
            ("^abc|^def", ""),
            ("abc", ""),
            (r"^\d+", ""),
            ("^(?:a|b)", ""),
            ("^a(?:b|c)$", "a"),
            (r"^a\(b|c", ""),
            ("^a[(]|b", ""),
            ("^a[|]b", "a"),
            ("^ünder +", "ünder"),
        ] {
            assert_eq!(literal_prefix(pattern), prefix, "{pattern}");
        }
    }
}
