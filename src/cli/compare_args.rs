//! What the commands that compare share.

use super::asking;
use super::environment::Environment;
use super::error::CommandResult;
use super::gate_args::{GateArgs, leave};
use super::history_args::HistoryArgs;
use super::output_args::OutputArgs;
use super::question_args::LimitArgs;
use super::ui::Ui;
use crate::service::{CompareQuestion, ComparedBy, Gate, check_comparison_gates, compare};

/// How to print a comparison, and when it is a no.
#[derive(Debug, clap::Args)]
pub(crate) struct CompareArgs {
    #[command(flatten)]
    limit: LimitArgs,
    #[command(flatten)]
    gates: GateArgs,
    #[command(flatten)]
    history: HistoryArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Compares, prints, and asks the gates.
pub(crate) fn run(ui: &Ui, environment: &Environment, args: &CompareArgs, question: &CompareQuestion) -> CommandResult {
    let store = asking::open(environment, &args.history)?;
    let answer = compare(&store, question, args.limit.limit())?;
    if answer.is_first {
        // That is no mistake of whoever asks after every run.
        ui.warning("nothing to compare with: this is the first session of its system under test");
    }
    let verdicts = check_comparison_gates(&store, &answer, &args.gates.fail_on)?;
    args.output.print(ui, &answer)?;
    if answer.by == ComparedBy::Sessions && args.gates.fail_on.contains(&Gate::Regressions) {
        ui.warning("gate regressions stays open between two sessions: one run a side proves no regression");
        ui.hint("use new-failures, or ask the history: `insight analytics regressions --fail-on regressions`");
    }
    Ok(leave(ui, &verdicts))
}
