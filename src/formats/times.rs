//! Numbers that stand for instants.

use chrono::{DateTime, Utc};

/// Returns the instant that many seconds after the epoch; `None` for zero, which stands for unknown, and beyond the calendar.
pub(crate) fn instant(seconds: f64) -> Option<DateTime<Utc>> {
    let microseconds = (seconds * 1e6).round();
    let is_in_range = microseconds > 0.0 && microseconds < 9.0e18;
    is_in_range.then_some(microseconds as i64).and_then(DateTime::from_timestamp_micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_keep_their_microseconds() {
        let shown = |seconds| instant(seconds).map(|time| time.to_rfc3339());
        assert_eq!(shown(1795336657.470274).as_deref(), Some("2026-11-22T08:37:37.470274+00:00"));
        for unknown in [0.0, -5.0, f64::NAN, f64::INFINITY, 1e300, 9e17] {
            assert_eq!(shown(unknown), None, "{unknown}");
        }
    }
}
