//! The user's grammar files: where they are, and what is in them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use etcetera::{AppStrategy as _, AppStrategyArgs, choose_app_strategy};

use super::environment::Environment;
use super::error::CommandError;
use super::ui::Ui;
use crate::diagnostic::Parsed;
use crate::grammar::Library;

/// Which grammar files to lay over the built-in ones, beside those in `./.insight/grammars` and the user's configuration.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct GrammarArgs {
    /// A grammar file to use as well; may be given more than once, and the last one wins.
    #[arg(long = "grammar", value_name = "FILE")]
    grammar_files: Vec<PathBuf>,
}

impl GrammarArgs {
    /// Returns the grammars of this run. A file that breaks a rule is left out and named in the diagnostics; a named file that
    /// cannot be read is an error.
    pub(crate) fn library(&self, environment: &Environment) -> Result<Parsed<Library>, CommandError> {
        let mut files = Vec::new();
        for path in
            folders(environment).iter().flat_map(|folder| files_of(folder)).chain(self.grammar_files.iter().cloned())
        {
            let text = read(&path)?;
            files.push((path.display().to_string(), text));
        }
        Ok(Library::with_overlays(files))
    }
}

impl GrammarArgs {
    /// Returns the grammars of this run where the user has any beside the built-in ones. What is wrong with them is said.
    pub(crate) fn overlaid(&self, ui: &Ui, environment: &Environment) -> Result<Option<Arc<Library>>, CommandError> {
        let found = folders(environment).iter().any(|folder| !files_of(folder).is_empty());
        if !found && self.grammar_files.is_empty() {
            return Ok(None);
        }
        let parsed = self.library(environment)?;
        parsed.diagnostics.iter().for_each(|diagnostic| ui.diagnostic(diagnostic));
        Ok(Some(Arc::new(parsed.value)))
    }
}

/// Reads a grammar file; bytes that are no UTF-8 become U+FFFD, which the check then finds where it matters.
pub(crate) fn read(path: &Path) -> Result<String, CommandError> {
    let failed = |error: io::Error| CommandError::usage(GrammarFileError { path: path.to_owned(), error });
    let bytes = fs::read(path).map_err(failed)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A grammar file that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("failed to read the grammar {path}", path = path.display())]
struct GrammarFileError {
    path: PathBuf,
    #[source]
    error: io::Error,
}

/// The folders with grammar files, in rising order of precedence.
fn folders(environment: &Environment) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    match environment.variable_os("XDG_CONFIG_HOME") {
        Some(configuration) => folders.push(Path::new(configuration).join("insight").join("grammars")),
        None => folders.extend(user_configuration().map(|folder| folder.join("grammars"))),
    }
    folders.push(environment.current_directory().join(".insight").join("grammars"));
    folders
}

fn user_configuration() -> Option<PathBuf> {
    let names =
        AppStrategyArgs { top_level_domain: String::new(), author: String::new(), app_name: "insight".to_owned() };
    // Somebody without a home directory has no configuration there.
    choose_app_strategy(names).ok().map(|strategy| strategy.config_dir())
}

/// The grammar files of a folder by name; none where there is no such folder.
fn files_of(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml") && path.is_file())
        .collect();
    files.sort();
    files
}
