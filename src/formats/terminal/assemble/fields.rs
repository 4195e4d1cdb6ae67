//! The sections as output fields, verbatim.

use crate::diagnostic::Diagnostic;
use crate::formats::terminal::blocks::SectionText;
use crate::formats::terminal::evidence::Evidence;
use crate::formats::terminal::evidence::Text;
use crate::formats::terminal::titles::Section;
use crate::model::{OutputField, OutputFields};

pub(super) fn output_fields(
    evidence: &mut Evidence,
    sections: Vec<SectionText>,
    diagnostics: &mut Vec<Diagnostic>,
) -> OutputFields {
    let text = std::mem::take(&mut evidence.results_text);
    if text.left_out() > 0 {
        diagnostics.push(shortened(text.left_out(), "the result area's text", evidence));
    }
    let mut fields = OutputFields {
        test_session_starts: (evidence.has_start || !Text::is_empty(&text))
            .then(|| field("test session starts", text.into_string())),
        lastline: evidence.last_line_text.take().map(|line| field("lastline", line)),
        ..OutputFields::default()
    };
    for section in sections {
        let own = field(&section.title, section.content);
        let slot = match section.section {
            Section::Errors => &mut fields.errors,
            Section::Failures => &mut fields.failures,
            Section::Passes => &mut fields.passes,
            Section::Warnings => &mut fields.warnings_summary,
            Section::Reruns => &mut fields.rerun_test_summary,
            Section::Summary => &mut fields.short_test_summary,
            Section::Xfailures | Section::Xpasses | Section::Durations | Section::Other => {
                fields.other.push(own);
                continue;
            }
        };
        match slot {
            None => *slot = Some(own),
            Some(_) => fields.other.push(own),
        }
    }
    fields
}

pub(super) fn field(name: &str, content: String) -> OutputField {
    OutputField { name: name.to_owned(), content }
}

/// Says that a text is not there in full.
pub(super) fn shortened(left_out: u64, what: &str, evidence: &Evidence) -> Diagnostic {
    let message = format!("{left_out} bytes of {what} are left out: the session's texts take too much memory");
    Diagnostic::note("terminal-shortened", message).at_line(evidence.first_line)
}
