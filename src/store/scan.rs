//! Data files, read: the columns that are asked for, of the rows that may count.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, RecordBatch, new_null_array};
use arrow::datatypes::{FieldRef, Schema, SchemaRef};
use arrow::error::ArrowError;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowPredicateFn, ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder, RowFilter,
};
use parquet::file::metadata::{PageIndexPolicy, RowGroupMetaData};

use super::StoreError;
use super::columns::text_extremes;
use super::data_file::parquet_error;
use super::decode::Texts;
use super::live_file::LiveFile;
use super::schema::SESSION_COLUMN;
use crate::model::SessionId;

/// How many rows are read at once.
const BATCH_ROWS: usize = 8 * 1024;

/// Which rows of a file are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows<'a> {
    /// All of them.
    All,
    /// Those of some sessions.
    Of(&'a Ids),
}

/// Some sessions, by id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Ids {
    sorted: Vec<String>,
}

impl Ids {
    /// Returns the set of these.
    pub(crate) fn new<'id>(ids: impl IntoIterator<Item = &'id SessionId>) -> Ids {
        let mut sorted: Vec<String> = ids.into_iter().map(|id| id.as_str().to_owned()).collect();
        sorted.sort_unstable();
        sorted.dedup();
        Ids { sorted }
    }

    /// Returns whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// Returns whether an id is among them.
    pub(crate) fn contains(&self, id: &str) -> bool {
        self.sorted.binary_search_by(|one| one.as_str().cmp(id)).is_ok()
    }

    /// Returns whether any of them lies between these ends, where they are known.
    pub(crate) fn any_within(&self, least: Option<&str>, greatest: Option<&str>) -> bool {
        let first = least.map_or(0, |least| self.sorted.partition_point(|id| id.as_str() < least));
        self.sorted.get(first).is_some_and(|id| greatest.is_none_or(|greatest| id.as_str() <= greatest))
    }

    /// Returns for each row of a batch whether its session is among them.
    pub(crate) fn mask(&self, batch: &RecordBatch) -> Result<BooleanArray, String> {
        let ids = Texts::new(batch, SESSION_COLUMN)?;
        // Rows of one session follow each other, so that most need no search.
        let mut last: Option<(&str, bool)> = None;
        let mut among = |id| match last {
            Some((known, among)) if known == id => among,
            _ => last.insert((id, self.contains(id))).1,
        };
        Ok((0..batch.num_rows()).map(|row| Some(ids.get(row).is_some_and(&mut among))).collect())
    }
}

/// Hands the batches of a file to `take`, each with the columns of `columns` that the file has.
pub(crate) fn read(
    location: &Path,
    file: &LiveFile,
    columns: &[&str],
    rows: Rows<'_>,
    mut take: impl FnMut(RecordBatch) -> Result<(), String>,
) -> Result<(), StoreError> {
    let path = location.join(&file.path);
    for batch in reader(&path, columns, rows)? {
        let batch = batch.map_err(|error| StoreError::Corrupt { path: path.clone(), reason: error.to_string() })?;
        take(batch).map_err(|reason| StoreError::Corrupt { path: path.clone(), reason })?;
    }
    Ok(())
}

/// Returns the rows of a whole file, piece by piece, with all its columns.
pub(crate) fn whole(location: &Path, file: &LiveFile, rows: usize) -> Result<ParquetRecordBatchReader, StoreError> {
    let path = location.join(&file.path);
    let (file, metadata) = open(&path, ArrowReaderOptions::new())?;
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata).with_batch_size(rows);
    builder.build().map_err(|error| parquet_error(&path, error))
}

/// Returns whether a file has only columns of a schema, of the same types.
pub(crate) fn has_only(location: &Path, file: &LiveFile, schema: &Schema) -> Result<bool, StoreError> {
    let (_, metadata) = open(&location.join(&file.path), ArrowReaderOptions::new())?;
    let known = |field: &FieldRef| {
        schema.field_with_name(field.name()).is_ok_and(|known| known.data_type() == field.data_type())
    };
    Ok(metadata.schema().fields().iter().all(known))
}

/// Returns the rows with all columns of the schema.
pub(crate) fn conformed(rows: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, String> {
    let columns = schema.fields().iter().map(|field| -> ArrayRef {
        match rows.column_by_name(field.name()) {
            Some(column) => Arc::clone(column),
            None => new_null_array(field.data_type(), rows.num_rows()),
        }
    });
    RecordBatch::try_new(Arc::clone(schema), columns.collect()).map_err(|error| error.to_string())
}

fn open(path: &Path, options: ArrowReaderOptions) -> Result<(File, ArrowReaderMetadata), StoreError> {
    let file = File::open(path).map_err(|error| StoreError::io(path, error))?;
    // The types are those of Parquet, whatever types another writer had in memory.
    let options = options.with_skip_arrow_metadata(true);
    let metadata = ArrowReaderMetadata::load(&file, options).map_err(|error| parquet_error(path, error))?;
    Ok((file, metadata))
}

fn reader(path: &Path, columns: &[&str], rows: Rows<'_>) -> Result<ParquetRecordBatchReader, StoreError> {
    let mut options = ArrowReaderOptions::new();
    if rows != Rows::All {
        options = options.with_page_index_policy(PageIndexPolicy::Optional);
    }
    let (file, metadata) = open(path, options)?;
    let mask = ProjectionMask::columns(metadata.parquet_schema(), columns.iter().copied());
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata);
    let builder = builder.with_projection(mask).with_batch_size(BATCH_ROWS);
    let builder = match rows {
        Rows::All => builder,
        Rows::Of(ids) => of_sessions(builder, ids),
    };
    builder.build().map_err(|error| parquet_error(path, error))
}

fn of_sessions(builder: ParquetRecordBatchReaderBuilder<File>, ids: &Ids) -> ParquetRecordBatchReaderBuilder<File> {
    let groups = builder.metadata().row_groups().iter().enumerate();
    let groups: Vec<usize> = groups.filter(|(_, group)| may_hold(group, ids)).map(|(index, _)| index).collect();
    let mask = ProjectionMask::columns(builder.parquet_schema(), [SESSION_COLUMN]);
    let ids = ids.clone();
    let predicate = ArrowPredicateFn::new(mask, move |batch: RecordBatch| -> Result<BooleanArray, ArrowError> {
        ids.mask(&batch).map_err(ArrowError::SchemaError)
    });
    builder.with_row_groups(groups).with_row_filter(RowFilter::new(vec![Box::new(predicate)]))
}

/// Returns whether a row group may hold rows of these sessions, by its own statistics.
fn may_hold(group: &RowGroupMetaData, ids: &Ids) -> bool {
    text_extremes(group, SESSION_COLUMN).is_none_or(|(least, greatest)| ids.any_within(Some(least), Some(greatest)))
}
