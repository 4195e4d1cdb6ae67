//! The Mann-Whitney U test.

use super::distribution::normal_upper_tail;

/// The result of a Mann-Whitney U test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MannWhitney {
    /// U of the second sample: for how many pairs its value is the greater, ties counting a half.
    pub u: f64,
    /// The two-sided p-value.
    pub p_value: f64,
}

impl MannWhitney {
    /// Returns the share of pairs in which the second sample's value is the greater, from 0 to 1; 0.5 where they are alike.
    pub fn superiority(&self, base: usize, target: usize) -> f64 {
        self.u / (base as f64 * target as f64)
    }
}

/// Returns the two-sided Mann-Whitney U test of two samples, or `None` where one is empty or a value is not a number.
///
/// Exact where one sample has at most 8 values and no two values are equal; otherwise the normal approximation with
/// correction for ties and continuity: `z = (|U - nm/2| - 1/2) / √(nm/12 · (N + 1 - Σ(t³-t) / (N(N-1))))`. The same choice as
/// scipy's `mannwhitneyu(method="auto")`. Minimum n: with fewer than 4 and 4 values no p-value is below 0.05.
pub fn mann_whitney(base: &[f64], target: &[f64]) -> Option<MannWhitney> {
    if base.is_empty() || target.is_empty() || base.iter().chain(target).any(|value| value.is_nan()) {
        return None;
    }
    let ascending = |values: &[f64]| {
        let mut values = values.to_vec();
        values.sort_unstable_by(f64::total_cmp);
        values
    };
    mann_whitney_ascending(&ascending(base), &ascending(target))
}

/// Returns the same test of two samples of anything that is in order, each in ascending order.
pub(crate) fn mann_whitney_ascending<Value: PartialOrd>(base: &[Value], target: &[Value]) -> Option<MannWhitney> {
    if base.is_empty() || target.is_empty() {
        return None;
    }
    let (rank_sum, tie_term) = target_rank_sum(base, target);
    let (n, m) = (base.len() as f64, target.len() as f64);
    let u = rank_sum - m * (m + 1.0) / 2.0;
    let larger = u.max(n * m - u);
    let p_value = if base.len().min(target.len()) <= 8 && tie_term == 0.0 {
        exact_upper_tail(larger, base.len().min(target.len()), base.len().max(target.len()))
    } else {
        let total = n + m;
        let variance = n * m / 12.0 * (total + 1.0 - tie_term / (total * (total - 1.0)));
        if variance <= 0.0 {
            return Some(MannWhitney { u, p_value: 1.0 });
        }
        normal_upper_tail((larger - n * m / 2.0 - 0.5) / variance.sqrt())
    };
    Some(MannWhitney { u, p_value: (2.0 * p_value).min(1.0) })
}

/// The sum of the second sample's ranks in the pooled values, ties sharing the middle rank, and `Σ(t³ - t)` over the ties.
fn target_rank_sum<Value: PartialOrd>(mut base: &[Value], mut target: &[Value]) -> (f64, f64) {
    let (mut rank_sum, mut tie_term, mut before) = (0.0, 0.0, 0.0);
    loop {
        let least = match (base.first(), target.first()) {
            (Some(left), Some(right)) => {
                if right < left {
                    right
                } else {
                    left
                }
            }
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => return (rank_sum, tie_term),
        };
        let (of_base, of_target) = (equal(base, least), equal(target, least));
        if of_base + of_target == 0 {
            // What does not equal itself has no rank.
            return (rank_sum, tie_term);
        }
        let count = (of_base + of_target) as f64;
        rank_sum += (before + (count + 1.0) / 2.0) * of_target as f64;
        tie_term += count * count * count - count;
        before += count;
        (base, target) = (base.get(of_base..).unwrap_or_default(), target.get(of_target..).unwrap_or_default());
    }
}

/// How many values at the beginning equal one.
fn equal<Value: PartialOrd>(values: &[Value], one: &Value) -> usize {
    values.iter().take_while(|value| *value == one).count()
}

/// The probability that U is at least `u` under the null hypothesis, from the generating function of U's distribution:
/// `Π (1 - q^(large + i)) / (1 - q^i)` for `i` from 1 to `small`, the coefficients divided by their sum.
fn exact_upper_tail(u: f64, small: usize, large: usize) -> f64 {
    let most = small * large;
    let mut ways = vec![0.0_f64; most + 1];
    ways[0] = 1.0;
    for i in 1..=small {
        for at in (large + i..=most).rev() {
            ways[at] -= ways[at - large - i];
        }
        for at in i..=most {
            ways[at] += ways[at - i];
        }
    }
    let all: f64 = ways.iter().sum();
    let from = u.ceil().max(0.0) as usize;
    ways.iter().skip(from).sum::<f64>() / all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.mannwhitneyu(target, base)`, scipy 1.17.1: no ties and few, no ties and many, ties.
    #[test]
    fn tests_equal_scipy() {
        for (base, target, u, p_value) in include!("scipy/mann_whitney.in") {
            let actual = mann_whitney(base, target).expect("both samples have values");
            assert!((actual.u - u).abs() < 1e-9, "{actual:?} {u}");
            assert!((actual.p_value - p_value).abs() <= 1e-9 * p_value.max(1e-12), "{actual:?} {p_value}");
        }
    }

    #[test]
    fn equal_values_and_no_values_prove_nothing() {
        assert_eq!(mann_whitney(&[1.0; 20], &[1.0; 20]).map(|test| test.p_value), Some(1.0));
        assert_eq!(mann_whitney(&[], &[1.0]), None);
        assert_eq!(mann_whitney(&[f64::NAN], &[1.0]), None);
    }
}
