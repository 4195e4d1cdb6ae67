//! Quantiles.

use std::cmp::Ordering;

/// Returns the quantile of values in ascending order, by linear interpolation; `None` of nothing.
///
/// With `h = (n - 1) p`: `x[⌊h⌋] + (h - ⌊h⌋) (x[⌊h⌋ + 1] - x[⌊h⌋])`, type 7 of Hyndman and Fan, as numpy and DuckDB's
/// `quantile_cont`. Minimum n: 1.
pub fn quantile(ascending: &[f64], probability: f64) -> Option<f64> {
    let last = ascending.len().checked_sub(1)?;
    let position = last as f64 * probability.clamp(0.0, 1.0);
    let below = position.floor() as usize;
    let low = ascending.get(below)?;
    let high = ascending.get((below + 1).min(last))?;
    Some(low + (position - below as f64) * (high - low))
}

/// Returns the median of values in any order; `None` of nothing. They are put in another order.
pub fn median(values: &mut [f64]) -> Option<f64> {
    median_by(values, f64::total_cmp, |value| *value)
}

/// Returns the median of what things are worth, which grows in their order; `None` of nothing. They are put in another order.
pub(crate) fn median_by<Thing>(
    things: &mut [Thing],
    order: impl Fn(&Thing, &Thing) -> Ordering,
    worth: impl Fn(&Thing) -> f64,
) -> Option<f64> {
    let n = things.len();
    let middle = n.checked_sub(1)? / 2;
    let (_, low, above) = things.select_nth_unstable_by(middle, &order);
    let low = worth(low);
    if n % 2 == 1 {
        return Some(low);
    }
    let high = above.iter().min_by(|left, right| order(left, right)).map_or(low, worth);
    Some(low + 0.5 * (high - low))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `numpy.quantile`, numpy 2.
    #[test]
    fn quantiles_equal_numpy() {
        let values = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0];
        assert_eq!(quantile(&values, 0.5), Some(6.0));
        assert_eq!(quantile(&values, 0.95), Some(28.0));
        assert_eq!(quantile(&values, 1.0), Some(32.0));
        assert_eq!(quantile(&[7.0], 0.95), Some(7.0));
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn medians_of_even_odd_and_none() {
        assert_eq!(median(&mut [5.0, 1.0, 3.0]), Some(3.0));
        assert_eq!(median(&mut [5.0, 1.0, 3.0, 4.0]), Some(3.5));
        assert_eq!(median(&mut [2.0]), Some(2.0));
        assert_eq!(median(&mut []), None);
    }
}
