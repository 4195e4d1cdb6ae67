//! Fisher's exact test.

use crate::model::Ratio;

/// Returns the probability of seeing at least `target.part` of `target.whole`, were the true share the same as the base's.
///
/// The upper tail of the hypergeometric distribution with both margins given (one-sided p-value). 1 where either side is
/// empty. Minimum n: none; exact for any. Source: Fisher 1935; one-sided as in Sippy's component readiness.
pub fn fisher_exact_greater(base: Ratio, target: Ratio) -> f64 {
    let (x, n) = (target.part.min(target.whole), target.whole);
    let (y, m) = (base.part.min(base.whole), base.whole);
    let (successes, population) = (x + y, n + m);
    let most = successes.min(n);
    let least = successes.saturating_sub(m);
    if n == 0 || m == 0 || x <= least {
        return 1.0;
    }
    let mut term = hypergeometric(x, n, successes, population);
    let mut tail = term;
    for k in x..most {
        let ratio = ((successes - k) as f64 * (n - k) as f64) / ((k + 1) as f64 * (m + k + 1 - successes) as f64);
        term *= ratio;
        tail += term;
        if term < tail * 1e-17 && ratio < 1.0 {
            break;
        }
    }
    tail.min(1.0)
}

/// The probability of `k` successes in `n` draws without replacement.
fn hypergeometric(k: u64, n: u64, successes: u64, population: u64) -> f64 {
    let failures = population - successes;
    (ln_choose(successes, k) + ln_choose(failures, n - k) - ln_choose(population, n)).exp()
}

fn ln_choose(n: u64, k: u64) -> f64 {
    let ln_factorial = |value: u64| libm::lgamma(value as f64 + 1.0);
    ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.fisher_exact([[x, n - x], [y, m - y]], alternative="greater")`, scipy 1.17.1.
    #[test]
    fn p_values_equal_scipy() {
        for (x, n, y, m, expected) in include!("scipy/fisher.in") {
            let actual = fisher_exact_greater(Ratio { part: y, whole: m }, Ratio { part: x, whole: n });
            assert!((actual - expected).abs() <= 1e-8 * expected, "{x}/{n} after {y}/{m}: {actual:e} {expected:e}");
        }
    }

    #[test]
    fn an_empty_side_proves_nothing() {
        let nothing = Ratio { part: 0, whole: 0 };
        assert_eq!(fisher_exact_greater(nothing, Ratio { part: 5, whole: 5 }), 1.0);
        assert_eq!(fisher_exact_greater(Ratio { part: 0, whole: 9 }, nothing), 1.0);
    }
}
