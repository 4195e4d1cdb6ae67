//! Many inputs at once, delivered in order.

use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::label::{label, path_label};
use super::walk::{Met, walk};
use super::{FileOutcome, FileReport, IngestOptions, InputError, NotAReport, Origin, Recursion, Unreadable};
use super::{ReadInput, read_path, read_stream};
use crate::diagnostic::Severity;
use crate::model::Format;

/// One thing that the user named.
pub enum InputSpec {
    /// A file or a directory.
    Path(PathBuf),
    /// A stream, such as standard input.
    Stream {
        /// What to call it; `-` where it has no name.
        name: Option<String>,
        /// The stream.
        reader: Box<dyn Read + Send>,
    },
}

/// How a batch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IngestEnd {
    /// Every input was read and delivered.
    Finished,
    /// `deliver` asked to stop.
    Stopped,
}

/// Reads inputs of every kind and delivers a report for each file, in the order of `inputs` and, below a directory or in an archive, in a fixed
/// order of names. Never fails as a whole: what cannot be read is a report too.
pub fn read_inputs(
    inputs: Vec<InputSpec>,
    options: &IngestOptions,
    deliver: &mut dyn FnMut(FileReport) -> ControlFlow<()>,
) -> IngestEnd {
    for input in inputs {
        let flow = match input {
            InputSpec::Path(path) => read_given(&path, options, deliver),
            InputSpec::Stream { name, reader } => {
                let read = read_stream(reader, name.as_deref(), &options.input);
                deliver(report(name.as_deref().map_or_else(|| "-".to_owned(), label), Origin::Given, read))
            }
        };
        if flow.is_break() {
            return IngestEnd::Stopped;
        }
    }
    IngestEnd::Finished
}

fn read_given(
    path: &Path,
    options: &IngestOptions,
    deliver: &mut dyn FnMut(FileReport) -> ControlFlow<()>,
) -> ControlFlow<()> {
    if !path.is_dir() || options.recursion == Recursion::Refuse {
        return deliver(report(path_label(path), Origin::Given, read_path(path, &options.input)));
    }
    for met in walk(path, options) {
        deliver(match met {
            Met::File { path, .. } => report(path_label(&path), Origin::Found, read_path(&path, &options.input)),
            Met::Settled { path, outcome } => settled(path_label(&path), Origin::Found, outcome),
        })?;
    }
    ControlFlow::Continue(())
}

fn settled(path: String, origin: Origin, outcome: FileOutcome) -> FileReport {
    FileReport { path, origin, bytes: 0, outcome, diagnostics: Vec::new() }
}

fn report(path: String, origin: Origin, read: Result<ReadInput, InputError>) -> FileReport {
    match read {
        Ok(read) => FileReport {
            path,
            origin,
            bytes: read.bytes,
            diagnostics: read.parsed.diagnostics.clone(),
            outcome: outcome(read),
        },
        Err(InputError::Io(error)) => settled(path, origin, FileOutcome::Unreadable { reason: Unreadable::Io(error) }),
        Err(InputError::Directory) => settled(path, origin, FileOutcome::Unreadable { reason: Unreadable::Directory }),
        Err(InputError::NotAReport) => settled(path, origin, FileOutcome::NotAReport { why: NotAReport::Binary }),
    }
}

fn outcome(read: ReadInput) -> FileOutcome {
    if !read.parsed.value.is_empty() {
        return FileOutcome::Sessions(read.parsed.value);
    }
    if read.bytes == 0 {
        return FileOutcome::NotAReport { why: NotAReport::Empty };
    }
    if read.format == Format::Terminal {
        return FileOutcome::NotAReport { why: NotAReport::NoSession };
    }
    let detail = read.parsed.diagnostics.into_iter().find(|diagnostic| diagnostic.severity == Severity::Error);
    let detail = detail.map(|diagnostic| diagnostic.message);
    FileOutcome::Unreadable { reason: Unreadable::NothingRead { format: read.format, detail } }
}
