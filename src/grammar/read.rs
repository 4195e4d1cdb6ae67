//! A grammar file's text in, a dialect out.

use std::sync::{Arc, OnceLock};

use toml::de::DeTable;

use super::dialect::{Dialect, Origin};
use super::emits::Emits;
use super::lazy_regex::LazyRegex;
use super::line_pattern::LinePattern;
use super::prefix::{Decode, Prefix, PrefixScope, PrefixShape};
use super::quick::Quick;
use super::sample::{Expected, Sample};
use super::section::{Section, SectionTitle};
use super::toml_reader::{Table, TomlReader};
use super::vocabulary::{Area, Opens, WordMeaning};
use super::words::{Vocabulary, Word};
use crate::diagnostic::{Diagnostic, Parsed};

const FILE_KEYS: &[&str] = &["grammar", "section", "line", "words", "letters", "symbols", "prefix", "sample"];
const GRAMMAR_KEYS: &[&str] = &["name", "title", "tested_with", "description"];
const SECTION_KEYS: &[&str] = &["name", "fill", "title", "heading", "opens"];
const LINE_KEYS: &[&str] = &["name", "area", "starts_with", "ends_with", "contains", "pattern", "emits", "quick"];
const PREFIX_KEYS: &[&str] =
    &["name", "scope", "starts_with", "pattern", "timestamp_format", "continues", "unfinished", "decode", "quick"];
const SAMPLE_KEYS: &[&str] = &["text", "matches", "area", "captures"];

/// Reads a grammar file: what of it can be used, and everything that is wrong with its form.
pub(crate) fn dialect(file: &str, text: &str, origin: Origin) -> Parsed<Dialect> {
    let mut reader = TomlReader::new(file, text);
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let line = reader.line_of(error.span().map_or(0, |span| span.start));
        reader.report(line, Diagnostic::error("grammar-syntax", error.message().to_owned()));
    }
    let root = Table { entries: document.get_ref(), kind: "a grammar file", line: 1 };
    reader.known_keys(root, FILE_KEYS);
    let mut dialect = header(&mut reader, root, origin);
    let name = dialect.name.clone();
    for table in reader.tables(root, "section", "[[section]]") {
        dialect.sections.extend(section(&mut reader, table, &name));
    }
    for table in reader.tables(root, "line", "[[line]]") {
        dialect.lines.extend(line(&mut reader, table, &name));
    }
    for table in reader.tables(root, "prefix", "[[prefix]]") {
        dialect.prefixes.extend(prefix(&mut reader, table, &name));
    }
    for table in reader.tables(root, "sample", "[[sample]]") {
        dialect.samples.extend(sample(&mut reader, table));
    }
    dialect.words = words(&mut reader, root, "words", "[words]");
    dialect.letters = words(&mut reader, root, "letters", "[letters]");
    dialect.symbols = words(&mut reader, root, "symbols", "[symbols]");
    Parsed { value: dialect, diagnostics: reader.diagnostics }
}

fn header(reader: &mut TomlReader<'_>, root: Table<'_, '_>, origin: Origin) -> Dialect {
    let mut dialect = Dialect {
        name: String::new(),
        title: None,
        description: None,
        tested_with: Vec::new(),
        origin,
        sections: Vec::new(),
        lines: Vec::new(),
        prefixes: Vec::new(),
        words: Vec::new(),
        letters: Vec::new(),
        symbols: Vec::new(),
        samples: Vec::new(),
    };
    match reader.table(root, "grammar", "[grammar]") {
        Some(table) => {
            reader.known_keys(table, GRAMMAR_KEYS);
            dialect.name = reader.required_text(table, "name").unwrap_or_default();
            dialect.title = reader.text(table, "title");
            dialect.description = reader.text(table, "description");
            dialect.tested_with = reader.texts(table, "tested_with");
        }
        None => reader.missing(root, "[grammar]"),
    }
    dialect
}

fn section(reader: &mut TomlReader<'_>, table: Table<'_, '_>, dialect: &str) -> Option<Section> {
    reader.known_keys(table, SECTION_KEYS);
    let name = reader.required_text(table, "name");
    let fill = reader.required_text(table, "fill");
    let titles = reader.texts(table, "title");
    let heading = reader.text(table, "heading");
    reader.require(table, "opens");
    let opens = reader.choice(table, "opens", Opens::from_name, Opens::names);
    let title = match (titles.is_empty(), heading) {
        (false, None) => SectionTitle::Exact(titles),
        (true, Some(heading)) => SectionTitle::Pattern(LazyRegex::new(heading)),
        _ => {
            let message = "[[section]] needs either `title` or `heading`";
            reader.report(table.line, Diagnostic::error("grammar-missing-key", message));
            return None;
        }
    };
    Some(Section { name: name?, dialect: dialect.to_owned(), fill: fill?, title, opens: opens?, line: table.line })
}

fn line(reader: &mut TomlReader<'_>, table: Table<'_, '_>, dialect: &str) -> Option<LinePattern> {
    reader.known_keys(table, LINE_KEYS);
    let name = reader.required_text(table, "name");
    let pattern = reader.required_text(table, "pattern");
    for key in ["area", "emits"] {
        reader.require(table, key);
    }
    let area = reader.choice(table, "area", Area::from_name, Area::names);
    let emits = reader.choice(table, "emits", Emits::from_name, Emits::names);
    let quick = reader.choice(table, "quick", Quick::from_name, Quick::names);
    Some(LinePattern {
        name: name?,
        dialect: dialect.to_owned(),
        area: area?,
        emits: emits?,
        starts_with: reader.texts(table, "starts_with"),
        ends_with: reader.texts(table, "ends_with"),
        contains: reader.texts(table, "contains"),
        quick,
        regex: LazyRegex::new(pattern?),
        finders: OnceLock::new(),
        line: table.line,
    })
}

fn prefix(reader: &mut TomlReader<'_>, table: Table<'_, '_>, dialect: &str) -> Option<Prefix> {
    reader.known_keys(table, PREFIX_KEYS);
    let name = reader.required_text(table, "name");
    let pattern = reader.required_text(table, "pattern");
    let scope = reader.choice(table, "scope", PrefixScope::from_name, PrefixScope::names);
    let decode = reader.choice(table, "decode", Decode::from_name, Decode::names);
    Some(Prefix {
        name: name?,
        dialect: dialect.to_owned(),
        scope: scope.unwrap_or(PrefixScope::LineStart),
        starts_with: reader.texts(table, "starts_with"),
        regex: LazyRegex::new(pattern?),
        timestamp_format: reader.text(table, "timestamp_format"),
        continues: reader.text(table, "continues"),
        unfinished: reader.text(table, "unfinished"),
        decode: decode.unwrap_or(Decode::Plain),
        quick: reader.text(table, "quick").map(PrefixShape::new),
        line: table.line,
        vocabulary: Arc::new(Vocabulary::default()),
    })
}

fn sample(reader: &mut TomlReader<'_>, table: Table<'_, '_>) -> Option<Sample> {
    reader.known_keys(table, SAMPLE_KEYS);
    let text = reader.required_text(table, "text");
    let matches = reader.required_text(table, "matches");
    let area = reader.choice(table, "area", Area::from_name, Area::names);
    let captures = reader.table(table, "captures", "`captures` of [[sample]]");
    let captures = captures.map(|captures| reader.text_entries(captures)).unwrap_or_default();
    let matches = matches?;
    let expected = if matches == "none" { Expected::Nothing(area) } else { Expected::Named(matches) };
    let captures = captures.into_iter().map(|(name, value, _)| (name, value)).collect();
    Some(Sample { text: text?, expected, captures, line: table.line })
}

fn words(reader: &mut TomlReader<'_>, root: Table<'_, '_>, key: &str, kind: &'static str) -> Vec<Word> {
    let Some(table) = reader.table(root, key, kind) else { return Vec::new() };
    let mut words = Vec::new();
    for (text, _, line) in reader.text_entries(table) {
        let wanted = match key {
            "letters" if text.chars().count() != 1 => Some("one character"),
            _ if text.trim() != text || text.is_empty() => Some("a word, without blanks around it"),
            _ => None,
        };
        if let Some(wanted) = wanted {
            let message = format!("`{text}` of {kind} is not {wanted}");
            reader.report(line, Diagnostic::error("grammar-wrong-type", message));
        }
        let meaning = reader.choice(table, &text, WordMeaning::from_name, WordMeaning::names);
        words.extend(meaning.map(|meaning| Word { text, meaning, line }));
    }
    words
}
