//! In which phase a test of another reporter broke: they call all of it a failure, or an error, and only its text tells.

use super::scanner::Scanner;
use crate::formats::terminal::evidence::BrokenPhase;
use crate::formats::terminal::reporters::ForeignResult;

/// A failure of another reporter whose text is being read.
#[derive(Debug, Clone, Default)]
pub(super) struct FailureText {
    node_id: Option<Box<str>>,
}

impl Scanner<'_> {
    /// Remembers the test whose failure text the next lines may be (`not ok 3 ID`, then its comment lines).
    pub(super) fn failure_text_follows(&mut self, result: &ForeignResult) {
        self.failure_text.node_id = result.outcome.is_failure().then(|| result.node_id.as_str().into());
    }

    /// Takes a line that may say in which phase the test of the failure text broke.
    pub(super) fn phase_in_failure_text(&mut self, text: &str) {
        if self.failure_text.node_id.is_none() {
            return;
        }
        if let Some(phase) = phase_of(text) {
            let node_id = self.failure_text.node_id.take();
            self.current.broken_phases.extend(node_id.map(|node_id| (node_id, phase)));
        }
    }
}

/// Returns the phase that the first telling line of a failure text proves: pytest's own frame of a full traceback, or the first function that
/// a comment shows. A fixture runs in setup; what breaks in teardown such a comment does not show at all.
fn phase_of(text: &str) -> Option<BrokenPhase> {
    if let Some((_, function)) = text.strip_prefix("  File ").and_then(|frame| frame.rsplit_once(", in ")) {
        return match function {
            "pytest_runtest_setup" => Some(BrokenPhase::Setup),
            "pytest_runtest_call" => Some(BrokenPhase::Call),
            "pytest_runtest_teardown" => Some(BrokenPhase::Teardown),
            _ => None,
        };
    }
    let source = text.strip_prefix('#')?.trim_start();
    if let Some(decorator) = source.strip_prefix('@') {
        let name = decorator.split('(').next().unwrap_or(decorator).trim_end();
        return match name.rsplit('.').next() {
            Some("fixture" | "yield_fixture") => Some(BrokenPhase::Setup),
            // A decorated test, or a fixture with another decorator in front.
            _ => None,
        };
    }
    // So begins what pytest says of a fixture that is missing.
    if source.starts_with("file ") && source.contains(", line ") {
        return Some(BrokenPhase::Setup);
    }
    let is_function = source.starts_with("def ") || source.starts_with("async def ");
    (is_function || source.starts_with('>')).then_some(BrokenPhase::Call)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phase(text: &[&str]) -> Option<BrokenPhase> {
        text.iter().find_map(|line| phase_of(line))
    }

    #[test]
    fn the_first_function_of_a_comment_tells() {
        assert_eq!(
            phase(&["# request = <SubRequest 'a'>", "# ", "#     @pytest.fixture(scope='x')"]),
            Some(BrokenPhase::Setup)
        );
        assert_eq!(phase(&["# file /w/a.py, line 5", "#   def test_a(x):"]), Some(BrokenPhase::Setup));
        assert_eq!(phase(&["# @mark.slow", "# def test_a(x):", "#     @pytest.fixture"]), Some(BrokenPhase::Call));
        assert_eq!(phase(&["# a.py:3: E", "# > assert x", "# @pytest.fixture"]), Some(BrokenPhase::Call));
    }

    #[test]
    fn a_frame_of_pytest_tells() {
        let frame = |function: &str| format!("  File \"/v/_pytest/logging.py\", line 843, in {function}");
        let [setup, call] = ["pytest_runtest_setup", "pytest_runtest_call"].map(frame);
        assert_eq!(phase(&["  File \"/v/a.py\", line 1, in __call__", &setup, &call]), Some(BrokenPhase::Setup));
        assert_eq!(phase(&[&call, &setup]), Some(BrokenPhase::Call));
    }
}
