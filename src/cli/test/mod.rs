//! `insight test`: single tests.

mod days;
mod history;
mod list;
mod show;
mod trends;

pub(crate) use days::{TestDaysArgs, run as run_days};
pub(crate) use history::{TestHistoryArgs, run as run_history};
pub(crate) use list::{TestListArgs, run as run_list};
pub(crate) use show::{TestShowArgs, run as run_show};
pub(crate) use trends::{TestTrendsArgs, run as run_trends};
