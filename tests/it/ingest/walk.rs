//! Walking directories: what is read, what is not, and in which order.

use std::fs;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::Path;

use insight::ingest::{IngestEnd, IngestOptions, Limits, read_inputs};

use super::support::{gz, line, lines, path, read_all, report_log, session_ids, tar, tree, walking, zip};

#[test]
fn every_file_comes_to_exactly_one_end() {
    let log = report_log("a", 1);
    let root = tree(&[
        ("z.jsonl", &log),
        ("a/b.jsonl", &log),
        ("a/a/c.jsonl", &log),
        ("empty", b""),
        ("picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
        ("main.rs", b"fn main() {}\n"),
        ("cut.xml", b"<testsuite name='x'>"),
        ("tool.jar", &zip(&[("META-INF/MANIFEST.MF", b"")])),
        (".git/objects/pack/x", &log),
        ("history/_delta_log/0.json", &log),
    ]);
    #[cfg(unix)]
    std::os::unix::fs::symlink(root.path().join("z.jsonl"), root.path().join("link")).expect("a link");
    #[cfg(unix)]
    std::os::unix::fs::symlink(root.path(), root.path().join("loop")).expect("a link");
    let found = lines(root.path(), &walking());
    let cut = found.iter().find(|line| line.starts_with("cut.xml")).expect("the cut report").clone();
    let mut expected = vec![
        "empty: no report: is empty",
        "link: no report: a symbolic link: not followed",
        "loop: no report: a symbolic link: not followed",
        "main.rs: no report: no test session in it",
        "picture.png: no report: neither XML, JSON nor text",
        "tool.jar: no report: a program package or a document",
        "z.jsonl: tests 1",
        ".git: no report: data of version control or of a history",
        "a/b.jsonl: tests 1",
        "a/a/c.jsonl: tests 1",
        "history/_delta_log: no report: data of version control or of a history",
    ];
    expected.insert(0, &cut);
    assert_eq!(found, expected);
}

#[test]
fn a_directory_is_only_walked_when_asked_to() {
    let root = tree(&[("a.jsonl", &report_log("a", 1))]);
    let options = IngestOptions::default();
    assert_eq!(lines(root.path(), &options), [": unreadable: directory: is a directory"]);
    let inputs = vec![path(root.path().join("a.jsonl")), path(root.path().join("none.xml"))];
    let found: Vec<String> = read_all(inputs, &options).iter().map(|report| line(root.path(), report)).collect();
    assert_eq!(found[0], "a.jsonl: tests 1");
    assert!(found[1].starts_with("none.xml: unreadable: io: "), "{}", found[1]);
}

#[cfg(unix)]
#[test]
fn what_may_not_be_read_is_named_and_stops_nobody() {
    use std::os::unix::fs::PermissionsExt as _;
    let root = tree(&[("a.jsonl", &report_log("a", 1)), ("b.jsonl", &report_log("b", 1)), ("c/d.jsonl", b"")]);
    for name in ["a.jsonl", "c"] {
        fs::set_permissions(root.path().join(name), fs::Permissions::from_mode(0o000)).expect("our own file");
    }
    if fs::read(root.path().join("a.jsonl")).is_ok() {
        return; // We are root, whom nothing stops.
    }
    let found = lines(root.path(), &walking());
    assert!(found[0].starts_with("a.jsonl: unreadable: io: "), "{found:?}");
    assert_eq!(found[1], "b.jsonl: tests 1");
    assert!(found[2].starts_with("c: unreadable: io: "), "{found:?}");
}

#[test]
fn order_and_content_do_not_depend_on_the_number_of_workers() {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for number in 0..12 {
        let log = report_log(&format!("n{number}"), 1 + number * 7 % 20);
        files.push((format!("d{}/{number}.jsonl", number % 7), log.clone()));
        let members: Vec<(String, Vec<u8>)> =
            (0..8).map(|member| (format!("m{member}"), report_log(&format!("m{number}x{member}"), member))).collect();
        let members: Vec<(&str, &[u8])> =
            members.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
        files.push((format!("d{}/{number}.zip", number % 5), zip(&members)));
        files.push((format!("d{}/{number}.tar.gz", number % 3), gz(&tar(&members))));
    }
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
    let root = tree(&files);
    let run = |jobs: usize, in_flight: u64| {
        let limits = Limits { max_in_flight_bytes: in_flight, ..Limits::default() };
        let options = IngestOptions { jobs: NonZeroUsize::new(jobs).expect("not zero"), limits, ..walking() };
        let reports = read_all(vec![path(root.path().to_owned())], &options);
        let lines: Vec<String> = reports.iter().map(|report| line(root.path(), report)).collect();
        (lines, session_ids(&reports))
    };
    let expected = run(1, 256 << 20);
    assert_eq!(expected.0.len(), 12 + 24 * 9);
    // Little room makes every archive wait for its turn.
    for (jobs, in_flight) in [(1, 1), (2, 1), (8, 1), (8, 200_000), (8, 256 << 20)] {
        assert_eq!(run(jobs, in_flight), expected, "{jobs} jobs, {in_flight} bytes");
    }
}

#[test]
fn a_batch_can_be_stopped_at_any_report() {
    let log = report_log("a", 3);
    let members: Vec<(String, &[u8])> = (0..50).map(|number| (number.to_string(), log.as_slice())).collect();
    let members: Vec<(&str, &[u8])> = members.iter().map(|(name, content)| (name.as_str(), *content)).collect();
    let archive = zip(&members);
    let root = tree(&[("a.zip", &archive), ("b.zip", &archive), ("c.jsonl", &log)]);
    for stop_after in [1, 10, 60, 102] {
        let mut seen = 0;
        let end = read_inputs(vec![path(root.path().to_owned())], &walking(), &mut |_| {
            seen += 1;
            if seen == stop_after { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert_eq!((seen, end), (stop_after, IngestEnd::Stopped));
    }
}

#[test]
fn five_thousand_small_files_are_walked() {
    let root = tempfile::tempdir().expect("a directory for the test");
    for directory in 0..50 {
        let directory = root.path().join(format!("{directory:02}"));
        fs::create_dir(&directory).expect("a directory");
        for number in 0..100 {
            write_small(&directory, number);
        }
    }
    let reports = read_all(vec![path(root.path().to_owned())], &walking());
    assert_eq!(reports.len(), 5000);
    assert_eq!(session_ids(&reports).len(), 1250);
    let paths: Vec<&str> = reports.iter().map(|report| report.path.as_str()).collect();
    assert!(paths.is_sorted());
}

fn write_small(directory: &Path, number: usize) {
    let (ending, content) = match number % 4 {
        0 => {
            ("jsonl", report_log(&format!("{}_{number}", directory.file_name().expect("a name").to_string_lossy()), 1))
        }
        1 => ("rs", b"fn main() {}\n".to_vec()),
        2 => ("bin", vec![1, 2, 3, 4, 5, 6, 7, 8]),
        _ => ("json", b"{\"name\": \"x\"}".to_vec()),
    };
    fs::write(directory.join(format!("{number:03}.{ending}")), content).expect("a file");
}
