//! The session document, written as its sessions arrive, so that no more than one of them is held.

use std::io::{self, Write};

use serde::Serialize;

use crate::diagnostic::Diagnostic;
use crate::model::TestSession;
use crate::wire;

/// Writes one document, `insight.sessions/1`.
#[derive(Debug)]
pub struct SessionDocumentWriter<Out> {
    out: Out,
    sessions: u64,
    diagnostics: Vec<wire::Diagnostic>,
}

impl<Out: Write> SessionDocumentWriter<Out> {
    /// Opens a document.
    pub fn new(mut out: Out) -> io::Result<SessionDocumentWriter<Out>> {
        out.write_all(b"{\"schema\":")?;
        write_json(&mut out, &wire::SCHEMA)?;
        out.write_all(b",\"sessions\":[")?;
        Ok(SessionDocumentWriter { out, sessions: 0, diagnostics: Vec::new() })
    }

    /// Adds a session.
    pub fn session(&mut self, session: &TestSession) -> io::Result<()> {
        if self.sessions > 0 {
            self.out.write_all(b",")?;
        }
        self.sessions += 1;
        write_json(&mut self.out, &wire::Session::from(session))
    }

    /// Adds what there is to say about an input. It stands behind the sessions.
    pub fn diagnostics<'a>(&mut self, diagnostics: impl IntoIterator<Item = &'a Diagnostic>) {
        self.diagnostics.extend(diagnostics.into_iter().map(wire::Diagnostic::from));
    }

    /// Closes the document.
    pub fn finish(mut self) -> io::Result<()> {
        self.out.write_all(b"],\"diagnostics\":")?;
        write_json(&mut self.out, &self.diagnostics)?;
        self.out.write_all(b"}\n")
    }
}

/// Writes a session as one line.
pub fn write_session_line(mut out: impl Write, session: &TestSession) -> io::Result<()> {
    write_json(&mut out, &wire::Session::from(session))?;
    out.write_all(b"\n")
}

/// Writes a value as JSON. Errors of the writer keep their kind, so that a broken pipe is known as one.
fn write_json(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(out, value).map_err(io::Error::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Outcome, TestResult};

    #[test]
    fn the_streamed_document_is_the_whole_one() {
        let session =
            TestSession { test_results: vec![TestResult::new("a.py::b", Outcome::Passed)], ..TestSession::default() };
        let sessions = [session.clone(), session];
        let diagnostics = [Diagnostic::note("x-y", "something")];
        let mut streamed = Vec::new();
        let mut writer = SessionDocumentWriter::new(&mut streamed).unwrap();
        for session in &sessions {
            writer.session(session).unwrap();
        }
        writer.diagnostics(&diagnostics);
        writer.finish().unwrap();
        let whole = serde_json::to_string(&wire::Document::new(&sessions, &diagnostics)).unwrap();
        assert_eq!(String::from_utf8(streamed).unwrap(), whole + "\n");
    }
}
