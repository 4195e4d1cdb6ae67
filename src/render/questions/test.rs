//! One test.

use serde::Serialize;

use super::RowAnswer;
use super::failures::{ClusterEntry, cluster_grid};
use super::flaky::{FlakyEntry, evidence_text};
use super::history::{AttemptEntry, HistoryHead, attempt_grid, duration_trend, say_more_tests};
use super::parts::{
    Naming, PointEntry, head, interval_span, left_out, ratio_span, section, session_span, share_text, sut_span,
};
use super::regressions::{TrendEntry, streak_text};
use super::tests_page::{outcome_tone, test_grid};
use crate::analysis::{DurationShift, FlakyTest, OutcomeTrend};
use crate::model::Outcome;
use crate::render::human;
use crate::render::page::{Block, Layout, Page, Span, Tone};
use crate::service::TestAnswer;
use crate::wire::microseconds;

/// What there is once of a test.
#[derive(Debug, Serialize)]
pub(crate) struct TestHead {
    nodeid: String,
    #[serde(flatten)]
    history: HistoryHead,
    trends: Vec<TrendEntry>,
    flaky: Vec<FlakyEntry>,
    duration_shifts: Vec<ShiftEntry>,
    failure_clusters: Vec<ClusterEntry>,
}

/// A test that became slower or faster.
#[derive(Debug, Serialize, Default)]
pub(crate) struct ShiftEntry {
    sut_name: Option<String>,
    nodeid: String,
    at: PointEntry,
    passes_before: u64,
    before_median_us: u64,
    passes_after: u64,
    after_median_us: u64,
    ratio: f64,
    p_value: f64,
}

impl From<&DurationShift> for ShiftEntry {
    fn from(shift: &DurationShift) -> ShiftEntry {
        ShiftEntry {
            sut_name: shift.test.sut_name.clone(),
            nodeid: shift.test.node_id.to_string(),
            at: shift.at.as_ref().into(),
            passes_before: shift.passes_before,
            before_median_us: microseconds(shift.before),
            passes_after: shift.passes_after,
            after_median_us: microseconds(shift.after),
            ratio: shift.ratio,
            p_value: shift.p_value,
        }
    }
}

impl RowAnswer for TestAnswer {
    const SCHEMA: &'static str = "insight.test/1";
    const ROWS: &'static str = "attempts";
    type Head = TestHead;
    type Row = AttemptEntry;

    fn head(&self) -> TestHead {
        TestHead {
            nodeid: self.node_id.to_string(),
            history: self.history.head(),
            trends: self.trends.iter().map(TrendEntry::from).collect(),
            flaky: self.flaky.iter().map(FlakyEntry::from).collect(),
            duration_shifts: self.shifts.iter().map(ShiftEntry::from).collect(),
            failure_clusters: self.failures.clusters.iter().map(ClusterEntry::from).collect(),
        }
    }

    fn rows(&self) -> Vec<AttemptEntry> {
        self.history.rows()
    }

    fn to_page(&self, layout: &Layout) -> Page {
        let mut page = Page::default();
        head(&mut page, self.node_id.to_string(), &self.history.scope, layout);
        page.push(Block::Grid(test_grid(&self.history.tests, Naming::SutAlone, layout)));
        say_more_tests(&mut page, &self.history);
        let mut lines: Vec<Vec<Span>> = vec![self.strip()];
        lines.extend(duration_trend(&self.history));
        lines.extend(self.trends.iter().map(|trend| trend_line(trend, layout)));
        lines.extend(self.flaky.iter().map(|test| flaky_line(test, layout)));
        lines.extend(self.shifts.iter().map(|shift| shift_line(shift, layout)));
        page.push(Block::List(lines));
        if !self.failures.clusters.is_empty() {
            section(&mut page, "Why it failed");
            page.push(Block::Grid(cluster_grid(&self.failures.clusters, layout)));
        }
        if !self.history.attempts.is_empty() {
            section(&mut page, "Latest attempts");
            page.push(Block::Grid(attempt_grid(&self.history.attempts, layout)));
        }
        left_out(&mut page, &self.history.scope);
        page
    }
}

impl TestAnswer {
    /// The attempts that are listed, oldest first, one character each.
    fn strip(&self) -> Vec<Span> {
        let letter = |outcome: Outcome| match outcome {
            Outcome::Passed => ".",
            Outcome::Failed => "F",
            Outcome::Error => "E",
            Outcome::Skipped => "s",
            Outcome::Xfailed => "x",
            Outcome::Xpassed => "X",
            Outcome::Rerun => "R",
        };
        let mut spans = vec![Span::new(Tone::Faint, "attempts    ")];
        let latest = self.history.attempts.iter().take(60);
        let mut cells: Vec<Span> =
            latest.map(|attempt| Span::new(outcome_tone(attempt.outcome), letter(attempt.outcome))).collect();
        cells.reverse();
        spans.extend(cells);
        spans.push(Span::new(Tone::Faint, " the latest on the right"));
        spans
    }
}

fn trend_line(trend: &OutcomeTrend, layout: &Layout) -> Vec<Span> {
    let tone = if trend.streak.verdict.is_failure() { Tone::Bad } else { Tone::Good };
    let mut spans = in_sut(trend.test.sut_name.as_deref());
    spans.push(Span::new(tone, format!("{} in a row", streak_text(&trend.streak))));
    spans.push(Span::plain(format!(" since {}", session_span(trend.streak.since.as_ref(), layout).text)));
    if let Some(change) = &trend.change {
        let at = session_span(change.at.as_ref(), layout).text;
        let (earliest, latest) =
            (session_span(change.earliest.as_ref(), layout).text, session_span(change.latest.as_ref(), layout).text);
        let text = format!(
            "; its pass rate changed from {} to {} at {at} (99%: {earliest} to {latest})",
            change.before.ratio, change.after.ratio
        );
        spans.push(Span::plain(text));
    }
    spans
}

fn flaky_line(test: &FlakyTest, layout: &Layout) -> Vec<Span> {
    let mut spans = in_sut(test.test.sut_name.as_deref());
    spans.push(Span::new(Tone::Bad, "flaky"));
    let text = format!(
        ": {} runs flipped ({}, 95%: {}), {} passed on rerun, {} revisions disagree",
        share_text(test.flips.ratio),
        test.flips.ratio,
        interval_span(test.flips.interval).text,
        share_text(test.passed_on_rerun),
        share_text(test.disagreements)
    );
    spans.push(Span::plain(text));
    if let Some((session, evidence)) = &test.last_evidence {
        let at = session_span(Some(session), layout).text;
        spans.push(Span::new(Tone::Faint, format!("; last {at}: {}", evidence_text(*evidence))));
    }
    spans
}

fn shift_line(shift: &DurationShift, layout: &Layout) -> Vec<Span> {
    let mut spans = in_sut(shift.test.sut_name.as_deref());
    spans.push(ratio_span(shift.ratio));
    let text = format!(
        " as long since {}: {} (median of {}) before, {} (of {}) after",
        session_span(shift.at.as_ref(), layout).text,
        human::duration(shift.before),
        shift.passes_before,
        human::duration(shift.after),
        shift.passes_after
    );
    spans.push(Span::plain(text));
    spans
}

fn in_sut(sut_name: Option<&str>) -> Vec<Span> {
    vec![sut_span(sut_name), Span::plain(": ")]
}
