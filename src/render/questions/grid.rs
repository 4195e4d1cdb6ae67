//! Tests by session.

use serde::Serialize;

use super::RowAnswer;
use super::parts::{RateEntry, ScopeEntry, head, left_out, rate_tone, verdict_tone};
use crate::analysis::{GridReport, GridRow, GridSession, Verdict};
use crate::render::page::{Block, Layout, Matrix, MatrixRow, Page, Span, Tone};
use crate::wire::timestamp;

/// What there is once of tests by session.
#[derive(Debug, Serialize)]
pub(crate) struct GridHead {
    scope: ScopeEntry,
    sessions: Vec<GridSessionEntry>,
}

#[derive(Debug, Serialize)]
struct GridSessionEntry {
    session_id: String,
    start_time: Option<String>,
    sut_name: Option<String>,
    set_aside: Option<&'static str>,
}

/// A test by session.
#[derive(Debug, Serialize, Default)]
pub(crate) struct GridRowEntry {
    sut_name: Option<String>,
    nodeid: String,
    pass_rate: RateEntry,
    verdicts: Vec<Option<&'static str>>,
}

impl RowAnswer for GridReport {
    const SCHEMA: &'static str = "insight.test-trends/1";
    const ROWS: &'static str = "tests";
    type Head = GridHead;
    type Row = GridRowEntry;

    fn head(&self) -> GridHead {
        let session = |column: &GridSession| GridSessionEntry {
            session_id: column.session.session_id.to_string(),
            start_time: column.session.start.map(timestamp),
            sut_name: column.sut_name.clone(),
            set_aside: column.set_aside.map(crate::analysis::LeftOutReason::word),
        };
        GridHead { scope: (&self.scope).into(), sessions: self.sessions.iter().map(session).collect() }
    }

    fn rows(&self) -> Vec<GridRowEntry> {
        let row = |row: &GridRow| GridRowEntry {
            sut_name: row.test.sut_name.clone(),
            nodeid: row.test.node_id.to_string(),
            pass_rate: (&row.pass_rate).into(),
            verdicts: row.cells.iter().map(|cell| cell.map(Verdict::as_str)).collect(),
        };
        self.rows.iter().map(row).collect()
    }

    fn scope(&self) -> Option<&crate::analysis::Scope> {
        Some(&self.scope)
    }

    fn to_page(&self, layout: &Layout) -> Page {
        let mut page = Page::default();
        head(&mut page, "Tests by session, the newest on the right", &self.scope, layout);
        if !self.rows.is_empty() {
            page.push(Block::Matrix(self.matrix()));
            page.push(Block::List(vec![legend()]));
        }
        left_out(&mut page, &self.scope);
        page
    }
}

impl GridReport {
    fn matrix(&self) -> Matrix {
        let row = |row: &GridRow| {
            // The end of a label is kept where it is shortened.
            let label = match (&row.test.sut_name, self.scope.suts > 1) {
                (Some(sut_name), true) => format!("{} ({sut_name})", row.test.node_id),
                (Some(_) | None, _) => row.test.node_id.to_string(),
            };
            MatrixRow {
                label: Span::new(Tone::Name, label),
                cells: row.cells.iter().map(|cell| cell_span(*cell)).collect(),
                note: Span::new(rate_tone(row.pass_rate.ratio), row.pass_rate.ratio.to_string()),
            }
        };
        let mut rows: Vec<MatrixRow> = self.rows.iter().map(row).collect();
        if self.sessions.iter().any(|column| column.set_aside.is_some()) {
            let mark =
                |column: &GridSession| Span::new(Tone::Doubtful, if column.set_aside.is_some() { "!" } else { " " });
            rows.push(MatrixRow {
                label: Span::new(Tone::Faint, "set aside by analyses"),
                cells: self.sessions.iter().map(mark).collect(),
                note: Span::default(),
            });
        }
        Matrix { rows }
    }
}

/// Returns a verdict as one character, as pytest has them.
pub(super) fn cell_span(verdict: Option<Verdict>) -> Span {
    let Some(verdict) = verdict else { return Span::plain(" ") };
    Span::new(verdict_tone(verdict), letter(verdict))
}

fn letter(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => ".",
        Verdict::Flaky => "R",
        Verdict::Failed => "F",
        Verdict::Error => "E",
        Verdict::Skipped => "s",
        Verdict::Xfailed => "x",
        Verdict::Xpassed => "X",
        Verdict::Unfinished => "?",
    }
}

/// Returns what the characters mean.
pub(super) fn legend() -> Vec<Span> {
    let words = [
        (Verdict::Passed, "passed"),
        (Verdict::Failed, "failed"),
        (Verdict::Error, "error"),
        (Verdict::Flaky, "passed on rerun"),
        (Verdict::Skipped, "skipped"),
        (Verdict::Xfailed, "xfailed"),
        (Verdict::Xpassed, "xpassed"),
        (Verdict::Unfinished, "unfinished"),
    ];
    let mut spans = Vec::new();
    for (verdict, word) in words {
        spans.push(cell_span(Some(verdict)));
        spans.push(Span::new(Tone::Faint, format!(" {word}  ")));
    }
    spans.push(Span::new(Tone::Faint, "blank: no result"));
    spans
}
