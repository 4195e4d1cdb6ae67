//! Attempts of which only a report behind the failures tells: that of flaky, which hides them from the result area.

use std::collections::HashMap;

use crate::formats::terminal::blocks::SectionText;
use crate::formats::terminal::titles::Section;
use crate::grammar::{Area, Emits, Library};
use crate::model::{Outcome, TestResult};

/// How many attempts of one test are believed.
const MOST_ATTEMPTS: u32 = 1000;

/// Returns how many attempts of each test were repeated, by the test's name: the report has no ids.
pub(super) fn repeats(library: &Library, sections: &[SectionText]) -> HashMap<String, u32> {
    let mut repeats = HashMap::new();
    for line in sections.iter().filter(|section| section.section == Section::Other).flat_map(|own| own.content.lines())
    {
        // A line that says how many attempts there may be is not that of the last one. The lines of pytest-retry, whose attempts the result area
        // shows, end with an exclamation mark.
        if line.ends_with('.')
            && let Some(found) = library.match_line(Area::Any, line)
            && found.emits == Emits::Attempt
            && found.get("attempts").is_some()
            && let Some(name) = found.get("name")
        {
            *repeats.entry(name.to_owned()).or_insert(0) += 1;
        }
    }
    repeats
}

/// Adds the repeated attempts before the one that the result area shows, for tests whose name no other test has.
pub(super) fn add_repeats(results: Vec<TestResult>, repeats: &HashMap<String, u32>) -> Vec<TestResult> {
    if repeats.is_empty() {
        return results;
    }
    let mut named: HashMap<String, u32> = HashMap::new();
    for name in results.iter().filter_map(name_of) {
        *named.entry(name.to_owned()).or_default() += 1;
    }
    let mut all = Vec::with_capacity(results.len());
    for mut result in results {
        let only = name_of(&result).filter(|name| named.get(*name) == Some(&1) && result.attempt == 1);
        let count = only.and_then(|name| repeats.get(name)).copied().unwrap_or_default().min(MOST_ATTEMPTS);
        for attempt in 1..=count {
            let mut repeat = TestResult::new(result.node_id.clone(), Outcome::Rerun);
            repeat.attempt = attempt;
            repeat.has_warning = result.has_warning;
            repeat.worker.clone_from(&result.worker);
            all.push(repeat);
        }
        if count > 0 {
            result.attempt = count.saturating_add(1);
            // The list of slowest tests names the test, and not which attempt.
            result.duration = None;
        }
        all.push(result);
    }
    all
}

fn name_of(result: &TestResult) -> Option<&str> {
    let domain = result.node_id.domain()?;
    let end = domain.find('[').unwrap_or(domain.len());
    let start = domain[..end].rfind("::").map_or(0, |at| at + 2);
    // Parameters belong to the name.
    domain.get(start..)
}
