//! The one integration-test binary: behaviour that a user sees, and the shape of the house.

mod grammar;
mod grammar_command;
mod layering;
