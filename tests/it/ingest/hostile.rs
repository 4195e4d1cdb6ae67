//! Inputs that are broken, or mean harm.

use std::io::{self, Cursor, Read, Write};

use insight::ingest::{IngestOptions, InputSpec, Limits};
use zip::write::SimpleFileOptions;

use super::support::{gz, line, lines, read_all, report_log, stream, tar, tree, walking, xz, zip, zst};

fn limited(limits: Limits) -> IngestOptions {
    IngestOptions { limits, ..walking() }
}

#[test]
fn bombs_are_given_up_early_and_named() {
    let zeros = vec![0u8; 3 << 20];
    let root = tree(&[
        ("a.gz", &gz(&zeros)),
        ("b.zip", &zip(&[("a.xml", &zeros), ("z.jsonl", &report_log("z", 1))])),
        ("c.tar.zst", &zst(&tar(&[("zeros", &zeros)]))),
        ("d.xz", &xz(&zeros)),
        ("e.zip", &zip(&[("inner.zip", &zip(&[("a.xml", &zeros)]))])),
        ("f.jsonl", &report_log("f", 1)),
    ]);
    let found = lines(root.path(), &limited(Limits { ratio_from_bytes: 1 << 20, ..Limits::default() }));
    let bomb = "unreadable: bomb: unpacks to more than 200 times its size";
    assert_eq!(
        found,
        [
            "f.jsonl: tests 1".to_owned(),
            format!("a.gz: {bomb}"),
            format!("d.xz: {bomb}"),
            format!("b.zip: {bomb}"),
            format!("c.tar.zst: {bomb}"),
            format!("e.zip: {bomb}"),
        ]
    );
}

#[test]
fn every_limit_is_named() {
    let log = report_log("a", 20);
    let deep = (0..9).fold(log.clone(), |inner, _| gz(&inner));
    let many: Vec<(String, &[u8])> = (0..12).map(|number| (format!("{number:02}"), &b"x"[..])).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(name, content)| (name.as_str(), *content)).collect();
    let root = tree(&[
        ("deep.gz", &deep),
        ("large.jsonl", &log),
        ("large.zip", &zip(&[("x", &log)])),
        ("many.zip", &zip(&many)),
    ]);
    let limits = Limits { max_file_bytes: 1000, max_members: 10, ..Limits::default() };
    let found = lines(root.path(), &limited(limits));
    let found: Vec<&str> = found.iter().map(String::as_str).filter(|line| !line.contains("many.zip!/")).collect();
    assert_eq!(
        found,
        [
            "large.jsonl: unreadable: too-large: larger than the limit of 1000 bytes",
            "deep.gz: unreadable: too-deep: more than 8 archives in one another",
            "large.zip!/x: unreadable: too-large: larger than the limit of 1000 bytes",
            "large.zip: archive of 1",
            "many.zip: unreadable: too-many-members: an archive of more than 10 members",
        ]
    );
}

#[test]
fn names_in_archives_are_only_labels() {
    let log = report_log("a", 1);
    let members: &[(&str, &[u8])] = &[("../../etc/cron.d/x", &log), ("/etc/passwd", &log), ("a\u{1b}[2J\nb", &log)];
    let root = tree(&[("x.tar", &tar(members)), ("y.zip", &zip(members))]);
    assert_eq!(
        lines(root.path(), &walking()),
        [
            "x.tar!/../../etc/cron.d/x: tests 1",
            "x.tar!//etc/passwd: tests 1",
            "x.tar!/a\\u{1b}[2J\\nb: tests 1",
            "x.tar: archive of 3",
            "y.zip!/a\\u{1b}[2J\\nb: tests 1",
            "y.zip!/../../etc/cron.d/x: tests 1",
            "y.zip!//etc/passwd: tests 1",
            "y.zip: archive of 3",
        ]
    );
}

#[test]
fn damaged_archives_give_what_can_be_read_and_are_named() {
    let log = report_log("a", 4000);
    let (one, two) = (report_log("one", 1), report_log("two", 1));
    let cut = |bytes: Vec<u8>, share: f64| bytes[..(bytes.len() as f64 * share) as usize].to_vec();
    let mut flipped = zip(&[("a.jsonl", &one), ("b.jsonl", &two)]);
    flipped[60] ^= 0x55;
    let root = tree(&[
        ("a.gz", &cut(gz(&log), 0.5)),
        ("b.zst", &cut(zst(&log), 0.5)),
        ("s.zip", &cut(zip(&[("a.jsonl", &one)]), 0.9)),
        ("t.tar", &cut(tar(&[("a.jsonl", &one), ("b.jsonl", &two)]), 0.6)),
        ("u.zip", &flipped),
        ("f.7z", b"7z\xbc\xaf\x27\x1c\0\x04................"),
        ("g.gz", &gz(b"")),
        ("h.gz", b"\x1f\x8b\x08\0garbage"),
    ]);
    let found = lines(root.path(), &walking());
    assert_eq!(found.len(), 12, "{found:#?}");
    assert_eq!(found[0], "f.7z: unreadable: unsupported: compressed with 7-Zip, which is not supported");
    assert!(found[1].starts_with("a.gz: tests ") && found[1].ends_with(", incomplete"), "{}", found[1]);
    assert!(found[2].starts_with("b.zst: tests ") && found[2].ends_with(", incomplete"), "{}", found[2]);
    assert_eq!(found[3], "g.gz: no report: is empty");
    assert!(found[4].starts_with("h.gz: unreadable: damaged: "), "{}", found[4]);
    assert!(found[5].starts_with("s.zip: unreadable: damaged: "), "{}", found[5]);
    assert_eq!(found[6..8], ["t.tar!/a.jsonl: tests 1", "t.tar!/b.jsonl: tests 0, incomplete"]);
    assert!(found[8].starts_with("t.tar: unreadable: damaged: "), "{}", found[8]);
    assert!(found[9].starts_with("u.zip!/a.jsonl: unreadable: damaged: "), "{}", found[9]);
    assert_eq!(found[10..12], ["u.zip!/b.jsonl: tests 1", "u.zip: archive of 2"]);
}

#[test]
fn encrypted_and_strangely_packed_members_are_named() {
    let mut archive =
        zip(&[("a.jsonl", &report_log("a", 1)), ("b.jsonl", &report_log("b", 1)), ("c.jsonl", &report_log("c", 1))]);
    // The first member's flags say encrypted, the second's method is LZMA: in the local header and in the directory.
    for (signature, at) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let places: Vec<usize> =
            (0..archive.len() - 4).filter(|place| archive[*place..].starts_with(signature)).collect();
        archive[places[0] + at] |= 1;
        archive[places[1] + at + 2] = 14;
    }
    let root = tree(&[("x.zip", &archive)]);
    assert_eq!(
        lines(root.path(), &walking()),
        [
            "x.zip!/a.jsonl: unreadable: encrypted: is encrypted",
            "x.zip!/b.jsonl: unreadable: unsupported: compressed with Lzma, which is not supported",
            "x.zip!/c.jsonl: tests 1",
            "x.zip: archive of 3",
        ]
    );
}

#[test]
fn links_and_devices_in_archives_are_not_followed() {
    let mut builder = tar::Builder::new(Vec::new());
    for (kind, name) in
        [(tar::EntryType::Symlink, "link"), (tar::EntryType::Link, "hard"), (tar::EntryType::Fifo, "pipe")]
    {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(0);
        builder.append_link(&mut header, name, "/etc/passwd").expect("a member");
    }
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    archive.add_symlink("link", "/etc/passwd", SimpleFileOptions::default()).expect("a member");
    let root = tree(&[
        ("x.tar", &builder.into_inner().expect("an archive")),
        ("y.zip", &archive.finish().expect("an archive").into_inner()),
    ]);
    assert_eq!(
        lines(root.path(), &walking()),
        [
            "x.tar!/link: no report: a symbolic link: not followed",
            "x.tar!/hard: no report: a symbolic link: not followed",
            "x.tar!/pipe: no report: a device, pipe or socket",
            "x.tar: archive of 3",
            "y.zip!/link: no report: a symbolic link: not followed",
            "y.zip: archive of 1",
        ]
    );
}

/// A stream that gives some bytes and then fails as a disk does.
struct Failing(Cursor<Vec<u8>>);

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(io::Error::from_raw_os_error(5)),
            read => Ok(read),
        }
    }
}

#[test]
fn a_disk_that_fails_makes_the_file_unreadable_and_no_other() {
    let failing = |bytes: Vec<u8>| InputSpec::Stream {
        name: Some("x".to_owned()),
        reader: Box::new(Failing(Cursor::new(bytes))),
    };
    let inputs = vec![
        failing(report_log("a", 5000)),
        failing(gz(&report_log("a", 5000))[..2000].to_vec()),
        stream(Some("y"), report_log("b", 1)),
    ];
    let found: Vec<String> = read_all(inputs, &walking()).iter().map(|report| line("".as_ref(), report)).collect();
    assert!(found[0].starts_with("x: unreadable: io: "), "{found:?}");
    assert!(found[1].starts_with("x: unreadable: io: "), "{found:?}");
    assert_eq!(found[2], "y: tests 1");
}

#[test]
fn a_sparse_member_is_no_way_around_the_limits() {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::GNUSparse);
    header.set_size(0);
    header.set_path("sparse").expect("a short path");
    if let Some(gnu) = header.as_gnu_mut() {
        gnu.set_real_size(1 << 40);
        gnu.sparse[0].set_offset(1 << 40);
        gnu.sparse[0].set_length(0);
    }
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.write_all(&[0; 1024]).expect("memory takes all");
    let root = tree(&[("x.tar", &bytes)]);
    let options = limited(Limits { ratio_from_bytes: 1 << 20, ..Limits::default() });
    assert_eq!(lines(root.path(), &options), ["x.tar: unreadable: bomb: unpacks to more than 200 times its size"]);
}
