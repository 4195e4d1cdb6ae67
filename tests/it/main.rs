//! The one integration-test binary: behaviour that a user sees, and the shape of the house.

mod cli;
mod documents;
mod grammar;
mod ingest;
mod layering;
#[cfg(feature = "store")]
mod store;
mod support;
