//! Answers that are a head and rows: JSON, JSON lines and records from one definition of a row.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::analysis::{LeftOutReason, Scope};
use crate::render::answer::{Answer, Records, write_document, write_line};
use crate::render::page::{Layout, Page};

/// An answer that is a head and rows.
pub(crate) trait RowAnswer {
    /// The name and version of the document.
    const SCHEMA: &'static str;
    /// The name of the rows in it.
    const ROWS: &'static str;
    /// What the answer rests on, and what there is of it once.
    type Head: Serialize;
    /// One row. The default has every field, so that records have their names where there is no row.
    type Row: Serialize + Default;

    /// Returns the head.
    fn head(&self) -> Self::Head;
    /// Returns the rows.
    fn rows(&self) -> Vec<Self::Row>;
    /// Returns a row with every field and nothing in it.
    fn empty_row(&self) -> Self::Row {
        Self::Row::default()
    }
    /// Returns what a list rests on; `None` where the answer is more than one list.
    fn scope(&self) -> Option<&Scope> {
        None
    }
    /// Returns the answer for people.
    fn to_page(&self, layout: &Layout) -> Page;
}

impl<Rows: RowAnswer> Answer for Rows {
    fn write_document(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut document = Map::new();
        document.insert("schema".to_owned(), Value::from(Self::SCHEMA));
        if let Value::Object(head) = serde_json::to_value(self.head()).map_err(io::Error::from)? {
            document.extend(head);
        }
        document.insert(Self::ROWS.to_owned(), serde_json::to_value(self.rows()).map_err(io::Error::from)?);
        write_document(out, &document)
    }

    fn write_lines(&self, out: &mut dyn Write) -> io::Result<()> {
        self.rows().iter().try_for_each(|row| write_line(out, row))
    }

    fn records(&self) -> Records {
        let names = flat(&self.empty_row()).into_iter().map(|(name, _)| Cow::Owned(name)).collect();
        let rows = self.rows().into_iter().map(|row| flat(&row).into_iter().map(|(_, value)| value).collect());
        Records { names, rows: rows.collect() }
    }

    fn beyond_limit(&self) -> u64 {
        self.scope().map_or(0, |scope| scope.left_out_for(LeftOutReason::BeyondLimit))
    }

    fn page(&self, layout: &Layout) -> Page {
        self.to_page(layout)
    }
}

/// Returns the fields of a row, those of objects within it under both names: `pass_rate_low`.
fn flat(row: &impl Serialize) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    // An entry of numbers, texts and lists always is a value.
    flatten("", &serde_json::to_value(row).unwrap_or_default(), &mut fields);
    fields
}

fn flatten(name: &str, value: &Value, fields: &mut Vec<(String, String)>) {
    let text = match value {
        Value::Object(object) => {
            for (key, value) in object {
                let name = if name.is_empty() { key.clone() } else { format!("{name}_{key}") };
                flatten(&name, value, fields);
            }
            return;
        }
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(values) if values.iter().any(|value| value.is_object() || value.is_array()) => value.to_string(),
        Value::Array(values) => {
            let texts: Vec<String> =
                values.iter().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).collect();
            texts.join(" ")
        }
    };
    fields.push((name.to_owned(), text));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize, Default)]
    struct Inner {
        low: Option<f64>,
        n: u64,
    }

    #[derive(Serialize, Default)]
    struct Row {
        name: String,
        rate: Inner,
        suts: Vec<String>,
    }

    #[test]
    fn a_record_has_a_field_for_every_leaf_of_a_row() {
        let row = Row { name: "a".into(), rate: Inner { low: Some(0.5), n: 3 }, suts: vec!["x".into(), "y".into()] };
        let fields = flat(&row);
        let expected = [("name", "a"), ("rate_low", "0.5"), ("rate_n", "3"), ("suts", "x y")];
        assert_eq!(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>(), expected);
        assert_eq!(flat(&Row::default()).len(), 4);
    }
}
