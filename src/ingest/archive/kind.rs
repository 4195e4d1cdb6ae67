//! Telling archives and compressed files by their first bytes.

/// Something that holds other files, or one file in fewer bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Container {
    /// A zip archive.
    Zip,
    /// A tar archive, of any age.
    Tar,
    /// A gzip stream.
    Gzip,
    /// A Zstandard stream.
    Zstd,
    /// An xz stream.
    Xz,
    /// One that is known by name only.
    Unsupported(&'static str),
}

/// Leading bytes that a tar header needs to be told.
pub(crate) const HEAD: usize = 512;

const MAGIC: [(&[u8], Container); 14] = [
    (b"PK\x03\x04", Container::Zip),
    (b"PK\x05\x06", Container::Zip),
    (b"PK\x07\x08", Container::Zip),
    (b"\x1f\x8b\x08", Container::Gzip),
    (b"\x28\xb5\x2f\xfd", Container::Zstd),
    (b"\xfd7zXZ\0", Container::Xz),
    (b"7z\xbc\xaf\x27\x1c", Container::Unsupported("7-Zip")),
    (b"Rar!\x1a\x07", Container::Unsupported("RAR")),
    (b"LZIP\x01", Container::Unsupported("lzip")),
    (b"\x04\x22\x4d\x18", Container::Unsupported("LZ4")),
    (b"\x1f\x9d", Container::Unsupported("compress")),
    (b"\xff\x06\0\0sNaPpY", Container::Unsupported("Snappy")),
    (b"\x89LZO\0", Container::Unsupported("lzop")),
    (b"MSCF\0\0\0\0", Container::Unsupported("Cabinet")),
];

/// Returns what container these first bytes open, if any.
pub(crate) fn container(head: &[u8]) -> Option<Container> {
    if let Some((_, container)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(*container);
    }
    if is_bzip2(head) {
        return Some(Container::Unsupported("bzip2"));
    }
    if is_skippable_frame(head) {
        return Some(Container::Zstd);
    }
    is_tar(head).then_some(Container::Tar)
}

/// A text may well begin with `BZh`; only the digit and the first block's mark behind it make it bzip2's.
fn is_bzip2(head: &[u8]) -> bool {
    matches!(head, [b'B', b'Z', b'h', b'1'..=b'9', rest @ ..] if rest.starts_with(b"1AY&SY") || rest.starts_with(b"\x17rE8P\x90"))
}

/// pzstd and others begin with a frame that carries no data.
fn is_skippable_frame(head: &[u8]) -> bool {
    matches!(head, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

/// A tar header carries the sum of its own bytes: older ones have no magic.
fn is_tar(head: &[u8]) -> bool {
    let Some(header) = head.get(..HEAD) else { return false };
    let Some(declared) = octal(&header[148..156]) else { return false };
    let sum = |byte: fn(u8) -> i64| {
        let blank = 8 * i64::from(b' ');
        header[..148].iter().chain(&header[156..]).map(|value| byte(*value)).sum::<i64>() + blank
    };
    // Some old writers summed signed bytes.
    header[0] != 0 && (sum(i64::from) == declared || sum(|value| i64::from(value.cast_signed())) == declared)
}

fn octal(field: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(field).ok()?;
    i64::from_str_radix(text.trim_matches(|c| matches!(c, ' ' | '\0')), 8).ok()
}

/// Endings of zip archives that are programs, documents or weights: nobody keeps reports in them, and a walk meets thousands.
const PACKAGES: [&str; 26] = [
    "aab", "aar", "apk", "crx", "docx", "ear", "egg", "epub", "ipa", "jar", "keras", "kra", "npz", "nupkg", "odp",
    "ods", "odt", "pptx", "pt", "pth", "vsix", "war", "whl", "xlsm", "xlsx", "xpi",
];

/// Returns whether a zip archive of this name is a package or a document.
pub(crate) fn is_package(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ending)| PACKAGES.contains(&ending.to_ascii_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_are_told_by_their_first_bytes() {
        let rows: [(&[u8], Option<Container>); 9] = [
            (b"PK\x03\x04\x14\0", Some(Container::Zip)),
            (b"PK\x05\x06", Some(Container::Zip)),
            (b"\x1f\x8b\x08\0", Some(Container::Gzip)),
            (b"\x51\x2a\x4d\x18\x04\0\0\0", Some(Container::Zstd)),
            (b"BZh91AY&SY..", Some(Container::Unsupported("bzip2"))),
            (b"BZh9 is a strange first word", None),
            (b"<?xml version='1.0'?>", None),
            (b"", None),
            (&[0; 1024], None),
        ];
        for (head, expected) in rows {
            assert_eq!(container(head), expected, "{head:?}");
        }
    }

    #[test]
    fn a_tar_is_told_with_and_without_magic() {
        let mut header = tar::Header::new_old();
        header.set_path("a.xml").expect("a short path");
        header.set_size(0);
        header.set_cksum();
        assert_eq!(container(header.as_bytes()), Some(Container::Tar));
        let mut header = tar::Header::new_gnu();
        header.set_path("a.xml").expect("a short path");
        header.set_size(0);
        header.set_cksum();
        assert_eq!(container(header.as_bytes()), Some(Container::Tar));
        header.as_mut_bytes()[0] = b'b';
        assert_eq!(container(header.as_bytes()), None);
    }
}
