//! What suites say that is of no test case: properties, host names, output, failures.

use std::collections::HashMap;

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

/// Output of suites that is a test's, by the test's place: the two streams.
pub(super) type TestOutput = HashMap<usize, (String, String)>;

/// Gives the output of suites to the session's other sections, but for that of suites with one test, which is returned.
pub(super) fn set_output(document: &mut RawDocument, session: &mut TestSession) -> TestOutput {
    let mut of_tests = TestOutput::new();
    let has_output = |suite: &RawSuite| !suite.system_out.is_empty() || !suite.system_err.is_empty();
    // Few suites have any, and there may be millions of tests to go through.
    if document.suites.iter().any(has_output) {
        let mut only_tests = std::mem::take(&mut document.facts.only_tests);
        only_tests.add(document.cases.last());
        for (place, suite) in document.suites.iter_mut().enumerate() {
            let (out, err) = take_output(suite);
            match only_tests.of(place).filter(|_| !out.is_empty() || !err.is_empty()) {
                Some(test) => {
                    let output = of_tests.entry(test).or_default();
                    output.0.push_str(&out);
                    output.1.push_str(&err);
                }
                None => {
                    let of = suite.name.as_deref().unwrap_or_default();
                    keep("system-out", of, out, session);
                    keep("system-err", of, err, session);
                }
            }
        }
    }
    if let Some(root) = &mut document.root {
        let (out, err) = take_output(root);
        keep("system-out", "", out, session);
        keep("system-err", "", err, session);
    }
    of_tests
}

/// Which suites have one test, and which that is.
#[derive(Debug, Default)]
pub(super) struct OnlyTests {
    /// How many tests each suite has, and the place of the last.
    suites: Vec<(u64, usize)>,
    seen: usize,
}

impl OnlyTests {
    /// Adds the next test cases.
    pub(super) fn add(&mut self, cases: &[RawCase]) {
        for case in cases {
            if let Some(suite) = case.suite {
                let suite = suite as usize;
                if suite >= self.suites.len() && suite < u32::MAX as usize {
                    self.suites.resize(suite + 1, (0, 0));
                }
                if let Some(tests) = self.suites.get_mut(suite) {
                    *tests = (tests.0 + 1, self.seen);
                }
            }
            self.seen += 1;
        }
    }

    fn of(&self, suite: usize) -> Option<usize> {
        self.suites.get(suite).filter(|(count, _)| *count == 1).map(|(_, place)| *place)
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
