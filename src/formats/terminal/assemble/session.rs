//! The evidence of one session, weighed: the session.

use super::counts::check_counts;
use super::counts::count_reports;
use super::counts::files;
use super::counts::totals;
use super::ending::exit_status;
use super::ending::unfinished_diagnostic;
use super::ending::{broke_at_end, ending, in_flight};
use super::fields::{output_fields, shortened};
use super::flaky::{add_repeats, repeats};
use super::inference::infer_final_passes;
use super::one_line::give_lines;
use super::short_summary::take_short_summary;
use super::times::durations;
use super::times::give_durations;
use super::times::give_warning_marks;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::Parsed;
use crate::formats::terminal::assign::assign;
use crate::formats::terminal::assign::{MayAdd, Names};
use crate::formats::terminal::attempts::Attempts;
use crate::formats::terminal::blocks;
use crate::formats::terminal::blocks::{Block, SectionText};
use crate::formats::terminal::evidence::BrokenPhase;
use crate::formats::terminal::evidence::Evidence;
use crate::formats::terminal::evidence::Report;
use crate::formats::terminal::summary;
use crate::formats::terminal::summary::Entry;
use crate::formats::terminal::summary::Known;
use crate::formats::terminal::summary::heading_of;
use crate::formats::terminal::titles::Section;
use crate::formats::terminal::warnings;
use crate::grammar::Library;
use crate::model::{Ending, Environment, Outcome, Phases, TestSession, TimeSource};
use std::collections::{BTreeMap, HashSet};

/// Makes the session of its evidence.
pub(in crate::formats::terminal) fn assemble(library: &Library, mut evidence: Evidence) -> Parsed<TestSession> {
    let mut diagnostics = Vec::new();
    let mut reports = std::mem::take(&mut evidence.reports);
    let digests = std::mem::take(&mut evidence.digests);
    let counted = count_reports(library, &reports, &evidence.progress);
    let verbose = !reports.is_empty();
    let no_warnings =
        evidence.last_line.as_ref().is_some_and(|line| line.totals.get("warnings").unwrap_or_default() == 0);
    let mut attempts = Attempts::new(reports.len(), evidence.hasher.clone(), no_warnings.then_some(false));
    let cut = usize::from(has_cut_id(&reports, &evidence, &mut diagnostics));
    for (report, digest) in reports.iter_mut().zip(digests).skip(cut) {
        attempts.take_digested(report, digest);
    }
    drop(reports);
    let names_all = verbose && evidence.has_start && evidence.progress.is_empty() && is_whole(&evidence, &counted);
    // With -qq pytest prints no last line.
    let whole = evidence.last_line.is_some() || (!evidence.has_start && evidence.reached_end && !evidence.cut_line);
    let end = if whole { blocks::End::Seen } else { blocks::End::Missing };
    let expected = names_all.then(|| failed_headings(&attempts));
    let left_out = evidence.chunks.iter().chain(&evidence.inline).map(|chunk| chunk.text.left_out()).sum();
    if left_out > 0 {
        diagnostics.push(shortened(left_out, "failure texts and captured output", &evidence));
    }
    let mut found = blocks::tell_apart(library, std::mem::take(&mut evidence.chunks), expected.as_ref(), end);
    found.blocks.extend(blocks::inline_blocks(library, std::mem::take(&mut evidence.inline)));

    let collecting = |block: &&Block| block.title.starts_with("ERROR collecting ");
    let collection_errors = found.blocks.iter().filter(collecting).count() as u64;
    let names = if verbose { Names::ByLine } else { Names::BySummary };
    let durations = durations(&found.sections);
    take_rerun_summary(library, &mut attempts, &found.sections, verbose);
    // With `-s` a file whose first test prints shows no letters of its own.
    let exact = evidence.marked || is_exact(&evidence, &counted);
    let all_files = exact && is_whole(&evidence, &counted);
    let paths = evidence.progress.iter().filter(|_| all_files).filter_map(|progress| progress.path.as_deref());
    let ran: HashSet<&str> = paths.collect();
    let has_summary = take_short_summary(library, &mut attempts, &found, &durations, names_all, &ran, &evidence);
    let may_add = if verbose || has_summary { MayAdd::No } else { MayAdd::Yes };
    let may_add = if names_all { MayAdd::No } else { may_add };
    let section_of = |section| found.sections.iter().filter(move |text| text.section == section);
    let warnings: Vec<_> = section_of(Section::Warnings).map(|text| warnings::warnings(&text.content)).collect();
    let named_files: HashSet<&str> =
        evidence.progress.iter().filter(|_| exact).filter_map(|progress| progress.path.as_deref()).collect();
    assign(&mut attempts, std::mem::take(&mut found.blocks), may_add, evidence.reporter, &named_files, names);
    give_lines(&mut attempts, &found);
    take_orphans(&mut attempts);
    take_broken_phases(&mut attempts, &evidence.broken_phases);
    infer_final_passes(&mut attempts, &evidence);

    give_durations(&mut attempts, &durations);
    let mut results = add_repeats(attempts.results, &repeats(library, &found.sections));
    give_warning_marks(&mut results, &warnings, no_warnings);
    let ending = ending(&evidence, &results);
    let complete = evidence.last_line.is_some() || ending == Some(Ending::Finished) || broke_at_end(&evidence);
    check_counts(&evidence, &counted, &results, collection_errors, &mut diagnostics);
    if !complete {
        diagnostics.push(unfinished_diagnostic(&evidence, ending));
    }
    let exit_status = exit_status(&evidence, ending);
    let output_fields = output_fields(&mut evidence, found.sections, &mut diagnostics);
    let in_flight = in_flight(&evidence, complete);
    let mut session = TestSession {
        session_start_time: evidence.started_at,
        session_stop_time: evidence.stopped_at,
        time_source: evidence.started_at.map(|_| TimeSource::LogPrefix),
        session_duration: evidence.last_line.as_ref().and_then(|line| line.duration),
        complete,
        exit_status,
        environment: Environment {
            pytest: evidence.header.pytest.take(),
            python: evidence.header.python.take(),
            platform: evidence.header.platform.take(),
            rootdir: evidence.header.rootdir.take(),
            plugins: std::mem::take(&mut evidence.header.plugins),
        },
        test_results: results.into(),
        output_fields,
        totals: totals(&evidence),
        warnings: warnings.into_iter().flat_map(|warnings| warnings.warnings).collect(),
        files: files(library, &evidence.progress),
        ending,
        in_flight,
        ..TestSession::default()
    };
    let tags = [
        ("pytest.seed", evidence.header.seed.take()),
        ("pytest.workers", evidence.header.workers.map(|workers| workers.to_string())),
        ("pytest.collected", evidence.header.collected.map(|collected| collected.to_string())),
        ("log.environment", evidence.label.take()),
    ];
    session.tags = tags.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect();
    Parsed { value: session, diagnostics }
}

/// Whether the first result is of a log that begins in the middle of a session and of a line, so that its id lacks its beginning.
fn has_cut_id(reports: &[Report], evidence: &Evidence, diagnostics: &mut Vec<Diagnostic>) -> bool {
    if evidence.has_start || evidence.first_line != 1 {
        return false;
    }
    fn path_of(report: &Report) -> &str {
        report.node_id.as_str().split("::").next().unwrap_or_default()
    }
    let Some((first, rest)) = reports.split_first() else { return false };
    let path = path_of(first);
    let cut = !rest.is_empty()
        && first.worker().is_none()
        && rest.iter().all(|report| path_of(report) != path)
        && rest.iter().any(|report| path_of(report).ends_with(path));
    if cut {
        let message = format!(
            "the log begins in the middle of a line: the id {:?} is cut and its result left out",
            first.node_id.as_str()
        );
        diagnostics.push(Diagnostic::warning("terminal-cut-head", message).at_line(1));
    }
    cut
}

/// Whether the result area shows all failures that the last line counts: nothing was cut out of the log.
pub(super) fn is_whole(evidence: &Evidence, counted: &Option<BTreeMap<&'static str, u64>>) -> bool {
    let (Some(last_line), Some(counted)) = (&evidence.last_line, counted) else { return true };
    let seen = |key| counted.get(key).copied().unwrap_or_default();
    ["failed", "passed"].iter().all(|key| seen(key) >= last_line.totals.get(key).unwrap_or_default())
}

/// Whether the result area shows as many passed and failed tests as the last line counts, so that nothing in it was printed by a test.
fn is_exact(evidence: &Evidence, counted: &Option<BTreeMap<&'static str, u64>>) -> bool {
    let (Some(last_line), Some(counted)) = (&evidence.last_line, counted) else { return false };
    let seen = |key| counted.get(key).copied().unwrap_or_default();
    ["failed", "passed"].iter().all(|key| seen(key) == last_line.totals.get(key).unwrap_or_default())
}

/// Returns the headings that the blocks of the failed tests have.
pub(super) fn failed_headings(attempts: &Attempts) -> HashSet<String> {
    let noted = attempts.noted().into_iter().filter_map(|index| attempts.results.get(index));
    let failed = noted.filter(|result| result.outcome.is_failure() || !result.subtests.is_empty());
    failed.map(|result| result.node_id.domain().map_or_else(|| result.node_id.path().to_owned(), heading_of)).collect()
}

/// Takes the rerun summary as reports, where the result area named no attempts.
pub(super) fn take_rerun_summary(library: &Library, attempts: &mut Attempts, sections: &[SectionText], verbose: bool) {
    if verbose {
        return;
    }
    for section in sections.iter().filter(|section| section.section == Section::Reruns) {
        for entry in summary::entries(&section.content, &section.bold_ends, &Known::nothing(library)) {
            let Entry::Test { meaning, node_id, message, .. } = entry else { continue };
            attempts.take(Report::new(node_id, Some(meaning)).with_reason(message));
        }
    }
}

/// Adds subtests whose test was never reported on its own to the test that another line named.
pub(super) fn take_orphans(attempts: &mut Attempts) {
    for (node_id, subtests) in attempts.take_orphans() {
        if let Some(index) = attempts.latest(node_id.as_str()) {
            attempts.results[index].subtests.extend(subtests);
        }
    }
}

/// Gives tests of other reporters the phases in which they broke.
fn take_broken_phases(attempts: &mut Attempts, broken: &[(Box<str>, BrokenPhase)]) {
    for (node_id, phase) in broken {
        let Some(index) = attempts.latest(node_id) else { continue };
        let result = &mut attempts.results[index];
        if !result.outcome.is_failure() {
            continue;
        }
        match phase {
            BrokenPhase::Setup => {
                result.outcome = Outcome::Error;
                result.phases = Phases { setup: Some(Outcome::Error), ..Phases::default() };
            }
            BrokenPhase::Call => result.phases.teardown = None,
            BrokenPhase::Teardown => result.phases.teardown = Some(Outcome::Error),
        }
    }
}
