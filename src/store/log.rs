//! The Delta log of a history: which data files are alive, and how that changes. The only place that drives asynchronous code.

use std::collections::HashMap;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use deltalake::kernel::Action;
use deltalake::kernel::transaction::{CommitBuilder, CommitProperties, PROTOCOL, TableReference, TransactionError};
use deltalake::operations::create::CreateBuilder;
use deltalake::protocol::{DeltaOperation, SaveMode};
use deltalake::{DeltaTable, DeltaTableBuilder, DeltaTableError, checkpoints};
use futures::TryStreamExt as _;
use tokio::runtime::{Builder, Runtime};
use url::Url;

use super::durable::DurableStore;
use super::live_file::LiveFile;
use super::schema::{self, FORMAT_PROPERTY, FORMAT_VERSION, RECORD_COLUMN, Record};
use super::statistics::Statistics;
use super::upkeep::{LOG_KEPT, RemovedFiles};
use super::{Access, StoreError};

/// The table's own directory.
pub(crate) const LOG_DIRECTORY: &str = "_delta_log";
/// After how many entries the log is summed up, so that readers need not read them all.
const CHECKPOINT_INTERVAL: u64 = 20;
/// How many files of the log are read at once.
const BLOCKING_THREADS: usize = 4;
/// How often opening is tried where files of the log vanish while it is read, since somebody keeps the log short.
const OPEN_ATTEMPTS: usize = 5;

/// One version of the log, loaded.
#[derive(Clone)]
pub(crate) struct Log {
    location: PathBuf,
    runtime: Arc<Runtime>,
    table: DeltaTable,
    files: Arc<Vec<LiveFile>>,
}

/// What became of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Commit {
    /// It is in the log.
    Done,
    /// Somebody else was faster: nothing was written. Look at what they did and try again.
    Raced,
}

impl Log {
    /// Loads the log at `location`.
    pub(crate) fn open(location: &Path, access: Access) -> Result<Log, StoreError> {
        let (runtime, table) = unloaded(location)?;
        let mut log = Log { location: location.to_owned(), runtime, table, files: Arc::default() };
        log.reload()?;
        log.check_format(access)?;
        Ok(log)
    }

    /// Writes the first entry of a log at `location`, with these files; does nothing where another process has just done so.
    pub(crate) fn create(location: &Path, files: Vec<Action>) -> Result<(), StoreError> {
        let (runtime, table) = unloaded(location)?;
        let properties = [
            (FORMAT_PROPERTY, FORMAT_VERSION.to_string()),
            ("delta.dataSkippingStatsColumns", schema::STATISTICS_COLUMNS.to_owned()),
            ("delta.checkpointInterval", CHECKPOINT_INTERVAL.to_string()),
            ("delta.logRetentionDuration", format!("interval {} seconds", LOG_KEPT.as_secs())),
            ("delta.deletedFileRetentionDuration", "interval 1 days".to_owned()),
        ];
        let create = CreateBuilder::new()
            .with_log_store(table.log_store())
            .with_table_name("insight")
            .with_comment("a history of test sessions")
            .with_save_mode(SaveMode::Ignore)
            .with_columns(schema::delta_columns())
            .with_partition_columns([RECORD_COLUMN])
            .with_actions(files)
            .with_configuration(properties.map(|(key, value)| (key, Some(value))))
            .with_raise_if_key_not_exists(false)
            .with_commit_properties(CommitProperties::default().with_max_retries(0));
        match runtime.block_on(create.into_future()) {
            Err(error) if !is_race(&error) => Err(StoreError::delta(location, error)),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Moves to the newest version.
    pub(crate) fn reload(&mut self) -> Result<(), StoreError> {
        let mut attempt = 1;
        while let Err(error) = self.runtime.block_on(self.table.update_state()) {
            if attempt == OPEN_ATTEMPTS {
                return Err(StoreError::delta(&self.location, error));
            }
            attempt += 1;
            self.table = DeltaTable::new(self.table.log_store());
        }
        self.files = Arc::new(self.live_files()?);
        Ok(())
    }

    /// Returns the directory of the history.
    pub(crate) fn location(&self) -> &Path {
        &self.location
    }

    /// Returns the live files of one record.
    pub(crate) fn files(&self, record: Record) -> impl Iterator<Item = &LiveFile> {
        self.files.iter().filter(move |file| file.record == record)
    }

    /// Returns the version: the number of the last entry.
    pub(crate) fn version(&self) -> u64 {
        self.table.version().unwrap_or_default()
    }

    /// Returns the live files.
    pub(crate) fn all_files(&self) -> &[LiveFile] {
        &self.files
    }

    /// Returns whether all of these files are alive.
    pub(crate) fn names<'file>(&self, mut files: impl Iterator<Item = &'file LiveFile>) -> bool {
        files.all(|file| self.files.iter().any(|live| live.path == file.path))
    }

    /// Writes one entry of the log, if nobody has written one since this version; moves to it where that is so.
    pub(crate) fn commit(&mut self, actions: Vec<Action>, operation: DeltaOperation) -> Result<Commit, StoreError> {
        let version = serde_json::Value::from(env!("CARGO_PKG_VERSION"));
        let state = self.table.snapshot().map_err(|error| StoreError::delta(&self.location, error))?;
        let commit = CommitBuilder::default()
            .with_actions(actions)
            .with_max_retries(0)
            .with_app_metadata(HashMap::from([("insight".to_owned(), version)]))
            .build(Some(state as &dyn TableReference), self.table.log_store(), operation)
            .into_prepared_commit_future();
        match self.runtime.block_on(async { commit.await?.await }) {
            Ok(_) => {}
            Err(error) if is_race(&error) => return Ok(Commit::Raced),
            Err(error) => return Err(StoreError::delta(&self.location, error)),
        }
        self.reload()?;
        Ok(Commit::Done)
    }

    /// Returns whether so much was written since the log was last summed up that it should be again.
    pub(crate) fn is_checkpoint_due(&self) -> bool {
        let version = self.version();
        // Without a readable hint readers begin at the first entry, and so does the count.
        let hint = fs::read(self.location.join(LOG_DIRECTORY).join("_last_checkpoint")).ok();
        let last =
            hint.and_then(|hint| serde_json::from_slice::<serde_json::Value>(&hint).ok()?.get("version")?.as_u64());
        version >= last.unwrap_or_default() + CHECKPOINT_INTERVAL
    }

    /// Sums the log up, so that readers need not read the entries before.
    pub(crate) fn checkpoint(&self) -> Result<(), StoreError> {
        let written = self.runtime.block_on(checkpoints::create_checkpoint(&self.table, None));
        written.map_err(|error| StoreError::delta(&self.location, error))
    }

    /// Removes the entries of the log that a checkpoint sums up, if they are older than `time`.
    pub(crate) fn shorten(&self, time: SystemTime) -> Result<(), StoreError> {
        let version = self.version();
        let store = self.table.log_store();
        let time = DateTime::<Utc>::from(time).timestamp_millis();
        let removed = self.runtime.block_on(checkpoints::cleanup_expired_logs_for(version, &store, time, None));
        removed.map(drop).map_err(|error| StoreError::delta(&self.location, error))
    }

    /// Returns when this version was committed, by the clock of the file system.
    pub(crate) fn committed_at(&self) -> Result<SystemTime, StoreError> {
        let name = format!("{:020}.json", self.version());
        let path = self.location.join(LOG_DIRECTORY).join(name);
        fs::metadata(&path).and_then(|metadata| metadata.modified()).map_err(|error| StoreError::io(&path, error))
    }

    /// Returns the files that the log remembers to have been part of the history.
    pub(crate) fn removed_files(&self) -> Result<RemovedFiles, StoreError> {
        let state = self.table.snapshot().map_err(|error| StoreError::delta(&self.location, error))?;
        let store = self.table.log_store();
        let removed = self.runtime.block_on(async {
            let removed = state.all_tombstones(&store);
            removed.map_ok(|file| (file.path().into_owned(), file.deletion_timestamp())).try_collect::<Vec<_>>().await
        });
        let removed = removed.map_err(|error| StoreError::delta(&self.location, error))?;
        let time = |ms: i64| Some(SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(ms).ok()?));
        Ok(removed.into_iter().filter_map(|(path, ms)| Some((path, time(ms?)?))).collect())
    }

    fn check_format(&self, access: Access) -> Result<(), StoreError> {
        let state = self.table.snapshot().map_err(|error| StoreError::delta(&self.location, error))?;
        let path = self.location.clone();
        let Some(found) = state.metadata().configuration().get(FORMAT_PROPERTY) else {
            return Err(StoreError::NotAHistory { path, reason: "a Delta table that insight did not write".into() });
        };
        if !found.parse::<u32>().is_ok_and(|found| found <= FORMAT_VERSION) {
            return Err(StoreError::NewerFormat { path, found: found.clone(), known: FORMAT_VERSION });
        }
        if access != Access::Read
            && let Err(error) = PROTOCOL.can_write_to(state)
        {
            return Err(StoreError::NewerFormat { path, found: error.to_string(), known: FORMAT_VERSION });
        }
        Ok(())
    }

    fn live_files(&self) -> Result<Vec<LiveFile>, StoreError> {
        let state = self.table.snapshot().map_err(|error| StoreError::delta(&self.location, error))?;
        let files = state.log_data().into_iter();
        files
            .map(|file| self.live_file(&file.path(), file.size(), file.stats(), &file.partition_values_map()))
            .collect()
    }

    fn live_file(
        &self,
        path: &str,
        bytes: i64,
        statistics: Option<String>,
        partition: &HashMap<String, Option<String>>,
    ) -> Result<LiveFile, StoreError> {
        let corrupt = |reason: &str| StoreError::Corrupt {
            path: self.location.join(LOG_DIRECTORY),
            reason: format!("{path:?}: {reason}"),
        };
        // A log that somebody tampered with must not lead us out of the history.
        if !Path::new(path).components().all(|component| matches!(component, Component::Normal(_))) {
            return Err(corrupt("not a path below the history"));
        }
        let record = partition
            .get(RECORD_COLUMN)
            .and_then(|word| Record::from_word(word.as_deref()?))
            .ok_or_else(|| corrupt("a record that is not known"))?;
        let statistics = statistics.map_or(Ok(Statistics::default()), |text| serde_json::from_str(&text));
        Ok(LiveFile {
            path: path.to_owned(),
            record,
            bytes: u64::try_from(bytes).map_err(|_| corrupt("a negative size"))?,
            statistics: statistics.map_err(|error| corrupt(&error.to_string()))?,
        })
    }
}

fn unloaded(location: &Path) -> Result<(Arc<Runtime>, DeltaTable), StoreError> {
    let io = |error| StoreError::io(location, error);
    let absolute = location.canonicalize().map_err(io)?;
    let url = Url::from_directory_path(&absolute)
        .map_err(|()| StoreError::NotAHistory { path: location.to_owned(), reason: "not a directory's path".into() })?;
    // One worker is enough: everything that takes time runs on threads for blocking work. Of these a few are enough, too: what is read is
    // small, and each costs memory that is touched for the first time.
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(BLOCKING_THREADS)
        .enable_all()
        .build()
        .map_err(io)?;
    let table = {
        let _inside = runtime.enter();
        DeltaTableBuilder::from_url(url.clone())
            .and_then(|builder| builder.with_storage_backend(Arc::new(DurableStore::new()), url).build())
            .map_err(|error| StoreError::delta(location, error))?
    };
    Ok((Arc::new(runtime), table))
}

/// Returns whether a commit failed because another process wrote that version.
fn is_race(error: &DeltaTableError) -> bool {
    match error {
        DeltaTableError::VersionAlreadyExists(_) => true,
        DeltaTableError::Transaction { source } => {
            matches!(source, TransactionError::MaxCommitAttempts(_) | TransactionError::VersionAlreadyExists(_))
        }
        _ => false,
    }
}
