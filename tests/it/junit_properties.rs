//! JUnit XML: what holds for any report, and for any bytes.

use std::fmt::Write as _;
use std::io::{self, BufReader, Read};
use std::time::Duration;

use insight::formats::{ReadOptions, read};
use insight::model::{Format, Outcome, TestResult, TestSession};
use proptest::prelude::*;

/// Pieces of which reports are made, and of which damaged ones are.
const PIECES: [&str; 40] = [
    "<testsuites>",
    "</testsuites>",
    "<testsuite name=\"pytest\" tests=\"2\" failures=\"1\">",
    "</testsuite>",
    "<testsuite>",
    "<testcase classname=\"tests.test_a\" name=\"test_b\" time=\"0.1\">",
    "</testcase>",
    "<testcase name=\"c\"/>",
    "<testcase",
    "<failure message=\"assert &quot;a&quot;\">",
    "</failure>",
    "<error message=\"failed on teardown with &quot;x&quot;\">",
    "</error>",
    "<skipped type=\"pytest.skip\" message=\"why\">",
    "</skipped>",
    "<skipped/>",
    "<system-out>",
    "</system-out>",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<?xml version=\"1.0\" encoding=\"latin-1\"?>",
    "<!DOCTYPE x [<!ENTITY y \"z\">]>",
    "&amp;",
    "&y;",
    "&#10;",
    "& <",
    " < ",
    "\"",
    "'",
    ">",
    "=",
    "\r\n",
    "é\u{fffd}",
    "<rerunFailure>",
    "<flakyError type=\"x\">",
    "<stackTrace>",
    "tests/test_a.py:3: AssertionError\n",
    "---- Captured Out ----\n",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        read(&bytes[..], Format::JunitXml, &ReadOptions::default());
    }

    #[test]
    fn any_pieces_are_read_alike_however_they_arrive(pieces in proptest::collection::vec(0..PIECES.len(), 0..60)) {
        let text: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
        let whole = read(text.as_bytes(), Format::JunitXml, &ReadOptions::default());
        let dripping = BufReader::with_capacity(1, Dripping(text.as_bytes()));
        let dripped = read(dripping, Format::JunitXml, &ReadOptions::default());
        prop_assert_eq!(whole, dripped);
    }

    #[test]
    fn a_session_survives_being_written_as_junit_xml(results in proptest::collection::vec(result(), 0..20)) {
        let written = write(&results);
        let parsed = read(written.as_bytes(), Format::JunitXml, &ReadOptions::default());
        let expected = distinct(results);
        prop_assert_eq!(parsed.value.len(), 1, "{}", written);
        prop_assert_eq!(&described(&parsed.value[0].test_results.to_vec()), &described(&expected), "{}", written);
        prop_assert!(parsed.value[0].complete);
        let options = ReadOptions { held_results: Some(0), ..ReadOptions::default() };
        prop_assert_eq!(&read(written.as_bytes(), Format::JunitXml, &options), &parsed, "{}", written);
    }
}

/// An input that gives a byte at a time.
struct Dripping<'bytes>(&'bytes [u8]);

impl Read for Dripping<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(1);
        self.0.read(&mut buffer[..length])
    }
}

/// A result that JUnit XML can carry: no `#`, since `#x1B` stands for a character that XML cannot hold.
fn result() -> impl Strategy<Value = TestResult> {
    let outcome = prop_oneof![
        Just(Outcome::Passed),
        Just(Outcome::Failed),
        Just(Outcome::Error),
        Just(Outcome::Skipped),
        Just(Outcome::Xfailed),
    ];
    let node_id = "([a-z_][a-z_.]{0,6}[a-z]/){0,2}(\\[[a-z]{1,4}\\]/)?test_[a-z]{1,6}\\.py(::Test[A-Z][a-z]{0,5}){0,2}::test_[a-z]{1,6}(\\[[ -\"$-~é☃]{0,12}\\])?";
    (node_id, outcome, 0_u64..100_000, "[ -\"$-~é☃\n]{1,40}").prop_map(|(node_id, outcome, millis, text)| {
        let mut result = TestResult::new(node_id.as_str(), outcome);
        result.duration = Some(Duration::from_millis(millis));
        match outcome {
            Outcome::Failed | Outcome::Error => result.longreprtext = Some(format!("E{text}E").into()),
            Outcome::Skipped | Outcome::Xfailed => {
                result.reason = Some(format!("r{}r", text.replace('\n', " ")).into());
            }
            Outcome::Passed | Outcome::Xpassed | Outcome::Rerun => {}
        }
        result
    })
}

/// The first of each id: several of one are another matter.
fn distinct(results: Vec<TestResult>) -> Vec<TestResult> {
    let mut distinct: Vec<TestResult> = Vec::new();
    for result in results {
        if distinct.iter().all(|known| known.node_id != result.node_id) {
            distinct.push(result);
        }
    }
    distinct
}

/// What JUnit XML carries of a result.
fn described(results: &[TestResult]) -> Vec<String> {
    let describe = |result: &TestResult| {
        let TestResult { node_id, node_id_certainty, outcome, duration, longreprtext, reason, .. } = result;
        format!("{node_id} {node_id_certainty:?} {outcome} {duration:?} {longreprtext:?} {reason:?}")
    };
    results.iter().map(describe).collect()
}

/// Writes results as pytest does, with `junit_family=xunit1`.
fn write(results: &[TestResult]) -> String {
    let mut xml = "<?xml version=\"1.0\" encoding=\"utf-8\"?><testsuites><testsuite name=\"pytest\">".to_owned();
    for result in distinct(results.to_vec()) {
        let (path, domain) = result.node_id.as_str().split_once("::").expect("a test has a domain");
        let brackets = domain.find('[').unwrap_or(domain.len());
        let (classes, name) = match domain[..brackets].rfind("::") {
            Some(at) => (format!(".{}", domain[..at].replace("::", ".")), &domain[at + 2..]),
            None => (String::new(), domain),
        };
        let classname = path.strip_suffix(".py").unwrap_or(path).replace('/', ".") + &classes;
        let time = result.duration.unwrap_or_default().as_secs_f64();
        let _ = write!(
            xml,
            "<testcase classname=\"{}\" name=\"{}\" file=\"{}\" line=\"1\" time=\"{time:.3}\">",
            escaped(&classname),
            escaped(name),
            escaped(path)
        );
        let text = escaped(result.longreprtext.as_deref().unwrap_or_default());
        let reason = escaped(result.reason.as_deref().unwrap_or_default());
        let _ = match result.outcome {
            Outcome::Failed => write!(xml, "<failure message=\"short\">{text}</failure>"),
            Outcome::Error => write!(xml, "<error message=\"failed on setup with &quot;short&quot;\">{text}</error>"),
            Outcome::Skipped => {
                write!(xml, "<skipped type=\"pytest.skip\" message=\"{reason}\">/x/{path}:3: {reason}</skipped>")
            }
            Outcome::Xfailed => write!(xml, "<skipped type=\"pytest.xfail\" message=\"{reason}\" />"),
            Outcome::Passed | Outcome::Xpassed | Outcome::Rerun => Ok(()),
        };
        xml += "</testcase>";
    }
    xml + "</testsuite></testsuites>"
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\n', "&#10;")
}

#[test]
fn a_session_without_tests_is_one() {
    let parsed = read(write(&[]).as_bytes(), Format::JunitXml, &ReadOptions::default());
    assert_eq!(parsed.value, [TestSession { complete: true, ..TestSession::default() }]);
    assert_eq!(parsed.diagnostics, []);
}
