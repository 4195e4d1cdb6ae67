//! How one figure went.

use serde::Serialize;

use super::RowAnswer;
use super::chart::bar;
use super::parts::{
    Naming, PointEntry, ScopeEntry, SpreadEntry, duration_span, head, left_out, p_span, ratio_span, section,
    session_span, share_text, sut_span,
};
use super::summary::{DayEntry, HealthEntry, day_grid, score_span};
use super::test::ShiftEntry;
use crate::analysis::{
    CoFailureGroup, CoFailuresReport, DurationShift, DurationShiftsReport, DurationSpread, HealthReport,
    SessionDurationsReport, SutHealth, SutShift,
};
use crate::model::Ratio;
use crate::render::human;
use crate::render::page::{Block, Column, Fit, Grid, Layout, Page, Span, Tone};
use crate::service::AnalyzeAnswer;

/// What there is once of an analysis.
#[derive(Debug, Serialize)]
pub(crate) struct AnalyzeHead {
    metric: &'static str,
    scope: ScopeEntry,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_days: Option<Vec<DurationDayEntry>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sut_shifts: Option<Vec<SutShiftEntry>>,
}

#[derive(Debug, Serialize)]
struct DurationDayEntry {
    day: String,
    sessions: SpreadEntry,
}

#[derive(Debug, Serialize)]
struct SutShiftEntry {
    sut_name: Option<String>,
    at: PointEntry,
    ratio: f64,
    sessions_before: u64,
    sessions_after: u64,
    p_value: f64,
}

/// A row: a day, a test, a system under test, or a group of tests.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum AnalyzeEntry {
    Day(Box<DayEntry>),
    Shift(Box<ShiftEntry>),
    Health(Box<SutHealthEntry>),
    Group(Box<GroupOfTestsEntry>),
}

impl Default for AnalyzeEntry {
    fn default() -> AnalyzeEntry {
        AnalyzeEntry::Day(Box::default())
    }
}

#[derive(Debug, Serialize, Default)]
pub(crate) struct SutHealthEntry {
    sut_name: Option<String>,
    #[serde(flatten)]
    health: HealthEntry,
}

#[derive(Debug, Serialize, Default)]
pub(crate) struct GroupOfTestsEntry {
    sut_name: Option<String>,
    tests: Vec<String>,
    together: super::parts::ShareEntry,
    last: PointEntry,
    p_value: f64,
}

impl RowAnswer for AnalyzeAnswer {
    const SCHEMA: &'static str = "insight.analysis/1";
    const ROWS: &'static str = "rows";
    type Head = AnalyzeHead;
    type Row = AnalyzeEntry;

    fn head(&self) -> AnalyzeHead {
        let (metric, scope) = match self {
            AnalyzeAnswer::PassRate(rates) => ("pass-rate", &rates.scope),
            AnalyzeAnswer::Duration { shifts, .. } => ("duration", &shifts.scope),
            AnalyzeAnswer::Health(health) => ("health", &health.scope),
            AnalyzeAnswer::CoFailures(report) => ("co-failures", &report.scope),
        };
        let (session_days, sut_shifts) = match self {
            AnalyzeAnswer::Duration { sessions, shifts } => (
                Some(sessions.days.iter().map(duration_day).collect()),
                Some(shifts.suts.iter().map(sut_shift).collect()),
            ),
            AnalyzeAnswer::PassRate(_) | AnalyzeAnswer::Health(_) | AnalyzeAnswer::CoFailures(_) => (None, None),
        };
        AnalyzeHead { metric, scope: scope.into(), session_days, sut_shifts }
    }

    fn rows(&self) -> Vec<AnalyzeEntry> {
        match self {
            AnalyzeAnswer::PassRate(rates) => {
                rates.days.iter().map(|day| AnalyzeEntry::Day(Box::new(day.into()))).collect()
            }
            AnalyzeAnswer::Duration { shifts, .. } => {
                shifts.tests.iter().map(|shift| AnalyzeEntry::Shift(Box::new(shift.into()))).collect()
            }
            AnalyzeAnswer::Health(report) => report.suts.iter().map(health_entry).collect(),
            AnalyzeAnswer::CoFailures(report) => report.groups.iter().map(group_entry).collect(),
        }
    }

    fn empty_row(&self) -> AnalyzeEntry {
        match self {
            AnalyzeAnswer::PassRate(_) => AnalyzeEntry::Day(Box::default()),
            AnalyzeAnswer::Duration { .. } => AnalyzeEntry::Shift(Box::default()),
            AnalyzeAnswer::Health(_) => AnalyzeEntry::Health(Box::default()),
            AnalyzeAnswer::CoFailures(_) => AnalyzeEntry::Group(Box::default()),
        }
    }

    fn to_page(&self, layout: &Layout) -> Page {
        let mut page = Page::default();
        match self {
            AnalyzeAnswer::PassRate(rates) => {
                head(&mut page, "Pass rate, day by day", &rates.scope, layout);
                page.push(Block::Grid(day_grid(rates)));
                left_out(&mut page, &rates.scope);
            }
            AnalyzeAnswer::Duration { sessions, shifts } => duration_page(&mut page, sessions, shifts, layout),
            AnalyzeAnswer::Health(report) => health_page(&mut page, report, layout),
            AnalyzeAnswer::CoFailures(report) => co_failures_page(&mut page, report, layout),
        }
        page
    }
}

fn duration_day((day, spread): &(chrono::NaiveDate, DurationSpread)) -> DurationDayEntry {
    DurationDayEntry { day: day.to_string(), sessions: Some(spread).into() }
}

fn sut_shift(shift: &SutShift) -> SutShiftEntry {
    SutShiftEntry {
        sut_name: shift.sut_name.clone(),
        at: shift.at.as_ref().into(),
        ratio: shift.ratio,
        sessions_before: shift.sessions.0,
        sessions_after: shift.sessions.1,
        p_value: shift.p_value,
    }
}

fn health_entry(health: &SutHealth) -> AnalyzeEntry {
    AnalyzeEntry::Health(Box::new(SutHealthEntry { sut_name: health.sut_name.clone(), health: health.into() }))
}

fn group_entry(group: &CoFailureGroup) -> AnalyzeEntry {
    AnalyzeEntry::Group(Box::new(GroupOfTestsEntry {
        sut_name: group.tests.first().and_then(|test| test.sut_name.clone()),
        tests: group.tests.iter().map(|test| test.node_id.to_string()).collect(),
        together: group.together.into(),
        last: group.last.as_ref().into(),
        p_value: group.p_value,
    }))
}

fn duration_page(page: &mut Page, sessions: &SessionDurationsReport, shifts: &DurationShiftsReport, layout: &Layout) {
    head(page, "Durations", &sessions.scope, layout);
    if !sessions.days.is_empty() {
        page.push(Block::Grid(duration_days(sessions)));
    }
    left_out(page, &sessions.scope);
    for (title, slower) in [("Became slower", true), ("Became faster", false)] {
        let tests: Vec<&DurationShift> = shifts.tests.iter().filter(|test| test.is_slower() == slower).collect();
        if !tests.is_empty() {
            section(page, format!("{title}: {}", human::count(tests.len() as u64, "test", "tests")));
            page.push(Block::Grid(shift_grid(&tests, Naming::of(&shifts.scope), layout)));
        }
    }
    if !shifts.suts.is_empty() {
        section(page, "All tests of a system together");
        let line = |shift: &SutShift| {
            vec![
                sut_span(shift.sut_name.as_deref()),
                Span::plain(" takes "),
                ratio_span(shift.ratio),
                Span::plain(format!(" as long since {}", session_span(shift.at.as_ref(), layout).text)),
                Span::new(Tone::Faint, format!(" ({} sessions before, {} after)", shift.sessions.0, shift.sessions.1)),
            ]
        };
        page.push(Block::List(shifts.suts.iter().map(line).collect()));
    }
    section(page, "What the tests' changes rest on");
    page.push(Block::Line(vec![Span::new(Tone::Faint, super::parts::rests_on(&shifts.scope, layout))]));
    left_out(page, &shifts.scope);
}

fn duration_days(sessions: &SessionDurationsReport) -> Grid {
    let longest = sessions.days.iter().map(|(_, spread)| spread.median).max().unwrap_or_default();
    let columns = vec![
        Column::text("DAY"),
        Column::number("SESSIONS"),
        Column::number("MEDIAN"),
        Column::number("P95").rank(2),
        Column::text("").rank(1),
    ];
    let row = |(day, spread): &(chrono::NaiveDate, DurationSpread)| {
        let share = spread.median.as_secs_f64() / longest.as_secs_f64().max(f64::MIN_POSITIVE);
        vec![
            Span::plain(day.to_string()),
            Span::plain(spread.n.to_string()),
            duration_span(Some(spread.median)),
            duration_span(Some(spread.p95)),
            Span::new(Tone::Name, bar(share, 30)),
        ]
    };
    Grid { columns, rows: sessions.days.iter().map(row).collect() }
}

fn shift_grid(tests: &[&DurationShift], naming: Naming, layout: &Layout) -> Grid {
    let mut columns = naming.columns();
    columns.extend([
        Column::number("BEFORE"),
        Column::number("AFTER"),
        Column::number("RATIO"),
        Column::text("SINCE").rank(1),
        Column::number("PASSES").rank(4),
        Column::number("P").rank(3),
    ]);
    let row = |shift: &&DurationShift| {
        let mut cells = naming.cells(&shift.test);
        cells.extend([
            duration_span(Some(shift.before)),
            duration_span(Some(shift.after)),
            ratio_span(shift.ratio),
            session_span(shift.at.as_ref(), layout),
            Span::new(Tone::Faint, format!("{}+{}", shift.passes_before, shift.passes_after)),
            p_span(Some(shift.p_value)),
        ]);
        cells
    };
    Grid { columns, rows: tests.iter().map(row).collect() }
}

fn health_page(page: &mut Page, report: &HealthReport, layout: &Layout) {
    head(page, "Health, of 100", &report.scope, layout);
    let columns = vec![
        Column::text("SUT").fit(Fit::ShortenEnd(12)),
        Column::number("SCORE"),
        Column::text(""),
        Column::number("PASSING (4)").rank(1),
        Column::number("STEADY (3)").rank(1),
        Column::number("GREEN (2)").rank(2),
        Column::number("AS FAST (1)").rank(2),
        Column::number("SESSIONS").rank(3),
    ];
    let row = |sut: &SutHealth| {
        let share = |ratio: Ratio| Span::plain(share_text(ratio));
        let score = score_span(sut);
        let columns = sut.score.map(|score| bar(f64::from(score) / 100.0, 20)).unwrap_or_default();
        vec![
            sut_span(sut.sut_name.as_deref()),
            score.clone(),
            Span::new(score.tone, columns),
            share(sut.passing),
            share(sut.steady),
            share(sut.green),
            share(sut.as_fast),
            Span::plain(sut.sessions.to_string()),
        ]
    };
    page.push(Block::Grid(Grid { columns, rows: report.suts.iter().map(row).collect() }));
    let text = "weights in brackets: tests that pass now, are not flaky; sessions without a failure; tests that did not become slower; no score below 5 sessions";
    page.push(Block::List(vec![vec![Span::new(Tone::Faint, text)]]));
    left_out(page, &report.scope);
}

fn co_failures_page(page: &mut Page, report: &CoFailuresReport, layout: &Layout) {
    let title =
        if report.groups.is_empty() { "No tests that fail together" } else { "Tests that begin to fail together" };
    head(page, title, &report.scope, layout);
    for group in &report.groups {
        let last = group.last.as_ref().map(|session| session.session_id.short()).unwrap_or_default();
        let title = format!(
            "{} in {} sessions with a failure of theirs, last {last}, p {}",
            human::count(group.tests.len() as u64, "test", "tests"),
            share_text(group.together),
            p_span(Some(group.p_value)).text
        );
        page.push(Block::Heading(3, vec![Span::plain(title)]));
        let line =
            |test: &crate::analysis::TestRef| vec![Span::plain("  "), Span::new(Tone::Name, test.node_id.as_str())];
        page.push(Block::List(group.tests.iter().map(line).collect()));
    }
    left_out(page, &report.scope);
}
