//! Archives of every kind, at any depth.

use std::collections::BTreeSet;

use insight::ingest::{Glob, IngestOptions, Limits};

use super::support::{
    gz, line, lines, path, read_all, report_log, session_ids, stream, tar, tree, walking, xz, zip, zst,
};

#[test]
fn every_kind_of_archive_is_opened_at_any_depth() {
    let log = report_log("a", 2);
    let inner = zip(&[("b/report.jsonl", &report_log("b", 3)), ("a.txt", b"nothing here"), ("empty.xml", b"")]);
    let root = tree(&[
        ("1.zip", &zip(&[("inner.zip", &inner), ("z/out.jsonl.gz", &gz(&log))])),
        ("2.tar", &tar(&[("./out.jsonl", &log)])),
        ("3.tar.gz", &gz(&tar(&[("x/out.jsonl", &log), ("x/nested.tar.zst", &zst(&tar(&[("y", &log)])))]))),
        ("4.tar.xz", &xz(&tar(&[("out.jsonl", &log)]))),
        ("5.gz", &gz(&log)),
        ("6.zst", &zst(&log)),
        ("7.xz", &xz(&log)),
        ("8 named wrongly.txt", &zip(&[("out.jsonl", &log)])),
        ("9.zip", &zip(&[])),
    ]);
    assert_eq!(
        lines(root.path(), &walking()),
        [
            "8 named wrongly.txt!/out.jsonl: tests 2",
            "8 named wrongly.txt: archive of 1",
            "5.gz: tests 2",
            "6.zst: tests 2",
            "7.xz: tests 2",
            "1.zip!/inner.zip!/a.txt: no report: no test session in it",
            "1.zip!/inner.zip!/empty.xml: no report: is empty",
            "1.zip!/inner.zip!/b/report.jsonl: tests 3",
            "1.zip!/inner.zip: archive of 3",
            "1.zip!/z/out.jsonl.gz: tests 2",
            "1.zip: archive of 2",
            "2.tar!/out.jsonl: tests 2",
            "2.tar: archive of 1",
            "3.tar.gz!/x/out.jsonl: tests 2",
            "3.tar.gz!/x/nested.tar.zst!/y: tests 2",
            "3.tar.gz!/x/nested.tar.zst: archive of 1",
            "3.tar.gz: archive of 2",
            "4.tar.xz!/out.jsonl: tests 2",
            "4.tar.xz: archive of 1",
            "9.zip: archive of 0",
        ]
    );
}

/// What was not fetched whole tells all that is in it, each member by its name.
#[test]
fn members_of_a_cut_archive_are_read_as_far_as_they_go() {
    let (first, second) = (report_log("a", 2), report_log("b", 400));
    let members: [(&str, &[u8]); 2] = [("one/out.jsonl", &first), ("two/out.jsonl", &second)];
    for (name, packed) in [("cut.tar.gz", gz(&tar(&members))), ("cut.tar.zst", zst(&tar(&members)))] {
        let root = tree(&[(name, &packed[..packed.len() * 4 / 5])]);
        let found = lines(root.path(), &walking());
        assert_eq!(found[0], format!("{name}!/one/out.jsonl: tests 2"), "{found:?}");
        assert!(found.iter().any(|line| line.starts_with(&format!("{name}!/two/out.jsonl: "))), "{found:?}");
    }
}

#[test]
fn packing_and_names_do_not_change_a_sessions_id() {
    let log = report_log("same", 2);
    let root = tree(&[
        ("a.jsonl", &log),
        ("b/other name.txt", &log),
        ("c.gz", &gz(&log)),
        ("d.zip", &zip(&[("x", &log)])),
        ("e.tar.zst", &zst(&tar(&[("y", &log)]))),
        ("f.zip", &zip(&[("g.zip", &zip(&[("h.xz", &xz(&log))]))])),
    ]);
    let reports =
        read_all(vec![path(root.path().to_owned()), stream(None, log.clone()), stream(None, gz(&log))], &walking());
    let ids = session_ids(&reports);
    assert_eq!(ids.len(), 8);
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 1, "{ids:?}");
}

#[test]
fn a_member_too_large_to_be_held_is_read_as_it_is_unpacked() {
    let large = report_log("large", 12_000);
    assert!(large.len() > 6 << 20);
    let root = tree(&[
        ("a.zip", &zip(&[("large.jsonl", &large), ("small.jsonl", &report_log("small", 1))])),
        ("b.tar.gz", &gz(&tar(&[("large.jsonl", &large), ("small.jsonl", &report_log("small", 1))]))),
    ]);
    assert_eq!(
        lines(root.path(), &walking()),
        [
            "a.zip!/large.jsonl: tests 12000",
            "a.zip!/small.jsonl: tests 1",
            "a.zip: archive of 2",
            "b.tar.gz!/large.jsonl: tests 12000",
            "b.tar.gz!/small.jsonl: tests 1",
            "b.tar.gz: archive of 2",
        ]
    );
}

#[test]
fn an_archive_on_a_pipe_is_read() {
    let log = report_log("a", 2);
    let inputs = || {
        vec![
            stream(Some("a.zip"), zip(&[("x.jsonl", &log)])),
            stream(None, gz(&tar(&[("x.jsonl", &log)]))),
            stream(None, Vec::new()),
        ]
    };
    let options = IngestOptions::default();
    let found: Vec<String> = read_all(inputs(), &options).iter().map(|report| line("".as_ref(), report)).collect();
    assert_eq!(
        found,
        [
            "a.zip!/x.jsonl: tests 2",
            "a.zip: archive of 1",
            "-!/x.jsonl: tests 2",
            "-: archive of 1",
            "-: no report: is empty"
        ]
    );
    let limits = Limits { max_held_bytes: 10, ..Limits::default() };
    let options = IngestOptions { limits, ..IngestOptions::default() };
    let found: Vec<String> = read_all(inputs(), &options).iter().map(|report| line("".as_ref(), report)).collect();
    assert_eq!(found[0], "a.zip: unreadable: too-large: larger than the limit of 10 bytes");
}

#[test]
fn filters_reach_into_archives() {
    let log = report_log("a", 1);
    let members: &[(&str, &[u8])] =
        &[("old/a.jsonl", &log), ("b.jsonl", &log), ("c.txt", &log), ("d.jsonl.gz", &gz(&log))];
    let root =
        tree(&[("x.zip", &zip(members)), ("y.jsonl", &log), ("y.txt", &log), ("old/z.jsonl", &log), ("no.gz", &log)]);
    let globs = |texts: &[&str]| texts.iter().map(|text| Glob::new(text).expect("a pattern")).collect();
    let options =
        insight::ingest::IngestOptions { include: globs(&["*.jsonl"]), exclude: globs(&["old"]), ..walking() };
    assert_eq!(
        lines(root.path(), &options),
        ["y.jsonl: tests 1", "x.zip!/b.jsonl: tests 1", "x.zip!/d.jsonl.gz: tests 1", "x.zip: archive of 4"]
    );
    let options = insight::ingest::IngestOptions { include: globs(&["x.zip"]), ..walking() };
    assert_eq!(lines(root.path(), &options).len(), 5);
}
