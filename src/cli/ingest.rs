//! `insight ingest`: reports into the history.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::thread;

use chrono::{DateTime, Utc};
use clap::ValueEnum;
use clap::builder::PossibleValue;

use super::config::Config;
use super::environment::Environment;
use super::error::{CommandError, CommandResult};
use super::exit::ExitStatus;
use super::history_args::{HistoryArgs, project_config};
use super::identity_args::IdentityArgs;
use super::input_args::{InputArgs, input_specs};
use super::output_args::OutputArgs;
use super::progress::Progress;
use super::ui::Ui;
use super::values;
use crate::ingest::{Grouping, IngestOptions, Redaction, Redactor, Undated, ci_facts, count_inputs};
use crate::render::{Answer as _, OutputFormat};
use crate::service::{self, ConflictPolicy, Destination, FileFate, FileRecord, IngestPlan, IngestReport};
use crate::store::Access;

/// Read reports of any format and file their sessions in the history.
///
/// A report that is in the history already is not added again, under whatever name it comes: run the same command as often as you
/// like. A file that cannot be read never stops the others; it is named, and the exit code is 3. Secrets are masked.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  pytest --junitxml=out.xml; insight ingest out.xml --sut checkout-api
  insight ingest --terminal log.txt --sut checkout-api --tag branch=main
  insight ingest -r ci-artifacts/ --sut-from 'artifacts/(?P<sut>[^/]+)/' --dry-run
  curl -s $URL | insight ingest - --sut checkout-api")]
pub(crate) struct IngestArgs {
    /// Reports, console logs, archives of them, or, with -r, directories; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    identity: IdentityArgs,
    /// When sessions began that do not say so (RFC 3339).
    #[arg(long, value_name = "TIME", value_parser = values::moment, help_heading = "Identity options")]
    start_time: Option<DateTime<Utc>>,
    /// Take the time at which a file was last written for the end of a session that has no time.
    #[arg(long, help_heading = "Identity options")]
    file_times: bool,
    #[command(flatten)]
    input: InputArgs,
    /// Keep secrets as they are.
    #[arg(long, help_heading = "Input options")]
    no_redact: bool,
    /// What to do with a session that tells of a run of which the history has another account, with other content.
    #[arg(long, value_enum, default_value_t, value_name = "POLICY", help_heading = "History options")]
    on_conflict: ConflictPolicy,
    /// Say what would be added, and add nothing.
    #[arg(long, help_heading = "History options")]
    dry_run: bool,
    #[command(flatten)]
    history: HistoryArgs,
    /// Write what became of every file to this file, as JSON.
    #[arg(long, value_name = "FILE", help_heading = "Output options")]
    report: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
}

impl ValueEnum for ConflictPolicy {
    fn value_variants<'a>() -> &'a [ConflictPolicy] {
        &ConflictPolicy::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.as_str()).help(match self {
            ConflictPolicy::Keep => {
                "the one that is there stays, and the new one is left out; but a whole one takes the place of a cut one"
            }
            ConflictPolicy::Replace => "the new one takes its place, and says so in its tag `replaces`",
            ConflictPolicy::Both => "both count, and the new one says so in its tag `conflicts_with`",
        }))
    }
}

pub(crate) fn run(ui: &Ui, environment: &Environment, args: &IngestArgs) -> CommandResult {
    let config = project_config(environment)?;
    let options = options(ui, environment, &config, args)?;
    // A report that cannot be written is a mistake to hear of before hours of reading.
    let report_file = args.report.as_deref().map(ReportFile::create).transpose()?;
    let plan = IngestPlan { inputs: input_specs(&args.files)?, options, on_conflict: args.on_conflict };
    let report = if args.dry_run {
        let store = args.history.open_if_there(environment, &config)?;
        ingest(ui, environment, args, plan, Destination::Nowhere(store.as_ref()))?
    } else {
        let mut store = args.history.open(environment, &config, Access::Write)?;
        ingest(ui, environment, args, plan, Destination::History(&mut store))?
    };
    // The summary for people is status: `--quiet` silences it. Whoever asks for JSON wants it.
    if !(ui.is_quiet() && args.output.format == OutputFormat::Table) {
        args.output.print(ui, &report)?;
    }
    if let Some(file) = report_file {
        file.write(&report)?;
    }
    if !report.found_sessions() {
        if report.files.iter().any(|file| file.fate() == FileFate::WithoutSut) {
            ui.warning("no session was ingested: nothing says which system under test they are of");
            ui.hint("name it with --sut NAME, or with --sut-from if the files' paths or tags tell it");
        } else {
            ui.warning("no test session was found in any input");
        }
    }
    let partial = !report.found_sessions() || report.files.iter().any(FileRecord::is_problem);
    if partial && ui.is_quiet() {
        name_problems(ui, &report);
    }
    Ok(if partial { ExitStatus::Partial } else { ExitStatus::Done })
}

fn options(
    ui: &Ui,
    environment: &Environment,
    config: &Config,
    args: &IngestArgs,
) -> Result<IngestOptions, CommandError> {
    let redaction = match (args.no_redact, config.secrets.is_empty()) {
        (true, _) => Redaction::Off,
        (false, true) => Redaction::default(),
        (false, false) => Redaction::On(Arc::new(Redactor::new(config.secrets.clone()))),
    };
    Ok(IngestOptions {
        identity: args.identity.rules(environment, config)?,
        facts: ci_facts(&|name| environment.variable(name).map(str::to_owned)),
        start_time: args.start_time,
        undated: if args.file_times { Undated::ByFileTime } else { Undated::Keep },
        redaction,
        ..args.input.options(ui, environment, config.timezone, Grouping::SameRun)?
    })
}

fn ingest(
    ui: &Ui,
    environment: &Environment,
    args: &IngestArgs,
    plan: IngestPlan,
    destination: Destination<'_>,
) -> Result<IngestReport, CommandError> {
    let mut progress = Progress::begin(ui);
    let all = if progress.is_silent() { Arc::default() } else { counted(args, &plan.options) };
    let report = service::ingest(plan, destination, environment.now(), &mut |far| {
        progress.say_inputs(far.inputs, all.get().copied(), || {
            format!("{} files, {} MB, {} sessions", far.files, far.bytes / 1_000_000, far.sessions)
        });
    });
    progress.end();
    report.map_err(|error| {
        CommandError::from(error)
            .with_hint("what was committed stays; the same command adds the rest, and nothing twice")
    })
}

/// Counts the inputs while the first are being read; unknown until that is done, and where one is a stream.
fn counted(args: &IngestArgs, options: &IngestOptions) -> Arc<OnceLock<u64>> {
    let all = Arc::new(OnceLock::new());
    if args.files.iter().all(|file| file.as_os_str() != "-") {
        let (place, paths, options) = (Arc::clone(&all), args.files.clone(), options.clone());
        // Nobody waits for it: a command that is done sooner did not need to know.
        thread::spawn(move || place.set(count_inputs(paths, &options)));
    }
    all
}

/// Names on standard error what the silenced summary would have named.
fn name_problems(ui: &Ui, report: &IngestReport) {
    for file in report.files.iter().filter(|file| file.is_problem()) {
        ui.error(format!("{}: {}", file.path, file.reason().unwrap_or_default()));
    }
}

/// The file for the report, opened before there is one.
struct ReportFile<'a> {
    path: &'a Path,
    file: File,
}

impl ReportFile<'_> {
    fn create(path: &Path) -> Result<ReportFile<'_>, CommandError> {
        let file = File::create(path).map_err(|error| CommandError::output_file(path, &error))?;
        Ok(ReportFile { path, file })
    }

    fn write(self, report: &IngestReport) -> Result<(), CommandError> {
        let mut out = BufWriter::new(self.file);
        let written = report.write_document(&mut out).and_then(|()| out.flush());
        written.map_err(|error| CommandError::output_file(self.path, &error))
    }
}
