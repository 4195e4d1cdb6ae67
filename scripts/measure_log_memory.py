#!/usr/bin/env python3
"""Writes a large console log, has `insight parse` read it from a pipe, and prints time and peak memory.

    measure_log_memory.py [--gigabytes 5] [--program target/release/insight]

The log is what makes logs large: 20,000 tests, of which 5,000 fail with a long traceback and a megabyte of captured output each. It is
never on disk. Needs Python 3.8 and a Unix.
"""
import argparse
import json
import resource
import subprocess
import sys
import threading
import time


def separator(fill, title, width=80):
    side = max((width - len(title) - 2) // 2, 1)
    line = fill * side + " " + title + " " + fill * side
    return line + fill if len(line) < width else line


def log(total):
    tests, failing = 20000, 4
    yield separator("=", "test session starts") + "\nplatform linux -- Python 3.11.7, pytest-9.2.0, pluggy-1.7.0\n"
    yield f"rootdir: /home/ci/work\ncollecting ... collected {tests} items\n\n"
    for test in range(tests):
        word = "FAILED" if test % failing == 0 else "PASSED"
        yield f"tests/test_module_{test // 40}.py::test_row[{test % 40}] {word:<20} [{(test + 1) * 100 // tests:>3}%]\n"
    yield "\n" + separator("=", "FAILURES") + "\n"
    row = "2026-05-01 12:00:00 DEBUG  reader  row 123456 of the table was read and is as it should be\n"
    rows = row * max(1, total // (tests // failing) // len(row))
    for test in range(0, tests, failing):
        yield separator("_", f"test_row[{test % 40}]") + f"\n\n>       assert {test} == 0\nE       assert {test} == 0\n\n"
        yield f"tests/test_module_{test // 40}.py:12: AssertionError\n" + separator("-", "Captured stdout call") + "\n"
        yield rows
    yield separator("=", f"{tests // failing} failed, {tests - tests // failing} passed in 1234.56s (0:20:34)") + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=5)
    parser.add_argument("--program", default="target/release/insight")
    arguments = parser.parse_args()
    start = time.monotonic()
    process = subprocess.Popen([arguments.program, "parse", "-", "--format", "json", "--max-file-size", "20GB"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    answer = []
    reader = threading.Thread(target=lambda: answer.append(process.stdout.read()))
    reader.start()
    written = 0
    for piece in log(int(arguments.gigabytes * 1e9)):
        written += process.stdin.write(piece.encode())
    process.stdin.close()
    reader.join()
    process.wait()
    seconds = time.monotonic() - start
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    sessions = json.loads(answer[0])["sessions"]
    results = sum(len(session["test_results"]) for session in sessions)
    print(f"{written / 1e9:.2f} GB in {seconds:.0f} s ({written / 1e6 / seconds:.0f} MB/s), peak {peak:.0f} MB, {results} results, "
          f"answer {len(answer[0]) / 1e6:.1f} MB")
    sys.exit(process.returncode if results != 20000 else 0)


if __name__ == "__main__":
    main()
