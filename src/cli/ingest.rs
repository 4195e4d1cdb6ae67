//! `insight ingest`: reports into the history.

use std::path::PathBuf;

use super::environment::Environment;
use super::error::{CommandError, CommandResult};
use super::exit::ExitStatus;
use super::history_args::{HistoryArgs, SutArgs, project_config};
use super::input_args::{InputArgs, input_specs};
use super::output_args::OutputArgs;
use super::progress::Progress;
use super::ui::Ui;
use super::values;
use crate::render::OutputFormat;
use crate::service::{self, Destination, IngestPlan, IngestReport};
use crate::store::Access;

/// Read reports of any format and file their sessions in the history.
///
/// A report that is in the history already is not added again, under whatever name it comes: run the same command as often as you like.
/// A file that cannot be read never stops the others; it is named, and the exit code is 3.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  pytest --junitxml=out.xml; insight ingest out.xml --sut checkout-api
  insight ingest --terminal log.txt --sut checkout-api --tag branch=main
  insight ingest -r ci-artifacts/ --sut checkout-api --dry-run
  curl -s $URL | insight ingest - --sut checkout-api")]
pub(crate) struct IngestArgs {
    /// Reports, console logs, archives of them, or, with -r, directories; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    sut: SutArgs,
    /// A tag for every session, such as branch=main; may be given more than once.
    #[arg(long, value_name = "KEY=VALUE", value_parser = values::tag)]
    tag: Vec<(String, String)>,
    /// Say what would be added, and add nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    input: InputArgs,
    #[command(flatten)]
    history: HistoryArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(crate) fn run(ui: &Ui, environment: &Environment, args: &IngestArgs) -> CommandResult {
    let config = project_config(environment)?;
    let mut tags = config.tags.clone();
    tags.extend(args.tag.iter().cloned());
    let plan = IngestPlan {
        inputs: input_specs(&args.files)?,
        options: args.input.options(config.timezone),
        sut_name: args.sut.resolve(environment, &config)?,
        tags,
    };
    let report = if args.dry_run {
        let store = args.history.open_if_there(environment, &config)?;
        ingest(ui, environment, plan, Destination::Nowhere(store.as_ref()))?
    } else {
        let mut store = args.history.open(environment, &config, Access::Write)?;
        ingest(ui, environment, plan, Destination::History(&mut store))?
    };
    // The summary for people is status: `--quiet` silences it. Whoever asks for JSON wants it.
    if !(ui.is_quiet() && args.output.format == OutputFormat::Table) {
        args.output.print(ui, &report)?;
    }
    if !report.found_sessions() {
        ui.warning("no test session was found in any input");
    }
    let partial = !report.found_sessions() || report.files.iter().any(service::FileRecord::is_problem);
    if partial && ui.is_quiet() {
        name_problems(ui, &report);
    }
    Ok(if partial { ExitStatus::Partial } else { ExitStatus::Done })
}

fn ingest(
    ui: &Ui,
    environment: &Environment,
    plan: IngestPlan,
    destination: Destination<'_>,
) -> Result<IngestReport, CommandError> {
    let mut progress = Progress::begin(ui);
    let report = service::ingest(plan, destination, environment.now(), &mut |far| {
        progress.say(|| format!("{} files, {} MB, {} sessions", far.files, far.bytes / 1_000_000, far.sessions));
    });
    progress.end();
    report.map_err(|error| {
        CommandError::from(error)
            .with_hint("what was committed stays; the same command adds the rest, and nothing twice")
    })
}

/// Names on standard error what the silenced summary would have named.
fn name_problems(ui: &Ui, report: &IngestReport) {
    for file in report.files.iter().filter(|file| file.is_problem()) {
        ui.error(format!("{}: {}", file.path, file.reason().unwrap_or_default()));
    }
}
