//! `insight sut compare`.

use crate::cli::answer_args::AnswerArgs;
use crate::cli::comparing;
use crate::cli::environment::Environment;
use crate::cli::error::CommandResult;
use crate::cli::question_args::ConditionArgs;
use crate::cli::ui::Ui;
use crate::service::{CompareQuestion, ComparisonSide};

/// Compare two systems under test: which tests fail in one and not in the other, which take longer.
///
/// Tests are the same where their node ids are. Rates are compared with Fisher's exact test, durations with Mann-Whitney's.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  insight sut compare checkout-v1 checkout-v2 --time 7d
  insight sut compare checkout-v1 checkout-v2 --fail-on new-failures --format markdown")]
pub(crate) struct SutCompareArgs {
    /// What it was.
    #[arg(value_name = "BASE")]
    base: String,
    /// What it is.
    #[arg(value_name = "TARGET")]
    target: String,
    #[command(flatten)]
    conditions: ConditionArgs,
    #[command(flatten)]
    answer: AnswerArgs,
}

pub(crate) fn run(ui: &Ui, environment: &Environment, args: &SutCompareArgs) -> CommandResult {
    let question = CompareQuestion {
        base: ComparisonSide::Sut(args.base.clone()),
        target: ComparisonSide::Sut(args.target.clone()),
        filter: args.conditions.filter(environment, &args.answer.output.zone),
    };
    comparing::run(ui, environment, &args.answer, &question)
}
