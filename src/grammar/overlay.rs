//! The user's grammar files over the built-in ones.

use super::check;
use super::dialect::{Dialect, Origin};
use super::library::Library;
use super::line_pattern::LinePattern;
use super::prefix::Prefix;
use super::sample::{Expected, Sample};
use super::section::Section;
use super::words::Word;
use super::{built_in, read};
use crate::diagnostic::{Diagnostic, Parsed, Severity};

/// The line of items that do not come from the file at hand.
pub(crate) const LINE_OF_BASE: u64 = 0;

/// Returns the built-in dialects with the files laid over them, in rising order of precedence.
pub(crate) fn library(files: Vec<(String, String)>) -> Parsed<Library> {
    let mut dialects = built_in::dialects();
    let mut diagnostics = Vec::new();
    for (file, text) in files {
        let laid = lay(&dialects, &file, &text);
        diagnostics.extend(laid.diagnostics);
        match laid.value {
            Some(with) => dialects = with,
            None => {
                let message = "this grammar is skipped, for the reasons above";
                diagnostics.push(Diagnostic::warning("grammar-skipped", message).in_file(file));
            }
        }
    }
    Parsed { value: Library::new(dialects), diagnostics }
}

/// Returns the dialects with one file among them, or `None` where it breaks a rule.
pub(crate) fn lay(dialects: &[Dialect], file: &str, text: &str) -> Parsed<Option<Vec<Dialect>>> {
    let Parsed { value: read, mut diagnostics } = read::dialect(file, text, Origin::File(file.to_owned()));
    if has_errors(&diagnostics) {
        return Parsed { value: None, diagnostics };
    }
    let name = read.name.clone();
    let mut with = dialects.to_vec();
    match with.iter_mut().find(|dialect| dialect.name == name) {
        Some(base) => *base = merged(base, read, file),
        None => with.insert(0, read),
    }
    let library = Library::new(with);
    diagnostics.extend(check::dialect(&library, &name, file));
    let value = (!has_errors(&diagnostics)).then(|| library.into_dialects());
    Parsed { value, diagnostics }
}

pub(crate) fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
}

/// Returns a dialect with another of the same name laid over it: items of the same name are replaced in their place, others
/// come first, since what a user adds is more special than what was there.
fn merged(base: &Dialect, over: Dialect, file: &str) -> Dialect {
    // A built-in dialect is read without its samples; here they are needed.
    let full = if base.origin == Origin::BuiltIn { built_in::built_in_dialect(&base.name) } else { None };
    let mut base = full.unwrap_or(base).clone();
    base.lines.iter_mut().for_each(|pattern| pattern.line = LINE_OF_BASE);
    base.sections.iter_mut().for_each(|section| section.line = LINE_OF_BASE);
    base.prefixes.iter_mut().for_each(|prefix| prefix.line = LINE_OF_BASE);
    base.samples.iter_mut().for_each(|sample| sample.line = LINE_OF_BASE);
    let replaced = over.item_names();
    let keep = |sample: &Sample| {
        let names_replaced = matches!(&sample.expected, Expected::Named(name) if replaced.contains(name));
        !names_replaced && over.samples.iter().all(|other| other.text != sample.text)
    };
    let mut samples: Vec<Sample> = base.samples.iter().filter(|sample| keep(sample)).cloned().collect();
    samples.extend(over.samples.iter().cloned());
    Dialect {
        name: base.name,
        title: over.title.or(base.title),
        description: over.description.or(base.description),
        tested_with: if over.tested_with.is_empty() { base.tested_with } else { over.tested_with },
        origin: Origin::Overlaid(file.to_owned()),
        sections: laid(base.sections, over.sections, |section: &Section| section.name.clone()),
        lines: laid(base.lines, over.lines, |pattern: &LinePattern| pattern.name.clone()),
        prefixes: laid(base.prefixes, over.prefixes, |prefix: &Prefix| prefix.name.clone()),
        words: laid(base.words, over.words, |word: &Word| word.text.clone()),
        letters: laid(base.letters, over.letters, |word: &Word| word.text.clone()),
        symbols: laid(base.symbols, over.symbols, |word: &Word| word.text.clone()),
        samples,
    }
}

fn laid<Item>(mut base: Vec<Item>, over: Vec<Item>, name: impl Fn(&Item) -> String) -> Vec<Item> {
    let mut added = Vec::new();
    for item in over {
        match base.iter_mut().find(|other| name(other) == name(&item)) {
            Some(place) => *place = item,
            None => added.push(item),
        }
    }
    added.extend(base);
    added
}
