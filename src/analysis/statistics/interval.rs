//! Intervals for shares.

use super::beta_quantile;
use crate::model::Ratio;

/// The range that a share plausibly lies in, from 0 to 1. At 95 % unless whoever gives it says otherwise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The 97.5 % quantile of the standard normal distribution.
const Z_95: f64 = 1.959_963_984_540_054;

/// Returns Wilson's 95 % score interval of a share, or `None` of nothing.
///
/// With `p = part / n` and `z = 1.96`: `(p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n)`. Unit: share. Minimum n: 1; the
/// interval says by its width how little one knows. Source: Wilson 1927; recommended for all n by Brown, Cai and DasGupta 2001.
pub fn wilson_interval(ratio: Ratio) -> Option<Interval> {
    let share = ratio.value()?;
    let n = ratio.whole as f64;
    let z2 = Z_95 * Z_95;
    let centre = share + z2 / (2.0 * n);
    let spread = Z_95 * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z2 / n;
    let low = if ratio.part == 0 { 0.0 } else { ((centre - spread) / scale).clamp(0.0, 1.0) };
    let high = if ratio.part >= ratio.whole { 1.0 } else { ((centre + spread) / scale).clamp(0.0, 1.0) };
    Some(Interval { low, high })
}

/// Returns the central 95 % interval of a share's posterior under the prior Beta(0.5, 0.5), or `None` of nothing.
///
/// The 2.5 % and 97.5 % quantiles of Beta(part + 0.5, n - part + 0.5); the lower end is 0 where the part is, and the upper
/// end 1 where the part is the whole. Unit: share. Minimum n: 1. Source: Jeffreys' interval, Brown, Cai and DasGupta 2001.
pub fn beta_interval(ratio: Ratio) -> Option<Interval> {
    if ratio.whole == 0 {
        return None;
    }
    let part = ratio.part.min(ratio.whole);
    let (a, b) = (part as f64 + 0.5, (ratio.whole - part) as f64 + 0.5);
    let low = if part == 0 { 0.0 } else { beta_quantile(a, b, 0.025) };
    let high = if part == ratio.whole { 1.0 } else { beta_quantile(a, b, 0.975) };
    Some(Interval { low, high })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `statsmodels.stats.proportion.proportion_confint(..., method="wilson")` and `method="jeffreys"` (statsmodels 0.15),
    /// the ends of nothing and all put at 0 and 1.
    #[test]
    fn intervals_equal_statsmodels() {
        for (part, whole, wilson, jeffreys) in include!("scipy/intervals.in") {
            let ratio = Ratio { part, whole };
            for (interval, (low, high)) in [(wilson_interval(ratio), wilson), (beta_interval(ratio), jeffreys)] {
                let interval = interval.expect("the whole is not zero");
                assert!(
                    (interval.low - low).abs() < 1e-9 && (interval.high - high).abs() < 1e-9,
                    "{ratio:?} {interval:?}"
                );
            }
        }
    }

    #[test]
    fn nothing_has_no_interval() {
        let nothing = Ratio { part: 0, whole: 0 };
        assert_eq!((wilson_interval(nothing), beta_interval(nothing)), (None, None));
    }
}
