//! `insight session`: one run of a test suite, or several.

mod compare;
mod list;
mod show;

pub(crate) use compare::{SessionCompareArgs, run as run_compare};
pub(crate) use list::{SessionListArgs, SessionOrderArgs, run as run_list, say_rest};
pub(crate) use show::{SessionShowArgs, run as run_show};
