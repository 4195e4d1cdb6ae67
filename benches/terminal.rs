//! How fast console logs become sessions, against the rate at which memchr finds the line ends of the same bytes.
//!
//! `cargo bench --no-default-features --bench terminal [-- FILE...]`. Without files: the three kinds of log that CI systems keep. One
//! core does all of it.

mod support;

use std::fmt::Write as _;
use std::io::{self, Write};

use insight::model::Format;

/// About how large each generated log is.
const SIZE: usize = 80_000_000;

fn main() -> io::Result<()> {
    let files: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let mut out = io::stdout().lock();
    if files.is_empty() {
        let plain = verbose_log();
        compare(&mut out, "-v, 1 % failures", plain.as_bytes())?;
        compare(&mut out, "the same, GitHub's", github(&plain).as_bytes())?;
        drop(plain);
        compare(&mut out, "dots, long tracebacks", dots_log().as_bytes())?;
    }
    for file in files {
        compare(&mut out, &file, &std::fs::read(&file)?)?;
    }
    Ok(())
}

fn compare(out: &mut impl Write, name: &str, log: &[u8]) -> io::Result<()> {
    support::compare(out, name, log, Format::Terminal, ("lines", || memchr::memchr_iter(b'\n', log).count()))
}

/// The id of the test of a number, of the length that ids of large suites have.
fn node_id(test: usize) -> String {
    let module = test / 40;
    format!("tests/unit/package_{}/test_module_{module}.py::TestThing::test_something[{}-case]", module / 25, test % 40)
}

fn header(log: &mut String, tests: usize) {
    log.push_str("============================= test session starts ==============================\n");
    log.push_str("platform linux -- Python 3.11.7, pytest-9.2.0, pluggy-1.7.0 -- /usr/bin/python\n");
    log.push_str("rootdir: /home/ci/work\nplugins: xdist-3.8.0, cov-7.0.0\n");
    let _ = writeln!(log, "collecting ... collected {tests} items\n");
}

/// A heading as pytest draws it on 80 columns.
fn separator(log: &mut String, fill: char, title: &str) {
    let side = (78 - title.len()) / 2;
    let [left, right] = [side, side + title.len() % 2].map(|width| fill.to_string().repeat(width));
    let _ = writeln!(log, "{left} {title} {right}");
}

/// A block of `depth` frames.
fn failure(log: &mut String, test: usize, depth: usize) {
    separator(log, '_', &format!("TestThing.test_something[{}-case]", test % 40));
    log.push('\n');
    log.push_str("self = <tests.unit.test_module.TestThing object at 0x7f0000000000>, value = 3\n\n");
    for frame in 0..depth {
        let _ = writeln!(log, "    def function_{frame}(self, value):\n        result = compute(value)");
        let _ =
            writeln!(log, ">       assert self.check(result, {frame}) == 0\n\nsrc/package/module_{frame}.py:{frame}: ");
        log.push_str("_ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ \n\n");
    }
    let _ = writeln!(log, ">       assert result == 0\nE       AssertionError: assert {test} == 0");
    let path = node_id(test);
    let path = path.split("::").next().unwrap_or_default();
    let _ = writeln!(log, "E        +  where {test} = value()\n\n{path}:{}: AssertionError", test % 500 + 1);
    log.push_str("----------------------------- Captured stdout call -----------------------------\n");
    let _ = writeln!(log, "connecting to the database\nrow {test} was read\nclosing");
}

/// The short summary and the last line.
fn end(log: &mut String, tests: usize, failing: usize) {
    log.push_str("=========================== short test summary info ============================\n");
    for test in (0..tests).step_by(failing) {
        let _ = writeln!(log, "FAILED {} - AssertionE...", node_id(test));
    }
    let failed = tests.div_ceil(failing);
    separator(log, '=', &format!("{failed} failed, {} passed in 1234.56s (0:20:34)", tests - failed));
}

fn verbose_log() -> String {
    const FAILING: usize = 100;
    let tests = SIZE / 105;
    let mut log = String::with_capacity(SIZE * 5 / 4);
    header(&mut log, tests);
    for test in 0..tests {
        let word = if test % FAILING == 0 { "FAILED" } else { "PASSED" };
        let percent = (test + 1) * 100 / tests;
        let line = format!("{} {word}", node_id(test));
        let _ = writeln!(log, "{line:<73} [{percent:>3}%]");
    }
    log.push_str("\n=================================== FAILURES ===================================\n");
    for test in (0..tests).step_by(FAILING) {
        failure(&mut log, test, 1);
    }
    end(&mut log, tests, FAILING);
    log
}

fn dots_log() -> String {
    const FAILING: usize = 4;
    let tests = SIZE / 1600;
    let mut log = String::with_capacity(SIZE * 5 / 4);
    header(&mut log, tests);
    for module in 0..tests / 40 {
        let path = node_id(module * 40);
        let path = path.split("::").next().unwrap_or_default();
        let letters: String = (0..40).map(|test| if test % FAILING == 0 { 'F' } else { '.' }).collect();
        let _ = writeln!(log, "{path} {letters} [{:>3}%]", (module + 1) * 40 * 100 / tests);
    }
    log.push_str("\n=================================== FAILURES ===================================\n");
    for test in (0..tests).step_by(FAILING) {
        failure(&mut log, test, 22);
    }
    end(&mut log, tests, FAILING);
    log
}

/// The log as GitHub's runner keeps it: each line behind the time at which it was written.
fn github(log: &str) -> String {
    let mut prefixed = String::with_capacity(log.len() * 4 / 3);
    for (number, line) in log.lines().enumerate() {
        let seconds = number / 2000;
        let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
        let _ = writeln!(prefixed, "2026-05-01T{hour:02}:{minute:02}:{second:02}.{:07}Z {line}", number % 2000 * 5000);
    }
    prefixed
}
