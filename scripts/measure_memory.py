"""Shows how much memory `insight` takes for JUnit XML files of any size, and how fast it is.

    python scripts/measure_memory.py target/release/insight [MEGABYTES] [SHAPE...]

Writes reports like pytest's of large suites (1,000 MB each without another number) into a temporary folder, one at a time, prints peak
memory and rate of `parse` in every format and of `ingest` into a fresh history, and deletes them. Without store, `ingest` is left out.
"""

import os
import subprocess
import sys
import tempfile
import time

HEAD = (
    '<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest" errors="0" failures="{failures:012d}" '
    'skipped="0" tests="{tests:012d}" time="12.5" timestamp="2026-11-22T07:36:25.693039+00:00" hostname="h">'
)
FAILURE = (
    "<failure message=\"assert {test} == 2\">def test_fails():\n{source}&gt;       assert {test} == 2\nE       assert {test} == 2\n\n"
    "tests/test_module.py:3: AssertionError</failure>"
)
LINE = "a line that a test has printed, as tests do\n"
SOURCE = "    x = compute(value)  # a line of source\n"
FORMATS = ("json", "jsonl", "csv", "table", "markdown")


def printed(length):
    """Each test prints `length` bytes; every hundredth fails."""
    text = "<system-out>" + LINE * (length // len(LINE)) + "</system-out>"
    return lambda test: (test % 100 == 0, "", text)


# What stands in each test case: whether it fails, the source in the failure, and the rest.
SHAPES = {
    "passing": lambda test: (False, "", ""),
    "passing, one test a line": lambda test: (False, "", ""),
    "half failing": lambda test: (test % 2 == 0, SOURCE * 45, ""),
    "20 kB printed": printed(20_000),
    "1 MB printed": printed(1_000_000),
}


def write(path, size, shape):
    """Writes test cases of a shape until the file has `size` bytes; returns how many."""
    end = "\n" if "a line" in shape else ""
    tests = failures = written = 0
    with open(path, "w", encoding="utf-8") as out:
        out.write(HEAD.format(tests=0, failures=0))
        while written < size:
            fails, source, text = SHAPES[shape](tests)
            failures += fails
            content = (FAILURE.format(test=tests, source=source) if fails else "") + text
            tag = f'<testcase classname="tests.unit.test_module_{tests // 40}.TestThing" name="test_something[{tests}]" time="0.012"'
            written += out.write(f"{tag}>{content}</testcase>{end}" if content else f"{tag} />{end}")
            tests += 1
        out.write("</testsuite></testsuites>\n")
        out.seek(0)
        out.write(HEAD.format(tests=tests, failures=failures))
    return tests


def measure(command):
    """Returns seconds, peak memory in MB, and the exit code."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    return time.perf_counter() - start, usage.ru_maxrss / 1000, os.waitstatus_to_exitcode(status)


def has_store(insight):
    return subprocess.run([insight, "ingest", "--help"], capture_output=True).returncode == 0


def main():
    insight = sys.argv[1]
    size = int(sys.argv[2] if len(sys.argv) > 2 else 1000) * 1_000_000
    for shape in sys.argv[3:] or SHAPES:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "report.xml")
            tests = write(path, size, shape)
            length = os.path.getsize(path)
            print(f"{shape}: {length / 1e6:.0f} MB, {tests} tests")
            commands = {name: ["parse", path, "--format", name] for name in FORMATS}
            if has_store(insight):
                history = os.path.join(folder, "history")
                commands["ingest"] = ["ingest", path, "--sut", "s", "--history", history]
            for name, command in commands.items():
                seconds, megabytes, status = measure([insight, *command, "--max-file-size", "100GB"])
                print(f"    {name}: exit {status}, peak {megabytes:.0f} MB, {length / 1e6 / seconds:.0f} MB/s", flush=True)


if __name__ == "__main__":
    main()
