"""Compares `insight parse` with junitparser (Python) on the same JUnit XML files, as ratios.

    pip install junitparser
    python scripts/against_junitparser.py target/release/insight FILE...

Each side reads the file from disk and looks at every test case; the fastest of several rounds counts. insight is timed as a whole
process that also prints its session document, so that it has more to do; junitparser is timed without the start of Python.
"""

import os
import subprocess
import sys
import time

import junitparser

ROUNDS = 5


def fastest(run):
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def with_junitparser(path):
    seen = 0
    for suite in junitparser.JUnitXml.fromfile(path):
        cases = [suite] if isinstance(suite, junitparser.TestCase) else suite
        for case in cases:
            seen += bool(case.classname) + bool(case.name) + bool(case.time)
            for result in case.result:
                seen += len(result.text or "")
    return seen


def with_insight(insight, path):
    subprocess.run([insight, "parse", path, "--format", "jsonl"], stdout=subprocess.DEVNULL, check=False)


def main():
    insight, *paths = sys.argv[1:]
    for path in paths:
        python = fastest(lambda: with_junitparser(path))
        rust = fastest(lambda: with_insight(insight, path))
        size = os.path.getsize(path) / 1e6
        print(f"{path}: {size:.1f} MB; junitparser {size / python:.1f} MB/s, insight {size / rust:.1f} MB/s, ratio {python / rust:.1f}")


if __name__ == "__main__":
    main()
