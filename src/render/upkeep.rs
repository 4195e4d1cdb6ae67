//! What the upkeep of a history came to: statistics, check, compaction, prune, copy.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json};

use super::answer::{Answer, Records, write_document, write_line};
use super::fact_sheet::FactSheet;
use super::human;
use super::page::{Align, Block, Column, Fit, Grid, Layout, Page, Span, Tone};
use crate::model::SessionId;
use crate::service::{
    CheckProblem, CheckReport, CompactReport, CopyReport, ExportReport, ImportReport, PruneReport, StatisticsReport,
};
use crate::wire::timestamp;

/// Up to so many sessions are listed one by one.
const LISTED_SESSIONS: usize = 20;

impl FactSheet for StatisticsReport {
    const SCHEMA: &'static str = "insight.history-stats/1";

    fn values(&self) -> Vec<(&'static str, Value)> {
        let records = self.storage.records.iter().map(|record| {
            (record.record, json!({ "files": record.files, "rows": record.rows, "bytes": record.bytes }))
        });
        vec![
            ("sessions", self.sessions.into()),
            ("pruned_sessions", self.pruned_sessions.into()),
            ("results", self.results.into()),
            ("sessions_by_sut", json!(self.suts)),
            ("first_start_time", self.first_start_time.map(timestamp).into()),
            ("last_start_time", self.last_start_time.map(timestamp).into()),
            ("bytes", self.storage.bytes().into()),
            ("records", Value::Object(records.map(|(name, value)| (name.to_owned(), value)).collect())),
            ("version", self.storage.version.into()),
            ("log_files", self.storage.log_files.into()),
            ("leftover_files", self.storage.leftover_files.into()),
            ("leftover_bytes", self.storage.leftover_bytes.into()),
        ]
    }

    fn sheet(&self, layout: &Layout) -> Page {
        let moment =
            |moment: Option<_>| moment.map_or_else(Span::unknown, |moment| Span::plain(layout.zone.moment(moment)));
        let mut sessions = vec![Span::plain(self.sessions.to_string())];
        if self.pruned_sessions > 0 {
            sessions.push(Span::new(Tone::Faint, format!(" ({} without their results, pruned)", self.pruned_sessions)));
        }
        let mut facts = vec![
            ("Sessions", sessions),
            ("Results", vec![Span::plain(self.results.to_string())]),
            ("First", vec![moment(self.first_start_time)]),
            ("Last", vec![moment(self.last_start_time)]),
            ("Size", vec![Span::plain(human::bytes(self.storage.bytes()))]),
            ("Commits", vec![Span::plain((self.storage.version + 1).to_string())]),
        ];
        if self.storage.leftover_files > 0 {
            let left = leftovers(self.storage.leftover_files, self.storage.leftover_bytes);
            facts.push(("Leftovers", vec![Span::new(Tone::Faint, left)]));
        }
        let mut page = Page { blocks: vec![Block::Facts(facts)] };
        page.push(Block::Grid(record_grid(self)));
        if self.suts.len() > 1 {
            page.push(Block::Grid(sut_grid(self)));
        }
        page
    }
}

fn record_grid(report: &StatisticsReport) -> Grid {
    let columns = ["ROWS OF", "FILES", "ROWS", "SIZE"].into_iter().enumerate().map(|(index, title)| Column {
        align: if index == 0 { Align::Left } else { Align::Right },
        ..Column::text(title)
    });
    let rows = report.storage.records.iter().filter(|record| record.rows > 0).map(|record| {
        vec![
            Span::plain(record.record),
            Span::plain(record.files.to_string()),
            Span::plain(record.rows.to_string()),
            Span::plain(human::bytes(record.bytes)),
        ]
    });
    Grid { columns: columns.collect(), rows: rows.collect() }
}

fn sut_grid(report: &StatisticsReport) -> Grid {
    let columns = vec![Column::text("SUT").fit(Fit::ShortenEnd(12)), Column::number("SESSIONS")];
    let rows = report.suts.iter().map(|(sut_name, sessions)| {
        let name = if sut_name.is_empty() { Span::unknown() } else { Span::new(Tone::Name, sut_name) };
        vec![name, Span::plain(sessions.to_string())]
    });
    Grid { columns, rows: rows.collect() }
}

fn leftovers(files: u64, bytes: u64) -> String {
    format!("{} ({}) that are no part of it any more", human::count(files, "file", "files"), human::bytes(bytes))
}

#[derive(Serialize)]
struct CheckDocument<'a> {
    schema: &'static str,
    sound: bool,
    sessions: u64,
    results: u64,
    files: u64,
    leftover_files: u64,
    leftover_bytes: u64,
    problems: Vec<ProblemEntry<'a>>,
}

#[derive(Serialize)]
struct ProblemEntry<'a> {
    kind: &'static str,
    /// The file or the session that has it.
    place: Cow<'a, str>,
    message: String,
}

impl<'a> From<&'a CheckProblem> for ProblemEntry<'a> {
    fn from(problem: &'a CheckProblem) -> ProblemEntry<'a> {
        ProblemEntry { kind: problem.kind(), place: problem.place(), message: problem.to_string() }
    }
}

impl Answer for CheckReport {
    fn write_document(&self, out: &mut dyn Write) -> io::Result<()> {
        let document = CheckDocument {
            schema: "insight.history-check/1",
            sound: self.problems.is_empty(),
            sessions: self.sessions,
            results: self.results,
            files: self.files,
            leftover_files: self.leftover_files,
            leftover_bytes: self.leftover_bytes,
            problems: self.problems.iter().map(ProblemEntry::from).collect(),
        };
        write_document(out, &document)
    }

    fn write_lines(&self, out: &mut dyn Write) -> io::Result<()> {
        self.problems.iter().try_for_each(|problem| write_line(out, &ProblemEntry::from(problem)))
    }

    fn records(&self) -> Records {
        let row = |problem| {
            let ProblemEntry { kind, place, message } = ProblemEntry::from(problem);
            vec![kind.to_owned(), place.into_owned(), message]
        };
        Records {
            names: ["kind", "place", "message"].map(Cow::Borrowed).to_vec(),
            rows: self.problems.iter().map(row).collect(),
        }
    }

    fn page(&self, _layout: &Layout) -> Page {
        let mut page = Page::default();
        let lines = self.problems.iter().map(|problem| vec![Span::new(Tone::Bad, problem.to_string())]);
        if !self.problems.is_empty() {
            page.push(Block::List(lines.collect()));
        }
        let read = format!(
            "read {} with {} in {}: ",
            human::count(self.sessions, "session", "sessions"),
            human::count(self.results, "result", "results"),
            human::count(self.files, "file", "files"),
        );
        let verdict = match self.problems.len() as u64 {
            0 => Span::new(Tone::Good, "everything is as it was written"),
            problems => Span::new(Tone::Bad, human::count(problems, "problem", "problems")),
        };
        let mut closing = vec![vec![Span::plain(read), verdict]];
        if self.leftover_files > 0 {
            let text = format!(
                "{}; `insight history compact` clears them away when nobody can be reading them",
                leftovers(self.leftover_files, self.leftover_bytes)
            );
            closing.push(vec![Span::new(Tone::Faint, text)]);
        }
        page.push(Block::List(closing));
        page
    }
}

impl FactSheet for CompactReport {
    const SCHEMA: &'static str = "insight.history-compact/1";

    fn values(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("files_before", self.files_before.into()),
            ("files_after", self.files_after.into()),
            ("bytes_before", self.bytes_before.into()),
            ("bytes_after", self.bytes_after.into()),
        ]
    }

    fn sheet(&self, _layout: &Layout) -> Page {
        let text = match self.files_before {
            0 => "nothing to do: no files that are smaller than they should be".to_owned(),
            files => format!(
                "made {} ({}) into {} ({}); the old ones go when nobody can be reading them any more",
                human::count(files, "file", "files"),
                human::bytes(self.bytes_before),
                self.files_after,
                human::bytes(self.bytes_after),
            ),
        };
        one_line(text)
    }
}

impl FactSheet for PruneReport {
    const SCHEMA: &'static str = "insight.history-prune/1";

    fn values(&self) -> Vec<(&'static str, Value)> {
        let sessions: Vec<&str> = self.plan.sessions.iter().map(SessionId::as_str).collect();
        let result = self.result.as_ref();
        vec![
            ("dry_run", self.result.is_none().into()),
            ("sessions", (self.plan.sessions.len() as u64).into()),
            ("results", self.plan.results.into()),
            ("estimated_bytes", self.plan.bytes.into()),
            ("daily_rows", result.map(|result| result.aggregates).into()),
            ("bytes_before", result.map(|result| result.bytes_before).into()),
            ("bytes_after", result.map(|result| result.bytes_after).into()),
            ("session_ids", json!(sessions)),
        ]
    }

    fn sheet(&self, layout: &Layout) -> Page {
        if self.plan.sessions.is_empty() {
            return one_line("nothing to do: the rules name no session that still has its results".to_owned());
        }
        let mut page = Page::default();
        if self.sessions.len() <= LISTED_SESSIONS {
            page.push(Block::Grid(session_grid(self, layout)));
        }
        let sessions = human::count(self.plan.sessions.len() as u64, "session", "sessions");
        let results = human::count(self.plan.results, "result", "results");
        page.push(Block::Line(vec![Span::plain(match &self.result {
            None => format!("would take {results} (about {}) out of {sessions}", human::bytes(self.plan.bytes)),
            Some(result) => format!(
                "took {} out of {}: {} became {}; {} by day and test stand for them",
                human::count(result.results, "result", "results"),
                human::count(result.sessions, "session", "sessions"),
                human::bytes(result.bytes_before),
                human::bytes(result.bytes_after),
                human::count(result.aggregates, "row", "rows"),
            ),
        })]));
        page
    }
}

fn session_grid(report: &PruneReport, layout: &Layout) -> Grid {
    let columns = vec![
        Column::text("SESSION"),
        Column::text("SUT").fit(Fit::ShortenEnd(12)),
        Column::text("STARTED").rank(1),
        Column::number("TESTS").rank(2),
    ];
    let rows = report.sessions.iter().map(|session| {
        let start = session.session_start_time;
        vec![
            Span::new(Tone::Name, session.session_id.short()),
            session.sut_name.as_ref().map_or_else(Span::unknown, Span::plain),
            start.map_or_else(Span::unknown, |start| Span::plain(layout.zone.moment(start))),
            Span::plain(session.counts.tests().to_string()),
        ]
    });
    Grid { columns, rows: rows.collect() }
}

impl FactSheet for CopyReport {
    const SCHEMA: &'static str = "insight.history-copy/1";

    fn values(&self) -> Vec<(&'static str, Value)> {
        vec![("files", self.files.into()), ("bytes", self.bytes.into())]
    }

    fn sheet(&self, _layout: &Layout) -> Page {
        one_line(format!("copied {} ({})", human::count(self.files, "file", "files"), human::bytes(self.bytes)))
    }
}

impl FactSheet for ExportReport {
    const SCHEMA: &'static str = "insight.history-export/1";

    fn values(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("sessions", self.sessions.into()),
            ("results", self.results.into()),
            ("daily_rows", self.daily_tests.into()),
        ]
    }

    fn sheet(&self, _layout: &Layout) -> Page {
        one_line(format!(
            "exported {} with {}{}",
            human::count(self.sessions, "session", "sessions"),
            human::count(self.results, "result", "results"),
            daily_rows(self.daily_tests),
        ))
    }
}

impl FactSheet for ImportReport {
    const SCHEMA: &'static str = "insight.history-import/1";

    fn values(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("sessions_added", self.added.into()),
            ("sessions_already_in_history", self.already.into()),
            ("results_added", self.results.into()),
            ("daily_rows_added", self.daily_tests.into()),
            ("problems", json!(self.problems.iter().map(ToString::to_string).collect::<Vec<_>>())),
        ]
    }

    fn sheet(&self, _layout: &Layout) -> Page {
        let mut page = Page::default();
        if !self.problems.is_empty() {
            let lines = self.problems.iter().map(|problem| vec![Span::new(Tone::Bad, problem.to_string())]);
            page.push(Block::List(lines.collect()));
        }
        let mut text = format!(
            "imported {} with {}{}",
            human::count(self.added, "session", "sessions"),
            human::count(self.results, "result", "results"),
            daily_rows(self.daily_tests),
        );
        if self.already > 0 {
            text.push_str(&format!("; {} already in history", human::count(self.already, "session", "sessions")));
        }
        page.push(Block::Line(vec![Span::plain(text)]));
        page
    }
}

/// Returns `, and 40 rows by day and test of pruned sessions`; nothing where there are none.
fn daily_rows(rows: u64) -> String {
    match rows {
        0 => String::new(),
        rows => format!(", and {} by day and test of pruned sessions", human::count(rows, "row", "rows")),
    }
}

fn one_line(text: String) -> Page {
    Page { blocks: vec![Block::Line(vec![Span::plain(text)])] }
}
