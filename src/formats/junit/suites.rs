//! What suites say that is of no test case: properties, host names, output, failures.

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

/// Gives the output of suites to their test, where a suite has one, else to the session's other sections.
pub(super) fn set_output(document: &mut RawDocument, session: &mut TestSession) {
    for place in 0..document.suites.len() {
        let (out, err) = take_output(&mut document.suites[place]);
        if out.is_empty() && err.is_empty() {
            continue;
        }
        let is_of = |case: &&mut RawCase| case.suite.is_some_and(|suite| suite as usize == place);
        let mut tests = document.cases.iter_mut().filter(is_of);
        if let (Some(test), None) = (tests.next(), tests.next()) {
            if !out.is_empty() {
                test.more().system_out.push(out);
            }
            if !err.is_empty() {
                test.more().system_err.push(err);
            }
        } else {
            let of = document.suites[place].name.clone().unwrap_or_default();
            keep("system-out", &of, out, session);
            keep("system-err", &of, err, session);
        }
    }
    if let Some(root) = &mut document.root {
        let (out, err) = take_output(root);
        keep("system-out", "", out, session);
        keep("system-err", "", err, session);
    }
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
