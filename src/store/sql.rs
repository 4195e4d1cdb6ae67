//! SQL over the [views](super::View) of a history, by DataFusion.
//!
//! A query reads and never writes: statements that would change anything, or read other files, are refused. It sees the version of the
//! history that was the newest when it began. What needs more memory than [`MEMORY_LIMIT`] goes to temporary files or fails.

use std::collections::HashSet;
use std::sync::Arc;
use std::thread;

use arrow::array::{Array, ArrayRef, RecordBatch, StringArray, UnionArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::json::writer::JsonArray;
use arrow::json::{Writer, WriterBuilder};
use datafusion::datasource::TableProvider;
use datafusion::datasource::empty::EmptyTable;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion_functions_json::{JsonUnionEncoder, JsonUnionValue};
use futures::StreamExt as _;
use serde_json::{Map, Value};
use tokio::runtime::{Builder, Runtime};
use url::Url;

use super::{HistoryStore, View};

/// Where the views stand in SQL; queries need not say so.
const CATALOG: &str = "insight";
const SCHEMA: &str = "history";
/// How many bytes the groups, joins and orders of a query may hold at once.
const MEMORY_LIMIT: usize = 512 * 1024 * 1024;
/// How many rows are handed on at once: few enough for rows with long texts.
const BATCH_ROWS: usize = 4096;

/// Why a query has no answer, or not the whole one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SqlError {
    /// The query makes no sense, or asks for what cannot be done.
    #[error("{0}")]
    Query(String),
    /// A value of the history is not what the query takes it for.
    #[error("{0}")]
    Failed(String),
    /// The answer needs more memory than a query may have.
    #[error("the query needs more memory than a query may have: {0}")]
    Memory(String),
    /// The history cannot be read.
    #[error("the history could not be read: {0}")]
    Unreadable(String),
}

/// A column of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlColumn {
    /// Its name; no two of an answer are equal.
    pub name: String,
    /// Whether its values are numbers.
    pub is_number: bool,
}

/// A query under way, which hands out its rows as they are found.
pub struct SqlQuery {
    rows: SendableRecordBatchStream,
    columns: Vec<SqlColumn>,
    /// The names under which the columns are written: their places, which are never equal.
    places: SchemaRef,
    /// The last to go: what reads the files runs on it.
    runtime: Runtime,
}

impl SqlQuery {
    /// Starts a query of one statement over the views of a history.
    pub fn begin(store: &HistoryStore, query: &str) -> Result<SqlQuery, SqlError> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let runtime = Builder::new_multi_thread()
            .worker_threads(cores)
            .enable_all()
            .build()
            .map_err(|error| SqlError::Unreadable(error.to_string()))?;
        let context = context(store, cores).map_err(|error| failed(&error))?;
        let only_queries = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        let rows =
            runtime.block_on(async { context.sql_with_options(query, only_queries).await?.execute_stream().await });
        let rows = rows.map_err(|error| failed(&error))?;
        let schema = rows.schema();
        let places = schema
            .fields()
            .iter()
            .enumerate()
            .map(|(place, field)| Field::new(place.to_string(), plain_type(field.data_type()), true));
        let places = Arc::new(Schema::new(places.collect::<Vec<_>>()));
        Ok(SqlQuery { columns: columns(&schema), rows, places, runtime })
    }

    /// Returns the columns of the answer.
    pub fn columns(&self) -> &[SqlColumn] {
        &self.columns
    }

    /// Returns the next rows, each with a value for every column, or `None` after the last. Times are texts as RFC 3339 has them.
    pub fn next_rows(&mut self) -> Result<Option<Vec<Vec<Value>>>, SqlError> {
        match self.runtime.block_on(self.rows.next()) {
            None => Ok(None),
            Some(Ok(batch)) => self.values(&batch).map(Some).map_err(|error| failed(&error.into())),
            Some(Err(error)) => Err(failed(&error)),
        }
    }

    fn values(&self, batch: &RecordBatch) -> Result<Vec<Vec<Value>>, ArrowError> {
        if batch.num_columns() == 0 {
            return Ok(vec![Vec::new(); batch.num_rows()]);
        }
        let columns = batch.columns().iter().map(plain).collect();
        let batch = RecordBatch::try_new(Arc::clone(&self.places), columns)?;
        let mut writer: Writer<_, JsonArray> = WriterBuilder::new().with_explicit_nulls(true).build(Vec::new());
        writer.write(&batch)?;
        writer.finish()?;
        let rows: Vec<Map<String, Value>> =
            serde_json::from_slice(&writer.into_inner()).map_err(|error| ArrowError::JsonError(error.to_string()))?;
        Ok(rows.into_iter().map(|row| row.into_iter().map(|(_place, value)| value).collect()).collect())
    }
}

/// Returns a session that knows the views and nothing else.
fn context(store: &HistoryStore, cores: usize) -> Result<SessionContext, DataFusionError> {
    let mut config = SessionConfig::new()
        .with_target_partitions(cores)
        .with_batch_size(BATCH_ROWS)
        .with_information_schema(true)
        .with_default_catalog_and_schema(CATALOG, SCHEMA);
    // Texts are long: those of rows that a condition rules out are not decoded.
    config.options_mut().execution.parquet.pushdown_filters = true;
    config.options_mut().execution.parquet.reorder_filters = true;
    let limits = RuntimeEnvBuilder::new().with_memory_limit(MEMORY_LIMIT, 1.0).build_arc()?;
    let mut context = SessionContext::new_with_config_rt(config, limits);
    datafusion_functions_json::register_all(&mut context)?;
    for view in View::ALL {
        context.register_table(view.name(), table(store, view)?)?;
    }
    Ok(context)
}

fn table(store: &HistoryStore, view: View) -> Result<Arc<dyn TableProvider>, DataFusionError> {
    let schema = view.record().arrow_schema();
    let files = store.view_files(view).into_iter().map(|path| {
        let absolute = path.canonicalize()?;
        // Not from its text, in which brackets and stars would be a pattern.
        let url = Url::from_file_path(&absolute)
            .map_err(|()| DataFusionError::External(format!("{} is no file's path", absolute.display()).into()))?;
        ListingTableUrl::try_new(url, None)
    });
    let files = files.collect::<Result<Vec<_>, _>>()?;
    if files.is_empty() {
        return Ok(Arc::new(EmptyTable::new(schema)));
    }
    let options = ListingOptions::new(Arc::new(ParquetFormat::default())).with_file_extension("");
    let config = ListingTableConfig::new_with_multi_paths(files).with_listing_options(options).with_schema(schema);
    Ok(Arc::new(ListingTable::try_new(config)?))
}

/// Returns the columns of an answer, with a number behind a name that came before.
fn columns(schema: &Schema) -> Vec<SqlColumn> {
    let mut taken: HashSet<String> = HashSet::new();
    let fields = schema.fields().iter().map(|field| {
        let again = (2_usize..).map(|number| format!("{}_{number}", field.name()));
        let mut names = std::iter::once(field.name().clone()).chain(again);
        let name = names.find(|name| taken.insert(name.clone())).unwrap_or_default();
        SqlColumn { name, is_number: field.data_type().is_numeric() }
    });
    fields.collect()
}

/// Returns the type of a column once it is [`plain`].
fn plain_type(kind: &DataType) -> DataType {
    if matches!(kind, DataType::Union(..)) { DataType::Utf8 } else { kind.clone() }
}

/// Returns a column as one that can be written: what `->` took from a JSON text becomes a text again.
fn plain(column: &ArrayRef) -> ArrayRef {
    let union = column.as_any().downcast_ref::<UnionArray>();
    match union.and_then(|union| JsonUnionEncoder::from_union(union.clone())) {
        Some(values) => {
            let texts: StringArray = (0..values.len()).map(|at| json_text(&values.get_value(at))).collect();
            Arc::new(texts)
        }
        None => Arc::clone(column),
    }
}

fn json_text(value: &JsonUnionValue<'_>) -> Option<String> {
    match value {
        JsonUnionValue::JsonNull => None,
        JsonUnionValue::Bool(value) => Some(value.to_string()),
        JsonUnionValue::Int(value) => Some(value.to_string()),
        JsonUnionValue::Float(value) => Some(value.to_string()),
        JsonUnionValue::Str(text) | JsonUnionValue::Array(text) | JsonUnionValue::Object(text) => {
            Some((*text).to_owned())
        }
    }
}

/// Returns whose fault it was: the query's, unless files or memory say otherwise.
fn failed(error: &DataFusionError) -> SqlError {
    let root = error.find_root();
    let message = match root {
        // Its message would be the structure that holds it.
        DataFusionError::SQL(error, _) => error.to_string().replacen("sql parser error: ", "", 1).into(),
        other => other.message(),
    };
    // What follows the first line lists every column of every view.
    let message = message.lines().next().unwrap_or_default();
    let message = message.replace(&format!("{CATALOG}.{SCHEMA}."), "");
    match root {
        DataFusionError::ResourcesExhausted(_) => SqlError::Memory(message),
        DataFusionError::IoError(_) | DataFusionError::ParquetError(_) | DataFusionError::ObjectStore(_) => {
            SqlError::Unreadable(message)
        }
        DataFusionError::ArrowError(..) | DataFusionError::Execution(_) => SqlError::Failed(message),
        _ => SqlError::Query(message),
    }
}
