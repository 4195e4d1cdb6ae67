//! Slow tests, and where the time goes.

use serde::Serialize;

use super::RowAnswer;
use super::chart::bar;
use super::parts::{Naming, ScopeEntry, ShareEntry, SpreadEntry, duration_span, head, left_out, section, sut_span};
use crate::analysis::{SlowFile, SlowReport, SlowTest};
use crate::model::Ratio;
use crate::render::human;
use crate::render::page::{Block, Column, Fit, Grid, Layout, Page, Span, Tone};
use crate::wire::microseconds;

/// How wide a whole is as a bar.
const BAR: usize = 16;

/// What there is once of slow tests.
#[derive(Debug, Serialize)]
pub(crate) struct SlowHead {
    scope: ScopeEntry,
    total_duration_us: u64,
    files: Vec<SlowFileEntry>,
}

#[derive(Debug, Serialize)]
struct SlowFileEntry {
    sut_name: Option<String>,
    path: String,
    tests: u64,
    total_duration_us: u64,
    share: ShareEntry,
}

/// A slow test.
#[derive(Debug, Serialize, Default)]
pub(crate) struct SlowEntry {
    sut_name: Option<String>,
    nodeid: String,
    passes: SpreadEntry,
    total_duration_us: u64,
    share: ShareEntry,
}

impl RowAnswer for SlowReport {
    const SCHEMA: &'static str = "insight.slow/1";
    const ROWS: &'static str = "tests";
    type Head = SlowHead;
    type Row = SlowEntry;

    fn head(&self) -> SlowHead {
        let file = |file: &SlowFile| SlowFileEntry {
            sut_name: file.sut_name.clone(),
            path: file.path.clone(),
            tests: file.tests,
            total_duration_us: microseconds(file.total),
            share: file.share.into(),
        };
        SlowHead {
            scope: (&self.scope).into(),
            total_duration_us: microseconds(self.total),
            files: self.files.iter().map(file).collect(),
        }
    }

    fn rows(&self) -> Vec<SlowEntry> {
        let row = |test: &SlowTest| SlowEntry {
            sut_name: test.test.sut_name.clone(),
            nodeid: test.test.node_id.to_string(),
            passes: test.passes.as_ref().into(),
            total_duration_us: microseconds(test.total),
            share: test.share.into(),
        };
        self.tests.iter().map(row).collect()
    }

    fn scope(&self) -> Option<&crate::analysis::Scope> {
        Some(&self.scope)
    }

    fn to_page(&self, layout: &Layout) -> Page {
        let mut page = Page::default();
        head(&mut page, format!("Slow tests: {} in all", human::duration(self.total)), &self.scope, layout);
        if !self.tests.is_empty() {
            page.push(Block::Grid(slow_grid(&self.tests, Naming::of(&self.scope))));
        }
        if !self.files.is_empty() {
            section(&mut page, "Where the time goes");
            page.push(Block::Grid(file_grid(&self.files)));
        }
        left_out(&mut page, &self.scope);
        page
    }
}

/// Returns a table of slow tests.
pub(super) fn slow_grid(tests: &[SlowTest], naming: Naming) -> Grid {
    let mut columns = naming.columns();
    columns.extend([
        Column::number("MEDIAN"),
        Column::number("P95").rank(3),
        Column::number("PASSES").rank(4),
        Column::number("TOTAL").rank(2),
        Column::number("SHARE").rank(2),
        Column::text("").rank(5),
    ]);
    Grid { columns, rows: tests.iter().map(|test| cells(test, naming)).collect() }
}

fn cells(test: &SlowTest, naming: Naming) -> Vec<Span> {
    let mut cells = naming.cells(&test.test);
    let n = test.passes.map_or(0, |spread| spread.n);
    cells.extend([
        duration_span(test.passes.map(|spread| spread.median)),
        duration_span(test.passes.map(|spread| spread.p95)),
        Span::plain(n.to_string()),
        Span::plain(human::duration(test.total)),
        Span::plain(test.share.to_string()),
        share_bar(test.share),
    ]);
    cells
}

fn file_grid(files: &[SlowFile]) -> Grid {
    let one = files.iter().all(|file| file.sut_name == files.first().and_then(|first| first.sut_name.clone()));
    let mut columns = Vec::new();
    if !one {
        columns.push(super::parts::SUT);
    }
    columns.extend([
        Column::text("FILE").fit(Fit::ShortenStart(24)),
        Column::number("TESTS").rank(3),
        Column::number("TOTAL"),
        Column::number("SHARE"),
        Column::text("").rank(4),
    ]);
    let row = |file: &SlowFile| {
        let mut cells = Vec::new();
        if !one {
            cells.push(sut_span(file.sut_name.as_deref()));
        }
        cells.extend([
            Span::new(Tone::Name, &file.path),
            Span::plain(file.tests.to_string()),
            Span::plain(human::duration(file.total)),
            Span::plain(file.share.to_string()),
            share_bar(file.share),
        ]);
        cells
    };
    Grid { columns, rows: files.iter().map(row).collect() }
}

fn share_bar(share: Ratio) -> Span {
    Span::new(Tone::Doubtful, share.value().map(|share| bar(share, BAR)).unwrap_or_default())
}
