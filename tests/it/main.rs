//! The one integration-test binary: behaviour that a user sees, and the shape of the house.

mod accuracy;
mod cuts;
mod grammar;
mod grammar_command;
mod ingest;
mod json;
mod layering;
mod runs;
mod schema;
#[cfg(feature = "store")]
mod store;
mod support;
mod terminal;
