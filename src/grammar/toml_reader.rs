//! Reads values out of TOML tables and says everything that is wrong with them, each with its line.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::Diagnostic;

/// The text of a grammar file, and what was wrong with it so far.
#[derive(Debug)]
pub(crate) struct TomlReader<'t> {
    file: &'t str,
    line_ends: Vec<usize>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// A table of the file and what to call it in a message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table<'v, 'i> {
    pub(crate) entries: &'v DeTable<'i>,
    /// Such as `[[line]]`.
    pub(crate) kind: &'static str,
    pub(crate) line: u64,
}

impl<'t> TomlReader<'t> {
    pub(crate) fn new(file: &'t str, text: &str) -> TomlReader<'t> {
        TomlReader { file, line_ends: memchr::memchr_iter(b'\n', text.as_bytes()).collect(), diagnostics: Vec::new() }
    }

    /// Returns the line, from 1, of a byte of the text.
    pub(crate) fn line_of(&self, offset: usize) -> u64 {
        self.line_ends.partition_point(|end| *end < offset) as u64 + 1
    }

    pub(crate) fn report(&mut self, line: u64, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic.in_file(self.file).at_line(line));
    }

    /// Reports every key that is not one of `known`, with the nearest that is.
    pub(crate) fn known_keys(&mut self, table: Table<'_, '_>, known: &[&str]) {
        for (key, _) in table.entries {
            let name = key.get_ref();
            if !known.contains(&name.as_ref()) {
                let line = self.line_of(key.span().start);
                let message = format!("unknown key `{name}` in {}", table.kind);
                self.report(
                    line,
                    Diagnostic::error("grammar-g6-unknown-key", message).with_help(suggestion(name, known)),
                );
            }
        }
    }

    /// Returns the tables of an array of tables.
    pub(crate) fn tables<'v, 'i>(&mut self, table: Table<'v, 'i>, key: &str, kind: &'static str) -> Vec<Table<'v, 'i>> {
        let Some(value) = entry(table.entries, key) else { return Vec::new() };
        let DeValue::Array(values) = value.get_ref() else {
            self.wrong_type(value, key, table.kind, "an array of tables, each under its own header");
            return Vec::new();
        };
        values.iter().filter_map(|value| self.as_table(value, kind)).collect()
    }

    /// Returns the table at a key.
    pub(crate) fn table<'v, 'i>(
        &mut self,
        table: Table<'v, 'i>,
        key: &str,
        kind: &'static str,
    ) -> Option<Table<'v, 'i>> {
        entry(table.entries, key).and_then(|value| self.as_table(value, kind))
    }

    fn as_table<'v, 'i>(&mut self, value: &'v Spanned<DeValue<'i>>, kind: &'static str) -> Option<Table<'v, 'i>> {
        let line = self.line_of(value.span().start);
        match value.get_ref() {
            DeValue::Table(entries) => Some(Table { entries, kind, line }),
            _ => {
                self.report(line, Diagnostic::error("grammar-wrong-type", format!("{kind} is not a table")));
                None
            }
        }
    }

    /// Returns the text at a key, or `None` where there is none.
    pub(crate) fn text(&mut self, table: Table<'_, '_>, key: &str) -> Option<String> {
        entry(table.entries, key).and_then(|value| self.as_text(value, key, table.kind))
    }

    /// Returns the text at a key and reports where there is none.
    pub(crate) fn required_text(&mut self, table: Table<'_, '_>, key: &str) -> Option<String> {
        match entry(table.entries, key) {
            Some(value) => self.as_text(value, key, table.kind),
            None => {
                self.missing(table, key);
                None
            }
        }
    }

    fn as_text(&mut self, value: &Spanned<DeValue<'_>>, key: &str, kind: &str) -> Option<String> {
        match value.get_ref() {
            DeValue::String(text) => Some(text.clone().into_owned()),
            _ => {
                self.wrong_type(value, key, kind, "a text");
                None
            }
        }
    }

    /// Reports where there is nothing at a key.
    pub(crate) fn require(&mut self, table: Table<'_, '_>, key: &str) {
        if entry(table.entries, key).is_none() {
            self.missing(table, key);
        }
    }

    pub(crate) fn missing(&mut self, table: Table<'_, '_>, key: &str) {
        let message = format!("{} has no `{key}`", table.kind);
        self.report(table.line, Diagnostic::error("grammar-missing-key", message));
    }

    /// Returns the texts at a key, where one text stands for a list of one.
    pub(crate) fn texts(&mut self, table: Table<'_, '_>, key: &str) -> Vec<String> {
        let Some(value) = entry(table.entries, key) else { return Vec::new() };
        let found = match value.get_ref() {
            DeValue::String(text) => Some(vec![text.clone().into_owned()]),
            DeValue::Array(values) => values
                .iter()
                .map(|value| match value.get_ref() {
                    DeValue::String(text) => Some(text.clone().into_owned()),
                    _ => None,
                })
                .collect(),
            _ => None,
        };
        if found.as_ref().is_none_or(|texts| texts.iter().any(String::is_empty)) {
            self.wrong_type(value, key, table.kind, "a text or a list of texts, none of them empty");
        }
        found.unwrap_or_default()
    }

    /// Returns the value that the text at a key names, and reports a name that is none.
    pub(crate) fn choice<Choice>(
        &mut self,
        table: Table<'_, '_>,
        key: &str,
        from_name: impl Fn(&str) -> Option<Choice>,
        names: impl FnOnce() -> Vec<&'static str>,
    ) -> Option<Choice> {
        let value = entry(table.entries, key)?;
        let DeValue::String(text) = value.get_ref() else {
            self.wrong_type(value, key, table.kind, "a text");
            return None;
        };
        let found = from_name(text);
        if found.is_none() {
            let line = self.line_of(value.span().start);
            let message = format!("`{text}` is no `{key}` of {}", table.kind);
            self.report(
                line,
                Diagnostic::error("grammar-unknown-value", message).with_help(suggestion(text, &names())),
            );
        }
        found
    }

    /// Returns each key of a table with the text it holds, and the line.
    pub(crate) fn text_entries(&mut self, table: Table<'_, '_>) -> Vec<(String, String, u64)> {
        let mut found = Vec::new();
        for (key, value) in table.entries {
            let line = self.line_of(key.span().start);
            match value.get_ref() {
                DeValue::String(text) => found.push((key.get_ref().to_string(), text.to_string(), line)),
                _ => self.wrong_type(value, key.get_ref(), table.kind, "a text"),
            }
        }
        found
    }

    fn wrong_type(&mut self, value: &Spanned<DeValue<'_>>, key: &str, kind: &str, wanted: &str) {
        let line = self.line_of(value.span().start);
        self.report(line, Diagnostic::error("grammar-wrong-type", format!("`{key}` of {kind} is not {wanted}")));
    }
}

fn entry<'v, 'i>(table: &'v DeTable<'i>, key: &str) -> Option<&'v Spanned<DeValue<'i>>> {
    table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
}

/// Returns a help line with the known name that is nearest to a wrong one, or with all of them.
pub(crate) fn suggestion(wrong: &str, known: &[&str]) -> String {
    let nearest = known
        .iter()
        .map(|name| (strsim::jaro_winkler(wrong, name), name))
        .filter(|(similarity, _)| *similarity > 0.75)
        .max_by(|left, right| left.0.total_cmp(&right.0));
    match nearest {
        Some((_, name)) => format!("did you mean `{name}`?"),
        None => format!("known are: {}", known.join(", ")),
    }
}
