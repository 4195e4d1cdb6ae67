//! `insight sql`: queries where there is an engine, views for another one.

use insta::{Settings, assert_snapshot};

use crate::sandbox::{Said, Sandbox};

/// Returns a sandbox whose history holds the demo samples.
fn with_history() -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.set("INSIGHT_HISTORY", "history");
    for sut in ["click", "zoo"] {
        let said = sandbox.run(&format!("ingest -r samples/demo/{sut} --sut {sut} --tz UTC --tag branch=main"));
        assert_eq!(said.code, Some(0), "{said}");
    }
    sandbox
}

#[test]
fn without_a_query_it_prints_the_views() {
    let sandbox = with_history();
    let mut settings = Settings::clone_current();
    settings.add_filter(r"part-[0-9a-f-]+\.parquet", "[FILE].parquet");
    settings.bind(|| assert_snapshot!("sql_views", sandbox.run("sql")));
}

#[cfg(not(feature = "sql"))]
#[test]
fn without_its_engine_it_says_how_to_ask() {
    let sandbox = with_history();
    let said = ask(&sandbox, "SELECT 'it''s' FROM sessions", "");
    assert_snapshot!("sql_without_engine", said);
}

/// Asks on standard input, where a query needs no quotes.
fn ask(sandbox: &Sandbox, query: &str, arguments: &str) -> Said {
    sandbox.run_with_input(&format!("sql - {arguments}"), query.as_bytes())
}

#[cfg(feature = "sql")]
mod with_engine {
    use std::fs;

    use insta::assert_snapshot;

    use super::{ask, with_history};
    use crate::sandbox::Sandbox;

    fn answer(sandbox: &Sandbox, query: &str, arguments: &str) -> String {
        let said = ask(sandbox, query, arguments);
        assert_eq!(said.code, Some(0), "{query}: {said}");
        assert_eq!(said.stderr, "", "{query}");
        said.stdout
    }

    #[test]
    fn the_questions_of_the_documentation_have_answers() {
        let sandbox = with_history();
        let documentation = include_str!("../../../docs/sql.md");
        let queries: Vec<&str> =
            documentation.split("```sql\n").skip(1).filter_map(|rest| Some(rest.split_once("```")?.0)).collect();
        assert!(queries.len() >= 5);
        let answers = queries.iter().map(|query| format!("{query}\n{}", answer(&sandbox, query, "--limit 8")));
        assert_snapshot!("sql_documented", answers.collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn an_answer_comes_in_every_format() {
        let sandbox = with_history();
        let query = "SELECT nodeid, outcome, duration_us / 1e3 AS ms, start_time, r.day, reason, r.complete, \
                     r.session_id, s.session_id, r.tags -> 'branch' AS branch \
                     FROM test_results r JOIN sessions s ON s.session_id = r.session_id \
                     WHERE r.sut_name = 'zoo' ORDER BY r.session_id, r.position LIMIT 3";
        for format in ["table", "json", "jsonl", "csv", "markdown"] {
            assert_snapshot!(format!("sql_{format}"), answer(&sandbox, query, &format!("--format {format}")));
        }
        let document: serde_json::Value =
            serde_json::from_str(&answer(&sandbox, query, "--format json")).expect("a document");
        assert_eq!(document["rows"].as_array().map(Vec::len), Some(3));
        assert_snapshot!("sql_nothing", answer(&sandbox, "SELECT * FROM sessions WHERE false", ""));
    }

    #[test]
    fn a_page_says_when_there_is_more() {
        let sandbox = with_history();
        let page = answer(&sandbox, "SELECT position FROM test_results ORDER BY position, nodeid", "--limit 2");
        assert_snapshot!("sql_more", page);
        let all = answer(&sandbox, "SELECT position FROM test_results", "--format csv");
        let counted = answer(&sandbox, "SELECT count(*) FROM test_results", "--format csv");
        assert_eq!(counted.lines().nth(1), Some((all.lines().count() - 1).to_string().as_str()));
    }

    #[test]
    fn a_query_reads_and_does_nothing_else() {
        let sandbox = with_history();
        sandbox.write("other.csv", "a,b\n1,2\n");
        let refused = [
            "DROP TABLE sessions",
            "CREATE TABLE mine AS SELECT * FROM sessions",
            "CREATE EXTERNAL TABLE other STORED AS CSV LOCATION 'other.csv'",
            "COPY sessions TO 'copy.csv'",
            "INSERT INTO sessions SELECT * FROM sessions",
            "SET datafusion.execution.batch_size = 1",
            "SELECT * FROM 'other.csv'",
            "SELECT 1; SELECT 2",
            "SELECT nodeidd FROM test_results",
            "SELECT sut_name FROM result",
            "SELECT FROM WHERE",
            "SELECT 1 / 0",
            "SELECT CAST('x' AS INT)",
            "",
        ];
        let said = refused.map(|query| format!("{query}\n{}", ask(&sandbox, query, "")));
        assert_snapshot!("sql_refused", said.join("\n"));
        assert!(!sandbox.work().join("copy.csv").exists());
    }

    #[test]
    fn a_pruned_history_shows_what_is_kept() {
        let sandbox = with_history();
        let said = sandbox.run("history prune --keep 1");
        assert_eq!(said.code, Some(0), "{said}");
        let query = "SELECT sut_name, count(*) AS tests, sum(passed) AS passed FROM daily_tests GROUP BY 1 ORDER BY 1";
        assert_snapshot!("sql_pruned", answer(&sandbox, query, ""));
    }

    #[test]
    fn the_name_of_the_directory_is_no_pattern() {
        let mut sandbox = with_history();
        let odd = "odd [x]*% ü";
        fs::rename(sandbox.work().join("history"), sandbox.work().join(odd)).expect("a new name");
        sandbox.set("INSIGHT_HISTORY", odd);
        let said = ask(&sandbox, "SELECT count(*) AS n FROM sessions", "--format csv");
        assert_eq!((said.code, said.stdout.as_str()), (Some(0), "n\n8\n"), "{said}");
    }
}
