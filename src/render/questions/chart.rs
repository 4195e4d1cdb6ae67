//! Bars and sparklines in a line of text.

/// Returns a bar of a share, of this many columns where it is whole, to an eighth of a column.
pub(crate) fn bar(share: f64, columns: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share.clamp(0.0, 1.0) * columns as f64 * 8.0).round() as usize;
    // What is more than nothing shows.
    let eighths = if share > 0.0 { eighths.max(1) } else { eighths };
    let rest = EIGHTHS.get(eighths % 8).copied().unwrap_or_default();
    format!("{}{rest}", "█".repeat(eighths / 8))
}

/// Returns values as a line of small bars, the lowest value as the lowest bar and the highest as the highest; a blank where
/// a value is not known. Of more values than columns, each column shows the mean of some.
pub(crate) fn sparkline(values: &[Option<f64>], columns: usize) -> String {
    const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let values = squeezed(values, columns);
    let known = || values.iter().flatten().copied();
    let low = known().fold(f64::INFINITY, f64::min);
    let high = known().fold(f64::NEG_INFINITY, f64::max);
    let level = |value: f64| {
        // Values that are all the same stand in the middle: neither low nor high.
        let share = if high > low { (value - low) / (high - low) } else { 0.5 };
        LEVELS.get((share * 7.0).round() as usize).copied().unwrap_or(' ')
    };
    values.iter().map(|value| value.map_or(' ', level)).collect()
}

fn squeezed(values: &[Option<f64>], columns: usize) -> Vec<Option<f64>> {
    if values.len() <= columns.max(1) {
        return values.to_vec();
    }
    let at = |column: usize| column * values.len() / columns;
    let mean = |column: usize| {
        let known: Vec<f64> =
            values.get(at(column)..at(column + 1)).unwrap_or_default().iter().flatten().copied().collect();
        (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
    };
    (0..columns).map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_show_shares_to_an_eighth() {
        assert_eq!(bar(1.0, 4), "████");
        assert_eq!(bar(0.5, 4), "██");
        assert_eq!(bar(0.0, 4), "");
        assert_eq!(bar(0.001, 4), "▏");
        assert_eq!(bar(0.53125, 4), "██▏");
    }

    #[test]
    fn sparklines_reach_from_the_lowest_to_the_highest() {
        assert_eq!(sparkline(&[Some(1.0), None, Some(4.5), Some(8.0)], 10), "▁ ▅█");
        assert_eq!(sparkline(&[Some(2.0), Some(2.0)], 10), "▅▅");
        assert_eq!(sparkline(&[], 10), "");
        let many: Vec<Option<f64>> = (0..100).map(|value| Some(f64::from(value))).collect();
        assert_eq!(sparkline(&many, 8), "▁▂▃▄▅▆▇█");
    }
}
