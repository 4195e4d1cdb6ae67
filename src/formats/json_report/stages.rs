//! The stages of one entry, and which of them belong to the last attempt.

use super::document::{FileLocation, Stage, Test};
use crate::formats::json::{Lenient, Text};
use crate::model::{Outcome, Phases};

/// The stages that the entry has.
pub(super) struct Stages<'a> {
    pub(super) setup: Option<Stage<'a>>,
    /// None where it is an earlier attempt's.
    pub(super) call: Option<Stage<'a>>,
    pub(super) teardown: Option<Stage<'a>>,
    /// What xdist says of a worker that died.
    pub(super) crash: Option<Stage<'a>>,
    /// Whether a stage shows that an attempt was repeated, which is not the last.
    pub(super) shows_repeat: bool,
}

impl<'a> Stages<'a> {
    /// Takes the stages of the last attempt from the entry.
    ///
    /// Each attempt overwrites the stages that it has. A call beside a setup that did not pass is the call of an attempt before: the last
    /// one never came to it.
    pub(super) fn of(test: &Test<'a>) -> Stages<'a> {
        let mut stages = Stages {
            setup: test.setup.get(),
            call: test.call.get(),
            teardown: test.teardown.get(),
            crash: test.crash.get(),
            shows_repeat: false,
        };
        let has_setup_ended_it =
            stages.setup.as_ref().is_some_and(|setup| matches!(setup.word(), "failed" | "skipped"));
        if has_setup_ended_it && let Some(call) = stages.call.take() {
            stages.shows_repeat = call.is_rerun();
        }
        if stages.crash.as_ref().is_some_and(Stage::is_rerun) && stages.call.is_some() {
            stages.crash = None;
            stages.shows_repeat = true;
        }
        stages
    }

    /// Returns the stages in the order in which they ran.
    pub(super) fn in_order(&self) -> impl Iterator<Item = &Stage<'a>> {
        [&self.setup, &self.call, &self.teardown, &self.crash].into_iter().flatten()
    }

    /// Returns the phases' outcomes; `category` is the entry's own word.
    pub(super) fn phases(&self, category: &str) -> Phases {
        let of = |stage: &Option<Stage<'a>>, broken: Outcome| stage.as_ref().and_then(|stage| stage.outcome(broken));
        let mut phases = Phases {
            setup: of(&self.setup, Outcome::Error),
            call: of(&self.call, Outcome::Failed),
            teardown: of(&self.teardown, Outcome::Error),
        };
        if category == "xpassed" && phases.call == Some(Outcome::Passed) {
            phases.call = Some(Outcome::Xpassed);
        }
        // The word decides only where nothing else tells an expected failure from a skip.
        let expected = phases.setup == Some(Outcome::Xfailed)
            || phases.call == Some(Outcome::Xfailed)
            || phases.teardown == Some(Outcome::Xfailed);
        if category == "xfailed" && !expected {
            for phase in [&mut phases.call, &mut phases.setup, &mut phases.teardown] {
                if *phase == Some(Outcome::Skipped) {
                    *phase = Some(Outcome::Xfailed);
                    break;
                }
            }
        }
        phases
    }

    /// Returns how long the stages took together, in seconds.
    pub(super) fn seconds(&self) -> Option<f64> {
        self.in_order().filter_map(|stage| stage.duration.0).reduce(|left, right| left + right)
    }
}

impl Stage<'_> {
    fn word(&self) -> &str {
        self.outcome.as_deref().unwrap_or_default()
    }

    pub(super) fn is_rerun(&self) -> bool {
        matches!(self.word(), "rerun" | "retried")
    }

    /// Returns the outcome of the phase; `broken` is the word for one that broke.
    ///
    /// An expected failure is written as a skip. But a skip has no place in the code where something was raised, and says where the test
    /// is and why it was skipped.
    pub(super) fn outcome(&self, broken: Outcome) -> Option<Outcome> {
        match self.word() {
            "passed" => Some(Outcome::Passed),
            "skipped" if self.crash.json().is_some() || self.text().is_some_and(|text| !is_place(&text)) => {
                Some(Outcome::Xfailed)
            }
            "skipped" => Some(Outcome::Skipped),
            "rerun" | "retried" => Some(Outcome::Rerun),
            "failed" | "error" => Some(broken),
            _ => None,
        }
    }

    pub(super) fn text(&self) -> Option<String> {
        text(&self.longrepr)
    }

    /// Returns where the failure was raised and what it said: `path:line: message`.
    pub(super) fn crash_line(&self) -> Option<String> {
        let crash: FileLocation<'_> = self.crash.get()?;
        let line = crash.lineno.0.map_or_else(|| "None".to_owned(), |line| line.to_string());
        Some(format!("{}:{line}: {}", &*crash.path, &*crash.message))
    }
}

/// Returns a text that is not empty.
pub(super) fn text(value: &Lenient<'_>) -> Option<String> {
    value.get::<Text<'_>>().map(Text::into_owned).filter(|text| !text.is_empty())
}

/// Whether a text is Python's view of the tuple that a skip leaves: `('path', 3, 'Skipped: why')`.
fn is_place(text: &str) -> bool {
    let body = text.lines().find(|line| !line.starts_with("[gw")).unwrap_or_default();
    body.starts_with("('") || body.starts_with("(\"")
}
