//! Declared totals, and whether what was read agrees with them.

use super::producer::Producer;
use super::raw::{IssueKind, RawDocument, RawSuite};
use crate::model::Totals;

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
    /// pytest's `failures`, `errors` and `skipped` are the numbers of such elements; its `tests` counts passed subtests and leaves
    /// repeated attempts out, so that nothing can be said of it. Others count test cases, each suite its own or also those inside.
    pub(super) fn differences(&self, document: &RawDocument, producer: Producer) -> Option<String> {
        let found = Found::of(document, producer);
        let differences: Vec<String> = [
            ("failures", found.failures),
            ("errors", found.errors),
            ("skipped", found.skipped),
            ("tests", found.tests),
        ]
        .into_iter()
        .filter(|(attribute, _)| producer == Producer::Other || *attribute != "tests")
        .filter_map(|(attribute, found)| {
            let declared = self.get(attribute)?;
            (declared != found && !nested_sum_agrees(document, attribute, found))
                .then(|| format!("{declared} {attribute} are declared and {found} were found"))
        })
        .collect();
        (!differences.is_empty()).then(|| differences.join(", "))
    }
}

/// Whether the numbers of all suites, at any depth, add up to what was found: then an outer suite counts only its own test cases.
fn nested_sum_agrees(document: &RawDocument, attribute: &str, found: u64) -> bool {
    document.suites.iter().filter_map(|suite| count(suite, attribute)).fold(0, u64::saturating_add) == found
}

#[derive(Debug, Default)]
struct Found {
    tests: u64,
    failures: u64,
    errors: u64,
    skipped: u64,
}

impl Found {
    fn of(document: &RawDocument, producer: Producer) -> Found {
        let mut found = Found { tests: document.cases.len() as u64, ..Found::default() };
        for case in &document.cases {
            let issues = case.issues().iter().map(|issue| issue.kind);
            for (kind, count) in [
                (IssueKind::Failure, &mut found.failures),
                (IssueKind::Error, &mut found.errors),
                (IssueKind::Skipped, &mut found.skipped),
            ] {
                let here = issues.clone().filter(|issue| *issue == kind).count() as u64;
                // pytest counts each report; others count test cases.
                *count += if producer == Producer::Pytest { here } else { here.min(1) };
            }
        }
        found
    }
}

fn count(suite: &RawSuite, attribute: &str) -> Option<u64> {
    suite.counts.iter().find(|(name, _)| *name == attribute).map(|(_, count)| *count)
}
