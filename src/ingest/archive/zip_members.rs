//! The members of a zip archive, directory by directory, in the order of their names.

use std::io::{Read, Seek};

use chrono::{DateTime, Utc};
use zip::read::ZipFileEntry;
use zip::result::ZipError;
use zip::{CompressionMethod, ExtraField, ZipArchive};

use super::expand::{Abandoned, Expansion, Node};
use crate::ingest::{NotAReport, Unreadable};

/// Reads every member of a zip archive.
pub(crate) fn open(
    expansion: &mut Expansion<'_>,
    node: &Node,
    stream: impl Read + Seek,
    bytes: u64,
) -> Result<(), Abandoned> {
    let mut archive = match ZipArchive::new(stream) {
        Ok(archive) => archive,
        Err(error) => return failed(expansion, node, error),
    };
    let mut members = 0;
    for (_, name, index) in order(&archive) {
        if expansion.stopped() {
            return Ok(());
        }
        members += 1;
        read_member(expansion, node, &mut archive, &name, index)?;
    }
    expansion.opened(node, bytes, members);
    Ok(())
}

/// Returns the files of the archive with their directories and places: files of a directory before those below it.
fn order(archive: &ZipArchive<impl Read + Seek>) -> Vec<(Option<String>, String, usize)> {
    let mut names: Vec<_> = archive
        .file_names_raw()
        .enumerate()
        .filter(|(_, name)| !name.ends_with(b"/"))
        .map(|(index, name)| {
            let name = String::from_utf8_lossy(name).into_owned();
            (name.rsplit_once('/').map(|(directory, _)| directory.to_owned()), name, index)
        })
        .collect();
    names.sort_unstable();
    names
}

fn read_member(
    expansion: &mut Expansion<'_>,
    node: &Node,
    archive: &mut ZipArchive<impl Read + Seek>,
    name: &str,
    index: usize,
) -> Result<(), Abandoned> {
    let mut member = expansion.member(node, name, None)?;
    if let Some(reason) = archive.by_index_data(index).ok().and_then(|entry| closed(&entry)) {
        expansion.unreadable(&member, reason);
        return Ok(());
    }
    let meter = expansion.meter();
    match archive.by_index(index) {
        Ok(entry) if entry.is_symlink() => {
            expansion.not_a_report(&member, NotAReport::Link);
            Ok(())
        }
        Ok(entry) => {
            member.leaf.modified = entry.extra_data_fields().find_map(modified);
            expansion.content(&member, &mut meter.unpacked(entry))
        }
        Err(error) => failed(expansion, &member, error),
    }
}

/// Returns a member's time where it is a point in time: zip's own is a local time of nobody knows where.
fn modified(field: &ExtraField) -> Option<DateTime<Utc>> {
    match field {
        ExtraField::ExtendedTimestamp(times) => DateTime::from_timestamp(i64::from(times.mod_time()?), 0),
        _ => None,
    }
}

/// Returns why a member cannot be unpacked, as far as its header says.
fn closed(entry: &ZipFileEntry<'_>) -> Option<Unreadable> {
    if entry.encrypted() {
        return Some(Unreadable::Encrypted);
    }
    match entry.compression() {
        CompressionMethod::Stored | CompressionMethod::Deflated | CompressionMethod::Deflate64 => None,
        other => Some(Unreadable::Unsupported { method: other.to_string() }),
    }
}

fn failed(expansion: &Expansion<'_>, node: &Node, error: ZipError) -> Result<(), Abandoned> {
    match error {
        ZipError::Io(error) => expansion.failed(node, error),
        other => {
            expansion.unreadable(node, Unreadable::Damaged { detail: other.to_string() });
            Ok(())
        }
    }
}
