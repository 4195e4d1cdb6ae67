//! The project's `insight.toml`: found upwards from the current directory, read strictly.
//!
//! ```toml
//! sut = "checkout-api"          # the system under test of what is ingested here
//! history = ".insight/history"  # relative to this file
//! timezone = "+02:00"           # of reports whose times carry none
//!
//! [tags]                        # for every session that is ingested here
//! team = "payments"
//!
//! [[map]]                       # what paths say; $name is what the group matched
//! path = 'services/(?P<name>[^/]+)/'
//! sut = "$name-api"
//! tags = { service = "$name" }
//!
//! [redact]                      # secrets of one's own, masked beside the known kinds
//! badge = 'BDG-[0-9]{8}'
//! ```

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::FixedOffset;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::values;
use crate::ingest::{MappingRule, OwnPattern, OwnPatternError, PathPattern};
use crate::service::nearest;

/// The file's name.
pub(crate) const FILE_NAME: &str = "insight.toml";

/// What the project says. Everything is optional, the file too.
#[derive(Debug, Clone, Default)]
pub(crate) struct Config {
    /// Where it was read from.
    pub(crate) path: Option<PathBuf>,
    pub(crate) sut: Option<String>,
    /// Absolute, or relative to the current directory.
    pub(crate) history: Option<PathBuf>,
    pub(crate) timezone: Option<FixedOffset>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) mapping: Vec<MappingRule>,
    pub(crate) secrets: Vec<OwnPattern>,
}

/// Why a configuration file is wrong: `path:line: message`.
#[derive(Debug, thiserror::Error)]
#[error("{}{}: {message}", path.display(), line.map(|line| format!(":{line}")).unwrap_or_default())]
pub(crate) struct ConfigError {
    path: PathBuf,
    line: Option<usize>,
    message: String,
    pub(crate) help: Option<String>,
}

impl Config {
    /// Reads the nearest file in `directory` or above it; nothing is said where there is none.
    pub(crate) fn find(directory: &Path) -> Result<Config, ConfigError> {
        for directory in directory.ancestors() {
            let path = directory.join(FILE_NAME);
            match fs::read_to_string(&path) {
                Ok(text) => return Config::read(&path, &text),
                Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {}
                Err(error) => return Err(ConfigError { path, line: None, message: error.to_string(), help: None }),
            }
        }
        Ok(Config::default())
    }

    /// Reads the text of a file.
    fn read(path: &Path, text: &str) -> Result<Config, ConfigError> {
        let wrong = |Wrong { at, message, help }: Wrong| ConfigError {
            path: path.to_owned(),
            line: at.map(|at| text.get(..at).unwrap_or(text).matches('\n').count() + 1),
            message,
            help,
        };
        let document = DeTable::parse(text)
            .map_err(|error| Wrong {
                at: error.span().map(|span| span.start),
                message: error.message().to_owned(),
                help: None,
            })
            .map_err(wrong)?;
        let mut config = resolve(document.get_ref()).map_err(wrong)?;
        let directory = path.parent().unwrap_or(Path::new(""));
        config.history = config.history.map(|history| directory.join(history));
        config.path = Some(path.to_owned());
        Ok(config)
    }
}

fn resolve(document: &DeTable<'_>) -> Result<Config, Wrong> {
    let mut section = Section::new(document, "");
    let config = Config {
        path: None,
        sut: section.text("sut")?.map(|(text, _)| text),
        history: section.text("history")?.map(|(text, _)| PathBuf::from(text)),
        timezone: match section.text("timezone")? {
            Some((text, at)) => {
                let zone = values::time_zone(&text);
                Some(zone.map_err(|message| Wrong {
                    at: Some(at),
                    message: format!("timezone: {message}"),
                    help: None,
                })?)
            }
            None => None,
        },
        tags: match section.table("tags")? {
            Some(table) => texts(table, "tags")?,
            None => BTreeMap::new(),
        },
        mapping: section.tables("map")?.into_iter().map(mapping).collect::<Result<_, _>>()?,
        secrets: match section.table("redact")? {
            Some(table) => secrets(table)?,
            None => Vec::new(),
        },
    };
    section.finish()?;
    Ok(config)
}

fn mapping(table: &DeTable<'_>) -> Result<MappingRule, Wrong> {
    let mut section = Section::new(table, "map");
    let missing = Wrong { at: None, message: "a [[map]] has no 'path'".to_owned(), help: None };
    let (pattern, at) = section.text("path")?.ok_or(missing)?;
    let path = PathPattern::new(&pattern).map_err(|error| Wrong {
        at: Some(at),
        message: format!("map.path: {error}"),
        help: None,
    })?;
    let sut = section.text("sut")?.map(|(text, _)| text);
    let tags = section.table("tags")?.map(|table| texts(table, "map.tags")).transpose()?.unwrap_or_default();
    section.finish()?;
    Ok(MappingRule::new(path, sut, tags))
}

fn secrets(table: &DeTable<'_>) -> Result<Vec<OwnPattern>, Wrong> {
    let pattern = |(name, value): (&Spanned<Cow<'_, str>>, &Spanned<DeValue<'_>>)| {
        let name = name.get_ref();
        let wrong =
            |error: OwnPatternError| Wrong { at: Some(value.span().start), message: error.to_string(), help: None };
        OwnPattern::new(name, &text(value, &format!("redact.{name}"))?).map_err(wrong)
    };
    table.iter().map(pattern).collect()
}

/// Returns a table whose keys are the user's, and whose values are texts.
fn texts(table: &DeTable<'_>, name: &str) -> Result<BTreeMap<String, String>, Wrong> {
    table
        .iter()
        .map(|(key, value)| Ok((key.get_ref().to_string(), text(value, &format!("{name}.{}", key.get_ref()))?)))
        .collect()
}

fn text(value: &Spanned<DeValue<'_>>, name: &str) -> Result<String, Wrong> {
    let found = value.get_ref();
    match found.as_str() {
        Some("") => Err(Wrong { at: Some(value.span().start), message: format!("'{name}' is empty"), help: None }),
        Some(text) => Ok(text.to_owned()),
        None => Err(mistyped(value, name, "a text in quotes")),
    }
}

fn mistyped(value: &Spanned<DeValue<'_>>, name: &str, wanted: &str) -> Wrong {
    let message = format!("'{name}' is of type {}; {wanted} is expected", value.get_ref().type_str());
    Wrong { at: Some(value.span().start), message, help: None }
}

/// What is wrong in a file, and at which byte.
#[derive(Debug)]
struct Wrong {
    at: Option<usize>,
    message: String,
    help: Option<String>,
}

/// A table that is asked for its keys one by one, and at the end objects to the rest.
struct Section<'a> {
    table: &'a DeTable<'a>,
    name: &'a str,
    known: Vec<&'static str>,
}

impl<'a> Section<'a> {
    fn new(table: &'a DeTable<'a>, name: &'a str) -> Section<'a> {
        Section { table, name, known: Vec::new() }
    }

    fn take(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.known.push(key);
        self.table.iter().find(|(name, _)| name.get_ref().as_ref() == key).map(|(_, value)| value)
    }

    /// Returns a text and where it stands.
    fn text(&mut self, key: &'static str) -> Result<Option<(String, usize)>, Wrong> {
        self.take(key).map(|value| Ok((text(value, key)?, value.span().start))).transpose()
    }

    fn table(&mut self, key: &'static str) -> Result<Option<&'a DeTable<'a>>, Wrong> {
        self.take(key)
            .map(|value| value.get_ref().as_table().ok_or_else(|| mistyped(value, key, "a table")))
            .transpose()
    }

    /// Returns the tables of an array of tables.
    fn tables(&mut self, key: &'static str) -> Result<Vec<&'a DeTable<'a>>, Wrong> {
        let Some(value) = self.take(key) else { return Ok(Vec::new()) };
        let wrong = || mistyped(value, key, &format!("an array of tables, [[{key}]],"));
        let array = value.get_ref().as_array().ok_or_else(wrong)?;
        array.iter().map(|item| item.get_ref().as_table().ok_or_else(wrong)).collect()
    }

    /// Objects to the first key that nobody asked for.
    fn finish(self) -> Result<(), Wrong> {
        let unknown = self.table.keys().filter(|key| !self.known.iter().any(|known| *known == key.get_ref().as_ref()));
        let Some(key) = unknown.min_by_key(|key| key.span().start) else { return Ok(()) };
        let name = key.get_ref().as_ref();
        let place = if self.name.is_empty() { String::new() } else { format!(" in [{}]", self.name) };
        let help = match nearest(name, self.known.iter().copied()) {
            Some(near) => format!("did you mean '{near}'?"),
            None => format!("the keys are {}", self.known.join(", ")),
        };
        Err(Wrong { at: Some(key.span().start), message: format!("unknown key '{name}'{place}"), help: Some(help) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, String> {
        Config::read(Path::new("project/insight.toml"), text).map_err(|error| {
            format!("{error}{}", error.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default())
        })
    }

    #[test]
    fn a_file_says_what_it_may() {
        let config = read("sut = \"api\"\nhistory = 'h'\ntimezone = '+02:00'\n[tags]\nteam = 'a'\n").unwrap();
        assert_eq!(config.sut.as_deref(), Some("api"));
        assert_eq!(config.history, Some(PathBuf::from("project/h")));
        assert_eq!(config.timezone.map(|zone| zone.local_minus_utc()), Some(7200));
        assert_eq!(config.tags.get("team").map(String::as_str), Some("a"));
        assert!(read("").unwrap().sut.is_none());
        let config = read("[[map]]\npath = 'a/(?P<b>c)'\nsut = '$b'\n[redact]\nx = 'X[0-9]+'\n").unwrap();
        assert_eq!((config.mapping.len(), config.secrets.len()), (1, 1));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let rows = [
            ("\nsutt = 'a'", "project/insight.toml:2: unknown key 'sutt' (did you mean 'sut'?)"),
            (
                "zzz = 1",
                "project/insight.toml:1: unknown key 'zzz' (the keys are sut, history, timezone, tags, map, redact)",
            ),
            ("sut = 3", "project/insight.toml:1: 'sut' is of type integer; a text in quotes is expected"),
            ("sut = ''", "project/insight.toml:1: 'sut' is empty"),
            ("\n\ntags = 'a'", "project/insight.toml:3: 'tags' is of type string; a table is expected"),
            ("[tags]\na = true", "project/insight.toml:2: 'tags.a' is of type boolean; a text in quotes is expected"),
            ("[[map]]\nsut = 'a'", "project/insight.toml: a [[map]] has no 'path'"),
            ("[[map]]\npath = '('", "project/insight.toml:2: map.path: invalid pattern `(`: unclosed group"),
            (
                "[[map]]\npath = 'a'\nsutt = 'b'",
                "project/insight.toml:3: unknown key 'sutt' in [map] (did you mean 'sut'?)",
            ),
            ("map = 1", "project/insight.toml:1: 'map' is of type integer; an array of tables, [[map]], is expected"),
            (
                "timezone = 'Vienna'",
                "project/insight.toml:1: timezone: an offset from UTC is expected, such as UTC, +02:00 or -0530",
            ),
        ];
        for (text, expected) in rows {
            assert_eq!(read(text).unwrap_err(), expected);
        }
        assert!(read("sut = 'a'\nsut = 'b'").unwrap_err().starts_with("project/insight.toml:2: "));
    }
}
