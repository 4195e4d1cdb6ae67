//! The members of a tar archive, in the order of the archive.

use std::io::Read;

use chrono::DateTime;
use tar::{Archive, EntryType};

use super::expand::{Abandoned, Expansion, Node};
use crate::ingest::NotAReport;

/// Reads every member of a tar archive.
pub(crate) fn open(expansion: &mut Expansion<'_>, node: &Node, stream: impl Read) -> Result<(), Abandoned> {
    let mut archive = Archive::new(stream);
    let mut members = 0;
    let entries = match archive.entries() {
        Ok(entries) => entries,
        Err(error) => return expansion.failed(node, error),
    };
    for entry in entries {
        if expansion.stopped() {
            return Ok(());
        }
        let mut entry = match entry {
            Ok(entry) => entry,
            Err(error) => return expansion.failed(node, error),
        };
        let kind = entry.header().entry_type();
        if kind.is_dir() {
            continue;
        }
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let modified = entry.header().mtime().ok().filter(|seconds| *seconds > 0);
        let modified = modified.and_then(|seconds| DateTime::from_timestamp(i64::try_from(seconds).ok()?, 0));
        let member = expansion.member(node, &name, modified)?;
        members += 1;
        match kind {
            EntryType::Regular | EntryType::Continuous => expansion.content(&member, &mut entry)?,
            // What a sparse file does not store unpacks to zeros.
            EntryType::GNUSparse => expansion.content(&member, &mut expansion.meter().unpacked(&mut entry))?,
            EntryType::Symlink | EntryType::Link => expansion.not_a_report(&member, NotAReport::Link),
            _ => expansion.not_a_report(&member, NotAReport::Special),
        }
    }
    expansion.opened(node, 0, members);
    Ok(())
}
