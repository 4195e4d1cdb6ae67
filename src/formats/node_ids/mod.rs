//! Node ids for formats that do not carry them.
//!
//! pytest writes a node id `path::Class::test[param]` to JUnit XML as a class name, `path.Class` with dots for slashes and without
//! `.py`, and a name, `test[param]`. The way back is not unique: a dot may have been a slash, a class separator or a dot. What is
//! certain comes first:
//!
//! 1. a recorded node id (a property; the message of a crashed worker);
//! 2. the node ids that the system under test is known to have;
//! 3. the `file` attribute, where the class name begins with it;
//! 4. files that other results of the report name in `file`, and files of the source tree, the longest first;
//! 5. files named in the failure texts and skip reasons of the report;
//! 6. what names usually mean: `test_*` and `*_test` are modules, what comes behind them are classes; directories and extensions
//!    that other files of the report have, these have, too.
//!
//! 1 to 4 give an exact id, 5 and 6 an inferred one.

use std::collections::HashMap;

use foldhash::fast::RandomState;

mod address;
mod evidence;
mod guess;
mod hints;
mod known;
mod resolve;

pub(crate) use address::{Address, AddressKind, dotted, mangle, with_illegal_characters};
pub(crate) use evidence::Evidence;
pub(crate) use guess::is_function_name;
pub use known::{KnownNodeIds, KnownPaths};
pub(crate) use resolve::{Resolved, Resolver};

/// What is looked up by name, for every class of a report.
pub(crate) type Map<Value> = HashMap<String, Value, RandomState>;
