//! The results of one test from several files, joined.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::part::{self, Part};
use super::texts;
use crate::diagnostic::Diagnostic;
use crate::model::{Format, NodeId, NodeIdCertainty, Outcome, Phases, TestResult, Text};

/// More contradictions than this are only counted.
const MOST_CONTRADICTIONS: usize = 20;

/// One file's results of one test, in order.
struct View {
    format: Option<Format>,
    /// Which of the parts it is.
    part: usize,
    /// Whether the file has all there is to know of the test's attempts.
    is_authority: bool,
    /// Each with its place in the part; taken when it is joined.
    results: Vec<(usize, Option<TestResult>)>,
}

/// Where a result stands: its part, its place in that, and the number of the attempt.
type Place = (usize, usize, usize);

/// Joins the results of all parts, which come best first and name each test alike.
pub(super) fn join(parts: &mut [Part]) -> (Vec<TestResult>, Vec<Diagnostic>) {
    let mut joined: Vec<(Place, TestResult)> = Vec::new();
    let mut contradictions = Vec::new();
    for views in views(parts) {
        join_test(views, &mut joined, &mut contradictions);
    }
    joined.sort_by_key(|(place, _)| *place);
    (joined.into_iter().map(|(_, result)| result).collect(), limited(contradictions))
}

/// Returns what the parts say, by test.
fn views(parts: &mut [Part]) -> Vec<Vec<View>> {
    let mut tests: Vec<Vec<View>> = Vec::new();
    let mut indices: HashMap<NodeId, usize> = HashMap::new();
    for (index, part) in parts.iter_mut().enumerate() {
        let is_authority = part.format == Some(Format::ReportLog) && part.session.complete;
        for (position, result) in part.take_results().into_iter().enumerate() {
            let at = *indices.entry(result.node_id.clone()).or_insert_with(|| {
                tests.push(Vec::new());
                tests.len() - 1
            });
            let Some(views) = tests.get_mut(at) else { continue };
            match views.last_mut() {
                Some(view) if view.part == index => view.results.push((position, Some(result))),
                _ => views.push(View {
                    format: part.format,
                    part: index,
                    is_authority,
                    results: vec![(position, Some(result))],
                }),
            }
        }
    }
    tests
}

fn limited(mut contradictions: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let more = contradictions.len().saturating_sub(MOST_CONTRADICTIONS);
    contradictions.truncate(MOST_CONTRADICTIONS);
    if more > 0 {
        let message = format!("the files contradict each other on {more} more tests");
        contradictions.push(Diagnostic::warning("join-outcome", message));
    }
    contradictions
}

/// Joins what the files say of one test: the attempts of the one that has most, each with what the others know of it.
fn join_test(mut views: Vec<View>, joined: &mut Vec<(Place, TestResult)>, contradictions: &mut Vec<Diagnostic>) {
    let is_repeated = match views.iter().find(|view| view.is_authority) {
        Some(authority) => authority.reruns() > 0,
        None => views.iter().any(|view| view.reruns() > 0),
    };
    if is_repeated {
        views.iter_mut().for_each(View::make_attempts);
    }
    let best = views.iter().enumerate().max_by_key(|(index, view)| (view.worth(), Reverse(*index)));
    let best = best.map_or(0, |(index, _)| index);
    views.swap(0, best);
    let Some(base) = views.first() else { return };
    let is_several_tests = base.results.len() > 1 && base.reruns() == 0;
    let attempts = if base.is_authority || is_several_tests {
        base.results.len()
    } else {
        // Another file can know of more attempts, though not of the last one.
        let reruns = views.iter().map(View::reruns).max().unwrap_or_default();
        base.results.len().max(reruns + usize::from(base.has_end()))
    };
    let first_place = base.results.first().map_or(0, |(position, _)| *position);
    let base_part = base.part;
    if is_several_tests {
        // What a file says that has merged tests of one id, it says of none of them.
        views.retain(|view| view.results.len() == attempts);
        pair_by_outcome(&mut views);
    }
    for number in 0..attempts {
        let mut place = (base_part, first_place, number);
        let mut sources = Vec::new();
        for (index, view) in views.iter_mut().enumerate() {
            if let Some((position, result)) = view.take(number, attempts) {
                if index == 0 {
                    place.1 = position;
                }
                sources.push((view.format, result));
            }
        }
        sources.sort_by_key(|(format, _)| part::rank(*format));
        if let Some((mut result, contradiction)) = join_attempt(sources) {
            if !is_several_tests && attempts > 1 {
                result.attempt = u32::try_from(number + 1).unwrap_or(u32::MAX);
            }
            contradictions.extend(contradiction);
            joined.push((place, result));
        }
    }
}

/// Puts the results of tests that share an id into the order of the first view, as far as their outcomes tell them apart.
fn pair_by_outcome(views: &mut [View]) {
    let Some((base, others)) = views.split_first_mut() else { return };
    for view in others {
        for at in 0..base.results.len() {
            let wanted = base.outcome(at);
            let found = (at..view.results.len()).find(|other| view.outcome(*other) == wanted);
            if let Some(found) = found {
                view.results.swap(at, found);
            }
        }
    }
}

impl View {
    fn outcome(&self, at: usize) -> Option<Outcome> {
        self.results.get(at)?.1.as_ref().map(|result| result.outcome)
    }

    /// Whether the last attempt is there, which is not a repeated one.
    fn has_end(&self) -> bool {
        self.results.len().checked_sub(1).and_then(|last| self.outcome(last)).is_some_and(|last| last != Outcome::Rerun)
    }

    fn reruns(&self) -> usize {
        (0..self.results.len()).filter(|at| self.outcome(*at) == Some(Outcome::Rerun)).count()
    }

    /// Takes results that look like tests of one id for attempts of one test, since another file says that there were some.
    fn make_attempts(&mut self) {
        if self.reruns() > 0 {
            return;
        }
        let last = self.results.len().saturating_sub(1);
        for (_, result) in self.results.iter_mut().take(last) {
            if let Some(result) = result {
                result.outcome = Outcome::Rerun;
            }
        }
    }

    /// How much the file knows of the test's attempts.
    fn worth(&self) -> (bool, bool, usize) {
        (self.has_end(), self.is_authority, self.results.len())
    }

    /// Takes the attempt of that number out of `attempts`, if the file has it. What a file lost it lost of the first attempts: its last one is the last of
    /// all, and those before it are known only if there are as many.
    fn take(&mut self, number: usize, attempts: usize) -> Option<(usize, TestResult)> {
        let has_all = self.results.len() + usize::from(!self.has_end()) == attempts;
        let at = if has_all || self.results.len() == attempts {
            number
        } else if number + 1 == attempts && self.has_end() {
            self.results.len() - 1
        } else {
            return None;
        };
        let (position, result) = self.results.get_mut(at)?;
        Some((*position, result.take()?))
    }
}
/// Joins what the files say of one attempt. They come best first.
fn join_attempt(mut sources: Vec<(Option<Format>, TestResult)>) -> Option<(TestResult, Option<Diagnostic>)> {
    let outcome = outcome(&sources)?;
    let contradiction = contradiction(&sources, outcome);
    let texts = sources
        .iter_mut()
        .filter_map(|(format, result)| result.longreprtext.take().map(|text| (*format, String::from(text))))
        .collect();
    let mut sources = sources.into_iter();
    let (_, mut joined) = sources.next()?;
    for (_, other) in sources {
        fill(&mut joined, other);
    }
    joined.outcome = outcome;
    joined.longreprtext = texts::best(texts).map(Text::from);
    Some((joined, contradiction))
}

/// Takes from `other` what `joined` does not know.
fn fill(joined: &mut TestResult, other: TestResult) {
    if other.node_id_certainty == NodeIdCertainty::Exact {
        joined.node_id_certainty = NodeIdCertainty::Exact;
    }
    if joined.phases == Phases::default() {
        joined.phases = other.phases;
    }
    joined.start_time = joined.start_time.or(other.start_time);
    joined.duration = joined.duration.or(other.duration);
    let texts = [
        (&mut joined.caplog, other.caplog),
        (&mut joined.capstderr, other.capstderr),
        (&mut joined.capstdout, other.capstdout),
        (&mut joined.reason, other.reason),
        (&mut joined.worker, other.worker),
    ];
    for (known, other) in texts {
        if known.is_none() {
            *known = other;
        }
    }
    joined.has_warning = match (joined.has_warning, other.has_warning) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (known, other) => known.or(other),
    };
    if joined.subtests.is_empty() {
        joined.subtests = other.subtests;
    }
    for (key, value) in other.properties {
        joined.properties.entry(key).or_insert(value);
    }
}

/// Returns the outcome: that of the best format, unless it is one that the format could not have told.
fn outcome(sources: &[(Option<Format>, TestResult)]) -> Option<Outcome> {
    let (format, best) = sources.first()?;
    let told = sources.iter().skip(1).map(|(_, result)| result.outcome);
    let better = told.into_iter().find(|told| could_not_tell(*format, best.outcome, *told));
    Some(better.unwrap_or(best.outcome))
}

/// Whether a format says `said` where the truth is `truth`, by its nature and not by mistake.
///
/// | format | says | of |
/// |---|---|---|
/// | JUnit, CTRF | passed | an unexpected pass |
/// | JUnit | error | a worker that died |
/// | JUnit | skipped, xfailed | a test of which a subtest was that |
/// | json-report | passed, error | a test of which a subtest failed |
/// | console log | passed | the same, without a summary |
/// | console log | failed | an error, where a plugin prints one mark for both |
/// | JUnit, json-report, console log | xfailed | an unexpected pass whose teardown then failed as expected |
fn could_not_tell(format: Option<Format>, said: Outcome, truth: Outcome) -> bool {
    use Outcome::{Error, Failed, Passed, Skipped, Xfailed, Xpassed};
    match format {
        Some(Format::JunitXml) => {
            matches!((said, truth), (Passed | Xfailed, Xpassed) | (Error, Failed) | (Skipped | Xfailed, Passed))
        }
        Some(Format::Ctrf) => matches!((said, truth), (Passed, Xpassed) | (Passed | Error, Failed)),
        Some(Format::JsonReport) => matches!((said, truth), (Passed | Error, Failed) | (Xfailed, Xpassed)),
        Some(Format::Terminal) => matches!((said, truth), (Xfailed, Xpassed) | (Passed, Failed) | (Failed, Error)),
        Some(Format::ReportLog) | None => false,
    }
}

/// Says that a file contradicts the outcome that was taken.
fn contradiction(sources: &[(Option<Format>, TestResult)], taken: Outcome) -> Option<Diagnostic> {
    let (_, first) = sources.first()?;
    if taken == Outcome::Rerun {
        // Of an attempt that was repeated, most formats know only that it was.
        return None;
    }
    let contradicts = |(format, result): &&(Option<Format>, TestResult)| {
        result.outcome != taken && !could_not_tell(*format, result.outcome, taken)
    };
    let (format, other) = sources.iter().find(contradicts)?;
    let taker = sources.iter().find(|(_, result)| result.outcome == taken).and_then(|(format, _)| *format);
    let message =
        format!("{} says {taken}, {} says {}; {taken} is taken", part::name(taker), part::name(*format), other.outcome);
    Some(Diagnostic::warning("join-outcome", message).at_path(first.node_id.as_str()))
}
