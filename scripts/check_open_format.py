#!/usr/bin/env python3
"""Proves that other engines read a history as it lies.

    scripts/check_open_format.py [path/to/insight]        # default: target/release/insight

Ingests the samples into a fresh history, then counts sessions and results by outcome three times: with `insight` itself, with DuckDB over the
Parquet files that the Delta log lists as live, and with Polars, which reads the Delta table. Leaves with 1 where they differ. DuckDB, Polars and the
Delta reader come from Python's package registry, into a virtual environment in a temporary folder.
"""

import collections
import json
import pathlib
import subprocess
import sys
import tempfile
import venv

PACKAGES = ["duckdb", "polars", "deltalake", "pyarrow"]
PROJECT = pathlib.Path(__file__).resolve().parent.parent

# Runs in the virtual environment: prints what each engine counts.
ENGINES = """
import json, pathlib, sys
import deltalake, duckdb, polars

history = sys.argv[1]
live = deltalake.DeltaTable(history).file_uris()
result = [path for path in live if "record=result" in path]
session = [path for path in live if "record=session" in path]
sql = "SELECT outcome, count(*) FROM read_parquet($files) GROUP BY outcome"
by_duckdb = dict(duckdb.execute(sql, {"files": result}).fetchall())
sessions = duckdb.execute("SELECT count(DISTINCT session_id) FROM read_parquet($files)", {"files": session}).fetchone()[0]
table = polars.scan_delta(history)
outcomes = table.filter(polars.col("record") == "result").group_by("outcome").len().collect()
by_polars = dict(zip(outcomes["outcome"], outcomes["len"]))
count = table.filter(polars.col("record") == "session").select(polars.col("session_id").n_unique()).collect().item()
print(json.dumps({"duckdb": {"sessions": sessions, "outcomes": by_duckdb}, "polars": {"sessions": count, "outcomes": by_polars}}))
"""


def run(*command):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout


def own_count(insight, history):
    """What `insight` says of the history: its sessions, and the outcomes of their attempts."""
    sessions = json.loads(run(insight, "session", "list", "--all", "--history", history, "--format", "json"))["sessions"]
    outcomes = collections.Counter()
    for session in sessions:
        shown = run(insight, "session", "show", session["session_id"], "--history", history, "--format", "json")
        results = json.loads(shown)["sessions"][0]["test_results"]
        outcomes.update(result["outcome"] for result in results)
    return {"sessions": len(sessions), "outcomes": dict(outcomes)}


def main():
    insight = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else PROJECT / "target" / "release" / "insight").resolve()
    with tempfile.TemporaryDirectory() as folder:
        history = pathlib.Path(folder) / "history"
        run(insight, "ingest", "-r", PROJECT / "samples" / "demo", "--sut", "demo", "--tz", "UTC", "--history", history, "--quiet")
        environment = pathlib.Path(folder) / "venv"
        venv.create(environment, with_pip=True)
        python = environment / "bin" / "python"
        run(python, "-m", "pip", "install", "--quiet", *PACKAGES)
        counts = {"insight": own_count(insight, history), **json.loads(run(python, "-c", ENGINES, history))}
    for engine, count in counts.items():
        outcomes = ", ".join(f"{outcome} {number}" for outcome, number in sorted(count["outcomes"].items()))
        print(f"{engine:8} {count['sessions']} sessions; {outcomes}")
    same = all(count == counts["insight"] for count in counts.values())
    print("all agree" if same and counts["insight"]["sessions"] else "they differ")
    return 0 if same and counts["insight"]["sessions"] else 1


if __name__ == "__main__":
    sys.exit(main())
