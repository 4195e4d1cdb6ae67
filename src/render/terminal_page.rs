//! A page on a terminal.

use std::borrow::Cow;
use std::io::{self, Write};

use super::Styles;
use super::matrix::write_matrix;
use super::page::{Align, Block, Column, Fit, Grid, Layout, Page, Span, Tone};
use super::text::{clean, shorten_end, shorten_start, width};

/// What stands between two columns.
const GAP: usize = 2;

/// Writes a page, fitted to the layout's width.
pub(crate) fn write_page(out: &mut dyn Write, page: &Page, layout: &Layout) -> io::Result<()> {
    for (index, block) in page.blocks.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| page.blocks.get(before));
        if before.is_some_and(|before| are_apart(before, block)) {
            writeln!(out)?;
        }
        match block {
            Block::Heading(3.., spans) => {
                write_spans(out, spans, &layout.styles)?;
                writeln!(out)?;
            }
            Block::Heading(_, spans) => {
                let style = layout.styles.heading;
                write!(out, "{style}")?;
                for span in spans {
                    write!(out, "{}", clean(&span.text))?;
                }
                writeln!(out, "{style:#}")?;
            }
            Block::Line(spans) => {
                write_spans(out, spans, &layout.styles)?;
                writeln!(out)?;
            }
            Block::List(lines) => {
                for spans in lines {
                    write_spans(out, spans, &layout.styles)?;
                    writeln!(out)?;
                }
            }
            Block::Facts(facts) => write_facts(out, facts, layout)?,
            Block::Grid(grid) => write_grid(out, grid, layout)?,
            Block::Matrix(matrix) => write_matrix(out, matrix, layout)?,
            Block::Text(lines) => {
                for line in lines {
                    if !line.text.trim_end().is_empty() {
                        write!(out, "    ")?;
                        write_span(out, line, &layout.styles)?;
                    }
                    writeln!(out)?;
                }
            }
        }
    }
    Ok(())
}

/// Whether a blank line stands between two parts.
fn are_apart(before: &Block, after: &Block) -> bool {
    match (before, after) {
        (_, Block::Heading(..)) => true,
        (Block::Heading(..), _) => false,
        (Block::Line(_), Block::Line(_) | Block::Text(_)) => false,
        (Block::Line(_) | Block::List(_) | Block::Facts(_) | Block::Grid(_) | Block::Matrix(_) | Block::Text(_), _) => {
            true
        }
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
fn write_grid(out: &mut dyn Write, grid: &Grid, layout: &Layout) -> io::Result<()> {
    if grid.rows.is_empty() {
        return Ok(());
    }
    let rows: Vec<Vec<Cow<'_, str>>> =
        grid.rows.iter().map(|row| row.iter().map(|cell| clean(&cell.text)).collect()).collect();
    let natural: Vec<usize> = grid
        .columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let cells = rows.iter().filter_map(|row| row.get(at)).map(|cell| width(cell));
            cells.chain([width(&column.title)]).max().unwrap_or(0)
        })
        .collect();
    let shown = fit(&grid.columns, &natural, layout.width);
    write_headings(out, grid, &shown, &layout.styles)?;
    for (row, spans) in rows.iter().zip(&grid.rows) {
        let cells = shown.iter().filter_map(|place| {
            let (text, span, column) =
                (row.get(place.column)?, spans.get(place.column)?, grid.columns.get(place.column)?);
            Some((shortened(text, column.fit, place.width), span.tone, column.align, place.width))
        });
        write_cells(out, cells, &layout.styles)?;
    }
    Ok(())
}

fn write_headings(out: &mut dyn Write, grid: &Grid, shown: &[Place], styles: &Styles) -> io::Result<()> {
    let style = styles.heading;
    let plain = Styles::plain();
    let mut line = Vec::new();
    let cells = shown.iter().filter_map(|place| {
        let column = grid.columns.get(place.column)?;
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
