//! The history directory.
