//! The entrance: an input to its sessions.

use std::io::BufRead;

use super::elements::Elements;
use super::problems::Problem;
use super::session::session;
use crate::diagnostic::Parsed;
use crate::formats::ReadOptions;
use crate::model::TestSession;

/// Reads all documents of an input, each a session.
pub(crate) fn read(input: impl BufRead, options: &ReadOptions) -> Parsed<Vec<TestSession>> {
    let mut elements = Elements::new(input, options);
    let mut documents = Vec::new();
    while let Some(document) = elements.document() {
        documents.push(document);
    }
    let mut problems = elements.problems();
    if documents.is_empty() {
        problems.add(&Problem::NoReport, None, None);
    }
    let sessions = documents.into_iter().map(|document| session(document, options, &mut problems)).collect();
    Parsed { value: sessions, diagnostics: problems.into_diagnostics() }
}
