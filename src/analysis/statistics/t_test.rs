//! Welch's t-test from running sums.

use super::distribution::student_two_sided;

/// What a t-test needs of a sample: how many values, their mean and their variance.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Moments {
    /// How many values.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// Their variance, with `n - 1` below the line; 0 of fewer than two.
    pub variance: f64,
}

impl Moments {
    /// Returns the moments of a sample.
    pub fn of(values: &[f64]) -> Moments {
        let n = values.len();
        if n == 0 {
            return Moments::default();
        }
        let mean = values.iter().sum::<f64>() / n as f64;
        let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        Moments { n, mean, variance: if n > 1 { squares / (n - 1) as f64 } else { 0.0 } }
    }
}

/// Returns the two-sided p-value of Welch's t-test that two samples have the same mean; 1 where either has fewer than two values.
///
/// `t = (m₁ - m₂) / √(v₁/n₁ + v₂/n₂)` with Welch and Satterthwaite's degrees of freedom. Two samples without any spread
/// differ for certain where their means differ. Minimum n: 2 and 2. Source: Welch 1947.
pub fn t_test(left: Moments, right: Moments) -> f64 {
    if left.n < 2 || right.n < 2 {
        return 1.0;
    }
    let (a, b) = (left.variance / left.n as f64, right.variance / right.n as f64);
    let difference = left.mean - right.mean;
    if a + b <= 0.0 {
        return if difference == 0.0 { 1.0 } else { 0.0 };
    }
    let t = difference / (a + b).sqrt();
    let freedom = (a + b) * (a + b) / (a * a / (left.n - 1) as f64 + b * b / (right.n - 1) as f64);
    student_two_sided(t, freedom)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.ttest_ind(left, right, equal_var=False)`, scipy 1.17.1.
    #[test]
    fn p_values_equal_scipy() {
        for (left, right, expected) in include!("scipy/welch.in") {
            let actual = t_test(Moments::of(left), Moments::of(right));
            assert!((actual - expected).abs() <= 1e-8 * expected, "{actual:e} {expected:e}");
        }
    }

    #[test]
    fn one_value_proves_nothing() {
        assert_eq!(t_test(Moments::of(&[1.0]), Moments::of(&[9.0, 9.5])), 1.0);
        assert_eq!(t_test(Moments::of(&[1.0, 1.0]), Moments::of(&[1.0, 1.0])), 1.0);
    }
}
