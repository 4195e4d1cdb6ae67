//! `insight sut analyze`.

use crate::analysis::Filter;
use crate::cli::analytics::{AnalyzeOutputArgs, print_analysis};
use crate::cli::environment::Environment;
use crate::cli::error::CommandResult;
use crate::cli::question_args::ConditionArgs;
use crate::cli::ui::Ui;

/// Analyze how a figure of one system under test went; the same as `analytics analyze --sut`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  insight sut analyze checkout-api --days 30
  insight sut analyze checkout-api --metric duration")]
pub(crate) struct SutAnalyzeArgs {
    /// The system under test.
    #[arg(value_name = "SUT")]
    sut: String,
    #[command(flatten)]
    conditions: ConditionArgs,
    #[command(flatten)]
    analyze: AnalyzeOutputArgs,
}

pub(crate) fn run(ui: &Ui, environment: &Environment, args: &SutAnalyzeArgs) -> CommandResult {
    let conditions = args.conditions.filter(environment, &args.analyze.answer.output.zone);
    let filter = Filter { sut_names: vec![args.sut.clone()], ..conditions };
    print_analysis(ui, environment, &args.analyze, &filter)
}
