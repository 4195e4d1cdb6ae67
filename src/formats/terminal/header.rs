//! The header and the collection lines.

use super::evidence::Header;
use crate::grammar::{Area, Emits, Library, LineMatch};

/// Takes what a line of the header or of the collection says; returns whether it said anything.
pub(super) fn take(library: &Library, header: &mut Header, line: &str) -> bool {
    // On a terminal the line is rewritten: the last state stands behind the last carriage return.
    let line = line.rsplit('\r').find(|part| !part.trim().is_empty()).unwrap_or(line);
    let found =
        [Area::Header, Area::Collection, Area::Reporter].into_iter().find_map(|area| library.match_line(area, line));
    found.is_some_and(|found| take_match(header, &found))
}

fn take_match(header: &mut Header, found: &LineMatch<'_, '_>) -> bool {
    let text = |name: &str| found.get(name).map(|text| text.trim_end().to_owned());
    let number = |name: &str| found.get(name).and_then(|number| number.parse().ok());
    match found.emits {
        Emits::Platform | Emits::SessionStart => {
            header.platform = text("platform").or(header.platform.take());
            header.python = text("python").or(header.python.take());
            header.pytest = text("pytest").or(header.pytest.take());
        }
        Emits::Rootdir => header.rootdir = text("rootdir"),
        Emits::Plugins => plugins(header, found.get("plugins").unwrap_or_default()),
        Emits::Seed => header.seed = text("seed"),
        Emits::Collected => {
            header.collected = number("collected");
            header.deselected = number("deselected");
        }
        Emits::Workers => {
            header.workers = number("workers").or(header.workers).or(Some(1));
            header.collected = number("items").or(header.collected);
        }
        // xdist up to 3.2 names its workers: `gw0 [31] / gw1 [31]`.
        Emits::Selection if text("text").is_some_and(|text| text.starts_with("gw")) => {
            let list = found.get("text").unwrap_or_default();
            header.workers = Some(list.matches("gw").count() as u64);
            let items = list.split_once('[').and_then(|(_, rest)| rest.split(']').next());
            header.collected = items.and_then(|items| items.parse().ok()).or(header.collected);
        }
        Emits::Selection if text("text").is_some_and(|text| text.ends_with(" EachScheduling")) => {
            header.each_worker = true;
        }
        Emits::HeaderFact | Emits::Configfile | Emits::Collecting | Emits::Selection => {}
        _ => return false,
    }
    true
}

impl Header {
    /// Whether passed subtests have lines like passed tests that the last line does not count: with pytest-subtests up to 0.10.
    pub(super) fn hides_passed_subtests(&self) -> bool {
        let version = self.plugins.get("subtests").and_then(Option::as_deref);
        let minor = version.and_then(|version| version.strip_prefix("0.")?.split('.').next()?.parse::<u32>().ok());
        minor.is_some_and(|minor| minor < 11)
    }
}

fn plugins(header: &mut Header, list: &str) {
    for plugin in list.trim_end().split(", ") {
        // The version begins at the last dash that is followed by a digit: names may hold dashes themselves.
        let dash = plugin
            .rmatch_indices('-')
            .find(|(at, _)| plugin[at + 1..].starts_with(|first: char| first.is_ascii_digit()));
        let (name, version) = match dash {
            Some((at, _)) => (&plugin[..at], Some(plugin[at + 1..].to_owned())),
            None => (plugin, None),
        };
        if !name.is_empty() {
            header.plugins.insert(name.to_owned(), version);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(lines: &[&str]) -> Header {
        let mut header = Header::default();
        for line in lines {
            assert!(take(Library::built_in(), &mut header, line), "{line}");
        }
        header
    }

    #[test]
    fn headers_of_all_ages() {
        let new = header(&[
            "platform linux -- Python 3.11.7, pytest-9.2.0, pluggy-1.7.0 -- /usr/bin/python",
            "rootdir: /home/ci/work",
            "plugins: rerunfailures-16.7, xdist-3.8.0, github-actions-annotate-failures-0.4.2",
            "collecting ... \rcollected 31 items / 2 deselected / 29 selected      ",
        ]);
        assert_eq!((new.python.as_deref(), new.pytest.as_deref()), (Some("3.11.7"), Some("9.2.0")));
        assert_eq!((new.collected, new.deselected, new.plugins.len()), (Some(31), Some(2), 3));
        assert_eq!(new.plugins["github-actions-annotate-failures"].as_deref(), Some("0.4.2"));
        let old = header(&[
            "platform linux2 -- Python 2.7.6[pypy-2.3.1-final], pytest-2.9.2, py-1.4.31, pluggy-0.3.1",
            "rootdir: /x y, inifile: tox.ini",
            "gw0 [31] / gw1 [31]",
        ]);
        assert_eq!((old.rootdir.as_deref(), old.workers.is_some(), old.collected), (Some("/x y"), true, Some(31)));
    }
}
