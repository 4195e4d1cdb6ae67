//! The header and the collection lines.

use std::sync::LazyLock;

use regex::Regex;

use super::evidence::Header;

static PLATFORM: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"^platform (?P<platform>\S+) -- Python (?P<python>[^\s,\[]+)(?:\[[^\]]*\])?, pytest-(?P<pytest>[^,\s]+)")
});
static SUGAR: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^Test session starts \(platform: (?P<platform>[^,]+), Python (?P<python>[^,]+), pytest (?P<pytest>[^,]+),",
    )
});
static ROOTDIR: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^rootdir: (?P<rootdir>.*?)(?:, (?:inifile|configfile):.*)?(?:, testpaths: .*)?$"));
static COLLECTED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"collected (?P<collected>\d+) items?(?P<rest>(?: / \d+ [a-z]+)*)\s*$"));
static DESELECTED: LazyLock<Regex> = LazyLock::new(|| pattern(r" / (\d+) deselected"));
static WORKERS: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?P<workers>\d+) workers? \[(?P<items>\d+) items?\]\s*$"));
static OLD_WORKERS: LazyLock<Regex> = LazyLock::new(|| pattern(r"^gw\d+ \[(?P<items>\d+)\](?: / gw\d+ \[\d+\])*\s*$"));
static SEED: LazyLock<Regex> = LazyLock::new(|| pattern(r"^Using --(?:randomly|random-order)-seed=(?P<seed>\S+)"));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is a constant that the tests compile")
}

/// Takes what a line of the header or of the collection says; returns whether it said anything.
pub(super) fn take(header: &mut Header, line: &str) -> bool {
    match line.as_bytes() {
        [b'p', b'l', b'a', ..] => platform(header, line),
        [b'T', b'e', b's', ..] => versions(header, &SUGAR, line),
        [b'r', b'o', b'o', ..] => rootdir(header, line),
        [b'p', b'l', b'u', ..] => plugins(header, line),
        [b'c', b'o', b'l', ..] => collected(header, line),
        [b'U', b's', b'i', ..] => seed(header, line),
        [b'0'..=b'9' | b'c' | b'g' | b'i' | b'r' | b'\r', ..] => workers(header, line),
        _ => false,
    }
}

fn platform(header: &mut Header, line: &str) -> bool {
    versions(header, &PLATFORM, line)
}

fn versions(header: &mut Header, pattern: &Regex, line: &str) -> bool {
    let Some(captures) = pattern.captures(line) else { return false };
    let group = |name: &str| captures.name(name).map(|found| found.as_str().to_owned());
    header.platform = group("platform");
    header.python = group("python");
    header.pytest = group("pytest");
    true
}

fn rootdir(header: &mut Header, line: &str) -> bool {
    let Some(captures) = ROOTDIR.captures(line) else { return false };
    header.rootdir = Some(captures["rootdir"].trim_end().to_owned());
    true
}

fn plugins(header: &mut Header, line: &str) -> bool {
    let Some(list) = line.strip_prefix("plugins: ") else { return false };
    for plugin in list.trim_end().split(", ") {
        // The version begins at the last dash that is followed by a digit: names may hold dashes themselves.
        let split =
            plugin.rmatch_indices('-').find(|(at, _)| plugin[at + 1..].starts_with(|c: char| c.is_ascii_digit()));
        let (name, version) = match split {
            Some((at, _)) => (&plugin[..at], Some(plugin[at + 1..].to_owned())),
            None => (plugin, None),
        };
        if !name.is_empty() {
            header.plugins.insert(name.to_owned(), version);
        }
    }
    true
}

fn collected(header: &mut Header, line: &str) -> bool {
    // On a terminal the line is rewritten: the last state stands behind the last carriage return.
    let Some(captures) = COLLECTED.captures(line) else { return false };
    header.collected = captures["collected"].parse().ok();
    header.deselected = DESELECTED.captures(&captures["rest"]).and_then(|captures| captures[1].parse().ok());
    true
}

fn seed(header: &mut Header, line: &str) -> bool {
    let Some(captures) = SEED.captures(line) else { return false };
    header.seed = Some(captures["seed"].to_owned());
    true
}

fn workers(header: &mut Header, line: &str) -> bool {
    let last = line.rsplit('\r').find(|part| !part.trim().is_empty()).unwrap_or(line);
    if let Some(captures) = WORKERS.captures(last) {
        header.workers = captures["workers"].parse().ok();
        header.collected = captures["items"].parse().ok();
        return true;
    }
    if let Some(captures) = OLD_WORKERS.captures(last) {
        header.workers = Some(last.matches("gw").count() as u64);
        header.collected = captures["items"].parse().ok();
        return true;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(lines: &[&str]) -> Header {
        let mut header = Header::default();
        for line in lines {
            assert!(take(&mut header, line), "{line}");
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
        assert_eq!((old.rootdir.as_deref(), old.workers, old.collected), (Some("/x y"), Some(2), Some(31)));
    }
}
