"""Shows how much memory `insight parse` takes for a JUnit XML file of any size, and how fast it is.

    python scripts/measure_memory.py target/release/insight [MEGABYTES]

Writes a report like pytest's of a large suite (1,000 MB without another number) into a temporary folder, reads it, prints peak memory
and rate, and deletes it. Of what tests print little is kept; each test takes memory of its own, as all tests of a session are held.
"""

import os
import subprocess
import sys
import tempfile
import time

HEAD = (
    '<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest" errors="0" failures="{failures}" '
    'skipped="0" tests="{tests}" time="12.5" timestamp="2026-11-22T07:36:25.693039+00:00" hostname="h">'
)
FAILURE = (
    "<failure message=\"assert 1 == 2\">def test_fails():\n&gt;       assert 1 == 2\nE       assert 1 == 2\n\n"
    "tests/test_module.py:3: AssertionError</failure>"
)


def write(path, size, output):
    """Writes test cases of `output` bytes of captured output each, until the file has `size` bytes; every hundredth fails."""
    text = "<system-out>" + ("a line that a test has printed, as tests do\n" * (output // 44)) + "</system-out>"
    length = len(text) + 100
    tests = max(size // length, 1)
    with open(path, "w", encoding="utf-8") as out:
        out.write(HEAD.format(tests=tests, failures=(tests + 99) // 100))
        for test in range(tests):
            failure = FAILURE if test % 100 == 0 else ""
            out.write(
                f'<testcase classname="tests.unit.test_module_{test // 40}.TestThing" name="test_something[{test}]" time="0.012">'
                f"{failure}{text}</testcase>"
            )
        out.write("</testsuite></testsuites>")
    return tests


def measure(insight, path):
    start = time.perf_counter()
    process = subprocess.Popen(
        [insight, "parse", path, "--max-file-size", "100GB", "--format", "csv"], stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    return time.perf_counter() - start, usage.ru_maxrss / 1000, os.waitstatus_to_exitcode(status)


def main():
    insight = sys.argv[1]
    size = int(sys.argv[2] if len(sys.argv) > 2 else 1000) * 1_000_000
    for name, output in [("much output", 1_000_000), ("some output", 20_000), ("no output, a tenth of the size", 0)]:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "report.xml")
            tests = write(path, size if output else size // 10, output)
            seconds, megabytes, status = measure(insight, path)
            bytes_read = os.path.getsize(path)
        print(
            f"{name}: {bytes_read / 1e6:.0f} MB, {tests} tests; exit {status}, peak {megabytes:.0f} MB "
            f"({100 * megabytes * 1e6 / bytes_read:.1f} % of the file), {bytes_read / 1e6 / seconds:.0f} MB/s"
        )


if __name__ == "__main__":
    main()
