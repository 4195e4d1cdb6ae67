//! What a worker does with a task.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::SystemTime;

use chrono::{DateTime, Utc};

use super::items::Item;
use super::queue::{InFlight, Outlet, Queue, Task};
use crate::ingest::archive::{Container, Expansion, Packed, container, is_package};
use crate::ingest::input::HEAD;
use crate::ingest::label::{label, path_label};
use crate::ingest::leaf::{Content, Leaf, Naming, read_leaf, report};
use crate::ingest::walk::{Met, Wanted};
use crate::ingest::{FileOutcome, FileReport, IngestOptions, NotAReport, Origin, Unreadable};

/// What all workers share.
pub(crate) struct Context<'a> {
    /// What the caller chose.
    pub(crate) options: &'a IngestOptions,
    /// The work that waits.
    pub(crate) queue: Queue,
    /// What the members of archives hold of the memory.
    pub(crate) in_flight: InFlight,
    /// The place of the input whose reports are being delivered.
    pub(crate) front: AtomicU64,
    /// Whether nobody wants the rest any more.
    pub(crate) stop: AtomicBool,
    /// Who does the work.
    pub(crate) crew: Crew,
}

/// Who does the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Crew {
    /// Threads that read while the calling one delivers.
    Workers,
    /// The calling thread alone: the system gave it no other.
    Alone,
}

impl<'a> Context<'a> {
    /// Returns the beginning of a batch.
    pub(crate) fn new(options: &'a IngestOptions, crew: Crew) -> Context<'a> {
        Context {
            options,
            queue: Queue::default(),
            in_flight: InFlight::default(),
            front: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            crew,
        }
    }

    /// Returns whether nobody wants the rest any more.
    pub(crate) fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Reads one file that is no archive.
    pub(crate) fn read(&self, leaf: &Leaf, content: Content<'_>) -> FileReport {
        read_leaf(self.options, &self.stop, leaf, content)
    }
}

/// Does a task, and reports all that comes of it.
pub(crate) fn run_task(context: &Context<'_>, task: Task) {
    if context.stopped() {
        return;
    }
    match task {
        Task::Member { leaf, bytes, fault, outlet } => {
            outlet.report(context.read(&leaf, Content::Held { bytes, fault }));
        }
        Task::Input(Item::Met(Met::Settled { path, outcome }), outlet) => {
            outlet.report(report(&leaf_of(&path, Origin::Found), 0, outcome));
        }
        Task::Input(Item::Met(Met::File { path, wanted, .. }), outlet) => {
            let leaf = leaf_of(&path, Origin::Found);
            read_file(context, &path, leaf, wanted, &outlet);
        }
        Task::Input(Item::Given(path), outlet) => {
            let leaf = leaf_of(&path, Origin::Given);
            read_file(context, &path, leaf, Wanted::Yes, &outlet);
        }
        Task::Input(Item::Stream(name, reader), outlet) => {
            let naming = if name.is_some() { Naming::Path } else { Naming::Nameless };
            let label = name.as_deref().map_or_else(|| "-".to_owned(), label);
            read_stream(context, Leaf { label, origin: Origin::Given, modified: None, naming }, reader, &outlet);
        }
    }
}

fn leaf_of(path: &Path, origin: Origin) -> Leaf {
    Leaf { label: path_label(path), origin, modified: None, naming: Naming::Path }
}

fn read_file(context: &Context<'_>, path: &Path, mut leaf: Leaf, wanted: Wanted, outlet: &Outlet) {
    match open(path, &mut leaf) {
        Ok(Opened::Stream(file)) => read_stream(context, leaf, Box::new(file), outlet),
        Ok(Opened::File { head, file, bytes }) => match container(&head) {
            Some(Container::Zip) if leaf.origin == Origin::Found && is_package(&leaf.label) => {
                outlet.report(report(&leaf, bytes, FileOutcome::NotAReport { why: NotAReport::Package }));
            }
            Some(container) => {
                Expansion::run(context, outlet, leaf, wanted, container, Packed::File { head, file, bytes });
            }
            // It had the name of an archive, or the filters would have left it out.
            None if wanted == Wanted::Within => {}
            None => outlet.report(context.read(&leaf, Content::File { head, file })),
        },
        Err(reason) => outlet.report(report(&leaf, 0, FileOutcome::Unreadable { reason })),
    }
}

enum Opened {
    File { head: Vec<u8>, file: File, bytes: u64 },
    Stream(File),
}

fn open(path: &Path, leaf: &mut Leaf) -> Result<Opened, Unreadable> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(Unreadable::Directory);
    }
    if !metadata.is_file() {
        return Ok(Opened::Stream(file));
    }
    leaf.modified = metadata.modified().ok().and_then(utc);
    let head = read_head(&mut file, metadata.len())?;
    Ok(Opened::File { head, file, bytes: metadata.len() })
}

fn read_stream(context: &Context<'_>, leaf: Leaf, mut stream: Box<dyn Read + Send>, outlet: &Outlet) {
    match read_head(&mut stream, 0) {
        Ok(head) => match container(&head) {
            Some(container) => {
                Expansion::run(context, outlet, leaf, Wanted::Yes, container, Packed::Stream { head, stream });
            }
            None => {
                let content = Content::Stream { head, rest: &mut stream, meter: None };
                outlet.report(context.read(&leaf, content));
            }
        },
        Err(error) => outlet.report(report(&leaf, 0, FileOutcome::Unreadable { reason: error.into() })),
    }
}

/// Reads the first bytes; `size` is how many there are, as far as that is known.
fn read_head(stream: &mut impl Read, size: u64) -> io::Result<Vec<u8>> {
    // One byte more than there is, so that the end is met without another allocation.
    let capacity = usize::try_from(size.min(HEAD)).unwrap_or_default();
    let mut head = Vec::with_capacity(capacity + 1);
    stream.take(HEAD).read_to_end(&mut head)?;
    Ok(head)
}

/// Returns a file's time, where it is one that a calendar can hold.
fn utc(time: SystemTime) -> Option<DateTime<Utc>> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    DateTime::from_timestamp(i64::try_from(since.as_secs()).ok()?, since.subsec_nanos())
}
