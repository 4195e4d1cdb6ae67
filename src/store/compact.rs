//! Many small files made into few large ones, row by row as they are, so that reading stays fast however small the appends are.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::HashMap;
use std::path::Path;
use std::thread;

use arrow::array::RecordBatch;
use deltalake::protocol::DeltaOperation;
use parquet::arrow::arrow_reader::ParquetRecordBatchReader;

use super::StoreError;
use super::commit::{self, Committed};
use super::data_file::{FILE_BYTES, RecordWriter, WrittenFiles};
use super::decode::Texts;
use super::live_file::{Change, LiveFile};
use super::log::Log;
use super::scan;
use super::schema::{Record, SESSION_COLUMN, SUT_COLUMN};

/// How many files of about one size are made into one.
const FAN_IN: usize = 16;
/// How many bytes an append makes anew at most, so that nobody waits long for it.
const APPEND_BYTES: u64 = 16 * 1024 * 1024;
/// How many files are open at once.
const OPEN_FILES: usize = 256;
/// How many rows of each open file are in memory.
const BATCH_ROWS: usize = 256;
/// How often a compaction is tried while others commit.
const ATTEMPTS: u32 = 20;

/// What a compaction did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CompactReport {
    /// How many files were made into others.
    pub files_before: u64,
    /// How many they were made into.
    pub files_after: u64,
    /// How many bytes they had.
    pub bytes_before: u64,
    /// How many the others have.
    pub bytes_after: u64,
}

/// Makes small files into one where there are many of a size.
///
/// Sizes are powers of [`FAN_IN`] in rows: a row is copied once for each power that the history grows by, and the number of files grows
/// with the logarithm of the number of appends.
pub(crate) fn small_files(log: &mut Log) -> Result<(), StoreError> {
    for record in Record::ALL {
        let mut sizes: HashMap<u32, Vec<LiveFile>> = HashMap::new();
        for file in log.files(record).filter(|file| file.bytes <= APPEND_BYTES) {
            let power = file.statistics.num_records.max(1).ilog(FAN_IN as u64);
            sizes.entry(power).or_default().push(file.clone());
        }
        let due = sizes
            .into_values()
            .filter(|files| files.len() >= FAN_IN && files.iter().map(|file| file.bytes).sum::<u64>() <= APPEND_BYTES);
        for mut files in due {
            files.truncate(OPEN_FILES);
            replace(log, record, &files)?;
        }
    }
    Ok(())
}

/// Makes all files that are smaller than they should be into full ones.
pub(crate) fn all_files(log: &mut Log) -> Result<CompactReport, StoreError> {
    let mut report = CompactReport::default();
    for record in Record::ALL {
        let mut small: Vec<LiveFile> = log.files(record).filter(|file| file.bytes < FILE_BYTES / 2).cloned().collect();
        small.sort_by(|one, other| one.statistics.min_values.session_id.cmp(&other.statistics.min_values.session_id));
        for files in full_files(small) {
            if let Some(replaced) = replace(log, record, &files)? {
                report.files_before += files.len() as u64;
                report.bytes_before += files.iter().map(|file| file.bytes).sum::<u64>();
                report.files_after += replaced.files;
                report.bytes_after += replaced.bytes;
            }
        }
    }
    Ok(report)
}

/// Groups files in order so that each group makes about one full file; leaves out what would stay alone.
fn full_files(files: Vec<LiveFile>) -> Vec<Vec<LiveFile>> {
    let mut groups: Vec<Vec<LiveFile>> = Vec::new();
    let mut bytes = 0;
    for file in files {
        match groups.last_mut() {
            Some(group) if bytes + file.bytes <= FILE_BYTES && group.len() < OPEN_FILES => {
                bytes += file.bytes;
                group.push(file);
            }
            _ => {
                bytes = file.bytes;
                groups.push(vec![file]);
            }
        }
    }
    groups.retain(|group| group.len() > 1);
    groups
}

/// The files that took the place of others.
struct Replaced {
    files: u64,
    bytes: u64,
}

/// Puts the rows of files into new ones in one commit; `None` where another process has replaced some of them meanwhile, or where a newer
/// `insight` wrote them with columns that are not known here.
fn replace(log: &mut Log, record: Record, files: &[LiveFile]) -> Result<Option<Replaced>, StoreError> {
    let mut known = Vec::new();
    for file in files {
        if scan::has_only(log.location(), file, &record.arrow_schema())? {
            known.push(file.clone());
        }
    }
    if known.len() < 2 {
        return Ok(None);
    }
    let mut written = merge(log.location(), record, &known)?;
    let replaced =
        Replaced { files: written.files().count() as u64, bytes: written.files().map(|file| file.bytes).sum::<u64>() };
    for attempt in 0..ATTEMPTS {
        if !log.names(known.iter()) {
            return Ok(None);
        }
        let operation = DeltaOperation::Optimize { predicate: None, target_size: FILE_BYTES.cast_signed() };
        match commit::exchange(log, written, &known, Change::Layout, operation)? {
            Committed::Done => return Ok(Some(replaced)),
            Committed::Raced(files) => written = files,
        }
        thread::sleep(commit::wait(attempt));
    }
    Ok(None)
}

/// Writes the rows of files into new ones, sorted by system under test and session as each of them is. Files that an earlier version
/// wrote are sorted by session alone: their rows come out, too, in larger pieces out of order.
fn merge(location: &Path, record: Record, files: &[LiveFile]) -> Result<WrittenFiles, StoreError> {
    let schema = record.arrow_schema();
    let mut writer = RecordWriter::new(location, record);
    let mut sources: Vec<Source<'_>> = files.iter().map(|file| Source::new(location, file)).collect();
    let keys = sources.iter().enumerate().map(|(index, source)| Reverse((source.key.clone(), index)));
    let mut order: BinaryHeap<Reverse<(Key, usize)>> = keys.collect();
    while let Some(Reverse((_, index))) = order.pop() {
        let Some(source) = sources.get_mut(index) else { continue };
        let next = order.peek().map(|Reverse((key, _))| key);
        if let Some(rows) = source.take_until(next)? {
            writer.write(&scan::conformed(&rows, &schema).map_err(|reason| source.corrupt(reason))?)?;
        }
        if !source.is_over {
            order.push(Reverse((source.key.clone(), index)));
        }
    }
    writer.finish()
}

/// What rows are sorted by: the system under test, empty where it is not known, and the session.
type Key = (String, String);

/// A file whose rows are taken piece by piece. It is opened when the first is needed, and closed after the last.
struct Source<'a> {
    location: &'a Path,
    file: &'a LiveFile,
    reader: Option<ParquetRecordBatchReader>,
    rows: Option<RecordBatch>,
    /// The key of the next row; before the file is opened, the least that it may be.
    key: Key,
    is_over: bool,
}

impl<'a> Source<'a> {
    fn new(location: &'a Path, file: &'a LiveFile) -> Source<'a> {
        let session = file.statistics.min_values.session_id.clone().unwrap_or_default();
        let key = (file.statistics.least_sut().unwrap_or_default().to_owned(), session);
        Source { location, file, reader: None, rows: None, key, is_over: false }
    }

    /// Takes rows up to the first whose key is beyond `next`; `None` where there is none, or where the file had only to be opened.
    fn take_until(&mut self, next: Option<&Key>) -> Result<Option<RecordBatch>, StoreError> {
        let Some(rows) = self.rows.take() else {
            self.advance()?;
            return Ok(None);
        };
        let count = self.count_until(&rows, next)?;
        let taken = rows.slice(0, count);
        if count < rows.num_rows() {
            self.load(rows.slice(count, rows.num_rows() - count))?;
        } else {
            self.advance()?;
        }
        Ok(Some(taken))
    }

    /// Returns how many rows have keys up to `next`; at least one.
    fn count_until(&self, rows: &RecordBatch, next: Option<&Key>) -> Result<usize, StoreError> {
        let (Some((sut, session)), Some(_)) = (next, rows.column_by_name(SESSION_COLUMN)) else {
            return Ok(rows.num_rows());
        };
        let keys = Keys::new(rows).map_err(|reason| self.corrupt(reason))?;
        let beyond = (1..rows.num_rows()).find(|row| keys.get(*row) > (sut.as_str(), session.as_str()));
        Ok(beyond.unwrap_or(rows.num_rows()))
    }

    fn advance(&mut self) -> Result<(), StoreError> {
        let reader = match &mut self.reader {
            Some(reader) => reader,
            closed => closed.insert(scan::whole(self.location, self.file, BATCH_ROWS)?),
        };
        match reader.next() {
            Some(Ok(rows)) => self.load(rows),
            Some(Err(error)) => Err(self.corrupt(error.to_string())),
            None => {
                self.reader = None;
                self.is_over = true;
                Ok(())
            }
        }
    }

    fn load(&mut self, rows: RecordBatch) -> Result<(), StoreError> {
        let (sut, session) = Keys::new(&rows).map_err(|reason| self.corrupt(reason))?.get(0);
        self.key = (sut.to_owned(), session.to_owned());
        self.rows = Some(rows);
        Ok(())
    }

    fn corrupt(&self, reason: String) -> StoreError {
        StoreError::Corrupt { path: self.location.join(&self.file.path), reason }
    }
}

/// The keys of some rows.
struct Keys<'a> {
    suts: Texts<'a>,
    sessions: Texts<'a>,
}

impl<'a> Keys<'a> {
    fn new(rows: &'a RecordBatch) -> Result<Keys<'a>, String> {
        Ok(Keys { suts: Texts::new(rows, SUT_COLUMN)?, sessions: Texts::new(rows, SESSION_COLUMN)? })
    }

    fn get(&self, row: usize) -> (&'a str, &'a str) {
        // What has no session is in no order.
        let Some(session) = self.sessions.get(row) else { return ("", "") };
        (self.suts.get(row).unwrap_or_default(), session)
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::super::encode::SessionRow;
    use super::super::{Access, HistoryStore, append};
    use super::*;
    use crate::analysis::synthetic::SyntheticHistory;
    use crate::analysis::{
        Filter, MemorySource, NodeIdPattern, Pairing, SlowSort, TestSort, Window, compare, failures, overview, rates,
        slow, test_history, tests,
    };
    use crate::model::{SessionSummary, TestSession};

    /// Adds sessions as earlier versions did: sorted by session alone, so that systems alternate.
    fn append_in_older_order(location: &Path, mut sessions: Vec<TestSession>, now: DateTime<Utc>) {
        sessions.sort_by(|one, other| one.session_id.cmp(&other.session_id));
        let rows: Vec<SessionRow> = sessions.into_iter().map(|session| SessionRow::new(session, now)).collect();
        let mut log = Log::open(location, Access::Write).expect("a history");
        let files = append::write_in_order(location, &rows.iter().collect::<Vec<_>>()).expect("files");
        let committed = commit::exchange(&mut log, files, &[], Change::Data, append::operation()).expect("a commit");
        assert!(matches!(committed, Committed::Done));
    }

    /// What analyses of all kinds say: of everything, of one system, of a window and of some tests.
    fn answers(source: &dyn crate::analysis::Source) -> Vec<String> {
        let starts = source.sessions(&Filter::default()).expect("sessions").rows;
        let middle = starts.get(starts.len() / 2).and_then(|session: &SessionSummary| session.session_start_time);
        let of_sut = Filter { sut_names: vec!["service-01".to_owned()], ..Filter::default() };
        let later = Filter { window: Window { from: middle, until: None }, ..Filter::default() };
        let earlier = Filter { window: Window { from: None, until: middle }, ..Filter::default() };
        let some = Filter { node_ids: vec![NodeIdPattern::glob("*_00000?[*").expect("a glob")], ..Filter::default() };
        let mut answers = Vec::new();
        for filter in [&Filter::default(), &of_sut, &later, &some] {
            answers.push(format!("{:#?}", overview(source, filter, 50).expect("an overview")));
            answers.push(format!("{:#?}", rates(source, filter).expect("rates")));
            answers.push(format!("{:#?}", failures(source, filter, 50).expect("failures")));
            answers.push(format!("{:#?}", slow(source, filter, SlowSort::Median, 50).expect("slow tests")));
            answers.push(format!("{:#?}", tests(source, filter, TestSort::Failures, 500).expect("tests")));
        }
        answers.push(format!("{:#?}", test_history(source, &some, 500).expect("a history")));
        answers.push(format!("{:#?}", compare(source, &earlier, &later, Pairing::SameSut).expect("a comparison")));
        answers
    }

    #[test]
    fn files_in_the_older_order_and_new_ones_become_one_that_answers_alike() {
        let directory = tempfile::tempdir().expect("a directory");
        let now = DateTime::from_timestamp_micros(1_772_366_400_123_456).expect("a time");
        let history = SyntheticHistory { suts: 3, sessions: 24, tests: 60, flaky: 0.1, ..SyntheticHistory::default() };
        let sessions: Vec<TestSession> = history.sessions().collect();
        let mut store = HistoryStore::open(directory.path(), Access::Write).expect("a new history");
        for (place, some) in sessions.chunks(12).enumerate() {
            if place % 2 == 0 {
                append_in_older_order(directory.path(), some.to_vec(), now);
            } else {
                store.append(some.to_vec(), now).expect("an append");
            }
        }
        let expected = answers(&MemorySource::new(sessions.clone()));
        let mut store = HistoryStore::open(directory.path(), Access::Write).expect("the history");
        assert!(answers(&store) == expected, "before the compaction");
        let report = store.compact().expect("a compaction");
        assert!(report.files_before > report.files_after, "{report:?}");
        assert!(answers(&store) == expected, "after the compaction");
        assert!(answers(&HistoryStore::open(directory.path(), Access::Read).expect("the history")) == expected);
        assert!(store.check().expect("a check").problems.is_empty());
    }
}
