//! `insight sql`.

use std::io::{self, Read as _, Write};
use std::path::Path;

use super::asking;
use super::environment::Environment;
use super::error::{CommandError, CommandResult};
use super::exit::ExitStatus;
use super::history_args::HistoryArgs;
use super::output_args::OutputArgs;
use super::ui::Ui;
use crate::store::{HistoryStore, View};

/// Ask questions of your own, in SQL.
///
/// The history is shown as four views: `sessions`, `test_results`, `output_fields` and `daily_tests`; docs/sql.md in the sources describes
/// their columns, and `DESCRIBE test_results` lists them. Times are UTC, durations microseconds; what is not known is NULL.
///
/// A query runs where this insight was built with an SQL engine: `cargo install --path . --features sql`. Without a query the command
/// prints a script that creates the same views in DuckDB, over the files of the history's present version.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  insight sql \"SELECT sut_name, count(*) FROM sessions GROUP BY 1\"
  insight sql \"SELECT nodeid, count(*) AS failures FROM test_results WHERE outcome = 'FAILED' GROUP BY 1 ORDER BY 2 DESC\" --limit 10
  insight sql - --format csv < query.sql > answer.csv
  insight sql > views.sql && duckdb -init views.sql")]
pub(crate) struct SqlArgs {
    /// A query of one statement, which can only read; `-` is standard input.
    #[arg(value_name = "QUERY")]
    query: Option<String>,
    /// At most so many rows; without it 1000 in tables and Markdown, and all in the other formats.
    #[arg(long, value_name = "N", requires = "query", help_heading = "Output options")]
    limit: Option<usize>,
    #[command(flatten)]
    history: HistoryArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(crate) fn run(ui: &Ui, environment: &Environment, args: &SqlArgs) -> CommandResult {
    let store = asking::open(environment, &args.history)?;
    let base = environment.current_directory();
    match args.query.as_deref() {
        None => write_views(ui, &store, &base)?,
        Some("-") => {
            let query = io::read_to_string(io::stdin().lock().take(LONGEST_QUERY)).map_err(|error| {
                CommandError::usage(format!("failed to read the query from standard input: {error}"))
            })?;
            answer(ui, &store, &base, &query, args)?;
        }
        Some(query) => answer(ui, &store, &base, query, args)?,
    }
    Ok(ExitStatus::Done)
}

/// No query is longer than this, in bytes; something else was piped in.
const LONGEST_QUERY: u64 = 1 << 20;

#[cfg(feature = "sql")]
fn answer(ui: &Ui, store: &HistoryStore, _base: &Path, query: &str, args: &SqlArgs) -> Result<(), CommandError> {
    use crate::render::write_sql_answer;
    use crate::service::SqlQuery;

    let mut query = SqlQuery::begin(store, query)?;
    let (format, layout) = (args.output.format, args.output.zone.layout(ui));
    ui.answer_in(format, |out| Ok(write_sql_answer(out, &mut query, format, args.limit, &layout)?))
}

#[cfg(feature = "sql")]
mod errors {
    use crate::cli::error::{CommandError, ErrorKind};
    use crate::render::SqlAnswerError;
    use crate::service::SqlError;

    const VIEWS_HINT: &str = "a query reads the views sessions, test_results, output_fields and daily_tests; \
                              `insight sql 'DESCRIBE test_results'` lists the columns of one";

    impl From<SqlError> for CommandError {
        fn from(error: SqlError) -> CommandError {
            match error {
                error @ SqlError::Query(_) => CommandError::usage(error).with_hint(VIEWS_HINT),
                error @ SqlError::Failed(_) => CommandError::usage(error),
                error @ SqlError::Memory(_) => {
                    CommandError::usage(error).with_hint("ask for fewer rows, columns or groups at once")
                }
                error @ SqlError::Unreadable(_) => CommandError::new(ErrorKind::History, error)
                    .with_hint("`insight history check` says what is wrong with it"),
            }
        }
    }

    impl From<SqlAnswerError> for CommandError {
        fn from(error: SqlAnswerError) -> CommandError {
            match error {
                SqlAnswerError::Query(error) => error.into(),
                SqlAnswerError::Write(error) => CommandError::output(error),
            }
        }
    }
}

/// Says how to have the query answered.
#[cfg(not(feature = "sql"))]
fn answer(_ui: &Ui, store: &HistoryStore, base: &Path, query: &str, _args: &SqlArgs) -> Result<(), CommandError> {
    let quoted = |text: &str| text.replace('\'', r"'\''");
    let history = quoted(&base.join(store.location()).display().to_string());
    Err(CommandError::usage("this insight was built without its SQL engine")
        .with_hint(
            "build it with `cargo install --path . --features sql`, or ask DuckDB, which reads the history as it lies:",
        )
        .with_hint(format!(
            "insight sql --history '{history}' > views.sql && duckdb -init views.sql -c '{}'",
            quoted(query)
        )))
}

fn write_views(ui: &Ui, store: &HistoryStore, base: &Path) -> Result<(), CommandError> {
    ui.answer(|out| {
        writeln!(out, "-- Views over the history as it is now, for DuckDB.")?;
        View::ALL.into_iter().try_for_each(|view| write_view(out, store, base, view))
    })
}

fn write_view(out: &mut dyn Write, store: &HistoryStore, base: &Path, view: View) -> io::Result<()> {
    let (name, files) = (view.name(), store.view_files(view));
    if files.is_empty() {
        return writeln!(out, "-- {name}: the history has none");
    }
    writeln!(out, "CREATE OR REPLACE TEMP VIEW {name} AS SELECT * FROM read_parquet([")?;
    for file in files {
        writeln!(out, "  '{}',", base.join(file).display().to_string().replace('\'', "''"))?;
    }
    writeln!(out, "], hive_partitioning = false, union_by_name = true);")
}
