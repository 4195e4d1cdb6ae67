//! The views: a history as other engines are shown it, one table for each kind of row.

use std::path::PathBuf;

use super::HistoryStore;
use super::schema::Record;

/// A table that a history is shown as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum View {
    /// One row a session.
    Sessions,
    /// One row an attempt of a test.
    TestResults,
    /// One row a section of a console log.
    OutputFields,
    /// One row a day and test, of sessions that have given up their results.
    DailyTests,
}

impl View {
    /// Every view.
    pub const ALL: [View; 4] = [View::Sessions, View::TestResults, View::OutputFields, View::DailyTests];

    /// Returns the view's name in SQL.
    pub fn name(self) -> &'static str {
        match self {
            View::Sessions => "sessions",
            View::TestResults => "test_results",
            View::OutputFields => "output_fields",
            View::DailyTests => "daily_tests",
        }
    }

    /// Returns the record whose rows the view has.
    pub(super) fn record(self) -> Record {
        match self {
            View::Sessions => Record::Session,
            View::TestResults => Record::Result,
            View::OutputFields => Record::Output,
            View::DailyTests => Record::Aggregate,
        }
    }
}

impl HistoryStore {
    /// Returns the Parquet files of the present version that hold a view's rows: what another engine has to read to see what this
    /// version holds, and nothing else.
    pub fn view_files(&self, view: View) -> Vec<PathBuf> {
        self.log().files(view.record()).map(|file| self.location().join(&file.path)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_views_and_their_columns_are_documented() {
        let documented = include_str!("../../docs/sql.md");
        for view in View::ALL {
            let heading = format!("## `{}`", view.name());
            let (_, chapter) =
                documented.split_once(&heading).unwrap_or_else(|| panic!("{heading} is not in docs/sql.md"));
            let chapter = chapter.split("\n## ").next().unwrap();
            let columns = view.record().arrow_schema();
            assert!(columns.fields().len() > 5);
            for column in columns.fields() {
                let name = column.name();
                assert!(chapter.contains(&format!("| `{name}` |")), "{name} is not described under {heading}");
            }
        }
    }
}
