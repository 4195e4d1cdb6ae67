//! Declared totals, and whether what was read agrees with them.

use super::producer::Producer;
use super::raw::{IssueKind, RawCase, RawDocument, RawSuite};
use super::verdict::status_outcome;
use crate::model::{Outcome, Totals};

/// The keys under which declared numbers are kept, by the attribute's.
const KEYS: [(&str, &str); 5] = [
    ("tests", "tests"),
    ("failures", "failed"),
    ("errors", "errors"),
    ("skipped", "skipped"),
    ("disabled", "disabled"),
];

/// What a document declares of itself: the numbers of `testsuites`, or else the sums over its outermost suites, where each declares one.
#[derive(Debug, Default)]
pub(super) struct Declared {
    numbers: Vec<(&'static str, u64)>,
}

impl Declared {
    pub(super) fn of(document: &RawDocument) -> Declared {
        let outermost: Vec<&RawSuite> = document.suites.iter().filter(|suite| suite.parent.is_none()).collect();
        let number = |attribute: &str| {
            let root = document.root.as_ref().and_then(|root| count(root, attribute));
            root.or_else(|| {
                let counts: Option<Vec<u64>> = outermost.iter().map(|suite| count(suite, attribute)).collect();
                counts.filter(|counts| !counts.is_empty()).map(|counts| counts.into_iter().fold(0, u64::saturating_add))
            })
        };
        let numbers = KEYS.iter().filter_map(|(attribute, _)| Some((*attribute, number(attribute)?))).collect();
        Declared { numbers }
    }

    fn get(&self, attribute: &str) -> Option<u64> {
        self.numbers.iter().find(|(name, _)| *name == attribute).map(|(_, count)| *count)
    }

    /// Returns the totals of the session document.
    pub(super) fn totals(&self) -> Option<Totals> {
        let key = |attribute: &str| KEYS.iter().find(|(name, _)| *name == attribute).map_or("", |(_, key)| key);
        let totals: Totals = self.numbers.iter().map(|(attribute, count)| (key(attribute), *count)).collect();
        (!totals.is_empty()).then_some(totals)
    }

    /// Returns how many tests passed, as pytest's numbers tell: it counts reports, not test cases.
    pub(super) fn passed(&self) -> Option<u64> {
        let others = self.get("failures")? + self.get("errors")? + self.get("skipped").unwrap_or(0);
        self.get("tests")?.checked_sub(others)
    }

    /// Returns what does not agree.
    ///
    /// | | pytest | others |
    /// |---|---|---|
    /// | `failures`, `errors` | such elements | test cases with either, together: some call the one the other |
    /// | `skipped` | such elements | test cases that did not run, with or without the `disabled` |
    /// | `tests` | nothing can be said: passed subtests count, repeated attempts do not | test cases |
    pub(super) fn differences(&self, document: &RawDocument, producer: Producer) -> Option<String> {
        let found = Found::of(document, producer);
        let mut differences = Vec::new();
        let mut compare = |attribute: &str, found: u64, others: u64| {
            let Some(declared) = self.get(attribute) else { return };
            if declared != found && declared + others != found && sum(document, attribute) != found {
                differences.push(format!("{declared} {attribute} are declared and {found} were found"));
            }
        };
        compare("skipped", found.skipped, self.get("disabled").unwrap_or(0));
        match producer {
            Producer::Pytest => {
                compare("failures", found.failures, 0);
                compare("errors", found.errors, 0);
            }
            Producer::Other => {
                let errors = self.get("errors").unwrap_or(0);
                compare("failures", found.failures + found.errors, errors);
                compare("tests", document.cases.len() as u64, 0);
            }
        }
        (!differences.is_empty()).then(|| differences.join(", "))
    }
}

/// The sum over all suites at any depth: some outer suites count only their own test cases.
fn sum(document: &RawDocument, attribute: &str) -> u64 {
    document.suites.iter().filter_map(|suite| count(suite, attribute)).fold(0, u64::saturating_add)
}

/// What was found of what is counted.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Found {
    failures: u64,
    errors: u64,
    skipped: u64,
}

impl Found {
    fn of(document: &RawDocument, producer: Producer) -> Found {
        match producer {
            Producer::Pytest => {
                let mut found = document.facts.of_pytest;
                found.add_pytest(document.cases.last());
                found
            }
            Producer::Other => {
                let mut found = document.facts.of_other;
                found.add_other(document.cases.last());
                found
            }
        }
    }

    /// Adds test cases of pytest: each report counts.
    pub(super) fn add_pytest(&mut self, cases: &[RawCase]) {
        for issue in cases.iter().flat_map(RawCase::issues) {
            match issue.kind {
                IssueKind::Failure => self.failures += 1,
                IssueKind::Error => self.errors += 1,
                IssueKind::Skipped => self.skipped += 1,
                IssueKind::Rerun | IssueKind::Flaky => {}
            }
        }
    }

    /// Adds test cases of another producer: each counts once.
    pub(super) fn add_other(&mut self, cases: &[RawCase]) {
        for case in cases {
            let has = |kind: IssueKind| case.issues().iter().any(|issue| issue.kind == kind);
            let extras = || case.more.as_ref().and_then(|more| more.extras.as_ref());
            let status = || extras().map_or(Outcome::Passed, |extras| status_outcome(&extras.status));
            if has(IssueKind::Failure) {
                self.failures += 1;
            } else if has(IssueKind::Error) {
                self.errors += 1;
            } else if has(IssueKind::Skipped) || status() == Outcome::Skipped {
                self.skipped += 1;
            }
        }
    }
}

fn count(suite: &RawSuite, attribute: &str) -> Option<u64> {
    suite.counts.iter().find(|(name, _)| *name == attribute).map(|(_, count)| *count)
}
