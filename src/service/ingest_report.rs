//! What an ingest came to: every file, with its one end.

use std::collections::BTreeMap;

use super::conflicts::ConflictPolicy;
use crate::diagnostic::Diagnostic;
use crate::ingest::{FileOutcome, FileReport, IngestSummary, NotAReport, Origin};
use crate::model::{Format, SessionId, TestSession};

/// What an ingest came to.
#[derive(Debug, Clone, PartialEq)]
pub struct IngestReport {
    /// Every file that was looked at, in order.
    pub files: Vec<FileRecord>,
    /// What was read, in numbers.
    pub summary: IngestSummary,
    /// Whether nothing was to be added.
    pub dry_run: bool,
}

/// One file and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct FileRecord {
    /// Where it lies, fit for a terminal.
    pub path: String,
    /// Whether the user named it.
    pub origin: Origin,
    /// Its size, after decompression.
    pub bytes: u64,
    /// Its format, where it held sessions.
    pub format: Option<Format>,
    /// What became of the sessions it held.
    pub sessions: Vec<SessionRecord>,
    /// Why it held none.
    pub without: Option<WithoutSessions>,
    /// What there is to say about it.
    pub diagnostics: Vec<Diagnostic>,
}

/// One session and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// The session.
    pub session_id: SessionId,
    /// How many results it has.
    pub results: u64,
    /// What became of it.
    pub fate: SessionFate,
    /// Another account of its run, where there is one.
    pub conflict: Option<Conflict>,
}

/// Another account of a session's run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The session that is the other account.
    pub with: SessionId,
    /// What was done about it.
    pub policy: ConflictPolicy,
}

/// What became of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionFate {
    /// It was added.
    Added,
    /// It was there.
    AlreadyInHistory {
        /// The system under test under which it lies, where known.
        sut_name: Option<String>,
    },
    /// Another account of its run stays in its place.
    OtherAccountKept,
}

/// Why a file gave no session of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WithoutSessions {
    /// It is part of sessions that another file carries.
    Joined {
        /// The sessions.
        into: Vec<SessionId>,
    },
    /// It is an archive, whose members are listed.
    Archive {
        /// How many members it has.
        members: u64,
    },
    /// It is none of the things that are read here.
    NotAReport {
        /// What it is instead.
        why: NotAReport,
    },
    /// It held sessions, and nobody says of which system under test.
    WithoutSut {
        /// How many.
        sessions: u64,
    },
    /// It could not be read.
    Unreadable {
        /// A stable name of the kind of problem.
        kind: &'static str,
        /// Why.
        reason: String,
        /// What to do about it.
        help: Option<&'static str>,
    },
}

/// The one end that a file comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FileFate {
    /// It gave at least one new session.
    Ingested,
    /// All its sessions were there already.
    AlreadyInHistory,
    /// It is part of another file's session.
    Joined,
    /// It is an archive.
    Archive,
    /// It is no report.
    NotAReport,
    /// Nobody says which system under test its sessions are of.
    WithoutSut,
    /// It could not be read.
    Unreadable,
}

impl FileFate {
    /// Returns the word for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            FileFate::Ingested => "ingested",
            FileFate::AlreadyInHistory => "already-in-history",
            FileFate::Joined => "joined",
            FileFate::Archive => "archive",
            FileFate::NotAReport => "not-a-report",
            FileFate::WithoutSut => "without-sut",
            FileFate::Unreadable => "unreadable",
        }
    }

    /// Returns the words for people.
    pub fn label(self) -> &'static str {
        match self {
            FileFate::Ingested => "ingested",
            FileFate::AlreadyInHistory => "already in history",
            FileFate::Joined => "joined",
            FileFate::Archive => "archive",
            FileFate::NotAReport => "not a report",
            FileFate::WithoutSut => "no system under test",
            FileFate::Unreadable => "unreadable",
        }
    }
}

impl FileRecord {
    /// Takes a report apart: into a record, and the sessions of which nothing is known yet.
    pub(crate) fn of(report: FileReport) -> (FileRecord, Vec<TestSession>) {
        let FileReport { path, origin, bytes, outcome, diagnostics, modified: _, redactions: _ } = report;
        let (without, sessions) = match outcome {
            FileOutcome::Sessions(sessions) if sessions.iter().any(|session| session.sut_name.is_none()) => {
                (Some(WithoutSessions::WithoutSut { sessions: sessions.len() as u64 }), Vec::new())
            }
            FileOutcome::Sessions(sessions) => (None, sessions),
            FileOutcome::Joined { into } => (Some(WithoutSessions::Joined { into }), Vec::new()),
            FileOutcome::Archive { members } => (Some(WithoutSessions::Archive { members }), Vec::new()),
            FileOutcome::NotAReport { why } => (Some(WithoutSessions::NotAReport { why }), Vec::new()),
            FileOutcome::Unreadable { reason } => {
                let (kind, help) = (reason.kind(), reason.help());
                (Some(WithoutSessions::Unreadable { kind, reason: reason.to_string(), help }), Vec::new())
            }
        };
        let format = sessions.first().and_then(|session| session.source.first()).map(|source| source.format);
        (FileRecord { path, origin, bytes, format, sessions: Vec::new(), without, diagnostics }, sessions)
    }

    /// Returns what became of the file.
    pub fn fate(&self) -> FileFate {
        match &self.without {
            None if self.sessions.iter().any(|session| session.fate == SessionFate::Added) => FileFate::Ingested,
            None => FileFate::AlreadyInHistory,
            Some(WithoutSessions::Joined { .. }) => FileFate::Joined,
            Some(WithoutSessions::Archive { .. }) => FileFate::Archive,
            Some(WithoutSessions::NotAReport { .. }) => FileFate::NotAReport,
            Some(WithoutSessions::WithoutSut { .. }) => FileFate::WithoutSut,
            Some(WithoutSessions::Unreadable { .. }) => FileFate::Unreadable,
        }
    }

    /// Returns whether the user would want to know: a file that could not be read, or one that was named and is no report.
    pub fn is_problem(&self) -> bool {
        match self.fate() {
            FileFate::Unreadable | FileFate::WithoutSut => true,
            FileFate::NotAReport => self.origin == Origin::Given,
            FileFate::Ingested | FileFate::AlreadyInHistory | FileFate::Joined | FileFate::Archive => false,
        }
    }

    /// Returns what to do about a file that could not be read, where there is something to do.
    pub fn help(&self) -> Option<&'static str> {
        match &self.without {
            Some(WithoutSessions::Unreadable { help, .. }) => *help,
            Some(
                WithoutSessions::Joined { .. }
                | WithoutSessions::Archive { .. }
                | WithoutSessions::NotAReport { .. }
                | WithoutSessions::WithoutSut { .. },
            )
            | None => None,
        }
    }

    /// Returns why the file gave no session of its own, in words.
    pub fn reason(&self) -> Option<String> {
        match &self.without {
            None => None,
            Some(WithoutSessions::Joined { into }) => {
                let ids: Vec<&str> = into.iter().map(SessionId::as_str).collect();
                Some(format!("part of {}", ids.join(", ")))
            }
            Some(WithoutSessions::Archive { members }) => Some(format!("{members} members")),
            Some(WithoutSessions::NotAReport { why }) => Some(why.to_string()),
            Some(WithoutSessions::WithoutSut { .. }) => Some("no rule names its system under test".to_owned()),
            Some(WithoutSessions::Unreadable { reason, .. }) => Some(reason.clone()),
        }
    }
}

/// How many files, sessions and results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Files.
    pub files: u64,
    /// Sessions that were added.
    pub sessions: u64,
    /// Results that were added.
    pub results: u64,
}

impl IngestReport {
    /// Returns how many files came to each end.
    pub fn files_by_fate(&self) -> BTreeMap<FileFate, u64> {
        let mut fates = BTreeMap::new();
        for file in &self.files {
            *fates.entry(file.fate()).or_default() += 1;
        }
        fates
    }

    /// Returns what was added, by the format of the file it came from.
    pub fn added_by_format(&self) -> BTreeMap<Format, Tally> {
        let mut formats: BTreeMap<Format, Tally> = BTreeMap::new();
        for file in self.files.iter().filter(|file| file.fate() == FileFate::Ingested) {
            let Some(format) = file.format else { continue };
            let tally = formats.entry(format).or_default();
            tally.files += 1;
            for session in file.sessions.iter().filter(|session| session.fate == SessionFate::Added) {
                tally.sessions += 1;
                tally.results += session.results;
            }
        }
        formats
    }

    /// Returns what was added.
    pub fn added(&self) -> Tally {
        self.added_by_format().values().fold(Tally::default(), |all, one| Tally {
            files: all.files + one.files,
            sessions: all.sessions + one.sessions,
            results: all.results + one.results,
        })
    }

    /// Returns how many sessions were there already.
    pub fn sessions_already_in_history(&self) -> u64 {
        let already = |session: &&SessionRecord| matches!(session.fate, SessionFate::AlreadyInHistory { .. });
        self.files.iter().flat_map(|file| &file.sessions).filter(already).count() as u64
    }

    /// Returns the sessions of whose run there is another account, each with its file.
    pub fn conflicts(&self) -> impl Iterator<Item = (&FileRecord, &SessionRecord)> {
        let sessions = self.files.iter().flat_map(|file| file.sessions.iter().map(move |session| (file, session)));
        sessions.filter(|(_, session)| session.conflict.is_some())
    }

    /// Returns whether any input gave a session.
    pub fn found_sessions(&self) -> bool {
        self.files.iter().any(|file| !file.sessions.is_empty())
    }
}
