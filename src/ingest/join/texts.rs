//! Failure texts of one failure, from several files.

use crate::model::Format;

/// Returns the best of the texts that the formats have of one failure. They come best format first.
///
/// pytest's own text is in json-report. That of a report log is rebuilt and knows neither the terminal's width nor xdist's line above it; where
/// another text says the same but for these, that one is taken.
pub(super) fn best(texts: Vec<(Option<Format>, String)>) -> Option<String> {
    if let Some(at) = texts.iter().position(|(format, _)| *format == Some(Format::JsonReport)) {
        return texts.into_iter().nth(at).map(|(_, text)| text);
    }
    let (first, _) = texts.split_first()?;
    let wanted = essence(&first.1);
    // Of equals, `max_by_key` takes the last; the best format is first.
    let candidates = texts.iter().rev().filter(|(_, text)| essence(text) == wanted);
    candidates.max_by_key(|(format, text)| fullness(*format, text)).map(|(_, text)| text.clone())
}

/// How much of the text is pytest's own: xdist's line counts more than the separators' width, which a report log can only guess.
fn fullness(format: Option<Format>, text: &str) -> (bool, bool) {
    (text.lines().next().is_some_and(is_worker_line), format != Some(Format::ReportLog))
}

/// Returns what a text says, without xdist's line, the separators' width and white space at line ends.
fn essence(text: &str) -> Vec<&str> {
    let lines = text.trim().lines().map(str::trim_end);
    let lines = lines.enumerate().filter(|(number, line)| *number > 0 || !is_worker_line(line)).map(|(_, line)| line);
    let mut lines: Vec<&str> = lines.map(|line| if is_separator(line) { "_" } else { line }).collect();
    // Behind xdist's line there can be an empty one that is stripped without it.
    let empty = lines.iter().take_while(|line| line.is_empty()).count();
    lines.drain(..empty);
    lines
}

fn is_worker_line(line: &str) -> bool {
    line.starts_with("[gw") && line.contains("] ") && line.contains(" -- Python ")
}

fn is_separator(line: &str) -> bool {
    line.len() > 8 && line.split(' ').all(|part| part == "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fuller_of_equal_texts_is_taken() {
        let narrow = "def f():\n_ _ _ _ _ _\nE   assert 0".to_owned();
        let wide = "def f():\n_ _ _ _ _ _ _ _ _ _\nE   assert 0".to_owned();
        let worker = format!("[gw0] linux -- Python 3.11.7 /usr/bin/python\n\n{narrow}");
        let other = "def g(): ...".to_owned();
        let chosen = |texts: &[(Format, &String)]| {
            best(texts.iter().map(|(format, text)| (Some(*format), (*text).clone())).collect())
        };
        use Format::{JsonReport, JunitXml, ReportLog, Terminal};
        assert_eq!(chosen(&[(ReportLog, &wide), (JunitXml, &narrow)]), Some(narrow.clone()));
        assert_eq!(chosen(&[(ReportLog, &wide), (JunitXml, &narrow), (Terminal, &worker)]), Some(worker.clone()));
        assert_eq!(chosen(&[(ReportLog, &wide), (Terminal, &other)]), Some(wide.clone()));
        assert_eq!(chosen(&[(ReportLog, &wide), (JsonReport, &other)]), Some(other.clone()));
        assert_eq!(chosen(&[]), None);
    }
}
