//! Small histories that the tests of the analyses are written with.

use std::time::Duration;

use chrono::{TimeDelta, TimeZone, Utc};

use crate::analysis::MemorySource;
use crate::model::{Outcome, SessionId, TestResult, TestSession};

/// A session of one system, one hour after another, with one test's outcomes under each name.
///
/// Each text is a test's outcomes, one character a session: `.` passed, `F` failed, `E` error, `r` failed once then passed,
/// `R` failed twice, `s` skipped, `x` xfailed, `X` xpassed, `u` a repeated attempt and nothing after it, a blank no result.
pub(crate) fn sessions(tests: &[(&str, &str)]) -> Vec<TestSession> {
    let length = tests.iter().map(|(_, outcomes)| outcomes.chars().count()).max().unwrap_or(0);
    (0..length)
        .map(|place| {
            let results = tests.iter().flat_map(|(name, outcomes)| {
                let outcomes = outcomes.chars().nth(place).map_or(&[][..], of_character);
                outcomes.iter().zip(1..).map(|(outcome, attempt)| TestResult {
                    attempt,
                    duration: Some(Duration::from_millis(100)),
                    ..TestResult::new(*name, *outcome)
                })
            });
            TestSession {
                sut_name: Some("shop".to_owned()),
                session_id: SessionId::new(format!("s{place:04}")),
                session_start_time: Utc
                    .with_ymd_and_hms(2026, 1, 1, 0, 0, 0)
                    .single()
                    .map(|start| start + TimeDelta::hours(place as i64)),
                test_results: results.collect(),
                complete: true,
                ..TestSession::default()
            }
        })
        .collect()
}

/// The same sessions as a source.
pub(crate) fn history(tests: &[(&str, &str)]) -> MemorySource {
    MemorySource::new(sessions(tests))
}

fn of_character(character: char) -> &'static [Outcome] {
    use Outcome::{Error, Failed, Passed, Rerun, Skipped, Xfailed, Xpassed};
    match character {
        '.' => &[Passed],
        'F' => &[Failed],
        'E' => &[Error],
        'r' => &[Rerun, Passed],
        'R' => &[Rerun, Failed],
        's' => &[Skipped],
        'x' => &[Xfailed],
        'X' => &[Xpassed],
        'u' => &[Rerun],
        _ => &[],
    }
}
