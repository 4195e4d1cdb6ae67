//! What each rule looks at.

use regex::Regex;

use super::built_in;
use super::dialect::{Dialect, Origin};
use super::emits::Emits;
use super::lazy_regex::compile;
use super::library::Library;
use super::line_match::LineMatch;
use super::line_pattern::LinePattern;
use super::prefix::{Joins, Prefix, PrefixScope};
use super::quick::QuickCaptures;
use super::sample::{Expected, Sample};
use super::section::{Section, SectionTitle, split_separator};
use super::toml_reader::suggestion;
use super::vocabulary::Area;
use crate::diagnostic::Diagnostic;

const PREFIX_CAPTURES: &[&str] = &["timestamp", "stream", "label", "mark", "rest"];

/// What a sample may name.
#[derive(Debug, Clone, Copy)]
enum Item<'d> {
    Section(&'d Section),
    Line(&'d LinePattern),
    Prefix(&'d Prefix),
}

/// Checks what needs no sample: names, patterns, captures; and that there are samples (G1).
pub(crate) fn form(library: &Library, dialect: &Dialect) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if dialect.tested_with.is_empty() {
        let help = "say which releases you saw the output of, such as `tested_with = [\"pytest-foo 1.2\"]`";
        found.push(Diagnostic::error("grammar-missing-key", "[grammar] has no `tested_with`").with_help(help));
    }
    if dialect.title.is_none() {
        found.push(Diagnostic::error("grammar-missing-key", "[grammar] has no `title`"));
    }
    found.extend(duplicate_names(dialect));
    for item in items(dialect) {
        found.extend(item_form(library, item).into_iter().map(|diagnostic| diagnostic.at_line(item.line())));
    }
    if dialect.samples.is_empty() && !items(dialect).is_empty() {
        let help = "add a [[sample]] with the `text` of a line and the name of the pattern that it `matches`";
        found.push(Diagnostic::error("grammar-g1-no-sample", "the grammar has no sample").with_help(help));
    }
    found
}

fn duplicate_names(dialect: &Dialect) -> Vec<Diagnostic> {
    let mut seen: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    for item in items(dialect) {
        if seen.contains(&item.name()) {
            let message = format!("`{}` is the name of two items", item.name());
            found.push(Diagnostic::error("grammar-duplicate-name", message).at_line(item.line()));
        }
        seen.push(item.name());
    }
    found
}

fn item_form(library: &Library, item: Item<'_>) -> Vec<Diagnostic> {
    let pattern = match item {
        Item::Line(pattern) => pattern.regex.text(),
        Item::Prefix(prefix) => prefix.regex.text(),
        Item::Section(Section { title: SectionTitle::Pattern(heading), .. }) => heading.text(),
        Item::Section(_) => return Vec::new(),
    };
    match compile(pattern, library.vocabulary()) {
        Ok(regex) => capture_names(item, &regex),
        Err(error) => {
            let message = format!("the pattern of `{}` is no regular expression: {}", item.name(), last_line(&error));
            vec![Diagnostic::error("grammar-bad-pattern", message)]
        }
    }
}

/// The part of a regular expression's error that says what is wrong, without the drawing of where.
fn last_line(error: &regex::Error) -> String {
    let text = error.to_string();
    text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

fn capture_names(item: Item<'_>, regex: &Regex) -> Vec<Diagnostic> {
    let (required, known): (&[&str], Vec<&str>) = match item {
        Item::Section(_) => return Vec::new(),
        Item::Prefix(_) => (&[], PREFIX_CAPTURES.to_vec()),
        Item::Line(pattern) => {
            let names = pattern.emits.captures();
            (names.required, names.required.iter().chain(names.optional).copied().collect())
        }
    };
    let present: Vec<&str> = regex.capture_names().flatten().collect();
    let mut found = Vec::new();
    for name in present.iter().filter(|name| !known.contains(name)) {
        let message = format!("`{}` captures `{name}`, for which there is no use", item.name());
        found.push(Diagnostic::error("grammar-unknown-capture", message).with_help(suggestion(name, &known)));
    }
    for name in required.iter().filter(|name| !present.contains(name)) {
        let message = format!("`{}` does not capture `{name}`", item.name());
        let help = format!("put `(?P<{name}>...)` around what is the {name}");
        found.push(Diagnostic::error("grammar-missing-capture", message).with_help(help));
    }
    found
}

/// Checks the samples against the dialect's own patterns (G2 to G5), and that the library takes them for this dialect's (G7).
pub(crate) fn samples(library: &Library, dialect: &Dialect) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for item in items(dialect) {
        let named = |sample: &&Sample| matches!(&sample.expected, Expected::Named(name) if name == item.name());
        if !dialect.samples.iter().any(|sample| named(&sample)) {
            let message = format!("no sample matches `{}`", item.name());
            let help = "every pattern needs a line that a tool really printed";
            let diagnostic = Diagnostic::error("grammar-g2-pattern-without-sample", message);
            found.push(diagnostic.with_help(help).at_line(item.line()));
        }
    }
    let counters = dialect.samples.iter().filter(|sample| matches!(sample.expected, Expected::Nothing(_)));
    if counters.count() == 0 && !dialect.lines.is_empty() {
        let help = "add a [[sample]] with `matches = \"none\"`: a line that looks much like one of these and is none";
        let message = "the grammar has no counter-sample";
        found.push(Diagnostic::error("grammar-g3-no-counter-sample", message).with_help(help));
    }
    for sample in &dialect.samples {
        let diagnostics = match &sample.expected {
            Expected::Nothing(area) => counter_sample(library, dialect, sample, *area),
            Expected::Named(name) => named_sample(library, dialect, sample, name),
        };
        found.extend(diagnostics.into_iter().map(|diagnostic| diagnostic.at_line(sample.line)));
    }
    found
}

fn counter_sample(library: &Library, dialect: &Dialect, sample: &Sample, area: Option<Area>) -> Vec<Diagnostic> {
    let lines = dialect.lines.iter().filter(|pattern| area.is_none_or(|area| pattern.area == area));
    let matched = lines.filter(|pattern| library.match_pattern(pattern, &sample.text).is_some());
    matched
        .map(|pattern| {
            let message = format!("the counter-sample {:?} matches `{}`", sample.text, pattern.name);
            Diagnostic::error("grammar-g3-counter-sample-matched", message)
        })
        .collect()
}

fn named_sample(library: &Library, dialect: &Dialect, sample: &Sample, name: &str) -> Vec<Diagnostic> {
    let items = items(dialect);
    match items.iter().find(|item| item.name() == name) {
        None => {
            let names: Vec<&str> = items.iter().map(Item::name).chain(["none"]).collect();
            let diagnostic = Diagnostic::error("grammar-g3-unknown-name", format!("there is no pattern `{name}`"));
            vec![diagnostic.with_help(suggestion(name, &names))]
        }
        Some(Item::Line(pattern)) => line_sample(library, dialect, sample, pattern),
        Some(Item::Section(section)) => section_sample(library, sample, section),
        Some(Item::Prefix(prefix)) => prefix_sample(library, sample, prefix),
    }
}

fn line_sample(library: &Library, dialect: &Dialect, sample: &Sample, pattern: &LinePattern) -> Vec<Diagnostic> {
    let Some(matched) = library.match_pattern(pattern, &sample.text) else {
        let by_regex = pattern.matches_by_regex(&sample.text, library.vocabulary());
        let help = by_regex.map(|_| "the pattern does match, but `starts_with`, `ends_with` or `contains` forbids it");
        return vec![not_matched(sample, &pattern.name, help)];
    };
    let mut found = Vec::new();
    for other in dialect.lines.iter().filter(|other| other.area == pattern.area && other.name != pattern.name) {
        if library.match_pattern(other, &sample.text).is_some() {
            let message = format!("{:?} matches `{}`, and `{}` as well", sample.text, pattern.name, other.name);
            found.push(Diagnostic::error("grammar-g3-matched-twice", message));
        }
    }
    let captures: Vec<(&str, &str)> = matched.captures();
    found.extend(wrong_captures(sample, &captures));
    found.extend(unknown_words(library, &matched));
    found.extend(quick_differs(library, sample, pattern));
    if let Some(taken) = library.match_line(pattern.area, &sample.text)
        && taken.pattern.dialect != pattern.dialect
    {
        found.push(taken_by(sample, &pattern.dialect, &taken.pattern.dialect, &taken.pattern.name));
    }
    found
}

fn section_sample(library: &Library, sample: &Sample, section: &Section) -> Vec<Diagnostic> {
    let Some((fill, title)) = split_separator(&sample.text) else {
        let help = "the sample of a heading is the whole line, such as `==== FAILURES ====`";
        return vec![not_matched(sample, &section.name, Some(help))];
    };
    if !section.matches(fill, title, library.vocabulary()) {
        return vec![not_matched(sample, &section.name, None)];
    }
    match library.section(fill, title) {
        Some(taken) if (&taken.dialect, &taken.name) != (&section.dialect, &section.name) => {
            vec![taken_by(sample, &section.dialect, &taken.dialect, &taken.name)]
        }
        _ => wrong_captures(sample, &section_captures(library, section, title)),
    }
}

fn section_captures<'t>(library: &Library, section: &'t Section, title: &'t str) -> Vec<(&'t str, &'t str)> {
    let SectionTitle::Pattern(pattern) = &section.title else { return Vec::new() };
    let Some(regex) = pattern.get(library.vocabulary()) else { return Vec::new() };
    // The names borrow from the expression, which the section owns.
    let names = regex.capture_names().flatten();
    names.filter_map(|name| Some((name, section.capture(title, name, library.vocabulary())?))).collect()
}

fn prefix_sample(library: &Library, sample: &Sample, prefix: &Prefix) -> Vec<Diagnostic> {
    let Some(stripped) = prefix.strip(&sample.text) else { return vec![not_matched(sample, &prefix.name, None)] };
    let mut captures = vec![("rest", stripped.rest.as_ref())];
    captures.extend(stripped.timestamp.map(|timestamp| ("timestamp", timestamp)));
    captures.extend(stripped.stream.map(|stream| ("stream", stream)));
    captures.extend(stripped.label.map(|label| ("label", label)));
    captures.extend(match stripped.joins {
        Joins::Nothing => None,
        Joins::Previous => Some(("joins", "previous")),
        Joins::Next => Some(("joins", "next")),
    });
    let mut found = wrong_captures(sample, &captures);
    if let (Some(timestamp), Some(format)) = (stripped.timestamp, &prefix.timestamp_format)
        && prefix.time(timestamp).is_none()
    {
        let message = format!("the timestamp {timestamp:?} is not of the format `{format}`");
        found.push(Diagnostic::error("grammar-g4-wrong-capture", message));
    }
    let first = |other: &&Prefix| other.scope == PrefixScope::LineStart && other.strip(&sample.text).is_some();
    if prefix.scope == PrefixScope::LineStart
        && let Some(taken) = library.prefixes().iter().find(first)
        && (&taken.dialect, &taken.name) != (&prefix.dialect, &prefix.name)
    {
        found.push(taken_by(sample, &prefix.dialect, &taken.dialect, &taken.name));
    }
    found
}

/// Checks that this dialect does not take the samples of others (G7). One diagnostic for each dialect that is robbed.
pub(crate) fn others(library: &Library, dialect: &Dialect) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for other in library.dialects().iter().filter(|other| other.name != dialect.name) {
        let full = if other.origin == Origin::BuiltIn { built_in::built_in_dialect(&other.name) } else { None };
        let full = full.unwrap_or(other);
        let taken: Vec<(&Sample, &LinePattern)> =
            full.samples.iter().filter_map(|sample| Some((sample, taker(library, dialect, full, sample)?))).collect();
        if let Some((sample, mine)) = taken.first() {
            let mut diagnostic = taken_by(sample, &other.name, &dialect.name, &mine.name).at_line(mine.line);
            if taken.len() > 1 {
                diagnostic.message += &format!("; so are {} more", taken.len() - 1);
            }
            found.push(diagnostic);
        }
    }
    found
}

/// Returns the pattern of `dialect` that takes a sample of `other`, where there is one.
fn taker<'d>(library: &Library, dialect: &'d Dialect, other: &Dialect, sample: &Sample) -> Option<&'d LinePattern> {
    let Expected::Named(name) = &sample.expected else { return None };
    let owner = other.lines.iter().find(|pattern| pattern.name == *name)?;
    let mut reaching = dialect.lines.iter().filter(|mine| mine.area == owner.area || mine.area == Area::Any);
    let mine = reaching.find(|mine| library.match_pattern(mine, &sample.text).is_some())?;
    let taken = library.match_line(owner.area, &sample.text)?;
    (taken.pattern.dialect == dialect.name).then_some(mine)
}

fn not_matched(sample: &Sample, name: &str, help: Option<&str>) -> Diagnostic {
    let diagnostic = Diagnostic::error("grammar-g3-not-matched", format!("{:?} does not match `{name}`", sample.text));
    match help {
        Some(help) => diagnostic.with_help(help),
        None => diagnostic,
    }
}

fn taken_by(sample: &Sample, owner: &str, dialect: &str, name: &str) -> Diagnostic {
    let message = format!("{:?}, a sample of {owner}, is taken by `{name}` of {dialect}", sample.text);
    Diagnostic::error("grammar-g7-detected-as-another", message)
        .with_help("make the wider of the two patterns narrower")
}

/// Compares the captures that took part in a match with the stated ones; all must be stated.
fn wrong_captures(sample: &Sample, captures: &[(&str, &str)]) -> Vec<Diagnostic> {
    let stated = |name: &str| sample.captures.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
    let mut wrong = Vec::new();
    for (name, value) in captures {
        match stated(name) {
            Some(expected) if expected == *value => {}
            Some(expected) => wrong.push(format!("`{name}` is {value:?}, not {expected:?}")),
            None => wrong.push(format!("`{name}` is {value:?}, which the sample does not state")),
        }
    }
    let absent = sample.captures.iter().filter(|(name, _)| captures.iter().all(|(other, _)| other != name));
    wrong.extend(absent.map(|(name, _)| format!("`{name}` takes no part in the match")));
    if wrong.is_empty() {
        return Vec::new();
    }
    let line: Vec<String> = captures.iter().map(|(name, value)| format!("{name} = {}", quoted(value))).collect();
    let help = format!("what the pattern finds: captures = {{ {} }}", line.join(", "));
    vec![Diagnostic::error("grammar-g4-wrong-capture", wrong.join("; ")).with_help(help)]
}

/// A text as TOML has it.
pub(crate) fn quoted(text: &str) -> String {
    if text.contains('\'') || text.contains(char::is_control) {
        let escaped: String = text.chars().map(escaped).collect();
        format!("\"{escaped}\"")
    } else {
        format!("'{text}'")
    }
}

fn escaped(character: char) -> String {
    match character {
        '"' | '\\' => format!("\\{character}"),
        '\t' => "\\t".to_owned(),
        control if control.is_control() => format!("\\u{:04X}", u32::from(control)),
        other => other.to_string(),
    }
}

fn unknown_words(library: &Library, matched: &LineMatch<'_, '_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if let Some(word) = matched.get("word").filter(|word| library.outcome_word(word).is_none()) {
        let known: Vec<&str> = library.vocabulary().all_words().collect();
        let diagnostic =
            Diagnostic::error("grammar-g5-unknown-word", format!("the outcome word {word:?} is not known"));
        found.push(diagnostic.with_help(suggestion(word, &known)));
    }
    let letters = if matched.emits == Emits::Progress { matched.get("letters") } else { None };
    for letter in letters.unwrap_or_default().chars().filter(|letter| library.outcome_letter(*letter).is_none()) {
        let message = format!("the outcome letter {letter:?} is not known");
        let help = format!("add it to [letters], such as `{} = \"passed\"`", quoted(&letter.to_string()));
        found.push(Diagnostic::error("grammar-g5-unknown-word", message).with_help(help));
    }
    found
}

/// A plain shape must say what the regular expression says.
fn quick_differs(library: &Library, sample: &Sample, pattern: &LinePattern) -> Option<Diagnostic> {
    let quick: QuickCaptures<'_> = pattern.quick?.read(&sample.text, library.vocabulary())?;
    let matched = pattern.matches_by_regex(&sample.text, library.vocabulary());
    let names = pattern.emits.captures();
    let mut all = names.required.iter().chain(names.optional);
    let same = matched.is_some_and(|matched| all.all(|name| matched.get(name) == quick.get(name)));
    let message = format!("{:?} has other captures as a plain shape than as the pattern", sample.text);
    (!same).then(|| Diagnostic::error("grammar-quick-differs", message))
}

fn items(dialect: &Dialect) -> Vec<Item<'_>> {
    let sections = dialect.sections.iter().map(Item::Section);
    sections.chain(dialect.lines.iter().map(Item::Line)).chain(dialect.prefixes.iter().map(Item::Prefix)).collect()
}

impl<'d> Item<'d> {
    fn name(&self) -> &'d str {
        match self {
            Item::Section(section) => &section.name,
            Item::Line(pattern) => &pattern.name,
            Item::Prefix(prefix) => &prefix.name,
        }
    }

    fn line(self) -> u64 {
        match self {
            Item::Section(section) => section.line,
            Item::Line(pattern) => pattern.line,
            Item::Prefix(prefix) => prefix.line,
        }
    }
}
