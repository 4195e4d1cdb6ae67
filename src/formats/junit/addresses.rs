//! What a test case of pytest says of its node id, beside its class name and name.

use memchr::{memchr, memchr_iter, memrchr};

use super::raw::{COLLECTION_FAILURE, Issue, IssueKind, Names, RawCase};
use crate::formats::node_ids::{Address, AddressKind, Evidence, is_function_name};

/// Where a test records its own node id.
const PROPERTIES: [&str; 3] = ["nodeid", "node_id", "pytest.nodeid"];

/// Returns the address of a test case.
pub(super) fn address<'case>(case: &'case RawCase, names: &'case Names) -> Address<'case> {
    let collects = |issue: &Issue| matches!(issue.message.as_deref(), Some(COLLECTION_FAILURE | "collection skipped"));
    if case.more.is_none() {
        return Address { classname: names.classname(case), name: names.name(case), ..Address::default() };
    }
    Address {
        classname: names.classname(case),
        name: names.name(case),
        file: case.file(),
        function: renamed_function(case, names),
        kind: if case.issues().iter().any(collects) { AddressKind::Collector } else { AddressKind::Test },
    }
}

/// What test cases have shown of files.
#[derive(Debug, Default)]
pub(super) struct Shown {
    pub(super) evidence: Evidence,
    /// The class of the last test case that was shown.
    last: Option<u32>,
}

impl Shown {
    /// Shows the next test cases.
    pub(super) fn show(&mut self, cases: &[RawCase], names: &Names) {
        for case in cases {
            // Most test cases are as bare as those before them, of the same class, and their names tell nothing.
            let again = case.more.is_none() && self.last == Some(case.class) && !self.evidence.asks_for_names();
            if !again {
                show_case(case, names, &mut self.evidence);
                self.last = Some(case.class);
            }
        }
    }
}

fn show_case(case: &RawCase, names: &Names, evidence: &mut Evidence) {
    let address = address(case, names);
    if address.name.is_empty() {
        return;
    }
    evidence.test(&address);
    for issue in case.issues() {
        match issue.kind {
            IssueKind::Skipped => {
                if let Some(path) = skip_path(&issue.text) {
                    evidence.named(path, &address);
                }
            }
            IssueKind::Failure | IssueKind::Error | IssueKind::Rerun | IssueKind::Flaky => {
                // Most failures of a class end where the others do, and say no more of its file than the first.
                if last_location(&issue.text).is_some_and(|path| evidence.was_named(path, &address)) {
                    continue;
                }
                let mut last = "";
                for path in traceback_paths(&issue.text) {
                    if path != last {
                        evidence.named(path, &address);
                        last = path;
                    }
                }
            }
        }
    }
}

/// Returns the node id that a test case carries: in a property, or in the words about a crashed worker.
pub(super) fn recorded(case: &RawCase) -> Option<&str> {
    let more = case.more.as_ref()?;
    let properties = more.extras.as_ref().map_or(&[][..], |extras| &extras.properties);
    let property = properties.iter().find(|(name, _)| PROPERTIES.contains(&name.as_str()));
    property
        .map(|(_, value)| value.as_str())
        .filter(|value| !value.is_empty())
        .or_else(|| more.issues.iter().find_map(crashed).map(|(_, node_id)| node_id))
}

/// Returns the worker of pytest-xdist that crashed, and the node id of the test during which it did.
pub(super) fn crashed(issue: &Issue) -> Option<(&str, &str)> {
    let quoted = issue.message.as_deref()?.strip_prefix("failed on setup with \"");
    crash(&issue.text).or_else(|| crash(quoted?.strip_suffix('"')?))
}

/// Reads `worker 'gw0' crashed while running 'node id'`.
fn crash(text: &str) -> Option<(&str, &str)> {
    let (worker, rest) = text.strip_prefix("worker '")?.split_once("' crashed while running '")?;
    let is_worker = worker.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let node_id = rest.trim_end().strip_suffix('\'').filter(|node_id| is_worker && !node_id.is_empty())?;
    Some((worker, node_id))
}

/// Returns the path in the text of a skip: `path:line: reason`, or a tuple `('path', line, 'reason')` for a module.
fn skip_path(text: &str) -> Option<&str> {
    if let Some(tuple) = text.strip_prefix("('") {
        return tuple.split_once("', ").map(|(path, _)| path);
    }
    location(text.lines().next()?)
}

/// Returns the paths that begin lines of a traceback: `path:line: error`, `path:line: in function`, `File "path", line 1`. Of an endless
/// traceback, the first lines are enough.
fn traceback_paths(text: &str) -> impl Iterator<Item = &str> {
    const ENOUGH: usize = 200;
    let starts = std::iter::once(0).chain(memchr_iter(b'\n', text.as_bytes()).map(|end| end + 1));
    let paths = starts.filter_map(|start| {
        let rest = &text.as_bytes()[start..];
        match rest.first()? {
            b' ' if rest.starts_with(b"  File \"") => {
                let file = line_at(text, start)?.strip_prefix("  File \"")?;
                file.split_once("\", line ").map(|(path, _)| path)
            }
            // Source lines are indented or marked, and so is the text of an error.
            b' ' | b'>' | b'\t' | b'\n' => None,
            b'E' if rest.starts_with(b"E  ") => None,
            _ => location(line_at(text, start)?),
        }
    });
    paths.take(ENOUGH)
}

/// Returns the path in the last line of a traceback.
fn last_location(text: &str) -> Option<&str> {
    let text = text.trim_end();
    let start = memrchr(b'\n', text.as_bytes()).map_or(0, |end| end + 1);
    location(text.get(start..)?)
}

fn line_at(text: &str, start: usize) -> Option<&str> {
    text.get(start..)?.split('\n').next()
}

/// Returns the function that a failure shows as the test's, where its name is none that a function can have.
fn renamed_function<'case>(case: &'case RawCase, names: &Names) -> Option<&'case str> {
    if is_function_name(names.name(case)) {
        return None;
    }
    let failure = case.issues().iter().find(|issue| issue.kind == IssueKind::Failure)?;
    function(&failure.text)
}

/// Returns the function that the first entry of a traceback shows: `def test_a(...)` in the source, or `path:line: in test_a`.
fn function(text: &str) -> Option<&str> {
    let shown = text.lines().find_map(|line| {
        let source = line.strip_prefix('>').unwrap_or(line).trim_start();
        let source = source.strip_prefix("async ").unwrap_or(source);
        let defined = source.strip_prefix("def ").and_then(|source| source.split_once('('));
        let entered = || line.split_once(": in ").filter(|(place, _)| location(&format!("{place}:")).is_some());
        defined.map(|(name, _)| name).or_else(|| entered().map(|(_, name)| name))
    })?;
    let is_name = |character: char| character.is_alphanumeric() || character == '_';
    (shown.starts_with("test") && shown.chars().all(is_name)).then_some(shown)
}

/// Returns the path of `path:line: text`.
fn location(line: &str) -> Option<&str> {
    let mut from = 0;
    loop {
        // A drive letter has a colon, too.
        let colon = from + memchr(b':', line.as_bytes().get(from..)?)?;
        let rest = &line.as_bytes()[colon + 1..];
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits > 0 && rest.get(digits) == Some(&b':') {
            return (colon > 0).then(|| &line[..colon]);
        }
        from = colon + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_in_texts() {
        assert_eq!(skip_path("/home/a b/test_c.py:6: why: 3:4: so"), Some("/home/a b/test_c.py"));
        assert_eq!(skip_path("C:\\w\\test_c.py:6: why"), Some("C:\\w\\test_c.py"));
        assert_eq!(skip_path("('/home/x.py', 2, 'Skipped: whole')"), Some("/home/x.py"));
        assert_eq!(skip_path("no place"), None);
        let text = "x = 1\n>   assert a\nE   b.py:1: no\n\ntests/test_a.py:3: AssertionError\n  File \"/t/b.py\", line 4, in f\n";
        assert_eq!(traceback_paths(text).collect::<Vec<_>>(), ["tests/test_a.py", "/t/b.py"]);
    }

    #[test]
    fn a_crashed_worker_names_the_test() {
        let text = "worker 'gw0' crashed while running 'a/test_b.py::test_c[it's]'";
        assert_eq!(crash(text), Some(("gw0", "a/test_b.py::test_c[it's]")));
        assert_eq!(crash("the worker 'gw0' crashed"), None);
    }
}
