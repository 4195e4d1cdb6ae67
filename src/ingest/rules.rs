//! What the user says of where a session belongs: the system under test and the tags, given or told by the path.

use std::collections::BTreeMap;

use regex::{Captures, Regex};

use crate::model::TestSession;

/// Rules by which sessions get their system under test and their tags.
///
/// | wanted | the first of these that says something |
/// |---|---|
/// | system under test | `sut_from`, then `mapping` in order, then `sut` |
/// | a tag | `tags`, then `tags_from`, then `mapping` in order, then what the report says of itself, then the CI's facts |
#[derive(Debug, Clone, Default)]
pub struct IdentityRules {
    /// The system under test of everything for which nothing else says one (`--sut`).
    pub sut: Option<String>,
    /// Patterns of paths, whose group `sut` is the system under test (`--sut-from`).
    pub sut_from: Vec<PathPattern>,
    /// Tags of every session (`--tag`).
    pub tags: BTreeMap<String, String>,
    /// Patterns of paths, each of whose named groups is a tag (`--tags-from`).
    pub tags_from: Vec<PathPattern>,
    /// The project's own mapping (`insight.toml`).
    pub mapping: Vec<MappingRule>,
}

/// A regular expression that is held against the path of a file, archives' members included: `ci/run-7.zip!/unit/report.xml`, with forward
/// slashes everywhere. It may match anywhere in it.
#[derive(Debug, Clone)]
pub struct PathPattern(Regex);

/// One line of a mapping: where the path matches, this is the system under test and these are tags. `$name` and `${name}` stand for what a
/// group of the pattern matched.
#[derive(Debug, Clone)]
pub struct MappingRule {
    path: PathPattern,
    sut: Option<String>,
    tags: BTreeMap<String, String>,
}

/// Why a pattern cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PatternError {
    /// It is no regular expression.
    #[error("invalid pattern `{pattern}`: {detail}")]
    Invalid {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        detail: String,
    },
    /// It lacks a group that its use needs.
    #[error("pattern `{pattern}` has no group named `{group}`: write (?P<{group}>...) around the part that is meant")]
    NoGroup {
        /// The pattern.
        pattern: String,
        /// The group.
        group: String,
    },
    /// It has no named group, of which at least one is needed.
    #[error("pattern `{pattern}` has no named group: write (?P<name>...) around each part that is meant")]
    NoNamedGroup {
        /// The pattern.
        pattern: String,
    },
}

impl PathPattern {
    /// Compiles a pattern.
    pub fn new(pattern: &str) -> Result<PathPattern, PatternError> {
        let invalid = |error: regex::Error| {
            // The error repeats the pattern on lines of its own; its last line says what is wrong.
            let detail = error.to_string();
            let detail = detail.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            PatternError::Invalid { pattern: pattern.to_owned(), detail }
        };
        Regex::new(pattern).map(PathPattern).map_err(invalid)
    }

    /// Compiles a pattern for [`IdentityRules::sut_from`].
    pub fn with_group(pattern: &str, group: &str) -> Result<PathPattern, PatternError> {
        let compiled = PathPattern::new(pattern)?;
        if compiled.0.capture_names().flatten().any(|name| name == group) {
            return Ok(compiled);
        }
        Err(PatternError::NoGroup { pattern: pattern.to_owned(), group: group.to_owned() })
    }

    /// Compiles a pattern for [`IdentityRules::tags_from`].
    pub fn with_named_groups(pattern: &str) -> Result<PathPattern, PatternError> {
        let compiled = PathPattern::new(pattern)?;
        if compiled.0.capture_names().flatten().next().is_some() {
            return Ok(compiled);
        }
        Err(PatternError::NoNamedGroup { pattern: pattern.to_owned() })
    }

    /// Returns the pattern as it was given.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Returns what a group matched in a path, if it did.
    pub(crate) fn group(&self, path: &str, group: &str) -> Option<String> {
        self.0.captures(path)?.name(group).and_then(|found| non_empty(found.as_str()))
    }

    /// Returns what tells the files of one run from those of others: the named group `group`, else all groups, else the whole match.
    pub(crate) fn key(&self, path: &str) -> Option<String> {
        let captures = self.0.captures(path)?;
        if let Some(group) = captures.name("group") {
            return Some(group.as_str().to_owned());
        }
        let groups: Vec<&str> = captures.iter().skip(1).flatten().map(|group| group.as_str()).collect();
        let whole = captures.get(0).map(|whole| whole.as_str());
        // Groups may hold anything but this character.
        if groups.is_empty() { whole.map(str::to_owned) } else { Some(groups.join("\0")) }
    }

    fn captures<'p>(&self, path: &'p str) -> Option<Captures<'p>> {
        self.0.captures(path)
    }

    fn named(&self, path: &str) -> Vec<(String, String)> {
        let Some(captures) = self.0.captures(path) else { return Vec::new() };
        let named = |name: &str| Some((name.to_owned(), non_empty(captures.name(name)?.as_str())?));
        self.0.capture_names().flatten().filter_map(named).collect()
    }
}

impl MappingRule {
    /// Returns a rule; `sut` and the tags' values may name groups of the pattern.
    pub fn new(path: PathPattern, sut: Option<String>, tags: BTreeMap<String, String>) -> MappingRule {
        MappingRule { path, sut, tags }
    }
}

impl IdentityRules {
    /// Gives a session that was read from `path` what the rules say. Facts of the CI come before, and do not win.
    pub(crate) fn apply(&self, path: &str, session: &mut TestSession) {
        let path = slashed(path);
        let mapped: Vec<(&MappingRule, Captures<'_>)> =
            self.mapping.iter().filter_map(|rule| Some((rule, rule.path.captures(&path)?))).collect();
        let sut = self.sut_from.iter().find_map(|pattern| pattern.group(&path, "sut"));
        let sut = sut.or_else(|| mapped.iter().find_map(|(rule, found)| expanded(rule.sut.as_ref()?, found)));
        if let Some(sut) = sut.or_else(|| self.sut.clone()) {
            session.sut_name = Some(sut);
        }
        // From the weakest to the strongest.
        for (rule, found) in mapped.iter().rev() {
            let tags = rule.tags.iter().filter_map(|(key, value)| Some((key.clone(), expanded(value, found)?)));
            session.tags.extend(tags);
        }
        for pattern in self.tags_from.iter().rev() {
            session.tags.extend(pattern.named(&path));
        }
        session.tags.extend(self.tags.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
}

fn expanded(template: &str, found: &Captures<'_>) -> Option<String> {
    let mut text = String::new();
    found.expand(template, &mut text);
    non_empty(&text)
}

fn non_empty(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// Returns a path as patterns see it.
pub(crate) fn slashed(path: &str) -> String {
    if cfg!(windows) { path.replace('\\', "/") } else { path.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_strongest_rule_wins_and_weaker_ones_fill_the_rest() {
        let rules = IdentityRules {
            sut: Some("rest".to_owned()),
            sut_from: vec![PathPattern::with_group("sut-(?P<sut>[a-z]*)", "sut").expect("a pattern")],
            tags: tags(&[("given", "yes")]),
            tags_from: vec![PathPattern::with_named_groups("run-(?P<run>[0-9]+)|(?P<other>zz)").expect("a pattern")],
            mapping: vec![
                MappingRule::new(
                    PathPattern::new("services/(?P<name>[^/]+)/").expect("a pattern"),
                    Some("$name-api".to_owned()),
                    tags(&[("team", "${name}s"), ("given", "no"), ("run", "none")]),
                ),
                MappingRule::new(
                    PathPattern::new("services/").expect("a pattern"),
                    None,
                    tags(&[("team", "all"), ("kind", "service")]),
                ),
            ],
        };
        let rows = [
            ("a/b.xml", "rest", tags(&[("given", "yes"), ("own", "1")])),
            (
                "sut-pay/services/cart/b.xml",
                "pay",
                tags(&[("given", "yes"), ("own", "1"), ("team", "carts"), ("run", "none"), ("kind", "service")]),
            ),
            (
                "sut-/services/cart/run-7.zip!/b.xml",
                "cart-api",
                tags(&[("given", "yes"), ("own", "1"), ("team", "carts"), ("run", "7"), ("kind", "service")]),
            ),
        ];
        for (path, sut, expected) in rows {
            let mut session = TestSession { tags: tags(&[("own", "1"), ("given", "own")]), ..TestSession::default() };
            rules.apply(path, &mut session);
            assert_eq!((session.sut_name.as_deref(), session.tags), (Some(sut), expected), "{path}");
        }
    }

    #[test]
    fn patterns_that_cannot_work_say_why() {
        let error = PathPattern::new("a(").expect_err("an open group");
        assert_eq!(error.to_string(), "invalid pattern `a(`: unclosed group");
        let error = PathPattern::with_group("a", "sut").expect_err("no group");
        assert_eq!(
            error.to_string(),
            "pattern `a` has no group named `sut`: write (?P<sut>...) around the part that is meant"
        );
        assert!(PathPattern::with_named_groups("a(b)").is_err());
    }

    #[test]
    fn the_key_of_a_run_is_its_groups_or_the_match() {
        let key = |pattern: &str, path: &str| PathPattern::new(pattern).expect("a pattern").key(path);
        assert_eq!(key("run-[0-9]+", "a/run-7/b"), Some("run-7".to_owned()));
        assert_eq!(key("run-([0-9]+)/shard-[0-9]", "a/run-7/shard-1"), Some("7".to_owned()));
        assert_eq!(key("(?P<group>x)-(y)", "x-y"), Some("x".to_owned()));
        assert_eq!(key("run", "a"), None);
    }
}
