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
    /// The function that a failure text shows as the test's, where the name is none of a function: the test may have replaced it.
    pub(crate) function: Option<&'case str>,
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
pub(crate) fn mangle(node_id: &str) -> (String, String) {
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

/// Returns the class name and the name that pytest since 9.2 makes of a node id whose last part has an opening bracket and does not end
/// with a closing one, as only items of other plugins have them: it closes the bracket.
pub(super) fn mangle_since_9_2(node_id: &str) -> Option<(String, String)> {
    let (_, domain) = node_id.split_once("::")?;
    if !domain.contains('[') || domain.ends_with(']') {
        return None;
    }
    let (classname, name) = mangle(node_id);
    Some((classname, name + "]"))
}

/// Returns a path as it stands in class names.
pub(crate) fn dotted(path: &str) -> String {
    path.strip_suffix(".py").unwrap_or(path).replace('/', ".")
}

/// Returns a path with slashes, where it is a relative one of Windows.
pub(super) fn with_slashes(path: &str) -> String {
    let path = if path.contains('/') { path.to_owned() } else { path.replace('\\', "/") };
    path.strip_prefix("./").map_or(path.clone(), str::to_owned)
}

/// Returns whether a path begins at the root of a file system.
pub(super) fn is_absolute(path: &str) -> bool {
    path.starts_with(['/', '\\']) || path.as_bytes().get(1) == Some(&b':')
}

/// Returns where the dotted form of a path stands in a class name as whole segments, behind others.
pub(super) fn find_inside(classname: &str, module: &str) -> Option<usize> {
    let at = classname.find(&format!(".{module}"))? + 1;
    behind(&classname[at..], module).map(|_| at)
}

/// Returns a name with the characters that XML cannot hold: pytest writes these as `#x1B`, where node ids are not escaped.
///
/// Only what pytest writes so is taken back: characters that XML does not allow, and those beyond U+FFFF, which pytest before 9.1
/// took for such.
pub(crate) fn with_illegal_characters(name: &str) -> Option<String> {
    memchr::memchr(b'#', name.as_bytes())?;
    let mut out = String::new();
    let mut rest = name;
    while let Some(at) = rest.find("#x") {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        // `#x1F600` may be U+1F with digits behind it, but is more likely a picture.
        let lengths = if escape.starts_with("#x1F") { [5, 2, 4, 6] } else { [2, 4, 5, 6] };
        let taken = lengths.into_iter().find_map(|digits| Some((digits, illegal(escape.get(2..2 + digits)?)?)));
        let length = match taken {
            Some((digits, character)) => {
                out.push(character);
                2 + digits
            }
            None => {
                out.push_str("#x");
                2
            }
        };
        rest = &escape[length..];
    }
    (!out.is_empty() || rest.len() < name.len()).then(|| out + rest).filter(|plain| plain != name)
}

fn illegal(digits: &str) -> Option<char> {
    let is_upper_hex = |byte: u8| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte);
    if !digits.bytes().all(is_upper_hex) {
        return None;
    }
    let code = u32::from_str_radix(digits, 16).ok()?;
    let as_written = match code {
        0x00..=0x08 | 0x0B | 0x0C | 0x0E..=0x1F | 0x7F..=0x84 | 0x86..=0x9F => digits.len() == 2,
        0xFFFE | 0xFFFF => digits.len() == 4,
        0x1_0000..=0xF_FFFF => digits.len() == 5,
        0x10_0000.. => digits.len() == 6,
        _ => false,
    };
    char::from_u32(code).filter(|_| as_written)
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

    #[test]
    fn characters_that_xml_cannot_hold_are_taken_back() {
        let rows = [
            ("f[esc#x1B[31m]", Some("f[esc\u{1b}[31m]")),
            ("f[nul#x00byte]", Some("f[nul\0byte]")),
            ("f[#x1F600]", Some("f[\u{1f600}]")),
            ("#x41 #x0A #xZZ #x", None),
            ("f[plain]", None),
        ];
        for (name, expected) in rows {
            assert_eq!(with_illegal_characters(name).as_deref(), expected, "{name}");
        }
    }
}
