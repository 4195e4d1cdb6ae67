//! Columns of one row group, texts as the codes of their dictionary: the unit in which cores share a scan.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array as _, AsArray as _, DictionaryArray, RecordBatch, StringArray};
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::{DataType, Field, Int32Type, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection, RowSelector,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use parquet::file::statistics::Statistics;

use super::StoreError;
use super::data_file::parquet_error;
use super::live_file::LiveFile;

/// How many rows are handed on at once: what the processor's own memory holds.
const BATCH_ROWS: usize = 32 * 1024;
/// How many where texts come as they are, which may be long.
const TEXT_ROWS: usize = 8 * 1024;

/// One row group of a data file.
#[derive(Debug, Clone)]
pub(crate) struct RowGroup {
    path: PathBuf,
    metadata: Arc<ParquetMetaData>,
    index: usize,
}

/// Which rows of a row group are read.
#[derive(Debug, Clone)]
pub(crate) enum Selected {
    All,
    None,
    These(RowSelection),
}

/// Returns the row groups of a data file.
pub(crate) fn row_groups(location: &Path, file: &LiveFile) -> Result<Vec<RowGroup>, StoreError> {
    let path = location.join(&file.path);
    let opened = File::open(&path).map_err(|error| StoreError::io(&path, error))?;
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let loaded = ArrowReaderMetadata::load(&opened, options).map_err(|error| parquet_error(&path, error))?;
    let metadata = loaded.metadata();
    let group = |index| RowGroup { path: path.clone(), metadata: Arc::clone(metadata), index };
    Ok((0..metadata.num_row_groups()).map(group).collect())
}

impl RowGroup {
    /// Returns bounds of a column of texts, where the file states them.
    pub(crate) fn extremes(&self, name: &str) -> Option<(&str, &str)> {
        text_extremes(self.metadata.row_groups().get(self.index)?, name)
    }

    /// Returns those of the selected rows whose text in a column is admitted: a look at one column spares the reading of the others.
    pub(crate) fn narrowed(
        &self,
        selected: Selected,
        name: &'static str,
        admits: impl Fn(&str) -> bool,
    ) -> Result<Selected, StoreError> {
        let mut runs = Runs::default();
        self.read(&selected, &[name], &[name], |batch| {
            let codes = Codes::required(batch, name)?;
            let admitted: Vec<bool> = codes.texts().into_iter().map(&admits).collect();
            let keys = codes.keys();
            let mut of_batch = admitted.iter().enumerate().filter(|(_, admitted)| **admitted).map(|(code, _)| code);
            match (of_batch.next(), of_batch.next()) {
                (None, _) => runs.push(false, keys.len()),
                _ if !admitted.contains(&false) => runs.push(true, keys.len()),
                (Some(one), None) => runs.push_each(keys, |key| usize::try_from(key) == Ok(one)),
                (Some(_), Some(_)) => runs.push_each(keys, |key| {
                    usize::try_from(key).ok().and_then(|key| admitted.get(key).copied()).unwrap_or(false)
                }),
            }
            Ok(())
        })?;
        Ok(match (selected, runs.0.as_slice()) {
            (_, [] | [RowSelector { skip: true, .. }]) => Selected::None,
            (selected, [RowSelector { skip: false, .. }]) => selected,
            (Selected::These(before), _) => Selected::These(before.and_then(&RowSelection::from(runs.0))),
            (Selected::All | Selected::None, _) => Selected::These(RowSelection::from(runs.0)),
        })
    }

    /// Hands the named columns of the selected rows to `take`, batch by batch; those of `coded` as dictionaries.
    pub(crate) fn read(
        &self,
        selected: &Selected,
        names: &[&str],
        coded: &[&str],
        mut take: impl FnMut(&RecordBatch) -> Result<(), String>,
    ) -> Result<(), StoreError> {
        let selection = match selected {
            Selected::All => None,
            Selected::None => return Ok(()),
            Selected::These(rows) => Some(rows.clone()),
        };
        let file = File::open(&self.path).map_err(|error| StoreError::io(&self.path, error))?;
        let metadata = self.with_dictionaries(coded).map_err(|error| parquet_error(&self.path, error))?;
        let mask = ProjectionMask::columns(metadata.parquet_schema(), names.iter().copied());
        let is_text = |name: &&str| {
            metadata.schema().field_with_name(name).is_ok_and(|field| *field.data_type() == DataType::Utf8)
        };
        let batch_rows = if names.iter().any(is_text) { TEXT_ROWS } else { BATCH_ROWS };
        let mut builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata)
            .with_projection(mask)
            .with_row_groups(vec![self.index])
            .with_batch_size(batch_rows);
        if let Some(selection) = selection {
            builder = builder.with_row_selection(selection);
        }
        for batch in builder.build().map_err(|error| parquet_error(&self.path, error))? {
            let batch = batch.map_err(|error| self.corrupt(error.to_string()))?;
            take(&batch).map_err(|reason| self.corrupt(reason))?;
        }
        Ok(())
    }

    /// Returns the error for a row group that is not as it was written.
    pub(crate) fn corrupt(&self, reason: String) -> StoreError {
        StoreError::Corrupt { path: self.path.clone(), reason }
    }

    fn with_dictionaries(&self, coded: &[&str]) -> Result<ArrowReaderMetadata, ParquetError> {
        let plain = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let read = ArrowReaderMetadata::try_new(Arc::clone(&self.metadata), plain)?;
        let dictionary = || DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        let field = |field: &Arc<Field>| match coded.contains(&field.name().as_str()) {
            true => Arc::new(field.as_ref().clone().with_data_type(dictionary())),
            false => Arc::clone(field),
        };
        let schema = Schema::new(read.schema().fields().iter().map(field).collect::<Vec<_>>());
        ArrowReaderMetadata::try_new(
            Arc::clone(&self.metadata),
            ArrowReaderOptions::new().with_schema(Arc::new(schema)),
        )
    }
}

/// Rows read and rows passed over, in turn.
#[derive(Debug, Default)]
struct Runs(Vec<RowSelector>);

impl Runs {
    /// How many rows are looked at together.
    const STRIDE: usize = 64;

    /// Adds rows by whether their code is wanted.
    fn push_each(&mut self, keys: &[i32], is_wanted: impl Fn(i32) -> bool) {
        for keys in keys.chunks(Runs::STRIDE) {
            // Without a branch for each row, so that the processor looks at several at once.
            match keys.iter().map(|key| usize::from(is_wanted(*key))).sum::<usize>() {
                0 => self.push(false, keys.len()),
                all if all == keys.len() => self.push(true, all),
                _some => keys.iter().for_each(|key| self.push(is_wanted(*key), 1)),
            }
        }
    }

    fn push(&mut self, wanted: bool, rows: usize) {
        match self.0.last_mut() {
            Some(last) if last.skip != wanted => last.row_count += rows,
            _ => self.0.push(if wanted { RowSelector::select(rows) } else { RowSelector::skip(rows) }),
        }
    }
}

/// Returns bounds of a column of texts in a row group, where the file states them.
pub(crate) fn text_extremes<'group>(group: &'group RowGroupMetaData, name: &str) -> Option<(&'group str, &'group str)> {
    let column = group.columns().iter().find(|column| column.column_path().string() == name)?;
    let Some(Statistics::ByteArray(statistics)) = column.statistics() else { return None };
    // A bound that was cut within a character is no text, and bounds nothing here.
    let text = |bytes: &'group [u8]| std::str::from_utf8(bytes).ok();
    Some((text(statistics.min_opt()?.data())?, text(statistics.max_opt()?.data())?))
}

/// A column of texts as the codes of a dictionary.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Codes<'batch> {
    column: &'batch DictionaryArray<Int32Type>,
    values: &'batch StringArray,
}

impl<'batch> Codes<'batch> {
    /// Returns the column of this name; `None` where the file does not have it.
    pub(crate) fn new(batch: &'batch RecordBatch, name: &str) -> Result<Option<Codes<'batch>>, String> {
        let Some(column) = batch.column_by_name(name) else { return Ok(None) };
        let unexpected = || format!("column {name} holds {}", column.data_type());
        let column = column.as_dictionary_opt::<Int32Type>().ok_or_else(unexpected)?;
        let values = column.values().as_string_opt::<i32>().ok_or_else(unexpected)?;
        Ok(Some(Codes { column, values }))
    }

    /// Returns the column of this name, without nulls.
    pub(crate) fn required(batch: &'batch RecordBatch, name: &str) -> Result<Codes<'batch>, String> {
        let codes = Codes::new(batch, name)?.ok_or_else(|| format!("there is no column {name}"))?;
        if codes.column.null_count() > 0 { Err(format!("column {name} has nulls")) } else { Ok(codes) }
    }

    /// Returns the dictionary.
    pub(crate) fn values(&self) -> &'batch StringArray {
        self.values
    }

    /// Returns whether this is the dictionary: not an equal one, but the same in memory, as the batches of a row group share it.
    pub(crate) fn is_of(&self, dictionary: &StringArray) -> bool {
        self.values.offsets().ptr_eq(dictionary.offsets())
            && self.values.values().ptr_eq(dictionary.values())
            && self.values.nulls().is_none()
    }

    /// Returns the texts of the dictionary.
    pub(crate) fn texts(&self) -> Vec<&'batch str> {
        self.values.iter().map(Option::unwrap_or_default).collect()
    }

    /// Returns the codes, one a row. They mean nothing where the row is null.
    pub(crate) fn keys(&self) -> &'batch [i32] {
        self.column.keys().values()
    }

    /// Returns the codes as they are counted: none is negative.
    pub(crate) fn codes(&self) -> ScalarBuffer<u32> {
        ScalarBuffer::from(self.column.keys().values().inner().clone())
    }

    /// Returns the code of a row; `None` where it is null.
    pub(crate) fn key(&self, row: usize) -> Option<usize> {
        self.column.key(row)
    }
}
