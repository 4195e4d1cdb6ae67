//! `insight session compare`.

use crate::cli::answer_args::AnswerArgs;
use crate::cli::comparing;
use crate::cli::environment::Environment;
use crate::cli::error::CommandResult;
use crate::cli::question_args::QuestionArgs;
use crate::cli::ui::Ui;
use crate::service::{CompareQuestion, ComparisonSide};

/// Compare two sessions: new failures, fixed, still failing, added, removed.
///
/// Two single sessions show what differs, and nothing is called significant: for that, compare periods.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  insight session compare --sut checkout-api
  insight session compare previous latest --branch main --fail-on new-failures
  insight session compare 3f9a 64f6 --format markdown >> \"$GITHUB_STEP_SUMMARY\"")]
pub(crate) struct SessionCompareArgs {
    /// What it was: an id, its beginning, or `previous`, the session of the same system under test before the target.
    #[arg(value_name = "BASE", default_value = "previous")]
    base: String,
    /// What it is: an id, its beginning, `latest`, or `latest~2` for the second before it.
    #[arg(value_name = "TARGET", default_value = "latest")]
    target: String,
    #[command(flatten)]
    filter: QuestionArgs,
    #[command(flatten)]
    answer: AnswerArgs,
}

pub(crate) fn run(ui: &Ui, environment: &Environment, args: &SessionCompareArgs) -> CommandResult {
    let question = CompareQuestion {
        base: ComparisonSide::Session(args.base.clone()),
        target: ComparisonSide::Session(args.target.clone()),
        filter: args.filter.filter(environment, &args.answer.output.zone),
    };
    comparing::run(ui, environment, &args.answer, &question)
}
