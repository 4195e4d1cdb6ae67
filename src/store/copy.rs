//! A history in another place: the state of one version, and nothing that it has left behind.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use chrono::{DateTime, Utc};
use deltalake::kernel::{Action, Add};

use super::durable::{create_directory, sync_directory};
use super::live_file::{Change, LiveFile};
use super::log::Log;
use super::{Access, StoreError, parallel};

/// What was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CopyReport {
    /// How many data files.
    pub files: u64,
    /// How many bytes they have.
    pub bytes: u64,
}

/// Copies the data files of a history, then writes the log that makes a history of them: until then there is none.
pub(crate) fn copy(log: &Log, target: &Path) -> Result<CopyReport, StoreError> {
    create_directory(target).map_err(|error| StoreError::io(target, error))?;
    let copied = parallel::try_map(log.all_files(), |file| copy_file(log.location(), target, file))?;
    let directories: BTreeSet<&Path> =
        log.all_files().iter().filter_map(|file| Path::new(&file.path).parent()).collect();
    for directory in directories {
        let directory = target.join(directory);
        sync_directory(&directory).map_err(|error| StoreError::io(&directory, error))?;
    }
    let report = CopyReport { files: copied.len() as u64, bytes: log.all_files().iter().map(|file| file.bytes).sum() };
    Log::create(target, copied.into_iter().map(Action::Add).collect())?;
    if Log::open(target, Access::Read)?.names(log.all_files().iter()) {
        Ok(report)
    } else {
        Err(StoreError::NotEmpty { path: target.to_owned() })
    }
}

fn copy_file(source: &Path, target: &Path, file: &LiveFile) -> Result<Add, StoreError> {
    let to = target.join(&file.path);
    let copied = (|| {
        if let Some(directory) = to.parent() {
            create_directory(directory)?;
        }
        let mut from = File::open(source.join(&file.path))?;
        let mut into = File::create_new(&to)?;
        io::copy(&mut from, &mut into)?;
        into.sync_all()?;
        fs::metadata(&to)?.modified()
    })();
    let modified = DateTime::<Utc>::from(copied.map_err(|error| StoreError::io(&to, error))?);
    Ok(file.add(modified.timestamp_millis(), Change::Data))
}
