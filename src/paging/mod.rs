//! What does not fit into memory: items packed in pages, and pages in a temporary file.
//!
//! A session may have tens of millions of results. Who holds items of such numbers packs those that it does not need at the moment, some
//! thousands at a time, and hands the page to [`Pages`]; there it is compressed, and, beyond a few megabytes, written to a file that has no
//! name and vanishes with the process. Nothing here knows what the items are.
//!
//! Without a directory for the file, and where its disk is full, pages stay in memory: that costs memory, and loses nothing.

mod bytes;
mod codec;
mod file;
mod pages;
mod worker;

pub(crate) use bytes::{Packer, Unpacker};
pub(crate) use pages::{Pages, UnpackEach};

/// About how many bytes the items of a page take unpacked.
pub(crate) const PAGE_BYTES: usize = 1 << 20;
