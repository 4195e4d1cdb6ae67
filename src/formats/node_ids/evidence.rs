//! What a report says of files, beside the tests' own addresses.

use std::collections::HashMap;
use std::sync::Arc;

use super::address::{AddressKind, behind, dotted, with_slashes};
use super::guess::is_function_name;
use super::{Address, KnownNodeIds, KnownPaths, Resolver};

/// How sure a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trust {
    /// A text of the report names it.
    Named,
    /// It exists: the report gives it as the file of a test.
    Certain,
}

/// A file by its dotted form.
#[derive(Debug, Clone)]
pub(super) struct Module {
    pub(super) path: String,
    pub(super) trust: Trust,
}

/// What is known of a class name.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ClassFacts {
    /// A test in it has a name that no function can have.
    pub(super) odd: bool,
}

/// Gathers what a report says of files. All tests are shown to it before the first is resolved.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    pub(super) modules: HashMap<String, Module>,
    pub(super) classes: HashMap<String, ClassFacts>,
    /// What stands before the file in class names, by how often.
    prefixes: HashMap<String, usize>,
    /// How many tests have a file that their class name begins with.
    unprefixed: usize,
}

impl Evidence {
    /// Shows a test.
    pub(crate) fn test(&mut self, address: &Address<'_>) {
        if let Some(file) = address.file {
            self.file(file, address.classname);
        }
        if address.kind == AddressKind::Test {
            let odd = !is_function_name(address.name)
                && super::guess::doctest_file(address.classname, address.name).is_none();
            match self.classes.get_mut(address.classname) {
                Some(facts) => facts.odd |= odd,
                None => {
                    self.classes.insert(address.classname.to_owned(), ClassFacts { odd });
                }
            }
        }
    }

    /// Shows a path that stands in a text of the test: it may be absolute, relative to rootdir or to where pytest was started, and of
    /// the test's module or of any other.
    pub(crate) fn named(&mut self, path: &str, address: &Address<'_>) {
        let full = match address.kind {
            AddressKind::Test => address.classname,
            AddressKind::Collector => address.name,
        };
        let path = with_slashes(path);
        let mut tail = path.as_str();
        loop {
            let module = dotted(tail);
            if behind(full, &module).is_some() {
                self.add(module, tail.to_owned(), Trust::Named);
                return;
            }
            match tail.split_once('/') {
                Some((_, shorter)) => tail = shorter,
                None => break,
            }
        }
        if !path.starts_with('/') && !path.starts_with("..") {
            self.relative_elsewhere(&path, full);
        }
    }

    /// A path relative to a directory below rootdir: the class name has its dotted form behind some segments.
    fn relative_elsewhere(&mut self, path: &str, full: &str) {
        let module = dotted(path);
        let Some(at) = full.find(&format!(".{module}")) else { return };
        if behind(&full[at + 1..], &module).is_some() {
            let directories = full[..at].replace('.', "/");
            self.add(full[..at + 1 + module.len()].to_owned(), format!("{directories}/{path}"), Trust::Named);
        }
    }

    /// Ends the gathering.
    pub(crate) fn finish(
        self,
        known_ids: Option<Arc<KnownNodeIds>>,
        known_paths: Option<Arc<dyn KnownPaths>>,
    ) -> Resolver {
        // `--junitxml-prefix` stands before every class name, or before none.
        let prefix = self.prefixes.iter().max_by_key(|(prefix, count)| (**count, prefix.as_str()));
        let prefix = prefix.filter(|(_, count)| **count > self.unprefixed).map(|(prefix, _)| prefix.clone());
        Resolver::new(self, prefix, known_ids, known_paths)
    }

    fn file(&mut self, file: &str, classname: &str) {
        let path = with_slashes(file);
        let module = dotted(&path);
        if behind(classname, &module).is_some() {
            self.unprefixed += 1;
        } else if let Some(at) = classname.find(&format!(".{module}"))
            && behind(&classname[at + 1..], &module).is_some()
        {
            *self.prefixes.entry(classname[..at].to_owned()).or_default() += 1;
        }
        if !path.starts_with('/') && !path.starts_with("..") {
            self.add(module, path, Trust::Certain);
        }
    }

    fn add(&mut self, module: String, path: String, trust: Trust) {
        match self.modules.get_mut(&module) {
            Some(known) if known.trust < trust => *known = Module { path, trust },
            Some(_) => {}
            None => {
                self.modules.insert(module, Module { path, trust });
            }
        }
    }
}
