//! The evidence of one session, weighed: the session.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use super::ansi::{self, EscapeForm};
use super::assign::{MayAdd, assign};
use super::attempts::Attempts;
use super::blocks::{self, Block, SectionText};
use super::evidence::{Evidence, Progress, Report, Text};
use super::summary::{self, Entry, Known, heading_of};
use super::titles::Section;
use super::warnings;
use super::words::{self, Meaning};
use crate::diagnostic::{Diagnostic, Parsed};
use crate::grammar::Library;
use crate::model::{
    Ending, Environment, FileCounts, NodeId, Outcome, OutputField, OutputFields, Subtest, TestResult, TestSession,
    TimeSource, Totals,
};

/// Makes the session of its evidence.
pub(super) fn assemble(library: &Library, mut evidence: Evidence) -> Parsed<TestSession> {
    let mut diagnostics = Vec::new();
    let reports = std::mem::take(&mut evidence.reports);
    let counted = count_reports(library, &reports, &evidence.progress);
    let verbose = !reports.is_empty();
    let mut attempts = Attempts::default();
    let reports = without_cut_id(reports, &evidence, &mut diagnostics);
    for report in reports {
        attempts.take(report);
    }
    let names_all = verbose && evidence.has_start && evidence.progress.is_empty() && is_whole(&evidence, &counted);
    // With -qq pytest prints no last line.
    let whole = evidence.last_line.is_some() || (!evidence.has_start && evidence.reached_end && !evidence.cut_line);
    let end = if whole { blocks::End::Seen } else { blocks::End::Missing };
    let expected = names_all.then(|| failed_headings(&attempts));
    let mut found = blocks::tell_apart(library, std::mem::take(&mut evidence.chunks), expected.as_ref(), end);
    found.blocks.extend(blocks::inline_blocks(library, std::mem::take(&mut evidence.inline)));

    let durations = durations(&found.sections);
    take_rerun_summary(library, &mut attempts, &found.sections, verbose);
    let all_files = is_whole(&evidence, &counted);
    let paths = evidence.progress.iter().filter(|_| all_files).filter_map(|progress| progress.path.as_deref());
    let ran: HashSet<&str> = paths.collect();
    let has_summary = take_short_summary(library, &mut attempts, &found, &durations, names_all, &ran, &evidence);
    let may_add = if verbose || has_summary { MayAdd::No } else { MayAdd::Yes };
    let may_add = if names_all { MayAdd::No } else { may_add };
    let section_of = |section| found.sections.iter().filter(move |text| text.section == section);
    let warnings: Vec<_> = section_of(Section::Warnings).map(|text| warnings::warnings(&text.content)).collect();
    let named_files: HashSet<&str> = evidence.progress.iter().filter_map(|progress| progress.path.as_deref()).collect();
    assign(&mut attempts, std::mem::take(&mut found.blocks), may_add, evidence.reporter, &named_files);
    take_orphans(&mut attempts);
    infer_final_passes(&mut attempts, &evidence);

    let mut results = attempts.results;
    give_durations(&mut results, &durations);
    give_warning_marks(&mut results, &warnings, &evidence);
    let ending = ending(&evidence, &results);
    let complete = evidence.last_line.is_some() || ending == Some(Ending::Finished);
    check_counts(&evidence, &counted, &results, &mut diagnostics);
    if !complete {
        diagnostics.push(unfinished_diagnostic(&evidence, ending));
    }
    let exit_status = exit_status(&evidence, ending);
    let output_fields = output_fields(&mut evidence, &found.sections, &mut diagnostics);
    let in_flight = if complete { None } else { evidence.unfinished.last().map(NodeId::new) };
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
        test_results: results,
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

/// Drops the first result of a log that begins in the middle of a session and of a line: its id may lack its beginning.
fn without_cut_id(mut reports: Vec<Report>, evidence: &Evidence, diagnostics: &mut Vec<Diagnostic>) -> Vec<Report> {
    if evidence.has_start || evidence.first_line != 1 {
        return reports;
    }
    let path_of = |report: &Report| report.node_id.split("::").next().unwrap_or_default().to_owned();
    let Some((first, rest)) = reports.split_first() else { return reports };
    let path = path_of(first);
    let cut = !rest.is_empty()
        && first.worker.is_none()
        && rest.iter().all(|report| path_of(report) != path)
        && rest.iter().any(|report| path_of(report).ends_with(&path));
    if cut {
        let message = format!(
            "the log begins in the middle of a line: the id {:?} is cut and its result left out",
            first.node_id
        );
        diagnostics.push(Diagnostic::warning("terminal-cut-head", message).at_line(1));
        reports.remove(0);
    }
    reports
}

/// Whether the result area shows all failures that the last line counts: nothing was cut out of the log.
fn is_whole(evidence: &Evidence, counted: &Option<BTreeMap<&'static str, u64>>) -> bool {
    let (Some(last_line), Some(counted)) = (&evidence.last_line, counted) else { return true };
    let seen = |key| counted.get(key).copied().unwrap_or_default();
    ["failed", "passed"].iter().all(|key| seen(key) >= last_line.totals.get(key).unwrap_or_default())
}

/// Returns the headings that the blocks of the failed tests have.
fn failed_headings(attempts: &Attempts) -> HashSet<String> {
    let failed = attempts.results.iter().filter(|result| result.outcome.is_failure() || !result.subtests.is_empty());
    failed.map(|result| result.node_id.domain().map_or_else(|| result.node_id.path().to_owned(), heading_of)).collect()
}

/// Takes the rerun summary as reports, where the result area named no attempts.
fn take_rerun_summary(library: &Library, attempts: &mut Attempts, sections: &[SectionText], verbose: bool) {
    if verbose {
        return;
    }
    for section in sections.iter().filter(|section| section.section == Section::Reruns) {
        for entry in summary::entries(&section.content, &section.bold_ends, &Known::nothing(library)) {
            let Entry::Test { meaning, node_id, message, .. } = entry else { continue };
            attempts.take(Report {
                node_id: node_id.into(),
                meaning: Some(meaning),
                detail: None,
                reason: message.map(Into::into),
                worker: None,
                duration: None,
            });
        }
    }
}

/// Takes the short test summary; returns whether there was one.
fn take_short_summary(
    library: &Library,
    attempts: &mut Attempts,
    found: &blocks::Sections,
    durations: &[(String, Duration)],
    names_all: bool,
    files: &HashSet<&str>,
    evidence: &Evidence,
) -> bool {
    // ids that hold escape characters stand in the summary as this reader sees it, without them.
    let aliases: HashMap<String, String> = attempts
        .results
        .iter()
        .map(|result| result.node_id.as_str())
        .filter(|node_id| node_id.contains('\u{1b}'))
        .map(|node_id| (ansi::strip(node_id, EscapeForm::Escape).into_owned(), node_id.to_owned()))
        .collect();
    // pytest prints one summary, as its last section; another was printed by a test.
    let Some(section) = found.sections.iter().rfind(|section| section.section == Section::Summary) else {
        return false;
    };
    {
        let entries = {
            let aliases = &aliases;
            let mut known = Known { complete: names_all, files: files.clone(), ..Known::nothing(library) };
            known.node_ids.extend(attempts.results.iter().map(|result| result.node_id.as_str()));
            known.node_ids.extend(durations.iter().map(|(node_id, _)| node_id.as_str()));
            if blocks_are_all(&found.blocks, evidence) {
                known.domains = found.blocks.iter().map(|block| block_domain(&block.title).to_owned()).collect();
            }
            known.node_ids.extend(aliases.keys().map(String::as_str));
            summary::entries(&section.content, &section.bold_ends, &known)
        };
        for mut entry in entries {
            if let Entry::Test { node_id, .. } = &mut entry
                && let Some(original) = aliases.get(node_id)
            {
                node_id.clone_from(original);
            }
            take_entry(attempts, entry);
        }
    }
    true
}

/// Whether every failure has a block, so that a test without one did not fail: not with `--tb=line`, and not with `--tb=no`.
fn blocks_are_all(blocks: &[Block], evidence: &Evidence) -> bool {
    let failures =
        blocks.iter().filter(|block| matches!(block.section, Section::Failures | Section::Errors)).count() as u64;
    match &evidence.last_line {
        Some(line) => {
            failures >= line.totals.get("failed").unwrap_or_default() + line.totals.get("errors").unwrap_or_default()
        }
        None => true,
    }
}

fn block_domain(title: &str) -> &str {
    ["ERROR at setup of ", "ERROR at teardown of ", "[doctest] "]
        .into_iter()
        .find_map(|start| title.strip_prefix(start))
        .unwrap_or(title)
}

fn take_entry(attempts: &mut Attempts, entry: Entry) {
    let Entry::Test { meaning, node_id, message, detail } = entry else { return };
    let latest = attempts.latest(&node_id);
    match meaning {
        Meaning::Subtest(outcome) => take_subtest_entry(attempts, latest, node_id, outcome, detail),
        Meaning::Test(outcome) => {
            let longreprtext =
                message.clone().filter(|message| message.starts_with("[XPASS(strict)]") && !message.ends_with("..."));
            let reason =
                matches!(outcome, Outcome::Skipped | Outcome::Xfailed | Outcome::Xpassed).then_some(message).flatten();
            let reason = reason.map(|reason| reason.strip_prefix("Skipped: ").map(str::to_owned).unwrap_or(reason));
            match latest.filter(|index| attempts.results[*index].outcome != Outcome::Rerun) {
                Some(index) => {
                    let result = &mut attempts.results[index];
                    confirm(result, outcome, reason);
                    result.longreprtext = result.longreprtext.take().or(longreprtext);
                }
                None => {
                    let attempt = latest.map_or(1, |index| attempts.results[index].attempt.saturating_add(1));
                    let mut result = TestResult { attempt, reason, longreprtext, ..TestResult::new(node_id, outcome) };
                    if matches!(outcome, Outcome::Passed | Outcome::Failed | Outcome::Xpassed) {
                        result.phases.setup = Some(Outcome::Passed);
                        result.phases.call = Some(outcome);
                    }
                    attempts.push(result);
                }
            }
        }
    }
}

/// Brings a result and the summary's word for it together.
///
/// | the result | the summary | together |
/// |---|---|---|
/// | failed | `ERROR` | failed, teardown broken |
/// | `ERROR` | failed | failed, teardown broken |
/// | passed, skipped, xfailed | `ERROR` | error in teardown |
/// | anything else | another word | the summary's: the line was a guess |
fn confirm(result: &mut TestResult, outcome: Outcome, reason: Option<String>) {
    if let Some(reason) = reason {
        // The verbose line cuts the reason to the width of the terminal; the summary has more of it.
        if result.reason.as_ref().is_none_or(|short| short.len() < reason.len()) {
            result.reason = Some(reason);
        }
    }
    match (result.outcome, outcome) {
        (known, word) if known == word => {}
        (Outcome::Failed, Outcome::Error) => result.phases.teardown = Some(Outcome::Error),
        (Outcome::Error, Outcome::Failed) => {
            result.outcome = Outcome::Failed;
            result.phases.setup = Some(Outcome::Passed);
            result.phases.call = Some(Outcome::Failed);
            result.phases.teardown = Some(Outcome::Error);
        }
        (Outcome::Error, Outcome::Passed) => {
            result.phases.setup = Some(Outcome::Passed);
            result.phases.call = Some(Outcome::Passed);
            result.phases.teardown = Some(Outcome::Error);
        }
        (Outcome::Error, _) => {}
        (_, Outcome::Error) => {
            result.outcome = Outcome::Error;
            result.phases.teardown = Some(Outcome::Error);
        }
        // A test with a failed subtest is failed, though the plugin shows it as passed.
        (Outcome::Failed, Outcome::Passed) if result.subtests.iter().any(|subtest| subtest.outcome.is_failure()) => {}
        // A skip or xfail in the teardown of a test that passed.
        (Outcome::Skipped | Outcome::Xfailed, Outcome::Passed) => {}
        (_, word) => {
            result.outcome = word;
            if result.phases.call.is_some() {
                result.phases.call = Some(word);
            }
        }
    }
}

fn take_subtest_entry(
    attempts: &mut Attempts,
    latest: Option<usize>,
    node_id: String,
    outcome: Outcome,
    detail: Option<String>,
) {
    let description = detail.unwrap_or_else(|| "(<subtest>)".to_owned());
    let failed = outcome.is_failure();
    let index = match latest {
        Some(index) => index,
        None if failed => attempts.push(TestResult::new(node_id, Outcome::Failed)),
        // A skipped or xfailed subtest does not tell how its test ended.
        None => return,
    };
    let result = &mut attempts.results[index];
    if failed && result.outcome == Outcome::Passed {
        result.outcome = Outcome::Failed;
    }
    if !result.subtests.iter().any(|subtest| subtest.description == description && subtest.outcome == outcome) {
        result.subtests.push(Subtest { description, outcome, longreprtext: None });
    }
}

/// Adds subtests whose test was never reported on its own to the test that another line named.
fn take_orphans(attempts: &mut Attempts) {
    for (node_id, subtests) in attempts.take_orphans() {
        if let Some(index) = attempts.latest(&node_id) {
            attempts.results[index].subtests.extend(subtests);
        }
    }
}

/// Adds the last attempt of tests of which only repeats are named.
///
/// Where all failures of the session are named and the test is not among them, its last attempt passed: the log's own arithmetic.
fn infer_final_passes(attempts: &mut Attempts, evidence: &Evidence) {
    let Some(last_line) = &evidence.last_line else { return };
    let declared = |key| last_line.totals.get(key).unwrap_or_default();
    let named: u64 = attempts.results.iter().map(failures_of).sum();
    if named != declared("failed") + declared("errors") || declared("passed") == 0 {
        return;
    }
    let ids: HashSet<NodeId> = attempts.results.iter().map(|result| result.node_id.clone()).collect();
    let mut ids: Vec<NodeId> = ids.into_iter().collect();
    ids.sort();
    for node_id in ids {
        let Some(index) = attempts.latest(node_id.as_str()) else { continue };
        let last = &attempts.results[index];
        if last.outcome == Outcome::Rerun {
            let mut result =
                TestResult { attempt: last.attempt.saturating_add(1), ..TestResult::new(node_id, Outcome::Passed) };
            result.properties.insert("insight.inferred".to_owned(), "outcome".to_owned());
            attempts.push(result);
        }
    }
}

/// Returns how many failed or broken reports a result stands for.
fn failures_of(result: &TestResult) -> u64 {
    let phases = [result.phases.setup, result.phases.call, result.phases.teardown];
    let broken = phases.into_iter().flatten().filter(|outcome| outcome.is_failure()).count() as u64;
    let subtests = result.subtests.iter().filter(|subtest| subtest.outcome.is_failure()).count() as u64;
    if result.outcome.is_failure() { broken.max(u64::from(subtests == 0)) + subtests } else { 0 }
}

// ---- durations and warnings ---------------------------------------------------------------------------------------

fn durations(sections: &[SectionText]) -> Vec<(String, Duration)> {
    let mut order = Vec::new();
    let mut sums: HashMap<&str, Duration> = HashMap::new();
    for section in sections.iter().filter(|section| section.section == Section::Durations) {
        for (node_id, time) in warnings::durations(&section.content) {
            *sums.entry(node_id).or_insert_with(|| {
                order.push(node_id);
                Duration::ZERO
            }) += time;
        }
    }
    order.into_iter().map(|node_id| (node_id.to_owned(), sums[node_id])).collect()
}

/// Gives tests with one attempt their duration; of several attempts the list does not tell which is which.
fn give_durations(results: &mut [TestResult], durations: &[(String, Duration)]) {
    if durations.is_empty() {
        return;
    }
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, result) in results.iter().enumerate() {
        places.entry(result.node_id.as_str().to_owned()).or_default().push(index);
    }
    for (node_id, duration) in durations {
        if let Some([index]) = places.get(node_id).map(Vec::as_slice) {
            results[*index].duration.get_or_insert(*duration);
        }
    }
}

fn give_warning_marks(results: &mut [TestResult], warnings: &[warnings::Warnings], evidence: &Evidence) {
    let declared = evidence.last_line.as_ref().map(|line| line.totals.get("warnings").unwrap_or_default());
    let named: HashSet<&NodeId> =
        warnings.iter().flat_map(|found| &found.warnings).filter_map(|warning| warning.node_id.as_ref()).collect();
    let all_named = warnings.iter().all(|found| !found.folded) && !warnings.is_empty();
    for result in results {
        result.has_warning = match declared {
            _ if named.contains(&result.node_id) => Some(true),
            Some(0) => Some(false),
            Some(_) | None if all_named => Some(false),
            Some(_) | None => None,
        };
    }
}

// ---- how it ended -------------------------------------------------------------------------------------------------

fn ending(evidence: &Evidence, results: &[TestResult]) -> Option<Ending> {
    if evidence.usage_error {
        return Some(Ending::UsageError);
    }
    if evidence.internal_error {
        return Some(Ending::InternalError);
    }
    let stopped = |title: &String| {
        title.starts_with("stopping after ")
            || title.starts_with("Interrupted: stopping after ")
            || title.contains("continuing from this test next run")
    };
    let interrupted = |title: &String| {
        title.starts_with("Interrupted: ")
            || title.starts_with("KeyboardInterrupt")
            || title.starts_with("_pytest.outcomes.Exit")
            || title.contains("Interrupted: ")
            || title.starts_with("session-timeout: ")
    };
    if evidence.last_line.is_some() {
        return Some(if evidence.stops.iter().any(interrupted) && !evidence.stops.iter().all(stopped) {
            Ending::Interrupted
        } else if evidence.stops.iter().any(stopped) {
            Ending::Stopped
        } else {
            Ending::Finished
        });
    }
    if evidence.crashed || evidence.exit_status.is_some_and(|status| status > 128) {
        return Some(Ending::Crashed);
    }
    let planned = evidence.header.collected.filter(|_| evidence.reporter == super::evidence::Reporter::Other);
    if planned.is_some_and(|planned| results.len() as u64 >= planned) {
        return Some(Ending::Finished);
    }
    // With -qq pytest prints no last line: all tests reported, and the failures told, is all there is.
    let quiet_end = !evidence.cut_line && !evidence.has_start && evidence.reached_end && evidence.unfinished.is_empty();
    let failures = evidence
        .progress
        .iter()
        .any(|progress| progress.letters.contains_key(&'F') || progress.letters.contains_key(&'E'));
    if quiet_end && (!failures || results.iter().any(|result| result.outcome.is_failure())) {
        return Some(Ending::Finished);
    }
    Some(if evidence.unfinished.is_empty() { Ending::Cut } else { Ending::Crashed })
}

fn exit_status(evidence: &Evidence, ending: Option<Ending>) -> Option<i32> {
    if evidence.exit_status.is_some() {
        return evidence.exit_status;
    }
    let last_line = evidence.last_line.as_ref();
    match ending? {
        Ending::Interrupted => Some(2),
        Ending::InternalError => Some(3),
        Ending::UsageError => Some(4),
        Ending::Crashed | Ending::Cut => None,
        Ending::Finished | Ending::Stopped => {
            let totals = &last_line?.totals;
            let count = |key| totals.get(key).unwrap_or_default();
            let ran = ["passed", "failed", "errors", "skipped", "xfailed", "xpassed"].iter().any(|key| count(key) > 0);
            // Exit status 0 is not claimed: a plugin may fail a run whose tests all passed.
            match (count("failed") + count("errors") > 0, ran) {
                (true, _) => Some(1),
                (false, false) if !last_line?.collect_only => Some(5),
                (false, _) => None,
            }
        }
    }
}

fn unfinished_diagnostic(evidence: &Evidence, ending: Option<Ending>) -> Diagnostic {
    let what = match ending {
        Some(Ending::UsageError) => "pytest was called wrongly and ran nothing",
        Some(Ending::InternalError) => "pytest broke before it wrote its last line",
        Some(Ending::Crashed) => "the process died before it wrote its last line",
        Some(Ending::Interrupted | Ending::Stopped | Ending::Finished | Ending::Cut) | None => {
            "the log ends before the session does"
        }
    };
    let diagnostic =
        Diagnostic::warning("terminal-incomplete", what).at_line(evidence.last_number.max(evidence.first_line));
    match evidence.unfinished.last() {
        Some(node_id) => diagnostic.with_help(format!("{node_id} was running then")),
        None => diagnostic,
    }
}

// ---- counts -------------------------------------------------------------------------------------------------------

fn totals(evidence: &Evidence) -> Option<Totals> {
    let last_line = evidence.last_line.as_ref()?;
    let totals: Totals = last_line.totals.iter().filter(|(key, _)| *key != "collected").collect();
    Some(totals)
}

/// Counts what the result area shows, by the keys of the last line; `None` where its letters are ambiguous.
fn count_reports(library: &Library, reports: &[Report], progress: &[Progress]) -> Option<BTreeMap<&'static str, u64>> {
    let mut counts = BTreeMap::new();
    for report in reports {
        let key = match report.meaning? {
            Meaning::Test(outcome) => words::count_key(outcome),
            Meaning::Subtest(Outcome::Failed) => "failed",
            Meaning::Subtest(_) => continue,
        };
        *counts.entry(key).or_default() += 1;
    }
    for (letter, count) in progress.iter().flat_map(|progress| &progress.letters) {
        let key = words::letter(library, *letter)?;
        if key.starts_with("subtests") {
            return None;
        }
        *counts.entry(key).or_default() += count;
    }
    Some(counts)
}

/// Compares the body with the last line.
fn check_counts(
    evidence: &Evidence,
    counted: &Option<BTreeMap<&'static str, u64>>,
    results: &[TestResult],
    diagnostics: &mut Vec<Diagnostic>,
) {
    let (Some(last_line), Some(counted)) = (&evidence.last_line, counted) else { return };
    if counted.is_empty() || evidence.reporter == super::evidence::Reporter::Other {
        return;
    }
    let modules = |outcome| {
        results.iter().filter(|result| result.outcome == outcome && result.node_id.domain().is_none()).count() as u64
    };
    let mut differences = Vec::new();
    for key in ["passed", "failed", "errors", "xfailed", "xpassed", "rerun"] {
        let outside = if key == "errors" { modules(Outcome::Error) } else { 0 };
        let seen = counted.get(key).copied().unwrap_or_default();
        let declared = last_line.totals.get(key).unwrap_or_default();
        // pytest-retry counts tests where others count attempts, and older subtests have counts of their own.
        let elsewhere = match key {
            "rerun" => last_line.totals.get("retried").unwrap_or_default(),
            "xfailed" => results
                .iter()
                .flat_map(|result| &result.subtests)
                .filter(|subtest| subtest.outcome == Outcome::Xfailed)
                .count() as u64,
            _ => 0,
        };
        if seen != declared
            && seen + outside != declared
            && seen != declared + elsewhere
            && seen + elsewhere != declared
        {
            differences.push(format!("{key}: {seen} seen, {declared} declared"));
        }
    }
    if !differences.is_empty() {
        let message = format!("the lines of the log and its last line count differently: {}", differences.join("; "));
        diagnostics.push(Diagnostic::warning("terminal-count-mismatch", message).at_line(evidence.last_number));
    }
}

fn files(library: &Library, progress: &[Progress]) -> Vec<FileCounts> {
    let count = |progress: &Progress| {
        let mut counts = BTreeMap::new();
        for (letter, count) in &progress.letters {
            if let Some(key) = words::letter(library, *letter) {
                *counts.entry(key.to_owned()).or_default() += count;
            }
        }
        FileCounts { path: progress.path.clone(), counts }
    };
    progress.iter().map(count).collect()
}

// ---- output fields ------------------------------------------------------------------------------------------------

fn output_fields(evidence: &mut Evidence, sections: &[SectionText], diagnostics: &mut Vec<Diagnostic>) -> OutputFields {
    let text = std::mem::take(&mut evidence.results_text);
    if text.left_out() > 0 {
        let message = format!("{} bytes of the result area's text are left out of the output field", text.left_out());
        diagnostics.push(Diagnostic::note("terminal-shortened", message).at_line(evidence.first_line));
    }
    let mut fields = OutputFields {
        test_session_starts: (evidence.has_start || !Text::is_empty(&text))
            .then(|| field("test session starts", text.into_string())),
        lastline: evidence.last_line_text.take().map(|line| field("lastline", line)),
        ..OutputFields::default()
    };
    for section in sections {
        let own = field(&section.title, section.content.clone());
        let slot = match section.section {
            Section::Errors => &mut fields.errors,
            Section::Failures => &mut fields.failures,
            Section::Passes => &mut fields.passes,
            Section::Warnings => &mut fields.warnings_summary,
            Section::Reruns => &mut fields.rerun_test_summary,
            Section::Summary => &mut fields.short_test_summary,
            Section::Xfailures | Section::Xpasses | Section::Durations | Section::Other => {
                fields.other.push(own);
                continue;
            }
        };
        match slot {
            None => *slot = Some(own),
            Some(_) => fields.other.push(own),
        }
    }
    fields
}

fn field(name: &str, content: String) -> OutputField {
    OutputField { name: name.to_owned(), content }
}
