//! A question on its way: the history opened, the answer printed.

use super::environment::Environment;
use super::error::CommandError;
use super::history_args::{HistoryArgs, project_config};
use crate::store::{Access, HistoryStore};

/// Opens the history to be asked.
pub(crate) fn open(environment: &Environment, history: &HistoryArgs) -> Result<HistoryStore, CommandError> {
    let config = project_config(environment)?;
    history.open(environment, &config, Access::Read)
}
