//! The files below a directory, in an order that does not depend on the file system.

use std::cmp::Ordering;
use std::io;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::filter::{Packing, excluded, packing, wanted};
use super::{FileOutcome, IngestOptions, NotAReport, Unreadable};

/// Directories whose content is never a report, and may be huge.
const HOUSEKEEPING: [&str; 4] = [".git", ".hg", ".svn", "_delta_log"];

/// Something met on a walk.
#[derive(Debug)]
pub(crate) enum Met {
    /// A file to look at.
    File {
        /// Where it is.
        path: PathBuf,
        /// Its size, for balancing; 0 where unknown.
        bytes: u64,
        /// Whether it is looked at for itself.
        wanted: Wanted,
    },
    /// Something that is not looked at, and why.
    Settled {
        /// Where it is.
        path: PathBuf,
        /// What becomes of it.
        outcome: FileOutcome,
    },
}

/// What the filters say of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// It is looked at; if it is an archive, all in it that no filter excludes.
    Yes,
    /// It is named like an archive: only what the filters include is looked at in it.
    Within,
}

/// Walks a directory: the files of each directory by name, archives last, then its subdirectories by name. So the files of one directory, which may be one
/// run, come together. Symbolic links are not followed, but named. What the filters leave out is not mentioned.
pub(crate) fn walk(root: PathBuf, options: &IngestOptions) -> impl Iterator<Item = Met> + '_ {
    let mut entries = WalkDir::new(&root).sort_by(files_first).into_iter();
    std::iter::from_fn(move || {
        loop {
            let entry = match entries.next()? {
                Ok(entry) => entry,
                Err(error) => return Some(failed(&root, error)),
            };
            let relative = entry.path().strip_prefix(&root).unwrap_or(entry.path());
            let kind = entry.file_type();
            if kind.is_dir() {
                if excluded(relative, &options.exclude) {
                    entries.skip_current_dir();
                } else if is_housekeeping(&entry) {
                    entries.skip_current_dir();
                    return Some(settled(&entry, NotAReport::Housekeeping));
                }
            } else if let Some(wanted) = wanted(relative, &options.include, &options.exclude) {
                if !kind.is_file() {
                    let why = if kind.is_symlink() { NotAReport::Link } else { NotAReport::Special };
                    return Some(settled(&entry, why));
                }
                let bytes = entry.metadata().map_or(0, |metadata| metadata.len());
                return Some(Met::File { path: entry.into_path(), bytes, wanted });
            }
        }
    })
}

/// Archives come behind the other files of their directory, so that files that may be of one run are not torn apart by what is in an archive.
fn files_first(one: &DirEntry, other: &DirEntry) -> Ordering {
    let class = |entry: &DirEntry| match entry.file_type().is_dir() {
        true => 3,
        false => packing(Path::new(entry.file_name())).map_or(0, |packing| match packing {
            Packing::Compressed => 1,
            Packing::Archive => 2,
        }),
    };
    class(one).cmp(&class(other)).then_with(|| one.file_name().cmp(other.file_name()))
}

fn is_housekeeping(entry: &DirEntry) -> bool {
    entry.depth() > 0 && HOUSEKEEPING.iter().any(|name| entry.file_name() == *name)
}

fn settled(entry: &DirEntry, why: NotAReport) -> Met {
    Met::Settled { path: entry.path().to_owned(), outcome: FileOutcome::NotAReport { why } }
}

fn failed(root: &Path, error: walkdir::Error) -> Met {
    let path = error.path().unwrap_or(root).to_owned();
    let reason = error.into_io_error().unwrap_or_else(|| io::Error::other("a directory that contains itself"));
    Met::Settled { path, outcome: FileOutcome::Unreadable { reason: Unreadable::Io(reason) } }
}
