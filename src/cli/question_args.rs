//! What a question is about: arguments that every command with an answer from the history shares.

use std::time::Duration;

use chrono::TimeDelta;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::environment::Environment;
use super::output_args::ZoneArgs;
use super::time_window::TimeWindow;
use super::values;
use crate::analysis::{Filter, NodeIdPattern, Window};
use crate::model::Outcome;

/// Which sessions and results are meant.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Filters")]
pub(crate) struct QuestionArgs {
    /// Only sessions of this system under test; may be given more than once.
    #[arg(long, value_name = "NAME", value_parser = values::sut_name)]
    sut: Vec<String>,
    #[command(flatten)]
    conditions: ConditionArgs,
}

/// Which sessions are meant, of a system under test that is named elsewhere.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Filters")]
pub(crate) struct SessionArgs {
    /// Only sessions of this time: 7d, 24h, a day, or A..B of days or times.
    #[arg(long, value_name = "WINDOW", value_parser = TimeWindow::parse)]
    time: Option<TimeWindow>,
    /// Only sessions of the last so many days; the same as --time Nd.
    #[arg(long, value_name = "N", conflicts_with = "time", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    days: Option<u32>,
    /// Only sessions of this branch; the same as --tag branch=NAME.
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// Only sessions with this tag; may be given more than once: for a key of several values, sessions with any of them.
    #[arg(long, value_name = "KEY=VALUE", value_parser = values::tag)]
    tag: Vec<(String, String)>,
}

impl SessionArgs {
    /// Returns when the sessions began, with days and times as the user's zone has them.
    pub(crate) fn window(&self, environment: &Environment, zone: &ZoneArgs) -> Window {
        let days = self.days.and_then(|days| TimeDelta::try_days(days.into())).map(TimeWindow::Last);
        self.time.or(days).map(|window| bounds(window, environment, zone)).unwrap_or_default()
    }

    /// Returns the tags that the sessions carry.
    pub(crate) fn tags(&self) -> Vec<(String, String)> {
        let branch = self.branch.iter().map(|branch| ("branch".to_owned(), branch.clone()));
        self.tag.iter().cloned().chain(branch).collect()
    }
}

/// Which sessions and results are meant, of a system under test that is named elsewhere.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Filters")]
pub(crate) struct ConditionArgs {
    #[command(flatten)]
    sessions: SessionArgs,
    /// Only tests whose node id this glob matches: * is any text, ? any character; may be given more than once.
    #[arg(long, value_name = "GLOB", value_parser = node_id_glob)]
    nodeid: Vec<NodeIdPattern>,
    /// Only tests in whose node id this regular expression is found; may be given more than once.
    #[arg(long, value_name = "REGEX", value_parser = node_id_regex)]
    regex: Vec<NodeIdPattern>,
    /// Only results with this outcome; may be given more than once.
    #[arg(long, value_name = "OUTCOME", value_parser = outcome())]
    outcome: Vec<Outcome>,
    /// Only results with this in their failure text or reason.
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// Only results that took at least so long: 500ms, 2s, 1m.
    #[arg(long, value_name = "DURATION", value_parser = values::duration)]
    min_duration: Option<Duration>,
}

/// How many entries are wanted.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output options")]
pub(crate) struct LimitArgs {
    /// At most so many entries.
    #[arg(long, value_name = "N", default_value_t = 20, conflicts_with = "all")]
    limit: usize,
    /// All of them.
    #[arg(long)]
    all: bool,
}

impl LimitArgs {
    /// Returns how many entries are wanted; `None` for all.
    pub(crate) fn limit(&self) -> Option<usize> {
        (!self.all).then_some(self.limit)
    }
}

impl QuestionArgs {
    /// Returns what the question is about, with days and times as the user's zone has them.
    pub(crate) fn filter(&self, environment: &Environment, zone: &ZoneArgs) -> Filter {
        Filter { sut_names: self.sut.clone(), ..self.conditions.filter(environment, zone) }
    }
}

impl ConditionArgs {
    /// Returns the conditions, with days and times as the user's zone has them.
    pub(crate) fn filter(&self, environment: &Environment, zone: &ZoneArgs) -> Filter {
        Filter {
            window: self.sessions.window(environment, zone),
            tags: self.sessions.tags(),
            node_ids: self.nodeid.iter().chain(&self.regex).cloned().collect(),
            outcomes: self.outcome.clone(),
            minimum_duration: self.min_duration,
            text: self.text.clone(),
            ..Filter::default()
        }
    }
}

/// Returns the ends of a window, with days and times as the user's zone has them.
pub(crate) fn bounds(window: TimeWindow, environment: &Environment, zone: &ZoneArgs) -> Window {
    let now = environment.now();
    let (from, until) = match zone.utc {
        true => window.bounds(now, &chrono::Utc),
        false => window.bounds(now, &chrono::Local),
    };
    Window { from, until }
}

/// Reads a glob of node ids.
pub(crate) fn node_id_glob(text: &str) -> Result<NodeIdPattern, String> {
    NodeIdPattern::glob(text).map_err(|error| error.to_string())
}

fn node_id_regex(text: &str) -> Result<NodeIdPattern, String> {
    NodeIdPattern::regex(text).map_err(|error| error.source.to_string())
}

/// Returns the parser of an outcome's word, whatever its case.
fn outcome() -> impl TypedValueParser<Value = Outcome> {
    const WORDS: [&str; 7] = ["passed", "failed", "error", "skipped", "xfailed", "xpassed", "rerun"];
    clap::builder::StringValueParser::new().map(|word| word.to_lowercase()).try_map(|word| {
        match Outcome::from_word(&word.to_uppercase()) {
            Some(outcome) => Ok(outcome),
            None => Err(format!("an outcome is {}", WORDS.join(", "))),
        }
    })
}

/// Returns the parser of one of some words that stand for values.
pub(crate) fn word<Value: Copy + Send + Sync + 'static>(
    words: &'static [(&'static str, Value)],
) -> impl TypedValueParser<Value = Value> {
    PossibleValuesParser::new(words.iter().map(|(word, _)| *word)).try_map(|typed| {
        words.iter().find(|(word, _)| *word == typed).map(|(_, value)| *value).ok_or("not one of the words")
    })
}
