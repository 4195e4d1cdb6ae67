//! Quantities as people read them.

use std::time::Duration;

/// Returns a duration in three digits or so: `0.4ms`, `85ms`, `3.42s`, `2m03s`, `1h02m`.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let microseconds = duration.as_micros();
    match microseconds {
        0 => "0s".to_owned(),
        1..1_000 => format!("{:.1}ms", microseconds as f64 / 1e3),
        1_000..999_500 => format!("{}ms", (microseconds + 500) / 1_000),
        999_500..59_995_000 => format!("{:.2}s", microseconds as f64 / 1e6),
        59_995_000..60_000_000 => "1m00s".to_owned(),
        60_000_000..3_600_000_000 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        _longer => format!("{}h{:02}m", seconds / 3600, seconds / 60 % 60),
    }
}

/// Returns a size in decimal units: `812 B`, `94.3 kB`, `1.2 GB`.
pub(crate) fn bytes(bytes: u64) -> String {
    const UNITS: [(&str, u64); 4] =
        [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
    match UNITS.into_iter().find(|(_, size)| bytes >= *size) {
        Some((unit, size)) => format!("{:.1} {unit}", (bytes / (size / 10)) as f64 / 10.0),
        None => format!("{bytes} B"),
    }
}

/// Returns a number and its noun: `1 session`, `2 sessions`, `no sessions` for none.
pub(crate) fn count(number: u64, one: &str, many: &str) -> String {
    match number {
        0 => format!("no {many}"),
        1 => format!("1 {one}"),
        _more => format!("{number} {many}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_keep_three_digits_or_so() {
        let rows = [
            (0, "0s"),
            (400, "0.4ms"),
            (85_999, "86ms"),
            (999_999, "1.00s"),
            (3_429_000, "3.43s"),
            (59_990_000, "59.99s"),
            (59_999_999, "1m00s"),
            (123_000_000, "2m03s"),
            (3_725_000_000, "1h02m"),
        ];
        for (microseconds, expected) in rows {
            assert_eq!(duration(Duration::from_micros(microseconds)), expected);
        }
    }

    #[test]
    fn sizes_and_counts() {
        assert_eq!([bytes(812), bytes(94_345), bytes(1_299_999_999)], ["812 B", "94.3 kB", "1.2 GB"]);
        assert_eq!([0, 1, 2].map(|number| count(number, "test", "tests")), ["no tests", "1 test", "2 tests"]);
    }
}
