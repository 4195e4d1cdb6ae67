//! JUnit XML, of pytest and of other producers, whole or damaged.
//!
//! The way of the bytes: `window` makes text of them and counts lines; `scan` cuts the text into tags and text; `walk` keeps the open
//! elements and mends what is not balanced; `elements` reads each kind of element into the plain structs of `raw`; `session` makes a
//! session of a document, with `producer`, `verdict`, `attempts`, `captured`, `totals` and `times` for the questions that need
//! knowledge of who writes what.
//!
//! The opening tags of most test cases are as pytest writes them, and `plain` reads them in one go, past `scan` and `walk`: a shorter way
//! to the same place, as a test shows.
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
//! What has no field of its own is kept in the result's properties under `junit.` and the attribute's name: `junit.file`,
//! `junit.line`, `junit.assertions` and so on. The raw class name and name are kept as `junit.classname` and `junit.name` where they do
//! not follow from the node id by pytest's own rule (a prefix, a name that the test replaced, characters that XML cannot hold); where
//! they do follow, keeping them would only repeat the id, in every test of a report. `junit.teardown` is the text of a teardown error
//! behind a failed call; `junit.suite` the names of the suites around a test that is not pytest's.
//!
//! Suite properties become tags of the session; so do `hostname`, and `junit.timestamp` where it carries no time zone. The output of a
//! suite goes to its test, where it has only one, else to the session's other output fields.

mod addresses;
mod attempts;
mod captured;
mod cases;
mod clock;
mod describe;
mod drafts;
mod element;
mod elements;
mod escapes;
mod facts;
mod gather;
mod ids;
mod notes;
mod packed_case;
mod plain;
mod problems;
mod producer;
mod raw;
mod read;
mod references;
mod scan;
mod seen;
mod session;
mod stack;
mod subtests;
mod suites;
mod tag;
mod times;
mod totals;
mod verdict;
mod walk;
mod window;

pub(crate) use read::read;
