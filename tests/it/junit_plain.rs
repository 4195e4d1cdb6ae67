//! Most tags of JUnit XML are read by a short way: it must lead to where the long one does.

use std::fs;

use insight::formats::{ReadOptions, read};
use insight::model::Format;
use proptest::prelude::{ProptestConfig, any, prop_assert_eq, proptest};
use proptest::sample::{Index, select};

use crate::support;

/// Pieces of tags, whole and damaged.
const PIECES: [&str; 22] = [
    "<testcase classname=\"tests.test_a\" name=\"test_b\" time=\"0.1\" />",
    "<testcase classname=\"tests.test_a\" name=\"test_c[1]\" time=\"1.25\"/>",
    "<testcase classname=\"tests.test_a.TestD\" name=\"test_é\" time=\"0.001\" />",
    "<testcase classname=\"tests.test_a\" name=\"test_e\" time=\"0.1\">",
    "<testcase classname=\"tests.test_a\" name=\"test_&lt;x&gt;\" time=\"0.1\" />",
    "<testcase classname=\"pytest\" name=\"internal\" time=\"0.1\" />",
    "<testcase classname=\"\" name=\"\" time=\"0.1\" />",
    "<testcase classname=\"tests.test_a\" name=\"",
    "<testcase classname=\"tests.test_a\" name=\"a.b\" time=\"x\" />",
    "<testcase classname=\"tests.test_a\" name=\"a#x1B\" time=\"0.1\" />",
    "</testcase>",
    "<testsuites>",
    "</testsuites>",
    "<testsuite name=\"pytest\" tests=\"2\">",
    "</testsuite>",
    "<failure message=\"m\">",
    "</failure>",
    "<![CDATA[",
    "]]>",
    "\n",
    "\"",
    "text & ",
];

/// What is read of a report.
fn shown(bytes: &[u8]) -> String {
    let parsed = read(bytes, Format::JunitXml, &ReadOptions::default());
    format!("{parsed:#?}").replace("<testcase\\t", "<testcase ")
}

/// The same report, in which each test case has a tab where pytest writes a space.
fn by_the_long_way(bytes: &[u8]) -> Vec<u8> {
    const TAG: &[u8] = b"<testcase ";
    let mut long = bytes.to_vec();
    for place in places(bytes, TAG) {
        long[place + TAG.len() - 1] = b'\t';
    }
    long
}

fn places(bytes: &[u8], tag: &[u8]) -> Vec<usize> {
    (0..bytes.len()).filter(|place| bytes[*place..].starts_with(tag)).collect()
}

#[test]
fn samples_cut_and_damaged_are_read_alike_by_both_ways() {
    const CUTS: usize = 24;
    let files = ["samples/junit", "samples/runs"].map(|folder| support::files_below(&support::project(folder)));
    let reports = files.into_iter().flatten().filter(|path| path.extension().is_some_and(|kind| kind == "xml"));
    let mut read = 0;
    for path in reports {
        let bytes = fs::read(&path).expect("a sample");
        read += 1;
        for cut in 1..=CUTS {
            let mut bytes = bytes[..cut * bytes.len() / CUTS].to_vec();
            assert_eq!(shown(&bytes), shown(&by_the_long_way(&bytes)), "{} cut {cut}", path.display());
            if let Some(byte) = bytes.get_mut(cut * 7919 % 4001) {
                *byte = b"\"<&>\xff\n"[cut % 6];
                assert_eq!(shown(&bytes), shown(&by_the_long_way(&bytes)), "{} damaged {cut}", path.display());
            }
        }
    }
    assert!(read >= 15, "only {read} samples");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_pieces_are_read_alike_by_both_ways(
        pieces in proptest::collection::vec(select(&PIECES[..]), 0..40),
        cut in any::<Index>(),
    ) {
        let text = format!("<testsuites><testsuite name=\"pytest\">{}", pieces.concat());
        let bytes = &text.as_bytes()[..cut.index(text.len() + 1)];
        prop_assert_eq!(shown(bytes), shown(&by_the_long_way(bytes)));
    }
}
