//! Records for spreadsheets.

use std::io::{self, Write};

/// Writes comma-separated values.
pub(crate) struct RecordWriter<'a> {
    writer: csv::Writer<&'a mut dyn Write>,
}

impl<'a> RecordWriter<'a> {
    /// Writes to `out`.
    pub(crate) fn new(out: &'a mut dyn Write) -> RecordWriter<'a> {
        RecordWriter { writer: csv::Writer::from_writer(out) }
    }

    /// Writes one record, to its end. Errors of the writer keep their kind, so that a broken pipe is known as one.
    pub(crate) fn write(&mut self, fields: impl IntoIterator<Item = impl AsRef<[u8]>>) -> io::Result<()> {
        self.add(fields)?;
        self.flush()
    }

    /// Writes one record of many, which are sure to be out after [`RecordWriter::flush`].
    pub(crate) fn add(&mut self, fields: impl IntoIterator<Item = impl AsRef<[u8]>>) -> io::Result<()> {
        self.writer.write_record(fields).map_err(|error| match error.into_kind() {
            csv::ErrorKind::Io(error) => error,
            other => io::Error::other(format!("{other:?}")),
        })
    }

    /// Writes what is still held.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
