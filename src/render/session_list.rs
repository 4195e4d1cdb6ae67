//! The list of sessions.

use std::io::{self, Write};

use serde::Serialize;

use super::answer::{Answer, Records, write_document, write_line};
use super::page::{Block, Grid, Layout, Page, Span};
use super::session_entry::{COLUMNS, RECORD_NAMES, SessionEntry, record, row};
use crate::model::SessionSummary;
use crate::service::{Grouping, SessionListReport, short_length};

/// The name and version of the document.
const SCHEMA: &str = "insight.session-list/1";

#[derive(Serialize)]
struct SessionListDocument<'a> {
    schema: &'static str,
    /// How many sessions there are; `sessions` may hold fewer.
    matching: u64,
    sessions: Vec<SessionEntry<'a>>,
}

impl Answer for SessionListReport {
    fn write_document(&self, out: &mut dyn Write) -> io::Result<()> {
        let sessions = self.in_order().into_iter().map(SessionEntry::from).collect();
        write_document(out, &SessionListDocument { schema: SCHEMA, matching: self.matching, sessions })
    }

    fn write_lines(&self, out: &mut dyn Write) -> io::Result<()> {
        self.in_order().into_iter().try_for_each(|session| write_line(out, &SessionEntry::from(session)))
    }

    fn records(&self) -> Records {
        Records {
            names: RECORD_NAMES.map(Into::into).to_vec(),
            rows: self.in_order().into_iter().map(record).collect(),
        }
    }

    fn page(&self, layout: &Layout) -> Page {
        let ids: Vec<_> = self.sessions.iter().map(|session| &session.session_id).collect();
        let id_length = short_length(&ids);
        let mut page = Page::default();
        match self.grouping {
            Grouping::None => {
                let rows = self.sessions.iter().map(|session| row(session, id_length, layout)).collect();
                page.push(Block::Grid(Grid { columns: COLUMNS.to_vec(), rows }));
            }
            Grouping::BySut => {
                for (sut_name, sessions) in self.by_sut() {
                    page.push(Block::Heading(1, vec![Span::plain(sut_name)]));
                    page.push(Block::Grid(without_sut(&sessions, id_length, layout)));
                }
            }
        }
        page
    }
}

impl SessionListReport {
    /// Returns the sessions in the order in which they are shown.
    fn in_order(&self) -> Vec<&SessionSummary> {
        match self.grouping {
            Grouping::None => self.sessions.iter().collect(),
            Grouping::BySut => self.by_sut().into_values().flatten().collect(),
        }
    }
}

fn without_sut(sessions: &[&SessionSummary], id_length: usize, layout: &Layout) -> Grid {
    let mut columns = COLUMNS.to_vec();
    let mut rows: Vec<Vec<Span>> = sessions.iter().map(|session| row(session, id_length, layout)).collect();
    if let Some(at) = columns.iter().position(|column| column.title == "SUT") {
        columns.remove(at);
        for row in &mut rows {
            row.remove(at);
        }
    }
    Grid { columns, rows }
}
