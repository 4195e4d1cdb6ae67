//! The list of systems under test.

use std::io::{self, Write};

use serde::Serialize;

use super::answer::{Answer, Records, write_document, write_line};
use super::page::{Block, Column, Fit, Grid, Layout, Page, Span, Tone};
use super::session_entry::{CountsEntry, tone};
use crate::analysis::session_counts;
use crate::service::{SutListReport, SutSummary, standing};
use crate::wire::timestamp;

/// The name and version of the document.
const SCHEMA: &str = "insight.sut-list/1";

#[derive(Serialize)]
struct SutListDocument<'a> {
    schema: &'static str,
    /// How many there are; `suts` may hold fewer.
    matching: u64,
    suts: Vec<SutEntry<'a>>,
}

#[derive(Serialize)]
struct SutEntry<'a> {
    sut_name: &'a str,
    sessions: u64,
    first_start_time: Option<String>,
    last_start_time: Option<String>,
    latest: LatestEntry<'a>,
}

/// A system's newest session.
#[derive(Serialize)]
struct LatestEntry<'a> {
    session_id: &'a str,
    standing: &'static str,
    counts: CountsEntry,
}

impl<'a> From<&'a SutSummary> for SutEntry<'a> {
    fn from(sut: &'a SutSummary) -> SutEntry<'a> {
        SutEntry {
            sut_name: &sut.sut_name,
            sessions: sut.sessions,
            first_start_time: sut.first_start_time.map(timestamp),
            last_start_time: sut.last_start_time.map(timestamp),
            latest: LatestEntry {
                session_id: sut.latest.session_id.as_str(),
                standing: standing(&sut.latest).as_str(),
                counts: session_counts(&sut.latest).into(),
            },
        }
    }
}

impl Answer for SutListReport {
    fn write_document(&self, out: &mut dyn Write) -> io::Result<()> {
        write_document(
            out,
            &SutListDocument {
                schema: SCHEMA,
                matching: self.matching,
                suts: self.suts.iter().map(SutEntry::from).collect(),
            },
        )
    }

    fn write_lines(&self, out: &mut dyn Write) -> io::Result<()> {
        self.suts.iter().try_for_each(|sut| write_line(out, &SutEntry::from(sut)))
    }

    fn records(&self) -> Records {
        let names = [
            "sut_name",
            "sessions",
            "first_start_time",
            "last_start_time",
            "latest_session_id",
            "latest_standing",
            "latest_tests",
        ];
        let names = names.map(Into::into).to_vec();
        let rows = self.suts.iter().map(|sut| {
            vec![
                sut.sut_name.clone(),
                sut.sessions.to_string(),
                sut.first_start_time.map(timestamp).unwrap_or_default(),
                sut.last_start_time.map(timestamp).unwrap_or_default(),
                sut.latest.session_id.to_string(),
                standing(&sut.latest).as_str().to_owned(),
                session_counts(&sut.latest).tests().to_string(),
            ]
        });
        Records { names, rows: rows.collect() }
    }

    fn page(&self, layout: &Layout) -> Page {
        let columns = vec![
            Column::text("SUT").fit(Fit::ShortenEnd(12)),
            Column::number("SESSIONS"),
            Column::text("FIRST").rank(3),
            Column::text("LAST").rank(1),
            Column::number("TESTS").rank(2),
            Column::text("LATEST"),
        ];
        let moment =
            |moment: Option<_>| moment.map_or_else(Span::unknown, |moment| Span::plain(layout.zone.moment(moment)));
        let rows = self.suts.iter().map(|sut| {
            let result = standing(&sut.latest);
            vec![
                Span::new(Tone::Name, &sut.sut_name),
                Span::plain(sut.sessions.to_string()),
                moment(sut.first_start_time),
                moment(sut.last_start_time),
                Span::plain(session_counts(&sut.latest).tests().to_string()),
                Span::new(tone(result), result.as_str()),
            ]
        });
        Page { blocks: vec![Block::Grid(Grid { columns, rows: rows.collect() })] }
    }
}
