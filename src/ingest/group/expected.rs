//! What should have run, held against what did.
//!
//! A shard that was lost on the way, or a test that never came to an end, leaves no trace in the reports that are there: they look green. Only who
//! knows what to expect can tell.

use std::collections::HashSet;
use std::num::NonZeroU32;

use crate::diagnostic::{Diagnostic, Parsed};
use crate::model::{Format, NodeId, TestSession};

/// How many missing tests a message names.
const NAMED: usize = 10;

/// What every run should consist of.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// So many shards (`--expect-shards`).
    pub shards: Option<NonZeroU32>,
    /// These tests (`--expect-tests`).
    pub tests: Option<ExpectedTests>,
}

/// The tests of a run, from what `pytest --collect-only -q` prints.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExpectedTests {
    tests: Vec<NodeId>,
}

impl ExpectedTests {
    /// Reads the output of `pytest --collect-only -q`: a node id a line, up to the first empty line behind them.
    pub fn parse(text: &str) -> Parsed<ExpectedTests> {
        let is_id = |line: &str| {
            let path = line.split("::").next().unwrap_or_default();
            line.contains("::") && !path.is_empty() && !line.starts_with([' ', '\t', '=', '<', '['])
        };
        let mut lines = text.lines().map(|line| line.trim_end_matches('\r')).enumerate().peekable();
        let mut parsed = Parsed::clean(ExpectedTests::default());
        while lines.next_if(|(_, line)| !is_id(line)).is_some() {}
        let mut seen = HashSet::new();
        for (number, line) in lines.take_while(|(_, line)| !line.trim().is_empty()) {
            if !is_id(line) {
                let message = format!("not a node id: `{}`", line.chars().take(80).collect::<String>());
                parsed.diagnostics.push(Diagnostic::warning("expect-line", message).at_line(number as u64 + 1));
            } else if seen.insert(line) {
                parsed.value.tests.push(NodeId::from(line));
            }
        }
        if parsed.value.tests.is_empty() {
            let message = "no node id in the list of expected tests";
            let help = "write it with pytest --collect-only -q (once: -qq prints no ids)";
            parsed.diagnostics.push(Diagnostic::error("expect-empty", message).with_help(help));
        }
        parsed
    }

    /// Returns the node ids.
    pub fn node_ids(&self) -> &[NodeId] {
        &self.tests
    }
}

impl Expected {
    /// Holds the sessions of one run, read from parts with these shards, against what is expected. What is missing is said, and makes the sessions
    /// incomplete.
    pub(super) fn check(&self, sessions: &mut [TestSession], shards: &[Option<String>]) -> Vec<Diagnostic> {
        let mut diagnostics = Vec::new();
        if let Some(expected) = self.shards {
            let found = format!("{}/{expected}", shards.len());
            let missing = missing_shards(expected.get(), shards);
            for session in sessions.iter_mut() {
                session.complete &= missing.is_none();
                session.tags.insert("shards".to_owned(), found.clone());
            }
            diagnostics.extend(missing);
            diagnostics.extend(surplus_shards(expected.get(), shards.len()));
        }
        if let Some((count, missing)) = self.tests.as_ref().and_then(|tests| missing_tests(&tests.tests, sessions)) {
            for session in sessions.iter_mut() {
                session.complete = false;
                session.tags.insert("missing_tests".to_owned(), count.to_string());
            }
            diagnostics.push(missing);
        }
        diagnostics
    }
}

fn missing_shards(expected: u32, shards: &[Option<String>]) -> Option<Diagnostic> {
    let found = u32::try_from(shards.len()).unwrap_or(u32::MAX);
    if found >= expected {
        return None;
    }
    // `2/6`, or `2`; they may count from 0.
    let number = |shard: &Option<String>| shard.as_ref()?.split('/').next()?.trim().parse::<u32>().ok();
    let numbers: Option<HashSet<u32>> = shards.iter().map(number).collect();
    let names = numbers.filter(|numbers| !numbers.is_empty()).map(|numbers| {
        let base = u32::from(!numbers.contains(&0));
        let missing = (base..expected.saturating_add(base)).filter(|number| !numbers.contains(number));
        missing.take(NAMED).map(|number| number.to_string()).collect::<Vec<_>>().join(", ")
    });
    let names = names.map(|names| format!("; missing: {names}")).unwrap_or_default();
    let message = format!("{found} of {expected} shards of the run found{names}");
    Some(Diagnostic::error("ingest-missing-shards", message).with_help("the session is marked incomplete"))
}

fn surplus_shards(expected: u32, found: usize) -> Option<Diagnostic> {
    let message = || format!("{found} parts of the run found where {expected} shards were expected");
    (found > expected as usize).then(|| Diagnostic::warning("ingest-surplus-shards", message()))
}

/// Returns how many expected tests have no result, and which; by number alone where the input does not name all tests.
fn missing_tests(expected: &[NodeId], sessions: &[TestSession]) -> Option<(usize, Diagnostic)> {
    let results = || sessions.iter().flat_map(|session| &session.test_results);
    let (count, what) = if sessions.iter().all(names_all) {
        let ran: HashSet<NodeId> = results().map(|result| result.node_id.clone()).collect();
        let missing: Vec<&NodeId> = expected.iter().filter(|node_id| !ran.contains(*node_id)).collect();
        let named: Vec<&str> = missing.iter().take(NAMED).map(|node_id| node_id.as_str()).collect();
        let more = if missing.len() > NAMED { " and others" } else { "" };
        (missing.len(), format!(": {}{more}", named.join(", ")))
    } else {
        let ran: u64 = sessions.iter().map(counted).sum();
        (expected.len().saturating_sub(usize::try_from(ran).unwrap_or(usize::MAX)), String::new())
    };
    let message = || format!("{count} of {} expected tests have no result{what}", expected.len());
    (count > 0).then(|| {
        (count, Diagnostic::error("ingest-missing-tests", message()).with_help("the session is marked incomplete"))
    })
}

/// Whether the session names every test that ran: a console log of dots only counts them.
fn names_all(session: &TestSession) -> bool {
    let is_log = session.source.iter().all(|source| source.format == Format::Terminal);
    !is_log || counted(session) <= session.outcome_counts().tests()
}

/// How many tests ran, by the session's own count.
fn counted(session: &TestSession) -> u64 {
    const TESTS: [&str; 6] = ["passed", "failed", "errors", "skipped", "xfailed", "xpassed"];
    let declared = session.totals.as_ref().map(|totals| TESTS.iter().filter_map(|key| totals.get(key)).sum());
    declared.unwrap_or_else(|| {
        let dots: u64 = session.files.iter().flat_map(|file| file.counts.values()).sum();
        session.outcome_counts().tests().max(dots)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Outcome, Source, TestResult, Totals};

    #[test]
    fn the_list_is_what_collect_only_prints() {
        let text = "platform linux\n\ntests/a.py::test_a\r\ntests/a.py::test_b[x y]\ntests/a.py::test_a\nwhat is this\n\n2 tests collected in 0.01s\nERROR b.py::x\n";
        let Parsed { value, diagnostics } = ExpectedTests::parse(text);
        assert_eq!(value.node_ids(), [NodeId::from("tests/a.py::test_a"), NodeId::from("tests/a.py::test_b[x y]")]);
        assert_eq!((diagnostics.len(), diagnostics[0].location.line), (1, Some(6)));
        let empty = ExpectedTests::parse("tests/a.py: 2\n");
        assert_eq!(empty.diagnostics[0].code, "expect-empty");
    }

    fn session(format: Format, tests: &[&str], passed: u64) -> TestSession {
        TestSession {
            source: vec![Source { format, path: None, sha256: None, bytes: None }],
            test_results: tests.iter().map(|test| TestResult::new(*test, Outcome::Passed)).collect(),
            totals: Some(Totals::from_iter([("passed", passed)])),
            complete: true,
            ..TestSession::default()
        }
    }

    #[test]
    fn missing_tests_are_named_or_counted_and_never_look_green() {
        let tests = ExpectedTests::parse("a.py::a\na.py::b\na.py::c\n").value;
        let expected = Expected { tests: Some(tests), shards: None };
        let rows = [
            (session(Format::JunitXml, &["a.py::a", "a.py::b", "a.py::c"], 3), None),
            (
                session(Format::JunitXml, &["a.py::b"], 1),
                Some("2 of 3 expected tests have no result: a.py::a, a.py::c"),
            ),
            (session(Format::Terminal, &[], 3), None),
            (session(Format::Terminal, &[], 2), Some("1 of 3 expected tests have no result")),
        ];
        for (session, message) in rows {
            let mut sessions = [session];
            let found = expected.check(&mut sessions, &[None]);
            assert_eq!(found.first().map(|diagnostic| diagnostic.message.as_str()), message);
            assert_eq!(
                (sessions[0].complete, sessions[0].tags.contains_key("missing_tests")),
                (message.is_none(), message.is_some())
            );
        }
    }

    #[test]
    fn missing_shards_are_named_where_they_have_names() {
        let expected = Expected { shards: NonZeroU32::new(4), tests: None };
        let shards =
            |names: &[&str]| -> Vec<Option<String>> { names.iter().map(|name| Some((*name).to_owned())).collect() };
        let rows = [
            (shards(&["1/4", "2/4", "3/4", "4/4"]), None),
            (shards(&["1/4", "4/4"]), Some("2 of 4 shards of the run found; missing: 2, 3")),
            (shards(&["0", "3"]), Some("2 of 4 shards of the run found; missing: 1, 2")),
            (vec![None, None, None], Some("3 of 4 shards of the run found")),
            (vec![None; 5], Some("5 parts of the run found where 4 shards were expected")),
        ];
        for (shards, message) in rows {
            let mut sessions = [session(Format::JunitXml, &[], 0)];
            let found = expected.check(&mut sessions, &shards);
            assert_eq!(found.first().map(|diagnostic| diagnostic.message.as_str()), message);
            assert_eq!(sessions[0].complete, shards.len() >= 4);
            assert_eq!(sessions[0].tags["shards"], format!("{}/4", shards.len()));
        }
    }
}
