//! `insight parse`: reports in, the session document out. Needs no history.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use chrono::FixedOffset;

use super::environment::Environment;
use super::error::{CommandError, CommandResult};
use super::exit::ExitStatus;
use super::ui::Ui;
use super::values;
use crate::diagnostic::{Diagnostic, Severity};
use crate::formats::ReadOptions;
use crate::ingest::{InputError, InputOptions, ReadInput, read_path, read_stream};
use crate::model::Format;
use crate::render::{SessionDocumentWriter, write_session_line};

/// Read reports of any format and print their sessions as JSON.
///
/// The format of each file is told by its content: JUnit XML, pytest-json-report, pytest-reportlog, CTRF, or a console log.
/// Nothing is stored. The document is `insight.sessions/1`; what could not be read is named in its `diagnostics`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  insight parse out.xml\n  pytest -v | insight parse - --terminal\n  insight parse *.log --format jsonl | jq .totals"
)]
pub(crate) struct ParseArgs {
    /// Reports or console logs; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    input: InputArgs,
    /// How to print the sessions.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: DocumentFormat,
}

/// How to take the inputs.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Input options")]
pub(crate) struct InputArgs {
    /// Take every input for a console log.
    #[arg(long, conflicts_with = "input_format")]
    terminal: bool,
    /// Take every input for this format, whatever its content.
    #[arg(long, value_name = "FORMAT", value_parser = values::input_format())]
    input_format: Option<Format>,
    /// The offset from UTC of times that carry none, such as +02:00; unknown without it.
    #[arg(long, value_name = "OFFSET", value_parser = values::time_zone, allow_hyphen_values = true)]
    tz: Option<FixedOffset>,
}

impl InputArgs {
    /// Returns what the readers are told.
    pub(crate) fn options(&self) -> InputOptions {
        InputOptions {
            format: if self.terminal { Some(Format::Terminal) } else { self.input_format },
            read: ReadOptions { timezone: self.tz },
        }
    }
}

/// The forms of the session document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum DocumentFormat {
    /// One document.
    #[default]
    Json,
    /// One session a line; what there is to say about the inputs goes to standard error.
    Jsonl,
}

pub(crate) fn run(ui: &Ui, _environment: &Environment, args: &ParseArgs) -> CommandResult {
    let stdin_named = args.files.iter().filter(|path| is_stdin(path)).count();
    if stdin_named > 1 {
        return Err(CommandError::usage("standard input can be read once only, but '-' is given more than once"));
    }
    let unreadable = ui.answer(|out| match args.format {
        DocumentFormat::Json => print_document(ui, args, out),
        DocumentFormat::Jsonl => print_lines(ui, args, out),
    })?;
    Ok(if unreadable > 0 { ExitStatus::Partial } else { ExitStatus::Done })
}

/// Prints one document and returns how many inputs gave no session.
fn print_document(ui: &Ui, args: &ParseArgs, out: &mut dyn Write) -> io::Result<usize> {
    let mut writer = SessionDocumentWriter::new(out)?;
    let mut unreadable = 0;
    for path in &args.files {
        let taken = take(path, &args.input.options());
        if let Some(read) = &taken.read {
            read.parsed.value.iter().try_for_each(|session| writer.session(session))?;
            writer.diagnostics(&read.parsed.diagnostics);
        }
        if let Some(fault) = &taken.fault {
            unreadable += 1;
            say(ui, fault);
            writer.diagnostics([fault]);
        }
    }
    writer.finish()?;
    Ok(unreadable)
}

/// Prints one session a line and returns how many inputs gave none.
fn print_lines(ui: &Ui, args: &ParseArgs, out: &mut dyn Write) -> io::Result<usize> {
    let mut unreadable = 0;
    for path in &args.files {
        let taken = take(path, &args.input.options());
        if let Some(read) = &taken.read {
            for session in &read.parsed.value {
                write_session_line(&mut *out, session)?;
            }
            read.parsed.diagnostics.iter().for_each(|diagnostic| say(ui, diagnostic));
        }
        if let Some(fault) = &taken.fault {
            unreadable += 1;
            say(ui, fault);
        }
    }
    Ok(unreadable)
}

/// One input, and why it gave no session where it gave none.
struct Taken {
    read: Option<ReadInput>,
    fault: Option<Diagnostic>,
}

fn take(path: &Path, options: &InputOptions) -> Taken {
    let name = if is_stdin(path) { None } else { Some(path.display().to_string()) };
    let read = match &name {
        None => read_stream(io::stdin().lock(), None, options),
        Some(_) => read_path(path, options),
    };
    let (read, fault) = match read {
        Ok(read) if read.parsed.value.is_empty() => {
            let fault =
                Diagnostic::error("input-no-session", format!("no test session found; read as {}", read.format));
            (Some(read), Some(fault))
        }
        Ok(read) => (Some(read), None),
        Err(error) => (None, Some(fault_of(&error))),
    };
    let place = |fault: Diagnostic| match &name {
        Some(name) => fault.in_file(name.clone()),
        None => fault,
    };
    Taken { read, fault: fault.map(place) }
}

fn fault_of(error: &InputError) -> Diagnostic {
    match error {
        InputError::Io(error) => Diagnostic::error("input-unreadable", error.to_string()),
        InputError::Directory => Diagnostic::error("input-directory", error.to_string())
            .with_help("name the files in it; only `ingest -r` walks directories"),
        InputError::NotAReport => Diagnostic::error("input-not-a-report", error.to_string())
            .with_help("--input-format FORMAT takes it for that format nevertheless"),
    }
}

fn say(ui: &Ui, diagnostic: &Diagnostic) {
    let place = &diagnostic.location;
    let mut text = place.file.clone().unwrap_or_else(|| "standard input".to_owned());
    if let Some(line) = place.line {
        text.push_str(&format!(":{line}"));
    }
    text.push_str(": ");
    text.push_str(&diagnostic.message);
    match diagnostic.severity {
        Severity::Error => ui.error(text),
        Severity::Warning => ui.warning(text),
        Severity::Note => ui.status(text),
    }
    if let Some(help) = &diagnostic.help {
        ui.hint(help);
    }
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}
