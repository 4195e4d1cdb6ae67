//! One system under test.

use serde::Serialize;

use super::RowAnswer;
use super::parts::{Naming, head, left_out, section};
use super::slow::slow_grid;
use super::summary::{SummaryHead, SutEntry};
use crate::render::page::{Block, Grid, Layout, Page};
use crate::render::session_entry::{COLUMNS, SessionEntry, row};
use crate::service::{SutAnswer, short_length};

/// What there is once of a system under test.
#[derive(Debug, Serialize)]
pub(crate) struct SutHead {
    #[serde(flatten)]
    summary: SummaryHead,
    slowest: Vec<<crate::analysis::SlowReport as RowAnswer>::Row>,
    sessions: serde_json::Value,
}

impl RowAnswer for SutAnswer {
    const SCHEMA: &'static str = "insight.sut/1";
    const ROWS: &'static str = "suts";
    type Head = SutHead;
    type Row = SutEntry;

    fn head(&self) -> SutHead {
        let sessions: Vec<SessionEntry<'_>> = self.sessions.iter().map(SessionEntry::from).collect();
        SutHead {
            summary: self.summary.head(),
            slowest: self.slow.rows(),
            // An entry of numbers, texts and lists always is a value.
            sessions: serde_json::to_value(sessions).unwrap_or_default(),
        }
    }

    fn rows(&self) -> Vec<SutEntry> {
        self.summary.rows()
    }

    fn to_page(&self, layout: &Layout) -> Page {
        let mut page = Page::default();
        head(&mut page, format!("SUT {}", self.sut_name), &self.summary.rates.scope, layout);
        page.push(Block::Facts(self.summary.facts()));
        self.summary.troubles(&mut page, layout);
        if !self.slow.tests.is_empty() {
            section(&mut page, "Slowest tests");
            page.push(Block::Grid(slow_grid(&self.slow.tests, Naming::NodeId)));
        }
        if !self.sessions.is_empty() {
            section(&mut page, "Latest sessions");
            let ids: Vec<_> = self.sessions.iter().map(|session| &session.session_id).collect();
            let length = short_length(&ids);
            let rows = self.sessions.iter().map(|session| row(session, length, layout)).collect();
            page.push(Block::Grid(Grid { columns: COLUMNS.to_vec(), rows }));
        }
        left_out(&mut page, &self.summary.health.scope);
        page
    }
}
