//! A data file that is part of the history, and the entries of the log that make it so.

use std::collections::HashMap;

use deltalake::kernel::{Add, Remove};

use super::schema::{RECORD_COLUMN, Record};
use super::statistics::Statistics;

/// A data file that is part of the history, or about to be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LiveFile {
    /// Its path below the history.
    pub(crate) path: String,
    /// What its rows are.
    pub(crate) record: Record,
    /// Its size.
    pub(crate) bytes: u64,
    /// What the log says of its rows.
    pub(crate) statistics: Statistics,
}

/// Whether an entry of the log changes what the history says, or only how it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Data,
    Layout,
}

impl LiveFile {
    /// Returns the entry of the log that makes the file part of the history.
    pub(crate) fn add(&self, modified_ms: i64, change: Change) -> Add {
        Add {
            path: self.path.clone(),
            partition_values: self.partition(),
            size: i64::try_from(self.bytes).unwrap_or(i64::MAX),
            modification_time: modified_ms,
            data_change: change == Change::Data,
            // Numbers and texts always have a JSON form; a file without statistics would be read, too.
            stats: serde_json::to_string(&self.statistics).ok(),
            ..Add::default()
        }
    }

    /// Returns the entry of the log that takes the file out of the history.
    pub(crate) fn remove(&self, removed_ms: Option<i64>, change: Change) -> Remove {
        Remove {
            path: self.path.clone(),
            data_change: change == Change::Data,
            deletion_timestamp: removed_ms,
            extended_file_metadata: Some(true),
            partition_values: Some(self.partition()),
            size: i64::try_from(self.bytes).ok(),
            ..Remove::default()
        }
    }

    fn partition(&self) -> HashMap<String, Option<String>> {
        HashMap::from([(RECORD_COLUMN.to_owned(), Some(self.record.as_str().to_owned()))])
    }
}
