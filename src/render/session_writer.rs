//! Whole sessions in any format, written as they arrive, so that no more than one of them is held.

use std::io::{self, Write};

use super::OutputFormat;
use super::answer::{RecordWriter, write_line};
use super::markdown_page::MarkdownWriter;
use super::page::{Layout, PageWriter};
use super::session_page::{Detail, write_session};
use super::session_records::{RESULT_NAMES, write_results};
use super::terminal_page::TerminalWriter;
use crate::diagnostic::Diagnostic;
use crate::model::TestSession;
use crate::wire::{self, write_compact};

/// Writes sessions: as one session document, as one session a line, as one record a result, or as pages for people.
pub struct SessionWriter<'a> {
    out: &'a mut dyn Write,
    format: OutputFormat,
    detail: Detail,
    layout: Layout,
    sessions: u64,
    diagnostics: Vec<wire::Diagnostic>,
}

impl<'a> SessionWriter<'a> {
    /// Begins.
    pub fn new(
        out: &'a mut dyn Write,
        format: OutputFormat,
        detail: Detail,
        layout: Layout,
    ) -> io::Result<SessionWriter<'a>> {
        match format {
            OutputFormat::Json => {
                out.write_all(b"{\"schema\":")?;
                write_compact(out, &wire::SCHEMA)?;
                out.write_all(b",\"sessions\":[")?;
            }
            OutputFormat::Csv => RecordWriter::new(out).write(RESULT_NAMES)?,
            OutputFormat::Table | OutputFormat::Jsonl | OutputFormat::Markdown => {}
        }
        Ok(SessionWriter { out, format, detail, layout, sessions: 0, diagnostics: Vec::new() })
    }

    /// Adds a session.
    pub fn session(&mut self, session: &TestSession) -> io::Result<()> {
        self.write(session)?;
        // What was left out in silence would look like a whole session.
        session.test_results.fault().map_or(Ok(()), |fault| Err(io::Error::other(fault.to_owned())))
    }

    fn write(&mut self, session: &TestSession) -> io::Result<()> {
        let first = self.sessions == 0;
        self.sessions += 1;
        match self.format {
            OutputFormat::Json => {
                if !first {
                    self.out.write_all(b",")?;
                }
                write_compact(self.out, &wire::streamed(session))
            }
            OutputFormat::Jsonl => write_line(self.out, &wire::streamed(session)),
            OutputFormat::Csv => write_results(self.out, session),
            OutputFormat::Table | OutputFormat::Markdown => {
                if !first {
                    writeln!(self.out)?;
                }
                let (mut markdown, mut terminal);
                let page: &mut dyn PageWriter = if self.format == OutputFormat::Markdown {
                    markdown = MarkdownWriter::new(self.out);
                    &mut markdown
                } else {
                    terminal = TerminalWriter::new(self.out, &self.layout);
                    &mut terminal
                };
                write_session(page, session, self.detail, &self.layout)
            }
        }
    }

    /// Adds what there is to say about an input. Only the document has a place for it, behind the sessions.
    pub fn diagnostics<'b>(&mut self, diagnostics: impl IntoIterator<Item = &'b Diagnostic>) {
        if self.format == OutputFormat::Json {
            self.diagnostics.extend(diagnostics.into_iter().map(wire::Diagnostic::from));
        }
    }

    /// Ends.
    pub fn finish(self) -> io::Result<()> {
        if self.format == OutputFormat::Json {
            self.out.write_all(b"],\"diagnostics\":")?;
            write_compact(self.out, &self.diagnostics)?;
            self.out.write_all(b"}\n")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Outcome, TestResult};
    use crate::render::{Styles, Zone};

    #[test]
    fn the_streamed_document_is_the_whole_one() {
        let session = TestSession {
            test_results: [TestResult::new("a.py::b", Outcome::Passed)].into(),
            ..TestSession::default()
        };
        let sessions = [session.clone(), session];
        let diagnostics = [Diagnostic::note("x-y", "something")];
        let layout = Layout { styles: Styles::plain(), width: None, zone: Zone::Utc };
        let mut streamed = Vec::new();
        let mut writer = SessionWriter::new(&mut streamed, OutputFormat::Json, Detail::Brief, layout).unwrap();
        for session in &sessions {
            writer.session(session).unwrap();
        }
        writer.diagnostics(&diagnostics);
        writer.finish().unwrap();
        let whole = serde_json::to_string(&wire::Document::new(&sessions, &diagnostics)).unwrap();
        assert_eq!(String::from_utf8(streamed).unwrap(), whole + "\n");
    }
}
