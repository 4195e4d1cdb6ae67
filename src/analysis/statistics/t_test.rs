//! Student's t-test from running sums.

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

/// Returns the two-sided p-value of Student's t-test that two samples have the same mean; 1 where either is empty or both
/// together have fewer than three values.
///
/// `t = (m₁ - m₂) / √(v (1/n₁ + 1/n₂))` with the pooled variance `v` and `n₁ + n₂ - 2` degrees of freedom. Two samples
/// without any spread differ for certain where their means differ. Source: Student 1908, as in Otava.
pub fn t_test(left: Moments, right: Moments) -> f64 {
    if left.n == 0 || right.n == 0 || left.n + right.n < 3 {
        return 1.0;
    }
    let freedom = (left.n + right.n - 2) as f64;
    let squares = left.variance * (left.n - 1) as f64 + right.variance * (right.n - 1) as f64;
    let error = (squares / freedom * (1.0 / left.n as f64 + 1.0 / right.n as f64)).sqrt();
    let difference = left.mean - right.mean;
    if error <= 0.0 {
        return if difference == 0.0 { 1.0 } else { 0.0 };
    }
    student_two_sided(difference / error, freedom)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.ttest_ind(left, right)`, scipy 1.17.1.
    #[test]
    fn p_values_equal_scipy() {
        for (left, right, expected) in include!("scipy/t_test.in") {
            let actual = t_test(Moments::of(left), Moments::of(right));
            assert!((actual - expected).abs() <= 1e-8 * expected, "{actual:e} {expected:e}");
        }
    }

    #[test]
    fn one_value_proves_nothing() {
        assert_eq!(t_test(Moments::of(&[1.0]), Moments::of(&[9.0])), 1.0);
        assert_eq!(t_test(Moments::of(&[1.0, 1.0]), Moments::of(&[1.0, 1.0])), 1.0);
    }
}
