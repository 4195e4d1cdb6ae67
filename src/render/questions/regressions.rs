//! Tests that began to fail, and since when.

use serde::Serialize;

use super::RowAnswer;
use super::parts::{Naming, PointEntry, RateEntry, ScopeHead, head, left_out, rate_span, session_span};
use crate::analysis::{OutcomeTrend, RegressionsReport, Streak, TrendKind};
use crate::render::page::{Block, Column, Grid, Layout, Page, Span, Tone};

/// A test that fails or lately did.
#[derive(Debug, Clone, Serialize, Default)]
pub(crate) struct TrendEntry {
    sut_name: Option<String>,
    nodeid: String,
    kind: &'static str,
    pass_rate: RateEntry,
    streak: StreakEntry,
    changed_at: PointEntry,
    changed_earliest: PointEntry,
    changed_latest: PointEntry,
    rate_before: RateEntry,
    rate_after: RateEntry,
    sessions_since: u64,
}

#[derive(Debug, Clone, Serialize, Default)]
struct StreakEntry {
    verdict: &'static str,
    length: u64,
    since: PointEntry,
    before: PointEntry,
}

impl From<&OutcomeTrend> for TrendEntry {
    fn from(test: &OutcomeTrend) -> TrendEntry {
        let change = test.change.as_ref();
        let rate = |rate: Option<&crate::analysis::PassRate>| rate.map(RateEntry::from).unwrap_or_default();
        TrendEntry {
            sut_name: test.test.sut_name.clone(),
            nodeid: test.test.node_id.to_string(),
            kind: kind_word(test.kind),
            pass_rate: (&test.pass_rate).into(),
            streak: StreakEntry {
                verdict: test.streak.verdict.as_str(),
                length: test.streak.length,
                since: test.streak.since.as_ref().into(),
                before: test.streak.before.as_ref().into(),
            },
            changed_at: change.and_then(|change| change.at.as_ref()).into(),
            changed_earliest: change.and_then(|change| change.earliest.as_ref()).into(),
            changed_latest: change.and_then(|change| change.latest.as_ref()).into(),
            rate_before: rate(change.map(|change| &change.before)),
            rate_after: rate(change.map(|change| &change.after)),
            sessions_since: test.sessions_since,
        }
    }
}

fn kind_word(kind: TrendKind) -> &'static str {
    match kind {
        TrendKind::Regressed => "regressed",
        TrendKind::Failing => "failing",
        TrendKind::Recovered => "recovered",
    }
}

impl RowAnswer for RegressionsReport {
    const SCHEMA: &'static str = "insight.regressions/1";
    const ROWS: &'static str = "tests";
    type Head = ScopeHead;
    type Row = TrendEntry;

    fn head(&self) -> ScopeHead {
        (&self.scope).into()
    }

    fn rows(&self) -> Vec<TrendEntry> {
        self.tests.iter().map(TrendEntry::from).collect()
    }

    fn scope(&self) -> Option<&crate::analysis::Scope> {
        Some(&self.scope)
    }

    fn to_page(&self, layout: &Layout) -> Page {
        let mut page = Page::default();
        let title = if self.tests.is_empty() { "No test fails or lately did" } else { "Regressions" };
        head(&mut page, title, &self.scope, layout);
        if !self.tests.is_empty() {
            page.push(Block::Grid(trend_grid(&self.tests, Naming::of(&self.scope), layout)));
            page.push(Block::List(vec![vec![Span::new(Tone::Faint, LEGEND)]]));
        }
        left_out(&mut page, &self.scope);
        page
    }
}

const LEGEND: &str = "regressed: began to fail at a change point; failing: fails, and it is too early to tell since when or it always did; recovered: ended to fail";

/// Returns a table of tests that fail or lately did.
pub(super) fn trend_grid(tests: &[OutcomeTrend], naming: Naming, layout: &Layout) -> Grid {
    let mut columns = vec![Column::text("STATE")];
    columns.extend(naming.columns());
    columns.extend([
        Column::text("NOW"),
        Column::text("SINCE"),
        Column::text("LAST OTHERWISE").rank(5),
        Column::number("BEFORE").rank(3),
        Column::number("AFTER").rank(3),
        Column::number("PASSED").rank(4),
        Column::number("RUNS").rank(6),
    ]);
    Grid { columns, rows: tests.iter().map(|test| cells(test, naming, layout)).collect() }
}

fn cells(test: &OutcomeTrend, naming: Naming, layout: &Layout) -> Vec<Span> {
    let tone = match test.kind {
        TrendKind::Regressed => Tone::Bad,
        TrendKind::Failing => Tone::Doubtful,
        TrendKind::Recovered => Tone::Good,
    };
    let mut cells = vec![Span::new(tone, kind_word(test.kind))];
    cells.extend(naming.cells(&test.test));
    let rate = |rate: Option<&crate::analysis::PassRate>| rate.map_or_else(Span::unknown, rate_span);
    cells.extend([
        Span::new(tone, streak_text(&test.streak)),
        session_span(test.streak.since.as_ref(), layout),
        session_span(test.streak.before.as_ref(), layout),
        rate(test.change.as_ref().map(|change| &change.before)),
        rate(test.change.as_ref().map(|change| &change.after)),
        rate_span(&test.pass_rate),
        Span::plain(test.pass_rate.ratio.whole.to_string()),
    ]);
    cells
}

/// Returns a streak in words: `failed 12x`.
pub(super) fn streak_text(streak: &Streak) -> String {
    let word = if streak.verdict.is_failure() { "failed" } else { "passed" };
    format!("{word} {}x", streak.length)
}
