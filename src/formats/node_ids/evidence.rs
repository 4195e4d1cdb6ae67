//! What a report says of files, beside the tests' own addresses.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::Map;

use super::address::{AddressKind, behind, dotted, find_inside, is_absolute, with_slashes};
use super::guess::{doctest_file, is_function_name, is_plainly_python};
use super::{Address, KnownNodeIds, KnownPaths, Resolver};
use crate::model::Text;

/// A longer path is none.
const LONGEST_PATH: usize = 4096;

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
#[derive(Debug, Clone, Default)]
pub(super) struct ClassFacts {
    /// A test in it has a name that no function can have.
    pub(super) odd: bool,
    /// In how many places of the report its tests stand.
    pub(super) places: usize,
    /// The class names of the tests before and behind the first of these places.
    pub(super) before: Option<Text>,
    pub(super) behind: Option<Text>,
}

/// Gathers what a report says of files. All tests are shown to it before the first is resolved.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    pub(super) modules: Map<Module>,
    pub(super) classes: HashMap<Text, ClassFacts, RandomState>,
    /// What stands before the file in class names, by how often.
    prefixes: Map<usize>,
    /// How many tests have a file that their class name begins with.
    unprefixed: usize,
    /// The class name of the last test.
    last: Option<Text>,
    /// The class name and the relative path that were shown together last: again, they tell nothing.
    named: (String, String),
    asks_for_names: bool,
}

impl Evidence {
    /// Shows a test.
    pub(crate) fn test(&mut self, address: &Address<'_>) {
        if let Some(file) = address.file {
            self.file(file, address.classname);
        }
        if address.kind == AddressKind::Test {
            self.class(address);
        }
    }

    /// Whether a further test of the last class name would tell anything by its name.
    pub(crate) fn asks_for_names(&self) -> bool {
        self.asks_for_names
    }

    fn class(&mut self, address: &Address<'_>) {
        if self.last.as_deref() != Some(address.classname) {
            self.next_class(address.classname);
        }
        let odd = self.asks_for_names
            && address.function.is_none()
            && !is_function_name(address.name)
            && doctest_file(address.classname, address.name).is_none();
        if odd && let Some(facts) = self.classes.get_mut(address.classname) {
            facts.odd = true;
            self.asks_for_names = false;
        }
    }

    fn next_class(&mut self, classname: &str) {
        // A report may have hundreds of thousands of classes: each name is kept once.
        let name =
            self.classes.get_key_value(classname).map_or_else(|| Text::from(classname), |(name, _)| name.clone());
        let before = self.last.replace(name.clone());
        if let Some(facts) = before.as_ref().and_then(|before| self.classes.get_mut(before))
            && facts.places == 1
        {
            facts.behind = Some(name.clone());
        }
        let facts = self.classes.entry(name).or_insert_with(|| ClassFacts { before, ..ClassFacts::default() });
        facts.places += 1;
        self.asks_for_names = !facts.odd && !is_plainly_python(classname);
    }

    /// Whether this relative path is the last that was named, by a test of the same class.
    pub(crate) fn was_named(&self, path: &str, address: &Address<'_>) -> bool {
        self.named.1 == path && self.named.0 == full_name(address)
    }

    /// Shows a path that stands in a text of the test: it may be absolute, relative to rootdir or to where pytest was started, and of
    /// the test's module or of any other.
    pub(crate) fn named(&mut self, path: &str, address: &Address<'_>) {
        if self.was_named(path, address) {
            return;
        }
        let full = full_name(address);
        // A traceback names many files, and nearly all of them are of other modules.
        let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
        let stem = file.strip_suffix(".py").unwrap_or(file);
        if stem.is_empty() || path.len() > LONGEST_PATH || !full.contains(stem) {
            return;
        }
        if !is_absolute(path) {
            self.named.0.replace_range(.., full);
            self.named.1.replace_range(.., path);
        }
        let path = with_slashes(path);
        let absolute = is_absolute(&path);
        if let Some(tail) = tails(&path).find(|tail| behind(full, &dotted(tail)).is_some()) {
            self.unprefixed += usize::from(absolute);
            self.add(dotted(tail), tail.to_owned(), Trust::Named);
        } else if !absolute {
            self.relative_elsewhere(&path, full);
        } else if let Some((tail, at)) = tails(&path).find_map(|tail| Some((tail, find_inside(full, &dotted(tail))?))) {
            // The directory before the file is another than the class name has there: that was put before it.
            *self.prefixes.entry(full[..at - 1].to_owned()).or_default() += 1;
            self.add(dotted(tail), tail.to_owned(), Trust::Named);
        }
    }

    /// A path relative to a directory below rootdir: the class name has its dotted form behind some segments.
    fn relative_elsewhere(&mut self, path: &str, full: &str) {
        let module = dotted(path);
        if path.starts_with("..") {
            return;
        }
        if let Some(at) = find_inside(full, &module) {
            let directories = full[..at].replace('.', "/");
            self.add(full[..at + module.len()].to_owned(), format!("{directories}{path}"), Trust::Named);
        }
    }

    /// Ends the gathering.
    pub(crate) fn finish(
        mut self,
        known_ids: Option<Arc<KnownNodeIds>>,
        known_paths: Option<Arc<dyn KnownPaths>>,
    ) -> Resolver {
        let prefix = self.prefix();
        if let Some(prefix) = &prefix {
            self.without(prefix);
        }
        Resolver::new(self, prefix, known_ids, known_paths)
    }

    /// Returns what `--junitprefix` put before every class name.
    fn prefix(&self) -> Option<String> {
        let (prefix, count) = self.prefixes.iter().max_by_key(|(prefix, count)| (**count, prefix.as_str()))?;
        let everywhere = || self.classes.keys().all(|classname| behind(classname, prefix).is_some());
        (*count > self.unprefixed && everywhere()).then(|| prefix.clone())
    }

    /// Takes the prefix from all that was gathered.
    fn without(&mut self, prefix: &str) {
        let directory = prefix.replace('.', "/") + "/";
        let bare = |name: Text| behind(&name, prefix).map(Text::from).unwrap_or(name);
        // A module may be known with the prefix and without it: what is surer counts, whatever comes first.
        let mut modules: Vec<(String, Module)> = std::mem::take(&mut self.modules).into_iter().collect();
        modules.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        for (module, file) in modules {
            match (behind(&module, prefix), file.path.strip_prefix(&directory)) {
                (Some(module), Some(path)) => self.add(module.to_owned(), path.to_owned(), file.trust),
                _ => self.add(module, file.path, file.trust),
            }
        }
        self.classes = std::mem::take(&mut self.classes)
            .into_iter()
            .map(|(classname, facts)| {
                let (before, behind) = (facts.before.map(bare), facts.behind.map(bare));
                (bare(classname), ClassFacts { before, behind, ..facts })
            })
            .collect();
    }

    fn file(&mut self, file: &str, classname: &str) {
        let path = with_slashes(file);
        let module = dotted(&path);
        if behind(classname, &module).is_some() {
            self.unprefixed += 1;
        } else if let Some(at) = find_inside(classname, &module) {
            *self.prefixes.entry(classname[..at - 1].to_owned()).or_default() += 1;
        }
        if !is_absolute(&path) && !path.starts_with("..") {
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

/// Returns what the path of a test or collector stands in with dots.
fn full_name<'name>(address: &Address<'name>) -> &'name str {
    match address.kind {
        AddressKind::Test => address.classname,
        AddressKind::Collector => address.name,
    }
}

/// Returns the path, and what is left of it when its first directories are taken away one by one.
fn tails(path: &str) -> impl Iterator<Item = &str> {
    /// Nobody nests directories more deeply.
    const DIRECTORIES: usize = 64;
    std::iter::successors(Some(path), |tail| tail.split_once('/').map(|(_, shorter)| shorter)).take(DIRECTORIES)
}
