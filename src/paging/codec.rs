//! Bytes compressed and back.

use std::cell::RefCell;
use std::io;

use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::compress_bound;

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
    /// Where bytes are compressed, before it is known how much that takes.
    room: Vec<u8>,
}

/// Returns the bytes compressed; `None` where the compressor would not have them.
pub(super) fn compressed(bytes: &[u8]) -> Option<Box<[u8]>> {
    CODEC.with_borrow_mut(|codec| {
        if codec.compressor.is_none() {
            codec.compressor = Compressor::new(LEVEL).ok();
        }
        let most = compress_bound(bytes.len());
        if codec.room.len() < most {
            codec.room.resize(most, 0);
        }
        let length = codec.compressor.as_mut()?.compress_to_buffer(bytes, &mut codec.room[..]).ok()?;
        codec.room.get(..length).map(Box::from)
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
