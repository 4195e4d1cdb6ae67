//! What the log says of a file's rows, so that readers can pass the file by.

use std::collections::BTreeMap;

use arrow::array::{Array as _, AsArray as _, RecordBatch};
use arrow::compute;
use arrow::datatypes::{Date32Type, TimestampMicrosecondType};
use chrono::{DateTime, Datelike as _, NaiveDate, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::scan::Ids;
use super::schema::STATISTICS_COLUMNS;

/// How long an extreme text may be that the log states.
const TEXT_BYTES: usize = 128;
/// The years that every reader of the log can read.
const YEARS: std::ops::RangeInclusive<i32> = 1..=9999;

/// What the log says of a file's rows. What is absent is not known.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Statistics {
    /// How many there are.
    pub(crate) num_records: u64,
    /// The least value of each column.
    pub(crate) min_values: Extremes,
    /// The greatest.
    pub(crate) max_values: Extremes,
    /// How many values are null.
    null_count: BTreeMap<String, u64>,
}

/// An extreme value of each column that has statistics.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Extremes {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) session_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sut_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) session_start_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) day: Option<String>,
}

impl Statistics {
    /// Returns whether the file may hold rows of these sessions.
    pub(crate) fn may_hold_any(&self, ids: &Ids) -> bool {
        ids.any_within(self.min_values.session_id.as_deref(), self.max_values.session_id.as_deref())
    }

    /// Returns whether the file may hold rows of a system under test.
    pub(crate) fn may_hold_sut(&self, name: &str) -> bool {
        within(name, self.min_values.sut_name.as_deref(), self.max_values.sut_name.as_deref())
    }

    /// Returns the least system under test, where every row has one.
    pub(crate) fn least_sut(&self) -> Option<&str> {
        self.min_values.sut_name.as_deref().filter(|_| self.null_count.get("sut_name") == Some(&0))
    }

    /// Returns the latest start that the file may hold; `None` where that is not known, or where it holds sessions without one.
    pub(crate) fn latest_start(&self) -> Option<DateTime<Utc>> {
        // Other writers state whole milliseconds, cut.
        let latest = instant(self.max_values.session_start_time.as_deref()?)?;
        latest.checked_add_signed(TimeDelta::milliseconds(1)).filter(|_| self.all_started())
    }

    /// Returns the earliest start that the file may hold; `None` as above.
    pub(crate) fn earliest_start(&self) -> Option<DateTime<Utc>> {
        instant(self.min_values.session_start_time.as_deref()?).filter(|_| self.all_started())
    }

    fn all_started(&self) -> bool {
        self.null_count.get("session_start_time") == Some(&0)
    }
}

fn within(value: &str, least: Option<&str>, greatest: Option<&str>) -> bool {
    least.is_none_or(|least| value >= least) && greatest.is_none_or(|greatest| value <= greatest)
}

/// The statistics of a file that is being written.
#[derive(Debug, Default)]
pub(crate) struct Collector {
    rows: u64,
    nulls: BTreeMap<String, u64>,
    session_id: Range<String>,
    sut_name: Range<String>,
    session_start_time: Range<i64>,
    day: Range<i32>,
}

impl Collector {
    /// Takes in the rows of a batch.
    pub(crate) fn collect(&mut self, batch: &RecordBatch) {
        self.rows += batch.num_rows() as u64;
        for name in STATISTICS_COLUMNS.split(',') {
            if let Some(column) = batch.column_by_name(name) {
                *self.nulls.entry(name.to_owned()).or_default() += column.null_count() as u64;
            }
        }
        for (name, range) in [("session_id", &mut self.session_id), ("sut_name", &mut self.sut_name)] {
            if let Some(column) = batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>()) {
                range.widen(
                    compute::min_string(column).map(str::to_owned),
                    compute::max_string(column).map(str::to_owned),
                );
            }
        }
        let starts = batch.column_by_name("session_start_time");
        if let Some(column) = starts.and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>()) {
            self.session_start_time.widen(compute::min(column), compute::max(column));
        }
        if let Some(column) = batch.column_by_name("day").and_then(|column| column.as_primitive_opt::<Date32Type>()) {
            self.day.widen(compute::min(column), compute::max(column));
        }
    }

    /// Returns what there is to say of all rows.
    pub(crate) fn statistics(self) -> Statistics {
        let short = |text: &String| text.len() <= TEXT_BYTES;
        let id = self.session_id.filter(short);
        let sut = self.sut_name.filter(short);
        let start = self.session_start_time.map(start_text);
        let day = self.day.map(day_text);
        Statistics {
            num_records: self.rows,
            min_values: Extremes {
                session_id: id.least,
                sut_name: sut.least,
                session_start_time: start.least,
                day: day.least,
            },
            max_values: Extremes {
                session_id: id.greatest,
                sut_name: sut.greatest,
                session_start_time: start.greatest,
                day: day.greatest,
            },
            null_count: self.nulls,
        }
    }
}

fn instant(text: &str) -> Option<DateTime<Utc>> {
    // A bound that cannot be read bounds nothing.
    DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc())
}

fn start_text(micros: i64) -> Option<String> {
    let start = DateTime::from_timestamp_micros(micros).filter(|start| YEARS.contains(&start.year()))?;
    Some(start.to_rfc3339_opts(SecondsFormat::Micros, true))
}

fn day_text(days: i32) -> Option<String> {
    let day = NaiveDate::default().checked_add_signed(TimeDelta::try_days(i64::from(days))?)?;
    YEARS.contains(&day.year()).then(|| day.to_string())
}

/// The least and the greatest of the values seen.
#[derive(Debug)]
struct Range<Value> {
    least: Option<Value>,
    greatest: Option<Value>,
}

impl<Value> Default for Range<Value> {
    fn default() -> Range<Value> {
        Range { least: None, greatest: None }
    }
}

impl<Value: Ord> Range<Value> {
    fn widen(&mut self, least: Option<Value>, greatest: Option<Value>) {
        self.least = [self.least.take(), least].into_iter().flatten().min();
        self.greatest = [self.greatest.take(), greatest].into_iter().flatten().max();
    }

    /// Keeps each end if it passes; an end that is not stated is not known.
    fn filter(self, passes: impl Fn(&Value) -> bool) -> Range<Value> {
        Range { least: self.least.filter(&passes), greatest: self.greatest.filter(&passes) }
    }

    fn map<Other>(self, map: impl Fn(Value) -> Option<Other>) -> Range<Other> {
        Range { least: self.least.and_then(&map), greatest: self.greatest.and_then(&map) }
    }
}
