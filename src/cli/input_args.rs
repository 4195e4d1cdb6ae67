//! How inputs are found and taken: arguments that every reading command shares.

use std::io;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::FixedOffset;

use super::environment::Environment;
use super::error::CommandError;
use super::grammar_files::GrammarArgs;
use super::group_args::GroupArgs;
use super::source_tree::SourceTree;
use super::ui::Ui;
use super::values;
use crate::formats::{KnownPaths, ReadOptions};
use crate::ingest::{Glob, Grouping, IngestOptions, InputOptions, InputSpec, Limits, Recursion};
use crate::model::Format;

/// How to find and take the inputs.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Input options")]
pub(crate) struct InputArgs {
    /// Read everything below directories; files that are no reports are passed over.
    #[arg(long, short)]
    recursive: bool,
    /// Below directories and in archives, read only files that match; may be given more than once.
    #[arg(long, value_name = "GLOB")]
    include: Vec<Glob>,
    /// Below directories and in archives, leave out what matches; may be given more than once.
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<Glob>,
    /// Take every input for a console log.
    #[arg(long, conflicts_with = "input_format")]
    terminal: bool,
    /// Take every input for this format, whatever its content.
    #[arg(long, value_name = "FORMAT", value_parser = values::input_format())]
    input_format: Option<Format>,
    /// The offset from UTC of times that carry none, such as +02:00; they are unknown without it.
    #[arg(long, value_name = "OFFSET", value_parser = values::time_zone, allow_hyphen_values = true)]
    tz: Option<FixedOffset>,
    /// The root of the source tree that was tested: its files help to recover node ids from formats that do not carry them.
    #[arg(long, value_name = "DIR")]
    rootdir: Option<PathBuf>,
    #[command(flatten)]
    grammars: GrammarArgs,
    /// The most bytes that one file may have, after decompression, such as 500MB; larger files are unreadable.
    #[arg(long, value_name = "SIZE", value_parser = values::size)]
    max_file_size: Option<u64>,
    /// How many inputs to read at the same time; as many as there are cores without it.
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    #[command(flatten)]
    group: GroupArgs,
}

/// How many bytes of texts of one report are kept whole, of those that no temporary file can hold.
const WHOLE_TEXTS: usize = 32 << 20;

impl InputArgs {
    /// Returns what the readers are told; `timezone` is the project's.
    pub(crate) fn options(
        &self,
        ui: &Ui,
        environment: &Environment,
        timezone: Option<FixedOffset>,
        grouping: Grouping,
    ) -> Result<IngestOptions, CommandError> {
        let defaults = IngestOptions::default();
        let expected = self.group.expected(ui)?;
        let known_node_ids = expected.tests.as_ref().map(|tests| Arc::new(tests.node_ids().iter().cloned().collect()));
        let read = ReadOptions {
            timezone: self.tz.or(timezone),
            known_paths: self.source_tree()?,
            known_node_ids,
            grammars: self.grammars.overlaid(ui, environment)?,
            whole_texts: Some(WHOLE_TEXTS),
            overflow: Some(environment.temporary_directory()),
            ..ReadOptions::default()
        };
        Ok(IngestOptions {
            input: InputOptions {
                format: if self.terminal { Some(Format::Terminal) } else { self.input_format },
                read,
            },
            recursion: if self.recursive { Recursion::Walk } else { Recursion::Refuse },
            include: self.include.clone(),
            exclude: self.exclude.clone(),
            jobs: self.jobs.unwrap_or(defaults.jobs),
            limits: Limits {
                max_file_bytes: self.max_file_size.unwrap_or(defaults.limits.max_file_bytes),
                ..defaults.limits
            },
            grouping: self.group.grouping(grouping)?,
            expected,
            ..defaults
        })
    }

    fn source_tree(&self) -> Result<Option<Arc<dyn KnownPaths>>, CommandError> {
        let Some(root) = &self.rootdir else { return Ok(None) };
        if !root.is_dir() {
            return Err(CommandError::usage(format!("--rootdir {}: no such directory", root.display()))
                .with_hint("name the directory below which the tests lay when they ran"));
        }
        Ok(Some(Arc::new(SourceTree::new(root.clone()))))
    }
}

/// Returns the inputs that were named; `-` is standard input.
pub(crate) fn input_specs(paths: &[PathBuf]) -> Result<Vec<InputSpec>, CommandError> {
    if paths.iter().filter(|path| path.as_os_str() == "-").count() > 1 {
        return Err(CommandError::usage("standard input can be read once only, but '-' is given more than once"));
    }
    let spec = |path: &PathBuf| match path.as_os_str() == "-" {
        true => InputSpec::Stream { name: None, reader: Box::new(io::stdin()) },
        false => InputSpec::Path(path.clone()),
    };
    Ok(paths.iter().map(spec).collect())
}
