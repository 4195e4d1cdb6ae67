//! What became of each input.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};

use super::label::MEMBER;
use crate::diagnostic::Diagnostic;
use crate::model::{Format, SessionId, TestSession};

/// What became of one file: of one given, met on a walk, or found in an archive.
#[derive(Debug)]
pub struct FileReport {
    /// Where it lies, fit for a terminal: control characters are escaped. A member of an archive is `outer.zip!/inner/report.xml`, at any
    /// depth; a file that is merely compressed keeps its own name. Standard input without a name is `-`.
    pub path: String,
    /// How it was found.
    pub origin: Origin,
    /// Its bytes, after decompression, as far as they were read.
    pub bytes: u64,
    /// When it was last changed, where that is a point in time; of several files of one run, the last.
    pub modified: Option<DateTime<Utc>>,
    /// What became of it.
    pub outcome: FileOutcome,
    /// What there is to say about it.
    pub diagnostics: Vec<Diagnostic>,
    /// How many secrets of each kind were masked in what it held.
    pub redactions: BTreeMap<String, u64>,
}

impl FileReport {
    /// Returns whether the file is a member of an archive.
    pub fn is_member(&self) -> bool {
        self.path.contains(MEMBER)
    }
}

/// How a file was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The user named it.
    Given,
    /// It was met below a directory that the user named, or in an archive.
    Found,
}

/// The one end that every file comes to.
#[derive(Debug)]
pub enum FileOutcome {
    /// It held sessions: at least one, named.
    Sessions(Vec<TestSession>),
    /// Its sessions are part of those that another file's report carries: they are the same run.
    Joined {
        /// The sessions it went into.
        into: Vec<SessionId>,
    },
    /// It is an archive; each of its members has a report of its own, before this one.
    Archive {
        /// How many there were, archives not counted.
        members: u64,
    },
    /// It is none of the things that are read here.
    NotAReport {
        /// What it is instead.
        why: NotAReport,
    },
    /// It could not be read.
    Unreadable {
        /// Why not.
        reason: Unreadable,
    },
}

/// Why a file is no report. Nothing is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NotAReport {
    /// It has no bytes.
    Empty,
    /// It is neither XML, JSON nor text.
    Binary,
    /// It is text in which no test session was found.
    NoSession,
    /// It is a symbolic link met on a walk; links are not followed.
    Link,
    /// It is a device, a pipe or a socket met on a walk.
    Special,
    /// It is a directory that version control or a history keeps for itself.
    Housekeeping,
    /// It is a zip archive that is a program or a document, such as `.jar` or `.docx`, met on a walk.
    Package,
}

impl fmt::Display for NotAReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            NotAReport::Empty => "is empty",
            NotAReport::Binary => "neither XML, JSON nor text",
            NotAReport::NoSession => "no test session in it",
            NotAReport::Link => "a symbolic link: not followed",
            NotAReport::Special => "a device, pipe or socket",
            NotAReport::Housekeeping => "data of version control or of a history",
            NotAReport::Package => "a program package or a document",
        })
    }
}

/// Why a file could not be read. Something is wrong with it.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The system would not let us.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// It is a directory, and nobody asked for a walk.
    #[error("is a directory")]
    Directory,
    /// It is larger than a limit.
    #[error("larger than the limit of {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// It is an archive that unpacks to far more than it is.
    #[error("unpacks to more than {ratio} times its size")]
    Bomb {
        /// The limit.
        ratio: u64,
    },
    /// It is an archive of more members than the limit.
    #[error("an archive of more than {limit} members")]
    TooManyMembers {
        /// The limit.
        limit: u64,
    },
    /// It lies in too many archives.
    #[error("more than {limit} archives in one another")]
    TooDeep {
        /// The limit.
        limit: u32,
    },
    /// It is encrypted.
    #[error("is encrypted")]
    Encrypted,
    /// It is compressed in a way that is not read.
    #[error("compressed with {method}, which is not supported")]
    Unsupported {
        /// The method.
        method: String,
    },
    /// It is a damaged archive, or a damaged member of one.
    #[error("damaged: {detail}")]
    Damaged {
        /// What the decompressor says.
        detail: String,
    },
    /// It is a report of which nothing could be read.
    #[error("{format} without a session in it{}", detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default())]
    NothingRead {
        /// The format it looked like.
        format: Format,
        /// The reader's first error.
        detail: Option<String>,
    },
    /// Reading it ran into a bug of ours; the others are not touched by it.
    #[error("a bug in insight: {detail}")]
    Bug {
        /// What the panic said.
        detail: String,
    },
}

impl Unreadable {
    /// Returns a short stable name of the kind of problem, for counting: `io`, `bomb`, `encrypted` and so on.
    pub fn kind(&self) -> &'static str {
        match self {
            Unreadable::Io(_) => "io",
            Unreadable::Directory => "directory",
            Unreadable::TooLarge { .. } => "too-large",
            Unreadable::Bomb { .. } => "bomb",
            Unreadable::TooManyMembers { .. } => "too-many-members",
            Unreadable::TooDeep { .. } => "too-deep",
            Unreadable::Encrypted => "encrypted",
            Unreadable::Unsupported { .. } => "unsupported",
            Unreadable::Damaged { .. } => "damaged",
            Unreadable::NothingRead { .. } => "nothing-read",
            Unreadable::Bug { .. } => "bug",
        }
    }

    /// Returns what to do about it, where there is something to do.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Unreadable::Directory => Some("use -r to read everything below it"),
            Unreadable::TooLarge { .. } => {
                Some("raise the limit with --max-file-size if the file is what it should be")
            }
            Unreadable::Bomb { .. } => Some("unpack it yourself and ingest the directory if you trust it"),
            Unreadable::TooManyMembers { .. } | Unreadable::TooDeep { .. } => {
                Some("unpack it yourself and ingest the directory")
            }
            Unreadable::Encrypted => Some("decrypt it first; insight asks for no passwords"),
            Unreadable::Unsupported { .. } => Some("unpack it first, or pack it with deflate, zstd, xz or not at all"),
            Unreadable::Bug { .. } => Some("please report it with the file, if you may share it"),
            Unreadable::Io(_) | Unreadable::Damaged { .. } | Unreadable::NothingRead { .. } => None,
        }
    }
}
