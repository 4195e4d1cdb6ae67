//! The one integration-test binary: behaviour that a user sees, and the shape of the house.

mod cuts;
mod json;
mod junit;
mod layering;
mod runs;
mod schema;
mod support;
