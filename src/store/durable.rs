//! Files that are on the disk before anybody is told that they are there.
//!
//! `object_store` renames and links its files without syncing them first, so that a power cut can leave a commit that exists and is
//! empty. [`DurableStore`] is its local store with the two operations through which the log is written done durably.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use deltalake::ObjectStore;
use deltalake::logstore::object_store::local::LocalFileSystem;
use deltalake::logstore::object_store::path::Path as StorePath;
use deltalake::logstore::object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, PutMode, PutMultipartOptions,
    PutOptions, PutPayload, PutResult, Result,
};
use futures::stream::{self, BoxStream, StreamExt as _};

/// What the names of unfinished files begin with.
pub(crate) const UNFINISHED_PREFIX: &str = ".unfinished-";

/// Makes the entries of a directory durable.
pub(crate) fn sync_directory(directory: &Path) -> io::Result<()> {
    // Elsewhere a directory cannot be opened as a file, and the file system journals its entries.
    if cfg!(unix) { File::open(directory)?.sync_all() } else { Ok(()) }
}

/// Creates a directory and those above it, durably; fine where it is there already.
pub(crate) fn create_directory(directory: &Path) -> io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    let parent = directory.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent {
        create_directory(parent)?;
    }
    match fs::create_dir(directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists || !directory.is_dir() => return Err(error),
        Ok(()) | Err(_) => {}
    }
    sync_directory(parent.unwrap_or(Path::new(".")))
}

/// The local file system, for the log: what it has written is durable.
#[derive(Debug)]
pub(crate) struct DurableStore {
    local: LocalFileSystem,
}

impl DurableStore {
    pub(crate) fn new() -> DurableStore {
        DurableStore { local: LocalFileSystem::new() }
    }
}

impl fmt::Display for DurableStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DurableStore")
    }
}

#[async_trait]
impl ObjectStore for DurableStore {
    async fn put_opts(&self, location: &StorePath, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let path = self.local.path_to_filesystem(location)?;
        put(&path, &payload, &options.mode).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => {
                Error::AlreadyExists { path: location.to_string(), source: Box::new(error) }
            }
            io::ErrorKind::PermissionDenied => {
                Error::PermissionDenied { path: location.to_string(), source: Box::new(error) }
            }
            _ => generic(error),
        })?;
        Ok(PutResult { e_tag: None, version: None })
    }

    async fn put_multipart_opts(&self, _: &StorePath, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        // The log is written in single pieces, and data files do not pass through here.
        Err(Error::NotImplemented { operation: "put_multipart_opts".into(), implementer: self.to_string() })
    }

    async fn get_opts(&self, location: &StorePath, options: GetOptions) -> Result<GetResult> {
        self.local.get_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<StorePath>>) -> BoxStream<'static, Result<StorePath>> {
        self.local.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&StorePath>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.local.list(prefix)
    }

    fn list_with_offset(
        &self,
        prefix: Option<&StorePath>,
        offset: &StorePath,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        let Some(prefix) = prefix else { return self.local.list_with_offset(prefix, offset) };
        // The log's directory has no others below it, and all but its newest names are older than the offset: names are cheap, and
        // the rest is asked of the few that count.
        let found = list_behind(&self.local, prefix, offset).unwrap_or_else(|error| vec![Err(error)]);
        stream::iter(found).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&StorePath>) -> Result<ListResult> {
        self.local.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, _: &StorePath, _: &StorePath, _: CopyOptions) -> Result<()> {
        Err(Error::NotImplemented { operation: "copy_opts".into(), implementer: self.to_string() })
    }
}

/// Writes a file under another name, syncs it, gives it its name, and syncs the name.
fn put(path: &Path, payload: &PutPayload, mode: &PutMode) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    create_directory(directory)?;
    let unfinished = unfinished_path(directory);
    let written = write_synced(&unfinished, payload).and_then(|()| match mode {
        // A link fails where the name is taken; a rename would replace what is there.
        PutMode::Create => fs::hard_link(&unfinished, path).and_then(|()| fs::remove_file(&unfinished)),
        PutMode::Overwrite => fs::rename(&unfinished, path),
        PutMode::Update(_) => Err(io::ErrorKind::Unsupported.into()),
    });
    if let Err(error) = written {
        // Best effort: `check` and `compact` remove what a killed process leaves, too.
        let _ = fs::remove_file(&unfinished);
        return Err(error);
    }
    sync_directory(directory)
}

fn write_synced(path: &Path, payload: &PutPayload) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    for piece in payload {
        file.write_all(piece)?;
    }
    file.sync_all()
}

/// Returns a name in `directory` that no other process or thread uses.
fn unfinished_path(directory: &Path) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    directory.join(format!("{UNFINISHED_PREFIX}{}-{number}-{}", std::process::id(), uuid::Uuid::new_v4().simple()))
}

fn list_behind(local: &LocalFileSystem, prefix: &StorePath, offset: &StorePath) -> Result<Vec<Result<ObjectMeta>>> {
    let directory = local.path_to_filesystem(prefix)?;
    let entries = match fs::read_dir(&directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(generic(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(generic)?;
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| !name.starts_with(UNFINISHED_PREFIX)) else { continue };
        let location = prefix.clone().join(name);
        if location <= *offset {
            continue;
        }
        let metadata = match entry.metadata() {
            // Removed since, by whoever keeps the log short.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            metadata => metadata.map_err(generic)?,
        };
        if metadata.is_file() {
            let last_modified = metadata.modified().map_err(generic)?.into();
            found.push(Ok(ObjectMeta { location, last_modified, size: metadata.len(), e_tag: None, version: None }));
        }
    }
    Ok(found)
}

fn generic(error: io::Error) -> Error {
    Error::Generic { store: "DurableStore", source: Box::new(error) }
}
