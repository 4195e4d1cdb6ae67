//! Bytes compressed and back.

use std::cell::RefCell;
use std::io;

use zstd::bulk::{Compressor, Decompressor};

/// Packing is done beside reading, on machines that have better things to do than to search for the last byte.
const LEVEL: i32 = -1;

thread_local! {
    /// What takes long to make, made when it is first needed.
    static CODEC: RefCell<Codec> = RefCell::default();
}

#[derive(Default)]
struct Codec {
    compressor: Option<Compressor<'static>>,
    decompressor: Option<Decompressor<'static>>,
}

/// Returns the bytes compressed; `None` where the compressor would not have them.
pub(super) fn compressed(bytes: &[u8]) -> Option<Box<[u8]>> {
    CODEC.with_borrow_mut(|codec| {
        if codec.compressor.is_none() {
            codec.compressor = Compressor::new(LEVEL).ok();
        }
        Some(codec.compressor.as_mut()?.compress(bytes).ok()?.into_boxed_slice())
    })
}

/// Returns the `length` bytes that were compressed.
///
/// # Errors
///
/// They are not what [`compressed`] returned.
pub(super) fn decompressed(bytes: &[u8], length: usize) -> io::Result<Vec<u8>> {
    CODEC.with_borrow_mut(|codec| {
        let decompressor = match &mut codec.decompressor {
            Some(decompressor) => decompressor,
            none => none.insert(Decompressor::new()?),
        };
        decompressor.decompress(bytes, length)
    })
}
