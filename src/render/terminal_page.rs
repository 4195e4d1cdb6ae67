//! A page on a terminal.

use std::borrow::Cow;
use std::io::{self, Write};

use super::Styles;
use super::matrix::write_matrix;
use super::page::{Align, Block, Column, Fit, Layout, Page, PageWriter, Rows, Span, Tone};
use super::text::{clean, shorten_end, shorten_start, width};

/// What stands between two columns.
const GAP: usize = 2;

/// Writes a page, fitted to the layout's width.
pub(crate) fn write_page(out: &mut dyn Write, page: &Page, layout: &Layout) -> io::Result<()> {
    let mut writer = TerminalWriter::new(out, layout);
    page.blocks.iter().try_for_each(|block| writer.block(block))
}

/// Writes the parts of a page, fitted to the layout's width.
pub(crate) struct TerminalWriter<'out> {
    out: &'out mut dyn Write,
    layout: &'out Layout,
    before: Option<Kind>,
}

/// A kind of part, as far as blank lines are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Heading,
    Line,
    Text,
    Other,
}

impl<'out> TerminalWriter<'out> {
    pub(crate) fn new(out: &'out mut dyn Write, layout: &'out Layout) -> TerminalWriter<'out> {
        TerminalWriter { out, layout, before: None }
    }

    /// Begins a part.
    fn begin(&mut self, kind: Kind) -> io::Result<()> {
        let before = self.before.replace(kind);
        if before.is_some_and(|before| are_apart(before, kind)) { writeln!(self.out) } else { Ok(()) }
    }

    fn line(&mut self, spans: &[Span]) -> io::Result<()> {
        write_spans(self.out, spans, &self.layout.styles)?;
        writeln!(self.out)
    }
}

impl PageWriter for TerminalWriter<'_> {
    fn block(&mut self, block: &Block) -> io::Result<()> {
        match block {
            Block::Grid(grid) => {
                return self.grid(&grid.columns, &|| Box::new(grid.rows.iter().map(|row| Cow::from(row.as_slice()))));
            }
            Block::Heading(..) => self.begin(Kind::Heading)?,
            Block::Line(_) => self.begin(Kind::Line)?,
            Block::Text(_) => self.begin(Kind::Text)?,
            Block::List(_) | Block::Facts(_) | Block::Matrix(_) => self.begin(Kind::Other)?,
        }
        match block {
            Block::Heading(3.., spans) | Block::Line(spans) => self.line(spans)?,
            Block::Heading(_, spans) => {
                let style = self.layout.styles.heading;
                write!(self.out, "{style}")?;
                for span in spans {
                    write!(self.out, "{}", clean(&span.text))?;
                }
                writeln!(self.out, "{style:#}")?;
            }
            Block::List(lines) => lines.iter().try_for_each(|spans| self.line(spans))?,
            Block::Facts(facts) => write_facts(self.out, facts, self.layout)?,
            Block::Matrix(matrix) => write_matrix(self.out, matrix, self.layout)?,
            Block::Text(lines) => {
                for line in lines {
                    if !line.text.trim_end().is_empty() {
                        write!(self.out, "    ")?;
                        write_span(self.out, line, &self.layout.styles)?;
                    }
                    writeln!(self.out)?;
                }
            }
            Block::Grid(_) => {}
        }
        Ok(())
    }

    fn list(&mut self, lines: &mut dyn Iterator<Item = Vec<Span>>) -> io::Result<()> {
        self.begin(Kind::Other)?;
        for spans in lines {
            self.line(&spans)?;
        }
        Ok(())
    }

    fn grid(&mut self, columns: &[Column], rows: &Rows<'_>) -> io::Result<()> {
        self.begin(Kind::Other)?;
        write_grid(self.out, columns, rows, self.layout)
    }
}

/// Whether a blank line stands between two parts.
fn are_apart(before: Kind, after: Kind) -> bool {
    match (before, after) {
        (_, Kind::Heading) => true,
        (Kind::Heading, _) | (Kind::Line, Kind::Line | Kind::Text) => false,
        (Kind::Line | Kind::Text | Kind::Other, _) => true,
    }
}

fn write_spans(out: &mut dyn Write, spans: &[Span], styles: &Styles) -> io::Result<()> {
    spans.iter().try_for_each(|span| write_span(out, span, styles))
}

fn write_span(out: &mut dyn Write, span: &Span, styles: &Styles) -> io::Result<()> {
    let style = styles.of(span.tone);
    write!(out, "{style}{}{style:#}", clean(&span.text))
}

fn write_facts(out: &mut dyn Write, facts: &[(&'static str, Vec<Span>)], layout: &Layout) -> io::Result<()> {
    let widest = facts.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
    for (name, spans) in facts {
        let style = layout.styles.faint;
        write!(out, "{style}{name}{style:#}{:pad$}", "", pad = widest - width(name) + GAP)?;
        write_spans(out, spans, &layout.styles)?;
        writeln!(out)?;
    }
    Ok(())
}

/// Writes a grid: its headings, then its rows. A grid without rows is nothing.
fn write_grid(out: &mut dyn Write, columns: &[Column], rows: &Rows<'_>, layout: &Layout) -> io::Result<()> {
    let mut natural: Vec<usize> = columns.iter().map(|column| width(&column.title)).collect();
    let mut is_empty = true;
    for row in rows() {
        is_empty = false;
        for (widest, cell) in natural.iter_mut().zip(row.iter()) {
            *widest = width(&clean(&cell.text)).max(*widest);
        }
    }
    if is_empty {
        return Ok(());
    }
    let shown = fit(columns, &natural, layout.width);
    write_headings(out, columns, &shown, &layout.styles)?;
    for row in rows() {
        let texts: Vec<Cow<'_, str>> = row.iter().map(|cell| clean(&cell.text)).collect();
        let cells = shown.iter().filter_map(|place| {
            let (text, span, column) = (texts.get(place.column)?, row.get(place.column)?, columns.get(place.column)?);
            Some((shortened(text, column.fit, place.width), span.tone, column.align, place.width))
        });
        write_cells(out, cells, &layout.styles)?;
    }
    Ok(())
}

fn write_headings(out: &mut dyn Write, columns: &[Column], shown: &[Place], styles: &Styles) -> io::Result<()> {
    let style = styles.heading;
    let plain = Styles::plain();
    let mut line = Vec::new();
    let cells = shown.iter().filter_map(|place| {
        let column = columns.get(place.column)?;
        Some((shorten_end(&column.title, place.width), Tone::Plain, column.align, place.width))
    });
    write_cells(&mut line, cells, &plain)?;
    let line = String::from_utf8_lossy(&line);
    writeln!(out, "{style}{}{style:#}", line.trim_end())
}

fn write_cells<'a>(
    out: &mut dyn Write,
    cells: impl Iterator<Item = (Cow<'a, str>, Tone, Align, usize)>,
    styles: &Styles,
) -> io::Result<()> {
    // Blanks are owed until something follows them, so that no line ends in blanks.
    let mut owed = 0;
    for (text, tone, align, columns) in cells {
        let style = styles.of(tone);
        let padding = columns.saturating_sub(width(&text));
        let (before, after) = match align {
            Align::Left => (0, padding),
            Align::Right => (padding, 0),
        };
        if text.is_empty() {
            owed += columns + GAP;
            continue;
        }
        write!(out, "{:owed$}{style}{text}{style:#}", "", owed = owed + before)?;
        owed = after + GAP;
    }
    writeln!(out)
}

fn shortened(text: &str, fit: Fit, columns: usize) -> Cow<'_, str> {
    match fit {
        Fit::Whole | Fit::ShortenEnd(_) => shorten_end(text, columns),
        Fit::ShortenStart(_) => shorten_start(text, columns),
    }
}

/// A column that is shown, and how wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    column: usize,
    width: usize,
}

/// Decides which columns are shown and how wide: as they are where they fit; else shortened; else without those of the highest rank.
fn fit(columns: &[Column], natural: &[usize], limit: Option<usize>) -> Vec<Place> {
    let mut shown: Vec<Place> =
        natural.iter().enumerate().map(|(column, width)| Place { column, width: *width }).collect();
    let Some(limit) = limit else { return shown };
    let least = |place: &Place| match columns.get(place.column).map(|column| column.fit) {
        Some(Fit::ShortenEnd(least) | Fit::ShortenStart(least)) => least.min(place.width),
        Some(Fit::Whole) | None => place.width,
    };
    let total = |widths: &mut dyn Iterator<Item = usize>| {
        let (count, sum) = widths.fold((0, 0), |(count, sum), width| (count + 1, sum + width));
        sum + GAP * usize::saturating_sub(count, 1)
    };
    while total(&mut shown.iter().map(least)) > limit {
        let rank = |place: &Place| columns.get(place.column).map_or(0, |column| column.rank);
        let Some(last) = shown.iter().map(rank).max().filter(|rank| *rank > 0) else { break };
        let Some(at) = shown.iter().rposition(|place| rank(place) == last) else { break };
        shown.remove(at);
    }
    // The widest column that may shrink gives way, one blank at a time: widths are small numbers.
    while total(&mut shown.iter().map(|place| place.width)) > limit {
        let widest = shown.iter_mut().filter(|place| place.width > least(place)).max_by_key(|place| place.width);
        let Some(place) = widest else { break };
        place.width -= 1;
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::page::Grid;

    const COLUMNS: [Column; 4] = [
        Column::text("id").fit(Fit::ShortenEnd(4)),
        Column::text("name").fit(Fit::ShortenStart(3)).rank(1),
        Column::number("n"),
        Column::text("note").rank(2),
    ];

    fn widths(limit: usize) -> Vec<(usize, usize)> {
        fit(&COLUMNS, &[8, 20, 3, 10], Some(limit)).iter().map(|place| (place.column, place.width)).collect()
    }

    #[test]
    fn columns_shrink_before_they_go_and_never_grow() {
        assert_eq!(widths(100), [(0, 8), (1, 20), (2, 3), (3, 10)]);
        assert_eq!(widths(40), [(0, 8), (1, 13), (2, 3), (3, 10)]);
        assert_eq!(widths(26), [(0, 4), (1, 3), (2, 3), (3, 10)]);
        assert_eq!(widths(25), [(0, 8), (1, 10), (2, 3)]);
        assert_eq!(widths(9), [(0, 4), (2, 3)]);
        assert_eq!(widths(1), [(0, 4), (2, 3)]);
    }

    #[test]
    fn lines_keep_within_the_width_and_end_without_blanks() {
        let row = |id: &str, name: &str| vec![Span::plain(id), Span::plain(name), Span::plain("7"), Span::plain("")];
        let rows = vec![row("漢字漢字漢字", "tests/test_a.py::test_b"), row("a\u{1b}[2J", "x")];
        let page = Page { blocks: vec![Block::Grid(Grid { columns: COLUMNS.to_vec(), rows })] };
        let layout = Layout { styles: Styles::plain(), width: Some(22), zone: super::super::Zone::Utc };
        let mut out = Vec::new();
        write_page(&mut out, &page, &layout).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "id      name   n  note\n漢字…   …st_b  7\na       x      7\n");
    }
}
