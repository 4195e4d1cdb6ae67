//! Rows that somebody asked for in SQL, written as they are found.

use std::borrow::Cow;
use std::io::{self, Write};

use serde_json::{Map, Value};

use super::page::{Align, Block, Column, Fit, Grid, Layout, Page, Span, Tone};
use super::{OutputFormat, markdown_page, terminal_page};
use crate::service::{SqlColumn, SqlError, SqlQuery};
use crate::wire::{RecordWriter, write_compact, write_line};

/// The name and version of the document.
const SCHEMA: &str = "insight.sql/1";
/// So many rows a page for people has unless they ask for more.
const PAGE_ROWS: usize = 1000;
/// Texts on a page are not made narrower than this.
const NARROWEST: usize = 12;

/// Why the rows ended early.
#[derive(Debug, thiserror::Error)]
pub enum SqlAnswerError {
    /// The query failed.
    #[error(transparent)]
    Query(#[from] SqlError),
    /// The rows cannot be written.
    #[error(transparent)]
    Write(#[from] io::Error),
}

/// Writes the answer to a query: at most `limit` rows, where there is one. A page for people is never without.
pub fn write_sql_answer(
    out: &mut dyn Write,
    query: &mut SqlQuery,
    format: OutputFormat,
    limit: Option<usize>,
    layout: &Layout,
) -> Result<(), SqlAnswerError> {
    let columns = query.columns().to_vec();
    let limit_or = |without: usize| limit.unwrap_or(without);
    match format {
        OutputFormat::Table => {
            let page = page(query, &columns, limit_or(PAGE_ROWS))?;
            terminal_page::write_page(out, &page, layout)?;
        }
        OutputFormat::Markdown => {
            let page = page(query, &columns, limit_or(PAGE_ROWS))?;
            markdown_page::write_page(out, &page)?;
        }
        OutputFormat::Json => write_document(out, query, &columns, limit_or(usize::MAX))?,
        OutputFormat::Jsonl => {
            each_row(query, limit_or(usize::MAX), &mut |row| write_line(out, &object(&columns, row)))?;
        }
        OutputFormat::Csv => {
            let mut writer = RecordWriter::new(out);
            writer.write(columns.iter().map(|column| &column.name))?;
            each_row(query, limit_or(usize::MAX), &mut |row| {
                writer.write(row.iter().map(|value| text(value).unwrap_or_default().into_owned()))
            })?;
        }
    }
    Ok(())
}

/// Hands on at most `limit` rows; returns whether there are more.
fn each_row(
    query: &mut SqlQuery,
    limit: usize,
    visit: &mut dyn FnMut(Vec<Value>) -> io::Result<()>,
) -> Result<bool, SqlAnswerError> {
    let mut left = limit;
    while let Some(rows) = query.next_rows()? {
        for row in rows {
            if left == 0 {
                return Ok(true);
            }
            left -= 1;
            visit(row)?;
        }
    }
    Ok(false)
}

fn write_document(
    out: &mut dyn Write,
    query: &mut SqlQuery,
    columns: &[SqlColumn],
    limit: usize,
) -> Result<(), SqlAnswerError> {
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    write!(out, "{{\n  \"schema\": \"{SCHEMA}\",\n  \"columns\": ")?;
    write_compact(out, &names)?;
    out.write_all(b",\n  \"rows\": [")?;
    let mut separator: &[u8] = b"\n    ";
    each_row(query, limit, &mut |row| {
        out.write_all(std::mem::replace(&mut separator, b",\n    "))?;
        write_compact(out, &object(columns, row))
    })?;
    out.write_all(b"\n  ]\n}\n")?;
    Ok(())
}

fn page(query: &mut SqlQuery, columns: &[SqlColumn], limit: usize) -> Result<Page, SqlAnswerError> {
    let mut grid = Grid { columns: columns.iter().map(grid_column).collect(), rows: Vec::new() };
    let more = each_row(query, limit, &mut |row| {
        grid.rows.push(row.iter().map(cell).collect());
        Ok(())
    })?;
    let mut page = Page::default();
    let shown = grid.rows.len();
    if shown == 0 {
        page.push(Block::Line(vec![Span::new(Tone::Faint, "no rows")]));
    } else {
        page.push(Block::Grid(grid));
    }
    if more {
        let note = format!("the first {shown} rows; --limit N shows more of them, --format csv all");
        page.push(Block::Line(vec![Span::new(Tone::Faint, note)]));
    }
    Ok(page)
}

fn grid_column(column: &SqlColumn) -> Column {
    let fit = match column.name.as_str() {
        _number if column.is_number => Fit::Whole,
        "nodeid" => Fit::ShortenStart(NARROWEST),
        _text => Fit::ShortenEnd(NARROWEST),
    };
    let align = if column.is_number { Align::Right } else { Align::Left };
    Column { title: Cow::Owned(column.name.clone()), align, fit, rank: 0 }
}

fn cell(value: &Value) -> Span {
    text(value).map_or_else(Span::unknown, Span::plain)
}

/// Returns a value as a text; `None` where it is not known.
fn text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(Cow::Borrowed(text)),
        value @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Some(Cow::Owned(value.to_string()))
        }
    }
}

fn object(columns: &[SqlColumn], row: Vec<Value>) -> Map<String, Value> {
    columns.iter().map(|column| column.name.clone()).zip(row).collect()
}
