//! `insight sut`: systems under test.

mod analyze;
mod compare;
mod list;
mod show;

pub(crate) use analyze::{SutAnalyzeArgs, run as run_analyze};
pub(crate) use compare::{SutCompareArgs, run as run_compare};
pub(crate) use list::{SutListArgs, run as run_list};
pub(crate) use show::{SutShowArgs, run as run_show};
