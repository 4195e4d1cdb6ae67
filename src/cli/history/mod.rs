//! `insight history`: the history as a whole.

mod backup;
mod check;
mod compact;
mod export;
mod list;
mod prune;
mod stats;

pub(crate) use backup::{HistoryBackupArgs, HistoryRestoreArgs, run_backup, run_restore};
pub(crate) use check::{HistoryCheckArgs, run as run_check};
pub(crate) use compact::{HistoryCompactArgs, run as run_compact};
pub(crate) use export::{HistoryExportArgs, HistoryImportArgs, run_export, run_import};
pub(crate) use list::{HistoryListArgs, run as run_list};
pub(crate) use prune::{HistoryPruneArgs, run as run_prune};
pub(crate) use stats::{HistoryStatsArgs, run as run_stats};
