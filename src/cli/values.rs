//! Values of arguments that several commands share.

use chrono::FixedOffset;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::model::Format;

/// Returns the parser of a format's word, such as `junit-xml`.
pub(crate) fn input_format() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(Format::as_str))
        .try_map(|word| Format::from_word(&word).ok_or("not the word of a format"))
}

/// Reads an offset from UTC: `UTC`, `Z`, `+02:00`, `-0530`, `+2`.
pub(crate) fn time_zone(text: &str) -> Result<FixedOffset, String> {
    let wrong = || "an offset from UTC is expected, such as UTC, +02:00 or -0530".to_owned();
    if text.eq_ignore_ascii_case("utc") || text.eq_ignore_ascii_case("z") {
        return FixedOffset::east_opt(0).ok_or_else(wrong);
    }
    let (sign, digits) = match text.split_at_checked(1) {
        Some(("+", digits)) => (1, digits),
        Some(("-", digits)) => (-1, digits),
        _other => return Err(wrong()),
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some(parts) => parts,
        None if digits.len() > 2 => digits.split_at_checked(digits.len() - 2).ok_or_else(wrong)?,
        None => (digits, "0"),
    };
    let number = |part: &str| part.parse::<i32>().ok().filter(|_| part.bytes().all(|byte| byte.is_ascii_digit()));
    let (hours, minutes) = number(hours).zip(number(minutes)).ok_or_else(wrong)?;
    // The widest offsets in use are -12:00 and +14:00.
    if hours > 14 || minutes > 59 {
        return Err(wrong());
    }
    FixedOffset::east_opt(sign * (hours * 3600 + minutes * 60)).ok_or_else(wrong)
}

/// Reads a size: `1000`, `64kB`, `500MB`, `2GB`, `4GiB`.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    const UNITS: [(&str, u64); 8] = [
        ("", 1),
        ("b", 1),
        ("kb", 1_000),
        ("mb", 1_000_000),
        ("gb", 1_000_000_000),
        ("kib", 1 << 10),
        ("mib", 1 << 20),
        ("gib", 1 << 30),
    ];
    let digits = text.trim().bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.trim().split_at(digits);
    let unit = unit.trim().to_ascii_lowercase();
    let factor = UNITS.into_iter().find(|(name, _)| *name == unit).map(|(_, factor)| factor);
    let size = number.parse::<u64>().ok().zip(factor).and_then(|(number, factor)| number.checked_mul(factor));
    size.filter(|size| *size > 0).ok_or_else(|| "a size is expected, such as 64kB, 500MB or 2GiB".to_owned())
}

/// Reads a duration: `500ms`, `2s`, `1.5s`, `1m`, `1h`.
#[cfg(feature = "store")]
pub(crate) fn duration(text: &str) -> Result<std::time::Duration, String> {
    const UNITS: [(&str, f64); 5] = [("us", 1e-6), ("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
    let digits = text.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    let (number, unit) = text.split_at(digits);
    let factor = UNITS.into_iter().find(|(name, _)| *name == unit).map(|(_, factor)| factor);
    let seconds = number.parse::<f64>().ok().zip(factor).map(|(number, factor)| number * factor);
    let duration = seconds.and_then(|seconds| std::time::Duration::try_from_secs_f64(seconds).ok());
    duration.ok_or_else(|| "a duration is expected, such as 500ms, 2s or 1m".to_owned())
}

/// Reads a moment, in RFC 3339.
#[cfg(feature = "store")]
pub(crate) fn moment(text: &str) -> Result<chrono::DateTime<chrono::Utc>, String> {
    let wrong = |_| "a time as of RFC 3339 is expected, such as 2026-01-05T08:00:00+01:00".to_owned();
    chrono::DateTime::parse_from_rfc3339(text).map(|moment| moment.to_utc()).map_err(wrong)
}

/// Reads the name of a system under test.
#[cfg(feature = "store")]
pub(crate) fn sut_name(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name.is_empty() {
        return Err("a name is expected".to_owned());
    }
    if name.chars().any(char::is_control) {
        return Err("a name has no control characters".to_owned());
    }
    if name.len() > 200 {
        return Err("a name has 200 bytes at most".to_owned());
    }
    Ok(name.to_owned())
}

/// Reads a tag, `KEY=VALUE`.
#[cfg(feature = "store")]
pub(crate) fn tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.to_owned())),
        _other => Err("KEY=VALUE is expected, such as branch=main".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_from_utc() {
        let seconds = |text| time_zone(text).map(|offset| offset.local_minus_utc()).ok();
        let rows = [
            ("UTC", Some(0)),
            ("z", Some(0)),
            ("+02:00", Some(7200)),
            ("-0530", Some(-19_800)),
            ("+2", Some(7200)),
            ("+14", Some(50_400)),
            ("+1:0", Some(3600)),
            ("2", None),
            ("+", None),
            ("+24", None),
            ("+1:75", None),
            ("+-1:00", None),
            ("Europe/Vienna", None),
            ("+é1", None),
            ("", None),
        ];
        for (text, expected) in rows {
            assert_eq!(seconds(text), expected, "{text:?}");
        }
    }

    #[test]
    fn sizes_with_their_units() {
        let rows = [("1000", 1000), ("64kB", 64_000), ("2 GiB", 2 << 30), ("500MB", 500_000_000)];
        rows.into_iter().for_each(|(text, expected)| assert_eq!(size(text), Ok(expected), "{text}"));
        assert!(["", "0", "MB", "1.5GB", "99999999999GB", "3 apples"].iter().all(|text| size(text).is_err()));
    }

    #[cfg(feature = "store")]
    #[test]
    fn names_and_tags() {
        assert_eq!(sut_name(" api "), Ok("api".to_owned()));
        assert!(sut_name("  ").is_err() && sut_name("a\nb").is_err() && sut_name(&"x".repeat(201)).is_err());
        assert_eq!(tag("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert!(tag("a").is_err() && tag("=b").is_err());
    }
}
