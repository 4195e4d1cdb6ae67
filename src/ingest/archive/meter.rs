//! The guard against archives that unpack to far more than they are.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::ingest::Limits;

/// What went into the decompressors of one archive, at any depth, and what came out.
#[derive(Debug, Clone)]
pub(crate) struct Meter(Arc<Counters>);

#[derive(Debug)]
struct Counters {
    packed: AtomicU64,
    unpacked: AtomicU64,
    max_ratio: u64,
    free: u64,
    exhausted: AtomicBool,
}

impl Meter {
    /// Returns a meter for an archive of `packed` bytes; 0 for a stream, which is counted as it passes.
    pub(crate) fn new(packed: u64, limits: &Limits) -> Meter {
        Meter(Arc::new(Counters {
            packed: AtomicU64::new(packed),
            unpacked: AtomicU64::new(0),
            max_ratio: limits.max_ratio,
            free: limits.ratio_from_bytes,
            exhausted: AtomicBool::new(false),
        }))
    }

    /// Returns whether too much has come out.
    pub(crate) fn exhausted(&self) -> bool {
        self.0.exhausted.load(Ordering::Relaxed)
    }

    /// Returns how many times its own size an archive may unpack to.
    pub(crate) fn max_ratio(&self) -> u64 {
        self.0.max_ratio
    }

    /// Counts what is read through the reader as unpacked.
    pub(crate) fn unpacked<Stream: Read>(&self, stream: Stream) -> Metered<Stream> {
        Metered { stream, meter: self.clone(), side: Side::Unpacked }
    }

    /// Counts what is read through the reader as packed.
    pub(crate) fn packed<Stream: Read>(&self, stream: Stream) -> Metered<Stream> {
        Metered { stream, meter: self.clone(), side: Side::Packed }
    }

    fn add(&self, side: Side, bytes: u64) -> io::Result<()> {
        let counters = &self.0;
        match side {
            Side::Packed => {
                counters.packed.fetch_add(bytes, Ordering::Relaxed);
            }
            Side::Unpacked => {
                let unpacked = counters.unpacked.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
                let allowed = counters.packed.load(Ordering::Relaxed).saturating_mul(counters.max_ratio);
                if unpacked > allowed.max(counters.free) {
                    counters.exhausted.store(true, Ordering::Relaxed);
                }
            }
        }
        if self.exhausted() { Err(io::Error::other("the archive unpacks to too much")) } else { Ok(()) }
    }
}

#[derive(Debug, Clone, Copy)]
enum Side {
    Packed,
    Unpacked,
}

/// A stream whose bytes are counted; an error once the archive has given too much.
#[derive(Debug)]
pub(crate) struct Metered<Stream> {
    stream: Stream,
    meter: Meter,
    side: Side,
}

impl<Stream: Read> Read for Metered<Stream> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(buffer)?;
        self.meter.add(self.side, read as u64)?;
        Ok(read)
    }
}
