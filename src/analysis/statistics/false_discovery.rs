//! Many tests at once.

/// Returns the adjusted p-value of each p-value: the smallest false discovery rate at which it would be called significant.
///
/// Benjamini and Hochberg 1995: the n-th smallest of m is multiplied by `m / n`, and none exceeds a later one. Whoever calls
/// all with an adjusted value up to 0.05 significant errs, on average, in at most one of twenty of those calls.
pub fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    let count = p_values.len();
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|left, right| p_values[*right].total_cmp(&p_values[*left]));
    let mut adjusted = vec![1.0; count];
    let mut least = 1.0_f64;
    for (place, index) in order.into_iter().enumerate() {
        let rank = count - place;
        least = least.min(p_values[index] * count as f64 / rank as f64);
        adjusted[index] = least;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.false_discovery_control([0.01, 0.02, 0.03, 0.04, 0.5, 0.001])`, scipy 1.17.1.
    #[test]
    fn adjusted_values_equal_scipy() {
        let adjusted = benjamini_hochberg(&[0.01, 0.02, 0.03, 0.04, 0.5, 0.001]);
        for (actual, expected) in adjusted.iter().zip([0.03, 0.04, 0.045, 0.048, 0.5, 0.006]) {
            assert!((actual - expected).abs() < 1e-12, "{adjusted:?}");
        }
        assert_eq!(benjamini_hochberg(&[]), Vec::<f64>::new());
    }
}
