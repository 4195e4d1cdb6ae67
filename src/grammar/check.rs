//! The rules G1 to G7: a grammar proves by its own samples that it does what it says.

use super::dialect::{Dialect, Origin};
use super::library::Library;
use super::{built_in, overlay, read, rules};
use crate::diagnostic::{Diagnostic, Parsed};

/// Every code that reading or checking a grammar file can give, with what it means.
pub const CODES: &[(&str, &str)] = &[
    ("grammar-syntax", "the file is not TOML"),
    ("grammar-wrong-type", "a value is of another type than its key wants"),
    ("grammar-missing-key", "a required key is missing"),
    ("grammar-unknown-value", "a value is not in the closed list of its key"),
    ("grammar-bad-pattern", "a pattern is no regular expression"),
    ("grammar-unknown-capture", "a pattern has a capture for which its `emits` has no use"),
    ("grammar-missing-capture", "a pattern lacks a capture that its `emits` needs"),
    ("grammar-duplicate-name", "two items of a grammar have the same name"),
    ("grammar-quick-differs", "a plain shape gives other captures than the pattern"),
    ("grammar-g1-no-sample", "rule G1: a grammar has at least one sample"),
    ("grammar-g2-pattern-without-sample", "rule G2: every pattern, heading and prefix has a sample"),
    ("grammar-g3-unknown-name", "rule G3: a sample names an item of its grammar, or `none`"),
    ("grammar-g3-not-matched", "rule G3: a sample matches what it names"),
    ("grammar-g3-matched-twice", "rule G3: a sample matches nothing else of the same area"),
    ("grammar-g3-counter-sample-matched", "rule G3: a counter-sample matches nothing"),
    ("grammar-g3-no-counter-sample", "rule G3: a grammar with patterns has a counter-sample"),
    ("grammar-g4-wrong-capture", "rule G4: the captures of a sample have the stated values, all of them"),
    ("grammar-g5-unknown-word", "rule G5: every captured outcome word and letter is known"),
    ("grammar-g6-unknown-key", "rule G6: every key is known"),
    ("grammar-g7-detected-as-another", "rule G7: across the library, a sample is recognised by its own grammar"),
    ("grammar-skipped", "a user's grammar is left out since it breaks a rule"),
];

/// Reads and checks a grammar file as it would be laid over the built-in dialects. Returns the dialect that comes of it, or
/// `None` where a rule is broken.
pub fn check(file: &str, text: &str) -> Parsed<Option<Dialect>> {
    let name = read::dialect(file, text, Origin::File(file.to_owned())).value.name;
    let laid = overlay::lay(&built_in::dialects(), file, text);
    laid.map(|dialects| dialects.and_then(|dialects| dialects.into_iter().find(|dialect| dialect.name == name)))
}

/// Checks every built-in grammar. A test of the program runs this; a start of the program does not.
pub fn check_built_in() -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let mut dialects = Vec::new();
    for (file, text) in built_in::FILES {
        let read = read::dialect(file, text, Origin::BuiltIn);
        diagnostics.extend(read.diagnostics);
        if read.value.name != *file {
            let message = format!("the grammar is called `{}`, its file `{file}.toml`", read.value.name);
            diagnostics.push(Diagnostic::error("grammar-unknown-value", message).in_file(*file));
        }
        dialects.push(read.value);
    }
    let library = Library::new(dialects);
    for (file, _) in built_in::FILES {
        diagnostics.extend(dialect(&library, file, file));
    }
    diagnostics
}

/// Checks one dialect of a library; the items of its diagnostics are those of `file`.
pub(crate) fn dialect(library: &Library, name: &str, file: &str) -> Vec<Diagnostic> {
    let Some(dialect) = library.dialect(name) else { return Vec::new() };
    let mut found = rules::form(library, dialect);
    if found.is_empty() {
        found.extend(rules::samples(library, dialect));
        found.extend(rules::others(library, dialect));
    }
    found.into_iter().map(|diagnostic| placed(diagnostic, file, name)).collect()
}

/// Says where a diagnostic's item stands: in the checked file, or in the built-in grammar that the file is laid over.
fn placed(mut diagnostic: Diagnostic, file: &str, name: &str) -> Diagnostic {
    if diagnostic.location.line == Some(overlay::LINE_OF_BASE) {
        diagnostic.location.line = None;
        diagnostic.message += &format!(" (from the {name} below this file)");
    }
    diagnostic.in_file(file)
}
