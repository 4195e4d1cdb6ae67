//! The attempts of a test, latest first.

use serde::Serialize;

use super::RowAnswer;
use super::chart::sparkline;
use super::parts::{Naming, ScopeEntry, SpreadEntry, duration_span, head, left_out, section};
use super::tests_page::{TestRowEntry, outcome_tone, test_grid};
use crate::analysis::{TestAttempt, TestHistoryReport};
use crate::render::human;
use crate::render::page::{Block, Column, Fit, Grid, Layout, Page, Span, Tone};
use crate::wire::{microseconds, timestamp};

/// What there is once of a test's history.
#[derive(Debug, Serialize)]
pub(crate) struct HistoryHead {
    scope: ScopeEntry,
    tests: Vec<TestRowEntry>,
    days: Vec<DayEntry>,
}

#[derive(Debug, Serialize)]
struct DayEntry {
    day: String,
    passes: SpreadEntry,
}

/// One attempt.
#[derive(Debug, Serialize, Default)]
pub(crate) struct AttemptEntry {
    sut_name: Option<String>,
    nodeid: String,
    session_id: String,
    session_start_time: Option<String>,
    branch: Option<String>,
    revision: Option<String>,
    attempt: Option<u16>,
    outcome: &'static str,
    duration_us: Option<u64>,
}

impl From<&TestAttempt> for AttemptEntry {
    fn from(attempt: &TestAttempt) -> AttemptEntry {
        AttemptEntry {
            sut_name: attempt.test.sut_name.clone(),
            nodeid: attempt.test.node_id.to_string(),
            session_id: attempt.session.session_id.to_string(),
            session_start_time: attempt.session.start.map(timestamp),
            branch: attempt.branch.clone(),
            revision: attempt.revision.clone(),
            attempt: attempt.attempt,
            outcome: attempt.outcome.as_str(),
            duration_us: attempt.duration.map(microseconds),
        }
    }
}

impl RowAnswer for TestHistoryReport {
    const SCHEMA: &'static str = "insight.test-history/1";
    const ROWS: &'static str = "attempts";
    type Head = HistoryHead;
    type Row = AttemptEntry;

    fn head(&self) -> HistoryHead {
        let day = |(day, spread): &(chrono::NaiveDate, crate::analysis::DurationSpread)| DayEntry {
            day: day.to_string(),
            passes: Some(spread).into(),
        };
        HistoryHead {
            scope: (&self.scope).into(),
            tests: self.tests.iter().map(TestRowEntry::from).collect(),
            days: self.days.iter().map(day).collect(),
        }
    }

    fn rows(&self) -> Vec<AttemptEntry> {
        self.attempts.iter().map(AttemptEntry::from).collect()
    }

    fn to_page(&self, layout: &Layout) -> Page {
        let mut page = Page::default();
        let first = self.tests.first().map(|row| &row.test.node_id);
        let one = first.filter(|first| self.tests.iter().all(|row| row.test.node_id == **first));
        head(&mut page, one.map_or_else(|| "Test history".to_owned(), ToString::to_string), &self.scope, layout);
        if !self.tests.is_empty() {
            let naming = if one.is_some() { Naming::SutAlone } else { Naming::of(&self.scope) };
            page.push(Block::Grid(test_grid(&self.tests, naming, layout)));
            say_more_tests(&mut page, self);
        }
        if let Some(trend) = duration_trend(self) {
            page.push(Block::Line(trend));
        }
        if !self.attempts.is_empty() {
            section(&mut page, "Attempts, latest first");
            page.push(Block::Grid(attempt_grid(&self.attempts, layout)));
        }
        if self.attempts.is_empty() {
            page.push(Block::Line(vec![Span::plain("no attempt is as asked for")]));
        }
        left_out(&mut page, &self.scope);
        page
    }
}

/// Says how many tests the history tells of beyond those in its table.
pub(super) fn say_more_tests(page: &mut Page, report: &TestHistoryReport) {
    let rest = report.scope.tests.unwrap_or(0).saturating_sub(report.tests.len() as u64);
    if rest > 0 {
        let text = format!("and {}; --all shows every one", human::count(rest, "more test", "more tests"));
        page.push(Block::Line(vec![Span::new(Tone::Faint, text)]));
    }
}

/// Returns how the durations of passes went, day by day; nothing of one day.
pub(super) fn duration_trend(report: &TestHistoryReport) -> Option<Vec<Span>> {
    let (first, last) = (report.days.first()?, report.days.last()?);
    if report.days.len() < 2 {
        return None;
    }
    let medians: Vec<Option<f64>> = report.days.iter().map(|(_, spread)| Some(spread.median.as_secs_f64())).collect();
    let shortest = report.days.iter().map(|(_, spread)| spread.median).min()?;
    let longest = report.days.iter().map(|(_, spread)| spread.median).max()?;
    let text =
        format!(" {} to {} a day, {} to {}", human::duration(shortest), human::duration(longest), first.0, last.0);
    Some(vec![
        Span::new(Tone::Faint, "median pass "),
        Span::new(Tone::Name, sparkline(&medians, 60)),
        Span::new(Tone::Faint, text),
    ])
}

/// Returns a table of attempts.
pub(super) fn attempt_grid(attempts: &[TestAttempt], layout: &Layout) -> Grid {
    let differs = |differs: fn(&TestAttempt, &TestAttempt) -> bool| {
        attempts.first().is_some_and(|first| attempts.iter().any(|attempt| differs(first, attempt)))
    };
    let several_suts = differs(|first, attempt| first.test.sut_name != attempt.test.sut_name);
    let several_ids = differs(|first, attempt| first.test.node_id != attempt.test.node_id);
    let named = match (several_suts, several_ids) {
        (false, false) => None,
        (true, false) => Some(Naming::SutAlone),
        (false, true) => Some(Naming::NodeId),
        (true, true) => Some(Naming::WithSut),
    };
    let mut columns = vec![Column::text("SESSION"), Column::text("STARTED").rank(3)];
    columns.extend(named.into_iter().flat_map(Naming::columns));
    columns.extend([
        Column::text("OUTCOME"),
        Column::number("ATTEMPT").rank(4),
        Column::number("TOOK"),
        Column::text("BRANCH").fit(Fit::ShortenEnd(8)).rank(6),
        Column::text("REVISION").rank(5),
    ]);
    Grid { columns, rows: attempts.iter().map(|attempt| cells(attempt, named, layout)).collect() }
}

fn cells(attempt: &TestAttempt, naming: Option<Naming>, layout: &Layout) -> Vec<Span> {
    let start = attempt.session.start;
    let mut cells = vec![
        Span::new(Tone::Name, attempt.session.session_id.short()),
        start.map_or_else(Span::unknown, |start| Span::plain(layout.zone.moment(start))),
    ];
    cells.extend(naming.into_iter().flat_map(|naming| naming.cells(&attempt.test)));
    let revision = attempt.revision.as_deref().map(|revision| revision.get(..10).unwrap_or(revision));
    cells.extend([
        Span::new(outcome_tone(attempt.outcome), attempt.outcome.as_str()),
        attempt.attempt.map_or_else(Span::unknown, |number| Span::plain(number.to_string())),
        duration_span(attempt.duration),
        attempt.branch.as_ref().map_or_else(Span::unknown, Span::plain),
        revision.map_or_else(Span::unknown, Span::plain),
    ]);
    cells
}
