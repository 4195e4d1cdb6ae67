//! Documents of the Common Test Report Format, of pytest-json-ctrf and of other producers.
//!
//! One entry a test, with its earlier attempts inside. pytest's producer names tests by their node ids; the others have a file, a suite and a
//! name, from which an id is made: `file::suite::name`.

mod document;
mod read;
mod session;
mod test;

pub(crate) use read::read;
