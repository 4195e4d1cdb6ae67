//! The command tree, and what surrounds every command: errors, exit codes, panics.

use std::ffi::OsString;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use super::environment::Environment;
use super::error::{CommandResult, ErrorKind};
use super::exit::ExitStatus;
use super::ui::{ColorWhen, Ui, Verbosity};
#[cfg(feature = "store")]
use super::{analytics, history, ingest, session, sql, sut, test};
use super::{grammar, parse};

/// Turns whatever a pytest run left behind into one history you can ask.
#[derive(Debug, Parser)]
#[command(name = "insight", version, max_term_width = 100, after_help = ExitStatus::help())]
struct Arguments {
    #[command(flatten)]
    global: GlobalArguments,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Global options")]
struct GlobalArguments {
    /// When to use colour.
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN", hide_possible_values = false)]
    color: ColorWhen,
    /// Say nothing but warnings and errors.
    #[arg(long, short, global = true)]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Parse(parse::ParseArgs),
    #[cfg(feature = "store")]
    Ingest(ingest::IngestArgs),
    /// Sessions: list them, show one, compare two.
    #[cfg(feature = "store")]
    #[command(subcommand)]
    Session(SessionCommand),
    /// Systems under test: list them, show one, compare two, analyze one.
    #[cfg(feature = "store")]
    #[command(subcommand)]
    Sut(SutCommand),
    /// Tests: list them, show one, its history, many against sessions.
    #[cfg(feature = "store")]
    #[command(subcommand)]
    Test(TestCommand),
    /// What the history says: summary, comparison, flaky tests, regressions, failures, slow tests.
    #[cfg(feature = "store")]
    #[command(subcommand)]
    Analytics(AnalyticsCommand),
    /// The history as a whole: list it, check it, keep it fit, move it.
    #[cfg(feature = "store")]
    #[command(subcommand)]
    History(HistoryCommand),
    #[cfg(feature = "store")]
    Sql(sql::SqlArgs),
    Grammar(grammar::GrammarCommandArgs),
}

#[cfg(feature = "store")]
#[derive(Debug, Subcommand)]
enum SessionCommand {
    List(session::SessionListArgs),
    Show(session::SessionShowArgs),
    Compare(Box<session::SessionCompareArgs>),
}

#[cfg(feature = "store")]
#[derive(Debug, Subcommand)]
enum SutCommand {
    List(sut::SutListArgs),
    Show(sut::SutShowArgs),
    Compare(Box<sut::SutCompareArgs>),
    Analyze(sut::SutAnalyzeArgs),
}

#[cfg(feature = "store")]
#[derive(Debug, Subcommand)]
enum TestCommand {
    List(test::TestListArgs),
    Show(test::TestShowArgs),
    History(test::TestHistoryArgs),
    Trends(test::TestTrendsArgs),
    Days(test::TestDaysArgs),
}

#[cfg(feature = "store")]
#[derive(Debug, Subcommand)]
enum AnalyticsCommand {
    Summary(analytics::SummaryArgs),
    Compare(Box<analytics::AnalyticsCompareArgs>),
    Analyze(analytics::AnalyzeArgs),
    Failures(analytics::FailuresArgs),
    Flaky(analytics::FlakyArgs),
    Regressions(analytics::RegressionsArgs),
    Slow(analytics::SlowArgs),
}

#[cfg(feature = "store")]
#[derive(Debug, Subcommand)]
enum HistoryCommand {
    List(history::HistoryListArgs),
    Stats(history::HistoryStatsArgs),
    Check(history::HistoryCheckArgs),
    Compact(history::HistoryCompactArgs),
    Prune(history::HistoryPruneArgs),
    Export(history::HistoryExportArgs),
    Import(history::HistoryImportArgs),
    Backup(history::HistoryBackupArgs),
    Restore(history::HistoryRestoreArgs),
}

#[cfg(feature = "store")]
impl SessionCommand {
    fn run(&self, ui: &Ui, environment: &Environment) -> CommandResult {
        match self {
            SessionCommand::List(args) => session::run_list(ui, environment, args),
            SessionCommand::Show(args) => session::run_show(ui, environment, args),
            SessionCommand::Compare(args) => session::run_compare(ui, environment, args),
        }
    }
}

#[cfg(feature = "store")]
impl SutCommand {
    fn run(&self, ui: &Ui, environment: &Environment) -> CommandResult {
        match self {
            SutCommand::List(args) => sut::run_list(ui, environment, args),
            SutCommand::Show(args) => sut::run_show(ui, environment, args),
            SutCommand::Compare(args) => sut::run_compare(ui, environment, args),
            SutCommand::Analyze(args) => sut::run_analyze(ui, environment, args),
        }
    }
}

#[cfg(feature = "store")]
impl TestCommand {
    fn run(&self, ui: &Ui, environment: &Environment) -> CommandResult {
        match self {
            TestCommand::List(args) => test::run_list(ui, environment, args),
            TestCommand::Show(args) => test::run_show(ui, environment, args),
            TestCommand::History(args) => test::run_history(ui, environment, args),
            TestCommand::Trends(args) => test::run_trends(ui, environment, args),
            TestCommand::Days(args) => test::run_days(ui, environment, args),
        }
    }
}

#[cfg(feature = "store")]
impl AnalyticsCommand {
    fn run(&self, ui: &Ui, environment: &Environment) -> CommandResult {
        match self {
            AnalyticsCommand::Summary(args) => analytics::run_summary(ui, environment, args),
            AnalyticsCommand::Compare(args) => analytics::run_compare(ui, environment, args),
            AnalyticsCommand::Analyze(args) => analytics::run_analyze(ui, environment, args),
            AnalyticsCommand::Failures(args) => analytics::run_failures(ui, environment, args),
            AnalyticsCommand::Flaky(args) => analytics::run_flaky(ui, environment, args),
            AnalyticsCommand::Regressions(args) => analytics::run_regressions(ui, environment, args),
            AnalyticsCommand::Slow(args) => analytics::run_slow(ui, environment, args),
        }
    }
}

#[cfg(feature = "store")]
impl HistoryCommand {
    fn run(&self, ui: &Ui, environment: &Environment) -> CommandResult {
        match self {
            HistoryCommand::List(args) => history::run_list(ui, environment, args),
            HistoryCommand::Stats(args) => history::run_stats(ui, environment, args),
            HistoryCommand::Check(args) => history::run_check(ui, environment, args),
            HistoryCommand::Compact(args) => history::run_compact(ui, environment, args),
            HistoryCommand::Prune(args) => history::run_prune(ui, environment, args),
            HistoryCommand::Export(args) => history::run_export(ui, environment, args),
            HistoryCommand::Import(args) => history::run_import(ui, environment, args),
            HistoryCommand::Backup(args) => history::run_backup(ui, environment, args),
            HistoryCommand::Restore(args) => history::run_restore(ui, environment, args),
        }
    }
}

/// Runs the command line of this process and returns its exit code.
pub fn main() -> ExitCode {
    let environment = Environment::of_process();
    run(std::env::args_os().collect(), &environment).into()
}

fn run(arguments: Vec<OsString>, environment: &Environment) -> ExitStatus {
    let command = Arguments::command().color(clap_color(&arguments, environment));
    let parsed = command.try_get_matches_from(arguments).and_then(|matches| Arguments::from_arg_matches(&matches));
    let Arguments { global, command } = match parsed {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help that nobody reads any more, or a closed standard error, is no failure of ours.
            let _ = error.print();
            return if error.use_stderr() { ExitStatus::Usage } else { ExitStatus::Done };
        }
    };
    let verbosity = if global.quiet { Verbosity::Quiet } else { Verbosity::Normal };
    let ui = Ui::new(global.color, verbosity, environment);
    match guarded(|| dispatch(&ui, environment, &command)) {
        Some(Ok(status)) => status,
        Some(Err(failure)) => {
            if failure.kind != ErrorKind::BrokenPipe {
                ui.command_error(&failure);
            }
            failure.kind.exit_status()
        }
        None => {
            ui.error("insight itself is at fault");
            ui.hint("please report this, with the lines above and the input if you may share it");
            ExitStatus::Bug
        }
    }
}

fn dispatch(ui: &Ui, environment: &Environment, command: &Command) -> CommandResult {
    match command {
        Command::Grammar(args) => grammar::run(ui, environment, args),
        Command::Parse(args) => parse::run(ui, environment, args),
        #[cfg(feature = "store")]
        Command::Ingest(args) => ingest::run(ui, environment, args),
        #[cfg(feature = "store")]
        Command::Session(command) => command.run(ui, environment),
        #[cfg(feature = "store")]
        Command::Sut(command) => command.run(ui, environment),
        #[cfg(feature = "store")]
        Command::Test(command) => command.run(ui, environment),
        #[cfg(feature = "store")]
        Command::Analytics(command) => command.run(ui, environment),
        #[cfg(feature = "store")]
        Command::Sql(args) => sql::run(ui, environment, args),
        #[cfg(feature = "store")]
        Command::History(command) => command.run(ui, environment),
    }
}

/// Runs a command; `None` where it panicked. The panic's own message has gone to standard error by then.
fn guarded<Answer>(command: impl FnOnce() -> Answer) -> Option<Answer> {
    // Nothing outlives the command but the terminal, which holds no state that a panic could leave half changed.
    panic::catch_unwind(AssertUnwindSafe(command)).ok()
}

/// Returns the colour of clap's own help and errors, which come before the arguments are known.
fn clap_color(arguments: &[OsString], environment: &Environment) -> clap::ColorChoice {
    let words: Vec<&str> =
        arguments.iter().skip(1).map_while(|word| word.to_str()).take_while(|word| *word != "--").collect();
    let given = words.iter().enumerate().find_map(|(at, word)| match word.strip_prefix("--color") {
        Some("") => words.get(at + 1).copied(),
        Some(value) => value.strip_prefix('='),
        None => None,
    });
    match given {
        Some("always") => clap::ColorChoice::Always,
        Some("never") => clap::ColorChoice::Never,
        _unsaid if environment.variable_os("NO_COLOR").is_some() => clap::ColorChoice::Never,
        _unsaid => clap::ColorChoice::Auto,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_panic_is_caught() {
        assert_eq!(guarded(|| 1), Some(1));
        assert_eq!(guarded(|| -> u8 { panic!("a panic for the test of panics") }), None);
    }
}
