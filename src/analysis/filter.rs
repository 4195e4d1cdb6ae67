//! Which sessions and results a question is about.
//!
//! A store applies a filter as early as it can (statistics, partitions, dictionaries) and may leave the last word to the
//! functions here: they define what a filter means.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use regex::Regex;
use thiserror::Error;

use super::memory::failure_text;
use crate::model::{Outcome, SessionId, SessionSummary, TestResult};

/// A half-open stretch of time, by a session's start; an open end where nothing is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Window {
    /// The first moment that belongs to it.
    pub from: Option<DateTime<Utc>>,
    /// The first moment that no longer does.
    pub until: Option<DateTime<Utc>>,
}

impl Window {
    /// Returns whether neither end is given.
    pub fn is_unbounded(&self) -> bool {
        self.from.is_none() && self.until.is_none()
    }

    /// Returns whether a moment lies in the window; an unknown moment lies only in one without ends.
    pub fn contains(&self, moment: Option<DateTime<Utc>>) -> bool {
        match moment {
            None => self.is_unbounded(),
            Some(moment) => {
                self.from.is_none_or(|from| from <= moment) && self.until.is_none_or(|until| moment < until)
            }
        }
    }
}

/// Which sessions and results a question is about. The default is everything.
///
/// Conditions on sessions (`sut_names`, `window`, `session_ids`, `tags`) and on the test (`node_ids`) select what an
/// analysis is of. Conditions on a single result (`outcomes`, `minimum_duration`, `text`) are for lists; an analysis of
/// whole series drops them with [`Filter::without_result_conditions`], since a rate of only the failed results is no rate.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The systems under test; all where empty.
    pub sut_names: Vec<String>,
    /// When the session began. A session without a start time is only in the window without ends, and is counted in
    /// [`super::Sessions::untimed`] otherwise.
    pub window: Window,
    /// The sessions by id; all where empty.
    pub session_ids: Vec<SessionId>,
    /// Tags that a session must carry: of each key, one of its values. The branch is the tag `branch`.
    pub tags: Vec<(String, String)>,
    /// Patterns of which the node id must match at least one; all where empty.
    pub node_ids: Vec<NodeIdPattern>,
    /// The outcomes of a result; all where empty.
    pub outcomes: Vec<Outcome>,
    /// The least duration of a result. A result of unknown duration does not reach any.
    pub minimum_duration: Option<Duration>,
    /// A text that the failure text or the reason of a result must contain, without regard to ASCII case.
    pub text: Option<String>,
}

impl Filter {
    /// Returns whether a session satisfies every condition on sessions but the window.
    pub fn admits_apart_from_time(&self, session: &SessionSummary) -> bool {
        let sut = self.sut_names.is_empty()
            || session.sut_name.as_ref().is_some_and(|name| self.sut_names.iter().any(|wanted| wanted == name));
        let id = self.session_ids.is_empty() || self.session_ids.contains(&session.session_id);
        sut && id && session.has_tags(&self.tags)
    }

    /// Returns whether a session satisfies every condition on sessions.
    pub fn admits_session(&self, session: &SessionSummary) -> bool {
        self.window.contains(session.session_start_time) && self.admits_apart_from_time(session)
    }

    /// Returns whether a node id matches one of the patterns.
    pub fn admits_node_id(&self, node_id: &str) -> bool {
        self.node_ids.is_empty() || self.node_ids.iter().any(|pattern| pattern.matches(node_id))
    }

    /// Returns whether a result satisfies the conditions on outcome and duration. The text is another column, and the
    /// store's to look into, with [`Filter::admits_text`].
    pub fn admits_result(&self, outcome: Outcome, duration: Option<Duration>) -> bool {
        (self.outcomes.is_empty() || self.outcomes.contains(&outcome))
            && self.minimum_duration.is_none_or(|least| duration.is_some_and(|duration| duration >= least))
    }

    /// Returns whether one of a result's texts contains the wanted one, without regard to ASCII case.
    pub fn admits_text(&self, failure_text: Option<&str>, reason: Option<&str>) -> bool {
        let Some(wanted) = &self.text else { return true };
        [failure_text, reason].into_iter().flatten().any(|text| contains_ignoring_ascii_case(text, wanted))
    }

    /// Returns whether a result satisfies every condition on tests and results.
    pub fn admits(&self, result: &TestResult) -> bool {
        self.admits_node_id(result.node_id.as_str())
            && self.admits_result(result.outcome, result.duration)
            && self.admits_text(failure_text(result), result.reason.as_deref())
    }

    /// Returns whether there is a condition on single results.
    pub fn has_result_conditions(&self) -> bool {
        !self.outcomes.is_empty() || self.minimum_duration.is_some() || self.text.is_some()
    }

    /// Returns the same filter without its conditions on single results.
    #[must_use]
    pub fn without_result_conditions(&self) -> Filter {
        Filter { outcomes: Vec::new(), minimum_duration: None, text: None, ..self.clone() }
    }
}

fn contains_ignoring_ascii_case(text: &str, wanted: &str) -> bool {
    let (text, wanted) = (text.as_bytes(), wanted.as_bytes());
    let Some(first) = wanted.first() else { return true };
    let (lower, upper) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    memchr::memchr2_iter(lower, upper, text)
        .any(|at| text.get(at..at + wanted.len()).is_some_and(|part| part.eq_ignore_ascii_case(wanted)))
}

/// A condition on node ids.
#[derive(Debug, Clone)]
pub enum NodeIdPattern {
    /// Exactly this id.
    Exact(String),
    /// A pattern that the id matches: anchored for a glob, anywhere in the id for a regular expression.
    Pattern(Regex),
}

impl NodeIdPattern {
    /// Returns the pattern for a glob over the whole id: `*` is any text, `?` is any one character, and everything else
    /// is itself. Brackets are not special: they are part of most parametrised ids.
    ///
    /// A glob without `*` and `?` is the exact id, which a store can look up.
    pub fn glob(glob: &str) -> Result<NodeIdPattern, PatternError> {
        if !glob.contains(['*', '?']) {
            return Ok(NodeIdPattern::Exact(glob.to_owned()));
        }
        let mut expression = String::from("(?s)^");
        for character in glob.chars() {
            match character {
                '*' => expression.push_str(".*"),
                '?' => expression.push('.'),
                other => expression.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
            }
        }
        expression.push('$');
        NodeIdPattern::regex(&expression)
    }

    /// Returns the pattern for a regular expression that matches anywhere in the id.
    pub fn regex(expression: &str) -> Result<NodeIdPattern, PatternError> {
        Regex::new(expression)
            .map(NodeIdPattern::Pattern)
            .map_err(|source| PatternError { pattern: expression.to_owned(), source })
    }

    /// Returns whether an id matches.
    pub fn matches(&self, node_id: &str) -> bool {
        match self {
            NodeIdPattern::Exact(exact) => exact == node_id,
            NodeIdPattern::Pattern(regex) => regex.is_match(node_id),
        }
    }
}

impl fmt::Display for NodeIdPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NodeIdPattern::Exact(exact) => formatter.pad(exact),
            NodeIdPattern::Pattern(regex) => formatter.pad(regex.as_str()),
        }
    }
}

/// A pattern that cannot be compiled.
#[derive(Debug, Error)]
#[error("invalid node id pattern '{pattern}'")]
pub struct PatternError {
    /// The pattern as given.
    pub pattern: String,
    /// What is wrong with it.
    pub source: regex::Error,
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    #[test]
    fn a_glob_takes_brackets_as_they_are() {
        let glob = NodeIdPattern::glob("tests/*::test_a[*-x?]").expect("a glob compiles");
        assert!(glob.matches("tests/deep/test_b.py::TestC::test_a[1-x2]"));
        assert!(!glob.matches("tests/test_b.py::test_a1-x2"));
        assert!(!glob.matches("tests/test_b.py::test_a[1-x2]b"));
        assert!(matches!(NodeIdPattern::glob("a.py::t[1]"), Ok(NodeIdPattern::Exact(_))));
    }

    #[test]
    fn a_window_is_half_open_and_an_unknown_time_is_in_none_with_an_end() {
        let day = |day| Utc.with_ymd_and_hms(2026, 1, day, 0, 0, 0).single();
        let window = Window { from: day(2), until: day(3) };
        assert_eq!([1, 2, 3].map(|number| window.contains(day(number))), [false, true, false]);
        assert!(!window.contains(None));
        assert!(Window::default().contains(None));
    }

    #[test]
    fn text_is_found_without_regard_to_ascii_case() {
        let filter = Filter { text: Some("TimeOut".to_owned()), ..Filter::default() };
        assert!(filter.admits_text(Some("E   socket.TIMEOUT: x"), None));
        assert!(filter.admits_text(None, Some("needs a timeout")));
        assert!(!filter.admits_text(Some("E   time out"), None));
        assert!(!filter.admits_text(None, None));
    }

    #[test]
    fn an_unknown_duration_reaches_no_least_duration() {
        let filter = Filter { minimum_duration: Some(Duration::ZERO), ..Filter::default() };
        assert!(!filter.admits_result(Outcome::Passed, None));
        assert!(filter.admits_result(Outcome::Passed, Some(Duration::ZERO)));
    }
}
