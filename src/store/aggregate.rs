//! What pruned results came to: one row a test and day.

use std::collections::BTreeMap;
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::{Date32Type, Int64Type};
use arrow::error::ArrowError;
use chrono::NaiveDate;

use super::decode::{Numbers, Texts};
use super::encode::{self, Columns};
use super::log::Log;
use super::scan::{self, Rows};
use super::schema::{Record, SESSION_COLUMN};
use super::{StoreError, parallel};
use crate::model::{NodeId, Outcome, OutcomeCounts};
use crate::wire::microseconds;

/// How many rows are encoded together.
const BATCH_ROWS: usize = 4096;

/// What one test did on one day, as far as the results are pruned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DailyTest {
    /// The day (UTC) on which the sessions began; `None` where that is not known.
    pub day: Option<NaiveDate>,
    /// The system under test.
    pub sut_name: Option<String>,
    /// The test.
    pub node_id: NodeId,
    /// Attempts by outcome: those that were repeated under `rerun`, the others under theirs.
    pub counts: OutcomeCounts,
    /// In how many sessions it ran.
    pub sessions: u64,
    /// How long its attempts took, where that is known.
    pub durations: Option<DurationSum>,
}

/// Durations, summed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DurationSum {
    /// How many.
    pub count: u64,
    /// All together.
    pub sum: Duration,
    /// The shortest.
    pub shortest: Duration,
    /// The longest.
    pub longest: Duration,
}

type Key = (Option<i32>, Option<String>, String);

/// Aggregates in the making.
#[derive(Debug, Default)]
pub(crate) struct Aggregates {
    rows: BTreeMap<Key, Aggregate>,
}

#[derive(Debug, Clone, Default)]
struct Aggregate {
    outcomes: [u64; Outcome::ALL.len()],
    sessions: u64,
    last_session: String,
    duration_count: u64,
    duration_sum: u64,
    duration_least: Option<u64>,
    duration_greatest: Option<u64>,
}

impl Aggregates {
    /// Takes result rows in; those of one session follow each other.
    pub(crate) fn add(&mut self, batch: &RecordBatch) -> Result<(), String> {
        let session_ids = Texts::new(batch, SESSION_COLUMN)?;
        let suts = Texts::new(batch, "sut_name")?;
        let node_ids = Texts::new(batch, "nodeid")?;
        let outcomes = Texts::new(batch, "outcome")?;
        let durations = Numbers::<Int64Type>::new(batch, "duration_us")?;
        let days = Numbers::<Date32Type>::new(batch, "day")?;
        for row in 0..batch.num_rows() {
            let key = (days.get(row), suts.get(row).map(str::to_owned), node_ids.required(row)?.to_owned());
            let aggregate = self.rows.entry(key).or_default();
            let session_id = session_ids.required(row)?;
            if aggregate.sessions == 0 || aggregate.last_session != session_id {
                aggregate.sessions += 1;
                session_id.clone_into(&mut aggregate.last_session);
            }
            let outcome = Outcome::from_word(outcomes.required(row)?).ok_or("an outcome that is not known")?;
            if let Some((_, count)) =
                Outcome::ALL.into_iter().zip(&mut aggregate.outcomes).find(|(one, _)| *one == outcome)
            {
                *count += 1;
            }
            if let Some(micros) = durations.get(row).and_then(|micros| u64::try_from(micros).ok()) {
                aggregate.duration_count += 1;
                aggregate.duration_sum = aggregate.duration_sum.saturating_add(micros);
                aggregate.duration_least = Some(aggregate.duration_least.map_or(micros, |least| least.min(micros)));
                aggregate.duration_greatest = aggregate.duration_greatest.max(Some(micros));
            }
        }
        Ok(())
    }

    /// Takes in what another history kept; rows of one key add up.
    pub(crate) fn add_daily(&mut self, daily: &DailyTest) {
        let key = (daily.day.map(encode::days_since_epoch), daily.sut_name.clone(), daily.node_id.as_str().to_owned());
        let aggregate = self.rows.entry(key).or_default();
        for (outcome, count) in Outcome::ALL.into_iter().zip(&mut aggregate.outcomes) {
            *count += daily.counts.get(outcome);
        }
        aggregate.sessions += daily.sessions;
        if let Some(durations) = daily.durations {
            let least = microseconds(durations.shortest);
            aggregate.duration_count += durations.count;
            aggregate.duration_sum = aggregate.duration_sum.saturating_add(microseconds(durations.sum));
            aggregate.duration_least = Some(aggregate.duration_least.map_or(least, |known| known.min(least)));
            aggregate.duration_greatest = aggregate.duration_greatest.max(Some(microseconds(durations.longest)));
        }
    }

    /// Returns the rows.
    pub(crate) fn batches(&self) -> impl Iterator<Item = Result<RecordBatch, ArrowError>> {
        let rows: Vec<(&Key, &Aggregate)> = self.rows.iter().collect();
        let starts = (0..rows.len()).step_by(BATCH_ROWS);
        let batches: Vec<_> = starts
            .map(|start| batch(rows.get(start..(start + BATCH_ROWS).min(rows.len())).unwrap_or_default()))
            .collect();
        batches.into_iter()
    }
}

fn batch(rows: &[(&Key, &Aggregate)]) -> Result<RecordBatch, ArrowError> {
    let mut columns = Columns::new(Record::Aggregate, rows);
    columns.text("sut_name", |((_, sut, _), _)| sut.as_deref());
    columns.date("day", |((day, _, _), _)| *day);
    columns.text("nodeid", |((_, _, node_id), _)| Some(node_id.as_str()));
    for (index, outcome) in Outcome::ALL.into_iter().enumerate() {
        columns.long(count_column(outcome), move |(_, aggregate)| aggregate.outcomes.get(index).copied());
    }
    columns.long("unfinished", |_| None);
    columns.long("session_count", |(_, aggregate)| Some(aggregate.sessions));
    columns.long("duration_count", |(_, aggregate)| Some(aggregate.duration_count));
    columns.long("duration_sum_us", |(_, aggregate)| Some(aggregate.duration_sum));
    columns.long("duration_min_us", |(_, aggregate)| aggregate.duration_least);
    columns.long("duration_max_us", |(_, aggregate)| aggregate.duration_greatest);
    columns.finish()
}

fn count_column(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Failed => "failed",
        Outcome::Error => "errors",
        Outcome::Skipped => "skipped",
        Outcome::Xfailed => "xfailed",
        Outcome::Xpassed => "xpassed",
        Outcome::Rerun => "rerun",
    }
}

/// Returns what is kept of pruned results, by day, system under test and test.
pub(crate) fn daily_tests(log: &Log) -> Result<Vec<DailyTest>, StoreError> {
    let schema = Record::Aggregate.arrow_schema();
    let columns: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let files: Vec<_> = log.files(Record::Aggregate).collect();
    let read = parallel::try_map(&files, |file| {
        let mut rows = Vec::new();
        scan::read(log.location(), file, &columns, Rows::All, |batch| {
            rows.extend(decoded(&batch)?);
            Ok(())
        })?;
        Ok::<_, StoreError>(rows)
    })?;
    let mut days: BTreeMap<Key, DailyTest> = BTreeMap::new();
    for (key, row) in read.into_iter().flatten() {
        match days.get_mut(&key) {
            Some(day) => day.add(&row),
            None => {
                days.insert(key, row);
            }
        }
    }
    Ok(days.into_values().collect())
}

fn decoded(batch: &RecordBatch) -> Result<Vec<(Key, DailyTest)>, String> {
    let suts = Texts::new(batch, "sut_name")?;
    let node_ids = Texts::new(batch, "nodeid")?;
    let days = Numbers::<Date32Type>::new(batch, "day")?;
    let number = |name| Numbers::<Int64Type>::new(batch, name);
    let counts = Outcome::ALL.map(|outcome| number(count_column(outcome)));
    let (sessions, count, sum) = (number("session_count")?, number("duration_count")?, number("duration_sum_us")?);
    let (shortest, longest) = (number("duration_min_us")?, number("duration_max_us")?);
    let count_of = |outcome: Outcome, row| -> Result<u64, String> {
        let column = Outcome::ALL.into_iter().zip(&counts).find(|(one, _)| *one == outcome).map(|(_, column)| column);
        let Some(column) = column else { return Ok(0) };
        unsigned(column.as_ref().map_err(Clone::clone)?.get(row))
    };
    let decode = |row| {
        let (sut_name, node_id) = (suts.get(row).map(str::to_owned), node_ids.required(row)?);
        let durations = match (unsigned(count.get(row))?, shortest.get(row), longest.get(row)) {
            (count, Some(shortest), Some(longest)) => Some(DurationSum {
                count,
                sum: Duration::from_micros(unsigned(sum.get(row))?),
                shortest: Duration::from_micros(unsigned(Some(shortest))?),
                longest: Duration::from_micros(unsigned(Some(longest))?),
            }),
            (_, None, _) | (_, _, None) => None,
        };
        let day = DailyTest {
            day: days.get(row).and_then(encode::day_of),
            sut_name: sut_name.clone(),
            node_id: NodeId::from(node_id),
            counts: OutcomeCounts {
                passed: count_of(Outcome::Passed, row)?,
                failed: count_of(Outcome::Failed, row)?,
                errors: count_of(Outcome::Error, row)?,
                skipped: count_of(Outcome::Skipped, row)?,
                xfailed: count_of(Outcome::Xfailed, row)?,
                xpassed: count_of(Outcome::Xpassed, row)?,
                rerun: count_of(Outcome::Rerun, row)?,
                unfinished: 0,
            },
            sessions: unsigned(sessions.get(row))?,
            durations,
        };
        Ok(((days.get(row), sut_name, node_id.to_owned()), day))
    };
    (0..batch.num_rows()).map(decode).collect()
}

fn unsigned(number: Option<i64>) -> Result<u64, String> {
    u64::try_from(number.unwrap_or_default()).map_err(|_| "a negative count".to_owned())
}

impl DailyTest {
    fn add(&mut self, other: &DailyTest) {
        self.sessions += other.sessions;
        self.counts += other.counts;
        self.durations = match (self.durations, other.durations) {
            (Some(one), Some(other)) => Some(DurationSum {
                count: one.count + other.count,
                sum: one.sum.saturating_add(other.sum),
                shortest: one.shortest.min(other.shortest),
                longest: one.longest.max(other.longest),
            }),
            (one, other) => one.or(other),
        };
    }
}
