//! Where the history is, and whose sessions are meant: arguments that every command with a history shares.

use std::path::PathBuf;

use etcetera::BaseStrategy as _;

use super::config::Config;
use super::environment::Environment;
use super::error::{CommandError, ErrorKind};
use crate::store::{Access, HistoryStore, StoreError};

/// Where the history is.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "History options")]
pub(crate) struct HistoryArgs {
    /// The history's directory. Without it: INSIGHT_HISTORY, else `history` in the project's insight.toml, else the user's data directory.
    #[arg(long, value_name = "DIR")]
    history: Option<PathBuf>,
}

/// A history's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HistoryLocation {
    pub(crate) path: PathBuf,
    /// What to do if it is not the place that was meant.
    hint: String,
}

impl HistoryArgs {
    /// Returns where the history is.
    pub(crate) fn location(&self, environment: &Environment, config: &Config) -> Result<HistoryLocation, CommandError> {
        if let Some(path) = &self.history {
            return Ok(HistoryLocation { path: path.clone(), hint: "this place is named by --history".to_owned() });
        }
        if let Some(path) = environment.variable_os("INSIGHT_HISTORY") {
            return Ok(HistoryLocation {
                path: PathBuf::from(path),
                hint: "this place is named by INSIGHT_HISTORY".to_owned(),
            });
        }
        if let (Some(path), Some(file)) = (&config.history, &config.path) {
            return Ok(HistoryLocation {
                path: path.clone(),
                hint: format!("this place is named by {}", file.display()),
            });
        }
        let no_home = |_| {
            CommandError::new(ErrorKind::Config, "there is no place for the history: this user has no home directory")
                .with_hint("name one with --history DIR or INSIGHT_HISTORY")
        };
        let data = etcetera::choose_base_strategy().map_err(no_home)?.data_dir();
        Ok(HistoryLocation {
            path: data.join("insight").join("history"),
            hint: "this is the default place; --history DIR or INSIGHT_HISTORY name another".to_owned(),
        })
    }

    /// Opens the history.
    pub(crate) fn open(
        &self,
        environment: &Environment,
        config: &Config,
        access: Access,
    ) -> Result<HistoryStore, CommandError> {
        let location = self.location(environment, config)?;
        HistoryStore::open(&location.path, access).map_err(|error| location.explain(error))
    }

    /// Opens the history to be read; nothing where there is none yet.
    pub(crate) fn open_if_there(
        &self,
        environment: &Environment,
        config: &Config,
    ) -> Result<Option<HistoryStore>, CommandError> {
        let location = self.location(environment, config)?;
        match HistoryStore::open(&location.path, Access::Read) {
            Ok(store) => Ok(Some(store)),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(location.explain(error)),
        }
    }
}

impl HistoryLocation {
    fn explain(&self, error: StoreError) -> CommandError {
        CommandError::from(error).with_hint(&self.hint)
    }
}

/// Reads the project's configuration.
pub(crate) fn project_config(environment: &Environment) -> Result<Config, CommandError> {
    Ok(Config::find(&environment.current_directory())?)
}
