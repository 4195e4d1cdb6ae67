//! Sessions to put into histories, and directories to compare.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use insight::model::{Format, NodeId, Outcome, OutputField, SessionId, Source, TestResult, TestSession, TimeSource};

/// When the histories of these tests are written.
pub(crate) fn now() -> DateTime<Utc> {
    "2026-03-01T12:00:00Z".parse().expect("a time")
}

/// Returns a session that no other number gives, with this many results.
pub(crate) fn session(number: u64, results: usize) -> TestSession {
    let start = now() - TimeDelta::days(100) + TimeDelta::minutes(i64::try_from(number).expect("a small number") * 7);
    TestSession {
        sut_name: Some(format!("sut-{}", number % 3)),
        session_id: SessionId::new(format!(
            "{}-{:016x}",
            start.format("%Y%m%dT%H%M%SZ"),
            number.wrapping_mul(0x9e37_79b9_7f4a_7c15)
        )),
        session_start_time: Some(start),
        session_stop_time: Some(start + TimeDelta::seconds(90)),
        time_source: Some(TimeSource::Report),
        session_duration: Some(Duration::from_micros(90_000_123)),
        complete: true,
        exit_status: Some(1),
        source: vec![Source {
            format: Format::JunitXml,
            path: Some(format!("out-{number}.xml")),
            sha256: Some(format!("{number:064x}")),
            bytes: Some(1000 + number),
        }],
        tags: BTreeMap::from([("branch".into(), "main".into()), ("run".into(), number.to_string())]),
        test_results: (0..results).map(|index| result(number, index)).collect(),
        output_fields: insight::model::OutputFields {
            lastline: Some(OutputField { name: "lastline".into(), content: format!("{results} tests in 90.00s") }),
            ..Default::default()
        },
        ..TestSession::default()
    }
}

fn result(number: u64, index: usize) -> TestResult {
    let failed = (index as u64 + number).is_multiple_of(17);
    TestResult {
        duration: Some(Duration::from_micros(1000 + (index as u64 * 7919 + number * 31) % 50_000)),
        longreprtext: failed
            .then(|| format!("def test_{index}():\n>   assert {index} == {number}\nE   AssertionError").into()),
        ..TestResult::new(
            NodeId::new(format!("tests/test_module_{}.py::TestClass::test_case_{index}", index % 20)),
            if failed { Outcome::Failed } else { Outcome::Passed },
        )
    }
}

/// Returns everything below a directory: paths with their bytes.
pub(crate) fn contents(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    collect(directory, directory, &mut found);
    found
}

fn collect(root: &Path, directory: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(directory).expect("a readable directory") {
        let path = entry.expect("an entry").path();
        let name = path.strip_prefix(root).expect("a path below").to_string_lossy().into_owned();
        if path.is_dir() {
            found.insert(format!("{name}/"), Vec::new());
            collect(root, &path, found);
        } else {
            found.insert(name, fs::read(&path).expect("a readable file"));
        }
    }
}
