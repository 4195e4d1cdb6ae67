//! Every text of a report.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::kinds::Scope;
use super::redactor::{Counts, Redactor};
use crate::diagnostic::Diagnostic;
use crate::ingest::{FileOutcome, FileReport, Unreadable};
use crate::model::{NodeId, OutputField, OutputFields, TestResult, TestSession, Text};

/// Whether secrets are masked.
#[derive(Debug, Clone)]
pub enum Redaction {
    /// They are.
    On(Arc<Redactor>),
    /// They are kept: the user insists.
    Off,
}

impl Default for Redaction {
    fn default() -> Redaction {
        static BUILT_IN: OnceLock<Arc<Redactor>> = OnceLock::new();
        Redaction::On(BUILT_IN.get_or_init(|| Arc::new(Redactor::new(Vec::new()))).clone())
    }
}

impl Redaction {
    /// Masks the secrets of a text.
    pub(crate) fn redact(&self, text: &mut String) {
        if let Redaction::On(redactor) = self {
            redactor.redact(text);
        }
    }

    /// Masks the secrets of a report, and returns how many of each kind there were.
    pub(crate) fn apply(&self, report: &mut FileReport) -> BTreeMap<String, u64> {
        let mut counts = Counts::new();
        let Redaction::On(redactor) = self else { return counts };
        let mut pass = Pass { redactor, counts: &mut counts };
        match &mut report.outcome {
            FileOutcome::Sessions(sessions) => sessions.iter_mut().for_each(|session| pass.session(session)),
            FileOutcome::Unreadable { reason: Unreadable::NothingRead { detail, .. } } => pass.optional(detail),
            FileOutcome::Joined { .. }
            | FileOutcome::Archive { .. }
            | FileOutcome::NotAReport { .. }
            | FileOutcome::Unreadable { .. } => {}
        }
        for diagnostic in &mut report.diagnostics {
            pass.diagnostic(diagnostic);
        }
        counts
    }
}

/// One way through a report.
struct Pass<'a> {
    redactor: &'a Redactor,
    counts: &'a mut Counts,
}

impl Pass<'_> {
    fn session(&mut self, session: &mut TestSession) {
        self.values(&mut session.tags);
        self.optional(&mut session.environment.rootdir);
        session.test_results.update(|result| self.result(result));
        self.fields(&mut session.output_fields);
        for warning in &mut session.warnings {
            self.text(&mut warning.message);
            self.optional(&mut warning.location);
            warning.node_id.iter_mut().for_each(|node_id| self.node_id(node_id));
        }
        for file in &mut session.files {
            self.optional(&mut file.path);
        }
        session.in_flight.iter_mut().for_each(|node_id| self.node_id(node_id));
    }

    fn result(&mut self, result: &mut TestResult) {
        self.node_id(&mut result.node_id);
        for text in [
            &mut result.caplog,
            &mut result.capstderr,
            &mut result.capstdout,
            &mut result.longreprtext,
            &mut result.reason,
        ] {
            self.shared(text);
        }
        for subtest in result.subtests.any_mut().into_iter().flatten() {
            self.redactor.redact_name(&mut subtest.description, self.counts);
            self.optional(&mut subtest.longreprtext);
        }
        if let Some(properties) = result.properties.any_mut() {
            self.values(properties);
        }
    }

    fn fields(&mut self, fields: &mut OutputFields) {
        let named = [
            &mut fields.test_session_starts,
            &mut fields.errors,
            &mut fields.failures,
            &mut fields.passes,
            &mut fields.warnings_summary,
            &mut fields.rerun_test_summary,
            &mut fields.short_test_summary,
            &mut fields.lastline,
        ];
        let named = named.into_iter().filter_map(Option::as_mut);
        for OutputField { name, content } in named.chain(&mut fields.other) {
            self.text(name);
            self.text(content);
        }
    }

    fn diagnostic(&mut self, diagnostic: &mut Diagnostic) {
        self.text(&mut diagnostic.message);
        self.optional(&mut diagnostic.help);
        self.optional(&mut diagnostic.location.path);
    }

    fn values(&mut self, values: &mut BTreeMap<String, String>) {
        for (key, value) in values {
            self.redactor.redact_value(key, value, self.counts);
        }
    }

    fn node_id(&mut self, node_id: &mut NodeId) {
        if let Some(masked) = self.redactor.masked(node_id.as_str(), Scope::Names, self.counts) {
            *node_id = NodeId::new(masked);
        }
    }

    fn shared(&mut self, text: &mut Option<Text>) {
        let masked = text.as_deref().and_then(|text| self.redactor.masked(text, Scope::Texts, self.counts));
        if let Some(masked) = masked {
            *text = Some(masked.into());
        }
    }

    fn optional(&mut self, text: &mut Option<String>) {
        if let Some(text) = text {
            self.text(text);
        }
    }

    fn text(&mut self, text: &mut String) {
        self.redactor.redact_text(text, self.counts);
    }
}
