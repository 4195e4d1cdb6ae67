//! The warnings summary and the list of slowest durations.

use std::time::Duration;

use super::result_line::is_path;
use crate::model::{NodeId, TestWarning};

/// What a warnings summary says.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    /// One entry a warning and place.
    pub(super) warnings: Vec<TestWarning>,
    /// Whether some places are folded to `path: N warnings`, so that the tests are not named.
    pub(super) folded: bool,
}

/// Reads a warnings summary: groups of places at the margin, each followed by an indented message.
pub(super) fn warnings(content: &str) -> Warnings {
    let mut found = Warnings::default();
    let mut places: Vec<&str> = Vec::new();
    let mut message = String::new();
    for line in content.lines() {
        if line.starts_with("-- Docs: ") {
            break;
        }
        if let Some(text) = line.strip_prefix("  ") {
            message.push_str(text);
            message.push('\n');
        } else {
            if !message.is_empty() {
                found.group(&places, &message);
                places.clear();
                message.clear();
            }
            if !line.trim().is_empty() {
                places.push(line.trim_end());
            }
        }
    }
    if !message.is_empty() {
        found.group(&places, &message);
    }
    found
}

impl Warnings {
    fn group(&mut self, places: &[&str], message: &str) {
        let message = message.trim_end();
        let (location, category) = origin(message);
        let warning = |node_id| TestWarning {
            message: bare_message(message, location, category).to_owned(),
            category: category.map(str::to_owned),
            location: location.map(str::to_owned),
            node_id,
        };
        if places.is_empty() {
            self.warnings.push(warning(None));
        }
        for place in places {
            match folded_place(place) {
                Some((_, count)) => {
                    self.folded = true;
                    // The count is the input's: a hostile one must not fill the memory.
                    self.warnings.extend((0..count.min(10_000)).map(|_| warning(None)));
                }
                None => {
                    let node_id = place.contains("::").then(|| NodeId::from(*place));
                    self.warnings.push(warning(node_id));
                }
            }
        }
    }
}

/// Reads `path: 12 warnings`.
fn folded_place(place: &str) -> Option<(&str, usize)> {
    let (path, rest) = place.rsplit_once(": ")?;
    let count = rest
        .strip_suffix(" warnings")
        .or_else(|| rest.strip_suffix(" warning"))
        .or_else(|| rest.strip_suffix(" tests with warnings"))?;
    Some((path, count.parse().ok()?))
}

/// Returns place and class of `path:12: Category: text`.
fn origin(message: &str) -> (Option<&str>, Option<&str>) {
    let first = message.lines().next().unwrap_or_default();
    let Some((at, _)) = first.match_indices(": ").find(|(at, _)| {
        first[..*at]
            .rsplit_once(':')
            .is_some_and(|(path, line)| is_path(path) && line.bytes().all(|byte| byte.is_ascii_digit()))
    }) else {
        return (None, None);
    };
    let category = first[at + 2..].split(": ").next().filter(|category| {
        !category.is_empty() && category.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_'))
    });
    (Some(&first[..at]), category)
}

/// Returns the text of `path:12: Category: text` without the line of source code and the word on its object that Python shows below.
fn bare_message<'m>(message: &'m str, location: Option<&str>, category: Option<&str>) -> &'m str {
    let (Some(location), Some(category)) = (location, category) else { return message };
    let text = message.strip_prefix(location).and_then(|rest| rest.strip_prefix(": "));
    let text = text.and_then(|rest| rest.strip_prefix(category));
    let Some(text) = text.and_then(|rest| rest.strip_prefix(": ").or_else(|| rest.strip_prefix(':'))) else {
        return message;
    };
    let object = ["\nEnable tracemalloc to get traceback where the object was allocated.", "\nObject allocated at"];
    let end = object.iter().filter_map(|start| text.find(start)).min().unwrap_or(text.len());
    let text = text[..end].trim_end();
    match text.rsplit_once('\n') {
        Some((before, source)) if source.starts_with("  ") => before.trim_end(),
        _ => text,
    }
}

/// Returns the phases of the list of slowest durations: node id and time.
pub(super) fn durations(content: &str) -> impl Iterator<Item = (&str, Duration)> {
    content.lines().filter_map(|line| {
        let (seconds, rest) = line.trim_start().split_once("s ")?;
        let (phase, node_id) = rest.split_once(' ')?;
        let seconds: f64 = seconds.parse().ok()?;
        let known = matches!(phase, "setup" | "call" | "teardown") && !node_id.trim().is_empty();
        known.then_some((node_id.trim(), Duration::try_from_secs_f64(seconds).ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_places_and_folds() {
        let content = "a.py::t\nb.py::u\n  /x/b.py:2: UserWarning: be careful\n    warn()\n\nc.py: 3 warnings\n  /x/c.py:9: pkg.OwnWarning: hm\n\n-- Docs: https://docs.pytest.org/en/stable/warnings.html\n";
        let found = warnings(content);
        assert!(found.folded);
        assert_eq!(found.warnings.len(), 5);
        let first = &found.warnings[0];
        assert_eq!(first.node_id, Some(NodeId::from("a.py::t")));
        assert_eq!(first.message, "be careful");
        assert_eq!((first.category.as_deref(), first.location.as_deref()), (Some("UserWarning"), Some("/x/b.py:2")));
        assert_eq!(found.warnings[4].category.as_deref(), Some("pkg.OwnWarning"));
    }

    #[test]
    fn messages_stand_without_place_and_source() {
        let rows = [
            ("/x/b.py:2: UserWarning: one\n    two: three\n    warn()", "one\n  two: three"),
            ("/x/b.py:1: UserWarning: alone", "alone"),
            (
                "/x/b.py:2: ResourceWarning: unclosed\n    open()\n  \n  Enable tracemalloc to get traceback where the object was allocated.\n  See more",
                "unclosed",
            ),
            ("could not be imported", "could not be imported"),
        ];
        for (text, expected) in rows {
            assert_eq!(warnings(&format!("a.py::t\n  {text}\n")).warnings[0].message, expected);
        }
    }

    #[test]
    fn phases_of_slowest_tests() {
        let content = "0.10s call     a.py::t[x y]\n0.01s setup    a.py::t\n\n(3 durations < 0.005s hidden.  Use -vv to show these durations.)\n";
        let found: Vec<_> = durations(content).map(|(id, time)| (id, time.as_millis())).collect();
        assert_eq!(found, [("a.py::t[x y]", 100), ("a.py::t", 10)]);
    }
}
