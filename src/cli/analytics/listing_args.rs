//! What questions share whose answer is a list, and may be a no.

use crate::analysis::Filter;
use crate::cli::asking;
use crate::cli::environment::Environment;
use crate::cli::error::CommandResult;
use crate::cli::gate_args::{GateArgs, leave};
use crate::cli::history_args::HistoryArgs;
use crate::cli::output_args::OutputArgs;
use crate::cli::question_args::{LimitArgs, QuestionArgs};
use crate::cli::ui::Ui;
use crate::render::Answer;
use crate::service::{AskError, check_gates};
use crate::store::HistoryStore;

/// What is asked about, how much of the answer is printed how, and when it is a no.
#[derive(Debug, clap::Args)]
pub(crate) struct ListingArgs {
    #[command(flatten)]
    filter: QuestionArgs,
    #[command(flatten)]
    limit: LimitArgs,
    #[command(flatten)]
    gates: GateArgs,
    #[command(flatten)]
    history: HistoryArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl ListingArgs {
    /// Asks for at most so many entries, prints the answer, and asks the gates.
    pub(crate) fn answer<Report: Answer>(
        &self,
        ui: &Ui,
        environment: &Environment,
        ask: impl FnOnce(&HistoryStore, &Filter, Option<usize>) -> Result<Report, AskError>,
    ) -> CommandResult {
        let store = asking::open(environment, &self.history)?;
        let filter = self.filter.filter(environment, &self.output.zone);
        let report = ask(&store, &filter, self.limit.limit())?;
        let verdicts = check_gates(&store, &filter, &self.gates.fail_on)?;
        self.output.print(ui, &report)?;
        Ok(leave(ui, &verdicts))
    }
}
