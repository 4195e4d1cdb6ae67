//! The one integration-test binary: behaviour that a user sees, and the shape of the house.

mod json;
mod layering;
mod runs;
mod schema;
mod support;
