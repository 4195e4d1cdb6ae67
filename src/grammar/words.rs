//! The outcome words, letters and symbols of a whole library.

use super::dialect::Dialect;
use super::vocabulary::WordMeaning;

/// One word, letter or symbol and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// As it is printed.
    pub(crate) text: String,
    /// What it means.
    pub(crate) meaning: WordMeaning,
    /// The line of the grammar file.
    pub(crate) line: u64,
}

/// Every word of a library, and what the placeholders of patterns stand for.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary {
    /// Sorted by text, each once: the dialect that comes first decides.
    words: Texts,
    letters: Texts,
    symbols: Texts,
}

/// Texts with their meaning, sorted, and the place of the first that begins with each byte.
#[derive(Debug, Default)]
struct Texts {
    sorted: Vec<(String, WordMeaning)>,
    begin: Vec<usize>,
}

impl Vocabulary {
    /// Collects the words of dialects, of which an earlier one wins over a later one.
    pub(crate) fn new(dialects: &[Dialect]) -> Vocabulary {
        Vocabulary {
            words: sorted(dialects.iter().flat_map(|dialect| &dialect.words)),
            letters: sorted(dialects.iter().flat_map(|dialect| &dialect.letters)),
            symbols: sorted(dialects.iter().flat_map(|dialect| &dialect.symbols)),
        }
    }

    /// Returns what a word means; symbols of other reporters and letters count as words too.
    pub(crate) fn word(&self, text: &str) -> Option<WordMeaning> {
        self.words.get(text).or_else(|| self.symbols.get(text)).or_else(|| self.letters.get(text))
    }

    /// Returns what a text means that is one of the words for which `{word}` stands.
    pub(crate) fn plain_word(&self, text: &str) -> Option<WordMeaning> {
        self.words.get(text)
    }

    /// Returns whether a text is one of the words for which `{word}` stands, and not one of subtests, which come with more.
    pub(crate) fn is_plain_word(&self, text: &str) -> bool {
        match self.words.get(text) {
            Some(WordMeaning::Outcome(_) | WordMeaning::Rerun | WordMeaning::Retried) => true,
            Some(WordMeaning::Subtest(_) | WordMeaning::AnySubtest) | None => false,
        }
    }

    /// Returns what a letter of the dots means; a symbol of another reporter counts as a letter.
    pub(crate) fn letter(&self, letter: char) -> Option<WordMeaning> {
        let mut buffer = [0; 4];
        let text: &str = letter.encode_utf8(&mut buffer);
        self.letters.get(text).or_else(|| self.symbols.get(text))
    }

    /// Returns a pattern's text with the placeholders `{word}`, `{letters}` and `{symbol}` filled in, and with `\d`, `\w` and
    /// `\s` narrowed to ASCII, which is what tools print and what keeps the automata small.
    pub(crate) fn expand(&self, pattern: &str) -> String {
        let mut text = with_ascii_classes(pattern);
        if text.contains("{word}") {
            text = text.replace("{word}", &alternation(&self.words.sorted));
        }
        if text.contains("{letters}") {
            text = text.replace("{letters}", &letter_run(&self.letters.sorted));
        }
        if text.contains("{symbol}") {
            text = text.replace("{symbol}", &alternation(&self.symbols.sorted));
        }
        text
    }

    /// Returns every word, for the check that a word is known.
    pub(crate) fn all_words(&self) -> impl Iterator<Item = &str> {
        self.words.sorted.iter().chain(&self.symbols.sorted).map(|(text, _)| text.as_str())
    }
}

fn with_ascii_classes(pattern: &str) -> String {
    let mut text = String::with_capacity(pattern.len() + 32);
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            text.push(character);
            continue;
        }
        match characters.next() {
            Some('d') => text.push_str("[0-9]"),
            Some('w') => text.push_str("[0-9A-Za-z_]"),
            Some('s') => text.push_str(r"[ \t\r\n\x0B\x0C]"),
            Some('S') => text.push_str(r"[^ \t\r\n\x0B\x0C]"),
            Some('b') => text.push_str(r"(?-u:\b)"),
            Some(other) => text.extend(['\\', other]),
            None => text.push('\\'),
        }
    }
    text
}

/// Alternatives of which the longest is tried first, so that none hides another that it begins.
fn alternation(words: &[(String, WordMeaning)]) -> String {
    let mut texts: Vec<&str> = words.iter().map(|(text, _)| text.as_str()).collect();
    texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
    let escaped: Vec<String> = texts.into_iter().map(regex::escape).collect();
    format!("(?:{})", escaped.join("|"))
}

/// One or more letters. A run of dashes alone is a rule that somebody drew, although the dash is a letter of subtests.
fn letter_run(letters: &[(String, WordMeaning)]) -> String {
    let class: String = letters.iter().map(|(letter, _)| regex::escape(letter)).collect();
    if letters.iter().any(|(letter, _)| letter == "-") {
        format!("(?:-*[[{class}]--[-]][{class}]*)")
    } else {
        format!("[{class}]+")
    }
}

fn sorted<'a>(words: impl Iterator<Item = &'a Word>) -> Texts {
    let mut sorted: Vec<(String, WordMeaning)> = words.map(|word| (word.text.clone(), word.meaning)).collect();
    // The sort is stable, so of equal texts the one of the earlier dialect stays in front and survives.
    sorted.sort_by(|left, right| left.0.cmp(&right.0));
    sorted.dedup_by(|later, earlier| later.0 == earlier.0);
    let first = |word: &(String, WordMeaning)| word.0.as_bytes().first().map_or(0, |byte| usize::from(*byte));
    let begin = (0..=usize::from(u8::MAX) + 1).map(|byte| sorted.partition_point(|word| first(word) < byte)).collect();
    Texts { sorted, begin }
}

impl Texts {
    /// Nearly all texts that are asked for are one of the few words that begin so.
    fn get(&self, text: &str) -> Option<WordMeaning> {
        let first = usize::from(*text.as_bytes().first()?);
        let same = self.sorted.get(*self.begin.get(first)?..*self.begin.get(first + 1)?)?;
        same.iter().find(|(word, _)| word == text).map(|(_, meaning)| *meaning)
    }
}
