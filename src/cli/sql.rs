//! `insight sql`.

use std::io::Write;
use std::path::Path;

use super::asking;
use super::environment::Environment;
use super::error::{CommandError, CommandResult};
use super::exit::ExitStatus;
use super::history_args::HistoryArgs;
use super::ui::Ui;
use crate::store::HistoryStore;

/// The views, with the kind of row that each holds.
const VIEWS: [(&str, &str); 3] = [("sessions", "session"), ("test_results", "result"), ("output_fields", "output")];

/// Ask questions of your own, in SQL: prints the views over this history, for DuckDB.
///
/// This insight has no SQL engine of its own. The history is a directory of Parquet files, which DuckDB reads as they lie: the script that this
/// command prints creates the views `sessions`, `test_results` and `output_fields` over the files of the history's present version.
/// docs/sql.md in the sources describes their columns.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  insight sql > views.sql && duckdb -init views.sql
  insight sql > views.sql && duckdb -init views.sql -c \"SELECT nodeid, count(*) FROM test_results WHERE outcome = 'FAILED' GROUP BY 1 ORDER BY 2 DESC\"")]
pub(crate) struct SqlArgs {
    /// A query. Not run by this insight: it says how DuckDB runs it.
    #[arg(value_name = "QUERY")]
    query: Option<String>,
    #[command(flatten)]
    history: HistoryArgs,
}

pub(crate) fn run(ui: &Ui, environment: &Environment, args: &SqlArgs) -> CommandResult {
    let store = asking::open(environment, &args.history)?;
    let base = environment.current_directory();
    if let Some(query) = &args.query {
        let query = query.replace('\'', r"'\''");
        let history = base.join(store.location());
        let history = history.display().to_string().replace('\'', r"'\''");
        return Err(CommandError::usage("this insight has no SQL engine")
            .with_hint("DuckDB reads the history as it lies:")
            .with_hint(format!(
                "insight sql --history '{history}' > views.sql && duckdb -init views.sql -c '{query}'"
            )));
    }
    ui.answer(|out| {
        writeln!(out, "-- Views over the history as it is now, for DuckDB.")?;
        VIEWS.into_iter().try_for_each(|(view, record)| write_view(out, &store, &base, view, record))
    })?;
    Ok(ExitStatus::Done)
}

fn write_view(out: &mut dyn Write, store: &HistoryStore, base: &Path, view: &str, record: &str) -> std::io::Result<()> {
    let files = store.data_files(record);
    if files.is_empty() {
        return writeln!(out, "-- {view}: the history has none");
    }
    writeln!(out, "CREATE OR REPLACE TEMP VIEW {view} AS SELECT * FROM read_parquet([")?;
    for file in files {
        writeln!(out, "  '{}',", base.join(file).display().to_string().replace('\'', "''"))?;
    }
    writeln!(out, "], hive_partitioning = false, union_by_name = true);")
}
