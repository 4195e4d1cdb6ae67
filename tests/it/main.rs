//! The one integration-test binary: behaviour that a user sees, and the shape of the house.

mod junit;
mod junit_properties;
mod layering;
