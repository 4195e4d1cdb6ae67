//! `insight grammar`: the console dialects that are known, and how to add one.

use std::fs::File;
use std::io::{self, BufReader, Read as _};
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::environment::Environment;
use super::error::{CommandError, CommandResult};
use super::exit::ExitStatus;
use super::grammar_files::{self, GrammarArgs};
use super::ui::Ui;
use crate::diagnostic::{Diagnostic, Severity};
use crate::formats;
use crate::grammar::{self, Dialect, Library, Origin};

/// Show, check and start grammars: what a plugin or CI system prints, as data.
///
/// A grammar file tells insight how to read the lines of one tool. docs/grammars.md says how to write one.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  insight grammar list\n  insight grammar new --from build.log > .insight/grammars/ours.toml\n  insight grammar check .insight/grammars/ours.toml"
)]
pub(crate) struct GrammarCommandArgs {
    #[command(subcommand)]
    command: GrammarCommand,
}

#[derive(Debug, Subcommand)]
enum GrammarCommand {
    /// List the grammars in the order in which they are tried.
    List {
        #[command(flatten)]
        grammars: GrammarArgs,
    },
    /// Print a grammar file.
    Show {
        /// The name of a grammar, as `list` has it.
        name: String,
        #[command(flatten)]
        grammars: GrammarArgs,
    },
    /// Check grammar files against rules G1 to G7; exit code 1 where one is broken.
    Check {
        /// Grammar files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Print a first grammar for the result lines of a log that nothing knows, to be edited.
    New {
        /// The log.
        #[arg(long, value_name = "LOG")]
        from: PathBuf,
        /// The name of the grammar; the log's, without its ending, where none is given.
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
    },
}

pub(crate) fn run(ui: &Ui, environment: &Environment, args: &GrammarCommandArgs) -> CommandResult {
    match &args.command {
        GrammarCommand::List { grammars } => list(ui, &library(ui, environment, grammars)?),
        GrammarCommand::Show { name, grammars } => show(ui, &library(ui, environment, grammars)?, name),
        GrammarCommand::Check { files } => check(ui, files),
        GrammarCommand::New { from, name } => new(ui, from, name.as_deref()),
    }
}

fn library(ui: &Ui, environment: &Environment, grammars: &GrammarArgs) -> Result<Library, CommandError> {
    let parsed = grammars.library(environment)?;
    for diagnostic in &parsed.diagnostics {
        ui.warning(line(diagnostic));
    }
    Ok(parsed.value)
}

fn list(ui: &Ui, library: &Library) -> CommandResult {
    let styles = ui.styles();
    let width = library.dialects().iter().map(|dialect| dialect.name().len()).max().unwrap_or_default();
    ui.answer(|out| {
        for dialect in library.dialects() {
            let (name, bold) = (dialect.name(), styles.name);
            writeln!(out, "{bold}{name:<width$}{bold:#}  {}{}", dialect.title(), origin(dialect))?;
        }
        Ok(())
    })?;
    Ok(ExitStatus::Done)
}

fn origin(dialect: &Dialect) -> String {
    match dialect.origin() {
        Origin::BuiltIn => String::new(),
        Origin::File(file) => format!(" ({file})"),
        Origin::Overlaid(file) => format!(" (built in, with {file} laid over it)"),
    }
}

fn show(ui: &Ui, library: &Library, name: &str) -> CommandResult {
    let Some(dialect) = library.dialect(name) else {
        let names: Vec<&str> = library.dialects().iter().map(Dialect::name).collect();
        let error = CommandError::usage(format!("there is no grammar `{name}`"));
        return Err(error.with_hint(format!("known are: {}", names.join(", "))));
    };
    let text = match dialect.origin() {
        Origin::BuiltIn => grammar::built_in_text(name).unwrap_or_default().to_owned(),
        Origin::File(file) | Origin::Overlaid(file) => grammar_files::read(Path::new(file))?,
    };
    ui.answer(|out| out.write_all(text.as_bytes()))?;
    Ok(ExitStatus::Done)
}

fn check(ui: &Ui, files: &[PathBuf]) -> CommandResult {
    let mut status = ExitStatus::Done;
    for path in files {
        let file = path.display().to_string();
        let checked = grammar::check(&file, &grammar_files::read(path)?);
        if checked.value.is_none() {
            status = ExitStatus::GateClosed;
        }
        ui.answer(|out| {
            for diagnostic in &checked.diagnostics {
                writeln!(out, "{}", line(diagnostic))?;
                if let Some(help) = &diagnostic.help {
                    writeln!(out, "  help: {help}")?;
                }
            }
            match &checked.value {
                Some(dialect) => writeln!(out, "{file}: {}", summary(dialect)),
                None => writeln!(out, "{file}: not usable"),
            }
        })?;
    }
    Ok(status)
}

fn new(ui: &Ui, log: &Path, name: Option<&str>) -> CommandResult {
    let text = log_text(log)?;
    let lines: Vec<&str> = text.lines().map(|line| line.rsplit('\r').next().unwrap_or(line)).collect();
    let lines: Vec<String> = Library::built_in()
        .without_prefixes(&lines)
        .iter()
        .map(|line| anstream::adapter::strip_str(line).to_string())
        .collect();
    let stem = log.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    match grammar::propose(name.unwrap_or(&stem), lines.iter().map(String::as_str)) {
        Some(grammar) => ui.answer(|out| out.write_all(grammar.as_bytes()))?,
        None => ui.status("no line that looks like a result is unknown: there is nothing to propose"),
    }
    Ok(ExitStatus::Done)
}

fn log_text(log: &Path) -> Result<String, CommandError> {
    let failed = |error| CommandError::usage(LogError { path: log.to_owned(), error });
    let mut bytes = Vec::new();
    formats::decoded(BufReader::new(File::open(log).map_err(failed)?)).read_to_end(&mut bytes).map_err(failed)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A log that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("failed to read {path}", path = path.display())]
struct LogError {
    path: PathBuf,
    #[source]
    error: io::Error,
}

fn summary(dialect: &Dialect) -> String {
    format!(
        "fine: {} line patterns, {} headings, {} prefixes, {} samples",
        dialect.lines().len(),
        dialect.sections().len(),
        dialect.prefixes().len(),
        dialect.samples().len()
    )
}

/// `FILE:LINE: error[code]: message`, which editors know how to follow.
fn line(diagnostic: &Diagnostic) -> String {
    let file = diagnostic.location.file.as_deref().unwrap_or_default();
    let place = diagnostic.location.line.map_or_else(|| file.to_owned(), |line| format!("{file}:{line}"));
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    format!("{place}: {severity}[{}]: {}", diagnostic.code, diagnostic.message)
}
