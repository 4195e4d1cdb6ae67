//! The one integration-test binary: behaviour that a user sees, and the shape of the house.

mod accuracy;
mod cli;
mod cuts;
mod documents;
mod grammar;
mod grammar_command;
mod ingest;
mod json;
mod junit;
mod junit_plain;
mod junit_properties;
mod layering;
mod runs;
mod sandbox;
mod schema;
#[cfg(feature = "store")]
mod store;
mod support;
mod terminal;
mod terminal_details;
