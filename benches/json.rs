//! How fast JSON reports become sessions, against the rate at which serde_json goes through the same bytes and keeps nothing.
//!
//! `cargo bench --no-default-features --bench json [-- FILE...]`. Without files: a report log and a json-report like those of a large suite.
//! The ratio is what counts: it means the same on every machine.

mod support;

use std::io::{self, Write};

use insight::formats::{Detection, detect};
use insight::model::Format;
use serde::de::IgnoredAny;

fn main() -> io::Result<()> {
    let files: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let mut out = io::stdout().lock();
    if files.is_empty() {
        for (name, failing) in [("mostly passing", 25), ("half failing", 2)] {
            compare(&mut out, &format!("report log, {name}"), &report_log(20_000, failing))?;
        }
        compare(&mut out, "json-report", &json_report(20_000, 25))?;
    }
    for file in files {
        compare(&mut out, &file, &std::fs::read(&file)?)?;
    }
    Ok(())
}

fn compare(out: &mut impl Write, name: &str, report: &[u8]) -> io::Result<()> {
    let Detection::Report(format) = detect(&report[..report.len().min(65_536)]) else {
        return writeln!(out, "{name}: no report");
    };
    support::compare(out, name, report, format, ("skipped", || skip(report, format)))
}

/// Goes through every value and keeps none.
fn skip(report: &[u8], format: Format) -> usize {
    let is_json = |text: &[u8]| usize::from(serde_json::from_slice::<IgnoredAny>(text).is_ok());
    match format {
        Format::ReportLog => report.split(|byte| *byte == b'\n').map(is_json).sum(),
        _ => is_json(report),
    }
}

fn longrepr(test: usize) -> String {
    let entry = format!(
        r#"{{"reprentries": [{{"type": "ReprEntry", "data": {{"lines": ["    def test_something(value):", "        result = compute(value)", ">       assert result == 0", "E       AssertionError: assert {test} == 0", "E        +  where {test} = value()"], "reprfuncargs": {{"args": [["value", "{test}"]]}}, "reprlocals": null, "reprfileloc": {{"path": "tests/test_module.py", "lineno": 33, "message": "AssertionError"}}, "style": "long"}}}}], "extraline": null, "style": "long"}}"#
    );
    let crash = r#"{"path": "/home/user/project/tests/test_module.py", "lineno": 33, "message": "AssertionError: assert 1 == 0"}"#;
    format!(
        r#"{{"reprcrash": {crash}, "reprtraceback": {entry}, "sections": [], "chain": [[{entry}, {crash}, null]]}}"#
    )
}

/// A report log of `tests` tests as pytest-reportlog writes it, of which each `failing`th fails.
fn report_log(tests: usize, failing: usize) -> Vec<u8> {
    let mut text = String::from("{\"pytest_version\": \"9.2.0\", \"$report_type\": \"SessionStart\"}\n");
    for test in 0..tests {
        let module = test / 40;
        for when in ["setup", "call", "teardown"] {
            let fails = when == "call" && test % failing == 0;
            let (outcome, longrepr) = if fails { ("failed", longrepr(test)) } else { ("passed", "null".to_owned()) };
            let start = 1_795_336_657.25 + test as f64 / 100.0;
            text += &format!(
                "{{\"nodeid\": \"tests/unit/test_module_{module}.py::TestThing::test_something[{test}-case]\", \"location\": \
                 [\"tests/unit/test_module_{module}.py\", 31, \"TestThing.test_something[{test}-case]\"], \"keywords\": \
                 {{\"test_something[{test}-case]\": 1, \"parametrize\": 1, \"pytestmark\": 1, \"TestThing\": 1, \
                 \"test_module_{module}.py\": 1, \"project\": 1}}, \"outcome\": \"{outcome}\", \"longrepr\": {longrepr}, \"when\": \
                 \"{when}\", \"user_properties\": [], \"sections\": [], \"duration\": 0.000{}, \"start\": {start}, \"stop\": {start}, \
                 \"$report_type\": \"TestReport\"}}\n",
                test % 1000
            );
        }
    }
    text += "{\"exitstatus\": 1, \"$report_type\": \"SessionFinish\"}\n";
    text.into_bytes()
}

/// A document of `tests` tests as pytest-json-report writes it, of which each `failing`th fails.
fn json_report(tests: usize, failing: usize) -> Vec<u8> {
    let mut text = String::from(
        "{\"created\": 1795336657.5, \"duration\": 200.5, \"exitcode\": 1, \"root\": \"/home/user/project\", \"environment\": {}, \
         \"summary\": {}, \"tests\": [",
    );
    for test in 0..tests {
        let module = test / 40;
        let fails = test % failing == 0;
        let outcome = if fails { "failed" } else { "passed" };
        let failure = if fails {
            ", \"crash\": {\"path\": \"tests/test_module.py\", \"lineno\": 33, \"message\": \"AssertionError: assert 1 == 0\"}, \
             \"longrepr\": \"    def test_something(value):\\n        result = compute(value)\\n>       assert result == 0\\nE       assert 1 == 0\""
        } else {
            ""
        };
        text += if test == 0 { "" } else { ", " };
        text += &format!(
            "{{\"nodeid\": \"tests/unit/test_module_{module}.py::TestThing::test_something[{test}-case]\", \"lineno\": 31, \"outcome\": \
             \"{outcome}\", \"keywords\": [\"test_something[{test}-case]\", \"parametrize\", \"TestThing\", \"project\"], \"setup\": \
             {{\"duration\": 0.0004, \"outcome\": \"passed\"}}, \"call\": {{\"duration\": 0.001, \"outcome\": \"{outcome}\"{failure}}}, \
             \"teardown\": {{\"duration\": 0.0003, \"outcome\": \"passed\"}}}}"
        );
    }
    text += "]}";
    text.into_bytes()
}
