//! The whole at a glance.

use serde::Serialize;

use super::RowAnswer;
use super::chart::{bar, sparkline};
use super::failures::{ClusterEntry, cluster_grid};
use super::flaky::{FlakyEntry, flaky_grid};
use super::parts::{
    Naming, RateEntry, ScopeEntry, ShareEntry, SpreadEntry, counts_spans, head, interval_span, left_out, number,
    rate_span, section, share_text, sut_span,
};
use super::regressions::{TrendEntry, trend_grid};
use crate::analysis::{RateRow, RatesReport, SutHealth};
use crate::render::human;
use crate::render::page::{Block, Column, Fit, Grid, Layout, Page, Span, Tone};
use crate::render::session_entry::CountsEntry;
use crate::service::SummaryAnswer;

/// How wide charts over days are.
const CHART: usize = 60;

/// What there is once of a summary.
#[derive(Debug, Serialize)]
pub(crate) struct SummaryHead {
    scope: ScopeEntry,
    total: GroupEntry,
    session_duration: SpreadEntry,
    flaky_tests: u64,
    regressed_tests: u64,
    slower_tests: u64,
    failures: u64,
    days: Vec<DayEntry>,
    flaky: Vec<FlakyEntry>,
    failing: Vec<TrendEntry>,
    failure_clusters: Vec<ClusterEntry>,
    analysed: ScopeEntry,
}

/// Sessions taken together.
#[derive(Debug, Serialize, Default)]
pub(super) struct GroupEntry {
    sessions: u64,
    green: ShareEntry,
    #[serde(flatten)]
    counts: CountsEntry,
    pass_rate: RateEntry,
}

impl<Key> From<&RateRow<Key>> for GroupEntry {
    fn from(row: &RateRow<Key>) -> GroupEntry {
        GroupEntry {
            sessions: row.sessions,
            green: row.green.into(),
            counts: row.counts.into(),
            pass_rate: (&row.pass_rate).into(),
        }
    }
}

/// One day's sessions.
#[derive(Debug, Serialize, Default)]
pub(crate) struct DayEntry {
    day: String,
    #[serde(flatten)]
    group: GroupEntry,
}

impl From<&RateRow<chrono::NaiveDate>> for DayEntry {
    fn from(row: &RateRow<chrono::NaiveDate>) -> DayEntry {
        DayEntry { day: row.key.to_string(), group: row.into() }
    }
}

/// A system under test.
#[derive(Debug, Serialize, Default)]
pub(crate) struct SutEntry {
    sut_name: Option<String>,
    #[serde(flatten)]
    group: GroupEntry,
    health: HealthEntry,
}

/// The health of a system's tests.
#[derive(Debug, Serialize, Default)]
pub(crate) struct HealthEntry {
    score: Option<u8>,
    sessions: u64,
    passing: ShareEntry,
    steady: ShareEntry,
    green: ShareEntry,
    as_fast: ShareEntry,
    regressed: u64,
}

impl From<&SutHealth> for HealthEntry {
    fn from(health: &SutHealth) -> HealthEntry {
        HealthEntry {
            score: health.score,
            sessions: health.sessions,
            passing: health.passing.into(),
            steady: health.steady.into(),
            green: health.green.into(),
            as_fast: health.as_fast.into(),
            regressed: health.regressed,
        }
    }
}

impl RowAnswer for SummaryAnswer {
    const SCHEMA: &'static str = "insight.summary/1";
    const ROWS: &'static str = "suts";
    type Head = SummaryHead;
    type Row = SutEntry;

    fn head(&self) -> SummaryHead {
        SummaryHead {
            scope: (&self.rates.scope).into(),
            total: (&self.rates.total).into(),
            session_duration: self.durations.total.as_ref().into(),
            flaky_tests: self.flaky_tests,
            regressed_tests: self.regressed_tests,
            slower_tests: self.slower_tests,
            failures: self.failures.failures,
            days: self.rates.days.iter().map(DayEntry::from).collect(),
            flaky: self.flaky.tests.iter().map(FlakyEntry::from).collect(),
            failing: self.failing.tests.iter().map(TrendEntry::from).collect(),
            failure_clusters: self.failures.clusters.iter().map(ClusterEntry::from).collect(),
            analysed: (&self.health.scope).into(),
        }
    }

    fn rows(&self) -> Vec<SutEntry> {
        let health = |sut: &RateRow<Option<String>>| self.health.suts.iter().find(|health| health.sut_name == sut.key);
        let row = |sut: &RateRow<Option<String>>| SutEntry {
            sut_name: sut.key.clone(),
            group: sut.into(),
            health: health(sut).map(HealthEntry::from).unwrap_or_default(),
        };
        self.rates.suts.iter().map(row).collect()
    }

    fn to_page(&self, layout: &Layout) -> Page {
        let mut page = Page::default();
        head(&mut page, "Summary", &self.rates.scope, layout);
        page.push(Block::Facts(self.facts()));
        if self.rates.suts.len() > 1 {
            section(&mut page, "Systems under test");
            page.push(Block::Grid(self.sut_grid()));
        }
        self.troubles(&mut page, layout);
        left_out(&mut page, &self.health.scope);
        page
    }
}

impl SummaryAnswer {
    /// What is to be said of the whole, one line each.
    pub(super) fn facts(&self) -> Vec<(&'static str, Vec<Span>)> {
        let total = &self.rates.total;
        let mut facts = vec![
            (
                "pass rate",
                vec![
                    rate_span(&total.pass_rate),
                    Span::plain(" ("),
                    interval_span(total.pass_rate.interval),
                    Span::plain(format!("), {} results", share_text(total.pass_rate.ratio))),
                ],
            ),
            ("results", counts_spans(&total.counts)),
            ("green", vec![Span::plain(format!("{} sessions", share_text(total.green)))]),
        ];
        if let [health] = self.health.suts.as_slice() {
            facts.push(("health", vec![score_span(health), Span::new(Tone::Faint, health_parts(health))]));
        }
        if let Some(spread) = &self.durations.total {
            let (median, p95) = (human::duration(spread.median), human::duration(spread.p95));
            facts.push(("took", vec![Span::plain(format!("{median} a session in the median, {p95} p95"))]));
        }
        let trouble =
            |number: u64, text: String| vec![Span::new(if number > 0 { Tone::Bad } else { Tone::Good }, text)];
        let tests = |number: u64| human::count(number, "test", "tests");
        facts.push(("regressed", trouble(self.regressed_tests, tests(self.regressed_tests))));
        facts.push(("flaky", trouble(self.flaky_tests, tests(self.flaky_tests))));
        facts.push(("slower", trouble(self.slower_tests, tests(self.slower_tests))));
        facts.extend(day_trend(&self.rates).map(|trend| ("by day", trend)));
        facts
    }

    fn sut_grid(&self) -> Grid {
        let columns = vec![
            Column::text("SUT").fit(Fit::ShortenEnd(12)),
            Column::number("SESSIONS"),
            Column::number("GREEN").rank(4),
            Column::number("PASSED"),
            Column::text("95%").rank(6),
            Column::number("HEALTH"),
            Column::number("PASSING").rank(5),
            Column::number("STEADY").rank(5),
            Column::number("REGRESSED").rank(3),
        ];
        let row = |sut: &RateRow<Option<String>>| {
            let health = self.health.suts.iter().find(|health| health.sut_name == sut.key);
            vec![
                sut_span(sut.key.as_deref()),
                Span::plain(sut.sessions.to_string()),
                Span::plain(sut.green.to_string()),
                rate_span(&sut.pass_rate),
                interval_span(sut.pass_rate.interval),
                health.map_or_else(Span::unknown, score_span),
                health.map_or_else(Span::unknown, |health| Span::plain(health.passing.to_string())),
                health.map_or_else(Span::unknown, |health| Span::plain(health.steady.to_string())),
                health.map_or_else(Span::unknown, |health| number(health.regressed, Tone::Bad)),
            ]
        };
        Grid { columns, rows: self.rates.suts.iter().map(row).collect() }
    }

    /// Adds what to look at first.
    pub(super) fn troubles(&self, page: &mut Page, layout: &Layout) {
        if !self.failing.tests.is_empty() {
            section(page, "Failing now");
            page.push(Block::Grid(trend_grid(&self.failing.tests, Naming::of(&self.rates.scope), layout)));
            left_out_beyond(page, &self.failing.scope);
        }
        if !self.flaky.tests.is_empty() {
            section(page, format!("Flaky: {}", human::count(self.flaky_tests, "test", "tests")));
            page.push(Block::Grid(flaky_grid(&self.flaky.tests, Naming::of(&self.rates.scope), layout)));
            left_out_beyond(page, &self.flaky.scope);
        }
        if !self.failures.clusters.is_empty() {
            section(page, format!("Why tests fail: {}", human::count(self.failures.failures, "failure", "failures")));
            page.push(Block::Grid(cluster_grid(&self.failures.clusters, layout)));
            left_out_beyond(page, &self.failures.scope);
        }
    }
}

fn left_out_beyond(page: &mut Page, scope: &crate::analysis::Scope) {
    let more = scope.left_out_for(crate::analysis::LeftOutReason::BeyondLimit);
    if more > 0 {
        page.push(Block::Line(vec![Span::new(Tone::Faint, format!("and {more} more"))]));
    }
}

/// Returns a health score.
pub(super) fn score_span(health: &SutHealth) -> Span {
    match health.score {
        None => Span::unknown(),
        Some(score @ 90..) => Span::new(Tone::Good, score.to_string()),
        Some(score @ 70..) => Span::new(Tone::Doubtful, score.to_string()),
        Some(score) => Span::new(Tone::Bad, score.to_string()),
    }
}

fn health_parts(health: &SutHealth) -> String {
    let of = if health.score.is_some() { "of 100" } else { "unknown below 5 sessions" };
    format!(
        " {of}: {} tests pass now, {} not flaky, {} sessions green, {} not slower",
        share_text(health.passing),
        share_text(health.steady),
        share_text(health.green),
        share_text(health.as_fast)
    )
}

/// Returns how the pass rate went, day by day; nothing of one day.
fn day_trend(rates: &RatesReport) -> Option<Vec<Span>> {
    let (first, last) = (rates.days.first()?, rates.days.last()?);
    if rates.days.len() < 2 {
        return None;
    }
    let values: Vec<Option<f64>> = rates.days.iter().map(|day| day.pass_rate.value()).collect();
    let known = || rates.days.iter().filter(|day| day.pass_rate.ratio.whole > 0);
    let by_value =
        |left: &&RateRow<_>, right: &&RateRow<_>| left.pass_rate.value().partial_cmp(&right.pass_rate.value());
    let order = |left: &&RateRow<_>, right: &&RateRow<_>| by_value(left, right).unwrap_or(std::cmp::Ordering::Equal);
    let (lowest, highest) = (known().min_by(order)?, known().max_by(order)?);
    let text =
        format!(" {} to {} passed, {} to {}", lowest.pass_rate.ratio, highest.pass_rate.ratio, first.key, last.key);
    Some(vec![Span::new(Tone::Name, sparkline(&values, CHART)), Span::new(Tone::Faint, text)])
}

/// Returns a table of days with a bar of each day's pass rate.
pub(super) fn day_grid(rates: &RatesReport) -> Grid {
    let columns = vec![
        Column::text("DAY"),
        Column::number("SESSIONS"),
        Column::number("GREEN").rank(4),
        Column::number("PASSED").rank(3),
        Column::number("FAILED").rank(3),
        Column::number("RATE"),
        Column::text("95%").rank(2),
        Column::text("").rank(1),
    ];
    let row = |day: &RateRow<chrono::NaiveDate>| {
        let rate = &day.pass_rate;
        vec![
            Span::plain(day.key.to_string()),
            Span::plain(day.sessions.to_string()),
            Span::plain(share_text(day.green)),
            Span::plain(day.counts.passed.to_string()),
            number(day.counts.failed + day.counts.errors, Tone::Bad),
            rate_span(rate),
            interval_span(rate.interval),
            Span::new(rate_span(rate).tone, rate.value().map(|value| bar(value, 30)).unwrap_or_default()),
        ]
    };
    Grid { columns, rows: rates.days.iter().map(row).collect() }
}
