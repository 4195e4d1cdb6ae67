//! The line that pytest puts above a failure text under xdist: `[gw0] linux -- Python 3.11.7 /usr/bin/python`.

/// The line's parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WorkerLine {
    /// xdist's worker.
    pub(crate) worker: String,
    /// Python's name of the platform.
    pub(crate) platform: String,
    /// Python's version.
    pub(crate) python: String,
}

impl WorkerLine {
    /// Returns the line that a text begins with, if it does.
    pub(crate) fn at_start_of(text: &str) -> Option<WorkerLine> {
        let line = text.lines().next()?;
        let (worker, rest) = line.strip_prefix('[')?.split_once("] ")?;
        let (platform, rest) = rest.split_once(" -- Python ")?;
        let (python, _executable) = rest.split_once(' ')?;
        let is_word = |text: &str| !text.is_empty() && !text.contains(char::is_whitespace);
        (is_word(worker) && is_word(platform)).then(|| WorkerLine {
            worker: worker.to_owned(),
            platform: platform.to_owned(),
            python: python.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_told_from_a_failure_text() {
        let line = WorkerLine::at_start_of("[gw10] darwin -- Python 3.13.0 /opt/py thon/bin/python\ndef test(): ...");
        let line = line.expect("a worker's line");
        assert_eq!((&*line.worker, &*line.platform, &*line.python), ("gw10", "darwin", "3.13.0"));
        for text in ["", "[1, 2] == [3]", "[XPASS(strict)] why", "def f():\n[gw0] linux -- Python 3 /x"] {
            assert_eq!(WorkerLine::at_start_of(text), None, "{text}");
        }
    }
}
