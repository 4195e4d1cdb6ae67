//! What class names usually mean, where nothing proves it.

/// How a class name divides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Guess {
    /// The file.
    pub(super) path: String,
    /// How much of the class name the file takes; classes follow.
    pub(super) taken: usize,
}

/// Guesses the file of a class name. `odd` says that it holds a test whose name no Python function can have, so that the file is
/// of another kind.
pub(super) fn file_of(classname: &str, odd: bool) -> Guess {
    let segments: Vec<&str> = classname.split('.').collect();
    if odd && segments.len() > 1 {
        return other_file(classname, &segments);
    }
    let module = segments.iter().rposition(|segment| is_test_module(segment)).unwrap_or_else(|| {
        let classes = segments.iter().rev().take_while(|segment| is_class(segment)).count();
        segments.len().saturating_sub(classes + 1)
    });
    let taken = segments[..=module].iter().map(|segment| segment.len() + 1).sum::<usize>() - 1;
    let (directories, name) = segments[..=module].split_at(module);
    Guess { path: format!("{}{}.py", joined(directories), name.concat()), taken }
}

/// A file that is no Python: its name begins at the last segment that looks like a test module, else before its extension.
fn other_file(classname: &str, segments: &[&str]) -> Guess {
    let stem = segments[..segments.len() - 1].iter().rposition(|segment| is_test_module(segment));
    let stem = stem.unwrap_or(segments.len() - 2);
    let (directories, name) = segments.split_at(stem);
    let path = joined(directories) + &name.join(".");
    Guess { path, taken: classname.len() }
}

/// Returns directories as a path, each with a slash behind it. A number behind a number is more likely the end of a version, `v1.2`,
/// than a directory of its own.
fn joined(directories: &[&str]) -> String {
    let mut path = String::new();
    for directory in directories {
        let is_number = !directory.is_empty() && directory.bytes().all(|byte| byte.is_ascii_digit());
        if is_number && path.strip_suffix('/').is_some_and(|path| path.ends_with(|last: char| last.is_ascii_digit())) {
            path.pop();
            path.push('.');
        }
        path.push_str(directory);
        path.push('/');
    }
    path
}

/// Whether a class name ends with what is the extension of a file, and of no Python file.
pub(super) fn ends_with_extension(classname: &str) -> bool {
    const OTHERS: [&str; 8] = ["yaml", "yml", "toml", "ipynb", "robot", "rst", "txt", "md"];
    classname.rsplit_once('.').is_some_and(|(_, last)| OTHERS.contains(&last))
}

/// Returns the file of a doctest, where the name shows that it is one.
///
/// A doctest in Python code is named after its module, which ends the class name: class name `src.pkg.module`, name
/// `pkg.module.function`. One in a text file is named after the file: class name `docs.guide.rst`, name `guide.rst`.
pub(super) fn doctest_file(classname: &str, name: &str) -> Option<String> {
    if !name.contains('.') || name.contains('[') || classname.is_empty() {
        return None;
    }
    if let Some(directories) = classname.strip_suffix(name)
        && (directories.is_empty() || directories.ends_with('.'))
        && is_text_extension(name)
    {
        return Some(directories.replace('.', "/") + name);
    }
    let module = classname.strip_suffix(".__init__").unwrap_or(classname);
    let mut suffix = module;
    loop {
        if name == suffix || name.strip_prefix(suffix).is_some_and(|rest| rest.starts_with('.')) {
            return Some(format!("{}.py", classname.replace('.', "/")));
        }
        suffix = suffix.split_once('.')?.1;
    }
}

fn is_text_extension(name: &str) -> bool {
    const TEXTS: [&str; 10] = ["rst", "txt", "md", "markdown", "adoc", "tex", "html", "ipynb", "inc", "pyi"];
    name.rsplit_once('.').is_some_and(|(_, extension)| TEXTS.contains(&extension))
}

/// Whether a function may have this name, parameters aside.
pub(crate) fn is_function_name(name: &str) -> bool {
    let is_ascii_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let plain = name.bytes().position(|byte| !is_ascii_part(&byte)).unwrap_or(name.len());
    match name.as_bytes().get(plain) {
        None | Some(b'[') => plain > 0,
        Some(_) => is_identifier(name.split_once('[').map_or(name, |(function, _)| function)),
    }
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|character| character.is_alphanumeric() || character == '_')
}

/// Whether a class name is that of a test module or of classes in one, whatever its tests are called.
pub(super) fn is_plainly_python(classname: &str) -> bool {
    let mut segments = classname.rsplit('.').skip_while(|segment| is_class(segment));
    segments.next().is_some_and(is_test_module)
}

/// Whether a segment is written as classes are.
pub(super) fn is_class(segment: &str) -> bool {
    segment.trim_start_matches('_').starts_with(char::is_uppercase)
}

/// Whether pytest collects a module of this name.
pub(super) fn is_test_module(segment: &str) -> bool {
    segment.starts_with("test_") || segment.ends_with("_test") || segment == "conftest"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_usually_mean() {
        let rows = [
            ("tests.test_a", false, "tests/test_a.py", ""),
            ("tests.test_a.TestB.TestC", false, "tests/test_a.py", ".TestB.TestC"),
            ("pkg.test_dir.test_a.describe_x", false, "pkg/test_dir/test_a.py", ".describe_x"),
            ("app.tests.ViewTests", false, "app/tests.py", ".ViewTests"),
            ("checks", false, "checks.py", ""),
            ("TestOnly", false, "TestOnly.py", ""),
            ("cases.plain.cases", true, "cases/plain.cases", ""),
            ("api.test_server.tavern.yaml", true, "api/test_server.tavern.yaml", ""),
            ("tests.v1.2.test_a", false, "tests/v1.2/test_a.py", ""),
            ("py3.11.1.cases.plain.cases", true, "py3.11.1/cases/plain.cases", ""),
            ("tests.2.test_a", false, "tests/2/test_a.py", ""),
        ];
        for (classname, odd, path, classes) in rows {
            let guess = file_of(classname, odd);
            assert_eq!((guess.path.as_str(), &classname[guess.taken..]), (path, classes), "{classname}");
        }
    }

    #[test]
    fn doctests_are_told_by_their_names() {
        let rows = [
            ("src.pkg.module", "pkg.module.function", Some("src/pkg/module.py")),
            ("pkg.module", "pkg.module", Some("pkg/module.py")),
            ("src.pkg.__init__", "pkg.function", Some("src/pkg/__init__.py")),
            ("docs.guide.rst", "guide.rst", Some("docs/guide.rst")),
            ("guide.rst", "guide.rst", Some("guide.rst")),
            ("tests.test_a", "test_b[x.y]", None),
            ("tests.test_a", "test_b", None),
        ];
        for (classname, name, path) in rows {
            assert_eq!(doctest_file(classname, name).as_deref(), path, "{classname} {name}");
        }
    }
}
