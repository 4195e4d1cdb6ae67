//! Console dialects as data.
