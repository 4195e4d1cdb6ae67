#!/usr/bin/env python3
"""How long DuckDB takes for what the questions need, over the same Parquet files.

    scripts/bench_duckdb.py HISTORY [path/to/insight]      # default: target/release/insight

Side by side with `cargo bench --bench questions -- ask HISTORY`. Needs DuckDB for Python (`pip install duckdb`). Each query computes, in SQL, the part of
the answer that SQL can say: the counts, series and medians that the command begins with, not its statistics. Two threads, best of five: wall time, and the processor time of that run; then the same
with the database opened and the views made, as a question of `insight` opens the history.
"""

import pathlib
import subprocess
import sys
import time

import duckdb

PROJECT = pathlib.Path(__file__).resolve().parent.parent
TEST = "tests/unit/area_000/test_module_1.py::TestCase::test_behaviour_000021[a-1]"
MIDDLE = "(SELECT min(session_start_time) + (max(session_start_time) - min(session_start_time)) / 2 FROM sessions)"
COUNTED = "count(*), count(*) FILTER (outcome IN ('FAILED', 'ERROR')), count(*) FILTER (outcome = 'PASSED')"
# What each test came to in each session, and whether that differs from the session before: what flips and streaks are made of.
VERDICTS = """SELECT sut_name, nodeid, session_start_time AS moment, bool_or(outcome IN ('FAILED', 'ERROR')) AS failed, bool_or(outcome = 'RERUN') AS repeated
FROM test_results GROUP BY ALL"""
FLIPS = f"""SELECT sut_name, nodeid, count(*), count(*) FILTER (failed), count(*) FILTER (failed AND NOT earlier), count(*) FILTER (repeated)
FROM (SELECT *, lag(failed, 1, false) OVER (PARTITION BY sut_name, nodeid ORDER BY moment) AS earlier FROM ({VERDICTS})) GROUP BY ALL"""
MEDIANS = "SELECT sut_name, nodeid, sum(duration_us), median(duration_us) FILTER (outcome = 'PASSED') FROM test_results GROUP BY ALL"
SIDES = f"""SELECT sut_name, nodeid, session_start_time >= {MIDDLE} AS side, {COUNTED}, median(duration_us) FILTER (outcome = 'PASSED'),
arg_max(outcome, session_start_time) FROM test_results GROUP BY ALL"""
CLUSTERS = """SELECT failure_signature, count(*), count(DISTINCT nodeid), count(DISTINCT session_id), min(session_start_time), max(session_start_time)
FROM test_results WHERE outcome IN ('FAILED', 'ERROR', 'RERUN') GROUP BY 1 ORDER BY 2 DESC LIMIT 20"""
LIST = f"""SELECT sut_name, nodeid, {COUNTED}, avg(duration_us), max(duration_us), min(session_start_time), arg_max(outcome, session_start_time)
FROM test_results GROUP BY ALL ORDER BY 4 DESC LIMIT 20"""
OF_SUT = "sut_name = 'service-07'"
LAST_WEEK = "session_start_time >= (SELECT max(session_start_time) FROM sessions) - INTERVAL 7 DAY"


def of(query, condition):
    """The same query over fewer results."""
    return query.replace("FROM test_results", f"FROM (SELECT * FROM test_results WHERE {condition})")


QUERIES = {
    "sut list": "SELECT sut_name, count(*), max(session_start_time), sum(passed), sum(failed + errors) FROM sessions GROUP BY 1",
    "session list": "SELECT * EXCLUDE (files, warnings, plugins) FROM sessions ORDER BY session_start_time DESC",
    "analyze pass-rate": "SELECT day, sum(passed), sum(failed + errors) FROM sessions GROUP BY 1",
    "analyze duration": MEDIANS,
    "analyze health": FLIPS,
    "analyze co-failures": FLIPS,
    "summary": f"SELECT * FROM ({FLIPS}) JOIN ({MEDIANS}) USING (sut_name, nodeid)",
    "summary, 7 days": f"SELECT * FROM ({of(FLIPS, LAST_WEEK)}) JOIN ({of(MEDIANS, LAST_WEEK)}) USING (sut_name, nodeid)",
    "sut show": f"SELECT * FROM ({of(FLIPS, OF_SUT)}) JOIN ({of(MEDIANS, OF_SUT)}) USING (sut_name, nodeid)",
    "test list": LIST,
    "test list, one sut": of(LIST, OF_SUT),
    "test show": f"SELECT sut_name, session_id, outcome, attempt, duration_us, failure_signature FROM test_results WHERE nodeid = '{TEST}'",
    "test history": f"SELECT session_id, outcome, attempt, duration_us FROM test_results WHERE nodeid = '{TEST}'",
    "test trends": "SELECT sut_name, nodeid, list(outcome) FROM test_results "
    "WHERE session_id IN (SELECT session_id FROM sessions ORDER BY session_start_time DESC LIMIT 40) GROUP BY ALL",
    "failures": CLUSTERS,
    "failures, one test": CLUSTERS.replace("WHERE", f"WHERE nodeid = '{TEST}' AND"),
    "flaky, one sut": of(FLIPS, OF_SUT),
    "flaky": FLIPS,
    "regressions": FLIPS,
    "slow": MEDIANS,
    "compare sessions": of(SIDES, "session_id IN (SELECT session_id FROM sessions ORDER BY session_start_time DESC LIMIT 2)"),
    "compare suts": of(SIDES, "sut_name IN ('service-01', 'service-02')"),
    "compare periods": SIDES,
}


def main():
    insight = sys.argv[2] if len(sys.argv) > 2 else PROJECT / "target" / "release" / "insight"
    views = subprocess.run([str(insight), "sql", "--history", sys.argv[1]], check=True, capture_output=True, text=True).stdout
    for name, query in QUERIES.items():
        best = whole = (float("inf"), 0.0)
        for _ in range(5):
            opened, opening = time.perf_counter(), time.process_time()
            database = duckdb.connect(config={"threads": 2})
            database.execute(views)
            began, spent = time.perf_counter(), time.process_time()
            database.execute(f"CREATE TEMP TABLE answer AS {query}")
            ended, used = time.perf_counter(), time.process_time()
            best = min(best, (ended - began, used - spent))
            whole = min(whole, (ended - opened, used - opening))
        times = " ".join(f"{wall * 1000:8.0f} ms {spent * 1000:8.0f} ms of processor" for wall, spent in (best, whole))
        print(f"{name:>20} {times}", flush=True)


if __name__ == "__main__":
    main()
