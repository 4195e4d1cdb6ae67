//! Who wrote a document.

use super::raw::{COLLECTION_FAILURE, IssueKind, RawCase, RawDocument, RawSuite};

/// Who wrote a document, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Producer {
    /// pytest.
    Pytest,
    /// Any other.
    Other,
}

impl Producer {
    /// Tells the producer by what only pytest writes: its suite's name (which can be configured) and attributes, and its words for skips
    /// and errors.
    pub(super) fn of(document: &RawDocument) -> Producer {
        let named = |suite: &RawSuite| matches!(suite.name.as_deref(), Some("pytest" | "pytest tests"));
        let by_suite = document.root.iter().chain(&document.suites).any(|suite| named(suite) || suite.like_pytest);
        let by_words = || document.facts.says_pytest || says_pytest(document.cases.last());
        if by_suite || by_words() { Producer::Pytest } else { Producer::Other }
    }
}

/// Whether a test case has words that only pytest writes.
pub(super) fn says_pytest(cases: &[RawCase]) -> bool {
    cases.iter().flat_map(RawCase::issues).any(|issue| {
        let message = issue.message.as_deref().unwrap_or_default();
        match issue.kind {
            IssueKind::Skipped => {
                matches!(issue.class.as_deref(), Some("pytest.skip" | "pytest.xfail"))
                    || matches!(message, "collection skipped" | "expected test failure")
            }
            IssueKind::Error => {
                message == COLLECTION_FAILURE
                    || ["failed on setup with \"", "failed on teardown with \"", "test setup failure"]
                        .iter()
                        .any(|words| message.starts_with(words))
            }
            IssueKind::Failure | IssueKind::Rerun | IssueKind::Flaky => false,
        }
    })
}
