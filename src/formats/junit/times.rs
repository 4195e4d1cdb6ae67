//! Numbers and times, as tools of many countries write them.

use std::time::Duration;

use chrono::{DateTime, FixedOffset, NaiveDateTime, Utc};

use super::problems::Problem;

/// Reads numbers, and remembers how the document writes them.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    /// A point was seen as the decimal separator, so that a comma separates thousands.
    points: bool,
}

impl Numbers {
    /// Reads a time in seconds.
    ///
    /// | written | is |
    /// |---|---|
    /// | `0.25`, `1e-05` | itself |
    /// | `1,234.5`, `1.234,5`, `1 234,5` | thousands and decimals: the last separator separates decimals |
    /// | `1,5` | a decimal comma |
    /// | `1,234` | 1234 where the document has a decimal point elsewhere, else 1.234 |
    /// | `1,234,567` | thousands |
    pub(super) fn seconds(&mut self, raw: &str) -> Result<Option<Duration>, Problem> {
        if let Some(time) = plain_seconds(raw.as_bytes()) {
            self.points = true;
            return Ok(Some(time));
        }
        let text = raw.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let seconds = match text.parse::<f64>() {
            Ok(seconds) => {
                self.points |= text.contains('.');
                Some(seconds)
            }
            Err(_) => self.localised(text),
        };
        match seconds.map(Duration::try_from_secs_f64) {
            Some(Ok(time)) => Ok(Some(micros(time))),
            Some(Err(_)) | None => Err(Problem::Value(format!("'{raw}' is no time in seconds"))),
        }
    }

    /// Notes that a time with a decimal point was read elsewhere.
    pub(super) fn saw_point(&mut self) {
        self.points = true;
    }

    /// Reads a number of tests.
    pub(super) fn count(&self, raw: &str) -> Result<Option<u64>, Problem> {
        let text = raw.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let count = text.parse().ok().or_else(|| grouped_count(text));
        count.map(Some).ok_or_else(|| Problem::Value(format!("'{raw}' is no number of tests")))
    }

    fn localised(&self, text: &str) -> Option<f64> {
        let text: String = text
            .trim_end_matches(['s', 'S'])
            .chars()
            .filter(|character| !character.is_whitespace() && !matches!(character, '\'' | '’'))
            .collect();
        let commas = text.matches(',').count();
        let points = text.matches('.').count();
        let decimal = match (commas, points) {
            (0, 0 | 1) => '.',
            (0, _) | (2.., 0) => return without_separators(&text).parse().ok(),
            (1, 0) if self.points && three_behind(&text, ',') => return without_separators(&text).parse().ok(),
            (1, 0) => ',',
            _ if text.rfind(',') > text.rfind('.') => ',',
            _ => '.',
        };
        let (whole, fraction) = text.rsplit_once(decimal).unwrap_or((&text, ""));
        format!("{}.{fraction}", without_separators(whole)).parse().ok()
    }
}

/// Reads `12.345`: digits, a point, and up to six digits. Nearly all times are written so.
pub(super) fn plain_seconds(text: &[u8]) -> Option<Duration> {
    let point = text.iter().position(|byte| *byte == b'.')?;
    let (whole, fraction) = (&text[..point], &text[point + 1..]);
    if whole.is_empty() || whole.len() > 9 || fraction.is_empty() || fraction.len() > 6 {
        return None;
    }
    let number = |digits: &[u8]| {
        let step = |number: u32, digit: &u8| digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0'));
        digits.iter().try_fold(0, step)
    };
    let nanos = number(fraction)? * 10_u32.pow(9 - u32::try_from(fraction.len()).ok()?);
    Some(Duration::new(u64::from(number(whole)?), nanos))
}

/// Reads `1,234`: digits in groups of three, however they are separated.
fn grouped_count(text: &str) -> Option<u64> {
    let separator = |character: char| matches!(character, ',' | '.' | '\'' | '’') || character.is_whitespace();
    let mut groups = text.split(separator);
    let first = groups.next().filter(|first| (1..=3).contains(&first.len()))?;
    groups.try_fold(first.parse().ok()?, |count: u64, group| {
        let number: u64 = group.parse().ok().filter(|_| group.len() == 3)?;
        count.checked_mul(1000)?.checked_add(number)
    })
}

fn without_separators(text: &str) -> String {
    text.replace([',', '.'], "")
}

fn three_behind(text: &str, separator: char) -> bool {
    text.rsplit_once(separator).is_some_and(|(whole, rest)| rest.len() == 3 && !whole.is_empty() && whole != "0")
}

/// Microseconds are what the session document carries; a float has digits below them that mean nothing.
fn micros(time: Duration) -> Duration {
    let micros = (time.subsec_nanos() + 500) / 1000;
    Duration::from_secs(time.as_secs()) + Duration::from_micros(u64::from(micros))
}

/// A point in time as a report gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stamp {
    /// With its time zone, or made certain by the zone that the user gave.
    Known(DateTime<Utc>),
    /// Without time zone.
    Naive,
    /// No time at all.
    Unreadable,
}

/// Reads a time stamp: RFC 3339 with or without zone, RFC 2822, or seconds or milliseconds since 1970.
pub(super) fn stamp(text: &str, timezone: Option<FixedOffset>) -> Stamp {
    let text = text.trim();
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Stamp::Known(time.to_utc());
    }
    const ZONED: [&str; 3] = ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f %#z"];
    if let Some(time) = ZONED.iter().find_map(|format| DateTime::parse_from_str(text, format).ok()) {
        return Stamp::Known(time.to_utc());
    }
    if let Ok(time) = DateTime::parse_from_rfc2822(text) {
        return Stamp::Known(time.to_utc());
    }
    if let Some(time) = since_1970(text) {
        return Stamp::Known(time);
    }
    const NAIVE: [&str; 4] = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%a %b %e %H:%M:%S %Y"];
    let Some(naive) = NAIVE.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok()) else {
        return Stamp::Unreadable;
    };
    match timezone.and_then(|zone| naive.and_local_timezone(zone).single()) {
        Some(time) => Stamp::Known(time.to_utc()),
        None => Stamp::Naive,
    }
}

/// Returns the time that a stamp gives, if it is certain.
pub(super) fn known(text: &str, timezone: Option<FixedOffset>) -> Option<DateTime<Utc>> {
    match stamp(text, timezone) {
        Stamp::Known(time) => Some(time),
        Stamp::Naive | Stamp::Unreadable => None,
    }
}

fn since_1970(text: &str) -> Option<DateTime<Utc>> {
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    match whole.len() {
        13 if is_number => DateTime::from_timestamp_millis(whole.parse().ok()?),
        10 if is_number => DateTime::from_timestamp_micros((text.parse::<f64>().ok()? * 1e6) as i64),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(texts: &[&str]) -> Vec<Option<u128>> {
        let mut numbers = Numbers::default();
        texts.iter().map(|text| numbers.seconds(text).ok().flatten().map(|time| time.as_micros())).collect()
    }

    #[test]
    fn times_of_many_countries() {
        assert_eq!(
            seconds(&["0.25", "1e-05", " 3 ", "", "1.0s"]),
            [Some(250_000), Some(10), Some(3_000_000), None, Some(1_000_000)]
        );
        assert_eq!(seconds(&["1,5", "0,003", "1,234"]), [Some(1_500_000), Some(3000), Some(1_234_000)]);
        assert_eq!(
            seconds(&["1,234.5", "1.234,5", "1\u{a0}234,5", "3,000.457"]),
            [Some(1_234_500_000), Some(1_234_500_000), Some(1_234_500_000), Some(3_000_457_000)]
        );
        assert_eq!(
            seconds(&["0.5", "1,234", "1,234,567"]),
            [Some(500_000), Some(1_234_000_000), Some(1_234_567_000_000)]
        );
        assert_eq!(seconds(&["-1", "NaN", "inf", "soon", "1e300"]), [None; 5]);
    }

    #[test]
    fn counts_in_groups_of_digits() {
        let numbers = Numbers::default();
        let counts = ["12", "1,234", "1.234.567", "1 234", "", "1,23", "-1", "1,23456", ","]
            .map(|text| numbers.count(text).ok());
        assert_eq!(
            counts,
            [
                Some(Some(12)),
                Some(Some(1234)),
                Some(Some(1_234_567)),
                Some(Some(1234)),
                Some(None),
                None,
                None,
                None,
                None
            ]
        );
    }

    #[test]
    fn microseconds_are_rounded_and_carried() {
        assert_eq!(seconds(&["0.9999999", "1.0000004"]), [Some(1_000_000), Some(1_000_000)]);
    }

    #[test]
    fn stamps() {
        let noon = DateTime::from_timestamp(1_795_262_400, 0).expect("a valid time");
        let zone = FixedOffset::east_opt(2 * 3600);
        for text in [
            "2026-11-21T12:00:00Z",
            "2026-11-21T14:00:00.000000+02:00",
            "2026-11-21T14:00:00+0200",
            "2026-11-21 14:00:00 +0200",
            "Sat, 21 Nov 2026 12:00:00 GMT",
            "1795262400",
            "1795262400000",
        ] {
            assert_eq!(stamp(text, None), Stamp::Known(noon), "{text}");
        }
        assert_eq!(stamp("2026-11-21T14:00:00.0", None), Stamp::Naive);
        assert_eq!(stamp("2026-11-21T14:00:00", zone), Stamp::Known(noon));
        assert_eq!(stamp("yesterday", zone), Stamp::Unreadable);
    }
}
