#!/usr/bin/env python3
"""Times a backfill: 10,000 artifacts with a million results, into an empty history, and once more.

    cargo build --release
    python3 -m venv /tmp/peer && /tmp/peer/bin/pip install junitparser
    python3 scripts/backfill.py target/release/insight --peer /tmp/peer/bin/python

Prints seconds, results a second, the shares of reading, parsing and storing, and the ratio to a plain script on the same files (junitparser and json into
SQLite, which leaves console logs out: there is no reader for them to compare with). Machines differ: compare ratios, not seconds.
"""

import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TESTS = [f"tests/unit/test_module_{number % 25}.py::TestThing{number % 7}::test_case_{number}" for number in range(400)]
TEXT = "    def test_case():\n        value = compute(41)\n>       assert value == {0}\nE       assert 41 == {0}\n\ntests/unit/helpers.py:17: AssertionError"
KINDS = ["junit"] * 5 + ["log"] * 3 + ["reportlog"] + ["jsonreport"]


def outcomes(chance, count):
    """One run: node id, outcome, seconds."""
    first = chance.randrange(len(TESTS))
    for number in range(count):
        bad = chance.random()
        outcome = "failed" if bad < 0.02 else "skipped" if bad < 0.05 else "passed"
        yield TESTS[(first + number) % len(TESTS)], outcome, round(chance.random() * 0.2, 3)


def names(nodeid):
    path, scope, name = nodeid.split("::")
    return path, scope, name, path[:-3].replace("/", ".") + "." + scope


def junit(run, start):
    cases = []
    for nodeid, outcome, seconds in run:
        _, _, name, classname = names(nodeid)
        inner = {"passed": "", "skipped": '<skipped type="pytest.skip" message="not here">tests/x.py:3: not here</skipped>',
                 "failed": f'<failure message="assert 41 == {len(cases)}">{TEXT.format(len(cases))}</failure>'}[outcome]
        cases.append(f'<testcase classname="{classname}" name="{name}" time="{seconds}">{inner}</testcase>')
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(start)) + ".123456+00:00"
    failed, skipped = sum("<failure" in case for case in cases), sum("<skipped" in case for case in cases)
    return (f'<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest" errors="0" failures="{failed}" '
            f'skipped="{skipped}" tests="{len(cases)}" time="9.5" timestamp="{stamp}" hostname="runner">' + "".join(cases) + "</testsuite></testsuites>")


def log(run, start):
    lines = ["=" * 29 + " test session starts " + "=" * 30, "platform linux -- Python 3.12.4, pytest-8.3.2, pluggy-1.5.0 -- /usr/bin/python",
             "cachedir: .pytest_cache", f"rootdir: /home/ci/work-{start}", f"collected {len(run)} items", ""]
    failures, summary, counts = [], [], {"passed": 0, "failed": 0, "skipped": 0}
    for index, (nodeid, outcome, _) in enumerate(run):
        counts[outcome] += 1
        word = {"passed": "PASSED", "failed": "FAILED", "skipped": "SKIPPED (not here)"}[outcome]
        percent = f"[{(index + 1) * 100 // len(run):3d}%]"
        lines.append(f"{nodeid} {word}".ljust(73) + " " + percent)
        if outcome == "failed":
            _, scope, name, _ = names(nodeid)
            failures += [f" {scope}.{name} ".center(80, "_"), "", TEXT.format(index)]
            summary.append(f"FAILED {nodeid} - assert 41 == {index}")
    if failures:
        lines += ["", " FAILURES ".center(80, "="), *failures, " short test summary info ".center(80, "="), *summary]
    total = ", ".join(f"{number} {word}" for word, number in (("failed", counts["failed"]), ("passed", counts["passed"]), ("skipped", counts["skipped"])) if number)

    return "\n".join(["", *lines, f" {total} in {start % 9973 / 100 + 1:.2f}s ".center(80, "=")])[1:] + "\n"


def reportlog(run, start):
    lines = [{"pytest_version": "8.3.2", "$report_type": "SessionStart"}]
    at = float(start)
    for nodeid, outcome, seconds in run:
        path, _, name, _ = names(nodeid)
        for when in ("setup", "call", "teardown"):
            if outcome == "skipped" and when == "call":
                continue
            mine = outcome if (when == "call" or (outcome == "skipped" and when == "setup")) else "passed"
            longrepr = [path, 3, "Skipped: not here"] if mine == "skipped" else TEXT.format(1) if mine == "failed" else None
            lines.append({"nodeid": nodeid, "location": [path, 3, name], "keywords": {}, "outcome": mine, "longrepr": longrepr, "when": when, "user_properties": [],
                          "sections": [], "duration": seconds, "start": at, "stop": at + seconds, "$report_type": "TestReport"})
            at += seconds
    lines.append({"exitstatus": 1, "$report_type": "SessionFinish"})
    return "\n".join(map(json.dumps, lines)) + "\n"


def jsonreport(run, start):
    tests = []
    for nodeid, outcome, seconds in run:
        phase = {"duration": seconds, "outcome": "passed"}
        test = {"nodeid": nodeid, "lineno": 3, "outcome": outcome, "keywords": [], "setup": {**phase, "outcome": "skipped" if outcome == "skipped" else "passed"}, "teardown": phase}
        if outcome != "skipped":
            test["call"] = {"duration": seconds, "outcome": outcome, **({"longrepr": TEXT.format(1)} if outcome == "failed" else {})}
        tests.append(test)
    counted = {word: sum(test["outcome"] == word for test in tests) for word in ("passed", "failed", "skipped")}
    return json.dumps({"created": start + 0.5, "duration": 9.5, "exitcode": 1, "root": "/home/ci/work", "environment": {}, "summary": {**counted, "total": len(tests), "collected": len(tests)}, "tests": tests})


WRITERS = {"junit": (junit, "junit.xml"), "log": (log, "console.log"), "reportlog": (reportlog, "report.jsonl"), "jsonreport": (jsonreport, "report.json")}


def make(folder, artifacts, results):
    chance = random.Random(7)
    # The last run was an hour ago.
    newest = int(time.time()) - 3600
    made = 0
    for number in range(artifacts):
        write, name = WRITERS[KINDS[number % len(KINDS)]]
        run = list(outcomes(chance, max(1, results // artifacts)))
        path = folder / f"sut-{number % 20}" / f"run-{number:05d}"
        path.mkdir(parents=True)
        (path / name).write_text(write(run, newest - (artifacts - number) * 613))
        made += len(run)
    return made


PEER = """
import json, sqlite3, sys
from pathlib import Path
from junitparser import JUnitXml
folder, target = Path(sys.argv[1]), sys.argv[2]
base = sqlite3.connect(target)
base.execute("create table results (file text, nodeid text, outcome text, seconds real, message text)")
for path in sorted(folder.rglob("*")):
    rows = []
    if path.suffix == ".xml":
        for suite in JUnitXml.fromfile(str(path)):
            for case in suite:
                result = case.result[0] if case.result else None
                rows.append((str(path), f"{case.classname}::{case.name}", type(result).__name__ if result else "Passed", case.time, result.text if result else None))
    elif path.suffix == ".json":
        for test in json.loads(path.read_text())["tests"]:
            call = test.get("call", {})
            rows.append((str(path), test["nodeid"], test["outcome"], call.get("duration"), call.get("longrepr")))
    elif path.suffix == ".jsonl":
        for line in path.read_text().splitlines():
            entry = json.loads(line)
            if entry.get("when") == "call":
                rows.append((str(path), entry["nodeid"], entry["outcome"], entry["duration"], str(entry["longrepr"])))
    with base:
        base.executemany("insert into results values (?, ?, ?, ?, ?)", rows)
print(base.execute("select count(*) from results").fetchone()[0])
"""


def timed(command, **options):
    begin = time.perf_counter()
    done = subprocess.run(command, check=False, capture_output=True, text=True, **options)
    if done.returncode not in (0, 3):
        sys.exit(f"{command[0]} ended with {done.returncode}: {done.stderr}")
    return time.perf_counter() - begin, done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("insight")
    parser.add_argument("--peer", help="a Python that has junitparser")
    parser.add_argument("--artifacts", type=int, default=10_000)
    parser.add_argument("--results", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="where to work; a temporary directory without it")
    arguments = parser.parse_args()
    insight = os.path.abspath(arguments.insight)
    folder = Path(tempfile.mkdtemp(prefix="backfill-", dir=arguments.folder))
    try:
        artifacts = folder / "artifacts"
        results = make(artifacts, arguments.artifacts, arguments.results)
        size = sum(path.stat().st_size for path in artifacts.rglob("*") if path.is_file())
        print(f"{arguments.artifacts} artifacts, {results} results, {size / 1e6:.0f} MB")
        begin = time.perf_counter()
        for path in artifacts.rglob("*"):
            if path.is_file():
                path.read_bytes()
        read = time.perf_counter() - begin
        common = ["-r", "artifacts", "--sut-from", "(?P<sut>sut-[0-9]+)/", "--format", "json"]
        dry, _ = timed([insight, "ingest", *common, "--dry-run", "--history", "nowhere"], cwd=folder)
        bare, _ = timed([insight, "ingest", *common, "--dry-run", "--no-redact", "--history", "nowhere"], cwd=folder)
        whole, answer = timed([insight, "ingest", *common, "--history", "history"], cwd=folder)
        summary = json.loads(answer)["summary"]
        again, answer = timed([insight, "ingest", *common, "--history", "history"], cwd=folder)
        once_more = json.loads(answer)["summary"]
        assert summary["sessions_added"] == arguments.artifacts, summary
        assert once_more["sessions_added"] == 0 and once_more["sessions_already_in_history"] == arguments.artifacts, once_more
        print(f"into an empty history: {whole:.2f} s, {results / whole:,.0f} results a second")
        print(f"  reading {min(read, dry) / whole:.0%}, parsing {max(dry - read, 0) / whole:.0%}, storing {max(whole - dry, 0) / whole:.0%}")
        print(f"  masking secrets: {dry / bare - 1:+.0%} of reading and parsing")
        print(f"the same again: {again:.2f} s; most memory: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MiB")
        extra = make_one(folder / "one", arguments.artifacts)
        one, _ = timed([insight, "ingest", str(extra), "--sut", "sut-3", "--history", "history"], cwd=folder)
        print(f"one more file: {one * 1000:.0f} ms")
        if arguments.peer:
            plain, rows = timed([arguments.peer, "-c", PEER, str(artifacts), str(folder / "plain.db")])
            print(f"plain script (without console logs, {int(rows)} rows): {plain:.2f} s, {plain / whole:.1f} times as long")
    finally:
        shutil.rmtree(folder)


def make_one(folder, number):
    folder.mkdir()
    path = folder / "junit.xml"
    path.write_text(junit(list(outcomes(random.Random(8), 100)), int(time.time()) - 60 - number % 7))
    return path


if __name__ == "__main__":
    main()
