//! One input: opened, its format told, read, its sessions named.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::{Digest, name_sessions};
use crate::diagnostic::Parsed;
use crate::formats::{Detection, ReadOptions, detect, read};
use crate::model::{Format, Source, TestSession};

/// How many leading bytes tell the format.
pub(crate) const HEAD: u64 = 64 * 1024;
/// How much is read from the file at once. Twice as much would be taken from the system anew for each file, and cost small files more than it saves large
/// ones.
const BUFFER: usize = 64 * 1024;

/// How to read an input.
#[derive(Debug, Clone, Default)]
pub struct InputOptions {
    /// The format, where the user says it; told by content otherwise.
    pub format: Option<Format>,
    /// What the readers must be told.
    pub read: ReadOptions,
}

/// What one input held.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadInput {
    /// Its format.
    pub format: Format,
    /// Its bytes' digest.
    pub digest: Digest,
    /// Its size.
    pub bytes: u64,
    /// Its sessions, named, and what there is to say about them.
    pub parsed: Parsed<Vec<TestSession>>,
}

/// Why an input gave nothing at all.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// It could not be opened or read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is a directory.
    #[error("is a directory")]
    Directory,
    /// It is neither a report nor text.
    #[error("not a test report: neither XML, JSON nor text")]
    NotAReport,
}

/// Reads the file at `path`.
pub fn read_path(path: &Path, options: &InputOptions) -> Result<ReadInput, InputError> {
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(InputError::Directory);
    }
    read_stream(file, Some(&path.to_string_lossy()), options)
}

/// Reads a stream to its end; `name` is its path in the document, `None` for standard input.
pub fn read_stream(mut stream: impl Read, name: Option<&str>, options: &InputOptions) -> Result<ReadInput, InputError> {
    let mut head = Vec::new();
    (&mut stream).take(HEAD).read_to_end(&mut head)?;
    let format = match options.format {
        Some(format) => format,
        None => match detect(&head) {
            Detection::Report(format) => format,
            Detection::Text => Format::Terminal,
            Detection::Other => return Err(InputError::NotAReport),
        },
    };
    Ok(read_as(Cursor::new(head).chain(stream), format, name, options)?)
}

/// Reads a stream of a known format to its end.
pub(crate) fn read_as(
    stream: impl Read,
    format: Format,
    name: Option<&str>,
    options: &InputOptions,
) -> io::Result<ReadInput> {
    let mut counted = Counted { stream, hasher: Sha256::new(), bytes: 0 };
    let mut parsed = read(BufReader::with_capacity(BUFFER, &mut counted), format, &options.read);
    // A reader may stop before the end (a document that is over, a DOCTYPE that is refused); the digest covers all bytes.
    io::copy(&mut counted, &mut io::sink())?;
    if let Some(fault) = parsed.value.iter().find_map(|session| session.test_results.fault()) {
        return Err(io::Error::other(fault.to_owned()));
    }
    let (digest, bytes) = (Digest::of(counted.hasher), counted.bytes);
    name_sessions(&mut parsed.value, &[digest]);
    for session in &mut parsed.value {
        session.source =
            vec![Source { format, path: name.map(str::to_owned), sha256: Some(digest.to_hex()), bytes: Some(bytes) }];
    }
    for diagnostic in &mut parsed.diagnostics {
        if diagnostic.location.file.is_none() {
            diagnostic.location.file = name.map(str::to_owned);
        }
    }
    Ok(ReadInput { format, digest, bytes, parsed })
}

/// A stream whose bytes are counted and digested as they pass.
struct Counted<Stream> {
    stream: Stream,
    hasher: Sha256,
    bytes: u64,
}

impl<Stream: Read> Read for Counted<Stream> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        self.bytes += read as u64;
        Ok(read)
    }
}
