//! What most answers have: what they rest on, tests, sessions, rates, and how these look.

use std::time::Duration;

use serde::Serialize;

use crate::analysis::statistics::Interval;
use crate::analysis::{DurationSpread, FlipRate, LeftOut, PassRate, Scope, SessionRef, TestRef, Verdict};
use crate::model::{OutcomeCounts, Ratio};
use crate::render::human;
use crate::render::page::{Block, Column, Fit, Layout, Page, Span, Tone};
use crate::wire::{microseconds, timestamp};

/// What an answer rests on.
#[derive(Debug, Clone, Serialize, Default)]
pub(crate) struct ScopeEntry {
    window: WindowEntry,
    sessions: u64,
    suts: u64,
    first_start_time: Option<String>,
    last_start_time: Option<String>,
    tests: Option<u64>,
    left_out: Vec<LeftOutEntry>,
}

#[derive(Debug, Clone, Serialize, Default)]
struct WindowEntry {
    from: Option<String>,
    until: Option<String>,
}

#[derive(Debug, Clone, Serialize, Default)]
struct LeftOutEntry {
    reason: &'static str,
    unit: &'static str,
    count: u64,
    sessions: Vec<String>,
}

impl From<&Scope> for ScopeEntry {
    fn from(scope: &Scope) -> ScopeEntry {
        let left_out = |left_out: &LeftOut| LeftOutEntry {
            reason: left_out.reason.word(),
            unit: left_out.reason.unit(),
            count: left_out.count,
            sessions: left_out.sessions.iter().map(ToString::to_string).collect(),
        };
        ScopeEntry {
            window: WindowEntry { from: scope.window.from.map(timestamp), until: scope.window.until.map(timestamp) },
            sessions: scope.sessions,
            suts: scope.suts,
            first_start_time: scope.first.map(timestamp),
            last_start_time: scope.last.map(timestamp),
            tests: scope.tests,
            left_out: scope.left_out.iter().map(left_out).collect(),
        }
    }
}

/// The head of an answer that has nothing but rows.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ScopeHead {
    pub(crate) scope: ScopeEntry,
}

impl From<&Scope> for ScopeHead {
    fn from(scope: &Scope) -> ScopeHead {
        ScopeHead { scope: scope.into() }
    }
}

/// A pass rate with its interval; no rate of nothing.
#[derive(Debug, Clone, Copy, Serialize, Default)]
pub(crate) struct RateEntry {
    passed: u64,
    n: u64,
    rate: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
}

impl From<&PassRate> for RateEntry {
    fn from(rate: &PassRate) -> RateEntry {
        RateEntry {
            passed: rate.ratio.part,
            n: rate.ratio.whole,
            rate: rate.value(),
            low: rate.interval.map(|interval| interval.low),
            high: rate.interval.map(|interval| interval.high),
        }
    }
}

/// A share of a whole, with an interval where there is one.
#[derive(Debug, Clone, Copy, Serialize, Default)]
pub(crate) struct ShareEntry {
    part: u64,
    n: u64,
    share: Option<f64>,
}

impl From<Ratio> for ShareEntry {
    fn from(ratio: Ratio) -> ShareEntry {
        ShareEntry { part: ratio.part, n: ratio.whole, share: ratio.value() }
    }
}

/// A flip rate with its interval.
#[derive(Debug, Clone, Copy, Serialize, Default)]
pub(crate) struct FlipEntry {
    flips: u64,
    n: u64,
    rate: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
}

impl From<FlipRate> for FlipEntry {
    fn from(flips: FlipRate) -> FlipEntry {
        FlipEntry {
            flips: flips.ratio.part,
            n: flips.ratio.whole,
            rate: flips.ratio.value(),
            low: flips.interval.map(|interval| interval.low),
            high: flips.interval.map(|interval| interval.high),
        }
    }
}

/// A session that an answer points at.
#[derive(Debug, Clone, Serialize, Default)]
pub(crate) struct PointEntry {
    session_id: Option<String>,
    start_time: Option<String>,
}

impl From<Option<&SessionRef>> for PointEntry {
    fn from(session: Option<&SessionRef>) -> PointEntry {
        PointEntry {
            session_id: session.map(|session| session.session_id.to_string()),
            start_time: session.and_then(|session| session.start).map(timestamp),
        }
    }
}

/// The spread of some durations.
#[derive(Debug, Clone, Copy, Serialize, Default)]
pub(crate) struct SpreadEntry {
    n: u64,
    median_us: Option<u64>,
    p95_us: Option<u64>,
}

impl From<Option<&DurationSpread>> for SpreadEntry {
    fn from(spread: Option<&DurationSpread>) -> SpreadEntry {
        SpreadEntry {
            n: spread.map_or(0, |spread| spread.n),
            median_us: spread.map(|spread| microseconds(spread.median)),
            p95_us: spread.map(|spread| microseconds(spread.p95)),
        }
    }
}

/// Adds the title and what the answer rests on.
pub(super) fn head(page: &mut Page, title: impl Into<String>, scope: &Scope, layout: &Layout) {
    page.push(Block::Heading(1, vec![Span::plain(title)]));
    page.push(Block::Line(vec![Span::new(Tone::Faint, rests_on(scope, layout))]));
}

/// Returns what an answer rests on, in one line.
pub(super) fn rests_on(scope: &Scope, layout: &Layout) -> String {
    let mut text = human::count(scope.sessions, "session", "sessions");
    if scope.suts > 1 {
        text += &format!(" of {} systems", scope.suts);
    }
    if let Some(tests) = scope.tests {
        text += &format!(", {}", human::count(tests, "test", "tests"));
    }
    if let Some((first, last)) = scope.first.zip(scope.last) {
        let (first, last) = (layout.zone.moment(first), layout.zone.moment(last));
        text += &if first == last { format!(", at {first}") } else { format!(", from {first} to {last}") };
    }
    let (from, until) = (scope.window.from, scope.window.until);
    if from.is_some() || until.is_some() {
        let end = |end: Option<_>| end.map(|end| layout.zone.moment(end)).unwrap_or_default();
        text += &format!("; window {}..{}", end(from), end(until));
    }
    text
}

/// Adds what the answer does not rest on, and why.
pub(super) fn left_out(page: &mut Page, scope: &Scope) {
    left_out_of(page, "left out", scope);
}

/// Adds what a part of the answer does not rest on, and why.
pub(super) fn left_out_of(page: &mut Page, beginning: &str, scope: &Scope) {
    let line = |left_out: &LeftOut| {
        let unit = left_out.reason.unit();
        let unit = if left_out.count == 1 { unit_of_one(unit) } else { unit };
        let named: Vec<String> = left_out.sessions.iter().take(5).map(|id| id.short().to_owned()).collect();
        let more = if left_out.sessions.len() > named.len() { ", ..." } else { "" };
        let named = if named.is_empty() { String::new() } else { format!(" ({}{more})", named.join(", ")) };
        vec![Span::new(
            Tone::Faint,
            format!("{beginning}: {} {unit}: {}{named}", left_out.count, left_out.reason.as_str()),
        )]
    };
    if !scope.left_out.is_empty() {
        page.push(Block::List(scope.left_out.iter().map(line).collect()));
    }
}

fn unit_of_one(unit: &'static str) -> &'static str {
    match unit {
        "entries" => "entry",
        other => other.strip_suffix('s').unwrap_or(other),
    }
}

/// Adds a heading within the page.
pub(super) fn section(page: &mut Page, title: impl Into<String>) {
    page.push(Block::Heading(2, vec![Span::plain(title)]));
}

/// Returns a session by its short name and day.
pub(super) fn session_span(session: Option<&SessionRef>, layout: &Layout) -> Span {
    let Some(session) = session else { return Span::unknown() };
    let id = session.session_id.short();
    match session.start {
        Some(start) => Span::plain(format!("{} {id}", layout.zone.moment(start).get(..10).unwrap_or_default())),
        None => Span::plain(id),
    }
}

/// The column of tests.
pub(super) const TEST: Column = Column::text("TEST").fit(Fit::ShortenStart(36));
/// The column of systems under test, where there are several.
pub(super) const SUT: Column = Column::text("SUT").fit(Fit::ShortenEnd(8)).rank(1);

/// How tests are named on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    /// By node id: all are of one system.
    NodeId,
    /// By system under test and node id.
    WithSut,
    /// By system under test: the node id stands above.
    SutAlone,
}

impl Naming {
    /// Returns how the tests of an answer are named: with their system where it rests on several.
    pub(super) fn of(scope: &Scope) -> Naming {
        if scope.suts > 1 { Naming::WithSut } else { Naming::NodeId }
    }

    /// Returns the columns that name a test.
    pub(super) fn columns(self) -> Vec<Column> {
        match self {
            Naming::NodeId => vec![TEST],
            Naming::WithSut => vec![SUT, TEST],
            Naming::SutAlone => vec![SUT],
        }
    }

    /// Returns the cells that name a test.
    pub(super) fn cells(self, test: &TestRef) -> Vec<Span> {
        let node_id = Span::new(Tone::Name, test.node_id.as_str());
        match self {
            Naming::NodeId => vec![node_id],
            Naming::WithSut => vec![sut_span(test.sut_name.as_deref()), node_id],
            Naming::SutAlone => vec![sut_span(test.sut_name.as_deref())],
        }
    }
}

/// Returns a system under test.
pub(super) fn sut_span(sut_name: Option<&str>) -> Span {
    sut_name.map_or_else(Span::unknown, Span::plain)
}

/// Returns a pass rate, as its share alone.
pub(super) fn rate_span(rate: &PassRate) -> Span {
    Span::new(rate_tone(rate.ratio), rate.ratio.to_string())
}

/// Returns the tone of a pass rate: all passed, more than four of five, fewer.
pub(super) fn rate_tone(ratio: Ratio) -> Tone {
    if ratio.whole == 0 {
        Tone::Faint
    } else if ratio.part == ratio.whole {
        Tone::Good
    } else if ratio.part * 5 >= ratio.whole * 4 {
        Tone::Doubtful
    } else {
        Tone::Bad
    }
}

/// Returns an interval of a share in percent.
pub(super) fn interval_span(interval: Option<Interval>) -> Span {
    let Some(Interval { low, high }) = interval else { return Span::unknown() };
    Span::new(Tone::Faint, format!("{:.1}-{:.1}%", low * 100.0, high * 100.0))
}

/// Returns a share as `3 of 40`.
pub(super) fn share_text(ratio: Ratio) -> String {
    if ratio.whole == 0 { "-".to_owned() } else { format!("{} of {}", ratio.part, ratio.whole) }
}

/// Returns what a test came to.
pub(super) fn verdict_span(verdict: Option<Verdict>) -> Span {
    verdict.map_or_else(Span::unknown, |verdict| Span::new(verdict_tone(verdict), verdict.as_str()))
}

/// Returns the tone of a verdict.
pub(super) fn verdict_tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Passed => Tone::Good,
        Verdict::Failed | Verdict::Error => Tone::Bad,
        Verdict::Flaky | Verdict::Xpassed | Verdict::Unfinished => Tone::Doubtful,
        Verdict::Skipped | Verdict::Xfailed => Tone::Faint,
    }
}

/// Returns a duration; unknown where it is not known.
pub(super) fn duration_span(duration: Option<Duration>) -> Span {
    duration.map_or_else(Span::unknown, |duration| Span::plain(human::duration(duration)))
}

/// Returns how many times as long something takes: `2.3x`.
pub(super) fn ratio_span(ratio: f64) -> Span {
    let tone = if ratio > 1.0 { Tone::Bad } else { Tone::Good };
    let text = if ratio < 0.1 { format!("{ratio:.3}x") } else { format!("{ratio:.2}x") };
    Span::new(tone, text)
}

/// Returns a p-value.
pub(super) fn p_span(p: Option<f64>) -> Span {
    match p {
        None => Span::unknown(),
        Some(p) if p < 0.001 => Span::plain("<0.001"),
        Some(p) => Span::plain(format!("{p:.3}")),
    }
}

/// Returns a number, faint where there is nothing to see.
pub(super) fn number(number: u64, tone: Tone) -> Span {
    Span::new(if number == 0 { Tone::Faint } else { tone }, number.to_string())
}

/// Returns counts in words: `230 passed, 4 failed, 1 skipped`; only those that there are.
pub(super) fn counts_spans(counts: &OutcomeCounts) -> Vec<Span> {
    let parts = [
        (counts.failed, "failed", Tone::Bad),
        (counts.errors, "errors", Tone::Bad),
        (counts.passed, "passed", Tone::Good),
        (counts.skipped, "skipped", Tone::Plain),
        (counts.xfailed, "xfailed", Tone::Plain),
        (counts.xpassed, "xpassed", Tone::Doubtful),
        (counts.unfinished, "unfinished", Tone::Doubtful),
        (counts.rerun, if counts.rerun == 1 { "rerun" } else { "reruns" }, Tone::Doubtful),
    ];
    let mut spans = Vec::new();
    for (number, word, tone) in parts.into_iter().filter(|(number, _, _)| *number > 0) {
        if !spans.is_empty() {
            spans.push(Span::plain(", "));
        }
        spans.push(Span::new(tone, format!("{number} {word}")));
    }
    if spans.is_empty() { vec![Span::unknown()] } else { spans }
}
