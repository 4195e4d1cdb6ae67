//! Any bytes read as JUnit XML: no panic, no endless run, and nothing of a session that was not there is complete.
#![no_main]

use insight::formats::{ReadOptions, read};
use insight::model::Format;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let parsed = read(bytes, Format::JunitXml, &ReadOptions::default());
    for session in &parsed.value {
        // Counts and groups are computed from any results without a panic, too.
        assert!(session.outcome_counts().tests() <= session.test_results.len() as u64);
        session.rerun_test_groups();
    }
    // What does not fit into memory is the same afterwards.
    let packed = read(bytes, Format::JunitXml, &ReadOptions { held_results: Some(0), ..ReadOptions::default() });
    assert!(packed == parsed);
});
