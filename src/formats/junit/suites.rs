//! What suites say that is of no test case: properties, host names, output, failures.

use super::escapes::restored;
use super::ids::suite_head;
use super::problems::{Problem, Problems};
use super::producer::Producer;
use super::raw::{IssueKind, RawCase, RawDocument, RawSuite};
use super::verdict::shown;
use crate::model::{NodeId, Outcome, OutputField, TestResult, TestSession};

/// Fills the tags from the suites' properties and host names.
pub(super) fn set_tags(
    document: &mut RawDocument,
    producer: Producer,
    session: &mut TestSession,
    problems: &mut Problems,
) {
    if let ([suite], Producer::Other) = (document.suites.as_slice(), producer)
        && let Some(name) = &suite.name
    {
        session.tags.insert("junit.suite".to_owned(), name.clone());
    }
    for suite in document.root.iter_mut().chain(&mut document.suites) {
        let hostname = suite.hostname.take().map(|hostname| ("hostname".to_owned(), hostname));
        for (name, value) in std::mem::take(&mut suite.properties).into_iter().chain(hostname) {
            let value = if producer == Producer::Pytest { restored(&value).into_owned() } else { value };
            match session.tags.get(&name) {
                Some(first) if *first != value => {
                    problems.add(&Problem::PropertyConflict(name), Some(suite.line), None);
                }
                Some(_) => {}
                None => {
                    session.tags.insert(name, value);
                }
            }
        }
    }
}

/// Gives a test what a plugin wrote about it as a property of the suite, under a name that ends with the test's node id.
pub(super) fn move_to_tests(session: &mut TestSession) {
    /// Hypothesis writes its statistics so.
    const ABOUT_TEST: &str = "hypothesis-statistics";
    let named = |result: &TestResult| format!("{ABOUT_TEST}-{}", result.node_id);
    if !session.tags.keys().any(|name| name.starts_with(ABOUT_TEST)) {
        return;
    }
    let TestSession { tags, test_results, .. } = session;
    test_results.update(|result| {
        if let Some(value) = tags.remove(&named(result)) {
            result.properties.insert(ABOUT_TEST.to_owned(), value);
        }
    });
}

/// Gives the output of suites to their test, where a suite has one, else to the session's other sections.
pub(super) fn set_output(document: &mut RawDocument, session: &mut TestSession) {
    let has_output = |suite: &RawSuite| !suite.system_out.is_empty() || !suite.system_err.is_empty();
    // Few suites have any, and there may be millions of tests to go through.
    let only_tests = if document.suites.iter().any(has_output) { only_tests(document) } else { Vec::new() };
    for (suite, only_test) in document.suites.iter_mut().zip(only_tests) {
        let (out, err) = take_output(suite);
        let test =
            only_test.filter(|_| !out.is_empty() || !err.is_empty()).and_then(|test| document.cases.get_mut(test));
        match test.map(RawCase::more) {
            Some(more) => {
                more.system_out.extend(Some(out).filter(|out| !out.is_empty()));
                more.system_err.extend(Some(err).filter(|err| !err.is_empty()));
            }
            None => {
                let of = suite.name.as_deref().unwrap_or_default();
                keep("system-out", of, out, session);
                keep("system-err", of, err, session);
            }
        }
    }
    if let Some(root) = &mut document.root {
        let (out, err) = take_output(root);
        keep("system-out", "", out, session);
        keep("system-err", "", err, session);
    }
}

/// Returns the place of the test of each suite that has only one.
fn only_tests(document: &RawDocument) -> Vec<Option<usize>> {
    let mut counts = vec![(0_u64, 0); document.suites.len()];
    for (place, case) in document.cases.iter().enumerate() {
        if let Some(count) = case.suite.and_then(|suite| counts.get_mut(suite as usize)) {
            *count = (count.0 + 1, place);
        }
    }
    counts.into_iter().map(|(count, place)| (count == 1).then_some(place)).collect()
}

fn take_output(suite: &mut RawSuite) -> (String, String) {
    let join = |texts: Vec<String>| texts.into_iter().filter(|text| !text.trim().is_empty()).collect::<String>();
    (join(std::mem::take(&mut suite.system_out)), join(std::mem::take(&mut suite.system_err)))
}

fn keep(stream: &str, suite: &str, content: String, session: &mut TestSession) {
    if !content.is_empty() {
        let name = if suite.is_empty() { stream.to_owned() } else { format!("{stream} {suite}") };
        session.output_fields.other.push(OutputField { name, content });
    }
}

/// Returns a result for each suite that failed itself: its own setup or teardown.
pub(super) fn own_results(document: &mut RawDocument, producer: Producer) -> Vec<TestResult> {
    let mut results = Vec::new();
    for place in 0..document.suites.len() {
        for issue in std::mem::take(&mut document.suites[place].issues) {
            let head = suite_head(u32::try_from(place).ok(), &document.suites).unwrap_or_default();
            let outcome = if issue.kind == IssueKind::Error { Outcome::Error } else { Outcome::Failed };
            let mut result = TestResult::new(NodeId::new(head), outcome);
            result.longreprtext = shown(issue, producer);
            results.push(result);
        }
    }
    results
}
