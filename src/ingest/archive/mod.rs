//! Archives and compressed files, at any depth, without touching the disk: names are labels, contents are streams.

mod expand;
mod kind;
mod meter;
mod tar_members;
mod zip_members;

pub(crate) use expand::{Expansion, Packed};
pub(crate) use kind::{Container, container, is_package};
pub(crate) use meter::Meter;
