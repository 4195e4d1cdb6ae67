//! How fast JUnit XML becomes sessions, against the rate at which quick-xml's tokenizer goes through the same bytes.
//!
//! `cargo bench --no-default-features --bench junit [-- FILE...]`. Without files: a report like pytest's of a large suite. The ratio is
//! what counts: it means the same on every machine.

mod support;

use std::io::{self, Write};

use insight::model::Format;
use quick_xml::XmlVersion;
use quick_xml::events::Event;
use quick_xml::reader::Reader;

fn main() -> io::Result<()> {
    let files: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let mut out = io::stdout().lock();
    if files.is_empty() {
        for (name, report) in [("mostly passing", report(100_000, 25)), ("half failing", report(20_000, 2))] {
            compare(&mut out, name, &report)?;
        }
    }
    for file in files {
        compare(&mut out, &file, &std::fs::read(&file)?)?;
    }
    Ok(())
}

fn compare(out: &mut impl Write, name: &str, report: &[u8]) -> io::Result<()> {
    support::compare(out, name, report, Format::JunitXml, ("tokens", || tokenize(report)))
}

/// Every event, and every attribute with its value normalized; nothing is kept.
fn tokenize(report: &[u8]) -> usize {
    let mut reader = Reader::from_reader(report);
    let mut buffer = Vec::new();
    let mut seen = 0;
    loop {
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(tag) | Event::Empty(tag)) => {
                for attribute in tag.attributes().flatten() {
                    seen += attribute.normalized_value(XmlVersion::Implicit1_0).map_or(0, |value| value.len());
                }
            }
            Ok(Event::Text(text)) => seen += text.xml10_content().len(),
            Ok(Event::CData(text)) => seen += text.len(),
            Ok(Event::Eof) | Err(_) => return seen,
            Ok(_) => seen += 1,
        }
        buffer.clear();
    }
}

/// A report of `tests` tests as pytest writes it, of which each `failing`th fails.
fn report(tests: usize, failing: usize) -> Vec<u8> {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><testsuites name=\"pytest tests\"><testsuite name=\"pytest\" errors=\"0\" \
         failures=\"0\" skipped=\"0\" tests=\"0\" time=\"12.5\" timestamp=\"2026-11-22T07:36:25.693039+00:00\" hostname=\"h\">",
    );
    for test in 0..tests {
        let module = test / 40;
        text += &format!(
            "<testcase classname=\"tests.unit.test_module_{module}.TestThing\" name=\"test_something[{test}-case]\" time=\"0.0{:02}\"",
            test % 100
        );
        if test % failing == 0 {
            text += &format!(
                "><failure message=\"AssertionError: assert {test} == 0&#10; +  where {test} = value()\">value = {test}\n\n    \
                 @pytest.mark.parametrize(&quot;value&quot;, range(100))\n    def test_something(value):\n        result = compute(value)\n\
                 &gt;       assert result == 0\nE       AssertionError: assert {test} == 0\nE        +  where {test} = value()\n\n\
                 tests/unit/test_module_{module}.py:{}: AssertionError</failure></testcase>",
                test % 500
            );
        } else {
            text += " />";
        }
    }
    text += "</testsuite></testsuites>";
    text.into_bytes()
}
