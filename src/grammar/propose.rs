//! A first grammar for lines that no dialect knows, to be edited by somebody who knows the tool.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::emits::Emits;
use super::library::Library;
use super::rules::quoted;
use super::shape::{Kind, Piece, is_shouted, meaning, pieces};
use super::vocabulary::{Area, WordMeaning};
use super::{check, overlay};
use crate::model::Outcome;

/// More patterns than this are not one tool's.
const MOST_PATTERNS: usize = 8;
/// More samples than this of one pattern show nothing new.
const MOST_SAMPLES: usize = 3;
/// Longer lines are no result lines.
const LONGEST_LINE: usize = 2000;
/// The areas of which a known line is of no interest here.
const KNOWN_AREAS: [Area; 5] = [Area::Results, Area::Reporter, Area::Header, Area::Collection, Area::Tool];

/// Proposes a grammar of this name for the result lines among `lines` that no dialect knows, or `None` where there is none.
///
/// The lines are a log's, without colour codes. What is proposed passes [`check`](fn@super::check), but what its words mean is a
/// guess: it is a start, not an answer.
pub fn propose<'l>(name: &str, lines: impl IntoIterator<Item = &'l str>) -> Option<String> {
    let unknown = unknown_lines(Library::built_in(), lines);
    let words = new_words(name, &unknown);
    let library = overlay::library(vec![(name.to_owned(), document(name, &words, &[]))]).value;
    let groups = groups(unknown.iter().copied().filter(|line| is_unknown(&library, line)));
    let mut proposals = Vec::new();
    for (shape, lines) in groups {
        if proposals.len() < MOST_PATTERNS {
            proposals.extend(proposal(name, &words, &proposals, &shape, &lines));
        }
    }
    (!words.is_empty() || !proposals.is_empty()).then(|| document(name, &words, &proposals))
}

/// A word that no dialect knows, with a line in which it stands.
#[derive(Debug)]
struct NewWord<'l> {
    text: &'l str,
    meaning: Option<WordMeaning>,
    line: &'l str,
}

/// A pattern and the samples that show it.
#[derive(Debug, Clone)]
struct Proposal {
    name: String,
    pattern: String,
    samples: Vec<String>,
    seen: usize,
}

fn unknown_lines<'l>(library: &Library, lines: impl IntoIterator<Item = &'l str>) -> Vec<&'l str> {
    let mut result_area = true;
    let mut unknown = Vec::new();
    for line in lines {
        if let Some((fill, title)) = super::section::split_separator(line)
            && let Some(section) = library.section(fill, title)
        {
            // What stands below any other heading of the first order is nobody's result.
            if fill == '=' {
                result_area = section.opens() == super::Opens::TestSessionStarts;
            }
        } else if result_area && line.len() < LONGEST_LINE && pieces(line).is_some() && is_unknown(library, line) {
            unknown.push(line);
        }
    }
    unknown
}

fn is_unknown(library: &Library, line: &str) -> bool {
    KNOWN_AREAS.iter().all(|area| library.match_line(*area, line).is_none())
        && library.match_line(Area::LastLine, line).is_none()
}

/// The words that, once known, make lines of the known forms out of unknown ones.
fn new_words<'l>(name: &str, unknown: &[&'l str]) -> Vec<NewWord<'l>> {
    let mut candidates: BTreeMap<&str, &'l str> = BTreeMap::new();
    for line in unknown {
        for word in line.split_whitespace().filter(|word| is_shouted(word)) {
            candidates.entry(word).or_insert(line);
        }
    }
    let candidate = |(text, line): (&'l str, &'l str)| NewWord { text, meaning: meaning(text), line };
    let words: Vec<NewWord<'l>> = candidates.into_iter().map(candidate).collect();
    let library = overlay::library(vec![(name.to_owned(), document(name, &words, &[]))]).value;
    let explains = |word: &NewWord<'_>| {
        unknown.iter().any(|line| {
            let found = library.match_line(Area::Results, line);
            found.is_some_and(|found| found.get("word") == Some(word.text) && found.emits == Emits::VerboseResult)
        })
    };
    words.into_iter().filter(explains).collect()
}

/// Groups lines by shape, the most frequent shape first.
fn groups<'l>(lines: impl Iterator<Item = &'l str>) -> Vec<(Vec<Piece<'l>>, Vec<&'l str>)> {
    let mut by_key: BTreeMap<String, (Vec<Piece<'l>>, Vec<&'l str>)> = BTreeMap::new();
    for line in lines {
        if let Some(shape) = pieces(line) {
            by_key.entry(key(&shape)).or_insert_with(|| (shape, Vec::new())).1.push(line);
        }
    }
    let mut groups: Vec<_> = by_key.into_values().collect();
    groups.sort_by_key(|(_, lines)| std::cmp::Reverse(lines.len()));
    groups
}

/// What two lines of one shape have in common.
fn key(shape: &[Piece<'_>]) -> String {
    let mut key = String::new();
    for piece in shape {
        match piece.kind {
            Kind::Mark => key.push_str(piece.text),
            Kind::Blank => key.push(' '),
            Kind::NodeId | Kind::Status | Kind::Percent | Kind::Time | Kind::Text => {
                key.push_str(&format!("<{:?}>", piece.kind));
            }
        }
    }
    key
}

/// Makes a pattern of a shape, and keeps it only where a grammar with it passes the check.
fn proposal(
    name: &str,
    words: &[NewWord<'_>],
    before: &[Proposal],
    shape: &[Piece<'_>],
    lines: &[&str],
) -> Option<Proposal> {
    let samples = lines.iter().take(MOST_SAMPLES).map(|line| (*line).to_owned()).collect();
    let pattern = pattern(shape, lines);
    let proposal = Proposal { name: format!("result-{}", before.len() + 1), pattern, samples, seen: lines.len() };
    let mut all = before.to_vec();
    all.push(proposal.clone());
    check::check(name, &document(name, words, &all)).value.map(|_| proposal)
}

/// Writes the regular expression of a shape: what all lines share stays as it is.
fn pattern(shape: &[Piece<'_>], lines: &[&str]) -> String {
    let shapes: Vec<Vec<Piece<'_>>> = lines.iter().filter_map(|line| pieces(line)).collect();
    let mut free = vec!["percent", "time", "reason", "name", "nodeid"];
    let mut take = |name: &str| free.iter().position(|free| *free == name).map(|at| free.remove(at)).is_some();
    let mut text = String::from("^");
    for (at, piece) in shape.iter().enumerate() {
        let mut values: Vec<&str> = shapes.iter().filter_map(|shape| shape.get(at)).map(|piece| piece.text).collect();
        values.sort_unstable();
        values.dedup();
        let in_parentheses = at > 0 && shape.get(at - 1).is_some_and(|before| before.text == "(");
        text.push_str(&match piece.kind {
            Kind::NodeId if take("nodeid") => r"(?P<nodeid>\S.*?::.*?)".to_owned(),
            Kind::NodeId => r"\S+".to_owned(),
            Kind::Status => format!("(?P<word>{})", alternatives(&values)),
            Kind::Percent if take("percent") => r"\[ *(?P<percent>\d+)%\]".to_owned(),
            Kind::Percent => r"\[ *\d+%\]".to_owned(),
            Kind::Time if take("time") => r"(?P<time>[\d.]+(?:us|ms|s))".to_owned(),
            Kind::Time => r"[\d.]+(?:us|ms|s)".to_owned(),
            Kind::Text if values.len() == 1 && lines.len() > 1 => alternatives(&values),
            Kind::Text if in_parentheses && take("reason") => "(?P<reason>.*)".to_owned(),
            Kind::Text if take("name") => r"(?P<name>\S.*?)".to_owned(),
            Kind::Text => ".*?".to_owned(),
            Kind::Blank => " +".to_owned(),
            Kind::Mark => regex::escape(piece.text),
        });
    }
    text + "$"
}

fn alternatives(values: &[&str]) -> String {
    values.iter().map(|value| regex::escape(value)).collect::<Vec<_>>().join("|")
}

/// Writes a grammar file.
fn document(name: &str, words: &[NewWord<'_>], proposals: &[Proposal]) -> String {
    let mut text = format!(
        "# A start, made by `insight grammar new`: say what each word means, give the patterns names, delete what is\n\
         # not a result, and run `insight grammar check` on this file. docs/grammars.md explains all of it.\n\n\
         [grammar]\nname = {}\ntitle = {}\ntested_with = [\"the log this was made from\"]\n",
        quoted(name),
        quoted(&format!("what {name} prints")),
    );
    word_tables(&mut text, words, proposals);
    for proposal in proposals {
        pattern_table(&mut text, proposal);
    }
    if !proposals.is_empty() {
        let counter = "this is a line of text, and not the result of a test";
        // Writing into a text cannot fail.
        let _ = write!(
            text,
            "\n# A near miss; replace it by a real one.\n[[sample]]\ntext = '{counter}'\nmatches = \"none\"\n"
        );
    }
    text
}

fn word_tables(text: &mut String, words: &[NewWord<'_>], proposals: &[Proposal]) {
    if !words.is_empty() {
        text.push_str("\n# Words of pytest's own result lines.\n[words]\n");
    }
    for word in words {
        let guess = word.meaning.unwrap_or(WordMeaning::Outcome(Outcome::Failed));
        let _ = write!(text, "# in: {}\n{} = \"{}\"\n", word.line.trim_end(), quoted(word.text), guess.as_str());
    }
    let mut symbols: BTreeMap<&str, WordMeaning> = BTreeMap::new();
    for sample in proposals.iter().flat_map(|proposal| &proposal.samples) {
        let status = pieces(sample).into_iter().flatten().find(|piece| piece.kind == Kind::Status);
        if let Some(status) = status
            && Library::built_in().outcome_word(status.text).is_none()
        {
            symbols.insert(status.text, meaning(status.text).unwrap_or(WordMeaning::Outcome(Outcome::Failed)));
        }
    }
    if !symbols.is_empty() {
        text.push_str("\n# Words of the patterns below.\n[symbols]\n");
    }
    for (symbol, guess) in symbols {
        let _ = writeln!(text, "{} = \"{}\"", quoted(symbol), guess.as_str());
    }
}

fn pattern_table(text: &mut String, proposal: &Proposal) {
    let Proposal { name, pattern, samples, seen } = proposal;
    let pattern_text = if pattern.contains('\'') { format!("'''{pattern}'''") } else { format!("'{pattern}'") };
    let _ = write!(
        text,
        "\n# {seen} such lines\n[[line]]\nname = \"{name}\"\narea = \"results\"\npattern = {pattern_text}\n\
         emits = \"verbose-result\"\n",
    );
    let regex = regex::Regex::new(pattern).ok();
    for sample in samples {
        let captures = regex.as_ref().and_then(|regex| regex.captures(sample));
        let names = regex.iter().flat_map(regex::Regex::capture_names).flatten();
        let values: Vec<String> = names
            .filter_map(|name| Some(format!("{name} = {}", quoted(captures.as_ref()?.name(name)?.as_str()))))
            .collect();
        let _ = write!(
            text,
            "\n[[sample]]\ntext = {}\nmatches = \"{name}\"\ncaptures = {{ {} }}\n",
            quoted(sample),
            values.join(", "),
        );
    }
}
