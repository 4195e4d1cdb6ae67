//! How paths are shown and kept.

use std::path::Path;

/// Between an archive and the path of a member in it.
pub(crate) const MEMBER: &str = "!/";

/// Returns a path as text fit for a terminal and for a history.
pub(crate) fn path_label(path: &Path) -> String {
    label(&path.to_string_lossy())
}

/// Returns the label of an archive's member. The name is only a label: nothing is ever written to it, so that `../` harms nobody.
pub(crate) fn member_label(archive: &str, member: &str) -> String {
    format!("{archive}{MEMBER}{}", label(member.trim_start_matches("./")))
}

/// Escapes what would move a terminal's cursor or turn its text around: control characters and bidirectional overrides.
pub(crate) fn label(text: &str) -> String {
    let hostile = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if !text.contains(hostile) {
        return text.to_owned();
    }
    text.chars().fold(String::with_capacity(text.len() + 8), |mut out, c| {
        if hostile(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_are_escaped_and_others_kept() {
        assert_eq!(path_label(Path::new("a/b ü 日.xml")), "a/b ü 日.xml");
        assert_eq!(label("a\x1b[2Jb\nc\u{202e}d"), "a\\u{1b}[2Jb\\nc\\u{202e}d");
        assert_eq!(member_label("x.zip", "./../../etc/passwd"), "x.zip!/../../etc/passwd");
    }
}
