//! Any bytes read as a console log: no panic, no endless run, and nothing of a session without last line is complete.
#![no_main]

use insight::formats::{ReadOptions, read};
use insight::model::{Ending, Format};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let parsed = read(bytes, Format::Terminal, &ReadOptions::default());
    for session in &parsed.value {
        // Counts and groups are computed from any results without a panic, too.
        assert!(session.outcome_counts().tests() <= session.test_results.len() as u64);
        session.rerun_test_groups();
        assert!(session.complete || session.ending != Some(Ending::Finished));
        // What is kept of a text is a part of the log, but for what replaces bytes that are no text.
        let longest = session.test_results.iter().filter_map(|result| result.longreprtext.as_ref().map(|text| text.len())).max();
        assert!(longest.is_none_or(|longest| longest <= 3 * bytes.len() + 64));
    }
});
