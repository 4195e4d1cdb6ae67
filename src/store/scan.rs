//! Data files, read: the columns that are asked for, of the rows that may count.

use std::fs::File;
use std::path::Path;

use arrow::array::{AsArray as _, BooleanArray, RecordBatch, Scalar, StringArray};
use arrow::compute::kernels::cmp;
use arrow::datatypes::{FieldRef, Schema};
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
use super::log::LiveFile;
use super::schema::SESSION_COLUMN;

/// How many rows are read at once.
const BATCH_ROWS: usize = 8 * 1024;

/// Which rows of a file are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows<'a> {
    /// All of them.
    All,
    /// Those of one session.
    OfSession(&'a str),
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
        Rows::OfSession(id) => of_session(builder, id),
    };
    builder.build().map_err(|error| parquet_error(path, error))
}

fn of_session(builder: ParquetRecordBatchReaderBuilder<File>, id: &str) -> ParquetRecordBatchReaderBuilder<File> {
    let metadata = builder.metadata();
    let groups = metadata.row_groups().iter().enumerate();
    let groups: Vec<usize> = groups.filter(|(_, group)| may_hold(group, id)).map(|(index, _)| index).collect();
    let mask = ProjectionMask::columns(builder.parquet_schema(), [SESSION_COLUMN]);
    let wanted = Scalar::new(StringArray::from(vec![id.to_owned()]));
    let predicate = ArrowPredicateFn::new(mask, move |batch: RecordBatch| -> Result<BooleanArray, ArrowError> {
        let ids = batch.column(0).as_string_opt::<i32>();
        cmp::eq(ids.ok_or_else(|| ArrowError::SchemaError("session_id is no text".into()))?, &wanted)
    });
    builder.with_row_groups(groups).with_row_filter(RowFilter::new(vec![Box::new(predicate)]))
}

/// Returns whether a row group may hold rows of a session, by its own statistics.
fn may_hold(group: &RowGroupMetaData, id: &str) -> bool {
    text_extremes(group, SESSION_COLUMN).is_none_or(|(least, greatest)| least <= id && id <= greatest)
}
