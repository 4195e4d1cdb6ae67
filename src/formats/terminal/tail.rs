//! The right end of a result line, and the marks of progress in it.

use std::time::Duration;

/// What stands at the right end of a result line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tail {
    /// Nothing.
    None,
    /// `[ 50%]` or `[ 3/31]`: how far the run has come.
    Progress,
    /// The duration so far (`console_output_style=times`).
    Time(Duration),
}

/// Splits the right end off a line: its progress mark or time, and the spaces before it.
pub(super) fn split_tail(line: &str) -> (&str, Tail) {
    let body = line.trim_end_matches(' ');
    if let Some(before) = body.strip_suffix(']') {
        if let Some(open) = before.as_bytes().iter().rposition(|byte| *byte == b'[')
            && is_progress(&before[open + 1..])
        {
            return (before[..open].trim_end_matches(' '), Tail::Progress);
        }
    } else if body.ends_with(['s', 'm'])
        && let Some((before, time)) = split_time(body)
    {
        return (before.trim_end_matches(' '), Tail::Time(time));
    }
    (body, Tail::None)
}

/// Whether the inside of brackets says how far a run has come: ` 50%` or ` 3/31`.
pub(super) fn is_progress(inner: &str) -> bool {
    let inner = inner.trim_start_matches(' ');
    let number = |text: &str| !text.is_empty() && text.len() < 10 && text.bytes().all(|byte| byte.is_ascii_digit());
    match inner.strip_suffix('%') {
        Some(percent) => number(percent),
        None => inner.split_once('/').is_some_and(|(done, all)| number(done) && number(all)),
    }
}

/// Splits off a duration as `console_output_style=times` writes it: `482.4us`, `1.2ms`, `1.234s`, `1m 5s`, `1h 2m`.
fn split_time(body: &str) -> Option<(&str, Duration)> {
    let (before, token) = body.rsplit_once(' ')?;
    let seconds =
        |text: &str, unit: f64| text.parse::<f64>().ok().filter(|_| text.contains('.')).map(|value| value * unit);
    let single = token
        .strip_suffix("us")
        .and_then(|text| seconds(text, 1e-6))
        .or_else(|| token.strip_suffix("ms").and_then(|text| seconds(text, 1e-3)))
        .or_else(|| token.strip_suffix('s').and_then(|text| seconds(text, 1.0)));
    if let Some(value) = single {
        return Some((before, Duration::try_from_secs_f64(value).ok()?));
    }
    let (before, large) = before.rsplit_once(' ')?;
    let whole = |text: &str, unit: char| text.strip_suffix(unit)?.parse::<u64>().ok();
    let total = match (whole(large, 'm'), whole(token, 's'), whole(large, 'h'), whole(token, 'm')) {
        (Some(minutes), Some(seconds), _, _) => minutes.checked_mul(60)?.checked_add(seconds)?,
        (_, _, Some(hours), Some(minutes)) => hours.checked_mul(3600)?.checked_add(minutes.checked_mul(60)?)?,
        _ => return None,
    };
    Some((before, Duration::from_secs(total)))
}

/// Splits off a time in brackets that some projects print behind the word: `PASSED [3.7160s] [100%]`.
pub(super) fn split_bracketed_time(body: &str, tail: Tail) -> (&str, Tail) {
    let split = || {
        let (before, inner) = body.strip_suffix("s]")?.rsplit_once(" [")?;
        let time = inner.parse::<f64>().ok().filter(|_| inner.contains('.'))?;
        Some((before.trim_end(), Tail::Time(Duration::try_from_secs_f64(time).ok()?)))
    };
    split().unwrap_or((body, tail))
}

/// Splits off the part before the next progress mark, and what stands behind the mark.
pub(super) fn next_segment(text: &str) -> (&str, Option<&str>) {
    let mut from = 0;
    while let Some(open) = text[from..].find('[').map(|at| at + from) {
        if let Some(close) = text[open..].find(']').map(|at| at + open)
            && is_progress(&text[open + 1..close])
        {
            return (&text[..open], Some(&text[close + 1..]));
        }
        from = open + 1;
    }
    (text, None)
}
