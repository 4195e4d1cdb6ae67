//! What the caller of a bulk read may choose.

use std::num::NonZeroUsize;
use std::thread;

use chrono::{DateTime, Utc};

use super::{CiFacts, Expected, Glob, Grouping, IdentityRules, InputOptions, Redaction, Undated};

/// How to read a batch of inputs.
#[derive(Debug, Clone)]
pub struct IngestOptions {
    /// How to read each input.
    pub input: InputOptions,
    /// What to do with directories.
    pub recursion: Recursion,
    /// Only walked files and archive members that match one of these; all where there is none.
    pub include: Vec<Glob>,
    /// No walked file, directory or archive member that matches one of these.
    pub exclude: Vec<Glob>,
    /// How many inputs are read at the same time; all cores by default.
    pub jobs: NonZeroUsize,
    /// What no input may exceed.
    pub limits: Limits,
    /// Which system under test and which tags sessions get.
    pub identity: IdentityRules,
    /// What the CI says of the run that this process is part of: given to sessions of files that the user named, not to those found on a
    /// walk or in an archive, which may be of any run.
    pub facts: CiFacts,
    /// When sessions began that do not say so, by the user's word.
    pub start_time: Option<DateTime<Utc>>,
    /// What to do with sessions of which nobody says when they began.
    pub undated: Undated,
    /// Which files are of one run.
    pub grouping: Grouping,
    /// What every run should consist of. For shards, `grouping` must bring them together.
    pub expected: Expected,
    /// Whether secrets are masked; they are by default.
    pub redaction: Redaction,
}

impl Default for IngestOptions {
    fn default() -> IngestOptions {
        IngestOptions {
            input: InputOptions::default(),
            recursion: Recursion::default(),
            include: Vec::new(),
            exclude: Vec::new(),
            jobs: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            limits: Limits::default(),
            identity: IdentityRules::default(),
            facts: CiFacts::default(),
            start_time: None,
            undated: Undated::default(),
            grouping: Grouping::default(),
            expected: Expected::default(),
            redaction: Redaction::default(),
        }
    }
}

/// What to do with a directory among the inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Recursion {
    /// It is an error: the user did not ask for a walk.
    #[default]
    Refuse,
    /// Everything below it is read.
    Walk,
}

/// What no input may exceed, so that neither a mistake nor malice takes the machine down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The bytes of one file or archive member, after decompression.
    pub max_file_bytes: u64,
    /// How many times larger than the archive its content may be, counted once more than `ratio_from_bytes` came out of it.
    pub max_ratio: u64,
    /// Content below this size is never called a bomb: repetitive logs compress well.
    pub ratio_from_bytes: u64,
    /// How many archives and compressions may lie in one another; a `.tar.gz` is two.
    pub max_depth: u32,
    /// How many members one archive of the user's may have, those of archives inside it counted.
    pub max_members: u64,
    /// The bytes of a nested archive, or of one on a pipe, that must be held in memory to be read.
    pub max_held_bytes: u64,
    /// Roughly how many bytes of inputs may be read but not yet delivered.
    pub max_in_flight_bytes: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            max_file_bytes: 1 << 30,
            max_ratio: 200,
            ratio_from_bytes: 64 << 20,
            max_depth: 8,
            max_members: 200_000,
            max_held_bytes: 256 << 20,
            max_in_flight_bytes: 256 << 20,
        }
    }
}
