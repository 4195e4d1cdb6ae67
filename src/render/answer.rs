//! What every answer can do: be a JSON document, JSON lines, records for a spreadsheet, and a page for people.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;

use super::page::{Layout, Page};
use super::{OutputFormat, markdown_page, terminal_page};
use crate::wire::write_pretty;
pub(super) use crate::wire::{RecordWriter, write_line};

/// An answer that can be had in every output format.
pub trait Answer {
    /// Writes one JSON document; its field `schema` carries name and version.
    fn write_document(&self, out: &mut dyn Write) -> io::Result<()>;

    /// Writes one JSON object a line, each the same as an item of the document.
    fn write_lines(&self, out: &mut dyn Write) -> io::Result<()>;

    /// Returns the answer as records: complete values, nothing rounded.
    fn records(&self) -> Records;

    /// Returns how many entries there are beyond those that were asked for.
    fn beyond_limit(&self) -> u64 {
        0
    }

    /// Returns the answer for people.
    fn page(&self, layout: &Layout) -> Page;
}

/// Records for a spreadsheet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Records {
    /// The names of the fields.
    pub names: Vec<Cow<'static, str>>,
    /// The records, each with a value for every name; empty where it is not known.
    pub rows: Vec<Vec<String>>,
}

/// Writes an answer in a format.
pub fn write_answer(out: &mut dyn Write, answer: &dyn Answer, format: OutputFormat, layout: &Layout) -> io::Result<()> {
    match format {
        OutputFormat::Table => terminal_page::write_page(out, &answer.page(layout), layout),
        OutputFormat::Markdown => markdown_page::write_page(out, &answer.page(layout)),
        OutputFormat::Json => answer.write_document(out),
        OutputFormat::Jsonl => answer.write_lines(out),
        OutputFormat::Csv => write_records(out, &answer.records()),
    }
}

/// Writes a value as a JSON document for machines that people may look at.
pub(crate) fn write_document(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    write_pretty(out, value)?;
    out.write_all(b"\n")
}

fn write_records(out: &mut dyn Write, records: &Records) -> io::Result<()> {
    let mut writer = RecordWriter::new(out);
    writer.write(records.names.iter().map(AsRef::as_ref))?;
    records.rows.iter().try_for_each(|row| writer.write(row))
}
