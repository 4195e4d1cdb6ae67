//! The file in which pages lie.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A file without a name: nobody else can open it, and it is gone with the process, however that ends.
#[derive(Debug)]
pub(super) struct PageFile {
    inside: Mutex<Inside>,
}

#[derive(Debug)]
struct Inside {
    file: File,
    /// Where what was written ends.
    end: u64,
}

impl PageFile {
    pub(super) fn create(directory: &Path) -> io::Result<PageFile> {
        let file = tempfile::tempfile_in(directory)?;
        Ok(PageFile { inside: Mutex::new(Inside { file, end: 0 }) })
    }

    /// Writes bytes behind all others; returns where they begin. What could not be written whole is as if it had never been.
    pub(super) fn append(&self, bytes: &[u8]) -> io::Result<u64> {
        let mut inside = self.lock();
        let start = inside.end;
        inside.file.seek(SeekFrom::Start(start))?;
        inside.file.write_all(bytes)?;
        inside.end += bytes.len() as u64;
        Ok(start)
    }

    /// Reads so many bytes.
    pub(super) fn read(&self, start: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        let mut inside = self.lock();
        inside.file.seek(SeekFrom::Start(start))?;
        inside.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        // The end is moved only behind what was written: nobody who panics leaves it half changed.
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
