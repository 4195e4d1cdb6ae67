//! pytest's class names and names, and how a node id becomes them.

/// What a format says of a test instead of its node id.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Address<'case> {
    /// The path and the classes, joined with dots; empty for a module.
    pub(crate) classname: &'case str,
    /// The last part of the node id, with parameters; a module's dotted path.
    pub(crate) name: &'case str,
    /// The file that defines the test function: not always the test's own.
    pub(crate) file: Option<&'case str>,
    /// What the name stands for.
    pub(crate) kind: AddressKind,
}

/// What an address is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum AddressKind {
    /// A test.
    #[default]
    Test,
    /// A module, package or class that could not be collected, or was skipped as a whole.
    Collector,
}

/// Returns the class name and the name that pytest makes of a node id.
pub(super) fn mangle(node_id: &str) -> (String, String) {
    let (path, domain) = node_id.split_once("::").map_or((node_id, None), |(path, domain)| (path, Some(domain)));
    let module = dotted(path);
    let Some(domain) = domain else { return (String::new(), module) };
    let parameters = domain.find('[').unwrap_or(domain.len());
    match domain[..parameters].rfind("::") {
        Some(at) => (format!("{module}.{}", domain[..at].replace("::", ".")), domain[at + 2..].to_owned()),
        None => (module, domain.to_owned()),
    }
}

/// Returns the class name and the name that pytest up to 9.1 makes of a node id: it takes the first bracket of the path for the
/// beginning of parameters.
pub(super) fn mangle_before_9_2(node_id: &str) -> Option<(String, String)> {
    let bracket = node_id.find('[')?;
    let path = node_id.split_once("::").map_or(node_id, |(path, _)| path);
    (bracket < path.len())
        .then(|| (String::new(), format!("{}{}", node_id[..bracket].replace('/', "."), &node_id[bracket..])))
}

/// Returns a path as it stands in class names.
pub(super) fn dotted(path: &str) -> String {
    path.strip_suffix(".py").unwrap_or(path).replace('/', ".")
}

/// Returns a path with slashes, where it is a relative one of Windows.
pub(super) fn with_slashes(path: &str) -> String {
    let path = if path.contains('/') { path.to_owned() } else { path.replace('\\', "/") };
    path.strip_prefix("./").map_or(path.clone(), str::to_owned)
}

/// Returns what stands behind `prefix` in `classname`, where it begins with it as whole segments: without the dot, or empty.
pub(super) fn behind<'name>(classname: &'name str, prefix: &str) -> Option<&'name str> {
    let rest = classname.strip_prefix(prefix)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('.') }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_ids_are_mangled_as_pytest_does() {
        let rows = [
            ("a/test_b.py::test_c", ("a.test_b", "test_c")),
            ("a/test_b.py::TestC::TestD::test_e[x::y.z/w]", ("a.test_b.TestC.TestD", "test_e[x::y.z/w]")),
            ("brk/[id]/test_b.py::test_b", ("brk.[id].test_b", "test_b")),
            ("a/test_b.py", ("", "a.test_b")),
            ("::test_outside", ("", "test_outside")),
            ("guide.rst::guide.rst", ("guide.rst", "guide.rst")),
        ];
        for (node_id, (classname, name)) in rows {
            assert_eq!(mangle(node_id), (classname.to_owned(), name.to_owned()), "{node_id}");
        }
        assert_eq!(
            mangle_before_9_2("brk/[id]/test_b.py::test_b"),
            Some((String::new(), "brk.[id]/test_b.py::test_b".to_owned()))
        );
        assert_eq!(mangle_before_9_2("a/test_b.py::test_c[d]"), None);
    }
}
