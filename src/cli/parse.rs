//! `insight parse`: reports in, the session document out. Needs no history.

use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;

use super::environment::Environment;
use super::error::{CommandError, CommandResult};
use super::exit::ExitStatus;
use super::input_args::{InputArgs, input_specs};
use super::output_args::ZoneArgs;
use super::ui::Ui;
use crate::diagnostic::{Diagnostic, Severity};
use crate::ingest::{FileOutcome, FileReport, Grouping, IngestOptions, NotAReport, Origin, Redaction, read_inputs};
use crate::render::{Detail, OutputFormat, SessionWriter};

/// Read reports of any format and print their sessions.
///
/// The format of each file is told by its content: JUnit XML, pytest-json-report, pytest-reportlog, CTRF, or a console log. Nothing is
/// stored. The JSON document is `insight.sessions/1`; what could not be read is named in its `diagnostics`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  insight parse out.xml
  insight parse out.xml --format table
  pytest -v | insight parse - --terminal
  insight parse *.log --format jsonl | jq .totals")]
pub(crate) struct ParseArgs {
    /// Reports, console logs, or archives of them; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    input: InputArgs,
    /// Mask secrets, as `ingest` does.
    #[arg(long, help_heading = "Input options")]
    redact: bool,
    /// How to print the sessions.
    #[arg(long, value_enum, default_value_t = OutputFormat::Json, value_name = "FORMAT", help_heading = "Output options")]
    format: OutputFormat,
    /// With `--format table` or `markdown`: everything, not only what one looks for first.
    #[arg(long, help_heading = "Output options")]
    verbose: bool,
    #[command(flatten)]
    zone: ZoneArgs,
}

pub(crate) fn run(ui: &Ui, environment: &Environment, args: &ParseArgs) -> CommandResult {
    let inputs = input_specs(&args.files)?;
    // Nothing is stored, so nothing is masked unless the user asks.
    let redaction = if args.redact { Redaction::default() } else { Redaction::Off };
    // Every input stands for itself, unless the user says otherwise.
    let options = IngestOptions { redaction, ..args.input.options(ui, environment, None, Grouping::Apart)? };
    let layout = args.zone.layout(ui);
    let detail = if args.verbose { Detail::Full } else { Detail::Brief };
    let mut status = ExitStatus::Done;
    let mut found = false;
    let answer = |out: &mut dyn io::Write| {
        let mut writer = SessionWriter::new(out, args.format, detail, layout)?;
        let mut written = Ok(());
        read_inputs(inputs, &options, &mut |report| {
            let fault = fault_of(&report);
            if fault.as_ref().is_some_and(|fault| fault.severity == Severity::Error) {
                status = ExitStatus::Partial;
            }
            found |= matches!(&report.outcome, FileOutcome::Sessions(_) | FileOutcome::Joined { .. });
            written = write_report(&mut writer, &report, fault.as_ref());
            tell(ui, args.format, &report, fault.as_ref());
            if written.is_err() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        written?;
        writer.finish()
    };
    ui.answer_in(args.format, |out| answer(out).map_err(CommandError::output))?;
    // What was named and is no report has been told; an archive may hold none.
    if !found && status == ExitStatus::Done {
        ui.warning("no test session was found in any input");
        status = ExitStatus::Partial;
    }
    Ok(status)
}

fn write_report(writer: &mut SessionWriter<'_>, report: &FileReport, fault: Option<&Diagnostic>) -> io::Result<()> {
    if let FileOutcome::Sessions(sessions) = &report.outcome {
        sessions.iter().try_for_each(|session| writer.session(session))?;
    }
    writer.diagnostics(report.diagnostics.iter().chain(fault));
    Ok(())
}

/// Says on standard error what the answer has no place for: what could not be read always, the rest where there is no document.
fn tell(ui: &Ui, format: OutputFormat, report: &FileReport, fault: Option<&Diagnostic>) {
    if format != OutputFormat::Json {
        report.diagnostics.iter().for_each(|diagnostic| ui.diagnostic(diagnostic));
    }
    if let Some(fault) = fault {
        ui.diagnostic(fault);
    }
}

/// Returns why an input gave no session. It is an error where something is wrong with the input, and where the user named it.
fn fault_of(report: &FileReport) -> Option<Diagnostic> {
    let (code, message, help, severity) = match &report.outcome {
        FileOutcome::Sessions(_) | FileOutcome::Joined { .. } | FileOutcome::Archive { .. } => return None,
        FileOutcome::NotAReport { why } => {
            let severity = match report.origin {
                Origin::Given => Severity::Error,
                Origin::Found => Severity::Note,
            };
            (not_a_report_code(*why).to_owned(), why.to_string(), None, severity)
        }
        FileOutcome::Unreadable { reason } => {
            (format!("input-{}", reason.kind()), reason.to_string(), reason.help(), Severity::Error)
        }
    };
    let diagnostic = Diagnostic::new(severity, code, message);
    let diagnostic = match help {
        Some(help) => diagnostic.with_help(help),
        None => diagnostic,
    };
    Some(if report.path == "-" { diagnostic } else { diagnostic.in_file(report.path.clone()) })
}

fn not_a_report_code(why: NotAReport) -> &'static str {
    match why {
        NotAReport::Empty => "input-empty",
        NotAReport::NoSession => "input-no-session",
        NotAReport::Binary | NotAReport::Package => "input-not-a-report",
        NotAReport::Link | NotAReport::Special | NotAReport::Housekeeping => "input-passed-over",
    }
}
