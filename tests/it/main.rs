//! The one integration-test binary: behaviour that a user sees, and the shape of the house.

mod accuracy;
mod grammar;
mod ingest;
mod grammar_command;
mod layering;
#[cfg(feature = "store")]
mod store;
mod cuts;
mod json;
mod runs;
mod schema;
#[cfg(feature = "store")]
mod store;
mod support;
mod terminal;
