//! The layers of ARCHITECTURE.md point one way.

use std::fs;
use std::path::Path;

/// The modules from the lowest layer to the highest, with what each may use.
const MAY_USE: [(&str, &[&str]); 13] = [
    ("paging", &[]),
    ("model", &["paging"]),
    ("diagnostic", &[]),
    ("grammar", &["model", "diagnostic"]),
    ("formats", &["grammar", "model", "diagnostic", "paging"]),
    ("analysis", &["model", "diagnostic"]),
    ("wire", &["model", "diagnostic"]),
    ("ingest", &["formats", "grammar", "model", "diagnostic"]),
    ("store", &["analysis", "wire", "model", "diagnostic"]),
    ("service", &["store", "ingest", "wire", "analysis", "formats", "grammar", "model", "diagnostic"]),
    ("render", &["analysis", "service", "wire", "model", "diagnostic"]),
    ("cli", &["render", "service", "store", "ingest", "wire", "analysis", "formats", "grammar", "model", "diagnostic"]),
    (
        "server",
        &["render", "service", "store", "ingest", "wire", "analysis", "formats", "grammar", "model", "diagnostic"],
    ),
];

#[test]
fn no_layer_uses_a_higher_one() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    let mut read = 0;
    for (module, allowed) in MAY_USE {
        for file in rust_files(&source.join(module)) {
            let text = fs::read_to_string(&file).expect("a source file is readable");
            read += 1;
            for (number, line) in text.lines().enumerate() {
                for used in used_modules(line) {
                    if used != module && MAY_USE.iter().any(|(name, _)| *name == used) && !allowed.contains(&used) {
                        wrong.push(format!("{}:{}: {module} uses {used}", file.display(), number + 1));
                    }
                }
            }
        }
    }
    assert!(read > 20, "only {read} source files found");
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn every_module_has_its_layer() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in fs::read_dir(source).expect("the sources are there").map(|entry| entry.expect("a directory entry")) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() {
            assert!(MAY_USE.iter().any(|(module, _)| *module == name), "{name} has no place in the layers");
        }
    }
}

/// The crate's own modules that a line names: `crate::x`, `insight::x`, and each of `crate::{x, y}`.
fn used_modules(line: &str) -> Vec<&str> {
    let code = line.split("//").next().unwrap_or_default();
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let names = rest.strip_prefix('{').map_or(rest, |list| list.split('}').next().unwrap_or_default());
        let many = rest.starts_with('{');
        for name in names.split(',').take(if many { usize::MAX } else { 1 }) {
            let end = name.trim().find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.trim().len());
            found.push(&name.trim()[..end]);
        }
    }
    found
}

fn rust_files(directory: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).into_iter().flatten().map(|entry| entry.expect("a directory entry")) {
        let path = entry.path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}
