//! One file that is no archive: is it a report, and what is in it?

use std::any::Any;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicBool;

use chrono::{DateTime, Utc};

use super::archive::Meter;
use super::finish::finish;
use super::guard::{Fault, Guard};
use super::input::read_as;
use super::log_facts::log_facts;
use super::markers::{may_be_log, scan_for_log};
use super::{FileOutcome, FileReport, IngestOptions, NotAReport, Origin, ReadInput, Unreadable};
use crate::diagnostic::{Diagnostic, Severity};
use crate::formats::{Detection, detect};
use crate::model::Format;

/// What is known of a file before it is read.
#[derive(Debug, Clone)]
pub(crate) struct Leaf {
    /// Its path as reports show it.
    pub(crate) label: String,
    /// How it was found.
    pub(crate) origin: Origin,
    /// When it was last changed.
    pub(crate) modified: Option<DateTime<Utc>>,
    /// Whether the label is a path, or stands for a stream without a name.
    pub(crate) naming: Naming,
}

/// Whether an input has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    /// The label is its path.
    Path,
    /// The label only stands for it.
    Nameless,
}

/// Where a file's bytes are.
pub(crate) enum Content<'a> {
    /// In memory, as far as they could be unpacked.
    Held {
        /// The bytes.
        bytes: Vec<u8>,
        /// What ended them early.
        fault: Option<Unreadable>,
    },
    /// On disk.
    File {
        /// The first bytes, already read.
        head: Vec<u8>,
        /// The file, behind them.
        file: File,
    },
    /// In a stream that gives them once.
    Stream {
        /// The first bytes, already read.
        head: Vec<u8>,
        /// The rest.
        rest: &'a mut dyn Read,
        /// What counts them, where they are unpacked.
        meter: Option<&'a Meter>,
    },
}

/// Reads one file. A reader that panics costs this file only.
pub(crate) fn read_leaf(options: &IngestOptions, stop: &AtomicBool, leaf: &Leaf, content: Content<'_>) -> FileReport {
    let bytes = content.known_bytes();
    // Nothing that the closure touches is looked at after a panic.
    let read = catch_unwind(AssertUnwindSafe(|| {
        let facts = log_facts(content.head());
        let mut report =
            read_content(options, stop, leaf, content).unwrap_or_else(|outcome| report(leaf, bytes, outcome));
        finish(options, leaf, &facts, &mut report);
        report
    }));
    match read {
        Ok(report) => report,
        Err(panic) => report(leaf, bytes, FileOutcome::Unreadable { reason: bug(options, panic.as_ref()) }),
    }
}

/// Returns a report of something that was not read.
pub(crate) fn report(leaf: &Leaf, bytes: u64, outcome: FileOutcome) -> FileReport {
    FileReport {
        path: leaf.label.clone(),
        origin: leaf.origin,
        bytes,
        modified: leaf.modified,
        outcome,
        diagnostics: Vec::new(),
        redactions: BTreeMap::new(),
    }
}

/// Returns what a panic says of itself, without the secrets that it may quote.
pub(crate) fn bug(options: &IngestOptions, panic: &(dyn Any + Send)) -> Unreadable {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    let mut detail = text.unwrap_or("a panic without a message").to_owned();
    // The search for secrets may be what panicked.
    let masked = catch_unwind(AssertUnwindSafe(|| options.redaction.redact(&mut detail)));
    if masked.is_err() {
        "a panic in the search for secrets".clone_into(&mut detail);
    }
    Unreadable::Bug { detail }
}

impl Content<'_> {
    fn head(&self) -> &[u8] {
        match self {
            Content::Held { bytes, .. } => bytes.get(..super::input::HEAD as usize).unwrap_or(bytes),
            Content::File { head, .. } | Content::Stream { head, .. } => head,
        }
    }

    /// Returns how many bytes there are, or at least are known of.
    fn known_bytes(&self) -> u64 {
        match self {
            Content::Held { bytes, .. } => bytes.len() as u64,
            Content::File { head, file } => file.metadata().map_or(head.len() as u64, |metadata| metadata.len()),
            Content::Stream { head, .. } => head.len() as u64,
        }
    }

    /// Returns whether it is worth to look for a console log in it.
    fn may_be_log(&mut self) -> io::Result<bool> {
        match self {
            Content::Held { bytes, .. } => Ok(may_be_log(bytes)),
            Content::File { head, file } => {
                let found = scan_for_log(head, &mut *file)?;
                file.seek(SeekFrom::Start(head.len() as u64))?;
                Ok(found)
            }
            // It cannot be read twice: let the reader find out.
            Content::Stream { .. } => Ok(true),
        }
    }
}

fn read_content(
    options: &IngestOptions,
    stop: &AtomicBool,
    leaf: &Leaf,
    mut content: Content<'_>,
) -> Result<FileReport, FileOutcome> {
    let not_a_report = |why| Err(FileOutcome::NotAReport { why });
    let unreadable = |reason| FileOutcome::Unreadable { reason };
    if content.head().is_empty() {
        return match content {
            Content::Held { fault: Some(reason), .. } => Err(unreadable(reason)),
            Content::Held { .. } | Content::File { .. } | Content::Stream { .. } => not_a_report(NotAReport::Empty),
        };
    }
    let limit = options.limits.max_file_bytes;
    if content.known_bytes() > limit {
        return Err(unreadable(Unreadable::TooLarge { limit }));
    }
    let format = match (options.input.format, detect(content.head())) {
        (Some(format), _) => format,
        (None, Detection::Report(format)) => format,
        (None, Detection::Other) => return not_a_report(NotAReport::Binary),
        (None, Detection::Text) => {
            let worth =
                leaf.origin == Origin::Given || content.may_be_log().map_err(|error| unreadable(error.into()))?;
            if !worth {
                return not_a_report(NotAReport::NoSession);
            }
            Format::Terminal
        }
    };
    let fault = Fault::default();
    let read = read_guarded(options, stop, leaf, content, format, &fault);
    let read = read.map_err(|error| unreadable(error.into()))?;
    match fault.into_inner() {
        None => Ok(settle(leaf, read)),
        Some(Unreadable::Damaged { detail }) if !read.parsed.value.is_empty() => {
            Ok(settle(leaf, cut(leaf, read, &detail)))
        }
        Some(reason) => Err(unreadable(reason)),
    }
}

fn read_guarded(
    options: &IngestOptions,
    stop: &AtomicBool,
    leaf: &Leaf,
    content: Content<'_>,
    format: Format,
    fault: &Fault,
) -> io::Result<ReadInput> {
    let name = (leaf.naming == Naming::Path).then_some(leaf.label.as_str());
    let limit = options.limits.max_file_bytes;
    match content {
        Content::Held { bytes, fault: ended } => {
            let read = read_as(Cursor::new(bytes), format, name, &options.input);
            *fault.borrow_mut() = ended;
            read
        }
        Content::File { head, file } => {
            let rest = Guard::new(file, head.len(), limit, None, stop, fault);
            read_as(Cursor::new(head).chain(rest), format, name, &options.input)
        }
        Content::Stream { head, rest, meter } => {
            let rest = Guard::new(rest, head.len(), limit, meter, stop, fault);
            read_as(Cursor::new(head).chain(rest), format, name, &options.input)
        }
    }
}

/// Tells reports without a session from sessions.
fn settle(leaf: &Leaf, read: ReadInput) -> FileReport {
    if !read.parsed.value.is_empty() {
        let sessions = FileOutcome::Sessions(read.parsed.value);
        return FileReport { diagnostics: read.parsed.diagnostics, ..report(leaf, read.bytes, sessions) };
    }
    // Any text may be taken for a log, and much JSON has members that reports have: on a walk that is no fault of the file.
    let is_doubtful = match read.format {
        Format::Terminal => true,
        Format::JsonReport | Format::ReportLog | Format::Ctrf => leaf.origin == Origin::Found,
        Format::JunitXml => false,
    };
    if is_doubtful {
        return report(leaf, read.bytes, FileOutcome::NotAReport { why: NotAReport::NoSession });
    }
    let errors = |diagnostic: &&Diagnostic| diagnostic.severity == Severity::Error;
    let detail = read.parsed.diagnostics.iter().find(errors).map(|diagnostic| diagnostic.message.clone());
    let reason = Unreadable::NothingRead { format: read.format, detail };
    FileReport { diagnostics: read.parsed.diagnostics, ..report(leaf, read.bytes, FileOutcome::Unreadable { reason }) }
}

/// Marks what was read of a file whose packing is damaged.
fn cut(leaf: &Leaf, mut read: ReadInput, detail: &str) -> ReadInput {
    for session in &mut read.parsed.value {
        session.complete = false;
    }
    let message = format!("only its first {} bytes could be unpacked: {detail}", read.bytes);
    read.parsed.diagnostics.push(
        Diagnostic::error("ingest-damaged", message)
            .with_help("get the file again; what was read of it is marked incomplete")
            .in_file(&leaf.label),
    );
    read
}
