//! What questions share whose answer may be a no.

use super::asking;
use super::environment::Environment;
use super::error::CommandResult;
use super::gate_args::{GateArgs, leave};
use super::history_args::HistoryArgs;
use super::output_args::OutputArgs;
use super::question_args::LimitArgs;
use super::ui::Ui;
use crate::analysis::Filter;
use crate::render::Answer;
use crate::service::{AskError, Gate, GateVerdict, check_gates};
use crate::store::HistoryStore;

/// How much of the answer is printed how, and when it is a no.
#[derive(Debug, clap::Args)]
pub(crate) struct AnswerArgs {
    #[command(flatten)]
    limit: LimitArgs,
    #[command(flatten)]
    gates: GateArgs,
    #[command(flatten)]
    history: HistoryArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

impl AnswerArgs {
    /// Asks for at most so many entries, prints the answer, and leaves as the gates say that `check` asks.
    pub(crate) fn answer<Report: Answer>(
        &self,
        ui: &Ui,
        environment: &Environment,
        ask: impl FnOnce(&HistoryStore, Option<usize>) -> Result<Report, AskError>,
        check: impl FnOnce(&HistoryStore, &Report, &[Gate]) -> Result<Vec<GateVerdict>, AskError>,
    ) -> CommandResult {
        let store = asking::open(environment, &self.history)?;
        let report = ask(&store, self.limit.limit())?;
        let verdicts = check(&store, &report, &self.gates.fail_on)?;
        self.output.print(ui, &report)?;
        Ok(leave(ui, &verdicts))
    }

    /// Does the same with the gates of what a filter admits.
    pub(crate) fn answer_within<Report: Answer>(
        &self,
        ui: &Ui,
        environment: &Environment,
        filter: &Filter,
        ask: impl FnOnce(&HistoryStore, &Filter, Option<usize>) -> Result<Report, AskError>,
    ) -> CommandResult {
        let ask = |store: &HistoryStore, limit| ask(store, filter, limit);
        self.answer(ui, environment, ask, |store, _, gates| check_gates(store, filter, gates))
    }
}
