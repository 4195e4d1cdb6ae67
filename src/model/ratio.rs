//! Shares of a whole.

use std::fmt;

/// A share: so many of so many. Keeps both, so that no answer loses its `n`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ratio {
    /// How many of them.
    pub part: u64,
    /// Of how many.
    pub whole: u64,
}

impl Ratio {
    /// Returns the share as a number from 0 to 1, or `None` of nothing.
    pub fn value(self) -> Option<f64> {
        (self.whole > 0).then(|| self.part as f64 / self.whole as f64)
    }
}

impl fmt::Display for Ratio {
    /// Writes a percentage with one decimal, rounded, but that only a whole is `100.0%` and only nothing `0.0%`; `-` of nothing.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.whole == 0 {
            return formatter.pad("-");
        }
        let (part, whole) = (u128::from(self.part), u128::from(self.whole));
        let tenths = match (part * 2000 + whole) / (whole * 2) {
            0 if part > 0 => 1,
            1000 if part < whole => 999,
            rounded => rounded,
        };
        formatter.pad(&format!("{}.{}%", tenths / 10, tenths % 10))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_is_a_hundred_percent() {
        assert_eq!(Ratio { part: 9_999, whole: 10_000 }.to_string(), "99.9%");
        assert_eq!(Ratio { part: 3, whole: 3 }.to_string(), "100.0%");
        assert_eq!(Ratio { part: 2, whole: 3 }.to_string(), "66.7%");
        assert_eq!(Ratio { part: 1, whole: 10_000 }.to_string(), "0.1%");
        assert_eq!(Ratio { part: 0, whole: 3 }.to_string(), "0.0%");
        assert_eq!(Ratio { part: 0, whole: 0 }.to_string(), "-");
    }
}
