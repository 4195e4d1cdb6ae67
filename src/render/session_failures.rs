//! The failures of a session, each with its text.

use std::borrow::Cow;
use std::io;

use super::human;
use super::page::{Block, Page, PageWriter, Span, Tone};
use super::session_page::{Detail, heading, outcome_span};
use super::text::clean_lines;
use crate::model::{Subtest, TestResult, TestSession};

/// How many failures are shown with their text in brief.
const BRIEF_FAILURES: usize = 20;
/// How many lines of a text are shown in brief, half of them from its end.
const BRIEF_LINES: usize = 60;

/// Writes the failures and errors, and, in full, what else left a text behind. They are gone through more than once, so that none is held.
pub(crate) fn failures(page: &mut dyn PageWriter, session: &TestSession, detail: Detail) -> io::Result<()> {
    let (mut told, mut silent) = (0_usize, 0_usize);
    for result in failed(session) {
        *if has_text(&result) { &mut told } else { &mut silent } += 1;
    }
    if told + silent == 0 {
        return Ok(());
    }
    let limit = match detail {
        Detail::Brief => BRIEF_FAILURES,
        Detail::Full => usize::MAX,
    };
    page.block(&heading(format!("Failures: {}", told + silent)))?;
    for result in failed(session).filter(|result| has_text(result)).take(limit.min(told)) {
        let mut parts = Page::default();
        failure(&mut parts, &result, detail);
        parts.blocks.iter().try_for_each(|block| page.block(block))?;
    }
    if told > limit {
        let text = format!("{} more with texts that --verbose shows", told - limit);
        page.block(&Block::Line(vec![Span::new(Tone::Faint, text)]))?;
    }
    if told > limit || silent > 0 {
        let rest =
            failed(session).filter(|result| has_text(result)).skip(limit.min(told)).take(told.saturating_sub(limit));
        let without = failed(session).filter(|result| !has_text(result)).take(silent);
        page.list(&mut rest.chain(without).map(|result| title(&result)))?;
    }
    Ok(())
}

fn failed(session: &TestSession) -> impl Iterator<Item = Cow<'_, TestResult>> {
    session.test_results.iter().filter(|result| {
        result.outcome.is_failure() || result.subtests.iter().any(|subtest| subtest.outcome.is_failure())
    })
}

fn has_text(result: &TestResult) -> bool {
    result.reason.is_some() || result.longreprtext.is_some() || !result.subtests.is_empty()
}

fn failure(page: &mut Page, result: &TestResult, detail: Detail) {
    page.push(Block::Heading(3, title(result)));
    if let Some(reason) = &result.reason {
        page.push(Block::Text(lines(reason, detail)));
    }
    if let Some(text) = &result.longreprtext {
        page.push(Block::Text(lines(text, detail)));
    }
    for subtest in &result.subtests {
        page.push(Block::Line(subtest_title(subtest)));
        if let Some(text) = &subtest.longreprtext {
            page.push(Block::Text(lines(text, detail)));
        }
    }
    if detail == Detail::Full {
        let captured = [("stdout", &result.capstdout), ("stderr", &result.capstderr), ("log", &result.caplog)];
        for (name, text) in captured {
            if let Some(text) = text {
                page.push(Block::Line(vec![Span::new(Tone::Faint, format!("captured {name}"))]));
                page.push(Block::Text(lines(text, detail)));
            }
        }
    }
}

fn title(result: &TestResult) -> Vec<Span> {
    let mut spans =
        vec![outcome_span(result.outcome), Span::plain(" "), Span::new(Tone::Name, result.node_id.as_str())];
    let mut facts = Vec::new();
    if result.attempt > 1 {
        facts.push(format!("attempt {}", result.attempt));
    }
    facts.extend(result.worker.as_ref().map(|worker| format!("on {worker}")));
    facts.extend(result.duration.map(human::duration));
    if !facts.is_empty() {
        spans.push(Span::new(Tone::Faint, format!(" ({})", facts.join(", "))));
    }
    spans
}

fn subtest_title(subtest: &Subtest) -> Vec<Span> {
    vec![outcome_span(subtest.outcome), Span::plain(format!(" subtest {}", subtest.description))]
}

/// Returns the lines of a failure text; in brief, of a long one its beginning and its end.
fn lines(text: &str, detail: Detail) -> Vec<Span> {
    let all: Vec<Span> = clean_lines(text).map(|line| Span::new(line_tone(&line), line.into_owned())).collect();
    if detail == Detail::Full || all.len() <= BRIEF_LINES {
        return all;
    }
    let half = BRIEF_LINES / 2;
    let left = all.len() - 2 * half;
    let gap = Span::new(Tone::Faint, format!("... {left} lines left out; --verbose shows them ..."));
    let tail = all.iter().skip(all.len() - half).cloned();
    all.iter().take(half).cloned().chain([gap]).chain(tail).collect()
}

/// pytest marks the line that broke with `>`, and what happened with `E`.
fn line_tone(line: &str) -> Tone {
    if line.starts_with("E   ") || line == "E" { Tone::Crash } else { Tone::Plain }
}
