//! Lines of progress characters.

use super::result_line::is_path;
use super::tail::next_segment;
use super::words;
use crate::grammar::Library;

/// One line of progress characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ProgressLine<'l> {
    /// The file, where the line names one.
    pub(super) path: Option<&'l str>,
    /// The letters.
    pub(super) letters: String,
    /// Whether a percentage (or count) stands behind them.
    pub(super) marked: bool,
}

/// Returns the progress characters of a line such as `tests/test_a.py ..F.s   [ 50%]`.
pub(super) fn progress<'l>(library: &Library, line: &'l str) -> Option<ProgressLine<'l>> {
    let mut letters = String::new();
    let mut path = None;
    let mut marked = false;
    let mut rest = line.trim_end();
    let mut first = true;
    while !rest.is_empty() {
        let (segment, after) = next_segment(rest);
        let had_mark = after.is_some();
        let segment = segment.trim_end();
        let token = match segment.rsplit_once(' ') {
            Some((before, token)) if first && !before.trim().is_empty() => {
                path = Some(before.trim_end());
                token
            }
            Some((_, token)) => token,
            None => segment,
        };
        if token.is_empty() && !first {
            break;
        }
        if token.is_empty() || !token.chars().all(|letter| words::letter(library, letter).is_some()) {
            return if first { glued(library, segment) } else { None };
        }
        letters.push_str(token);
        marked |= had_mark;
        first = false;
        rest = after.unwrap_or_default();
    }
    let plausible = path.is_none_or(is_file) && !(letters.bytes().all(|byte| byte == b'-') && letters.len() > 2);
    (plausible && !letters.is_empty()).then_some(ProgressLine { path, letters, marked })
}

/// Letters to which an annotation on another stream is glued: `..::error file=…`.
fn glued<'l>(library: &Library, segment: &'l str) -> Option<ProgressLine<'l>> {
    let (before, _) = segment.split_once("::error ").or_else(|| segment.split_once("::warning "))?;
    let (path, letters) = match before.rsplit_once(' ') {
        Some((path, letters)) => (Some(path), letters),
        None => (None, before),
    };
    let all_letters = !letters.is_empty() && letters.chars().all(|letter| words::letter(library, letter).is_some());
    (all_letters && path.is_none_or(is_file)).then(|| ProgressLine { path, letters: letters.to_owned(), marked: false })
}

fn is_file(path: &str) -> bool {
    is_path(path) && !path.contains("::")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_lines() {
        let parts = |line| progress(Library::built_in(), line).map(|line| (line.path, line.letters, line.marked));
        assert_eq!(parts("tests/a b.py ..F.s     [ 50%]"), Some((Some("tests/a b.py"), "..F.s".to_owned(), true)));
        assert_eq!(parts("..sss.F   [100%]"), Some((None, "..sss.F".to_owned(), true)));
        assert_eq!(parts("t.py R   [100%]R [100%]. [100%]"), Some((Some("t.py"), "RR.".to_owned(), true)));
        assert_eq!(parts("tests/a.py ..::error file=x"), Some((Some("tests/a.py"), "..".to_owned(), false)));
        assert_eq!(parts("hello there."), None);
        assert_eq!(parts("----------"), None);
        assert_eq!(parts(""), None);
    }
}
