//! What stands over a failure block, and in it: headings to names, places to files.

use super::summary::heading_of;
use crate::model::TestResult;

/// Returns the heading that pytest prints over a test's block.
pub(super) fn heading(result: &TestResult) -> String {
    let heading = match result.node_id.domain() {
        Some(domain) => heading_of(domain),
        None => result.node_id.path().to_owned(),
    };
    // `--dist loadgroup` adds the group to the id, and not to the heading.
    match heading.rsplit_once('@') {
        Some((domain, group)) if result.worker.is_some() && !group.contains(']') => domain.to_owned(),
        _ => heading,
    }
}

/// Returns the node id that a crashed worker was running.
pub(super) fn crashed_while_running(text: &str) -> Option<&str> {
    let text = text.trim_start();
    let possible = text.starts_with("worker '") || text.starts_with("[gw");
    let (_, rest) = possible.then(|| text.split_once("' crashed while running '")).flatten()?;
    let (node_id, _) = rest.rsplit_once('\'')?;
    Some(node_id.lines().next().unwrap_or(node_id))
}

/// Returns a path without its folders.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether a traceback's path is the file of a node id: equal, or one ends with the other.
pub(super) fn same_file(node_path: &str, path: &str) -> bool {
    let node_path = node_path.trim_start_matches("../");
    let path = path.trim_start_matches("../");
    path == node_path
        || path.strip_suffix(node_path).is_some_and(|rest| rest.ends_with('/'))
        || node_path.strip_suffix(path).is_some_and(|rest| rest.ends_with('/'))
}

/// Whether a path may be that of a test: neither of the system nor of an installed package.
pub(super) fn is_relative_test(path: &str) -> bool {
    !path.starts_with(['/', '<']) && !path.contains("site-packages") && path.contains('.')
}

/// Splits a heading `domain [msg] (k=v)` of a subtest; parameters stand directly behind the name.
pub(super) fn split_description(title: &str) -> (&str, Option<&str>) {
    let mut depth = 0_usize;
    for (at, byte) in title.bytes().enumerate() {
        match byte {
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            b' ' if depth == 0 && title[at + 1..].starts_with(['[', '(']) => {
                return (&title[..at], Some(&title[at + 1..]));
            }
            _ => {}
        }
    }
    (title, None)
}

/// Returns the domain of a heading: dots become separators, but not in parameters.
pub(super) fn domain_of(heading: &str) -> String {
    match heading.find('[') {
        Some(0) | None if heading.starts_with("[doctest] ") => heading["[doctest] ".len()..].to_owned(),
        Some(at) => format!("{}{}", heading[..at].replace('.', "::"), &heading[at..]),
        None => heading.replace('.', "::"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_and_domains() {
        assert_eq!(domain_of("TestK.TestInner.test[2-y.z]"), "TestK::TestInner::test[2-y.z]");
        assert_eq!(split_description("test_p[a b] (p='a b')"), ("test_p[a b]", Some("(p='a b')")));
        assert_eq!(
            split_description("test_some [custom msg - x] (i=1)"),
            ("test_some", Some("[custom msg - x] (i=1)"))
        );
        assert_eq!(crashed_while_running("worker 'gw0' crashed while running 'a.py::b'"), Some("a.py::b"));
    }
}
