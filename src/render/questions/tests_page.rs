//! Tests with their counts, rates and durations.

use std::time::Duration;

use serde::Serialize;

use super::RowAnswer;
use super::parts::{
    Naming, PointEntry, RateEntry, ScopeHead, duration_span, head, interval_span, left_out, number, rate_span,
    session_span, verdict_span,
};
use crate::analysis::{TestRow, TestsReport};
use crate::model::Outcome;
use crate::render::page::{Block, Column, Grid, Layout, Page, Span, Tone};
use crate::wire::microseconds;

/// A test with its figures.
#[derive(Debug, Clone, Serialize, Default)]
pub(crate) struct TestRowEntry {
    sut_name: Option<String>,
    nodeid: String,
    runs: u64,
    passed: u64,
    failed: u64,
    errors: u64,
    skipped: u64,
    xfailed: u64,
    xpassed: u64,
    rerun: u64,
    pass_rate: RateEntry,
    mean_duration_us: Option<u64>,
    longest_us: Option<u64>,
    total_duration_us: Option<u64>,
    first_seen: PointEntry,
    last_seen: PointEntry,
    last_verdict: Option<&'static str>,
}

impl From<&TestRow> for TestRowEntry {
    fn from(row: &TestRow) -> TestRowEntry {
        TestRowEntry {
            sut_name: row.test.sut_name.clone(),
            nodeid: row.test.node_id.to_string(),
            runs: row.runs,
            passed: row.counts.passed,
            failed: row.counts.failed,
            errors: row.counts.errors,
            skipped: row.counts.skipped,
            xfailed: row.counts.xfailed,
            xpassed: row.counts.xpassed,
            rerun: row.counts.rerun,
            pass_rate: (&row.pass_rate).into(),
            mean_duration_us: row.mean_duration.map(microseconds),
            longest_us: row.longest.map(microseconds),
            total_duration_us: total(row).map(microseconds),
            first_seen: row.first_seen.as_ref().into(),
            last_seen: row.last_seen.as_ref().into(),
            last_verdict: row.last_verdict.map(crate::analysis::Verdict::as_str),
        }
    }
}

/// The time of all attempts together; unknown where no attempt's time is known.
fn total(row: &TestRow) -> Option<Duration> {
    row.mean_duration.map(|_| row.total_duration)
}

impl RowAnswer for TestsReport {
    const SCHEMA: &'static str = "insight.test-list/1";
    const ROWS: &'static str = "tests";
    type Head = ScopeHead;
    type Row = TestRowEntry;

    fn head(&self) -> ScopeHead {
        (&self.scope).into()
    }

    fn rows(&self) -> Vec<TestRowEntry> {
        self.tests.iter().map(TestRowEntry::from).collect()
    }

    fn scope(&self) -> Option<&crate::analysis::Scope> {
        Some(&self.scope)
    }

    fn to_page(&self, layout: &Layout) -> Page {
        let mut page = Page::default();
        head(&mut page, "Tests", &self.scope, layout);
        if !self.tests.is_empty() {
            let naming = Naming::of(&self.scope);
            page.push(Block::Grid(test_grid(&self.tests, naming, layout)));
        }
        left_out(&mut page, &self.scope);
        page
    }
}

/// Returns a table of tests.
pub(super) fn test_grid(tests: &[TestRow], naming: Naming, layout: &Layout) -> Grid {
    let mut columns = naming.columns();
    columns.extend([
        Column::number("RUNS"),
        Column::number("FAILED"),
        Column::number("RERUNS").rank(6),
        Column::number("PASSED").rank(2),
        Column::text("95%").rank(7),
        Column::number("MEAN").rank(3),
        Column::number("LONGEST").rank(5),
        Column::text("LAST SEEN").rank(4),
        Column::text("LAST"),
    ]);
    Grid { columns, rows: tests.iter().map(|row| cells(row, naming, layout)).collect() }
}

fn cells(row: &TestRow, naming: Naming, layout: &Layout) -> Vec<Span> {
    let mut cells = naming.cells(&row.test);
    cells.extend([
        Span::plain(row.runs.to_string()),
        number(row.counts.failed + row.counts.errors, Tone::Bad),
        number(row.counts.rerun, Tone::Doubtful),
        rate_span(&row.pass_rate),
        interval_span(row.pass_rate.interval),
        duration_span(row.mean_duration),
        duration_span(row.longest),
        session_span(row.last_seen.as_ref(), layout),
        verdict_span(row.last_verdict),
    ]);
    cells
}

/// Returns the tone of an outcome.
pub(super) fn outcome_tone(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Passed => Tone::Good,
        Outcome::Failed | Outcome::Error => Tone::Bad,
        Outcome::Rerun | Outcome::Xpassed => Tone::Doubtful,
        Outcome::Skipped | Outcome::Xfailed => Tone::Faint,
    }
}
