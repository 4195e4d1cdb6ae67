//! Flaky tests.

use serde::Serialize;

use super::RowAnswer;
use super::parts::{
    FlipEntry, Naming, PointEntry, ScopeHead, ShareEntry, head, interval_span, left_out, session_span, share_text,
};
use crate::analysis::{FlakyCertainty, FlakyEvidence, FlakyReport, FlakyTest};
use crate::model::Ratio;
use crate::render::page::{Block, Column, Grid, Layout, Page, Span, Tone};

/// A flaky test.
#[derive(Debug, Clone, Serialize, Default)]
pub(crate) struct FlakyEntry {
    sut_name: Option<String>,
    nodeid: String,
    certainty: &'static str,
    flip_rate: FlipEntry,
    passed_on_rerun: ShareEntry,
    disagreements: ShareEntry,
    failures: ShareEntry,
    last_evidence: Option<&'static str>,
    last_evidence_at: PointEntry,
}

impl From<&FlakyTest> for FlakyEntry {
    fn from(test: &FlakyTest) -> FlakyEntry {
        FlakyEntry {
            sut_name: test.test.sut_name.clone(),
            nodeid: test.test.node_id.to_string(),
            certainty: certainty(test.certainty),
            flip_rate: test.flips.into(),
            passed_on_rerun: test.passed_on_rerun.into(),
            disagreements: test.disagreements.into(),
            failures: test.failures.into(),
            last_evidence: test.last_evidence.as_ref().map(|(_, evidence)| evidence_word(*evidence)),
            last_evidence_at: test.last_evidence.as_ref().map(|(session, _)| session).into(),
        }
    }
}

fn certainty(certainty: FlakyCertainty) -> &'static str {
    match certainty {
        FlakyCertainty::Certain => "certain",
        FlakyCertainty::Likely => "likely",
    }
}

fn evidence_word(evidence: FlakyEvidence) -> &'static str {
    match evidence {
        FlakyEvidence::PassedOnRerun => "passed-on-rerun",
        FlakyEvidence::Disagreement => "disagreement",
        FlakyEvidence::Flip => "flip",
    }
}

/// Returns what shows that a test is flaky, in words.
pub(super) fn evidence_text(evidence: FlakyEvidence) -> &'static str {
    match evidence {
        FlakyEvidence::PassedOnRerun => "passed on rerun",
        FlakyEvidence::Disagreement => "passed and failed at one revision",
        FlakyEvidence::Flip => "failed between passes",
    }
}

impl RowAnswer for FlakyReport {
    const SCHEMA: &'static str = "insight.flaky/1";
    const ROWS: &'static str = "tests";
    type Head = ScopeHead;
    type Row = FlakyEntry;

    fn head(&self) -> ScopeHead {
        (&self.scope).into()
    }

    fn rows(&self) -> Vec<FlakyEntry> {
        self.tests.iter().map(FlakyEntry::from).collect()
    }

    fn scope(&self) -> Option<&crate::analysis::Scope> {
        Some(&self.scope)
    }

    fn to_page(&self, layout: &Layout) -> Page {
        let mut page = Page::default();
        let title = if self.tests.is_empty() { "No flaky tests" } else { "Flaky tests" };
        head(&mut page, title, &self.scope, layout);
        if !self.tests.is_empty() {
            page.push(Block::Grid(flaky_grid(&self.tests, Naming::of(&self.scope), layout)));
            page.push(Block::List(legend()));
        }
        left_out(&mut page, &self.scope);
        page
    }
}

/// Returns a table of flaky tests.
pub(super) fn flaky_grid(tests: &[FlakyTest], naming: Naming, layout: &Layout) -> Grid {
    let mut columns = vec![Column::text("FLAKY")];
    columns.extend(naming.columns());
    columns.extend([
        Column::text("FLIPS"),
        Column::number("RATE").rank(2),
        Column::text("95%").rank(6),
        Column::text("RERUN").rank(4),
        Column::text("REVISIONS").rank(5),
        Column::text("LAST EVIDENCE").rank(3),
        Column::text("SEEN").rank(3),
    ]);
    Grid { columns, rows: tests.iter().map(|test| cells(test, naming, layout)).collect() }
}

fn cells(test: &FlakyTest, naming: Naming, layout: &Layout) -> Vec<Span> {
    let tone = match test.certainty {
        FlakyCertainty::Certain => Tone::Bad,
        FlakyCertainty::Likely => Tone::Doubtful,
    };
    let (session, evidence) = match &test.last_evidence {
        Some((session, evidence)) => (Some(session), Span::plain(evidence_text(*evidence))),
        None => (None, Span::unknown()),
    };
    let mut cells = vec![Span::new(tone, certainty(test.certainty))];
    cells.extend(naming.cells(&test.test));
    cells.extend([
        share_span(test.flips.ratio),
        Span::new(Tone::Doubtful, test.flips.ratio.to_string()),
        interval_span(test.flips.interval),
        share_span(test.passed_on_rerun),
        share_span(test.disagreements),
        evidence,
        session_span(session, layout),
    ]);
    cells
}

fn share_span(ratio: Ratio) -> Span {
    Span::new(if ratio.part == 0 { Tone::Faint } else { Tone::Plain }, share_text(ratio))
}

fn legend() -> Vec<Vec<Span>> {
    let lines = [
        "certain: the same code passed and failed; likely: it keeps failing briefly and passing again",
        "FLIPS changes from pass to failure, of runs; RERUN passed after a failed attempt; REVISIONS disagree with themselves",
    ];
    lines.map(|line| vec![Span::new(Tone::Faint, line)]).to_vec()
}
