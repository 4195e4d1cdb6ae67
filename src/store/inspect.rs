//! How a history lies on the disk.

use std::fs;

use super::StoreError;
use super::log::{LOG_DIRECTORY, Log};
use super::schema::Record;
use super::upkeep;

/// How a history lies on the disk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoreStatistics {
    /// The number of the last commit, from 0.
    pub version: u64,
    /// What there is of each kind of row.
    pub records: Vec<RecordStatistics>,
    /// How many files the log has.
    pub log_files: u64,
    /// How many files lie there that are no part of the history, or no more.
    pub leftover_files: u64,
    /// How many bytes they have.
    pub leftover_bytes: u64,
}

/// What there is of one kind of row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordStatistics {
    /// What the rows are: `session`, `result`, `output` or `aggregate`.
    pub record: &'static str,
    /// How many files hold them.
    pub files: u64,
    /// How many there are.
    pub rows: u64,
    /// How many bytes the files have.
    pub bytes: u64,
}

impl StoreStatistics {
    /// Returns what there is of one kind of row.
    pub fn record(&self, name: &str) -> Option<&RecordStatistics> {
        self.records.iter().find(|record| record.record == name)
    }

    /// Returns how many bytes the history's data files have.
    pub fn bytes(&self) -> u64 {
        self.records.iter().map(|record| record.bytes).sum()
    }
}

/// Returns how the history lies on the disk.
pub(crate) fn statistics(log: &Log) -> Result<StoreStatistics, StoreError> {
    let records = Record::ALL.into_iter().map(|record| {
        let mut statistics = RecordStatistics { record: record.as_str(), files: 0, rows: 0, bytes: 0 };
        for file in log.files(record) {
            statistics.files += 1;
            statistics.rows += file.statistics.num_records;
            statistics.bytes += file.bytes;
        }
        statistics
    });
    let directory = log.location().join(LOG_DIRECTORY);
    let entries = fs::read_dir(&directory).map_err(|error| StoreError::io(&directory, error))?;
    let leftovers = upkeep::leftovers(log)?;
    Ok(StoreStatistics {
        version: log.version(),
        records: records.collect(),
        log_files: entries.count() as u64,
        leftover_files: leftovers.len() as u64,
        leftover_bytes: leftovers.iter().map(|leftover| leftover.bytes).sum(),
    })
}
