//! What is left of tests whose results were given up.

use std::borrow::Cow;
use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;

use super::answer::{Answer, Records, write_document, write_line};
use super::human;
use super::page::{Block, Column, Fit, Grid, Layout, Page, Span, Tone};
use crate::service::{DailyTest, DailyTestsReport};
use crate::wire::microseconds;

#[derive(Serialize)]
struct DailyDocument<'a> {
    schema: &'static str,
    /// How many rows there are; `days` may hold fewer.
    matching: u64,
    days: Vec<DayEntry<'a>>,
}

/// What one test came to on one day. Attempts that were repeated count as `rerun`.
#[derive(Serialize)]
struct DayEntry<'a> {
    day: Option<String>,
    sut_name: Option<&'a str>,
    nodeid: &'a str,
    sessions: u64,
    passed: u64,
    failed: u64,
    errors: u64,
    skipped: u64,
    xfailed: u64,
    xpassed: u64,
    rerun: u64,
    mean_us: Option<u64>,
    shortest_us: Option<u64>,
    longest_us: Option<u64>,
}

impl<'a> From<&'a DailyTest> for DayEntry<'a> {
    fn from(daily: &'a DailyTest) -> DayEntry<'a> {
        let counts = &daily.counts;
        DayEntry {
            day: daily.day.map(|day| day.to_string()),
            sut_name: daily.sut_name.as_deref(),
            nodeid: daily.node_id.as_str(),
            sessions: daily.sessions,
            passed: counts.passed,
            failed: counts.failed,
            errors: counts.errors,
            skipped: counts.skipped,
            xfailed: counts.xfailed,
            xpassed: counts.xpassed,
            rerun: counts.rerun,
            mean_us: mean(daily).map(microseconds),
            shortest_us: daily.durations.map(|durations| microseconds(durations.shortest)),
            longest_us: daily.durations.map(|durations| microseconds(durations.longest)),
        }
    }
}

fn mean(daily: &DailyTest) -> Option<Duration> {
    let durations = daily.durations?;
    let count = u32::try_from(durations.count).ok().filter(|count| *count > 0)?;
    Some(durations.sum / count)
}

impl Answer for DailyTestsReport {
    fn write_document(&self, out: &mut dyn Write) -> io::Result<()> {
        let days = self.days.iter().map(DayEntry::from).collect();
        write_document(out, &DailyDocument { schema: "insight.daily-tests/1", matching: self.matching, days })
    }

    fn write_lines(&self, out: &mut dyn Write) -> io::Result<()> {
        self.days.iter().try_for_each(|day| write_line(out, &DayEntry::from(day)))
    }

    fn records(&self) -> Records {
        const NAMES: [&str; 14] = [
            "day",
            "sut_name",
            "nodeid",
            "sessions",
            "passed",
            "failed",
            "errors",
            "skipped",
            "xfailed",
            "xpassed",
            "rerun",
            "mean_us",
            "shortest_us",
            "longest_us",
        ];
        let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
        let row = |daily: &DailyTest| {
            let entry = DayEntry::from(daily);
            let counts = [
                entry.sessions,
                entry.passed,
                entry.failed,
                entry.errors,
                entry.skipped,
                entry.xfailed,
                entry.xpassed,
                entry.rerun,
            ];
            let names =
                [entry.day.unwrap_or_default(), entry.sut_name.unwrap_or_default().to_owned(), entry.nodeid.to_owned()];
            let durations = [entry.mean_us, entry.shortest_us, entry.longest_us].map(number);
            names.into_iter().chain(counts.map(|count| count.to_string())).chain(durations).collect()
        };
        Records { names: NAMES.map(Cow::Borrowed).to_vec(), rows: self.days.iter().map(row).collect() }
    }

    fn page(&self, _layout: &Layout) -> Page {
        if self.days.is_empty() {
            let text = "nothing: no results that were given up are as asked for; `insight test history` shows those that are there";
            return Page { blocks: vec![Block::Line(vec![Span::plain(text)])] };
        }
        let columns = vec![
            Column::text("DAY"),
            Column::text("SUT").fit(Fit::ShortenEnd(8)).rank(2),
            Column::text("TEST").fit(Fit::ShortenStart(16)),
            Column::number("SESSIONS").rank(3),
            Column::number("PASSED"),
            Column::number("BROKEN"),
            Column::number("RERUN").rank(4),
            Column::number("MEAN").rank(1),
        ];
        let rows = self.days.iter().map(|daily| {
            let broken = daily.counts.failed + daily.counts.errors;
            vec![
                daily.day.map_or_else(Span::unknown, |day| Span::plain(day.to_string())),
                daily.sut_name.as_ref().map_or_else(Span::unknown, Span::plain),
                Span::new(Tone::Name, daily.node_id.as_str()),
                Span::plain(daily.sessions.to_string()),
                Span::plain(daily.counts.passed.to_string()),
                Span::new(if broken > 0 { Tone::Bad } else { Tone::Faint }, broken.to_string()),
                Span::plain(daily.counts.rerun.to_string()),
                mean(daily).map_or_else(Span::unknown, |mean| Span::plain(human::duration(mean))),
            ]
        });
        let mut page = Page { blocks: vec![Block::Grid(Grid { columns, rows: rows.collect() })] };
        let more = self.matching - self.days.len() as u64;
        if more > 0 {
            page.push(Block::Line(vec![Span::new(Tone::Faint, format!("and {more} more; --all shows every one"))]));
        }
        page
    }
}
