//! What tests of the program share: a place with nothing of the user's machine in it.

mod sandbox;

pub(crate) use sandbox::{Said, Sandbox};
