//! Data files: written once, whole, and on the disk before the log names them.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use chrono::{DateTime, Utc};
use deltalake::kernel::Action;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use super::StoreError;
use super::durable::{create_directory, sync_directory};
use super::live_file::{Change, LiveFile};
use super::schema::{RECORD_COLUMN, Record};
use super::statistics::{Collector, Statistics};

/// A file is closed, and another begun, when it has this many bytes.
pub(crate) const FILE_BYTES: u64 = 128 * 1024 * 1024;
/// How much of a file is held in memory before it is written.
const ROW_GROUP_BYTES: usize = 32 * 1024 * 1024;
/// How many rows are read together at most: the unit in which cores share the work.
const ROW_GROUP_ROWS: usize = 256 * 1024;
/// How many different texts of a column are kept apart, in bytes, before the column gives up its dictionary.
const DICTIONARY_BYTES: usize = 8 * 1024 * 1024;
/// The columns of numbers of which there may be as many different ones as rows, and how many bytes of these are kept apart before the column
/// gives up its dictionary. Beyond, the differences are smaller than a number's place in a dictionary, and read twice as fast.
const GROWING_NUMBERS: [(&str, usize); 3] = [("position", 0), ("start_time", 0), ("duration_us", 32 * 1024)];
/// The columns of long texts: no use looking for their extremes.
const LONG_TEXTS: [&str; 12] = [
    "plugins",
    "source",
    "warnings",
    "files",
    "properties",
    "subtests",
    "longreprtext",
    "caplog",
    "capstdout",
    "capstderr",
    "output_name",
    "output_content",
];

/// A data file that is on the disk.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DataFile {
    /// The file.
    pub(crate) file: LiveFile,
    /// When it was written, in milliseconds since the epoch.
    pub(crate) modified_ms: i64,
}

/// Data files that no log names yet. They are removed again unless they are kept.
#[derive(Debug)]
pub(crate) struct WrittenFiles {
    location: PathBuf,
    files: Vec<DataFile>,
}

impl WrittenFiles {
    pub(crate) fn new(location: &Path) -> WrittenFiles {
        WrittenFiles { location: location.to_owned(), files: Vec::new() }
    }

    pub(crate) fn files(&self) -> impl Iterator<Item = &LiveFile> {
        self.files.iter().map(|written| &written.file)
    }

    /// Returns the entries of the log that make the files part of the history.
    pub(crate) fn additions(&self, change: Change) -> impl Iterator<Item = Action> {
        self.files.iter().map(move |written| Action::Add(written.file.add(written.modified_ms, change)))
    }

    /// Returns when the last of them was written, in milliseconds since the epoch: the time of a commit by the clock of the file system.
    pub(crate) fn written_ms(&self) -> Option<i64> {
        self.files.iter().map(|written| written.modified_ms).max()
    }

    /// Takes over the files of another.
    pub(crate) fn take(&mut self, mut other: WrittenFiles) {
        self.files.append(&mut other.files);
    }

    /// Leaves the files where they are: the log names them, or may do so.
    pub(crate) fn keep(mut self) {
        self.files.clear();
    }
}

impl Drop for WrittenFiles {
    fn drop(&mut self) {
        for file in &self.files {
            // Best effort: a file that no log names is no part of the history, and is cleared away in the end.
            let _ = fs::remove_file(self.location.join(&file.file.path));
        }
    }
}

/// Writes the rows of one record, into as many files as they need.
pub(crate) struct RecordWriter {
    location: PathBuf,
    record: Record,
    open: Option<OpenFile>,
    written: WrittenFiles,
}

impl RecordWriter {
    pub(crate) fn new(location: &Path, record: Record) -> RecordWriter {
        RecordWriter { location: location.to_owned(), record, open: None, written: WrittenFiles::new(location) }
    }

    /// Writes rows of the record's schema.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<(), StoreError> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let open = match &mut self.open {
            Some(open) => open,
            closed => closed.insert(OpenFile::create(&self.location, self.record)?),
        };
        open.write(batch)?;
        if open.bytes() >= FILE_BYTES { self.close() } else { Ok(()) }
    }

    /// Writes rows that have just been encoded.
    pub(crate) fn write_encoded(&mut self, batch: Result<RecordBatch, ArrowError>) -> Result<(), StoreError> {
        let batch = batch.map_err(|error| parquet_error(&self.location, error.into()))?;
        self.write(&batch)
    }

    /// Makes everything that was written durable, and returns it.
    pub(crate) fn finish(mut self) -> Result<WrittenFiles, StoreError> {
        self.close()?;
        if !self.written.files.is_empty() {
            let directory = self.location.join(directory_name(self.record));
            sync_directory(&directory).map_err(|error| StoreError::io(&directory, error))?;
        }
        Ok(self.written)
    }

    fn close(&mut self) -> Result<(), StoreError> {
        if let Some(open) = self.open.take() {
            self.written.files.push(open.finish()?);
        }
        Ok(())
    }
}

/// A file that is being written. It is removed where it is not finished.
struct OpenFile {
    path: PathBuf,
    file: LiveFile,
    statistics: Collector,
    writer: Option<ArrowWriter<BufWriter<File>>>,
}

impl OpenFile {
    fn create(location: &Path, record: Record) -> Result<OpenFile, StoreError> {
        let directory = location.join(directory_name(record));
        create_directory(&directory).map_err(|error| StoreError::io(&directory, error))?;
        let name = format!("part-{}.parquet", uuid::Uuid::new_v4());
        let path = directory.join(&name);
        let file = File::create_new(&path).map_err(|error| StoreError::io(&path, error))?;
        // Texts are plain texts to every reader, however they are encoded.
        let options = ArrowWriterOptions::new().with_properties(properties(record)).with_skip_arrow_metadata(true);
        let writer = ArrowWriter::try_new_with_options(BufWriter::new(file), record.arrow_schema(), options)
            .map_err(|error| parquet_error(&path, error))?;
        let relative = format!("{}/{name}", directory_name(record));
        let file = LiveFile { path: relative, record, bytes: 0, statistics: Statistics::default() };
        Ok(OpenFile { path, file, statistics: Collector::default(), writer: Some(writer) })
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<(), StoreError> {
        let Some(writer) = &mut self.writer else { return Ok(()) };
        writer.write(batch).map_err(|error| parquet_error(&self.path, error))?;
        self.statistics.collect(batch);
        Ok(())
    }

    /// Returns about how large the file is.
    fn bytes(&self) -> u64 {
        self.writer.as_ref().map_or(0, |writer| (writer.bytes_written() + writer.in_progress_size()) as u64)
    }

    fn finish(mut self) -> Result<DataFile, StoreError> {
        let mut modified_ms = 0;
        if let Some(writer) = &mut self.writer {
            writer.finish().map_err(|error| parquet_error(&self.path, error))?;
            let file = writer.inner().get_ref();
            let synced = file.sync_all().and_then(|()| file.metadata()).and_then(|metadata| {
                let modified = DateTime::<Utc>::from(metadata.modified()?);
                Ok((metadata.len(), modified.timestamp_millis()))
            });
            (self.file.bytes, modified_ms) = synced.map_err(|error| StoreError::io(&self.path, error))?;
        }
        self.writer = None;
        self.file.statistics = std::mem::take(&mut self.statistics).statistics();
        Ok(DataFile { file: self.file.clone(), modified_ms })
    }
}

impl Drop for OpenFile {
    fn drop(&mut self) {
        if self.writer.is_some() {
            // Best effort, as above.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Returns the name of the directory that holds the files of a record.
pub(crate) fn directory_name(record: Record) -> String {
    format!("{RECORD_COLUMN}={}", record.as_str())
}

/// Returns how the files of a record are written.
pub(crate) fn properties(record: Record) -> WriterProperties {
    let compressed = Compression::ZSTD(ZstdLevel::default());
    // Nothing but texts is worth it where rows are few: a column costs more to unpack than to read.
    let usual = if record == Record::Session { Compression::UNCOMPRESSED } else { compressed };
    let mut properties = WriterProperties::builder()
        .set_created_by(concat!("insight ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(usual)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_max_row_group_bytes(Some(ROW_GROUP_BYTES))
        .set_dictionary_page_size_limit(DICTIONARY_BYTES);
    for (name, dictionary_bytes) in GROWING_NUMBERS {
        if record.arrow_schema().index_of(name).is_ok() {
            let column = ColumnPath::from(name);
            properties = properties
                .set_column_encoding(column.clone(), Encoding::DELTA_BINARY_PACKED)
                .set_column_dictionary_enabled(column.clone(), dictionary_bytes > 0)
                .set_column_dictionary_page_size_limit(column, dictionary_bytes);
        }
    }
    for name in LONG_TEXTS {
        if record.arrow_schema().index_of(name).is_ok() {
            let column = ColumnPath::from(name);
            properties = properties
                .set_column_statistics_enabled(column.clone(), EnabledStatistics::None)
                .set_column_compression(column, compressed);
        }
    }
    properties.build()
}

/// Returns the error for a file that could not be written or read as Parquet.
pub(crate) fn parquet_error(path: &Path, error: ParquetError) -> StoreError {
    if let ParquetError::External(source) = error {
        return match source.downcast::<io::Error>() {
            Ok(source) => StoreError::io(path, *source),
            Err(source) => StoreError::Corrupt { path: path.to_owned(), reason: source.to_string() },
        };
    }
    StoreError::Corrupt { path: path.to_owned(), reason: error.to_string() }
}
