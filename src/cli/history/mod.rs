//! `insight history`: the history as a whole.

mod list;

pub(crate) use list::{HistoryListArgs, run as run_list};
