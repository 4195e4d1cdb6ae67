//! Why a history could not do what was asked.

use std::io;
use std::path::{Path, PathBuf};

/// Why a history could not do what was asked. Nothing of it was changed, unless the variant says otherwise.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is nothing at this path.
    #[error("no history at {}", path.display())]
    NotFound {
        /// The path.
        path: PathBuf,
    },
    /// There is something at this path, and it is no history.
    #[error("{} is not a history: {reason}", path.display())]
    NotAHistory {
        /// The path.
        path: PathBuf,
        /// What it is instead.
        reason: String,
    },
    /// The history was written by a newer `insight`.
    #[error("{} has format {found}, and this insight knows formats up to {known}", path.display())]
    NewerFormat {
        /// The history.
        path: PathBuf,
        /// The format it states.
        found: String,
        /// The newest format known here.
        known: u32,
    },
    /// The file system forbids it.
    #[error("no permission for {}: {source}", path.display())]
    PermissionDenied {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file system failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Something in the history is not as it was written.
    #[error("{} is damaged: {reason}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl StoreError {
    /// Returns the error for an operation on `path` that the system refused.
    pub(crate) fn io(path: &Path, source: io::Error) -> StoreError {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                StoreError::PermissionDenied { path, source }
            }
            _ => StoreError::Io { path, source },
        }
    }
}
