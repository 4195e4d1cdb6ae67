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
    match t_value(left, right) {
        Some(t) if t.is_infinite() => 0.0,
        Some(t) => student_two_sided(t, (left.n + right.n - 2) as f64),
        None => 1.0,
    }
}

/// The t-value of two samples: endless where they have no spread and differ; `None` where nothing can be said, or nothing differs.
fn t_value(left: Moments, right: Moments) -> Option<f64> {
    if left.n == 0 || right.n == 0 || left.n + right.n < 3 {
        return None;
    }
    let freedom = (left.n + right.n - 2) as f64;
    let squares = left.variance * (left.n - 1) as f64 + right.variance * (right.n - 1) as f64;
    let error = (squares / freedom * (1.0 / left.n as f64 + 1.0 / right.n as f64)).sqrt();
    let difference = left.mean - right.mean;
    if error <= 0.0 {
        return (difference != 0.0).then_some(f64::INFINITY);
    }
    Some(difference / error)
}

/// The t-values at which a p-value is reached, by degrees of freedom: most tests are decided by them without the p-value itself.
#[derive(Debug)]
pub(crate) struct Critical {
    p_value: f64,
    /// From 0 degrees of freedom on.
    values: Vec<f64>,
}

impl Critical {
    /// How much closer to a critical value the p-value itself decides.
    const NEAR: f64 = 1e-6;

    /// Returns those for a p-value, up to some degrees of freedom.
    pub(crate) fn new(p_value: f64, most: usize) -> Critical {
        let value = |freedom: usize| {
            let (mut low, mut high) = (0.0_f64, 1e6_f64);
            while high - low > 0.1 * Critical::NEAR * low.max(1.0) {
                let middle = low + (high - low) / 2.0;
                if student_two_sided(middle, freedom as f64) < p_value { high = middle } else { low = middle }
            }
            high
        };
        // Without a degree of freedom nothing is ever decided.
        let values = (0..=most).map(|freedom| if freedom == 0 { f64::NAN } else { value(freedom) }).collect();
        Critical { p_value, values }
    }

    /// Returns whether the [`t_test`] of two samples gives a lower p-value.
    pub(crate) fn is_passed(&self, left: Moments, right: Moments) -> bool {
        let Some(t) = t_value(left, right) else { return 1.0 < self.p_value };
        let critical = self.values.get(left.n + right.n - 2).copied().unwrap_or(f64::NAN);
        let near = Critical::NEAR * critical;
        if t.abs() > critical + near {
            true
        } else if t.abs() < critical - near {
            false
        } else {
            t_test(left, right) < self.p_value
        }
    }
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
    fn critical_values_decide_as_the_test_does() {
        let critical = Critical::new(0.01, 20);
        let mut passed = 0;
        for step in 0..3_000 {
            let (n, m) = (2 + step % 9, 2 + step % 13);
            let difference = f64::from(step) / 500.0;
            let left = Moments { n: n as usize, mean: 0.0, variance: 1.0 };
            let right = Moments { n: m as usize, mean: difference, variance: 1.5 };
            let found = critical.is_passed(left, right);
            assert_eq!(found, t_test(left, right) < 0.01, "{step}");
            passed += usize::from(found);
        }
        assert!((500..2_500).contains(&passed), "{passed}");
    }

    #[test]
    fn one_value_proves_nothing() {
        assert_eq!(t_test(Moments::of(&[1.0]), Moments::of(&[9.0])), 1.0);
        assert_eq!(t_test(Moments::of(&[1.0, 1.0]), Moments::of(&[1.0, 1.0])), 1.0);
    }
}
