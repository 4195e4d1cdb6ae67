//! JUnit XML, of pytest and of other producers, whole or damaged.
//!
//! The way of the bytes: `window` makes text of them and counts lines; `scan` cuts the text into tags and text; `walk` keeps the open
//! elements and mends what is not balanced; `elements` reads each kind of element into the plain structs of `raw`; `session` makes a
//! session of a document, with `producer`, `verdict`, `attempts`, `captured`, `totals` and `times` for the questions that need
//! knowledge of who writes what.
//!
//! The tokenizer is our own. A conforming one stops for good at the first byte that is no UTF-8 and at the first unclosed tag, and
//! takes a stray `<` in a failure text for a tag that swallows what follows; the reports that matter most, those of broken runs, have
//! all three. It must also name the line of each loss, and never hold more than one tag in memory.
//!
//! # Sessions
//! One document is one session: nested suites are parts of one run. Concatenated documents are several.
//!
//! # Node ids
//! pytest's are recovered by [`node_ids`](super::node_ids). Other producers have no such id; theirs is `file::name` where the test
//! case or its suite names a relative file, else `classname::name`, else `suite::name`, else the name alone.
//!
//! # Properties and tags
//! What has no field of its own is kept in the result's properties under `junit.` and the attribute's name: `junit.classname`
//! where the node id was inferred (the name is the id's last part, and is kept as `junit.name` where it is not), `junit.file`,
//! `junit.line`, `junit.assertions` and so on. Suite properties become tags of the session; so do `hostname` and, where it
//! carries no time zone, `junit.timestamp`.

mod addresses;
mod attempts;
mod captured;
mod element;
mod elements;

mod problems;
mod producer;
mod raw;
mod read;
mod references;
mod scan;
mod session;
mod tag;
mod times;
mod totals;
mod verdict;
mod walk;
mod window;

pub(crate) use read::read;
