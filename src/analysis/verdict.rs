//! What one test came to in one session.

use crate::model::Outcome;

/// What a test came to in one session, all its attempts taken together.
///
/// A rate counts [`Verdict::is_pass`] against [`Verdict::is_failure`] and nothing else: a skipped test says nothing, and an
/// expected failure or an unexpected pass is what its mark made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// It passed at the first attempt.
    Passed,
    /// It passed after at least one attempt that failed.
    Flaky,
    /// Its last attempt failed.
    Failed,
    /// Its last attempt broke in setup or teardown, or its module could not be collected.
    Error,
    /// It was skipped.
    Skipped,
    /// It failed, as it was marked to.
    Xfailed,
    /// It passed although it was marked to fail.
    Xpassed,
    /// Only repeated attempts are known: the run ended before the last.
    Unfinished,
}

impl Verdict {
    /// Returns the verdict on the outcomes of one test's attempts in one session; `None` of none.
    ///
    /// Where several results share an id without being attempts of one another, the worst counts.
    ///
    /// | failed | error | passed | repeated | others | verdict |
    /// |---|---|---|---|---|---|
    /// | yes | any | any | any | any | `Failed` |
    /// | no | yes | any | any | any | `Error` |
    /// | no | no | yes | yes | any | `Flaky` |
    /// | no | no | yes | no | any | `Passed` |
    /// | no | no | no | any | xpassed, xfailed, skipped | that, in this order |
    /// | no | no | no | yes | none | `Unfinished` |
    pub fn of(outcomes: Outcomes) -> Option<Verdict> {
        let has = |outcome| outcomes.contains(outcome);
        Some(if has(Outcome::Failed) {
            Verdict::Failed
        } else if has(Outcome::Error) {
            Verdict::Error
        } else if has(Outcome::Passed) {
            if has(Outcome::Rerun) { Verdict::Flaky } else { Verdict::Passed }
        } else if has(Outcome::Xpassed) {
            Verdict::Xpassed
        } else if has(Outcome::Xfailed) {
            Verdict::Xfailed
        } else if has(Outcome::Skipped) {
            Verdict::Skipped
        } else if has(Outcome::Rerun) {
            Verdict::Unfinished
        } else {
            return None;
        })
    }

    /// Returns whether the test passed in the end.
    pub fn is_pass(self) -> bool {
        matches!(self, Verdict::Passed | Verdict::Flaky)
    }

    /// Returns whether the test failed in the end.
    pub fn is_failure(self) -> bool {
        matches!(self, Verdict::Failed | Verdict::Error)
    }

    /// Returns whether the verdict counts in a rate: the test passed or failed.
    pub fn counts(self) -> bool {
        self.is_pass() || self.is_failure()
    }

    /// Returns the word for the verdict, such as `passed`.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Passed => "passed",
            Verdict::Flaky => "flaky",
            Verdict::Failed => "failed",
            Verdict::Error => "error",
            Verdict::Skipped => "skipped",
            Verdict::Xfailed => "xfailed",
            Verdict::Xpassed => "xpassed",
            Verdict::Unfinished => "unfinished",
        }
    }
}

/// A set of outcomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outcomes(u8);

impl Outcomes {
    /// Adds an outcome.
    pub fn insert(&mut self, outcome: Outcome) {
        self.0 |= 1 << outcome as u8;
    }

    /// Returns the outcomes of both sets.
    #[must_use]
    pub fn union(self, other: Outcomes) -> Outcomes {
        Outcomes(self.0 | other.0)
    }

    /// Returns whether the outcome is in the set.
    pub fn contains(self, outcome: Outcome) -> bool {
        self.0 & (1 << outcome as u8) != 0
    }
}

impl FromIterator<Outcome> for Outcomes {
    fn from_iter<Items: IntoIterator<Item = Outcome>>(outcomes: Items) -> Outcomes {
        let mut set = Outcomes::default();
        outcomes.into_iter().for_each(|outcome| set.insert(outcome));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_follow_the_table() {
        use Outcome::{Error, Failed, Passed, Rerun, Skipped, Xfailed, Xpassed};
        let rows: [(&[Outcome], Option<Verdict>); 10] = [
            (&[Passed], Some(Verdict::Passed)),
            (&[Rerun, Rerun, Passed], Some(Verdict::Flaky)),
            (&[Rerun, Failed], Some(Verdict::Failed)),
            (&[Passed, Error], Some(Verdict::Error)),
            (&[Passed, Failed, Error], Some(Verdict::Failed)),
            (&[Rerun], Some(Verdict::Unfinished)),
            (&[Rerun, Skipped], Some(Verdict::Skipped)),
            (&[Xfailed], Some(Verdict::Xfailed)),
            (&[Xpassed], Some(Verdict::Xpassed)),
            (&[], None),
        ];
        for (outcomes, expected) in rows {
            assert_eq!(Verdict::of(outcomes.iter().copied().collect()), expected, "{outcomes:?}");
        }
    }
}
