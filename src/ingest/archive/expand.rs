//! Opening archives: from one packed input to its members, read one after the other.

use std::fs::File;
use std::io::{self, BufReader, Chain, Cursor, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::Ordering;

use chrono::{DateTime, Utc};
use flate2::read::MultiGzDecoder;
use lzma_rust2::XzReader;

use super::kind::{Container, container, is_package};
use super::{Meter, tar_members, zip_members};
use crate::ingest::batch::{Context, Crew, InFlight, Outlet, Task, run_task};
use crate::ingest::filter::wanted;
use crate::ingest::guard::fault_of;
use crate::ingest::label::member_label;
use crate::ingest::leaf::{Content, Leaf, Naming, bug, report};
use crate::ingest::walk::Wanted;
use crate::ingest::{FileOutcome, FileReport, NotAReport, Origin, Unreadable};

/// A member up to this size is unpacked into memory, and read by whoever is idle; a larger one is read as it is unpacked.
const HELD: u64 = 4 << 20;
/// What the smallest member counts for in memory.
const LIGHTEST: u64 = 16 << 10;
/// What a decompressor may use for its window.
const WINDOW_KIB: u32 = 128 << 10;

/// Where a packed input's bytes are.
pub(crate) enum Packed {
    /// On disk.
    File {
        /// The first bytes, already read.
        head: Vec<u8>,
        /// The file.
        file: File,
        /// Its size.
        bytes: u64,
    },
    /// In a stream that gives them once.
    Stream {
        /// The first bytes, already read.
        head: Vec<u8>,
        /// The rest.
        stream: Box<dyn Read + Send>,
    },
}

/// The opening of one packed input, with all that is packed in it.
pub(crate) struct Expansion<'c> {
    context: &'c Context<'c>,
    outlet: &'c Outlet,
    meter: Meter,
    members: u64,
    in_flight: InFlight,
}

/// Something packed, or something in it.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// What is known of it.
    pub(crate) leaf: Leaf,
    /// Its path in the archive it lies in, for the filters; `None` for the input itself.
    relative: Option<String>,
    /// What the filters said of the input.
    wanted: Wanted,
    /// In how many containers it lies.
    depth: u32,
}

/// What ends the opening of the whole input.
#[derive(Debug)]
pub(crate) struct Abandoned(pub(crate) Unreadable);

impl<'c> Expansion<'c> {
    /// Opens a packed input and reports everything in it; the archive itself last.
    pub(crate) fn run(
        context: &'c Context<'c>,
        outlet: &'c Outlet,
        leaf: Leaf,
        wanted: Wanted,
        container: Container,
        packed: Packed,
    ) {
        let bytes = packed.known_bytes();
        let meter = Meter::new(bytes, &context.options.limits);
        let mut expansion = Expansion { context, outlet, meter, members: 0, in_flight: InFlight::default() };
        let node = Node { leaf, relative: None, wanted, depth: 0 };
        // Nothing that the closure touches is looked at after a panic.
        let opened = catch_unwind(AssertUnwindSafe(|| expansion.open(&node, container, packed)));
        let reason = match opened {
            Ok(Ok(())) => return,
            Ok(Err(Abandoned(reason))) => reason,
            Err(panic) => bug(context.options, panic.as_ref()),
        };
        outlet.report(report(&node.leaf, bytes, FileOutcome::Unreadable { reason }));
    }

    fn open(&mut self, node: &Node, container: Container, packed: Packed) -> Result<(), Abandoned> {
        match packed {
            Packed::File { mut file, bytes, .. } if container == Container::Zip => {
                match file.seek(SeekFrom::Start(0)) {
                    Ok(_) => zip_members::open(self, node, BufReader::new(file), bytes),
                    Err(error) => {
                        self.unreadable(node, error.into());
                        Ok(())
                    }
                }
            }
            Packed::File { head, mut file, .. } => self.enter(node, container, head, &mut file),
            Packed::Stream { head, stream } => {
                let mut counted = self.meter.packed(Cursor::new(head).chain(stream));
                self.enter(node, container, Vec::new(), &mut counted)
            }
        }
    }

    /// Opens what is packed in a stream.
    fn enter(
        &mut self,
        node: &Node,
        container: Container,
        head: Vec<u8>,
        rest: &mut dyn Read,
    ) -> Result<(), Abandoned> {
        let limit = self.context.options.limits.max_depth;
        if node.depth >= limit {
            self.unreadable(node, Unreadable::TooDeep { limit });
            return Ok(());
        }
        let stream = Cursor::new(head).chain(rest);
        let buffered = |stream| BufReader::with_capacity(64 << 10, stream);
        match container {
            Container::Zip => self.enter_zip(node, stream),
            Container::Tar => tar_members::open(self, node, stream),
            Container::Gzip => self.content(&node.inside(), &mut self.meter.unpacked(MultiGzDecoder::new(stream))),
            Container::Xz => {
                let decoder = XzReader::new_mem_limit(buffered(stream), true, WINDOW_KIB);
                self.content(&node.inside(), &mut self.meter.unpacked(decoder))
            }
            Container::Zstd => match zstd::Decoder::with_buffer(buffered(stream)) {
                Ok(decoder) => self.content(&node.inside(), &mut self.meter.unpacked(decoder)),
                Err(error) => {
                    self.unreadable(node, error.into());
                    Ok(())
                }
            },
            Container::Unsupported(method) => {
                self.unreadable(node, Unreadable::Unsupported { method: method.to_owned() });
                Ok(())
            }
        }
    }

    /// A zip archive is read from its end, so that one in a stream must be held.
    fn enter_zip(&mut self, node: &Node, stream: Chain<Cursor<Vec<u8>>, &mut dyn Read>) -> Result<(), Abandoned> {
        let limit = self.context.options.limits.max_held_bytes;
        let (bytes, error) = hold(stream, limit.saturating_add(1));
        if let Some(error) = error {
            return self.failed(node, error);
        }
        let size = bytes.len() as u64;
        if size > limit {
            self.unreadable(node, Unreadable::TooLarge { limit });
            return Ok(());
        }
        zip_members::open(self, node, Cursor::new(bytes), size)
    }

    /// Reads one thing that was unpacked: an archive again, or a file.
    pub(crate) fn content(&mut self, node: &Node, stream: &mut dyn Read) -> Result<(), Abandoned> {
        let (bytes, error) = hold(&mut *stream, HELD);
        if self.meter.exhausted() {
            return Err(Abandoned(Unreadable::Bomb { ratio: self.meter.max_ratio() }));
        }
        // A zip archive is read from its end, which is what is missing of one that breaks off.
        if let Some(container) = container(&bytes).filter(|kind| error.is_none() || *kind != Container::Zip) {
            if container == Container::Zip && is_package(&node.leaf.label) {
                self.report(report(&node.leaf, 0, FileOutcome::NotAReport { why: NotAReport::Package }));
                return Ok(());
            }
            return match error {
                None => self.enter(node, container, bytes, stream),
                // What is in it up to there is read.
                Some(error) => self.enter(node, container, bytes, &mut Broken::new(error)),
            };
        }
        if !self.wants(node) {
            return Ok(());
        }
        let error = error.map(|error| fault_of(error, Some(&self.meter)));
        if (bytes.len() as u64) < HELD {
            self.hand_over(node.leaf.clone(), bytes, error);
            return Ok(());
        }
        let content = Content::Stream { head: bytes, rest: stream, meter: Some(&self.meter) };
        let report = self.context.read(&node.leaf, content);
        if self.meter.exhausted() {
            return Err(Abandoned(Unreadable::Bomb { ratio: self.meter.max_ratio() }));
        }
        self.report(report);
        Ok(())
    }

    /// Counts a member and returns it, unless there are too many.
    pub(crate) fn member(
        &mut self,
        archive: &Node,
        name: &str,
        modified: Option<DateTime<Utc>>,
    ) -> Result<Node, Abandoned> {
        let limit = self.context.options.limits.max_members;
        self.members += 1;
        if self.members > limit {
            return Err(Abandoned(Unreadable::TooManyMembers { limit }));
        }
        let label = member_label(&archive.leaf.label, name);
        let leaf = Leaf { label, origin: Origin::Found, modified, naming: Naming::Path };
        Ok(Node { leaf, relative: Some(name.to_owned()), wanted: archive.wanted, depth: archive.depth + 1 })
    }

    /// Returns whether nobody wants the rest any more.
    pub(crate) fn stopped(&self) -> bool {
        self.context.stopped()
    }

    /// Returns the meter of all that is unpacked.
    pub(crate) fn meter(&self) -> Meter {
        self.meter.clone()
    }

    /// Reports that something could not be read.
    pub(crate) fn unreadable(&self, node: &Node, reason: Unreadable) {
        self.report(report(&node.leaf, 0, FileOutcome::Unreadable { reason }));
    }

    /// Reports that something is no report.
    pub(crate) fn not_a_report(&self, node: &Node, why: NotAReport) {
        self.report(report(&node.leaf, 0, FileOutcome::NotAReport { why }));
    }

    /// Reports that something could not be unpacked; ends it all where that was too much.
    pub(crate) fn failed(&self, node: &Node, error: io::Error) -> Result<(), Abandoned> {
        match fault_of(error, Some(&self.meter)) {
            Unreadable::Bomb { ratio } => Err(Abandoned(Unreadable::Bomb { ratio })),
            reason => {
                self.unreadable(node, reason);
                Ok(())
            }
        }
    }

    /// Reports an archive that was opened.
    pub(crate) fn opened(&self, node: &Node, bytes: u64, members: u64) {
        self.report(report(&node.leaf, bytes, FileOutcome::Archive { members }));
    }

    fn report(&self, report: FileReport) {
        self.outlet.report(report);
    }

    fn wants(&self, node: &Node) -> bool {
        let options = self.context.options;
        let Some(relative) = &node.relative else { return node.wanted == Wanted::Yes };
        let include: &[_] = if node.wanted == Wanted::Yes { &[] } else { &options.include };
        wanted(Path::new(relative), include, &options.exclude) == Some(Wanted::Yes)
    }

    /// Leaves a member to whoever is idle, as soon as there is room for it.
    fn hand_over(&self, leaf: Leaf, bytes: Vec<u8>, fault: Option<Unreadable>) {
        let weight = (bytes.len() as u64).max(LIGHTEST);
        while !self.has_room(weight) && !self.context.stopped() {
            if let Some(task) = self.context.queue.member_until(|| self.has_room(weight)) {
                run_task(self.context, task);
            }
        }
        let outlet = self.outlet.branch(self.context.in_flight.take(&self.in_flight, weight));
        self.context.queue.push(Task::Member { leaf, bytes, fault, outlet });
    }

    /// Returns whether a member may be held: the room is there for all archives, but the one that is being delivered always goes on.
    fn has_room(&self, weight: u64) -> bool {
        let limit = self.context.options.limits.max_in_flight_bytes;
        let first = self.context.front.load(Ordering::Relaxed) == self.outlet.place();
        self.context.crew == Crew::Alone
            || self.context.in_flight.has_room(weight, limit)
            || first && self.in_flight.has_room(weight, limit / 4)
    }
}

impl Node {
    /// Returns what a compressed file holds: it keeps its name, but for the ending where the filters look at it.
    fn inside(&self) -> Node {
        let relative = self.relative.as_ref().map(|name| {
            let bare = [".gz", ".zst", ".xz"].iter().find_map(|ending| name.strip_suffix(ending));
            bare.unwrap_or(name).to_owned()
        });
        Node { relative, depth: self.depth + 1, ..self.clone() }
    }
}

impl Packed {
    fn known_bytes(&self) -> u64 {
        match self {
            Packed::File { bytes, .. } => *bytes,
            Packed::Stream { .. } => 0,
        }
    }
}

/// The rest of a stream that could not be read any further.
struct Broken {
    kind: io::ErrorKind,
    error: Option<io::Error>,
}

impl Broken {
    fn new(error: io::Error) -> Broken {
        Broken { kind: error.kind(), error: Some(error) }
    }
}

impl Read for Broken {
    fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
        Err(self.error.take().unwrap_or_else(|| self.kind.into()))
    }
}

/// Reads up to `limit` bytes, or as far as it goes.
fn hold(stream: impl Read, limit: u64) -> (Vec<u8>, Option<io::Error>) {
    let mut bytes = Vec::new();
    let error = stream.take(limit).read_to_end(&mut bytes).err();
    (bytes, error)
}
