//! The history directory: whole, exactly once, and refused where it is not ours to change.

mod care;
mod races;
mod refusals;
mod round_trip;
mod source;
mod support;
mod upkeep;
