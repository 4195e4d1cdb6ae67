//! Windows of time as people type them.
//!
//! | typed | window |
//! |---|---|
//! | `7d`, `24h`, `90m`, `2w` | from so long ago |
//! | `2026-01-05` | that day |
//! | `2026-01-01..2026-01-31` | from the beginning of the first day to the end of the last |
//! | `2026-01-01T08:00..`, `..2026-02-01T00:00:00Z` | from then on, until then |

use chrono::{DateTime, Days, FixedOffset, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Utc};

/// A window as it was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeWindow {
    /// Back from now.
    Last(TimeDelta),
    /// Between two ends, of which one may be open.
    Between(Option<End>, Option<End>),
}

/// One end of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// A whole day.
    Day(NaiveDate),
    /// A time of day, where the user is.
    Time(NaiveDateTime),
    /// A moment.
    Moment(DateTime<FixedOffset>),
}

impl TimeWindow {
    /// Reads a window.
    pub(crate) fn parse(text: &str) -> Result<TimeWindow, String> {
        let wrong = || "a window is 7d, 24h, 90m, 2w, a day, or A..B of days or times".to_owned();
        if let Some((from, until)) = text.split_once("..") {
            let end = |text: &str| if text.is_empty() { Some(None) } else { End::parse(text).map(Some) };
            return match (end(from), end(until)) {
                (Some(None), Some(None)) | (None, _) | (_, None) => Err(wrong()),
                (Some(Some(from)), Some(Some(until))) if from.is_after(until) => {
                    Err("the window ends before it begins".to_owned())
                }
                (Some(from), Some(until)) => Ok(TimeWindow::Between(from, until)),
            };
        }
        if let Some(end @ End::Day(_)) = End::parse(text) {
            return Ok(TimeWindow::Between(Some(end), Some(end)));
        }
        let unit_at = text.len().saturating_sub(1);
        let (number, unit) = text.split_at_checked(unit_at).ok_or_else(wrong)?;
        let number: i64 = number.parse().ok().filter(|number| *number > 0).ok_or_else(wrong)?;
        let length = match unit {
            "m" => TimeDelta::try_minutes(number),
            "h" => TimeDelta::try_hours(number),
            "d" => TimeDelta::try_days(number),
            "w" => TimeDelta::try_weeks(number),
            _other => None,
        };
        length.map(TimeWindow::Last).ok_or_else(wrong)
    }

    /// Reads an age (`90d`, back from now) or the day or time at which something is as old as that.
    pub(crate) fn parse_age(text: &str) -> Result<TimeWindow, String> {
        if let Some(end) = End::parse(text) {
            return Ok(TimeWindow::Between(Some(end), None));
        }
        match TimeWindow::parse(text) {
            Ok(age @ TimeWindow::Last(_)) => Ok(age),
            Ok(TimeWindow::Between(..)) | Err(_) => Err("an age is 90d, 26w, 24h, a day or a time".to_owned()),
        }
    }

    /// Returns the first moment of the window and the first behind it. Days and times are those of `zone`.
    pub(crate) fn bounds<Zone: TimeZone>(
        self,
        now: DateTime<Utc>,
        zone: &Zone,
    ) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
        match self {
            TimeWindow::Last(length) => (now.checked_sub_signed(length), None),
            TimeWindow::Between(from, until) => {
                (from.and_then(|end| end.begin(zone)), until.and_then(|end| end.behind(zone)))
            }
        }
    }
}

impl End {
    /// Returns whether this lies behind another end wherever the user is; ends of different kinds may be told apart by their zone alone.
    fn is_after(self, other: End) -> bool {
        match (self, other) {
            (End::Day(day), End::Day(other)) => day > other,
            (End::Time(time), End::Time(other)) => time >= other,
            (End::Moment(moment), End::Moment(other)) => moment >= other,
            (End::Day(day), End::Time(time)) => day > time.date(),
            (End::Time(time), End::Day(day)) => time.date() > day,
            (End::Moment(_), _) | (_, End::Moment(_)) => false,
        }
    }

    fn parse(text: &str) -> Option<End> {
        let moment = || DateTime::parse_from_rfc3339(text).ok().map(End::Moment);
        let day = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(End::Day);
        let time = |format| NaiveDateTime::parse_from_str(text, format).ok().map(End::Time);
        day().or_else(moment).or_else(|| {
            ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"].into_iter().find_map(time)
        })
    }

    fn begin<Zone: TimeZone>(self, zone: &Zone) -> Option<DateTime<Utc>> {
        match self {
            End::Day(day) => moment_of(day.and_hms_opt(0, 0, 0)?, zone),
            End::Time(time) => moment_of(time, zone),
            End::Moment(moment) => Some(moment.to_utc()),
        }
    }

    /// Returns the first moment that lies behind this end.
    fn behind<Zone: TimeZone>(self, zone: &Zone) -> Option<DateTime<Utc>> {
        match self {
            End::Day(day) => End::Day(day.checked_add_days(Days::new(1))?).begin(zone),
            End::Time(_) | End::Moment(_) => self.begin(zone),
        }
    }
}

/// Returns the moment of a local time; where the clock was turned back over it, the first; where it was turned forward, an hour on.
fn moment_of<Zone: TimeZone>(time: NaiveDateTime, zone: &Zone) -> Option<DateTime<Utc>> {
    let earliest = |time: NaiveDateTime| zone.from_local_datetime(&time).earliest();
    earliest(time).or_else(|| earliest(time.checked_add_signed(TimeDelta::hours(1))?)).map(|moment| moment.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_as_people_type_them() {
        let now = DateTime::parse_from_rfc3339("2026-03-10T12:00:00Z").unwrap().to_utc();
        let zone = FixedOffset::east_opt(3600).unwrap();
        let bounds = |text: &str| {
            let (from, until) = TimeWindow::parse(text)?.bounds(now, &zone);
            let show = |end: Option<DateTime<Utc>>| {
                end.map_or_else(|| "-".to_owned(), |end| end.format("%m-%dT%H:%M").to_string())
            };
            Ok::<_, String>(format!("{} {}", show(from), show(until)))
        };
        let rows = [
            ("7d", Some("03-03T12:00 -")),
            ("24h", Some("03-09T12:00 -")),
            ("90m", Some("03-10T10:30 -")),
            ("2w", Some("02-24T12:00 -")),
            ("2026-03-05", Some("03-04T23:00 03-05T23:00")),
            ("2026-03-01..2026-03-05", Some("02-28T23:00 03-05T23:00")),
            ("2026-03-01T08:00..", Some("03-01T07:00 -")),
            ("..2026-03-01T08:00:00Z", Some("- 03-01T08:00")),
            ("", None),
            ("..", None),
            ("d", None),
            ("-1d", None),
            ("0d", None),
            ("7y", None),
            ("99999999999999999d", None),
            ("2026-02-30", None),
            ("2026-03-01..x", None),
            ("7é", None),
        ];
        for (text, expected) in rows {
            assert_eq!(bounds(text).ok().as_deref(), expected, "{text:?}");
        }
    }
}
