//! One session for people: what it came to, what ran it, what failed and how, what was repeated, what was slow.

use std::borrow::Cow;
use std::io;
use std::time::Duration;

use super::human;
use super::page::{Block, Column, Fit, Grid, Layout, Page, PageWriter, Span, Tone};
use super::session_entry::tone;
use super::session_failures::failures;
use super::text::clean_lines;
use crate::analysis::session_counts;
use crate::model::{NodeId, Outcome, OutcomeCounts, SessionSummary, Source, TestSession};
use crate::service::standing;

/// How much of a session to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Detail {
    /// What one looks for first: counts, failures, reruns, the slowest tests.
    #[default]
    Brief,
    /// Everything.
    Full,
}

/// How many of the slowest tests are shown in brief.
const SLOWEST: usize = 10;
/// A test below this is never called slow.
const SLOW_FROM: Duration = Duration::from_millis(5);

/// Writes the page of a session.
pub(crate) fn write_session(
    page: &mut dyn PageWriter,
    session: &TestSession,
    detail: Detail,
    layout: &Layout,
) -> io::Result<()> {
    let summary = SessionSummary::from(session);
    let result = standing(&summary);
    page.block(&Block::Heading(1, vec![Span::plain(format!("Session {}", session.session_id))]))?;
    let mut facts = vec![("result", result_line(&summary, Span::new(tone(result), result.as_str())))];
    facts.extend(session_facts(session, layout));
    facts.extend(environment_facts(session, detail));
    facts.extend(session.source.iter().map(|source| ("source", source_line(source))));
    page.block(&Block::Facts(facts))?;
    failures(page, session, detail)?;
    reruns(page, session)?;
    match detail {
        Detail::Brief => slowest(page, session)?,
        Detail::Full => every_result(page, session)?,
    }
    let mut rest = Page::default();
    if detail == Detail::Full || session_counts(&summary).tests() > summary.counts.tests() {
        unnamed(&mut rest, session);
    }
    warnings(&mut rest, session, detail);
    output_fields(&mut rest, session, detail);
    rest.blocks.iter().try_for_each(|block| page.block(block))
}

/// Returns `failed, 16 tests: 3 failed, 1 error, 12 passed; 2 attempts repeated`.
fn result_line(summary: &SessionSummary, result: Span) -> Vec<Span> {
    let counts = session_counts(summary);
    let mut spans = vec![result];
    if counts.tests() > 0 {
        spans.push(Span::plain(format!(", {}", human::count(counts.tests(), "test", "tests"))));
        let mut separator = ": ";
        for (number, word, tone) in words(&counts) {
            if number > 0 {
                spans.push(Span::plain(separator));
                spans.push(Span::new(tone, format!("{number} {word}")));
                separator = ", ";
            }
        }
    }
    if counts.rerun > 0 {
        let repeated = human::count(counts.rerun, "attempt repeated", "attempts repeated");
        spans.push(Span::plain("; "));
        spans.push(Span::new(Tone::Doubtful, repeated));
    }
    spans
}

fn words(counts: &OutcomeCounts) -> [(u64, &'static str, Tone); 7] {
    [
        (counts.failed, "failed", Tone::Bad),
        (counts.errors, if counts.errors == 1 { "error" } else { "errors" }, Tone::Bad),
        (counts.passed, "passed", Tone::Good),
        (counts.skipped, "skipped", Tone::Doubtful),
        (counts.xfailed, "xfailed", Tone::Doubtful),
        (counts.xpassed, "xpassed", Tone::Doubtful),
        (counts.unfinished, "unfinished", Tone::Bad),
    ]
}

fn session_facts(session: &TestSession, layout: &Layout) -> Vec<(&'static str, Vec<Span>)> {
    let mut facts = Vec::new();
    facts.push(("sut", vec![session.sut_name.as_ref().map_or_else(Span::unknown, |name| Span::new(Tone::Name, name))]));
    let mut started =
        vec![session.session_start_time.map_or_else(Span::unknown, |start| Span::plain(layout.zone.moment(start)))];
    if let Some(source) = session.time_source {
        started.push(Span::new(Tone::Faint, format!(" (from {})", source.as_str())));
    }
    facts.push(("started", started));
    if let Some(stop) = session.session_stop_time {
        facts.push(("stopped", vec![Span::plain(layout.zone.moment(stop))]));
    }
    if let Some(duration) = session.session_duration {
        facts.push(("took", vec![Span::plain(human::duration(duration))]));
    }
    if let Some(ending) = session.ending {
        let mut spans = vec![Span::plain(ending.as_str())];
        if let Some(node_id) = &session.in_flight {
            spans.extend([Span::plain(" in "), Span::new(Tone::Name, node_id.as_str())]);
        }
        facts.push(("ended", spans));
    }
    if let Some(status) = session.exit_status {
        facts.push(("exit status", vec![Span::plain(status.to_string())]));
    }
    for (key, value) in &session.tags {
        facts.push(("tag", vec![Span::new(Tone::Faint, format!("{key}=")), Span::plain(value)]));
    }
    facts
}

fn environment_facts(session: &TestSession, detail: Detail) -> Vec<(&'static str, Vec<Span>)> {
    let environment = &session.environment;
    let mut facts = Vec::new();
    let known = [("pytest", &environment.pytest), ("Python", &environment.python), ("on", &environment.platform)];
    let parts: Vec<String> =
        known.iter().filter_map(|(name, value)| value.as_ref().map(|value| format!("{name} {value}"))).collect();
    if !parts.is_empty() {
        facts.push(("ran with", vec![Span::plain(parts.join(", "))]));
    }
    if let Some(rootdir) = &environment.rootdir {
        facts.push(("rootdir", vec![Span::plain(rootdir)]));
    }
    if !environment.plugins.is_empty() {
        let plugins: Vec<String> = environment
            .plugins
            .iter()
            .map(|(name, version)| version.as_ref().map_or_else(|| name.clone(), |version| format!("{name} {version}")))
            .collect();
        let text = match detail {
            Detail::Brief if plugins.len() > 8 => {
                format!(
                    "{} and {} more",
                    plugins.iter().take(7).cloned().collect::<Vec<_>>().join(", "),
                    plugins.len() - 7
                )
            }
            Detail::Brief | Detail::Full => plugins.join(", "),
        };
        facts.push(("plugins", vec![Span::plain(text)]));
    }
    facts
}

fn source_line(source: &Source) -> Vec<Span> {
    let mut spans = vec![Span::plain(source.path.as_deref().unwrap_or("standard input"))];
    let mut facts = vec![source.format.to_string()];
    facts.extend(source.bytes.map(human::bytes));
    spans.push(Span::new(Tone::Faint, format!(" ({})", facts.join(", "))));
    spans
}

fn reruns(page: &mut dyn PageWriter, session: &TestSession) -> io::Result<()> {
    let groups = session.rerun_test_groups();
    if groups.is_empty() {
        return Ok(());
    }
    page.block(&heading(format!("Repeated: {}", human::count(groups.len() as u64, "test", "tests"))))?;
    let columns =
        [Column::text("TEST").fit(Fit::ShortenStart(20)), Column::number("ATTEMPTS"), Column::text("FINALLY")];
    page.grid(&columns, &|| {
        Box::new(groups.iter().map(|group| {
            Cow::from(vec![
                Span::new(Tone::Name, group.node_id.as_str()),
                Span::plain((group.forerunners.len() + 1).to_string()),
                outcome_span(group.final_outcome),
            ])
        }))
    })
}

fn slowest(page: &mut dyn PageWriter, session: &TestSession) -> io::Result<()> {
    let mut slowest: Vec<(Duration, NodeId)> = Vec::new();
    for result in &session.test_results {
        let Some(duration) = result.duration.filter(|duration| *duration >= SLOW_FROM) else { continue };
        // Behind those that took as long, so that equal durations stay in source order.
        let place = slowest.partition_point(|(slower, _)| *slower >= duration);
        if place < SLOWEST {
            slowest.truncate(SLOWEST - 1);
            slowest.insert(place, (duration, result.node_id.clone()));
        }
    }
    if slowest.is_empty() {
        return Ok(());
    }
    page.block(&heading("Slowest"))?;
    let columns = [Column::number("TOOK"), Column::text("TEST").fit(Fit::ShortenStart(20))];
    page.grid(&columns, &|| {
        Box::new(slowest.iter().map(|(duration, node_id)| {
            Cow::from(vec![Span::plain(human::duration(*duration)), Span::new(Tone::Name, node_id.as_str())])
        }))
    })
}

fn every_result(page: &mut dyn PageWriter, session: &TestSession) -> io::Result<()> {
    if session.test_results.is_empty() {
        return Ok(());
    }
    page.block(&heading("Results"))?;
    let columns = [
        Column::text("OUTCOME"),
        Column::number("TRY").rank(2),
        Column::number("TOOK").rank(3),
        Column::text("TEST").fit(Fit::ShortenStart(20)),
        Column::text("REASON").fit(Fit::ShortenEnd(10)).rank(4),
    ];
    page.grid(&columns, &|| {
        Box::new(session.test_results.iter().map(|result| {
            Cow::from(vec![
                outcome_span(result.outcome),
                Span::new(Tone::Faint, if result.attempt > 1 { result.attempt.to_string() } else { String::new() }),
                result.duration.map_or_else(Span::unknown, |duration| Span::plain(human::duration(duration))),
                Span::new(Tone::Name, result.node_id.as_str()),
                Span::plain(first_line(result.reason.as_deref().unwrap_or_default())),
            ])
        }))
    })
}

fn unnamed(page: &mut Page, session: &TestSession) {
    if session.files.is_empty() {
        return;
    }
    page.push(heading("Counted by file, not named"));
    let columns =
        vec![Column::text("FILE").fit(Fit::ShortenStart(20)), Column::text("REPORTS").fit(Fit::ShortenEnd(20))];
    let rows = session.files.iter().map(|file| {
        let counts: Vec<String> = file.counts.iter().map(|(word, number)| format!("{number} {word}")).collect();
        vec![
            file.path.as_ref().map_or_else(Span::unknown, |path| Span::new(Tone::Name, path)),
            Span::plain(counts.join(", ")),
        ]
    });
    page.push(Block::Grid(Grid { columns, rows: rows.collect() }));
}

fn warnings(page: &mut Page, session: &TestSession, detail: Detail) {
    let declared = session.totals.as_ref().and_then(|totals| totals.get("warnings")).unwrap_or(0);
    let number = declared.max(session.warnings.len() as u64);
    if number == 0 {
        return;
    }
    page.push(heading(human::count(number, "warning", "warnings")));
    if detail == Detail::Full {
        let lines = session.warnings.iter().flat_map(|warning| {
            let place = [warning.location.as_deref(), warning.node_id.as_ref().map(NodeId::as_str)];
            let place: Vec<&str> = place.into_iter().flatten().collect();
            let category = warning.category.as_deref().unwrap_or("warning");
            let mut lines = vec![Span::new(Tone::Doubtful, format!("{category} {}", place.join(" ")))];
            lines.extend(clean_lines(&warning.message).map(|line| Span::plain(format!("  {line}"))));
            lines
        });
        page.push(Block::Text(lines.collect()));
    }
}

fn output_fields(page: &mut Page, session: &TestSession, detail: Detail) {
    let fields = session.output_fields.named();
    let fields = fields.iter().filter_map(|(_, field)| *field).chain(&session.output_fields.other);
    match detail {
        Detail::Brief => {
            let names: Vec<&str> = fields.map(|field| field.name.as_str()).filter(|name| !name.is_empty()).collect();
            if !names.is_empty() {
                page.push(heading("Output fields"));
                page.push(Block::Line(vec![Span::new(Tone::Faint, names.join(", "))]));
            }
        }
        Detail::Full => {
            for field in fields {
                let name = if field.name.is_empty() { "last line" } else { &field.name };
                page.push(heading(format!("Output field: {name}")));
                page.push(Block::Text(
                    clean_lines(&field.content).map(|line| Span::plain(line.into_owned())).collect(),
                ));
            }
        }
    }
}

/// Returns an outcome's word in its tone.
pub(crate) fn outcome_span(outcome: Outcome) -> Span {
    let tone = match outcome {
        Outcome::Passed => Tone::Good,
        Outcome::Failed | Outcome::Error => Tone::Bad,
        Outcome::Skipped | Outcome::Xfailed | Outcome::Xpassed | Outcome::Rerun => Tone::Doubtful,
    };
    Span::new(tone, outcome.as_str())
}

/// Returns a heading within the page.
pub(crate) fn heading(text: impl Into<String>) -> Block {
    Block::Heading(2, vec![Span::plain(text)])
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}
