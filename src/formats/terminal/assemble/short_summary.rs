//! What the short test summary adds to the results.

use crate::formats::terminal::ansi;
use crate::formats::terminal::ansi::EscapeForm;
use crate::formats::terminal::attempts::Attempts;
use crate::formats::terminal::blocks;
use crate::formats::terminal::blocks::Block;
use crate::formats::terminal::evidence::Evidence;
use crate::formats::terminal::headings::split_description;
use crate::formats::terminal::summary;
use crate::formats::terminal::summary::Entry;
use crate::formats::terminal::summary::Known;
use crate::formats::terminal::titles::Section;
use crate::formats::terminal::words::Meaning;
use crate::grammar::Library;
use crate::model::{Outcome, Subtest, TestResult, Text};
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// Takes the short test summary; returns whether there was one.
pub(super) fn take_short_summary(
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
        .filter(|_| evidence.own_escapes)
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
            known.attempts = Some(&*attempts);
            known.node_ids.extend(durations.iter().map(|(node_id, _)| node_id.as_str()));
            if blocks_are_all(&found.blocks, evidence) {
                let domains = found.blocks.iter().map(|block| block_domain(&block.title));
                // The block of a subtest is headed by its test and a description; old versions of pytest-subtests list only the test.
                let with_tests = domains.flat_map(|domain| [domain, split_description(domain).0]);
                known.domains = with_tests.map(str::to_owned).collect();
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
pub(super) fn blocks_are_all(blocks: &[Block], evidence: &Evidence) -> bool {
    let failures =
        blocks.iter().filter(|block| matches!(block.section, Section::Failures | Section::Errors)).count() as u64;
    match &evidence.last_line {
        Some(line) => {
            failures >= line.totals.get("failed").unwrap_or_default() + line.totals.get("errors").unwrap_or_default()
        }
        None => true,
    }
}

pub(super) fn block_domain(title: &str) -> &str {
    ["ERROR at setup of ", "ERROR at teardown of ", "[doctest] "]
        .into_iter()
        .find_map(|start| title.strip_prefix(start))
        .unwrap_or(title)
}

pub(super) fn take_entry(attempts: &mut Attempts, entry: Entry) {
    let Entry::Test { meaning, node_id, message, detail } = entry else { return };
    let latest = attempts.latest(&node_id);
    match meaning {
        Meaning::Subtest(outcome) => take_subtest_entry(attempts, latest, node_id, outcome, detail),
        Meaning::Test(outcome) => {
            let longreprtext = message
                .clone()
                .filter(|message| message.starts_with("[XPASS(strict)]") && !message.ends_with("..."))
                .map(Text::from);
            let reason =
                matches!(outcome, Outcome::Skipped | Outcome::Xfailed | Outcome::Xpassed).then_some(message).flatten();
            let reason = reason.map(|reason| reason.strip_prefix("Skipped: ").map(str::to_owned).unwrap_or(reason));
            match latest.filter(|index| attempts.results[*index].outcome != Outcome::Rerun) {
                // Their own lines said how each of them ended.
                Some(_) if attempts.is_shared(&node_id) => {}
                Some(index) => {
                    attempts.repeated(outcome);
                    attempts.note(index);
                    let result = &mut attempts.results[index];
                    confirm(result, outcome, reason);
                    result.longreprtext = result.longreprtext.take().or(longreprtext);
                }
                None => {
                    let attempt = latest.map_or(1, |index| attempts.results[index].attempt.saturating_add(1));
                    let mut result = TestResult {
                        attempt,
                        reason: reason.map(Text::from),
                        longreprtext,
                        ..TestResult::new(node_id, outcome)
                    };
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
pub(super) fn confirm(result: &mut TestResult, outcome: Outcome, reason: Option<String>) {
    if let Some(reason) = reason {
        // The verbose line cuts the reason to the width of the terminal; the summary has more of it.
        if result.reason.as_ref().is_none_or(|short| short.len() < reason.len()) {
            result.reason = Some(reason.into());
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

pub(super) fn take_subtest_entry(
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
    attempts.note(index);
    let result = &mut attempts.results[index];
    if failed && result.outcome == Outcome::Passed {
        result.outcome = Outcome::Failed;
    }
    if !result.subtests.iter().any(|subtest| subtest.description == description && subtest.outcome == outcome) {
        result.subtests.push(Subtest { description, outcome, longreprtext: None });
    }
}
