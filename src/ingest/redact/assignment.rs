//! Secrets that are known by the word before them: `password=...`, `"api_key": "..."`, `--token ...`.
//!
//! Test output is full of such words that introduce no secret: type annotations, keyword arguments, validation messages. So the value
//! must look like one, the more so the less the word says.

use std::ops::Range;
use std::sync::OnceLock;

use regex::Regex;

/// The words, in lower case, and how much each says. Longer ones are found through the shorter they hold: `client_secret`, `DB_PASSWORD`.
pub(super) const WORDS: &[(&str, Word)] = &[
    ("password", Word::Strong),
    ("passwd", Word::Strong),
    ("passphrase", Word::Strong),
    ("_pass", Word::Strong),
    ("_pwd", Word::Strong),
    ("secret", Word::Strong),
    ("api_key", Word::Strong),
    ("api-key", Word::Strong),
    ("apikey", Word::Strong),
    ("access_key", Word::Strong),
    ("access-key", Word::Strong),
    ("accesskey", Word::Strong),
    ("private_key", Word::Strong),
    ("private-key", Word::Strong),
    ("encryption_key", Word::Strong),
    ("signing_key", Word::Strong),
    ("access_token", Word::Strong),
    ("auth_token", Word::Strong),
    ("refresh_token", Word::Strong),
    ("token", Word::Weak),
    ("credential", Word::Weak),
    ("auth_key", Word::Weak),
];

/// How much a word says of what stands behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// A secret, unless the value is plainly none.
    Strong,
    /// A secret only where the value looks like one: parsers have tokens too.
    Weak,
}

/// Returns the name of the mask for a word.
pub(super) fn mask_name(word: &str) -> &'static str {
    if word.contains("pass") || word.contains("pwd") {
        "password"
    } else if word.contains("token") {
        "token"
    } else if word.contains("key") {
        "key"
    } else {
        "secret"
    }
}

/// Returns where the secret is in `text`, which begins with the word; `before` is what stands before it.
pub(super) fn find(text: &str, before: &str, word: &str, class: Word) -> Option<Range<usize>> {
    let rest = text.get(word.len()..)?;
    let found = assignment().captures(rest);
    let found = found.or_else(|| is_flag(before).then(|| flag().captures(rest)).flatten())?;
    // A word that goes on in small letters is another: `tokenizer`, `secretary`.
    let suffix = found.name("suffix").map_or("", |suffix| suffix.as_str());
    if suffix.starts_with(|c: char| c.is_ascii_lowercase()) && rest_is_lower(word, text) {
        return None;
    }
    let quoted = found.name("double").or_else(|| found.name("single"));
    let bare = found.name("bare");
    let value = quoted.or(bare)?;
    let next = rest.get(value.end()..).and_then(|after| after.chars().next());
    let operator = found.name("operator").map_or(" ", |operator| operator.as_str());
    let shape = if quoted.is_some() { Shape::Quoted } else { shape(operator) };
    let secret = !is_placeholder(value.as_str()) && is_secret(class, shape, value.as_str(), next);
    secret.then(|| word.len() + value.start()..word.len() + value.end())
}

fn assignment() -> &'static Regex {
    static PATTERN: OnceLock<Regex> = OnceLock::new();
    let pattern = concat!(
        r#"\A(?P<suffix>[A-Za-z0-9_-]{0,24})\\?["']?(?P<operator>[ \t]*(?:=>|:=|==|=|:)[ \t]*)"#,
        r#"(?:\\?[bruf]{0,2}"(?P<double>[^"\\\r\n]{1,500})|\\?[bruf]{0,2}'(?P<single>[^'\\\r\n]{1,500})"#,
        r#"|(?P<bare>[^\s"'\\,;&<>(){}\[\]|]{1,500}))"#
    );
    PATTERN.get_or_init(|| Regex::new(pattern).expect("a pattern that every test compiles"))
}

/// A value behind a flag of a command line stands alone.
fn flag() -> &'static Regex {
    static PATTERN: OnceLock<Regex> = OnceLock::new();
    let pattern = r#"\A(?P<suffix>[A-Za-z0-9_-]{0,24})[ \t]+["']?(?P<bare>[^\s"'\\,;&<>(){}\[\]|-][^\s"'\\,;&<>(){}\[\]|]{0,500})"#;
    PATTERN.get_or_init(|| Regex::new(pattern).expect("a pattern that every test compiles"))
}

/// Whether the word is the end of a flag: `--password`, `--db-password`.
fn is_flag(before: &str) -> bool {
    before.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-').len() + 2 <= before.len()
        && before.rsplit(char::is_whitespace).next().is_some_and(|last| last.starts_with("--"))
}

fn rest_is_lower(word: &str, text: &str) -> bool {
    text.get(..word.len()).is_some_and(|written| written.ends_with(|c: char| c.is_ascii_lowercase()))
}

/// How a value stands behind its word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// `password="x"`, `'password': 'x'`.
    Quoted,
    /// `password=x`, as in a query or an environment.
    Tight,
    /// `password = x`, as in code and settings.
    Loose,
    /// `password: x`, as in YAML, headers and annotations.
    Colon,
}

fn shape(operator: &str) -> Shape {
    match operator.trim() {
        ":" => Shape::Colon,
        "=" | "" if operator.trim() == operator || operator == " " => Shape::Tight,
        _ => Shape::Loose,
    }
}

fn is_secret(class: Word, shape: Shape, value: &str, next: Option<char>) -> bool {
    let has = |kind: fn(char) -> bool| value.contains(kind);
    let digit = has(|c| c.is_ascii_digit());
    let letter = has(char::is_alphabetic);
    let symbol = has(|c| !c.is_alphanumeric() && !matches!(c, '_' | '.' | '-'));
    let spaced = has(char::is_whitespace);
    let code = matches!(next, Some('(' | '[' | '.' | ')'));
    if spaced || value.starts_with([':', '=', '-']) {
        return false;
    }
    if class == Word::Weak {
        return value.len() >= 8 && digit && letter && (shape == Shape::Quoted || !code);
    }
    match shape {
        Shape::Quoted => value.len() >= 4,
        Shape::Tight if digit || symbol => value.len() >= 6 && !matches!(next, Some('(' | '[')),
        // An identifier is rather an argument of a call than a password.
        Shape::Tight => value.len() >= 6 && !value.contains(['_', '.']) && !code && next != Some(','),
        Shape::Loose => value.len() >= 8 && digit && !code,
        Shape::Colon => value.len() >= 6 && (digit || symbol) && !matches!(next, Some('(' | '[')),
    }
}

/// Words that stand for a secret, or say that there is none, or of what type it is.
const PLACEHOLDERS: [&str; 36] = [
    "pass",
    "passw",
    "pwd",
    "pw",
    "none",
    "null",
    "nil",
    "true",
    "false",
    "undefined",
    "empty",
    "missing",
    "invalid",
    "required",
    "optional",
    "string",
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "value",
    "hidden",
    "masked",
    "redacted",
    "filtered",
    "unset",
    "integer",
    "object",
    "bytes",
    "credential",
    "credentials",
    "username",
    "api_key",
    "apikey",
    "private_key",
];

/// Returns whether a value only stands for a secret.
pub(super) fn is_placeholder(value: &str) -> bool {
    let first = value.chars().next();
    let same = value.chars().all(|c| Some(c) == first);
    let marked = value.starts_with(['$', '{', '<', '[', '*']) || value.starts_with("%(") || value.starts_with("...");
    same || marked || PLACEHOLDERS.iter().any(|word| value.eq_ignore_ascii_case(word))
}
