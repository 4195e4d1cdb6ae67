//! `system-out` and `system-err`, split into what pytest captured where.
//!
//! pytest writes each captured stream behind a heading, in `system-out` or `system-err` as `junit_logging` says, also where nothing
//! was captured; pytest before 5.1 writes the stream alone, with headings only where there are logs, too.

use memchr::{memmem, memrchr};

/// Captured text by stream.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Captured {
    pub(super) log: Option<String>,
    pub(super) out: Option<String>,
    pub(super) err: Option<String>,
}

const HEADINGS: [(&str, Stream); 3] =
    [(" Captured Log ", Stream::Log), (" Captured Out ", Stream::Out), (" Captured Err ", Stream::Err)];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stream {
    Log,
    Out,
    Err,
}

impl Captured {
    /// Splits the contents of a test case's `system-out` and `system-err` elements.
    pub(super) fn of(system_out: Vec<String>, system_err: Vec<String>) -> Captured {
        let mut captured = Captured::default();
        for text in system_out {
            captured.split(text, Stream::Out);
        }
        for text in system_err {
            captured.split(text, Stream::Err);
        }
        captured
    }

    fn split(&mut self, mut text: String, default: Stream) {
        let Some((mut stream, begin)) = heading(&text) else {
            self.add(default, text);
            return;
        };
        text.drain(..begin);
        // Each heading stands once, in this order; a later one of the same kind was printed by the test.
        while let Some((begin, next, end)) = following(&text, stream) {
            let rest = text.split_off(end);
            text.truncate(begin);
            self.add_section(stream, std::mem::replace(&mut text, rest));
            stream = next;
        }
        self.add_section(stream, text);
    }

    /// Adds what stands below a heading, where pytest ends it with a line end of its own.
    fn add_section(&mut self, stream: Stream, mut text: String) {
        if text.ends_with('\n') {
            text.pop();
        }
        self.add(stream, text);
    }

    /// Adds a text to a stream. pytest writes what has been captured so far at each report of a test that it writes captured text
    /// for, so that a later text holds the earlier one.
    fn add(&mut self, stream: Stream, text: String) {
        let field = match stream {
            Stream::Log => &mut self.log,
            Stream::Out => &mut self.out,
            Stream::Err => &mut self.err,
        };
        if text.trim().is_empty() {
            return;
        }
        match field {
            Some(before) if text.starts_with(before.as_str()) => *before = text,
            Some(before) => before.push_str(&text),
            None => *field = Some(text),
        }
    }
}

/// Returns the stream whose heading stands at the start of the text, and where its content begins.
fn heading(text: &str) -> Option<(Stream, usize)> {
    let line = text.split_once('\n').map_or(text, |(line, _)| line);
    if !line.starts_with("---") || !line.ends_with("---") {
        return None;
    }
    let title = line.trim_matches('-');
    let stream = HEADINGS.iter().find(|(heading, _)| *heading == title)?.1;
    Some((stream, (line.len() + 1).min(text.len())))
}

/// Returns the next heading that may follow that of `stream`: where it begins, its stream, and where its content begins.
fn following(text: &str, stream: Stream) -> Option<(usize, Stream, usize)> {
    let order = |stream| HEADINGS.iter().position(|(_, of)| *of == stream);
    memmem::find_iter(text.as_bytes(), b"- Captured ").find_map(|at| {
        let begin = memrchr(b'\n', &text.as_bytes()[..at]).map_or(0, |end| end + 1);
        let (next, end) = heading(&text[begin..])?;
        (order(next) > order(stream)).then_some((begin, next, begin + end))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(title: &str, content: &str) -> String {
        format!("{title:-^80}\n{content}\n")
    }

    #[test]
    fn each_variant_of_junit_logging() {
        let log = section(" Captured Log ", "WARNING root:a.py:1 hey\n");
        let out = section(" Captured Out ", "printed\n\n");
        let err = section(" Captured Err ", "");
        let captured = Captured::of(vec![format!("{log}{out}")], vec![err]);
        assert_eq!(captured.log.as_deref(), Some("WARNING root:a.py:1 hey\n"));
        assert_eq!(captured.out.as_deref(), Some("printed\n\n"));
        assert_eq!(captured.err, None);
        assert_eq!(Captured::of(vec![out], vec![]).out.as_deref(), Some("printed\n\n"));
        assert_eq!(Captured::of(vec!["bare\n".to_owned()], vec!["x".to_owned()]).out.as_deref(), Some("bare\n"));
    }

    #[test]
    fn a_printed_heading_is_no_heading() {
        let out = section(" Captured Out ", &format!("a\n{}b", section(" Captured Log ", "c")));
        let captured = Captured::of(vec![out], vec![]);
        assert_eq!(captured.log, None);
        assert!(captured.out.is_some_and(|text| text.contains("Captured Log")));
    }

    #[test]
    fn what_is_written_twice_is_kept_once() {
        let once = section(" Captured Out ", "call\n");
        let twice = section(" Captured Out ", "call\nteardown\n");
        assert_eq!(Captured::of(vec![once, twice], vec![]).out.as_deref(), Some("call\nteardown\n"));
    }
}
