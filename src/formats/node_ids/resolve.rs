//! From addresses to node ids.

use std::sync::Arc;

use memchr::memchr2;

use super::address::{AddressKind, behind, dotted, mangle, with_illegal_characters, with_slashes};
use super::evidence::{Evidence, Trust};
use super::guess::{doctest_file, file_of, is_test_module};
use super::hints::Hints;
use super::{Address, KnownNodeIds, KnownPaths};
use crate::model::{NodeId, NodeIdCertainty};

/// A node id, and how sure it is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Resolved<'resolver> {
    /// The node id is this with the name behind it. `plain` says that pytest makes the class name of it that was given, so that
    /// nothing is lost when only the node id is kept.
    Behind { head: &'resolver str, certainty: NodeIdCertainty, plain: bool },
    /// The whole node id.
    Whole { node_id: NodeId, certainty: NodeIdCertainty },
}

impl Resolved<'_> {
    fn whole(node_id: impl Into<NodeId>, certainty: NodeIdCertainty) -> Resolved<'static> {
        Resolved::Whole { node_id: node_id.into(), certainty }
    }
}

/// Finds node ids.
#[derive(Debug)]
pub(crate) struct Resolver {
    evidence: Evidence,
    /// What `--junitprefix` put before each class name.
    prefix: Option<String>,
    /// What the report's files and tests tell of others.
    hints: Hints,
    known_ids: Option<Arc<KnownNodeIds>>,
    known_paths: Option<Arc<dyn KnownPaths>>,
    /// The last class name that was divided: tests of a class stand together.
    last: Last,
}

/// A class name and file, and how they divide.
#[derive(Debug, Default)]
struct Last {
    classname: String,
    file: Option<String>,
    division: Option<Division>,
    plain: bool,
}

/// A class name divided into a file and classes: the beginning of a node id, without the name.
#[derive(Debug, Clone)]
struct Division {
    /// `path::Class::`.
    head: String,
    certainty: NodeIdCertainty,
}

impl Division {
    fn new(path: &str, classes: &str, certainty: NodeIdCertainty) -> Division {
        let mut head = String::with_capacity(path.len() + classes.len() + 4);
        head.push_str(path);
        head.push_str("::");
        for class in classes.split('.').filter(|class| !class.is_empty()) {
            head.push_str(class);
            head.push_str("::");
        }
        Division { head, certainty }
    }

    fn path(&self) -> &str {
        self.head.split_once("::").map_or("", |(path, _)| path)
    }
}

impl Resolver {
    pub(super) fn new(
        evidence: Evidence,
        prefix: Option<String>,
        known_ids: Option<Arc<KnownNodeIds>>,
        known_paths: Option<Arc<dyn KnownPaths>>,
    ) -> Resolver {
        let hints = Hints::of(&evidence);
        Resolver { evidence, prefix, hints, known_ids, known_paths, last: Last::default() }
    }

    /// Returns the node id of a test or collector.
    pub(crate) fn resolve(&mut self, address: &Address<'_>) -> Resolved<'_> {
        let classname = self.without_prefix(address.classname);
        if let Some(known) = self.known_ids.as_ref().and_then(|known| known.get(classname, address.name)) {
            return Resolved::whole(known.clone(), NodeIdCertainty::Exact);
        }
        match address.kind {
            AddressKind::Collector if classname.is_empty() => self.module(address),
            AddressKind::Test if classname.is_empty() => outside_or_bracket(address),
            AddressKind::Collector => self.behind(address),
            // Most names are those of functions, with nothing in them that needs a second look.
            AddressKind::Test
                if address.function.is_none() && memchr2(b'.', b'#', address.name.as_bytes()).is_none() =>
            {
                self.behind(address)
            }
            AddressKind::Test => match self.doctest(classname, address).or_else(|| self.replaced_name(address)) {
                Some((node_id, certainty)) => Resolved::whole(node_id, certainty),
                None => self.behind(address),
            },
        }
    }

    /// The name as it is, behind the file and the classes.
    fn behind(&mut self, address: &Address<'_>) -> Resolved<'_> {
        self.divide_cached(address);
        match &self.last.division {
            Some(Division { head, certainty }) => {
                Resolved::Behind { head, certainty: *certainty, plain: self.last.plain }
            }
            None => Resolved::whole(address.name, NodeIdCertainty::Inferred),
        }
    }

    /// A name that stands for another: of a function whose test has renamed itself, or with escapes that only XML needs.
    fn replaced_name(&mut self, address: &Address<'_>) -> Option<(String, NodeIdCertainty)> {
        let function = address.function;
        let plain = with_illegal_characters(address.name);
        if function.is_none() && plain.is_none() {
            return None;
        }
        self.divide_cached(address);
        let division = self.last.division.as_ref()?;
        let name = function.filter(|_| division.path().ends_with(".py")).or(plain.as_deref())?;
        Some((format!("{}{name}", division.head), NodeIdCertainty::Inferred))
    }

    fn without_prefix<'name>(&self, classname: &'name str) -> &'name str {
        self.prefix.as_ref().and_then(|prefix| behind(classname, prefix)).unwrap_or(classname)
    }

    /// A module's address is its dotted path as the name, without class name.
    fn module(&self, address: &Address<'_>) -> Resolved<'static> {
        if let Some(file) = address.file.map(with_slashes)
            && dotted(&file) == address.name
        {
            return Resolved::whole(file, NodeIdCertainty::Exact);
        }
        if let Some(module) = self.evidence.modules.get(address.name) {
            return Resolved::whole(module.path.clone(), certainty(module.trust));
        }
        match self.in_tree(address.name) {
            Some((path, _)) => Resolved::whole(path, NodeIdCertainty::Exact),
            None => Resolved::whole(format!("{}.py", address.name.replace('.', "/")), NodeIdCertainty::Inferred),
        }
    }

    /// A doctest's name tells its file, where nothing tells it better.
    fn doctest(&self, classname: &str, address: &Address<'_>) -> Option<(String, NodeIdCertainty)> {
        let path = doctest_file(classname, address.name)?;
        let module = self.evidence.modules.get(classname);
        let path = module.map_or(path, |module| module.path.clone());
        let trusted = module.map_or(NodeIdCertainty::Inferred, |module| certainty(module.trust));
        Some((format!("{path}::{}", address.name), trusted))
    }

    /// Divides the class name, unless it is the last one again.
    fn divide_cached(&mut self, address: &Address<'_>) {
        let same = self.last.classname == address.classname && self.last.file.as_deref() == address.file;
        if same && self.last.division.is_some() {
            return;
        }
        let division = self.division(self.without_prefix(address.classname), address.file);
        let (mangled, _) = mangle(&format!("{}test", division.head));
        self.last = Last {
            plain: mangled == address.classname,
            classname: address.classname.to_owned(),
            file: address.file.map(str::to_owned),
            division: Some(division),
        };
    }

    fn division(&self, classname: &str, file: Option<&str>) -> Division {
        if let Some(path) = file.map(with_slashes) {
            if let Some(classes) = behind(classname, &dotted(&path)) {
                return Division::new(&path, classes, NodeIdCertainty::Exact);
            }
            // The class name is none that pytest makes for a test module, and the file is one: the test has replaced it.
            if is_test_module(stem(&path)) && !self.is_plausible(classname) {
                return Division::new(&path, "", NodeIdCertainty::Inferred);
            }
        }
        self.divide(classname)
    }

    /// Whether anything speaks for a file of this class name.
    fn is_plausible(&self, classname: &str) -> bool {
        classname.split('.').any(is_test_module)
            || ends(classname).any(|taken| self.evidence.modules.contains_key(&classname[..taken]))
            || self.in_tree(classname).is_some()
    }

    fn divide(&self, classname: &str) -> Division {
        if let Some(classes) = classname.strip_prefix('.') {
            return Division::new("", classes, NodeIdCertainty::Inferred);
        }
        if let Some((path, classes)) = self.in_tree(classname) {
            return Division::new(&path, classes, NodeIdCertainty::Exact);
        }
        for taken in ends(classname) {
            if let Some(module) = self.evidence.modules.get(&classname[..taken]) {
                let classes = classname[taken..].trim_start_matches('.');
                return Division::new(&module.path, classes, certainty(module.trust));
            }
        }
        self.surrounded(classname).unwrap_or_else(|| self.guess(classname))
    }

    /// A test may have replaced its class name. pytest runs the tests of a file together: a class name that nothing speaks for, in
    /// a single place between two tests of one file, is of that file.
    fn surrounded(&self, classname: &str) -> Option<Division> {
        let facts = self.evidence.classes.get(classname)?;
        if facts.places != 1 || facts.odd || self.is_plausible(classname) {
            return None;
        }
        let (before, behind) = (facts.before.as_deref()?, facts.behind.as_deref()?);
        if !self.is_plausible(before) || !self.is_plausible(behind) {
            return None;
        }
        let (before, behind) = (self.divide(before).head, self.divide(behind).head);
        let path = before.split_once("::").map(|(path, _)| path)?;
        let same_file = behind.strip_prefix(path).is_some_and(|rest| rest.starts_with("::"));
        let head = if before == behind { before.clone() } else { format!("{path}::") };
        same_file.then_some(Division { head, certainty: NodeIdCertainty::Inferred })
    }

    /// Divides a class name by what names usually mean; a module that has tests of its own is known by them.
    fn guess(&self, classname: &str) -> Division {
        // The outermost is taken, so that nothing encloses it in turn.
        let enclosing = ends(classname).skip(1).filter(|taken| {
            self.evidence.classes.contains_key(&classname[..*taken])
                && !classname[*taken..].split('.').any(is_test_module)
        });
        let enclosing = enclosing.last();
        if let Some(taken) = enclosing {
            let outer = self.divide(&classname[..taken]);
            let classes = classname[taken..].trim_start_matches('.').replace('.', "::");
            return Division { head: format!("{}{classes}::", outer.head), certainty: NodeIdCertainty::Inferred };
        }
        let (directory, rest) = self.hints.directory(classname);
        let odd = self.evidence.classes.get(classname).is_some_and(|facts| facts.odd);
        let guess = file_of(rest, odd || self.hints.is_other_file(rest));
        let classes = rest[guess.taken..].trim_start_matches('.');
        Division::new(&format!("{directory}{}", guess.path), classes, NodeIdCertainty::Inferred)
    }

    /// Finds the longest beginning of a class name that is a file of the source tree; returns the file and the rest.
    fn in_tree<'name>(&self, classname: &'name str) -> Option<(String, &'name str)> {
        let tree = self.known_paths.as_ref()?;
        ends(classname).find_map(|taken| {
            let path = spellings(&classname[..taken]).find(|path| tree.is_file(path))?;
            Some((path, classname[taken..].trim_start_matches('.')))
        })
    }
}

/// An id outside of rootdir has no path: `::test`. pytest up to 9.1 also leaves the class name empty where the path has a bracket, and
/// then the name is the whole id, with dots for the slashes before the bracket.
fn outside_or_bracket(address: &Address<'_>) -> Resolved<'static> {
    let name = address.name;
    let bracket = name.find('[').filter(|at| name[*at..].contains(".py::"));
    let node_id = NodeId::new(match bracket {
        Some(at) => format!("{}{}", name[..at].replace('.', "/"), &name[at..]),
        None => format!("::{name}"),
    });
    let proven = address.file.is_some_and(|file| with_slashes(file) == node_id.path());
    Resolved::whole(node_id, if proven { NodeIdCertainty::Exact } else { NodeIdCertainty::Inferred })
}

/// Returns the file's name without directories and extension.
fn stem(path: &str) -> &str {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

fn certainty(trust: Trust) -> NodeIdCertainty {
    match trust {
        Trust::Certain => NodeIdCertainty::Exact,
        Trust::Named => NodeIdCertainty::Inferred,
    }
}

/// Returns where segments of a class name end, the last first.
fn ends(classname: &str) -> impl Iterator<Item = usize> {
    /// Nobody nests directories and classes more deeply, or has longer names.
    const SEGMENTS: usize = 64;
    const LONGEST: usize = 4096;
    let whole = (!classname.is_empty()).then_some(classname.len());
    let ends = whole.into_iter().chain(classname.match_indices('.').map(|(at, _)| at).rev());
    ends.take(if classname.len() > LONGEST { 0 } else { SEGMENTS })
}

/// Returns the paths that have this dotted form, the likeliest first: as many directories as there are dots, then with one dot kept,
/// and so on; as Python, then as a file of another kind.
fn spellings(module: &str) -> impl Iterator<Item = String> {
    /// With more dots than this, names with dots in them are not looked for.
    const DOTS: usize = 8;
    let dots: Vec<usize> = module.match_indices('.').map(|(at, _)| at).collect();
    let mut kept: Vec<u32> = if dots.len() <= DOTS { (0..1 << dots.len()).collect() } else { vec![0] };
    kept.sort_by_key(|kept| kept.count_ones());
    let spell = move |kept: u32, suffix: &str| {
        let mut path = module.to_owned().into_bytes();
        for (place, at) in dots.iter().enumerate() {
            if kept & (1 << place) == 0 {
                path[*at] = b'/';
            }
        }
        String::from_utf8_lossy(&path).into_owned() + suffix
    };
    let pairs: Vec<(u32, &str)> =
        kept.iter().map(|kept| (*kept, ".py")).chain(kept.iter().map(|kept| (*kept, ""))).collect();
    pairs.into_iter().map(move |(kept, suffix)| spell(kept, suffix))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// A source tree.
    #[derive(Debug)]
    struct Tree(BTreeSet<&'static str>);

    impl KnownPaths for Tree {
        fn is_file(&self, path: &str) -> bool {
            self.0.contains(path)
        }
    }

    fn test<'case>(classname: &'case str, name: &'case str) -> Address<'case> {
        Address { classname, name, ..Address::default() }
    }

    fn module(name: &str) -> Address<'_> {
        Address { name, kind: AddressKind::Collector, ..Address::default() }
    }

    /// The node ids of tests that stand in one report, with `=` or `~` before them for how sure they are.
    fn resolve(
        tests: &[Address<'_>],
        named: &[(usize, &str)],
        resolver: impl FnOnce(Evidence) -> Resolver,
    ) -> Vec<String> {
        let mut evidence = Evidence::default();
        for test in tests {
            evidence.test(test);
        }
        for (place, path) in named {
            evidence.named(path, &tests[*place]);
        }
        let mut resolver = resolver(evidence);
        let shown = |(test, resolved): (&Address<'_>, Resolved<'_>)| {
            let (node_id, certainty) = match resolved {
                Resolved::Behind { head, certainty, .. } => (format!("{head}{}", test.name), certainty),
                Resolved::Whole { node_id, certainty } => (node_id.into_string(), certainty),
            };
            format!("{}{node_id}", if certainty == NodeIdCertainty::Exact { '=' } else { '~' })
        };
        tests.iter().map(|test| shown((test, resolver.resolve(test)))).collect()
    }

    fn alone(tests: &[Address<'_>], named: &[(usize, &str)]) -> Vec<String> {
        resolve(tests, named, |evidence| evidence.finish(None, None))
    }

    #[test]
    fn a_file_proves_itself_and_others() {
        let inherited = Address { file: Some("pkg/base_mod.py"), ..test("pkg.sub.dir.checks.TestChild", "test_i") };
        let tests = [
            Address { file: Some("pkg/sub.dir/checks.py"), ..test("pkg.sub.dir.checks.TestA", "test_a[x.y]") },
            inherited,
            Address { file: Some("pkg\\win\\test_w.py"), ..test("pkg.win.test_w", "test_w") },
            Address { file: Some("pkg/broken.py"), ..module("pkg.broken") },
        ];
        assert_eq!(
            alone(&tests, &[]),
            [
                "=pkg/sub.dir/checks.py::TestA::test_a[x.y]",
                "=pkg/sub.dir/checks.py::TestChild::test_i",
                "=pkg/win/test_w.py::test_w",
                "=pkg/broken.py",
            ]
        );
    }

    #[test]
    fn texts_name_files() {
        let tests = [
            test("tests.v1.2.checks.TestA", "test_a"),
            test("sub.checks", "test_s"),
            test("tests.other", "test_o"),
            module("tests.v1.2.broken"),
        ];
        let named = [
            (0, "/home/ci/tests/v1.2/checks.py"),
            // Relative to where pytest was started, which is below rootdir.
            (1, "checks.py"),
            (2, "/usr/lib/python3/unittest/case.py"),
            (3, "/home/ci/tests/v1.2/broken.py"),
        ];
        assert_eq!(
            alone(&tests, &named),
            [
                "~tests/v1.2/checks.py::TestA::test_a",
                "~sub/checks.py::test_s",
                "~tests/other.py::test_o",
                "~tests/v1.2/broken.py",
            ]
        );
    }

    #[test]
    fn directories_and_extensions_of_some_files_are_those_of_others() {
        let tests = [
            Address { file: Some("tests/sub.dir/test_a.py"), ..test("tests.sub.dir.test_a", "test_a") },
            test("tests.sub.dir.deep.test_b.TestB", "test_b"),
            test("cases.plain.cases", "a case"),
            test("cases.other.cases", "test_like_a_function"),
            test("api.get.yaml", "test_get"),
        ];
        assert_eq!(
            alone(&tests, &[])[1..],
            [
                "~tests/sub.dir/deep/test_b.py::TestB::test_b",
                "~cases/plain.cases::a case",
                "~cases/other.cases::test_like_a_function",
                "~api/get.yaml::test_get",
            ]
        );
    }

    #[test]
    fn a_prefix_is_told_by_files_and_by_absolute_paths() {
        let tests = [
            Address { file: Some("sub/test_s.py"), ..test("ci.linux.sub.test_s", "test_s") },
            Address { file: Some("base.py"), ..test("ci.linux.test_i.TestI", "test_i") },
        ];
        assert_eq!(alone(&tests, &[]), ["=sub/test_s.py::test_s", "~test_i.py::TestI::test_i"]);
        let tests = [test("ci.test_a", "test_a"), test("ci.sub.test_b.TestB", "test_b")];
        assert_eq!(
            alone(&tests, &[(0, "/home/me/test_a.py")]),
            ["~test_a.py::test_a", "~sub/test_b.py::TestB::test_b"]
        );
        // The directory is really there.
        assert_eq!(alone(&tests, &[(0, "/home/me/ci/test_a.py")])[0], "~ci/test_a.py::test_a");
    }

    #[test]
    fn the_source_tree_decides() {
        let files = ["pkg/sub.dir/checks.py", "docs/guide.rst", "tests/test_pkg/checks.py", "tests/test_pkg.py"];
        let tree: Arc<dyn KnownPaths> = Arc::new(Tree(files.into_iter().collect()));
        let tests = [
            test("pkg.sub.dir.checks.TestA", "test_a"),
            test("tests.test_pkg.checks", "test_c"),
            test("tests.test_pkg.TestP", "test_p"),
            test("gone.test_g", "test_g"),
            module("pkg.sub.dir.checks"),
        ];
        assert_eq!(
            resolve(&tests, &[], |evidence| evidence.finish(None, Some(tree))),
            [
                "=pkg/sub.dir/checks.py::TestA::test_a",
                "=tests/test_pkg/checks.py::test_c",
                "=tests/test_pkg.py::TestP::test_p",
                "~gone/test_g.py::test_g",
                "=pkg/sub.dir/checks.py",
            ]
        );
    }

    #[test]
    fn known_node_ids_decide() {
        let known = [
            "a.b/odd name.yaml::case 1",
            "brk/[id]/test_b.py::test_b",
            "x/y.py::test_t",
            "x.y.py::test_t",
            "a.b/odd name.yaml::case[2",
        ];
        let known: KnownNodeIds = known.into_iter().map(NodeId::from).collect();
        let tests = [
            test("a.b.odd name.yaml", "case 1"),
            test("", "brk.[id]/test_b.py::test_b"),
            test("brk.[id].test_b", "test_b"),
            // pytest 9.2 closes the bracket.
            test("a.b.odd name.yaml", "case[2]"),
            // Two known ids look like this.
            test("x.y", "test_t"),
        ];
        assert_eq!(
            resolve(&tests, &[], |evidence| evidence.finish(Some(Arc::new(known)), None)),
            [
                "=a.b/odd name.yaml::case 1",
                "=brk/[id]/test_b.py::test_b",
                "=brk/[id]/test_b.py::test_b",
                "=a.b/odd name.yaml::case[2",
                "~x/y.py::test_t",
            ]
        );
    }

    #[test]
    fn what_only_names_tell() {
        let renamed = Address { function: Some("test_r"), ..test("pkg.test_p", "renamed by itself") };
        let tests = [
            test("pkg.test_p", "test_a"),
            test("made.up", "test_b"),
            renamed,
            test("pkg.test_p.describe_x", "test_d"),
            test("cases.plain.cases", "a case"),
            test("cases.plain.cases.group", "another"),
            test("", "test_outside"),
            test(".TestOutside", "test_o"),
            test("", "brk.[id]/test_b.py::TestB::test_b[x]"),
            test("src.pkg.mod", "pkg.mod.function"),
            test("docs.guide.rst", "guide.rst"),
            test("pkg.test_p", "test_esc[#x1B[1m]"),
        ];
        assert_eq!(
            alone(&tests, &[]),
            [
                "~pkg/test_p.py::test_a",
                // Between two tests of one file, and no class name that pytest makes.
                "~pkg/test_p.py::test_b",
                "~pkg/test_p.py::test_r",
                "~pkg/test_p.py::describe_x::test_d",
                "~cases/plain.cases::a case",
                "~cases/plain.cases::group::another",
                "~::test_outside",
                "~::TestOutside::test_o",
                "~brk/[id]/test_b.py::TestB::test_b[x]",
                "~src/pkg/mod.py::pkg.mod.function",
                "~docs/guide.rst::guide.rst",
                "~pkg/test_p.py::test_esc[\u{1b}[1m]",
            ]
        );
    }

    #[test]
    fn endless_names_take_no_endless_time() {
        let classname = "a.".repeat(1 << 18);
        let tests = [test(&classname, "test_a")];
        let path = "a/".repeat(1 << 18) + "a.py";
        assert_eq!(alone(&tests, &[(0, &path)]).len(), 1);
    }
}
