//! A page as GitHub-flavoured Markdown. Names stand in code spans, so that nothing in them links, mentions or formats.

use std::borrow::Cow;
use std::io::{self, Write};

use super::matrix::matrix_lines;
use super::page::{Align, Block, Column, Page, PageWriter, Rows, Span, Tone};
use super::text::clean;

/// Writes a page.
pub(crate) fn write_page(out: &mut dyn Write, page: &Page) -> io::Result<()> {
    let mut writer = MarkdownWriter::new(out);
    page.blocks.iter().try_for_each(|block| writer.block(block))
}

/// Writes the parts of a page.
pub(crate) struct MarkdownWriter<'out> {
    out: &'out mut dyn Write,
    has_begun: bool,
}

impl<'out> MarkdownWriter<'out> {
    pub(crate) fn new(out: &'out mut dyn Write) -> MarkdownWriter<'out> {
        MarkdownWriter { out, has_begun: false }
    }

    /// Begins a part.
    fn begin(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.has_begun, true) { writeln!(self.out) } else { Ok(()) }
    }
}

impl PageWriter for MarkdownWriter<'_> {
    fn block(&mut self, block: &Block) -> io::Result<()> {
        if let Block::Grid(grid) = block {
            return self.grid(&grid.columns, &|| Box::new(grid.rows.iter().map(|row| Cow::from(row.as_slice()))));
        }
        self.begin()?;
        match block {
            Block::Heading(level, spans) => {
                writeln!(self.out, "{} {}", "#".repeat(usize::from((*level).clamp(1, 6)) + 1), inline(spans))?;
            }
            Block::Line(spans) => writeln!(self.out, "{}", inline(spans))?,
            Block::List(lines) => {
                for spans in lines {
                    writeln!(self.out, "- {}", inline(spans))?;
                }
            }
            Block::Facts(facts) => {
                for (name, spans) in facts {
                    // A fact without a name goes on with the one before.
                    if name.is_empty() {
                        writeln!(self.out, "  {}", inline(spans))?;
                        continue;
                    }
                    writeln!(self.out, "- **{}**: {}", escaped(name), inline(spans))?;
                }
            }
            Block::Matrix(matrix) => write_text(self.out, &matrix_lines(matrix))?,
            Block::Text(lines) => write_text(self.out, lines)?,
            Block::Grid(_) => {}
        }
        Ok(())
    }

    fn list(&mut self, lines: &mut dyn Iterator<Item = Vec<Span>>) -> io::Result<()> {
        self.begin()?;
        for spans in lines {
            writeln!(self.out, "- {}", inline(&spans))?;
        }
        Ok(())
    }

    fn grid(&mut self, columns: &[Column], rows: &Rows<'_>) -> io::Result<()> {
        self.begin()?;
        let titles: Vec<String> = columns.iter().map(|column| escaped(&column.title)).collect();
        writeln!(self.out, "| {} |", titles.join(" | "))?;
        let rule = |align: Align| match align {
            Align::Left => "---",
            Align::Right => "---:",
        };
        let rules: Vec<&str> = columns.iter().map(|column| rule(column.align)).collect();
        writeln!(self.out, "| {} |", rules.join(" | "))?;
        for row in rows() {
            let cells: Vec<String> = row.iter().map(cell).collect();
            writeln!(self.out, "| {} |", cells.join(" | "))?;
        }
        Ok(())
    }
}

/// Writes lines in a fence longer than any in them.
fn write_text(out: &mut dyn Write, lines: &[Span]) -> io::Result<()> {
    let longest = lines.iter().map(|line| longest_run(&line.text)).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    writeln!(out, "{fence}text")?;
    for line in lines {
        writeln!(out, "{}", clean(&line.text))?;
    }
    writeln!(out, "{fence}")
}

fn inline(spans: &[Span]) -> String {
    spans.iter().map(span).collect()
}

/// Returns a piece of text for a table, which is split at its bars before anything else is looked at, code spans included.
fn cell(span: &Span) -> String {
    match span.tone {
        Tone::Name => code(&clean(&span.text)).replace('|', "\\|"),
        Tone::Plain | Tone::Faint | Tone::Good | Tone::Bad | Tone::Doubtful | Tone::Crash => self::span(span),
    }
}

fn span(span: &Span) -> String {
    let text = clean(&span.text);
    match span.tone {
        Tone::Name => code(&text),
        Tone::Bad => format!("**{}**", escaped(&text)),
        Tone::Plain | Tone::Faint | Tone::Good | Tone::Doubtful | Tone::Crash => escaped(&text),
    }
}

/// Returns a code span.
fn code(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(text) + 1);
    let blank = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{blank}{text}{blank}{fence}")
}

fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or(0)
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_out() {
        let name = |text: &str| span(&Span::new(Tone::Name, text));
        assert_eq!(name("a.py::test_b[x|y]"), "`a.py::test_b[x|y]`");
        assert_eq!(cell(&Span::new(Tone::Name, "a.py::test_b[x|y]")), "`a.py::test_b[x\\|y]`");
        assert_eq!(name("t[`]"), "``t[`]``");
        assert_eq!(name("``"), "``` `` ```");
        assert_eq!(span(&Span::plain("<b>|*x")), "\\<b\\>\\|\\*x");
    }

    #[test]
    fn a_fence_is_longer_than_any_in_the_text() {
        let page = Page { blocks: vec![Block::Text(vec![Span::plain("````"), Span::plain("\u{1b}[1mx")])] };
        let mut out = Vec::new();
        write_page(&mut out, &page).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "`````text\n````\nx\n`````\n");
    }
}
