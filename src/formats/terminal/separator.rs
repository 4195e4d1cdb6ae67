//! Separator lines, and the formula that tells pytest's own from printed ones.

/// A line of the shape `==== title ====`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Separator<'l> {
    /// The fill character.
    pub(super) fill: char,
    /// What stands between the fills.
    pub(super) title: &'l str,
    /// The line's width in characters.
    pub(super) width: usize,
    /// Whether there is just one fill character on each side: the title did not fit.
    pub(super) minimal: bool,
}

impl<'l> Separator<'l> {
    /// Returns the separator that a line is, if it could be pytest's: `TerminalWriter.sep` puts the same number of fill characters on both sides,
    /// or one more on the right.
    pub(super) fn parse(line: &'l str) -> Option<Separator<'l>> {
        // pytest-sugar draws its headings with horizontal bars.
        if line.starts_with('―') {
            return Separator::of_bars(line);
        }
        let bytes = line.as_bytes();
        let fill = *bytes.first()?;
        if !matches!(fill, b'=' | b'_' | b'-' | b'!' | b'+' | b'~' | b'>') {
            return None;
        }
        let left = bytes.iter().take_while(|byte| **byte == fill).count();
        let right = bytes.iter().rev().take_while(|byte| **byte == fill).count();
        let title = line.get(left..line.len().checked_sub(right)?)?.strip_prefix(' ')?.strip_suffix(' ')?;
        let fits = right == left || right == left + 1;
        if !fits || title.is_empty() || title.trim().is_empty() {
            return None;
        }
        let width = left + right + 2 + if title.is_ascii() { title.len() } else { title.chars().count() };
        Some(Separator { fill: char::from(fill), title, width, minimal: left == 1 })
    }

    fn of_bars(line: &'l str) -> Option<Separator<'l>> {
        let title = line.trim_matches('―').strip_prefix(' ')?.strip_suffix(' ')?;
        let left = line.chars().take_while(|bar| *bar == '―').count();
        let right = line.chars().rev().take_while(|bar| *bar == '―').count();
        let fits = (right == left || right == left + 1) && !title.trim().is_empty();
        fits.then(|| Separator {
            fill: '_',
            title,
            width: left + right + 2 + title.chars().count(),
            minimal: left == 1,
        })
    }

    /// Returns whether the separator has the width of the session's: `width`, one less (Windows), or more with single fills.
    pub(super) fn fits(&self, width: Option<usize>) -> bool {
        match width {
            None => self.width >= 39,
            Some(width) => self.width == width || self.width + 1 == width || (self.minimal && self.width + 2 > width),
        }
    }
}

/// Returns whether a line separates the entries of a traceback: `_ _ _ _`.
pub(super) fn is_traceback_separator(line: &str) -> bool {
    line.starts_with("_ _ _ _ _ _ _ _ _ _ ") && line.bytes().all(|byte| matches!(byte, b'_' | b' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_formula_accepts_what_pytest_prints_and_little_else() {
        let good = "=================================== FAILURES ===================================";
        assert_eq!(Separator::parse(good), Some(Separator { fill: '=', title: "FAILURES", width: 80, minimal: false }));
        assert!(Separator::parse("= 9 failed, 12 passed in 0.27s =").is_some_and(|separator| separator.minimal));
        assert!(Separator::parse("____ _private_ ____").is_some());
        for bad in ["====", "== ==", "=== x =====", "==== x ===", "x ==== y", "", "=", "= =", "== x"] {
            assert_eq!(Separator::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn traceback_separators_are_no_headings() {
        assert!(is_traceback_separator("_ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ "));
        assert!(!is_traceback_separator("____ test_x ____"));
    }
}
