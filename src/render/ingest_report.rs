//! What an ingest came to.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::answer::{Answer, Records, write_document, write_line};
use super::human;
use super::page::{Block, Column, Fit, Grid, Layout, Page, Span, Tone};
use crate::diagnostic::Severity;
use crate::model::{Format, SessionId};
use crate::service::{
    Conflict, ConflictPolicy, FileFate, FileRecord, IngestReport, SessionFate, SessionRecord, Tally, WithoutSessions,
};
use crate::wire;

/// The name and version of the document.
const SCHEMA: &str = "insight.ingest/1";
/// Up to so many sessions are listed one by one.
const LISTED_SESSIONS: usize = 25;
/// So many files with doubts are named.
const NAMED_DOUBTS: usize = 20;

#[derive(Serialize)]
struct IngestDocument<'a> {
    schema: &'static str,
    dry_run: bool,
    summary: SummaryEntry<'a>,
    files: Vec<FileEntry<'a>>,
}

#[derive(Serialize)]
struct SummaryEntry<'a> {
    files: u64,
    bytes: u64,
    /// Files by what became of them.
    fates: BTreeMap<&'static str, u64>,
    sessions_added: u64,
    results_added: u64,
    sessions_already_in_history: u64,
    /// Sessions of whose run there is another account.
    sessions_in_conflict: u64,
    added_by_format: BTreeMap<&'static str, TallyEntry>,
    /// Sessions that were found, by system under test, whether they were new or not.
    sessions_by_sut: BTreeMap<&'a str, u64>,
    /// Sessions that were cut.
    sessions_incomplete: u64,
    /// Unreadable files by kind of problem.
    problems: &'a BTreeMap<&'static str, u64>,
    /// Masked secrets by kind.
    secrets_masked: &'a BTreeMap<String, u64>,
}

#[derive(Serialize)]
struct TallyEntry {
    files: u64,
    sessions: u64,
    results: u64,
}

impl From<Tally> for TallyEntry {
    fn from(tally: Tally) -> TallyEntry {
        TallyEntry { files: tally.files, sessions: tally.sessions, results: tally.results }
    }
}

#[derive(Serialize)]
struct FileEntry<'a> {
    path: &'a str,
    bytes: u64,
    fate: &'static str,
    format: Option<&'static str>,
    sessions: Vec<SessionFateEntry<'a>>,
    /// For a file that could not be read: a stable name of the kind of problem.
    kind: Option<&'static str>,
    reason: Option<String>,
    help: Option<&'static str>,
    diagnostics: Vec<wire::Diagnostic>,
}

#[derive(Serialize)]
struct SessionFateEntry<'a> {
    session_id: &'a str,
    fate: &'static str,
    results: u64,
    /// Another account of the session's run, and what was done about it.
    conflict: Option<ConflictEntry<'a>>,
}

#[derive(Serialize)]
struct ConflictEntry<'a> {
    with: &'a str,
    policy: &'static str,
}

impl<'a> From<&'a SessionRecord> for SessionFateEntry<'a> {
    fn from(session: &'a SessionRecord) -> SessionFateEntry<'a> {
        let conflict = session.conflict.as_ref();
        SessionFateEntry {
            session_id: session.session_id.as_str(),
            fate: match session.fate {
                SessionFate::Added => FileFate::Ingested.as_str(),
                SessionFate::AlreadyInHistory { .. } => FileFate::AlreadyInHistory.as_str(),
                SessionFate::OtherAccountKept => "other-account-kept",
            },
            results: session.results,
            conflict: conflict
                .map(|conflict| ConflictEntry { with: conflict.with.as_str(), policy: conflict.policy.as_str() }),
        }
    }
}

impl<'a> From<&'a FileRecord> for FileEntry<'a> {
    fn from(file: &'a FileRecord) -> FileEntry<'a> {
        let (kind, help) = match &file.without {
            Some(WithoutSessions::Unreadable { kind, help, .. }) => (Some(*kind), *help),
            Some(
                WithoutSessions::Joined { .. }
                | WithoutSessions::Archive { .. }
                | WithoutSessions::NotAReport { .. }
                | WithoutSessions::WithoutSut { .. },
            )
            | None => (None, None),
        };
        FileEntry {
            path: &file.path,
            bytes: file.bytes,
            fate: file.fate().as_str(),
            format: file.format.map(Format::as_str),
            sessions: file.sessions.iter().map(SessionFateEntry::from).collect(),
            kind,
            reason: file.reason(),
            help,
            diagnostics: file.diagnostics.iter().map(wire::Diagnostic::from).collect(),
        }
    }
}

impl Answer for IngestReport {
    fn write_document(&self, out: &mut dyn Write) -> io::Result<()> {
        let added = self.added();
        let summary = SummaryEntry {
            files: self.files.len() as u64,
            bytes: self.summary.bytes,
            fates: self.files_by_fate().into_iter().map(|(fate, number)| (fate.as_str(), number)).collect(),
            sessions_added: added.sessions,
            results_added: added.results,
            sessions_already_in_history: self.sessions_already_in_history(),
            sessions_in_conflict: self.conflicts().count() as u64,
            added_by_format: self
                .added_by_format()
                .into_iter()
                .map(|(format, tally)| (format.as_str(), tally.into()))
                .collect(),
            sessions_by_sut: named_suts(self).collect(),
            sessions_incomplete: self.summary.incomplete,
            problems: &self.summary.problems,
            secrets_masked: &self.summary.redactions,
        };
        let files = self.files.iter().map(FileEntry::from).collect();
        write_document(out, &IngestDocument { schema: SCHEMA, dry_run: self.dry_run, summary, files })
    }

    fn write_lines(&self, out: &mut dyn Write) -> io::Result<()> {
        self.files.iter().try_for_each(|file| write_line(out, &FileEntry::from(file)))
    }

    fn records(&self) -> Records {
        let names = ["path", "bytes", "fate", "format", "sessions", "results", "reason"].map(Into::into).to_vec();
        let rows = self.files.iter().map(|file| {
            vec![
                file.path.clone(),
                file.bytes.to_string(),
                file.fate().as_str().to_owned(),
                file.format.map(|format| format.to_string()).unwrap_or_default(),
                file.sessions.len().to_string(),
                file.sessions.iter().map(|session| session.results).sum::<u64>().to_string(),
                file.reason().unwrap_or_default(),
            ]
        });
        Records { names, rows: rows.collect() }
    }

    fn page(&self, _layout: &Layout) -> Page {
        let mut page = Page::default();
        let sessions: usize = self.files.iter().map(|file| file.sessions.len()).sum();
        if sessions > 0 {
            let grid = if sessions <= LISTED_SESSIONS { session_grid(self) } else { format_grid(self) };
            page.push(Block::Grid(grid));
        }
        if named_suts(self).count() > 1 {
            page.push(Block::Grid(sut_grid(self)));
        }
        problems(&mut page, self);
        doubts(&mut page, self);
        conflicts(&mut page, self);
        page.push(Block::List([Some(closing_line(self)), masked_line(self)].into_iter().flatten().collect()));
        page
    }
}

fn session_grid(report: &IngestReport) -> Grid {
    let columns = vec![
        Column::text("FILE").fit(Fit::ShortenStart(16)),
        Column::text("FORMAT").rank(3),
        Column::text("SESSION").rank(1),
        Column::number("RESULTS").rank(2),
        Column::text(""),
    ];
    let rows = report.files.iter().flat_map(|file| match &file.without {
        Some(WithoutSessions::Joined { into }) => into.iter().map(|id| joined_row(file, id)).collect(),
        _own => file.sessions.iter().map(|session| session_row(report, file, session)).collect::<Vec<_>>(),
    });
    Grid { columns, rows: rows.collect() }
}

fn session_row(report: &IngestReport, file: &FileRecord, session: &SessionRecord) -> Vec<Span> {
    vec![
        Span::plain(&file.path),
        format_span(file),
        id_span(&session.session_id),
        Span::plain(session.results.to_string()),
        fate_span(report, session),
    ]
}

/// Returns the row of a file that is part of a session which another file carries.
fn joined_row(file: &FileRecord, session_id: &SessionId) -> Vec<Span> {
    let fate = Span::new(Tone::Faint, FileFate::Joined.label());
    vec![Span::plain(&file.path), format_span(file), id_span(session_id), Span::default(), fate]
}

fn format_span(file: &FileRecord) -> Span {
    Span::new(Tone::Faint, file.format.map_or("", Format::as_str))
}

fn id_span(session_id: &SessionId) -> Span {
    Span::new(Tone::Name, session_id.short())
}

fn fate_span(report: &IngestReport, session: &SessionRecord) -> Span {
    let added = if report.dry_run { "new" } else { FileFate::Ingested.label() };
    let already = FileFate::AlreadyInHistory.label();
    match (&session.fate, &session.conflict) {
        (SessionFate::Added, None) => Span::new(Tone::Good, added),
        (SessionFate::Added, Some(Conflict { with, policy: ConflictPolicy::Replace })) => {
            Span::new(Tone::Doubtful, format!("{added}, in place of {}", with.short()))
        }
        (SessionFate::Added, Some(Conflict { with, .. })) => {
            Span::new(Tone::Doubtful, format!("{added}, beside {}", with.short()))
        }
        (SessionFate::AlreadyInHistory { sut_name: None }, _) => Span::new(Tone::Faint, already),
        (SessionFate::AlreadyInHistory { sut_name: Some(sut_name) }, _) => {
            Span::new(Tone::Faint, format!("{already} (sut {sut_name})"))
        }
        (SessionFate::OtherAccountKept, conflict) => {
            let with =
                conflict.as_ref().map_or_else(String::new, |conflict| format!(": kept {}", conflict.with.short()));
            Span::new(Tone::Doubtful, format!("left out{with}"))
        }
    }
}

fn format_grid(report: &IngestReport) -> Grid {
    let columns =
        vec![Column::text("FORMAT"), Column::number("FILES"), Column::number("SESSIONS"), Column::number("RESULTS")];
    let rows = report.added_by_format().into_iter().map(|(format, tally)| {
        vec![
            Span::plain(format.as_str()),
            Span::plain(tally.files.to_string()),
            Span::plain(tally.sessions.to_string()),
            Span::plain(tally.results.to_string()),
        ]
    });
    Grid { columns, rows: rows.collect() }
}

fn named_suts(report: &IngestReport) -> impl Iterator<Item = (&str, u64)> {
    report.summary.suts.iter().filter_map(|(sut_name, sessions)| Some((sut_name.as_deref()?, *sessions)))
}

fn sut_grid(report: &IngestReport) -> Grid {
    let columns = vec![Column::text("SUT").fit(Fit::ShortenEnd(12)), Column::number("SESSIONS")];
    let rows = named_suts(report)
        .map(|(sut_name, sessions)| vec![Span::new(Tone::Name, sut_name), Span::plain(sessions.to_string())]);
    Grid { columns, rows: rows.collect() }
}

/// Names every file that could not be read, and every named file that is no report.
fn problems(page: &mut Page, report: &IngestReport) {
    let problems: Vec<&FileRecord> = report.files.iter().filter(|file| file.is_problem()).collect();
    if problems.is_empty() {
        return;
    }
    page.push(Block::Heading(2, vec![Span::plain("Not ingested")]));
    let lines = problems.into_iter().map(|file| {
        let tone = if file.fate() == FileFate::NotAReport { Tone::Doubtful } else { Tone::Bad };
        vec![
            Span::new(tone, file.fate().label()),
            Span::plain("  "),
            Span::new(Tone::Name, &file.path),
            Span::plain(format!(": {}", file.reason().unwrap_or_default())),
            Span::new(Tone::Faint, file.help().map_or_else(String::new, |help| format!("; {help}"))),
        ]
    });
    page.push(Block::List(lines.collect()));
}

/// Names files that were read with doubts.
fn doubts(page: &mut Page, report: &IngestReport) {
    let worst = |file: &FileRecord| file.diagnostics.iter().map(|diagnostic| diagnostic.severity).max();
    let doubtful: Vec<&FileRecord> =
        report.files.iter().filter(|file| !file.is_problem() && worst(file) > Some(Severity::Note)).collect();
    if doubtful.is_empty() {
        return;
    }
    page.push(Block::Heading(2, vec![Span::plain("Read with doubts")]));
    let mut lines: Vec<Vec<Span>> = doubtful.iter().take(NAMED_DOUBTS).map(|file| doubt(file)).collect();
    if doubtful.len() > NAMED_DOUBTS {
        let more = human::count((doubtful.len() - NAMED_DOUBTS) as u64, "file", "files");
        lines.push(vec![Span::new(Tone::Faint, format!("{more} more; --format json has every one"))]);
    }
    page.push(Block::List(lines));
}

/// Names sessions of whose run there is another account with other content.
fn conflicts(page: &mut Page, report: &IngestReport) {
    let mut lines: Vec<Vec<Span>> = report
        .conflicts()
        .take(NAMED_DOUBTS)
        .filter_map(|(file, session)| {
            let Conflict { with, policy } = session.conflict.as_ref()?;
            let what = match (&session.fate, policy) {
                (SessionFate::OtherAccountKept, ConflictPolicy::Replace) => "left out: this came later",
                (SessionFate::OtherAccountKept, ConflictPolicy::Keep | ConflictPolicy::Both) => {
                    "left out: this came first"
                }
                (_, ConflictPolicy::Replace) => "took its place",
                (_, ConflictPolicy::Keep | ConflictPolicy::Both) => "both are kept",
            };
            let text = format!(": tells of the same run as {}, and differs; {what}", with.short());
            Some(vec![Span::new(Tone::Name, &file.path), Span::plain(text)])
        })
        .collect();
    if lines.is_empty() {
        return;
    }
    let all = report.conflicts().count();
    if all > lines.len() {
        let more = human::count((all - lines.len()) as u64, "session", "sessions");
        lines.push(vec![Span::new(Tone::Faint, format!("{more} more; --format json has every one"))]);
    }
    let hint = "--on-conflict keep | replace | both decides what becomes of such sessions";
    lines.push(vec![Span::new(Tone::Faint, hint)]);
    page.push(Block::Heading(2, vec![Span::plain("Other accounts of a run")]));
    page.push(Block::List(lines));
}

/// Returns the first doubt about a file, and how many more there are.
fn doubt(file: &FileRecord) -> Vec<Span> {
    let mut serious = file.diagnostics.iter().filter(|diagnostic| diagnostic.severity > Severity::Note);
    let Some(first) = serious.next() else { return Vec::new() };
    let line = first.location.line.map(|line| format!(":{line}")).unwrap_or_default();
    let more = serious.count();
    let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
    vec![
        Span::new(Tone::Name, format!("{}{line}", file.path)),
        Span::plain(format!(": {}", first.message)),
        Span::new(Tone::Faint, more),
    ]
}

/// Returns `ingested 3 sessions with 412 results; 1 session already in history; of 10 files (1.2 MB), 4 not a report, 1 unreadable`.
fn closing_line(report: &IngestReport) -> Vec<Span> {
    let added = report.added();
    let verb = if report.dry_run { "would ingest" } else { "ingested" };
    let mut text = format!("{verb} {}", human::count(added.sessions, "session", "sessions"));
    if added.sessions > 0 {
        text.push_str(&format!(" with {}", human::count(added.results, "result", "results")));
    }
    let already = report.sessions_already_in_history();
    if already > 0 {
        text.push_str(&format!("; {} already in history", human::count(already, "session", "sessions")));
    }
    let left_out = report.conflicts().filter(|(_, session)| session.fate == SessionFate::OtherAccountKept).count();
    if left_out > 0 {
        text.push_str(&format!("; {} left out", human::count(left_out as u64, "session", "sessions")));
    }
    let files = human::count(report.summary.files.all(), "file", "files");
    text.push_str(&format!("; {files} ({})", human::bytes(report.summary.bytes)));
    for (fate, number) in report.files_by_fate() {
        match fate {
            FileFate::NotAReport | FileFate::Unreadable | FileFate::WithoutSut | FileFate::Joined => {
                text.push_str(&format!(", {number} {}", fate.label()));
            }
            FileFate::Ingested | FileFate::AlreadyInHistory | FileFate::Archive => {}
        }
    }
    vec![Span::plain(text)]
}

/// Returns `masked 3 secrets: 2 password, 1 github-token`.
fn masked_line(report: &IngestReport) -> Option<Vec<Span>> {
    let masked: u64 = report.summary.redactions.values().sum();
    let kinds: Vec<String> =
        report.summary.redactions.iter().map(|(kind, number)| format!("{number} {kind}")).collect();
    let text = format!("masked {}: {}", human::count(masked, "secret", "secrets"), kinds.join(", "));
    (masked > 0).then(|| vec![Span::new(Tone::Doubtful, text)])
}
