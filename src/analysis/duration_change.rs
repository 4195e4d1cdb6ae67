//! When a test's duration changed: E-divisive change points.
//!
//! As in Apache Otava (formerly Hunter): in windows of 50 values with half a window's step the point is sought that divides
//! the window into the two most different parts (energy distance, E-divisive with α = 1, arXiv 1306.4933), each part is
//! divided again, and a point is kept as a weak one where a t-test gives p < 0.01. Then, from the bottom up, the weakest
//! point is dropped until all have p < 0.001 between their neighbours and a relative change of at least 10 %.
//!
//! Three things differ, all against false alarms. The values are logarithms of durations, whose noise is multiplicative. The
//! final p-value is multiplied by `n log₂ n` of the n values: so many points, each in stretches of so many scales, was the
//! best chosen from. A part has at least five
//! values, and the change of 10 % is one of the medians, which a few spikes do not move.

use std::sync::LazyLock;

use super::statistics::{Critical, Moments, t_test};

/// How many values a window has.
const WINDOW: usize = 50;
/// The p-value that a point needs in its window.
const WEAK_P: f64 = 0.01;
static WEAK: LazyLock<Critical> = LazyLock::new(|| Critical::new(WEAK_P, WINDOW));
/// The p-value that a point needs in the end, after the correction for having chosen it.
const P: f64 = 0.001;
/// The least number of values before and after a change.
pub(super) const LEAST: usize = 5;
/// The least change of the median, as a difference of logarithms: 10 %.
const MAGNITUDE: f64 = 0.095_310_179_804_324_87;

/// A change point: the values from `at` on differ from those before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ShiftPoint {
    /// The first value after the change.
    pub(super) at: usize,
    /// The first value of the stretch before the change.
    pub(super) from: usize,
    /// The first value that no longer belongs to the stretch after it.
    pub(super) to: usize,
    /// The corrected p-value, at most 1.
    pub(super) p_value: f64,
}

/// Returns the change points of logarithms of durations in order of time. Minimum n: 10, 5 before and 5 after.
pub(super) fn shift_points(values: &[f64]) -> Vec<ShiftPoint> {
    let sums = Sums::of(values);
    let mut weak = weak_points(values, &sums);
    weak.sort_unstable();
    weak.dedup();
    merge(values, &sums, &weak)
}

fn weak_points(values: &[f64], sums: &Sums) -> Vec<usize> {
    let mut points = Vec::new();
    let mut start = 0;
    loop {
        let end = (start + WINDOW).min(values.len());
        let before = points.len();
        divide(values, sums, start, end, &mut points);
        if end == values.len() {
            return points;
        }
        let last = points.get(before..).unwrap_or_default().iter().copied().max().unwrap_or(0);
        start = last.max(start + WINDOW / 2);
    }
}

fn divide(values: &[f64], sums: &Sums, from: usize, to: usize, points: &mut Vec<usize>) {
    if to < from + 2 * LEAST || !sums.may_differ(from, to) {
        return;
    }
    let Some(at) = most_different(values.get(from..to).unwrap_or_default()).map(|at| from + at) else { return };
    if WEAK.is_passed(sums.moments(from, at), sums.moments(at, to)) {
        divide(values, sums, from, at, points);
        points.push(at);
        divide(values, sums, at, to, points);
    }
}

/// The point that maximises the energy distance of what is before and after it, weighted by `nm / (n + m)`.
fn most_different(values: &[f64]) -> Option<usize> {
    let n = values.len();
    // For each value how far those before and those after it are away.
    let distances: Vec<(f64, f64)> = values
        .iter()
        .enumerate()
        .map(|(at, value)| {
            let (before, after) = (values.get(..at), values.get(at + 1..));
            (distance(*value, before.unwrap_or_default()), distance(*value, after.unwrap_or_default()))
        })
        .collect();
    let (mut within_left, mut within_right, mut across) = (0.0, 0.0, 0.0);
    within_right += distances.iter().map(|(_, to_right)| to_right).sum::<f64>();
    let mut best: Option<(f64, usize)> = None;
    for (at, (to_left, to_right)) in distances.into_iter().enumerate().take(n.saturating_sub(LEAST)) {
        // The value moves from the right part to the left one.
        within_left += to_left;
        within_right -= to_right;
        across += to_right - to_left;
        let (left, right) = ((at + 1) as f64, (n - at - 1) as f64);
        if at + 1 < LEAST {
            continue;
        }
        let energy = 2.0 * across / (left * right)
            - 2.0 * within_left / (left * (left - 1.0))
            - 2.0 * within_right / (right * (right - 1.0));
        let weighted = energy * left * right / (left + right);
        if best.is_none_or(|(highest, _)| weighted > highest) {
            best = Some((weighted, at + 1));
        }
    }
    best.map(|(_, at)| at)
}

/// How far some values are away from one, added up; in lanes, so that the processor adds several at once.
fn distance(value: f64, others: &[f64]) -> f64 {
    let (chunks, rest) = others.as_chunks::<4>();
    let mut lanes = [0.0; 4];
    for chunk in chunks {
        for (lane, other) in lanes.iter_mut().zip(chunk) {
            *lane += (other - value).abs();
        }
    }
    lanes.iter().sum::<f64>() + rest.iter().map(|other| (other - value).abs()).sum::<f64>()
}

/// Drops points from the bottom up until all that are left are significant and large enough.
fn merge(values: &[f64], sums: &Sums, weak: &[usize]) -> Vec<ShiftPoint> {
    let mut points: Vec<ShiftPoint> =
        weak.iter().map(|at| ShiftPoint { at: *at, from: 0, to: 0, p_value: 1.0 }).collect();
    loop {
        stretch(&mut points, values.len(), sums);
        let insignificant = points
            .iter()
            .enumerate()
            .filter(|(_, point)| point.p_value >= P)
            .max_by(|(_, left), (_, right)| left.p_value.total_cmp(&right.p_value));
        let weakest = insignificant.map(|(place, _)| place).or_else(|| {
            let sizes = points.iter().map(|point| magnitude(values, point)).enumerate();
            sizes
                .filter(|(_, size)| *size < MAGNITUDE)
                .min_by(|left, right| left.1.total_cmp(&right.1))
                .map(|(place, _)| place)
        });
        match weakest {
            Some(place) => drop(points.remove(place)),
            None => return points,
        }
    }
}

/// Sets the ends of each point's stretches to its neighbours, and its p-value accordingly.
fn stretch(points: &mut [ShiftPoint], length: usize, sums: &Sums) {
    let chosen_from = length as f64 * (length.max(2) as f64).log2();
    let places: Vec<usize> = points.iter().map(|point| point.at).collect();
    for (place, point) in points.iter_mut().enumerate() {
        let from = if place == 0 { 0 } else { places.get(place - 1).copied().unwrap_or(0) };
        let to = places.get(place + 1).copied().unwrap_or(length);
        if (point.from, point.to) == (from, to) {
            continue;
        }
        let p_value = t_test(sums.moments(from, point.at), sums.moments(point.at, to));
        let long_enough = point.at >= from + LEAST && to >= point.at + LEAST;
        *point = ShiftPoint {
            from,
            to,
            p_value: if long_enough { (p_value * chosen_from).min(1.0) } else { 1.0 },
            ..*point
        };
    }
}

/// The difference of the medians after and before.
fn magnitude(values: &[f64], point: &ShiftPoint) -> f64 {
    let median = |from: usize, to: usize| {
        super::statistics::median(&mut values.get(from..to).unwrap_or_default().to_vec()).unwrap_or(0.0)
    };
    (median(point.at, point.to) - median(point.from, point.at)).abs()
}

/// Running sums, for the moments of any stretch.
struct Sums {
    centre: f64,
    sums: Vec<(f64, f64)>,
}

impl Sums {
    fn of(values: &[f64]) -> Sums {
        // Around the first value, so that the squares do not swallow the differences.
        let centre = values.first().copied().unwrap_or(0.0);
        let mut sums = Vec::with_capacity(values.len() + 1);
        let (mut sum, mut squares) = (0.0, 0.0);
        sums.push((sum, squares));
        for value in values {
            sum += value - centre;
            squares += (value - centre) * (value - centre);
            sums.push((sum, squares));
        }
        Sums { centre, sums }
    }

    /// Returns whether a t-test may find any two parts of a stretch different: where not even the most favourable point has a t-value
    /// that is significant with endless degrees of freedom, none is.
    ///
    /// `t > L` of two parts is `d² n / (n₁ n₂) > s L² / (n - 2 + L²)`, where `s` is the sum of the squares around the mean of the
    /// whole, and `d` by how much the sum of the left part differs from its share of the whole.
    fn may_differ(&self, from: usize, to: usize) -> bool {
        const LEAST_T: f64 = 2.575;
        let (Some(low), Some(high)) = (self.sums.get(from), self.sums.get(to)) else { return false };
        let n = (to - from) as f64;
        let mean = (high.0 - low.0) / n;
        let squares = (high.1 - low.1 - n * mean * mean).max(0.0);
        // A hair less, so that rounding leaves out nothing that the test itself would find.
        let least = squares * LEAST_T * LEAST_T / (n - 2.0 + LEAST_T * LEAST_T) / n * (1.0 - 1e-9);
        let parts = self.sums.get(from + LEAST..=to - LEAST).unwrap_or_default();
        parts.iter().zip(LEAST..).fold(false, |found, (part, left)| {
            let off = part.0 - low.0 - left as f64 * mean;
            found | (off * off > least * left as f64 * (n - left as f64))
        })
    }

    fn moments(&self, from: usize, to: usize) -> Moments {
        let (Some(low), Some(high)) = (self.sums.get(from), self.sums.get(to)) else { return Moments::default() };
        let n = to.saturating_sub(from);
        if n == 0 {
            return Moments::default();
        }
        let mean = (high.0 - low.0) / n as f64;
        let squares = (high.1 - low.1 - n as f64 * mean * mean).max(0.0);
        Moments { n, mean: self.centre + mean, variance: if n > 1 { squares / (n - 1) as f64 } else { 0.0 } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Normal noise from a fixed seed.
    fn noise(seed: u64, count: usize, spread: f64) -> Vec<f64> {
        let mut random = fastrand::Rng::with_seed(seed);
        (0..count).map(|_| spread * (0..12).map(|_| random.f64()).sum::<f64>() - 6.0 * spread).collect()
    }

    fn shifted(seed: u64, parts: &[(usize, f64)], spread: f64) -> Vec<f64> {
        let values = noise(seed, parts.iter().map(|(count, _)| count).sum(), spread);
        let levels = parts.iter().flat_map(|(count, level)| std::iter::repeat_n(*level, *count));
        values.into_iter().zip(levels).map(|(value, level)| value + level).collect()
    }

    #[test]
    fn a_shift_is_found_where_it_is() {
        let points = shift_points(&shifted(1, &[(40, 0.0), (40, 0.4)], 0.1));
        assert_eq!(points.len(), 1);
        assert!(points[0].at.abs_diff(40) <= 1 && points[0].p_value < 1e-6, "{points:?}");
        assert_eq!((points[0].from, points[0].to), (0, 80));
    }

    #[test]
    fn two_shifts_across_windows_are_two_points() {
        let points = shift_points(&shifted(2, &[(70, 0.0), (60, 0.5), (90, 0.2)], 0.1));
        let places: Vec<usize> = points.iter().map(|point| point.at).collect();
        assert_eq!(places.len(), 2);
        assert!(places[0].abs_diff(70) <= 2 && places[1].abs_diff(130) <= 2, "{places:?}");
    }

    #[test]
    fn spikes_and_small_shifts_are_no_change() {
        let mut spiky = noise(3, 200, 0.1);
        for place in [20, 21, 90, 150] {
            spiky[place] += 2.3;
        }
        assert_eq!(shift_points(&spiky), []);
        assert_eq!(shift_points(&shifted(4, &[(100, 0.0), (100, 0.05)], 0.02)), []);
        assert_eq!(shift_points(&shifted(5, &[(4, 0.0), (4, 5.0)], 0.02)), []);
        assert_eq!(shift_points(&[]), []);
    }

    #[test]
    fn durations_without_any_noise_change_too() {
        let points = shift_points(&[vec![1.0; 10], vec![2.0; 10]].concat());
        assert_eq!(points.iter().map(|point| point.at).collect::<Vec<_>>(), [10]);
    }

    /// What `may_differ` stands for: the t-value of every point.
    fn any_t_value_passes(values: &[f64]) -> bool {
        (LEAST..=values.len() - LEAST).any(|at| {
            let (left, right) = (Moments::of(&values[..at]), Moments::of(&values[at..]));
            let squares = left.variance * (left.n - 1) as f64 + right.variance * (right.n - 1) as f64;
            let error = squares / (values.len() - 2) as f64 * (1.0 / left.n as f64 + 1.0 / right.n as f64);
            (left.mean - right.mean).abs() / error.sqrt() > 2.575
        })
    }

    #[test]
    fn the_screen_lets_through_what_a_t_test_could_find() {
        let mut passed = 0;
        for seed in 0..500 {
            let values = shifted(seed, &[(7 + seed as usize % 20, 0.0), (23, 0.03 * (seed % 5) as f64)], 0.1);
            let found = Sums::of(&values).may_differ(0, values.len());
            assert_eq!(found, any_t_value_passes(&values), "{seed}");
            passed += usize::from(found);
        }
        assert!((100..400).contains(&passed), "{passed}");
    }

    /// The energy distance as the paper has it, pair by pair.
    fn most_different_by_definition(values: &[f64]) -> usize {
        let mean = |left: &[f64], right: &[f64], pairs: f64| -> f64 {
            left.iter().flat_map(|one| right.iter().map(move |other| (one - other).abs())).sum::<f64>() / pairs
        };
        let weighted = |at: usize| {
            let (left, right) = values.split_at(at);
            let (n, m) = (left.len() as f64, right.len() as f64);
            let within = |part: &[f64], n: f64| mean(part, part, n * (n - 1.0));
            (2.0 * mean(left, right, n * m) - within(left, n) - within(right, m)) * n * m / (n + m)
        };
        let places = LEAST..=values.len() - LEAST;
        places.max_by(|left, right| weighted(*left).total_cmp(&weighted(*right))).expect("there is a place")
    }

    #[test]
    fn the_most_different_point_is_that_of_the_definition() {
        for seed in 0..200 {
            let values = shifted(seed, &[(5 + seed as usize % 30, 0.0), (20, 0.1)], 0.1);
            assert_eq!(most_different(&values), Some(most_different_by_definition(&values)), "{seed}");
        }
    }

    #[test]
    fn noise_alone_gives_at_most_one_alarm_in_a_thousand() {
        for count in [30, 200, 500] {
            let alarms = (0..1000).filter(|seed| !shift_points(&noise(1000 + seed, count, 0.2)).is_empty()).count();
            assert!(alarms <= 1, "{alarms} of {count} values");
        }
    }
}
