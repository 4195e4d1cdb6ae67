//! `insight analytics analyze`.

use crate::analysis::Filter;
use crate::cli::answer_args::AnswerArgs;
use crate::cli::environment::Environment;
use crate::cli::error::CommandResult;
use crate::cli::question_args::{QuestionArgs, word};
use crate::cli::ui::Ui;
use crate::service::{Metric, analyze};
use crate::store::HistoryStore;

const METRICS: &[(&str, Metric)] = &[
    ("pass-rate", Metric::PassRate),
    ("duration", Metric::Duration),
    ("health", Metric::Health),
    ("co-failures", Metric::CoFailures),
];

/// Analyze how one figure went: pass rate or duration day by day, health with its parts, tests that fail together.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  insight analytics analyze --sut checkout-api --days 30
  insight analytics analyze --metric duration --sut checkout-api
  insight analytics analyze --metric health --format json")]
pub(crate) struct AnalyzeArgs {
    #[command(flatten)]
    filter: QuestionArgs,
    #[command(flatten)]
    analyze: AnalyzeOutputArgs,
}

/// What to look into, and how to print it.
#[derive(Debug, clap::Args)]
pub(crate) struct AnalyzeOutputArgs {
    /// What to look into.
    #[arg(long, value_name = "METRIC", default_value = "pass-rate", value_parser = word(METRICS))]
    metric: Metric,
    #[command(flatten)]
    pub(crate) answer: AnswerArgs,
}

pub(crate) fn run(ui: &Ui, environment: &Environment, args: &AnalyzeArgs) -> CommandResult {
    let filter = args.filter.filter(environment, &args.analyze.answer.output.zone);
    print(ui, environment, &args.analyze, &filter)
}

/// Analyzes, prints, and asks the gates.
pub(crate) fn print(ui: &Ui, environment: &Environment, args: &AnalyzeOutputArgs, filter: &Filter) -> CommandResult {
    let ask = |store: &HistoryStore, filter: &Filter, limit| analyze(store, args.metric, filter, limit);
    args.answer.answer_within(ui, environment, filter, ask)
}
