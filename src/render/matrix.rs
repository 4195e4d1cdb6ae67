//! Many small cells under one another, such as tests by session.

use std::io::{self, Write};

use super::page::{Layout, Matrix, MatrixRow, Span, Tone};
use super::text::{clean, shorten_start, width};

/// The least width of a label before cells are left out.
const LEAST_LABEL: usize = 24;
/// What stands between a label, the cells and the note.
const GAP: usize = 2;

/// Writes a matrix. Where it is too wide, labels are shortened first, then the first cells left out.
pub(crate) fn write_matrix(out: &mut dyn Write, matrix: &Matrix, layout: &Layout) -> io::Result<()> {
    let widest =
        |part: fn(&MatrixRow) -> &Span| matrix.rows.iter().map(|row| width(&clean(&part(row).text))).max().unwrap_or(0);
    let (mut label, note) = (widest(|row| &row.label), widest(|row| &row.note));
    let all = matrix.rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
    let mut cells = all;
    if let Some(limit) = layout.width {
        let room = limit.saturating_sub(note + 2 * GAP);
        label = label.min(room.saturating_sub(cells).max(LEAST_LABEL));
        cells = cells.min(room.saturating_sub(label).max(1));
    }
    for row in &matrix.rows {
        let text = clean(&row.label.text);
        let text = shorten_start(&text, label);
        let style = layout.styles.of(row.label.tone);
        write!(out, "{style}{text}{style:#}{:pad$}", "", pad = label - width(&text).min(label) + GAP)?;
        let mut blanks = 0;
        for cell in row.cells.iter().skip(row.cells.len().saturating_sub(cells)) {
            // Blanks are owed until something follows them, so that no line ends in blanks.
            if cell.text.trim().is_empty() {
                blanks += 1;
                continue;
            }
            let style = layout.styles.of(cell.tone);
            write!(out, "{:blanks$}{style}{}{style:#}", "", clean(&cell.text))?;
            blanks = 0;
        }
        if !row.note.text.is_empty() {
            let style = layout.styles.of(row.note.tone);
            write!(out, "{:pad$}{style}{}{style:#}", "", clean(&row.note.text), pad = blanks + GAP)?;
        }
        writeln!(out)?;
    }
    if cells < all {
        let style = layout.styles.faint;
        writeln!(out, "{style}{} older columns are left out for want of width{style:#}", all - cells)?;
    }
    Ok(())
}

/// Returns a matrix as lines of text.
pub(crate) fn matrix_lines(matrix: &Matrix) -> Vec<Span> {
    let widest = matrix.rows.iter().map(|row| width(&row.label.text)).max().unwrap_or(0);
    let line = |row: &MatrixRow| {
        let pad = widest - width(&row.label.text) + GAP;
        let cells: String = row.cells.iter().map(|cell| cell.text.as_str()).collect();
        let text = format!("{}{:pad$}{cells}  {}", row.label.text, "", row.note.text);
        Span::new(Tone::Plain, text.trim_end())
    };
    matrix.rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{Styles, Zone};

    fn shown(width: Option<usize>) -> String {
        let cells = "..F.s F".chars().map(|cell| Span::plain(cell.to_string())).collect();
        let row = |label: &str| MatrixRow { label: Span::plain(label), cells, note: Span::plain("50%") };
        let matrix = Matrix { rows: vec![row("tests/test_a_very_long_module_name.py::test_a")] };
        let layout = Layout { styles: Styles::plain(), width, zone: Zone::Utc };
        let mut out = Vec::new();
        write_matrix(&mut out, &matrix, &layout).expect("memory is writable");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn labels_give_way_before_cells_do() {
        assert_eq!(shown(None), "tests/test_a_very_long_module_name.py::test_a  ..F.s F  50%\n");
        assert_eq!(shown(Some(50)), "…_a_very_long_module_name.py::test_a  ..F.s F  50%\n");
        assert_eq!(
            shown(Some(35)),
            "…_module_name.py::test_a  .s F  50%\n3 older columns are left out for want of width\n"
        );
    }
}
