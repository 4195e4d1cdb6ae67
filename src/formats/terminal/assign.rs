//! Failure blocks to the tests they belong to.
//!
//! A heading names a test without its file, so it is not unique. What decides: the id in the text (a crashed worker), the domain, the file of the
//! traceback, and the order, which is that of the reports.

use std::collections::{HashMap, HashSet};

use foldhash::fast::RandomState;

use super::attempts::Attempts;
use super::blocks::{self, Block};
use super::evidence::Reporter;
use super::headings::{
    crashed_while_running, domain_of, file_name, heading, is_relative_test, same_file, split_description,
};
use super::titles::Section;
use crate::formats::properties::TEARDOWN_TEXT;
use crate::model::{NodeIdCertainty, Outcome, Phases, Subtest, TestResult, Text};

/// How many files of one traceback are compared with the files of the tests.
const MOST_FILES: usize = 40;

/// Gives each block's text to its test; makes the test where no other line names it and `may_add` allows it.
pub(super) fn assign(
    attempts: &mut Attempts,
    blocks: Vec<Block>,
    may_add: MayAdd,
    reporter: Reporter,
    files: &HashSet<&str>,
    names: Names,
) {
    if reporter == Reporter::Other {
        correct_errors(attempts, &blocks);
    }
    // Where only a summary names tests, it calls passed what broke in teardown afterwards, or in a subtest.
    let of_passed = names == Names::BySummary || blocks.iter().any(|block| block.section == Section::Passes);
    let may_have_block = if of_passed { (0..attempts.results.len()).collect() } else { attempts.noted() };
    let mut assigner = Assigner::new(attempts, may_add, files, names, may_have_block);
    let mut unmatched = Vec::new();
    for block in blocks {
        if let Some(block) = assigner.assign(block) {
            unmatched.push(block);
        }
    }
    assigner.assign_by_order(&unmatched);
}

/// Other reporters call errors failures; a test with an error block and no failure block had an error.
fn correct_errors(attempts: &mut Attempts, blocks: &[Block]) {
    let failed: HashSet<&str> =
        blocks.iter().filter(|block| block.section == Section::Failures).map(|block| block.title.as_str()).collect();
    let mut errors = HashMap::new();
    for block in blocks.iter().filter(|block| block.section == Section::Errors) {
        for start in ["ERROR at setup of ", "ERROR at teardown of "] {
            if let Some(domain) = block.title.strip_prefix(start).filter(|domain| !failed.contains(domain)) {
                errors.insert(domain, start);
            }
        }
    }
    let mut corrected = Vec::new();
    let results = attempts.results.iter_mut().enumerate();
    for (index, result) in results.filter(|(_, result)| matches!(result.outcome, Outcome::Failed | Outcome::Passed)) {
        if let Some(start) = errors.get(heading(result).as_str()) {
            result.outcome = Outcome::Error;
            let call = Some(Outcome::Passed);
            result.phases = match *start {
                "ERROR at setup of " => Phases { setup: Some(Outcome::Error), ..Phases::default() },
                _ => Phases { setup: call, call, teardown: Some(Outcome::Error) },
            };
            corrected.push(index);
        }
    }
    corrected.into_iter().for_each(|index| attempts.note(index));
}

/// What names the tests of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// The result area does.
    ByLine,
    /// Only the summary does, or nothing.
    BySummary,
}

/// Whether a failure block without a known test makes a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MayAdd {
    /// It does: nothing else in the log would name it.
    Yes,
    /// It does not: all that failed are named elsewhere.
    No,
}

struct Assigner<'a> {
    attempts: &'a mut Attempts,
    /// The files that ran, where the log names them.
    files: &'a HashSet<&'a str>,
    files_by_name: HashMap<&'a str, Vec<&'a str>>,
    may_add: MayAdd,
    names: Names,
    by_heading: HashMap<String, Headed, RandomState>,
    /// Tests that a plugin collected from other files than Python's.
    own_items: Vec<usize>,
    used: HashSet<(usize, Section), RandomState>,
}

/// The tests of one heading.
#[derive(Debug, Clone, Default)]
struct Headed {
    /// In order.
    tests: Vec<usize>,
    /// The same by the name of the test's file, without its folders.
    by_file: HashMap<String, Vec<usize>, RandomState>,
    /// How many of the first tests have their block of a section: headings repeat, in large suites thousands of times.
    begun: HashMap<Section, usize, RandomState>,
}

impl<'a> Assigner<'a> {
    fn new(
        attempts: &'a mut Attempts,
        may_add: MayAdd,
        files: &'a HashSet<&'a str>,
        names: Names,
        may_have_block: Vec<usize>,
    ) -> Assigner<'a> {
        let mut assigner = Assigner {
            attempts,
            files,
            files_by_name: HashMap::new(),
            may_add,
            names,
            by_heading: HashMap::default(),
            own_items: Vec::new(),
            used: HashSet::default(),
        };
        let mut in_order: Vec<&str> = files.iter().copied().collect();
        in_order.sort_unstable();
        for file in in_order {
            assigner.files_by_name.entry(file_name(file)).or_default().push(file);
        }
        for index in may_have_block {
            let result = &assigner.attempts.results[index];
            if result.outcome != Outcome::Rerun {
                if !result.node_id.path().ends_with(".py") {
                    assigner.own_items.push(index);
                }
                let heading = heading(result);
                assigner.index(heading, index);
            }
        }
        assigner
    }

    fn index(&mut self, heading: String, index: usize) {
        let file = file_name(self.attempts.results[index].node_id.path()).to_owned();
        let headed = self.by_heading.entry(heading).or_default();
        headed.by_file.entry(file).or_default().push(index);
        headed.tests.push(index);
    }

    /// Returns the block where it has no test.
    fn assign(&mut self, block: Block) -> Option<Block> {
        match block.section {
            Section::Errors => self.error(block),
            Section::Failures => self.failure(block),
            Section::Xfailures => self.give(block, |outcome| outcome == Outcome::Xfailed),
            Section::Passes => {
                self.give(block, |outcome| matches!(outcome, Outcome::Passed | Outcome::Error));
                None
            }
            Section::Xpasses => {
                self.give(block, |outcome| outcome == Outcome::Xpassed);
                None
            }
            Section::Warnings | Section::Reruns | Section::Durations | Section::Other | Section::Summary => None,
        }
    }

    fn failure(&mut self, block: Block) -> Option<Block> {
        if let Some(node_id) = crashed_while_running(&block.text) {
            let node_id = node_id.to_owned();
            let index =
                self.attempts.latest(&node_id).filter(|index| self.attempts.results[*index].outcome != Outcome::Rerun);
            let index = index.unwrap_or_else(|| self.attempts.push(TestResult::new(node_id, Outcome::Failed)));
            self.fill(index, block);
            return None;
        }
        let block = self.give(block, |outcome| outcome == Outcome::Failed)?;
        let block = self.subtest(block)?;
        if self.may_add == MayAdd::No {
            return Some(block);
        }
        self.add(block, Outcome::Failed)
    }

    fn error(&mut self, block: Block) -> Option<Block> {
        if let Some(path) = block.title.strip_prefix("ERROR collecting ") {
            let index =
                self.attempts.latest(path).unwrap_or_else(|| self.attempts.push(TestResult::new(path, Outcome::Error)));
            self.fill(index, block);
            return None;
        }
        let Some((teardown, domain)) = block
            .title
            .strip_prefix("ERROR at setup of ")
            .map(|domain| (false, domain.to_owned()))
            .or_else(|| block.title.strip_prefix("ERROR at teardown of ").map(|domain| (true, domain.to_owned())))
        else {
            return Some(block);
        };
        let names = self.names;
        let fits = |result: &TestResult| match (result.outcome, teardown) {
            (Outcome::Error, true) => result.phases.setup != Some(Outcome::Error),
            (Outcome::Error, false) => result.phases.teardown.is_none(),
            (Outcome::Failed, true) => true,
            (Outcome::Passed | Outcome::Skipped | Outcome::Xfailed | Outcome::Xpassed, true) => {
                names == Names::BySummary && result.phases.teardown.is_none()
            }
            _ => false,
        };
        match self.find(&domain, &block, fits) {
            Some(index) => {
                let result = &mut self.attempts.results[index];
                let phase = if teardown { &mut result.phases.teardown } else { &mut result.phases.setup };
                *phase = Some(Outcome::Error);
                if !result.outcome.is_failure() {
                    result.outcome = Outcome::Error;
                }
                if result.outcome == Outcome::Error && teardown {
                    // A teardown runs after a call that did not fail; whether that passed is not said here.
                    result.phases.setup.get_or_insert(Outcome::Passed);
                }
                let call_failed = result.outcome == Outcome::Failed && result.phases.call != Some(Outcome::Passed);
                self.used.insert((index, block.section));
                // The text of a failed call comes with its own block.
                if call_failed && teardown {
                    self.keep_teardown(index, block);
                } else if !call_failed {
                    self.fill(index, block);
                }
                None
            }
            None if self.may_add == MayAdd::Yes => {
                let block = Block { title: domain.clone(), ..block };
                let unmatched = self.add(block, Outcome::Error);
                let added = self.by_heading.get(&domain).and_then(|headed| headed.tests.last().copied());
                if let Some(index) = added.filter(|_| unmatched.is_none()) {
                    let phases = &mut self.attempts.results[index].phases;
                    *(if teardown { &mut phases.teardown } else { &mut phases.setup }) = Some(Outcome::Error);
                }
                unmatched
            }
            None => Some(block),
        }
    }

    /// Gives the block to a test whose outcome fits.
    fn give(&mut self, block: Block, fits: impl Fn(Outcome) -> bool) -> Option<Block> {
        match self.find(&block.title, &block, |result| fits(result.outcome)) {
            Some(index) => {
                self.used.insert((index, block.section));
                self.fill(index, block);
                None
            }
            None => Some(block),
        }
    }

    /// Returns the test with this heading that fits best: of the block's worker, else in the traceback's file, else the first in order.
    fn find(&mut self, title: &str, block: &Block, fits: impl Fn(&TestResult) -> bool) -> Option<usize> {
        let title = title.strip_prefix("[doctest] ").unwrap_or(title);
        let mut own;
        let named = if self.by_heading.contains_key(title) { None } else { Some(self.named_at_end(title)) };
        let headed = match (named, self.by_heading.get_mut(title)) {
            (None, Some(headed)) => headed,
            (named, _) => {
                own = Headed { tests: named.unwrap_or_default(), ..Headed::default() };
                &mut own
            }
        };
        let begun = headed.begun.entry(block.section).or_default();
        while headed.tests.get(*begun).is_some_and(|index| self.used.contains(&(*index, block.section))) {
            *begun += 1;
        }
        let open =
            |index: &usize| !self.used.contains(&(*index, block.section)) && fits(&self.attempts.results[*index]);
        let candidates = || headed.tests.iter().skip(*begun).copied().filter(|index| open(index));
        let first = candidates().next()?;
        if candidates().nth(1).is_none() {
            return Some(first);
        }
        let worker = block.text.strip_prefix('[').and_then(|text| text.split(']').next());
        let of_worker = |index: &usize| worker.is_some() && self.attempts.results[*index].worker.as_deref() == worker;
        if worker.is_some_and(|worker| worker.starts_with("gw"))
            && let Some(index) = candidates().find(of_worker)
        {
            return Some(index);
        }
        let in_file = |path: &str| {
            let of_name = headed.by_file.get(file_name(path))?;
            let is_there = |index: &&usize| same_file(self.attempts.results[**index].node_id.path(), path);
            of_name.iter().find(|index| open(index) && is_there(index)).copied()
        };
        // A traceback comes by few files, if by many lines.
        let mut asked: Vec<&str> = Vec::new();
        for (path, _) in blocks::locations(&block.text) {
            if asked.contains(&path) || asked.len() > MOST_FILES {
                continue;
            }
            if let Some(index) = in_file(path) {
                return Some(index);
            }
            asked.push(path);
        }
        Some(first)
    }

    /// Returns the tests whose name ends the heading: items of a plugin have headings of its own making, such as `usecase: NAME`.
    fn named_at_end(&self, title: &str) -> Vec<usize> {
        let title = title.trim_end();
        let name = |index: &usize| {
            let node_id = &self.attempts.results[*index].node_id;
            let domain = node_id.domain().filter(|_| !node_id.path().ends_with(".py"))?.trim_end();
            title.strip_suffix(domain).filter(|before| before.ends_with(' ')).map(|_| domain.len())
        };
        let named: Vec<(usize, usize)> =
            self.own_items.iter().filter_map(|index| Some((name(index)?, *index))).collect();
        let longest = named.iter().map(|(length, _)| *length).max();
        named.into_iter().filter(|(length, _)| Some(*length) == longest).map(|(_, index)| index).collect()
    }

    /// Gives the block to the subtest that its heading describes: `domain [msg] (k=v)`.
    fn subtest(&mut self, block: Block) -> Option<Block> {
        let ends = block.title.rmatch_indices([' ']).map(|(at, _)| at);
        let found = ends.filter_map(|at| Some((at, self.by_heading.get(&block.title[..at])?))).next();
        let Some((at, headed)) = found else { return Some(block) };
        let (indices, description) = (headed.tests.clone(), block.title[at + 1..].to_owned());
        for index in indices {
            let result = &mut self.attempts.results[index];
            let open = result.subtests.any_mut().into_iter().flatten().find(|subtest| {
                subtest.outcome.is_failure() && subtest.longreprtext.is_none() && subtest.description == description
            });
            if let Some(subtest) = open {
                subtest.longreprtext = Some(text_of(&block.text));
                return None;
            }
            // The summary that was asked for may show passed tests only.
            let named_by_blocks = result.subtests.iter().all(|subtest| subtest.longreprtext.is_some());
            if self.names == Names::BySummary && description.starts_with(['[', '(']) && named_by_blocks {
                result.subtests.push(Subtest {
                    description,
                    outcome: Outcome::Failed,
                    longreprtext: Some(text_of(&block.text)),
                });
                result.outcome = Outcome::Failed;
                return None;
            }
        }
        Some(block)
    }

    /// Returns the test file of a failure text: the first place of its traceback that lies in a file that ran.
    fn file_of(&self, text: &str) -> Option<String> {
        let mut paths = blocks::locations(text).map(|(path, _)| path);
        if self.files.is_empty() {
            return paths.find(|path| is_relative_test(path)).map(str::to_owned);
        }
        paths.find_map(|path| {
            let of_name = self.files_by_name.get(file_name(path))?;
            of_name.iter().find(|file| same_file(file, path)).map(|file| (*file).to_owned())
        })
    }

    /// Makes the test of a block: the file is the traceback's, the rest the heading's.
    fn add(&mut self, block: Block, outcome: Outcome) -> Option<Block> {
        let path = self.file_of(&block.text);
        let Some(path) = path else { return Some(block) };
        let (domain, description) = split_description(&block.title);
        let node_id = format!("{path}::{}", domain_of(domain));
        let latest = self.attempts.latest(&node_id);
        let index = match latest.filter(|index| self.attempts.results[*index].outcome != Outcome::Rerun) {
            Some(index) => {
                let result = &mut self.attempts.results[index];
                if outcome == Outcome::Failed && description.is_none() && result.outcome == Outcome::Error {
                    // Its teardown broke as well, and ERRORS stand before FAILURES.
                    result.outcome = Outcome::Failed;
                    result.phases.call = Some(Outcome::Failed);
                    result.longreprtext = None;
                }
                index
            }
            None => {
                let attempt = latest.map_or(1, |index| self.attempts.results[index].attempt.saturating_add(1));
                let mut result = TestResult { attempt, ..TestResult::new(node_id, outcome) };
                result.node_id_certainty = NodeIdCertainty::Inferred;
                let index = self.attempts.push(result);
                self.index(domain.to_owned(), index);
                index
            }
        };
        match description {
            Some(description) => self.attempts.results[index].subtests.push(Subtest {
                description: description.to_owned(),
                outcome,
                longreprtext: Some(text_of(&block.text)),
            }),
            None => {
                self.used.insert((index, block.section));
                self.fill(index, block);
            }
        }
        None
    }

    /// Pairs blocks whose headings name no test with the failed tests that have no text, where there are as many of each: both stand in
    /// the order of the reports.
    fn assign_by_order(&mut self, blocks: &[Block]) {
        for (section, wanted) in [(Section::Failures, Outcome::Failed), (Section::Errors, Outcome::Error)] {
            let blocks: Vec<Block> = blocks.iter().filter(|block| block.section == section).cloned().collect();
            if blocks.is_empty() {
                continue;
            }
            let open: Vec<usize> = (0..self.attempts.results.len())
                .filter(|index| {
                    let result = &self.attempts.results[*index];
                    result.outcome == wanted && result.longreprtext.is_none() && result.subtests.is_empty()
                })
                .collect();
            if blocks.len() == open.len() {
                for (index, block) in open.into_iter().zip(blocks) {
                    self.fill(index, block);
                }
            }
        }
    }

    /// Keeps what is said of a teardown that broke after its test had failed: its text, and the output that the test's own block has not.
    fn keep_teardown(&mut self, index: usize, block: Block) {
        let properties = &mut self.attempts.results[index].properties;
        let text = text_of(&block.text);
        if !text.is_empty() {
            properties.insert(TEARDOWN_TEXT.to_owned(), text);
        }
        for (title, text) in block.captured.into_iter().filter(|(title, _)| title.ends_with(" teardown")) {
            properties.insert(format!("section.{title}"), text);
        }
    }

    fn fill(&mut self, index: usize, block: Block) {
        let result = &mut self.attempts.results[index];
        // The summary's word for a strict xpass is its whole text, but for what xdist puts before it.
        let from_summary = result.longreprtext.as_ref().is_some_and(|text| text.starts_with("[XPASS(strict)]"));
        if (result.longreprtext.is_none() || from_summary)
            && !matches!(block.section, Section::Passes | Section::Xpasses)
        {
            let text = block.text.trim_end_matches('\n');
            result.longreprtext = (!text.is_empty()).then(|| Text::from(text));
        }
        let empty = result.capstdout.is_none() && result.capstderr.is_none() && result.caplog.is_none();
        if empty {
            let (mut out, mut err, mut log) = (None, None, None);
            for (title, text) in block.captured {
                let field: &mut Option<String> = match title.split(' ').nth(1) {
                    Some("stdout") => &mut out,
                    Some("stderr") => &mut err,
                    Some("log") => &mut log,
                    _ => {
                        result.properties.insert(format!("section.{title}"), text);
                        continue;
                    }
                };
                field.get_or_insert_default().push_str(&text);
            }
            result.capstdout = out.map(Text::from);
            result.capstderr = err.map(Text::from);
            result.caplog = log.map(Text::from);
        }
    }
}

/// Returns a block's text as pytest's `longreprtext` has it: without the line end behind it.
fn text_of(text: &str) -> String {
    text.trim_end_matches('\n').to_owned()
}
