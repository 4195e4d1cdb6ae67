//! The one integration-test binary: behaviour that a user sees, and the shape of the house.

mod ingest;
mod grammar;
mod layering;
#[cfg(feature = "store")]
mod store;
