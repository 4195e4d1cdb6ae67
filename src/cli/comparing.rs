//! What the commands that compare share.

use super::answer_args::AnswerArgs;
use super::environment::Environment;
use super::error::CommandResult;
use super::ui::Ui;
use crate::service::{CompareQuestion, ComparedBy, Gate, check_comparison_gates, compare};

/// Compares, prints, and asks the gates.
pub(crate) fn run(ui: &Ui, environment: &Environment, args: &AnswerArgs, question: &CompareQuestion) -> CommandResult {
    args.answer(
        ui,
        environment,
        |store, limit| {
            let answer = compare(store, question, limit)?;
            if answer.is_first {
                // That is no mistake of whoever asks after every run.
                ui.warning("nothing to compare with: this is the first session of its system under test");
            }
            Ok(answer)
        },
        |store, answer, gates| {
            if answer.by == ComparedBy::Sessions && gates.contains(&Gate::Regressions) {
                ui.warning("gate regressions stays open between two sessions: one run a side proves no regression");
                ui.hint("use new-failures, or ask the history: `insight analytics regressions --fail-on regressions`");
            }
            check_comparison_gates(store, answer, gates)
        },
    )
}
