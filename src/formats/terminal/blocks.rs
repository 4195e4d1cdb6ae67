//! The text behind the result area, told apart: sections, the blocks of failures in them, the captured text in those.
//!
//! Everything here was cut at lines that obey the separator formula; some of those were printed by tests. A separator is taken for
//! text where it cannot be pytest's: within captured text, when the section is behind us already, when no test of that name failed,
//! when a session that began in the captured text has not ended.

use std::collections::{HashMap, HashSet};

use super::evidence::{Chunk, Text};
use super::last_line;
use super::titles::{self, Section};
use crate::grammar::Library;

/// How far from the end of a text the last line of a quiet session is looked for.
const LONGEST_END: usize = 1 << 14;

/// A section with its text.
#[derive(Debug, Clone)]
pub(super) struct SectionText {
    /// Which one.
    pub(super) section: Section,
    /// The title as printed.
    pub(super) title: String,
    /// What stands below, including the blocks.
    pub(super) content: String,
    /// Where ids end in coloured lines of the summary.
    pub(super) bold_ends: std::collections::BTreeMap<usize, usize>,
}

/// One block of a section of failures or passes.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// The section it stands in.
    pub(super) section: Section,
    /// The heading's title.
    pub(super) title: String,
    /// The text up to the first captured section.
    pub(super) text: String,
    /// Captured sections, by title.
    pub(super) captured: Vec<(String, String)>,
}

/// What stands behind the result area.
#[derive(Debug, Clone, Default)]
pub(super) struct Sections {
    /// The sections in order.
    pub(super) sections: Vec<SectionText>,
    /// The blocks of all sections, in order.
    pub(super) blocks: Vec<Block>,
}

/// Whether the session's last line was seen: without it the log may end within captured text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Seen,
    Missing,
}

/// Tells sections and blocks apart. `expected` holds the domains of the tests that failed, where the result area names them all.
pub(super) fn tell_apart(
    library: &Library,
    chunks: Vec<Chunk>,
    expected: Option<&HashSet<String>>,
    end: End,
) -> Sections {
    let nested = nested(&chunks);
    let last_of = last_positions(library, &chunks, &nested);
    let followed_by_block = followed_by_block(library, &chunks);
    let behind_blocks = behind_blocks(library, &chunks, &nested);
    let mut reader = Reader::new(library, expected);
    for (index, chunk) in chunks.into_iter().enumerate() {
        if nested.get(index) == Some(&true) {
            reader.push_as_text(chunk);
            continue;
        }
        let section = if chunk.fill == '=' { titles::section(library, &chunk.title) } else { None };
        let is_last = section.is_none_or(|section| last_of.get(&section) == Some(&index))
            && (chunk.fill != '-' || behind_blocks.get(index) == Some(&true));
        let place = match (is_last && !followed_by_block.get(index).is_some_and(|followed| *followed), end) {
            (true, End::Seen) => Place::Possible,
            (true, End::Missing) => Place::OutsideText,
            (false, _) => Place::Impossible,
        };
        reader.chunk(chunk, place);
    }
    reader.found
}

/// Marks the chunks of sessions that ran within captured text, from their header to their last line. A header without last line marks nothing.
pub(super) fn nested(chunks: &[Chunk]) -> Vec<bool> {
    let mut marks = vec![false; chunks.len()];
    let mut open: Vec<usize> = Vec::new();
    for (index, chunk) in chunks.iter().enumerate().filter(|(_, chunk)| chunk.fill == '=') {
        if titles::starts_session(&chunk.heading) {
            open.push(index);
        } else if last_line::parse(&chunk.title).is_some()
            && let Some(start) = open.pop()
        {
            marks[start..=index].fill(true);
        }
    }
    marks
}

/// Blocks that a reporter printed in the result area.
pub(super) fn inline_blocks(library: &Library, chunks: Vec<Chunk>) -> Vec<Block> {
    let mut reader = Reader { section: Some(Section::Failures), ..Reader::new(library, None) };
    for chunk in chunks {
        reader.chunk(chunk, Place::Possible);
    }
    for block in &mut reader.found.blocks {
        if block.title.starts_with("ERROR ") {
            block.section = Section::Errors;
        }
    }
    reader.found.blocks
}

/// Whether a section can begin at a chunk, judged by what stands around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Possible,
    /// Only outside of captured text: the log is cut, and what would prove it is missing.
    OutsideText,
    Impossible,
}

/// Marks the headings of sections that hold no blocks, and yet have a block's heading or captured text next: a test printed them.
fn followed_by_block(library: &Library, chunks: &[Chunk]) -> Vec<bool> {
    let without_blocks = |chunk: &Chunk| {
        let section = if chunk.fill == '=' { titles::section(library, &chunk.title) } else { None };
        matches!(section, Some(Section::Warnings | Section::Summary | Section::Reruns | Section::Durations))
    };
    let next_is_block = |next: Option<&Chunk>| {
        next.is_some_and(|next| next.fill == '_' || (next.fill == '-' && titles::is_captured(library, &next.title)))
    };
    chunks
        .iter()
        .enumerate()
        .map(|(index, chunk)| {
            let is_last_line = |chunk: &&Chunk| chunk.fill == '=' && last_line::parse(&chunk.title).is_some();
            without_blocks(chunk) && next_is_block(chunks[index + 1..].iter().find(|next| !is_last_line(next)))
        })
        .collect()
}

/// Marks the lines and tables of plugins that stand behind all blocks and their captured text, where pytest prints its own; tests print the like
/// where they run pytest themselves. Of several such lines of one kind only the last is the session's.
fn behind_blocks(library: &Library, chunks: &[Chunk], nested: &[bool]) -> Vec<bool> {
    let mut marks = vec![false; chunks.len()];
    let mut seen = HashSet::new();
    for (index, chunk) in chunks.iter().enumerate().rev() {
        if nested.get(index) == Some(&true) {
            continue;
        }
        let section = if chunk.fill == '=' { titles::section(library, &chunk.title) } else { None };
        let of_blocks = match chunk.fill {
            '=' => section.is_some_and(|section| {
                !matches!(section, Section::Summary | Section::Durations | Section::Other | Section::Warnings)
            }),
            '_' => !titles::is_no_block(library, &chunk.title),
            '-' => !titles::is_notice(library, &chunk.title),
            _ => false,
        };
        // A quiet session has a last line without fills.
        let ends_another = chunk.text.end(LONGEST_END).lines().any(|line| last_line::parse(line.trim_end()).is_some());
        if of_blocks || (chunk.fill == '-' && ends_another) {
            break;
        }
        if let Some(mark) = marks.get_mut(index).filter(|_| chunk.fill == '-') {
            let kind = chunk.title.split(':').next().unwrap_or_default();
            *mark = titles::is_notice(library, &chunk.title) && seen.insert(kind);
        }
    }
    marks
}

/// Returns the last place of each section's title.
fn last_positions(library: &Library, chunks: &[Chunk], nested: &[bool]) -> HashMap<Section, usize> {
    let own =
        chunks.iter().enumerate().filter(|(index, chunk)| chunk.fill == '=' && nested.get(*index) == Some(&false));
    own.filter_map(|(index, chunk)| Some((titles::section(library, &chunk.title)?, index))).collect()
}

#[derive(Debug)]
struct Reader<'e> {
    library: &'e Library,
    expected: Option<&'e HashSet<String>>,
    found: Sections,
    section: Option<Section>,
    in_block: bool,
    in_capture: bool,
}

impl<'e> Reader<'e> {
    fn new(library: &'e Library, expected: Option<&'e HashSet<String>>) -> Reader<'e> {
        Reader { library, expected, found: Sections::default(), section: None, in_block: false, in_capture: false }
    }

    fn chunk(&mut self, chunk: Chunk, place: Place) {
        match chunk.fill {
            // The session's own is not among the chunks.
            '=' if last_line::parse(&chunk.title).is_some() && self.section.is_some() => self.push_as_text(chunk),
            '=' if self.opens_section(&chunk, place) => self.open_section(chunk),
            '_' if self.opens_block(&chunk) => self.open_block(chunk),
            '-' if self.opens_capture(&chunk) => self.open_capture(chunk),
            '-' if !self.in_capture && (titles::is_notice(self.library, &chunk.title) || !self.in_block) => {
                self.open_section(chunk);
            }
            // The place of a plugin's line is behind all blocks: there it ends what the last test printed.
            '-' if place == Place::Possible && titles::is_notice(self.library, &chunk.title) => {
                self.open_section(chunk);
            }
            '!' if !self.in_capture => {
                self.in_block = false;
                self.open_section(chunk);
            }
            _ => self.push_as_text(chunk),
        }
    }

    fn opens_section(&self, chunk: &Chunk, place: Place) -> bool {
        match titles::section(self.library, &chunk.title) {
            Some(Section::Summary | Section::Warnings) if place == Place::Impossible && self.section.is_some() => false,
            Some(section) if self.in_capture => {
                let behind = self.section.is_some_and(|current| section <= current);
                place == Place::Possible && !behind
            }
            Some(_) => true,
            // A section of a plugin that nobody knows; within captured text it is taken for the test's.
            None => !self.in_capture,
        }
    }

    fn open_section(&mut self, chunk: Chunk) {
        let section =
            titles::section(self.library, &chunk.title).filter(|_| chunk.fill == '=').unwrap_or(Section::Other);
        self.section = Some(section);
        self.in_block = false;
        self.in_capture = false;
        self.found.sections.push(SectionText {
            section,
            title: chunk.title,
            content: chunk.text.into_string(),
            bold_ends: chunk.bold_ends,
        });
    }

    fn opens_block(&self, chunk: &Chunk) -> bool {
        let holds_blocks = matches!(
            self.section,
            Some(Section::Errors | Section::Failures | Section::Xfailures | Section::Passes | Section::Xpasses)
        );
        if !holds_blocks || titles::is_no_block(self.library, &chunk.title) {
            return false;
        }
        !self.in_capture || self.is_expected(&chunk.title)
    }

    /// Whether a heading within captured text names a test that has a block to come.
    fn is_expected(&self, title: &str) -> bool {
        if matches!(self.section, Some(Section::Passes | Section::Xpasses | Section::Xfailures)) {
            return true;
        }
        let Some(expected) = self.expected else { return true };
        let domain = ["ERROR at setup of ", "ERROR at teardown of "]
            .into_iter()
            .find_map(|start| title.strip_prefix(start))
            .unwrap_or(title);
        title.starts_with("ERROR collecting ")
            || title == "test session"
            || expected.contains(domain)
            || domain.match_indices([' ', '[', '(', '@']).any(|(at, _)| expected.contains(&domain[..at]))
    }

    fn open_block(&mut self, chunk: Chunk) {
        self.in_block = true;
        self.in_capture = false;
        let text = chunk.text.into_string();
        self.append_to_section(&chunk.heading, &text);
        self.found.blocks.push(Block {
            section: self.section.unwrap_or(Section::Other),
            title: chunk.title,
            text,
            captured: Vec::new(),
        });
    }

    fn opens_capture(&self, chunk: &Chunk) -> bool {
        let in_blocks = self.in_block
            || matches!(self.section, Some(Section::Passes | Section::Xpasses | Section::Errors | Section::Failures));
        in_blocks && !titles::is_notice(self.library, &chunk.title)
    }

    fn open_capture(&mut self, chunk: Chunk) {
        self.in_capture = true;
        let text = chunk.text.into_string();
        self.append_to_section(&chunk.heading, &text);
        // The teardown's captured text can follow without a heading, when its test has none: its owner is unknown then.
        if let Some(block) = self.found.blocks.last_mut().filter(|_| self.in_block) {
            block.captured.push((chunk.title, text));
        }
    }

    fn push_as_text(&mut self, chunk: Chunk) {
        let Chunk { heading, text, .. } = chunk;
        let text = Text::into_string(text);
        self.append_to_section(&heading, &text);
        if !self.in_block {
            return;
        }
        if let Some(block) = self.found.blocks.last_mut() {
            let target = match block.captured.last_mut() {
                Some((_, captured)) => captured,
                None => &mut block.text,
            };
            append(target, &heading, &text);
        }
    }

    fn append_to_section(&mut self, heading: &str, text: &str) {
        if let Some(section) = self.found.sections.last_mut() {
            append(&mut section.content, heading, text);
        }
    }
}

fn append(target: &mut String, heading: &str, text: &str) {
    target.push_str(heading);
    target.push('\n');
    target.push_str(text);
}

/// Returns the paths of a block's location lines (`path:12: Error`, `path:12: in function`), in order.
pub(super) fn locations(text: &str) -> impl Iterator<Item = (&str, u64)> {
    text.lines().filter_map(location)
}

/// Returns path and line of a traceback's location line.
pub(super) fn location(line: &str) -> Option<(&str, u64)> {
    if line.starts_with([' ', '>', '\t']) || line.starts_with("E ") {
        return None;
    }
    let first = memchr::memchr(b':', line.as_bytes())?;
    let mut pairs = line.as_bytes().windows(2).enumerate().skip(first).rev();
    let last = pairs.find(|(_, pair)| *pair == b": ").map(|(at, _)| at);
    let colon = last.or_else(|| line.strip_suffix(':').map(str::len))?;
    let mut at = colon;
    // The message behind the line number may hold colons itself: look for the first number between colons.
    for (index, _) in line.match_indices(':') {
        let rest = &line[index + 1..];
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 && digits < 9 && rest[digits..].starts_with(':') {
            at = index;
            break;
        }
    }
    let (path, rest) = line.split_at(at);
    let digits = rest.strip_prefix(':')?.split(':').next()?;
    let number = digits.parse().ok()?;
    (!path.is_empty() && path.len() < 1024).then_some((path, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn location_lines() {
        assert_eq!(location("tests/test_a.py:23: AssertionError"), Some(("tests/test_a.py", 23)));
        assert_eq!(location("tests/a b.py:33: "), Some(("tests/a b.py", 33)));
        assert_eq!(location("/x/y.py:12: in helper"), Some(("/x/y.py", 12)));
        assert_eq!(location("/x/y.py:12: Error: a: b"), Some(("/x/y.py", 12)));
        assert_eq!(location("E   a.py:3: x"), None);
        assert_eq!(location("no location here"), None);
    }
}
