//! `insight analytics compare`.

use crate::cli::answer_args::AnswerArgs;
use crate::cli::comparing;
use crate::cli::environment::Environment;
use crate::cli::error::{CommandError, CommandResult};
use crate::cli::output_args::ZoneArgs;
use crate::cli::question_args::{QuestionArgs, bounds, word};
use crate::cli::time_window::TimeWindow;
use crate::cli::ui::Ui;
use crate::service::{CompareQuestion, ComparedBy, ComparisonSide};

const MODES: &[(&str, ComparedBy)] =
    &[("session", ComparedBy::Sessions), ("sut", ComparedBy::Suts), ("period", ComparedBy::Periods)];

/// Compare two sessions, two systems under test, or two periods.
///
/// Of periods and systems, pass rates are compared with Fisher's exact test and durations with Mann-Whitney's, both adjusted for how many tests
/// are looked at. Two single sessions show what differs, and nothing is called significant.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  insight analytics compare --mode period --base 2026-01-01..2026-01-31 --target 2026-02-01..2026-02-28
  insight analytics compare --mode sut --base checkout-v1 --target checkout-v2 --time 7d
  insight analytics compare --base previous --target latest --sut checkout-api")]
pub(crate) struct AnalyticsCompareArgs {
    /// What it was: a session (default: previous), a system under test, or a window of time.
    #[arg(long, value_name = "BASE")]
    base: Option<String>,
    /// What it is: a session (default: latest), a system under test, or a window of time.
    #[arg(long, value_name = "TARGET")]
    target: Option<String>,
    /// What is compared.
    #[arg(long, value_name = "MODE", default_value = "session", value_parser = word(MODES))]
    mode: ComparedBy,
    #[command(flatten)]
    filter: QuestionArgs,
    #[command(flatten)]
    answer: AnswerArgs,
}

pub(crate) fn run(ui: &Ui, environment: &Environment, args: &AnalyticsCompareArgs) -> CommandResult {
    let zone = &args.answer.output.zone;
    let side =
        |typed: &Option<String>, option: &str, usual: &str| match (typed, args.mode) {
            (Some(typed), mode) => side(environment, zone, mode, typed),
            (None, ComparedBy::Sessions) => Ok(ComparisonSide::Session(usual.to_owned())),
            (None, ComparedBy::Suts | ComparedBy::Periods) => Err(CommandError::usage(format!("{option} is missing"))
                .with_hint("only sessions have a usual base and target")),
        };
    let question = CompareQuestion {
        base: side(&args.base, "--base", "previous")?,
        target: side(&args.target, "--target", "latest")?,
        filter: args.filter.filter(environment, zone),
    };
    comparing::run(ui, environment, &args.answer, &question)
}

fn side(
    environment: &Environment,
    zone: &ZoneArgs,
    mode: ComparedBy,
    typed: &str,
) -> Result<ComparisonSide, CommandError> {
    Ok(match mode {
        ComparedBy::Sessions => ComparisonSide::Session(typed.to_owned()),
        ComparedBy::Suts => ComparisonSide::Sut(typed.to_owned()),
        ComparedBy::Periods => {
            let window = TimeWindow::parse(typed).map_err(CommandError::usage)?;
            ComparisonSide::Period(bounds(window, environment, zone), typed.to_owned())
        }
    })
}
