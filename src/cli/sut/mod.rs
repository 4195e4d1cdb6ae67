//! `insight sut`: systems under test.

mod list;

pub(crate) use list::{SutListArgs, run as run_list};
