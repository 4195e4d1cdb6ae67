//! A stream between an input and its reader, that knows when to stop and remembers why.

use std::cell::RefCell;
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};

use super::Unreadable;
use super::archive::Meter;

/// What a stream ran into; looked at when the reader is done.
pub(crate) type Fault = RefCell<Option<Unreadable>>;

/// A stream that ends early, and says why, where the input is too large, the disk fails, the packing is damaged or the batch was stopped.
///
/// Damage is an end, not an error: what was unpacked before it can be read.
pub(crate) struct Guard<'a, Stream> {
    stream: Stream,
    left: u64,
    limit: u64,
    meter: Option<&'a Meter>,
    stop: &'a AtomicBool,
    fault: &'a Fault,
}

impl<'a, Stream: Read> Guard<'a, Stream> {
    /// Guards a stream of which `seen` bytes were read before.
    pub(crate) fn new(
        stream: Stream,
        seen: usize,
        limit: u64,
        meter: Option<&'a Meter>,
        stop: &'a AtomicBool,
        fault: &'a Fault,
    ) -> Guard<'a, Stream> {
        Guard { stream, left: limit.saturating_sub(seen as u64), limit, meter, stop, fault }
    }

    fn give_up(&self, reason: Unreadable) -> io::Error {
        self.fault.borrow_mut().get_or_insert(reason);
        io::Error::other("given up")
    }
}

impl<Stream: Read> Read for Guard<'_, Stream> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.fault.borrow().is_some() {
            return Ok(0);
        }
        if self.stop.load(Ordering::Relaxed) {
            return Err(self.give_up(Unreadable::Io(io::ErrorKind::Interrupted.into())));
        }
        match self.stream.read(buffer) {
            Ok(read) if read as u64 > self.left => Err(self.give_up(Unreadable::TooLarge { limit: self.limit })),
            Ok(read) => {
                self.left -= read as u64;
                Ok(read)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => match fault_of(error, self.meter) {
                Unreadable::Damaged { detail } => {
                    self.give_up(Unreadable::Damaged { detail });
                    Ok(0)
                }
                reason => Err(self.give_up(reason)),
            },
        }
    }
}

/// Returns what an error means: only the system's own have a number; all others come from a decompressor.
pub(crate) fn fault_of(error: io::Error, meter: Option<&Meter>) -> Unreadable {
    if let Some(meter) = meter.filter(|meter| meter.exhausted()) {
        Unreadable::Bomb { ratio: meter.max_ratio() }
    } else if error.raw_os_error().is_some() || meter.is_none() {
        Unreadable::Io(error)
    } else {
        Unreadable::Damaged { detail: error.to_string() }
    }
}
