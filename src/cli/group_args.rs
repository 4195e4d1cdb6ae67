//! Which files are of one run, and what a run should consist of.

use std::fs;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use super::error::CommandError;
use super::ui::Ui;
use crate::diagnostic::Severity;
use crate::ingest::{Expected, ExpectedTests, Grouping, PathPattern};

/// Which files are of one run, and what a run should consist of.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Run options")]
pub(crate) struct GroupArgs {
    /// Which files are of one run: `none`, `same-run` (files of one directory whose tests, outcomes and times prove it), `dir` (all files of a
    /// directory), or an expression: files whose path gives the same groups.
    #[arg(long, value_name = "HOW", value_parser = grouping, allow_hyphen_values = true)]
    group_by: Option<Grouping>,
    /// Take all inputs for files of one run.
    #[arg(long, conflicts_with = "group_by")]
    one_session: bool,
    /// How many shards a run has; a run of fewer is incomplete.
    #[arg(long, value_name = "N")]
    expect_shards: Option<NonZeroU32>,
    /// The tests a run has, as written by `pytest --collect-only -q`; a run that lacks one is incomplete. They also help to recover node ids.
    #[arg(long, value_name = "FILE")]
    expect_tests: Option<PathBuf>,
}

impl GroupArgs {
    /// Returns which files are of one run.
    pub(crate) fn grouping(&self, default: Grouping) -> Result<Grouping, CommandError> {
        if self.one_session {
            // An expression that gives all paths the same, empty, key.
            return PathPattern::new("^").map(Grouping::Path).map_err(CommandError::usage);
        }
        Ok(self.group_by.clone().unwrap_or(default))
    }

    /// Returns what a run should consist of.
    pub(crate) fn expected(&self, ui: &Ui) -> Result<Expected, CommandError> {
        let tests = self.expect_tests.as_deref().map(|path| expected_tests(ui, path)).transpose()?;
        Ok(Expected { shards: self.expect_shards, tests })
    }
}

fn grouping(text: &str) -> Result<Grouping, String> {
    match text {
        "none" => Ok(Grouping::Apart),
        "same-run" => Ok(Grouping::SameRun),
        "dir" => Ok(Grouping::Directory),
        pattern => PathPattern::new(pattern).map(Grouping::Path).map_err(|error| error.to_string()),
    }
}

/// Reads a list of tests. One without any would make every run complete, so it is an error.
fn expected_tests(ui: &Ui, path: &Path) -> Result<ExpectedTests, CommandError> {
    let shown = path.display();
    let bytes = fs::read(path).map_err(|error| CommandError::usage(format!("failed to read {shown}: {error}")))?;
    let parsed = ExpectedTests::parse(&String::from_utf8_lossy(&bytes));
    for diagnostic in parsed.diagnostics {
        if diagnostic.severity == Severity::Error {
            let error = CommandError::usage(format!("{shown}: {}", diagnostic.message));
            return Err(diagnostic.help.into_iter().fold(error, CommandError::with_hint));
        }
        ui.diagnostic(&diagnostic.in_file(shown.to_string()));
    }
    Ok(parsed.value)
}
