//! Two sets of sessions compared: what broke, what was fixed, what became slower.

mod durations;
mod moved;
mod outcomes;
mod report;
mod sides;

pub use report::{
    ComparedSide, ComparisonReport, DifferenceKind, DurationDifference, MovedTest, OutcomeDifference, Pairing,
    Significance, compare,
};
