//! Whatever is done to a JSON report, its reader returns, and invents nothing.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use insight::diagnostic::{Parsed, Severity};
use insight::formats::{ReadOptions, detect, read};
use insight::model::{Format, NodeId, TestSession};
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_assert, prop_oneof, proptest};
use proptest::sample::{Index, select};

use crate::support;

/// How many places each file is cut at.
const CUTS: usize = 120;
/// Files beyond this size would take long without optimisation.
const LARGEST: u64 = 200_000;
const FORMATS: [Format; 3] = [Format::ReportLog, Format::JsonReport, Format::Ctrf];

/// The JSON samples with their formats.
fn samples() -> Vec<(PathBuf, Format)> {
    let files = ["samples/json", "samples/runs"].map(|folder| support::files_below(&support::project(folder)));
    let format = |path: &Path| match (path.extension()?.to_str()?, path.file_stem()?.to_str()?) {
        ("jsonl", _) => Some(Format::ReportLog),
        ("json", name) if name.contains("ctrf") => Some(Format::Ctrf),
        ("json", _) => Some(Format::JsonReport),
        _ => None,
    };
    let is_small = |path: &PathBuf| fs::metadata(path).is_ok_and(|metadata| metadata.len() <= LARGEST);
    files.into_iter().flatten().filter(is_small).filter_map(|path| Some((path.clone(), format(&path)?))).collect()
}

fn parsed(bytes: &[u8], format: Format) -> Parsed<Vec<TestSession>> {
    read(bytes, format, &ReadOptions::default())
}

fn ids(sessions: &[TestSession]) -> HashSet<NodeId> {
    sessions.iter().flat_map(|session| &session.test_results).map(|result| result.node_id.clone()).collect()
}

#[test]
fn a_cut_report_gives_a_part_of_the_whole_and_says_so() {
    let samples = samples();
    assert!(samples.len() >= 15, "only {} samples", samples.len());
    for (path, format) in samples {
        let bytes = fs::read(&path).expect("a sample");
        let whole = ids(&parsed(&bytes, format).value);
        let content = bytes.trim_ascii_end().len();
        for cut in (0..CUTS).map(|number| number * content / CUTS) {
            let Parsed { value, diagnostics } = parsed(&bytes[..cut], format);
            let place = format!("{} cut at {cut}", path.display());
            assert!(ids(&value).is_subset(&whole), "{place}");
            assert!(value.len() <= 1 && value.iter().all(|session| !session.complete), "{place}");
            let is_said = diagnostics.iter().any(|diagnostic| diagnostic.severity > Severity::Note);
            assert!(value.is_empty() || is_said, "{place}: nothing is said");
        }
    }
}

#[test]
fn a_report_without_its_head_gives_a_part_of_the_whole() {
    for (path, format) in samples() {
        let bytes = fs::read(&path).expect("a sample");
        let whole = ids(&parsed(&bytes, format).value);
        for cut in (1..CUTS).map(|number| number * bytes.len() / CUTS) {
            let Parsed { value, .. } = parsed(&bytes[cut..], format);
            let place = format!("{} from {cut}", path.display());
            assert!(ids(&value).is_subset(&whole), "{place}");
            let is_lossless = bytes[..cut].trim_ascii().is_empty();
            assert!(is_lossless || value.iter().all(|session| !session.complete), "{place}");
        }
    }
}

#[test]
fn lines_of_a_hundred_megabytes_are_no_matter() {
    let text = "x".repeat(100 << 20);
    let line = format!(
        "{{\"nodeid\": \"a.py::b\", \"when\": \"call\", \"outcome\": \"failed\", \"longrepr\": \"{text}\", \"$report_type\": \"TestReport\"}}\n"
    );
    drop(text);
    let sessions = parsed(line.as_bytes(), Format::ReportLog).value;
    assert_eq!(sessions[0].test_results.to_vec()[0].longreprtext.as_deref().map(str::len), Some(100 << 20));
}

/// Bytes that look more or less like a report.
fn nearly_json() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => select(PIECES.to_vec()).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => any::<[u8; 2]>().prop_map(|bytes| bytes.to_vec()),
        1 => Just("[{".repeat(300).into_bytes()),
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

const PIECES: [&str; 40] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    ",",
    ":",
    "\n",
    "\\",
    " ",
    "null",
    "true",
    "NaN",
    "-Infinity",
    "1",
    "1e999",
    "-0.5",
    "\"\\ud800\"",
    "\"nodeid\": ",
    "\"a.py::b\"",
    "\"when\": ",
    "\"call\"",
    "\"setup\"",
    "\"outcome\": ",
    "\"passed\"",
    "\"failed\"",
    "\"rerun\"",
    "\"$report_type\": ",
    "\"TestReport\"",
    "\"SessionStart\"",
    "\"longrepr\": ",
    "\"reprtraceback\": ",
    "\"tests\": ",
    "\"results\": ",
    "\"name\": ",
    "\"status\": ",
    "\"duration\": ",
    "\"retries\": ",
    "\"sections\": ",
    "\"user_properties\": ",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        detect(&bytes);
        for format in FORMATS {
            parsed(&bytes, format);
        }
    }

    #[test]
    fn bytes_that_look_like_a_report_are_read_without_a_panic(bytes in nearly_json()) {
        detect(&bytes);
        for format in FORMATS {
            parsed(&bytes, format);
        }
    }

    #[test]
    fn a_report_with_other_bytes_in_it_is_read_without_a_panic(
        sample in any::<Index>(),
        changes in proptest::collection::vec((any::<Index>(), any::<u8>()), 1..6),
    ) {
        let samples = samples();
        let (path, format) = sample.get(&samples);
        let mut bytes = fs::read(path).expect("a sample");
        bytes.truncate(40_000);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        detect(&bytes);
        let read = parsed(&bytes, *format);
        prop_assert!(read.value.len() < 1000);
    }
}
