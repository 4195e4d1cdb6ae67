//! What questions share whose answer is a list, and may be a no.

use crate::analysis::Filter;
use crate::cli::answer_args::AnswerArgs;
use crate::cli::environment::Environment;
use crate::cli::error::CommandResult;
use crate::cli::question_args::QuestionArgs;
use crate::cli::ui::Ui;
use crate::render::Answer;
use crate::service::AskError;
use crate::store::HistoryStore;

/// What is asked about, and how it is answered.
#[derive(Debug, clap::Args)]
pub(crate) struct ListingArgs {
    #[command(flatten)]
    filter: QuestionArgs,
    #[command(flatten)]
    answer: AnswerArgs,
}

impl ListingArgs {
    /// Asks for at most so many entries, prints the answer, and asks the gates.
    pub(crate) fn answer<Report: Answer>(
        &self,
        ui: &Ui,
        environment: &Environment,
        ask: impl FnOnce(&HistoryStore, &Filter, Option<usize>) -> Result<Report, AskError>,
    ) -> CommandResult {
        let filter = self.filter.filter(environment, &self.answer.output.zone);
        self.answer.answer_within(ui, environment, &filter, ask)
    }
}
