//! `insight history export` and `insight history import`.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::cli::environment::Environment;
use crate::cli::error::{CommandError, CommandResult};
use crate::cli::exit::ExitStatus;
use crate::cli::history_args::{HistoryArgs, project_config};
use crate::cli::output_args::{OutputArgs, ZoneArgs};
use crate::cli::progress::Progress;
use crate::cli::question_args::SessionArgs;
use crate::cli::ui::Ui;
use crate::render::{OutputFormat, write_answer};
use crate::service::{ExportError, ExportReport, ExportTarget, ImportError, export_history, import_history};
use crate::store::{Access, HistoryStore, SessionFilter};

/// The forms of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ExportFormat {
    /// One JSON object a line: everything, for `insight history import`.
    Jsonl,
    /// Parquet files in a directory, with the history's columns.
    Parquet,
    /// One comma-separated record a result, for spreadsheets.
    Csv,
}

/// Write the history out: to move it, to keep it, or to look at it with something else.
///
/// Equal histories make equal bytes. For a plain copy, `insight history backup` is quicker; other engines can read the history as it lies.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  insight history export > history.jsonl
  insight history export --format csv --sut checkout-api --time 30d -o results.csv
  insight history export --format parquet -o export/
  insight history export | ssh host insight history import -")]
pub(crate) struct HistoryExportArgs {
    /// In which form.
    #[arg(long, value_enum, default_value = "jsonl", value_name = "FORMAT")]
    format: ExportFormat,
    /// Where to: a file, which is not overwritten, or, for parquet, an absent or empty directory; without it, standard output.
    #[arg(long, short, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Only sessions of this system under test.
    #[arg(long, value_name = "NAME", help_heading = "Filters")]
    sut: Option<String>,
    #[command(flatten)]
    sessions: SessionArgs,
    #[command(flatten)]
    history: HistoryArgs,
    #[command(flatten)]
    zone: ZoneArgs,
}

pub(crate) fn run_export(ui: &Ui, environment: &Environment, args: &HistoryExportArgs) -> CommandResult {
    let config = project_config(environment)?;
    let store = args.history.open(environment, &config, Access::Read)?;
    let window = args.sessions.window(environment, &args.zone);
    let filter =
        SessionFilter { sut: args.sut.clone(), since: window.from, until: window.until, tags: args.sessions.tags() };
    let mut progress = Progress::begin(ui);
    let observe = &mut |far: &ExportReport| {
        progress.say(|| format!("{} sessions, {} results", far.sessions, far.results));
    };
    let report = match (args.format, &args.output) {
        (ExportFormat::Parquet, None) => {
            return Err(CommandError::usage("Parquet files need a directory").with_hint("name one with --output DIR"));
        }
        (ExportFormat::Parquet, Some(path)) => {
            export_history(&store, &filter, ExportTarget::Parquet(path), observe).map_err(CommandError::from)
        }
        (ExportFormat::Jsonl, Some(path)) => {
            to_file(path, |out| export_history(&store, &filter, ExportTarget::Lines(out), observe))
        }
        (ExportFormat::Csv, Some(path)) => {
            to_file(path, |out| export_history(&store, &filter, ExportTarget::Csv(out), observe))
        }
        (ExportFormat::Jsonl, None) => ui.answer_in(OutputFormat::Jsonl, |out| {
            Ok(export_history(&store, &filter, ExportTarget::Lines(out), observe)?)
        }),
        (ExportFormat::Csv, None) => {
            ui.answer_in(OutputFormat::Csv, |out| Ok(export_history(&store, &filter, ExportTarget::Csv(out), observe)?))
        }
    };
    progress.end();
    say(ui, &args.zone, &report?);
    Ok(ExitStatus::Done)
}

/// Says what was exported where it does not mix with the export itself.
fn say(ui: &Ui, zone: &ZoneArgs, report: &ExportReport) {
    let mut text = Vec::new();
    // A vector takes everything.
    let _ = write_answer(&mut text, report, OutputFormat::Table, &zone.layout(ui));
    ui.status(String::from_utf8_lossy(&text).trim_end());
}

/// Writes an export to a file that is not there yet. What could not be finished does not stay.
fn to_file(
    path: &Path,
    export: impl FnOnce(&mut dyn Write) -> Result<ExportReport, ExportError>,
) -> Result<ExportReport, CommandError> {
    let file = File::create_new(path).map_err(|error| {
        let failed = CommandError::output_file(path, &error);
        let is_there = error.kind() == io::ErrorKind::AlreadyExists;
        if is_there { failed.with_hint("nothing is overwritten: name another file") } else { failed }
    })?;
    let mut out = BufWriter::new(file);
    let exported = export(&mut out).map_err(CommandError::from).and_then(|report| {
        let flushed = out.into_inner().map_err(io::IntoInnerError::into_error).and_then(|file| file.sync_all());
        flushed.map(|()| report).map_err(|error| CommandError::output_file(path, &error))
    });
    if exported.is_err() {
        // Best effort: the error that is reported matters more.
        let _ = std::fs::remove_file(path);
    }
    exported
}

impl From<ExportError> for CommandError {
    fn from(error: ExportError) -> CommandError {
        match error {
            ExportError::Store(error) => error.into(),
            ExportError::Write(error) => CommandError::output(error),
        }
    }
}

/// Take in what `insight history export` wrote, or sessions as `insight parse --format jsonl` prints them.
///
/// What the history has already is not added again: an import that was cut short is completed by the same command.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  insight history import history.jsonl
  zstdcat history.jsonl.zst | insight history import - --history /srv/history")]
pub(crate) struct HistoryImportArgs {
    /// The export; `-` is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    history: HistoryArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(crate) fn run_import(ui: &Ui, environment: &Environment, args: &HistoryImportArgs) -> CommandResult {
    let config = project_config(environment)?;
    let unreadable = |error: io::Error| CommandError::usage(format!("failed to read {}: {error}", args.file.display()));
    let mut input: BufReader<Box<dyn io::Read>> = if args.file.as_os_str() == "-" {
        BufReader::new(Box::new(io::stdin().lock()))
    } else {
        BufReader::new(Box::new(File::open(&args.file).map_err(unreadable)?))
    };
    let mut store: HistoryStore = args.history.open(environment, &config, Access::Write)?;
    let mut progress = Progress::begin(ui);
    let report = import_history(&mut store, &mut input, environment.now(), &mut |far| {
        progress.say(|| format!("{} sessions added, {} there already", far.added, far.already));
    });
    progress.end();
    let report = report.map_err(|error| match error {
        ImportError::Store(error) => CommandError::from(error)
            .with_hint("what was committed stays; the same command adds the rest, and nothing twice"),
        ImportError::Read(error) => unreadable(error),
        error @ ImportError::NotAnExport { .. } => {
            CommandError::usage(error).with_hint("reports and logs are taken in by `insight ingest`")
        }
    })?;
    args.output.print(ui, &report)?;
    Ok(if report.problems.is_empty() { ExitStatus::Done } else { ExitStatus::Partial })
}
