//! The history directory: whole, exactly once, and refused where it is not ours to change.

mod races;
mod refusals;
mod round_trip;
mod support;
mod upkeep;
