//! Distribution functions.

/// Returns `ln B(a, b)`, for `a, b > 0`.
pub(crate) fn ln_beta(a: f64, b: f64) -> f64 {
    libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b)
}

/// Returns the probability that a standard normal variable is above `z`.
pub(super) fn normal_upper_tail(z: f64) -> f64 {
    0.5 * libm::erfc(z * std::f64::consts::FRAC_1_SQRT_2)
}

/// Returns the probability that Student's t with `freedom` degrees of freedom is further from zero than `t`.
pub(super) fn student_two_sided(t: f64, freedom: f64) -> f64 {
    if !t.is_finite() {
        return if t.is_nan() { 1.0 } else { 0.0 };
    }
    beta_cdf(freedom / 2.0, 0.5, freedom / (freedom + t * t))
}

/// Returns `I_x(a, b)`, the probability that a Beta(a, b) variable is at most `x`, for `a, b > 0`.
///
/// The continued fraction of Lentz, on the side of the mean where it converges in about `sqrt(max(a, b))` terms.
pub(crate) fn beta_cdf(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let ln_front = a * x.ln() + b * (-x).ln_1p() - ln_beta(a, b);
    if x < (a + 1.0) / (a + b + 2.0) {
        (ln_front - a.ln()).exp() * beta_fraction(a, b, x)
    } else {
        1.0 - (ln_front - b.ln()).exp() * beta_fraction(b, a, 1.0 - x)
    }
}

/// The continued fraction of the incomplete beta function (Numerical Recipes, 6.4).
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away_from_zero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let terms = 100 + (10.0 * a.max(b).sqrt()).min(1e6) as u32;
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for term in 1..=terms {
        let m = f64::from(term);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away_from_zero(1.0 + even * d);
        c = away_from_zero(1.0 + even / c);
        fraction *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away_from_zero(1.0 + odd * d);
        c = away_from_zero(1.0 + odd / c);
        fraction *= d * c;
        if (d * c - 1.0).abs() < 1e-15 {
            break;
        }
    }
    fraction
}

/// Returns the `x` below which a Beta(a, b) variable stays with the given probability.
///
/// By Newton's steps, and by halving where one leads out of what is left: at most 200 evaluations, cannot diverge.
pub(crate) fn beta_quantile(a: f64, b: f64, probability: f64) -> f64 {
    let ln_beta = ln_beta(a, b);
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    let mut at = a / (a + b);
    for _ in 0..200 {
        let off = beta_cdf(a, b, at) - probability;
        if off < 0.0 {
            low = at;
        } else {
            high = at;
        }
        let density = ((a - 1.0) * at.ln() + (b - 1.0) * (-at).ln_1p() - ln_beta).exp();
        let step = off / density;
        let newton = at - step;
        if newton > low && newton < high {
            at = newton;
            if step.abs() <= 1e-15 * at {
                break;
            }
        } else {
            at = low + (high - low) / 2.0;
        }
        if at <= low || at >= high || high - low <= 1e-14 * high {
            break;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_close(actual: f64, expected: f64, relative: f64) {
        assert!((actual - expected).abs() <= relative * expected.abs().max(1e-300), "{actual:e} is not {expected:e}");
    }

    /// `scipy.stats.beta.cdf`, scipy 1.17.1.
    #[test]
    fn beta_cdf_equals_scipy() {
        for (a, b, x, expected) in include!("scipy/beta_cdf.in") {
            // With parameters of a million, ln Γ itself leaves nine digits.
            assert_close(beta_cdf(a, b, x), expected, 1e-8);
        }
    }

    /// `scipy.stats.beta.ppf`, scipy 1.17.1.
    #[test]
    fn beta_quantile_equals_scipy() {
        for (a, b, probability, expected) in include!("scipy/beta_ppf.in") {
            assert_close(beta_quantile(a, b, probability), expected, 1e-8);
        }
    }

    /// `scipy.stats.norm.sf` and `2 * scipy.stats.t.sf`, scipy 1.17.1.
    #[test]
    fn tails_equal_scipy() {
        for (z, expected) in include!("scipy/normal_sf.in") {
            assert_close(normal_upper_tail(z), expected, 1e-12);
        }
        for (t, freedom, expected) in include!("scipy/student_two_sided.in") {
            assert_close(student_two_sided(t, freedom), expected, 1e-9);
        }
    }
}
