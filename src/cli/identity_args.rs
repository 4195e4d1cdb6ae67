//! Whose sessions are ingested: the system under test, and the tags.

use std::collections::BTreeMap;

use super::config::Config;
use super::environment::Environment;
use super::error::{CommandError, ErrorKind};
use super::values;
use crate::ingest::{IdentityRules, PathPattern};

/// Whose sessions are ingested.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Identity options")]
pub(crate) struct IdentityArgs {
    /// The system under test. Without it: INSIGHT_SUT, else `sut` in the project's insight.toml.
    #[arg(long, value_name = "NAME", value_parser = values::sut_name)]
    sut: Option<String>,
    /// Take the system under test from a file's path: the group `(?P<sut>...)` of this expression. May be given more than once.
    #[arg(long, value_name = "REGEX", value_parser = sut_pattern, allow_hyphen_values = true)]
    sut_from: Vec<PathPattern>,
    /// A tag for every session, such as branch=main; may be given more than once.
    #[arg(long, value_name = "KEY=VALUE", value_parser = values::tag)]
    tag: Vec<(String, String)>,
    /// Take tags from a file's path: each named group of this expression is one. May be given more than once.
    #[arg(long, value_name = "REGEX", value_parser = tags_pattern, allow_hyphen_values = true)]
    tags_from: Vec<PathPattern>,
}

impl IdentityArgs {
    /// Returns the rules: what was typed, then what the environment says, then the project.
    pub(crate) fn rules(&self, environment: &Environment, config: &Config) -> Result<IdentityRules, CommandError> {
        let sut = self.sut(environment, config)?;
        if sut.is_none() && self.sut_from.is_empty() && config.mapping.is_empty() {
            return Err(CommandError::usage("which system under test is this? nobody says")
                .with_hint("give it with --sut NAME, or tell it from paths with --sut-from REGEX")
                .with_hint(
                    "or set INSIGHT_SUT, or write sut = \"NAME\" into insight.toml at the root of the project",
                ));
        }
        let mut tags: BTreeMap<String, String> = config.tags.clone();
        tags.extend(self.tag.iter().cloned());
        Ok(IdentityRules {
            sut,
            sut_from: self.sut_from.clone(),
            tags,
            tags_from: self.tags_from.clone(),
            mapping: config.mapping.clone(),
        })
    }

    fn sut(&self, environment: &Environment, config: &Config) -> Result<Option<String>, CommandError> {
        let checked = |name: &str, origin: &str| {
            let wrong = |error| CommandError::new(ErrorKind::Config, format!("{origin}: {error}"));
            values::sut_name(name).map(Some).map_err(wrong)
        };
        match (&self.sut, environment.variable("INSIGHT_SUT"), &config.sut) {
            (Some(name), _, _) => Ok(Some(name.clone())),
            (None, Some(name), _) => checked(name, "INSIGHT_SUT"),
            (None, None, Some(name)) => checked(name, "sut in insight.toml"),
            (None, None, None) => Ok(None),
        }
    }
}

fn sut_pattern(text: &str) -> Result<PathPattern, String> {
    PathPattern::with_group(text, "sut").map_err(|error| error.to_string())
}

fn tags_pattern(text: &str) -> Result<PathPattern, String> {
    PathPattern::with_named_groups(text).map_err(|error| error.to_string())
}
