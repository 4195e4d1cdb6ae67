//! A history as plain Parquet files: one for each kind of row, with the columns of the history.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use arrow::compute::filter_record_batch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;

use super::StoreError;
use super::data_file::{parquet_error, properties};
use super::durable::create_directory;
use super::live_file::LiveFile;
use super::log::Log;
use super::scan::{self, Ids};
use super::schema::Record;

/// How many rows are in memory at once.
const BATCH_ROWS: usize = 1024;

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ParquetReport {
    /// How many sessions.
    pub sessions: u64,
    /// How many results.
    pub results: u64,
    /// How many sections of console logs.
    pub outputs: u64,
    /// How many rows by day and test.
    pub daily_tests: u64,
}

/// Returns the name of the file that holds a record; it is that of the view.
fn file_name(record: Record) -> &'static str {
    match record {
        Record::Session => "sessions.parquet",
        Record::Result => "test_results.parquet",
        Record::Output => "output_fields.parquet",
        Record::Aggregate => "daily_tests.parquet",
    }
}

/// Writes the rows of the sessions of `ids`, or all rows, into files of `directory`. What is kept of pruned results belongs to no session, and is
/// written with all rows only.
pub(crate) fn write(log: &Log, directory: &Path, ids: Option<&Ids>) -> Result<ParquetReport, StoreError> {
    create_directory(directory).map_err(|error| StoreError::io(directory, error))?;
    let daily_tests = if ids.is_none() { write_record(log, directory, Record::Aggregate, None)? } else { 0 };
    Ok(ParquetReport {
        sessions: write_record(log, directory, Record::Session, ids)?,
        results: write_record(log, directory, Record::Result, ids)?,
        outputs: write_record(log, directory, Record::Output, ids)?,
        daily_tests,
    })
}

/// Writes the rows of a record and returns how many there were. The file is there even where there are none, for whoever names it in a query.
fn write_record(log: &Log, directory: &Path, record: Record, ids: Option<&Ids>) -> Result<u64, StoreError> {
    let path = directory.join(file_name(record));
    let schema = record.arrow_schema();
    let failed = |error| parquet_error(&path, error);
    let file = File::create_new(&path).map_err(|error| StoreError::io(&path, error))?;
    let options = ArrowWriterOptions::new().with_properties(properties(record)).with_skip_arrow_metadata(true);
    let out = BufWriter::new(file);
    let mut writer = ArrowWriter::try_new_with_options(out, schema.clone(), options).map_err(failed)?;
    let mut rows = 0;
    let mut files: Vec<&LiveFile> =
        log.files(record).filter(|file| ids.is_none_or(|ids| file.statistics.may_hold_any(ids))).collect();
    files.sort_by(|one, other| one.statistics.min_values.session_id.cmp(&other.statistics.min_values.session_id));
    for file in files {
        let corrupt = |reason: String| StoreError::Corrupt { path: log.location().join(&file.path), reason };
        for batch in scan::whole(log.location(), file, BATCH_ROWS)? {
            let batch = batch.map_err(|error| corrupt(error.to_string()))?;
            let mut batch = scan::conformed(&batch, &schema).map_err(corrupt)?;
            if let Some(ids) = ids {
                let mask = ids.mask(&batch).map_err(corrupt)?;
                batch = filter_record_batch(&batch, &mask).map_err(|error| corrupt(error.to_string()))?;
            }
            rows += batch.num_rows() as u64;
            writer.write(&batch).map_err(failed)?;
        }
    }
    let out = writer.into_inner().map_err(failed)?;
    let file = out.into_inner().map_err(|error| StoreError::io(&path, error.into_error()))?;
    file.sync_all().map_err(|error| StoreError::io(&path, error))?;
    Ok(rows)
}
