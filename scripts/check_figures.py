#!/usr/bin/env python3
"""Checks every figure of summary, compare and failures against an independent computation.

    scripts/check_figures.py [path/to/insight] [HISTORY ...]      # default: target/release/insight, and a history of the samples

Needs DuckDB for Python (`pip install duckdb`). DuckDB reads the Parquet files that `insight sql` lists; what is expected of them is computed
here, from the definitions in the documentation of `insight::analysis` and with nothing of its code. Leaves with 1 where a figure differs.
"""

import collections
import datetime
import hashlib
import json
import math
import pathlib
import statistics
import subprocess
import sys
import tempfile

import duckdb

PROJECT = pathlib.Path(__file__).resolve().parent.parent
FAILURES = ("FAILED", "ERROR")
COUNTS = ("passed", "failed", "errors", "skipped", "xfailed", "xpassed", "rerun")


class Check:
    """Compares figures, and remembers how many were compared and which differ."""

    def __init__(self, name):
        self.name, self.compared, self.wrong = name, 0, []

    def same(self, what, insight, expected):
        self.compared += 1
        close = isinstance(insight, float) and isinstance(expected, float) and math.isclose(insight, expected, rel_tol=1e-9, abs_tol=1e-12)
        if insight != expected and not close:
            self.wrong.append(f"{what}: insight says {insight!r}, expected {expected!r}")

    def report(self):
        print(f"{self.name}: {self.compared} figures compared, {len(self.wrong)} differ")
        for line in self.wrong[:20]:
            print(f"  {line}")
        return not self.wrong


def ask(insight, history, *words):
    command = [str(insight), *words, "--history", str(history), "--format", "json", "--utc"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


class History:
    """The rows of a history, as DuckDB reads them."""

    def __init__(self, insight, directory):
        views = subprocess.run([str(insight), "sql", "--history", str(directory)], check=True, capture_output=True, text=True).stdout
        database = duckdb.connect()
        database.execute("SET TimeZone = 'UTC'")
        database.execute(views)
        columns = "session_id, sut_name, epoch_us(session_start_time), session_duration_us, ending, source, totals, " + ", ".join(COUNTS)
        self.sessions = {}
        for row in database.execute(f"SELECT {columns} FROM sessions").fetchall():
            session = dict(zip(["id", "sut", "start", "took", "ending", "source", "totals", *COUNTS], row))
            session["counts"] = shown_counts(session)
            self.sessions[session["id"]] = session
        self.results = database.execute(
            "SELECT sut_name, nodeid, session_id, outcome, duration_us, failure_signature FROM test_results").fetchall()


def shown_counts(session):
    """The tests by outcome; a console log's last line declares what it does not name."""
    counts = {name: session[name] or 0 for name in COUNTS}
    formats = [source["format"] for source in json.loads(session["source"] or "[]")]
    if not session["totals"] or any(word != "terminal" for word in formats):
        return counts
    declared = collections.Counter(json.loads(session["totals"]))
    shown = dict(counts)
    if declared["passed"] > counts["passed"] + counts["errors"]:
        shown["passed"] = declared["passed"]
    for name in ("failed", "errors"):
        if counts[name] == 0:
            shown[name] = declared[name]
    for name in ("skipped", "xfailed", "xpassed", "rerun"):
        shown[name] = max(counts[name], declared[name])
    return shown


def wilson(part, whole):
    if whole == 0:
        return None, None
    z, share = statistics.NormalDist().inv_cdf(0.975), part / whole
    middle, spread = share + z * z / (2 * whole), z * math.sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole))
    low, high = (middle - spread) / (1 + z * z / whole), (middle + spread) / (1 + z * z / whole)
    return (0.0 if part == 0 else low), (1.0 if part == whole else high)


def compare_rate(check, what, shown, passed, failed):
    low, high = wilson(passed, passed + failed)
    check.same(f"{what}: passed", shown["passed"], passed)
    check.same(f"{what}: n", shown["n"], passed + failed)
    check.same(f"{what}: rate", shown["rate"], passed / (passed + failed) if passed + failed else None)
    check.same(f"{what}: low", shown["low"], low)
    check.same(f"{what}: high", shown["high"], high)


def check_group(check, what, shown, sessions):
    total = collections.Counter()
    for session in sessions:
        total.update(session["counts"])
    tests = [sum(session["counts"].values()) - session["counts"]["rerun"] for session in sessions]
    failing = [session["counts"]["failed"] + session["counts"]["errors"] for session in sessions]
    check.same(f"{what}: sessions", shown["sessions"], len(sessions))
    check.same(f"{what}: green", shown["green"]["part"], sum(1 for n, bad in zip(tests, failing) if n and not bad))
    check.same(f"{what}: with tests", shown["green"]["n"], sum(1 for n in tests if n))
    for name in COUNTS:
        check.same(f"{what}: {name}", shown[name], total[name])
    compare_rate(check, f"{what}: pass rate", shown["pass_rate"], total["passed"], total["failed"] + total["errors"])


def check_summary(insight, directory, history):
    check = Check("summary")
    answer = ask(insight, directory, "analytics", "summary")
    sessions = list(history.sessions.values())
    check_group(check, "total", answer["total"], sessions)
    suts = collections.defaultdict(list)
    days = collections.defaultdict(list)
    for session in sessions:
        suts[session["sut"]].append(session)
        if session["start"] is not None:
            days[session["start"] // 86_400_000_000].append(session)
    check.same("systems", len(answer["suts"]), len(suts))
    for sut in answer["suts"]:
        check_group(check, f"sut {sut['sut_name']}", sut, suts[sut["sut_name"]])
    check.same("days", len(answer["days"]), len(days))
    for shown, day in zip(answer["days"], sorted(days)):
        check_group(check, f"day {shown['day']}", shown, days[day])
    took = sorted(session["took"] / 1e6 for session in sessions if session["took"] is not None)
    check.same("timed sessions", answer["session_duration"]["n"], len(took))
    if took:
        # The median of an even number lies between two microseconds.
        check.same("median session", abs(answer["session_duration"]["median_us"] - statistics.median(took) * 1e6) <= 1, True)
    broken = sum(1 for row in history.results if row[3] in (*FAILURES, "RERUN"))
    check.same("failures", answer["failures"], broken)
    return check.report()


def verdict(outcomes):
    for outcome, word in (("FAILED", "failed"), ("ERROR", "error")):
        if outcome in outcomes:
            return word
    if "PASSED" in outcomes:
        return "flaky" if "RERUN" in outcomes else "passed"
    for outcome, word in (("XPASSED", "xpassed"), ("XFAILED", "xfailed"), ("SKIPPED", "skipped"), ("RERUN", "unfinished")):
        if outcome in outcomes:
            return word


def set_aside(session):
    counts = session["counts"]
    if session["ending"] in ("internal-error", "usage-error"):
        return True
    ran = sum(counts[name] for name in ("passed", "failed", "skipped", "xfailed", "xpassed"))
    if counts["errors"] and not ran:
        return True
    failing = counts["failed"] + counts["errors"]
    return counts["passed"] + failing >= 5 and failing > 0.8 * (counts["passed"] + failing)


def side(history, sessions, by_sut):
    """Each test's verdicts in order of time, and the durations of its passes, over some sessions."""
    if len(sessions) > 1:
        sessions = [session for session in sessions if not set_aside(session)]
    order = sorted(sessions, key=lambda session: (session["start"] is None, session["start"] or 0, session["id"]))
    place = {session["id"]: index for index, session in enumerate(order)}
    tests = collections.defaultdict(lambda: (collections.defaultdict(set), []))
    for sut, nodeid, session, outcome, took, _ in history.results:
        if session in place:
            runs, passes = tests[(sut if by_sut else None, nodeid)]
            runs[place[session]].add(outcome)
            if outcome == "PASSED" and took is not None:
                passes.append(took)
    verdicts = {test: ([verdict(runs[at]) for at in sorted(runs)], passes) for test, (runs, passes) in tests.items()}
    return order, verdicts


def rate(verdicts):
    passed = sum(1 for word in verdicts if word in ("passed", "flaky"))
    return passed, sum(1 for word in verdicts if word in ("failed", "error"))


def fisher_greater(base, target):
    """P(as many or more failures in the target), the margins given: each side is (failures, n)."""
    (a, n), (b, m) = base, target
    failures, whole = a + b, math.comb(n + m, a + b)
    return min(1.0, sum(math.comb(m, k) * math.comb(n, failures - k) for k in range(b, min(m, failures) + 1)) / whole)


def adjusted(values):
    """Benjamini and Hochberg's adjustment."""
    order = sorted(range(len(values)), key=values.__getitem__, reverse=True)
    result, least = [0.0] * len(values), 1.0
    for rank, at in enumerate(order):
        least = min(least, values[at] * len(values) / (len(values) - rank))
        result[at] = least
    return result


def kinds(base, target):
    """The kind of each test that differs, after the table of `insight::analysis::compare`; both sides name every test."""
    tested, p_values = [], []
    for test in base.keys() | target.keys():
        before, after = rate(base.get(test, ([], []))[0]), rate(target.get(test, ([], []))[0])
        n, m = sum(before), sum(after)
        if n and m and n + m >= 3 and before[1] + after[1]:
            worse = after[0] / m > before[0] / n
            tested.append(test)
            fail_before, fail_after = (before[1], n), (after[1], m)
            p_values.append(fisher_greater(fail_after, fail_before) if worse else fisher_greater(fail_before, fail_after))
    significant = {}
    for test, p in zip(tested, adjusted(p_values)):
        before, after = rate(base[test][0]), rate(target[test][0])
        shares = before[1] / sum(before), after[1] / sum(after)
        bad = after[1] if shares[1] > shares[0] else before[1]
        if p <= 0.05 and abs(shares[0] - shares[1]) >= 0.05 and bad >= 3:
            significant[test] = "worse" if shares[1] > shares[0] else "better"
    found = {}
    for test in base.keys() | target.keys():
        before = base[test][0][-1] if test in base else None
        after = target[test][0][-1] if test in target else None
        failed, fails = before in ("failed", "error"), after in ("failed", "error")
        passed, passes = before in ("passed", "flaky"), after in ("passed", "flaky")
        if before is None:
            found[test] = "added-failing" if fails else "added"
        elif after is None:
            found[test] = "removed"
        elif failed and fails:
            found[test] = "still-failing"
        elif fails:
            found[test] = significant.get(test, "unsteady") if rate(base[test][0])[1] else "new-failure"
        elif failed and passes:
            found[test] = significant.get(test, "unsteady") if rate(target[test][0])[1] else "fixed"
        elif failed:
            found[test] = "changed"
        elif not (before == after or passed and passes):
            found[test] = "changed"
        elif test in significant:
            found[test] = significant[test]
    return found


def check_comparison(insight, directory, history, name, words, base_sessions, target_sessions, by_sut=True):
    check = Check(f"compare {name}")
    answer = ask(insight, directory, "analytics", "compare", *words)
    order_base, base = side(history, base_sessions, by_sut)
    order_target, target = side(history, target_sessions, by_sut)
    for word, order, tests in (("base", order_base, base), ("target", order_target, target)):
        shown, total = answer[word], collections.Counter()
        for session in order:
            total.update(session["counts"])
        check.same(f"{word}: sessions", shown["scope"]["sessions"], len(order))
        check.same(f"{word}: tests", shown["scope"]["tests"], len(tests))
        for count in COUNTS:
            check.same(f"{word}: {count}", shown["counts"][count], total[count])
        compare_rate(check, f"{word}: pass rate", shown["pass_rate"], total["passed"], total["failed"] + total["errors"])
        if not shown["names_every_test"]:
            print(f"compare {name}: the {word} leaves passed tests unnamed, so kinds are not compared")
            return check.report()
    expected = kinds(base, target)
    outcomes = [row for row in answer["differences"] if row["base_median_us"] is None]
    key = lambda row: (row["sut_name"] if by_sut else None, row["nodeid"])
    shown = {key(row): row for row in outcomes}
    check.same("tests that differ", sorted(map(str, shown)), sorted(map(str, expected)))
    for test, kind in expected.items():
        row = shown.get(test)
        if row is None:
            continue
        check.same(f"{test}: kind", row["kind"], kind)
        check.same(f"{test}: base", row["base"], base[test][0][-1] if test in base else None)
        check.same(f"{test}: target", row["target"], target[test][0][-1] if test in target else None)
        compare_rate(check, f"{test}: base rate", row["base_rate"], *rate(base.get(test, ([], []))[0]))
        compare_rate(check, f"{test}: target rate", row["target_rate"], *rate(target.get(test, ([], []))[0]))
    passing = lambda tests, test: test in tests and tests[test][0][-1] in ("passed", "flaky")
    steady = sum(1 for test in base if test not in expected and passing(base, test) and passing(target, test))
    check.same("still passing", answer["still_passing"], steady)
    for row in answer["differences"]:
        if row["base_median_us"] is not None:
            for word, tests in (("base", base), ("target", target)):
                passes = tests[key(row)][1]
                check.same(f"{key(row)}: {word} n", row[f"{word}_n"], len(passes))
                # Medians of an even number lie between two microseconds.
                median = statistics.median(passes)
                check.same(f"{key(row)}: {word} median", abs(row[f"{word}_median_us"] - median) <= 1, True)
    return check.report()


def check_failures(insight, directory, history):
    check = Check("failures")
    answer = ask(insight, directory, "analytics", "failures", "--all")
    broken = [row for row in history.results if row[3] in (*FAILURES, "RERUN")]
    check.same("failures", answer["failures"], len(broken))
    check.same("tests", answer["scope"]["tests"], len({row[:2] for row in broken if row[5]}))
    by_key = collections.defaultdict(list)
    for row in broken:
        if row[5]:
            by_key[hashlib.sha256(row[5].encode()).hexdigest()[:16]].append(row)
    without = sum(1 for row in broken if not row[5])
    left_out = {entry["reason"]: entry["count"] for entry in answer["scope"]["left_out"]}
    check.same("without a text", left_out.get("no-failure-text", 0), without)
    members = [member for cluster in answer["clusters"] for member in cluster["members"]]
    check.same("signatures", sorted(members), sorted(by_key))
    start = {id: session["start"] for id, session in history.sessions.items()}
    for cluster in answer["clusters"]:
        rows = [row for member in cluster["members"] for row in by_key[member]]
        what = f"cluster {cluster['key']}"
        check.same(f"{what}: failures", cluster["failures"], len(rows))
        check.same(f"{what}: repeated", cluster["repeated"], sum(1 for row in rows if row[3] == "RERUN"))
        check.same(f"{what}: tests", cluster["tests"], len({row[:2] for row in rows}))
        check.same(f"{what}: sessions", cluster["sessions"], len({row[2] for row in rows}))
        order = lambda id: (start[id] is None, start[id] or 0, id)
        check.same(f"{what}: first", cluster["first_seen"]["session_id"], min((row[2] for row in rows), key=order))
        check.same(f"{what}: last", cluster["last_seen"]["session_id"], max((row[2] for row in rows), key=order))
        hits = collections.Counter(row[:2] for row in rows)
        for hit in cluster["top_tests"]:
            check.same(f"{what}: {hit['nodeid']}", hit["failures"], hits[(hit["sut_name"], hit["nodeid"])])
        check.same(f"{what}: most hit", cluster["top_tests"][0]["failures"], max(hits.values()))
    return check.report()


def check(insight, directory):
    history = History(insight, directory)
    print(f"{directory.name}: {len(history.sessions)} sessions, {len(history.results)} results")
    good = check_summary(insight, directory, history) & check_failures(insight, directory, history)
    sessions = list(history.sessions.values())
    day = lambda number: (datetime.date(1970, 1, 1) + datetime.timedelta(days=number)).isoformat()
    days = sorted({session["start"] // 86_400_000_000 for session in sessions if session["start"] is not None})
    if len(days) > 1:
        middle = days[len(days) // 2]
        of = lambda lies: [session for session in sessions if session["start"] is not None and lies(session["start"] // 86_400_000_000)]
        words = ["--mode", "period", "--base", f"..{day(middle - 1)}", "--target", f"{day(middle)}.."]
        good &= check_comparison(insight, directory, history, "periods", words, of(lambda at: at < middle), of(lambda at: at >= middle))
    suts = sorted({session["sut"] for session in sessions})
    if len(suts) > 1:
        words = ["--mode", "sut", "--base", suts[0], "--target", suts[1]]
        of_sut = lambda sut: [session for session in sessions if session["sut"] == sut]
        good &= check_comparison(insight, directory, history, "systems", words, of_sut(suts[0]), of_sut(suts[1]), by_sut=False)
    for sut in suts[:3]:
        dated = sorted((session for session in sessions if session["sut"] == sut and session["start"] is not None), key=lambda session: session["start"])
        for base, target in list(zip(dated, dated[1:]))[-3:]:
            words = ["--base", base["id"], "--target", target["id"]]
            good &= check_comparison(insight, directory, history, f"sessions of {sut}", words, [base], [target])
    return good


def main():
    insight = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else PROJECT / "target" / "release" / "insight").resolve()
    with tempfile.TemporaryDirectory() as folder:
        histories = [pathlib.Path(path) for path in sys.argv[2:]]
        if not histories:
            histories = [pathlib.Path(folder) / "samples"]
            words = ["ingest", "-r", PROJECT / "samples" / "demo", "--sut-from", "demo/(?P<sut>[a-z]+)/", "--tz", "UTC", "--quiet", "--history", histories[0]]
            subprocess.run([str(insight), *map(str, words)], check=True, capture_output=True)
        good = [check(insight, history) for history in histories]
    print("all agree" if all(good) else "they differ")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
