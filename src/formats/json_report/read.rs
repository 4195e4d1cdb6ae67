//! Document after document, member after member.

use std::io::BufRead;

use super::document::{Collector, Test, Warning};
use super::session::SessionBuilder;
use crate::diagnostic::Parsed;
use crate::formats::ReadOptions;
use crate::formats::json::{Documents, Scratch, Stop, Wholeness, parse};
use crate::model::TestSession;

/// Reads all documents of an input, each a session.
pub(crate) fn read(input: impl BufRead, _options: &ReadOptions) -> Parsed<Vec<TestSession>> {
    let mut documents = Documents::new(input, "json-report");
    let mut sessions = Vec::new();
    let mut diagnostics = Vec::new();
    let mut orphans = Document::default();
    while documents.begin() {
        let mut document = Document::default();
        let mut end = document.read(&mut documents, &mut orphans);
        if !document.is_report {
            documents.skipped();
            continue;
        }
        if matches!(end, Err(Stop::Cut)) && document.salvage(&documents) > 0 {
            end = Err(Stop::Damaged("an element that does not end, with others behind it".to_owned()));
        }
        let wholeness = documents.end(end);
        let (session, more) = document.builder.finish(wholeness);
        sessions.push(session);
        diagnostics.extend(more);
    }
    if orphans.is_report {
        documents.head_is_cut();
        let (session, more) = orphans.builder.finish(Wholeness::Cut);
        sessions.insert(0, session);
        diagnostics.extend(more);
    }
    Parsed { value: sessions, diagnostics: documents.into_diagnostics(diagnostics) }
}

/// One document that is being read.
#[derive(Default)]
struct Document {
    builder: SessionBuilder,
    /// Whether it has a member that only a report has. `created` is not one: log records have it too.
    is_report: bool,
}

impl Document {
    /// Reads the members up to the end; an object that is a test outside of any document goes to `orphans`.
    fn read(&mut self, documents: &mut Documents<impl BufRead>, orphans: &mut Document) -> Result<(), Stop> {
        while let Some(key) = documents.next_key()? {
            if key == "nodeid" && !self.is_report {
                let element = documents.element_of_key(&key)?;
                // What is no test is a piece of one that was cut.
                if let Ok(test) = element.parse::<Test<'_>>()
                    && test.has_stage()
                {
                    orphans.is_report = true;
                    orphans.builder.add_test(&test);
                }
                return Ok(());
            }
            self.is_report |= matches!(key.as_str(), "exitcode" | "root" | "summary" | "tests" | "collectors");
            let is_list = matches!(key.as_str(), "tests" | "collectors" | "warnings") && documents.enter_array()?;
            match key.as_str() {
                "tests" if is_list => self.tests(documents)?,
                "collectors" if is_list => self.collectors(documents)?,
                "warnings" if is_list => self.warnings(documents)?,
                key => documents.value(key, |value| self.builder.add_member(key, value))?,
            }
        }
        Ok(())
    }

    fn tests(&mut self, documents: &mut Documents<impl BufRead>) -> Result<(), Stop> {
        self.builder.begin_tests();
        while let Some(element) = documents.next_element()? {
            match element.parse::<Test<'_>>() {
                Ok(test) => {
                    let said = self.builder.add_test(&test);
                    documents.say_of_element(said);
                }
                Err(error) => {
                    documents.lose("tests", &error);
                    self.salvage(documents);
                }
            }
        }
        Ok(())
    }

    fn collectors(&mut self, documents: &mut Documents<impl BufRead>) -> Result<(), Stop> {
        while let Some(element) = documents.next_element()? {
            match element.parse::<Collector<'_>>() {
                Ok(collector) => {
                    let said = self.builder.add_collector(&collector);
                    documents.say_of_element(said);
                }
                Err(error) => {
                    documents.lose("collectors", &error);
                    self.salvage(documents);
                }
            }
        }
        Ok(())
    }

    fn warnings(&mut self, documents: &mut Documents<impl BufRead>) -> Result<(), Stop> {
        while let Some(element) = documents.next_element()? {
            match element.parse::<Warning<'_>>() {
                Ok(warning) => self.builder.add_warning(&warning),
                Err(error) => documents.lose("warnings", &error),
            }
        }
        Ok(())
    }

    /// Takes whole tests out of an element that is not whole itself; returns how many.
    fn salvage(&mut self, documents: &Documents<impl BufRead>) -> usize {
        let mut found = 0;
        for bytes in documents.salvage("nodeid") {
            if let Ok(test) = parse::<Test<'_>>(&bytes, &mut Scratch::default())
                && test.has_stage()
            {
                self.builder.add_test(&test);
                found += 1;
            }
        }
        found
    }
}
