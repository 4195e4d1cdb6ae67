//! Finding secrets in one text.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind};
use regex::{Regex, RegexSet};

use super::assignment::{self, WORDS};
use super::kinds::{Begins, KINDS, Kind, Scope};

/// How far behind its first letters a secret is looked at.
const REACH: usize = 16 << 10;

/// Finds and masks secrets.
#[derive(Debug)]
pub struct Redactor {
    needles: AhoCorasick,
    meanings: Vec<Meaning>,
    patterns: Vec<OnceLock<Regex>>,
    own_set: Option<RegexSet>,
    own: Vec<OwnPattern>,
}

/// What a needle may be the beginning of: an index into the kinds, or into the words.
#[derive(Debug, Clone, Copy)]
enum Meaning {
    Kind(usize),
    Word(usize),
}

/// A pattern of the user's. A group `secret` is what is masked; the whole match without one.
#[derive(Debug, Clone)]
pub struct OwnPattern {
    name: String,
    pattern: Regex,
}

/// Why a pattern of the user's cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("invalid redaction pattern `{name}`: {detail}")]
pub struct OwnPatternError {
    name: String,
    detail: String,
}

impl OwnPattern {
    /// Compiles a pattern; the name appears in masks and counts.
    pub fn new(name: &str, pattern: &str) -> Result<OwnPattern, OwnPatternError> {
        let failed = |detail: String| OwnPatternError { name: name.to_owned(), detail };
        let pattern = Regex::new(pattern).map_err(|error| failed(error.to_string()))?;
        if pattern.is_match("") {
            return Err(failed("it matches the empty text, and so everywhere".to_owned()));
        }
        Ok(OwnPattern { name: name.to_owned(), pattern })
    }
}

/// How often each kind of secret was masked.
pub(super) type Counts = BTreeMap<String, u64>;

/// One secret in a text.
struct Hit<'r> {
    range: Range<usize>,
    rank: Rank,
    name: &'r str,
}

/// Who names a secret that several recognise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Own,
    Kind,
    Word,
}

impl Redactor {
    /// Returns a redactor of everything known, and of these patterns.
    pub fn new(own: Vec<OwnPattern>) -> Redactor {
        let of_kinds = KINDS.iter().enumerate();
        let of_kinds =
            of_kinds.flat_map(|(at, kind)| kind.needles.iter().map(move |needle| (*needle, Meaning::Kind(at))));
        let of_words = WORDS.iter().enumerate().map(|(at, (word, _))| (*word, Meaning::Word(at)));
        let (needles, meanings): (Vec<&str>, Vec<Meaning>) = of_kinds.chain(of_words).unzip();
        let needles = AhoCorasickBuilder::new()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::DFA))
            .build(needles)
            .expect("a hundred short words are no burden");
        let set = RegexSet::new(own.iter().map(|own| own.pattern.as_str())).ok().filter(|_| !own.is_empty());
        let patterns = KINDS.iter().map(|_| OnceLock::new()).collect();
        // A set too large to be built costs speed only: the patterns are then tried one by one.
        Redactor { needles, meanings, patterns, own_set: set, own }
    }

    /// Masks the secrets of a text in place, and returns how many there were.
    pub fn redact(&self, text: &mut String) -> u64 {
        let mut counts = Counts::new();
        self.redact_text(text, &mut counts);
        counts.values().sum()
    }

    /// Masks and counts the secrets of a text.
    pub(super) fn redact_text(&self, text: &mut String, counts: &mut Counts) {
        self.redact_in(text, Scope::Texts, counts);
    }

    /// Masks and counts the secrets of a test's name, of which only the plain ones are taken for such.
    pub(super) fn redact_name(&self, text: &mut String, counts: &mut Counts) {
        self.redact_in(text, Scope::Names, counts);
    }

    /// Masks and counts the secrets of a value whose key may say what it is.
    pub(super) fn redact_value(&self, key: &str, value: &mut String, counts: &mut Counts) {
        self.redact_text(value, counts);
        let lower = key.to_ascii_lowercase();
        let Some((at, word, class)) = WORDS.iter().find_map(|(word, class)| Some((lower.find(word)?, *word, *class)))
        else {
            return;
        };
        let pair = format!("{}=\"{value}\"", &lower[at..]);
        if assignment::find(&pair, "", word, class).is_some() {
            let name = assignment::mask_name(word);
            *value = mask(name);
            *counts.entry(name.to_owned()).or_default() += 1;
        }
    }

    fn redact_in(&self, text: &mut String, scope: Scope, counts: &mut Counts) {
        if let Some(masked) = self.masked(text, scope, counts) {
            *text = masked;
        }
    }

    /// Returns a text with its secrets masked, and counts them; `None` where there are none.
    pub(super) fn masked(&self, text: &str, scope: Scope, counts: &mut Counts) -> Option<String> {
        let hits = self.hits(text, scope);
        if hits.is_empty() {
            return None;
        }
        let mut masked = String::with_capacity(text.len());
        let mut done = 0;
        for hit in hits {
            // Where two overlap, the first in the text has covered both.
            if hit.range.start >= done {
                masked.push_str(&text[done..hit.range.start]);
                masked.push_str(&mask(hit.name));
                *counts.entry(hit.name.to_owned()).or_default() += 1;
                done = hit.range.end;
            }
        }
        masked.push_str(&text[done..]);
        Some(masked)
    }

    /// Returns the secrets of a text by their beginning; of those that begin together, the best known first.
    fn hits(&self, text: &str, scope: Scope) -> Vec<Hit<'_>> {
        let mut hits = Vec::new();
        for found in self.needles.find_overlapping_iter(text) {
            let at = found.start();
            let Some(rest) = text.get(at..text.floor_char_boundary(at.saturating_add(REACH))) else { continue };
            let hit = match self.meanings.get(found.pattern().as_usize()) {
                Some(Meaning::Kind(index)) => self.kind_at(*index, text, at, rest, scope),
                Some(Meaning::Word(index)) if scope == Scope::Texts => WORDS.get(*index).and_then(|(word, class)| {
                    let before = &text[text.floor_char_boundary(at.saturating_sub(40))..at];
                    let range = assignment::find(rest, before, word, *class)?;
                    let range = at + range.start..at + range.end;
                    Some(Hit { range, rank: Rank::Word, name: assignment::mask_name(word) })
                }),
                Some(Meaning::Word(_)) | None => None,
            };
            hits.extend(hit);
        }
        self.own_hits(text, &mut hits);
        hits.sort_by_key(|hit| (hit.range.start, hit.rank, Reverse(hit.range.end)));
        hits
    }

    fn kind_at(&self, index: usize, text: &str, at: usize, rest: &str, scope: Scope) -> Option<Hit<'_>> {
        let kind = KINDS.get(index)?;
        if scope == Scope::Names && kind.scope == Scope::Texts
            || kind.begins == Begins::AtWord && is_within_word(&text.as_bytes()[..at])
        {
            return None;
        }
        let found = self.pattern(index, kind)?.captures(rest)?;
        let secret = found.name("secret").or_else(|| found.get(0))?;
        let masked = secret.as_str().starts_with("<redacted");
        (!masked && !secret.is_empty() && (kind.check)(secret.as_str())).then(|| Hit {
            range: at + secret.start()..at + secret.end(),
            rank: Rank::Kind,
            name: kind.name,
        })
    }

    fn pattern(&self, index: usize, kind: &Kind) -> Option<&Regex> {
        let anchored = || Regex::new(&format!(r"\A(?:{})", kind.pattern)).expect("a pattern that a test compiles");
        self.patterns.get(index).map(|pattern| pattern.get_or_init(anchored))
    }

    fn own_hits<'r>(&'r self, text: &str, hits: &mut Vec<Hit<'r>>) {
        if self.own_set.as_ref().is_some_and(|set| !set.is_match(text)) {
            return;
        }
        for own in &self.own {
            for found in own.pattern.captures_iter(text) {
                if let Some(secret) = found.name("secret").or_else(|| found.get(0)).filter(|secret| !secret.is_empty())
                {
                    hits.push(Hit { range: secret.range(), rank: Rank::Own, name: &own.name });
                }
            }
        }
    }
}

fn mask(name: &str) -> String {
    format!("<redacted:{name}>")
}

/// Whether a word goes on here. The end of an escape, written out (`\n`) or a terminal's (`ESC[31m`), is no part of a word.
fn is_within_word(before: &[u8]) -> bool {
    match before {
        [.., b'\\', b'n' | b'r' | b't'] => false,
        [rest @ .., b'm'] => {
            let start = rest.iter().rposition(|byte| !byte.is_ascii_digit() && *byte != b';');
            start.is_none_or(|at| rest[at] != b'[')
        }
        [.., last] => last.is_ascii_alphanumeric() || *last == b'_',
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes out the placeholders of the samples.
    fn written_out(text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let placeholder = after.split_once('}').and_then(|(inner, tail)| {
                let alphabet = match inner.get(..1)? {
                    "A" => "aB3xK9zQ7mR2tW5yC8nV4pL6",
                    "U" => "Q3ZW7EX2RC5T",
                    "H" => "5d41402abc4b2a76b9719d911017c592",
                    _ => return None,
                };
                let length: usize = inner.get(1..)?.parse().ok()?;
                Some((alphabet.chars().cycle().take(length).collect::<String>(), tail))
            });
            match placeholder {
                Some((text, tail)) => {
                    out.push_str(&text);
                    rest = tail;
                }
                None => {
                    out.push('{');
                    rest = after;
                }
            }
        }
        out + rest
    }

    #[test]
    fn samples_are_masked_where_they_say_and_nowhere_else() {
        let redactor = Redactor::new(Vec::new());
        let mut wrong = Vec::new();
        for line in include_str!("samples.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (kind, sample) = line.split_once(": ").expect("a kind and a text");
            let sample = written_out(sample);
            let given = sample.replace("[[", "").replace("]]", "");
            let expected = match (sample.split_once("[["), sample.split_once("]]")) {
                (Some((before, _)), Some((_, after))) => format!("{before}<redacted:{kind}>{after}"),
                _ => sample.clone(),
            };
            // Both as it stands and amid other lines.
            for (before, after) in [("", ""), ("é\n> ", "\nE   x")] {
                let mut text = format!("{before}{given}{after}");
                redactor.redact(&mut text);
                if text != format!("{before}{expected}{after}") {
                    wrong.push(format!("{kind}: {text}"));
                }
                let once = text.clone();
                redactor.redact(&mut text);
                assert_eq!(text, once, "a mask is masked again");
            }
        }
        assert_eq!(wrong, Vec::<String>::new());
    }

    #[test]
    fn every_kind_has_a_sample() {
        for kind in KINDS {
            Regex::new(kind.pattern).expect("every pattern compiles");
        }
        let samples = include_str!("samples.txt");
        let missing: Vec<&str> = KINDS
            .iter()
            .map(|kind| kind.name)
            .filter(|name| !samples.contains(&format!("\n{name}: ")) && *name != "private-key")
            .collect();
        assert_eq!(missing, Vec::<&str>::new());
    }

    #[test]
    fn private_keys_are_masked_whole_cut_and_written_out() {
        let redactor = Redactor::new(Vec::new());
        let body = written_out("{A64}\n{A64}\n{A12}==\n");
        let (begin, end) = ("-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----");
        let rows = [
            (format!("a\n{begin}\n{body}{end}\nb"), format!("a\n{begin}<redacted:private-key>\nb")),
            (
                format!("key = '{begin}\\n{}{end}\\n'", body.replace('\n', "\\n")),
                format!("key = '{begin}<redacted:private-key>\\n'"),
            ),
            (format!("a\n{begin}\n{body}"), format!("a\n{begin}<redacted:private-key>")),
        ];
        for (mut text, expected) in rows {
            redactor.redact(&mut text);
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn names_lose_only_what_is_plainly_a_secret() {
        let redactor = Redactor::new(Vec::new());
        let mut counts = Counts::new();
        let mut name = String::from("test_login.py::test_login[password=hunter22]");
        redactor.redact_name(&mut name, &mut counts);
        assert_eq!(name, "test_login.py::test_login[password=hunter22]");
        let mut name = written_out("test_login.py::test_login[ghp_{A36}]");
        redactor.redact_name(&mut name, &mut counts);
        assert_eq!(name, "test_login.py::test_login[<redacted:github-token>]");
        assert_eq!(counts, Counts::from([("github-token".to_owned(), 1)]));
    }

    #[test]
    fn a_key_says_what_its_value_is() {
        let redactor = Redactor::new(Vec::new());
        let rows = [
            ("API_TOKEN", "a1b2c3d4e5", "<redacted:token>"),
            ("db_password", "swordfish", "<redacted:password>"),
            ("revision", "5d41402abc4b2a76b9719d911017c592", "5d41402abc4b2a76b9719d911017c592"),
            ("tokens", "12", "12"),
        ];
        for (key, value, expected) in rows {
            let mut value = value.to_owned();
            redactor.redact_value(key, &mut value, &mut Counts::new());
            assert_eq!(value, expected, "{key}");
        }
    }

    #[test]
    fn own_patterns_mask_their_group() {
        let own = OwnPattern::new("employee", "emp-(?P<secret>[0-9]+)").expect("a pattern");
        let redactor = Redactor::new(vec![own]);
        let mut text = String::from("emp-123 and emp-4, password=hunter22");
        assert_eq!(redactor.redact(&mut text), 3);
        assert_eq!(text, "emp-<redacted:employee> and emp-<redacted:employee>, password=<redacted:password>");
        assert!(OwnPattern::new("all", "x*").is_err());
        assert!(OwnPattern::new("broken", "(").is_err());
    }
}
