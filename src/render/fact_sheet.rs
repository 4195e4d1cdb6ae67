//! Answers that are a few named values.

use std::borrow::Cow;
use std::io::{self, Write};

use serde_json::{Map, Value};

use super::answer::{Answer, Records, write_document, write_line};
use super::page::{Layout, Page};
use crate::service::{CompactReport, CopyReport, ExportReport, ImportReport, PruneReport, StatisticsReport};

/// An answer of named values: a flat object as JSON, one record as CSV.
pub(crate) trait FactSheet {
    /// The name and version of the document.
    const SCHEMA: &'static str;

    /// Returns the values, in order; those that are not known are null.
    fn values(&self) -> Vec<(&'static str, Value)>;

    /// Returns the answer for people.
    fn sheet(&self, layout: &Layout) -> Page;
}

/// Makes an answer of a fact sheet.
macro_rules! answer_by_sheet {
    ($($report:ty),+) => {
        $(impl Answer for $report {
            fn write_document(&self, out: &mut dyn Write) -> io::Result<()> {
                write_document(out, &object(self))
            }

            fn write_lines(&self, out: &mut dyn Write) -> io::Result<()> {
                write_line(out, &object(self))
            }

            fn records(&self) -> Records {
                let (names, values): (Vec<_>, Vec<_>) = self.values().into_iter().unzip();
                let names = names.into_iter().map(Cow::Borrowed).collect();
                Records { names, rows: vec![values.iter().map(text).collect()] }
            }

            fn page(&self, layout: &Layout) -> Page {
                self.sheet(layout)
            }
        })+
    };
}

answer_by_sheet!(StatisticsReport, CompactReport, PruneReport, CopyReport, ExportReport, ImportReport);

fn object<Sheet: FactSheet>(sheet: &Sheet) -> Map<String, Value> {
    let schema = ("schema", Value::from(Sheet::SCHEMA));
    std::iter::once(schema).chain(sheet.values()).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Returns a value as the field of a record.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}
