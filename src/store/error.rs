//! Why a history could not do what was asked.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

use deltalake::DeltaTableError;

use super::schema::FORMAT_VERSION;

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
    /// Other writers were faster each time, for as long as was tried.
    #[error("{}: other writers left no gap in {attempts} attempts", path.display())]
    Conflict {
        /// The history.
        path: PathBuf,
        /// How often it was tried.
        attempts: u32,
    },
    /// A text is larger than a history can hold.
    #[error("session {session_id} holds a text of {bytes} bytes, more than a history can hold")]
    TooLarge {
        /// The session.
        session_id: String,
        /// The text's size.
        bytes: usize,
    },
    /// The table's log could not be read or written.
    #[error("{}: {source}", path.display())]
    Delta {
        /// The history.
        path: PathBuf,
        /// What the Delta library says.
        source: Box<DeltaTableError>,
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

    /// Returns the error for a log that the Delta library could not read or write.
    pub(crate) fn delta(location: &Path, error: DeltaTableError) -> StoreError {
        let path = location.to_owned();
        let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
        while let Some(current) = cause {
            if let Some(kind) = current.downcast_ref::<io::Error>().map(io::Error::kind)
                && matches!(kind, io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
            {
                return StoreError::PermissionDenied { path, source: io::Error::new(kind, error) };
            }
            cause = current.source();
        }
        match &error {
            // The library keeps the type of its kernel's errors to itself, but not their names.
            DeltaTableError::KernelError(kernel) if format!("{kernel:?}").starts_with("Unsupported") => {
                StoreError::NewerFormat { path, found: kernel.to_string(), known: FORMAT_VERSION }
            }
            _ => StoreError::Delta { path, source: Box::new(error) },
        }
    }
}
