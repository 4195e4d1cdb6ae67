//! Any bytes read as CTRF documents: no panic, no endless run, and what is derived of the sessions is computed.
#![no_main]

use insight::formats::{ReadOptions, read};
use insight::model::Format;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let parsed = read(bytes, Format::Ctrf, &ReadOptions::default());
    for session in &parsed.value {
        assert!(session.outcome_counts().tests() <= session.test_results.len() as u64);
        session.rerun_test_groups();
    }
});
