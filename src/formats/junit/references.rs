//! Entity and character references, and line ends.
//!
//! The five predefined entities and numeric references are replaced, however many there are. No other entity is ever expanded: its
//! reference stays as it is. pytest's own escapes for characters that XML does not allow (`#x1B`) are no references and stay, too.

use memchr::{memchr, memchr2};

/// The longest reference that is looked for; a bare `&` is nothing else.
pub(super) const LONGEST: usize = 40;

/// What stood in a text that no reader can resolve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Unresolved {
    /// `&` that begins no reference.
    pub(super) bare: bool,
    /// References to entities that are not predefined.
    pub(super) entity: bool,
}

impl Unresolved {
    pub(super) fn join(self, other: Unresolved) -> Unresolved {
        Unresolved { bare: self.bare || other.bare, entity: self.entity || other.entity }
    }
}

/// Returns whether a text has anything in it that is not as it will be.
pub(super) fn any(raw: &str) -> bool {
    memchr2(b'&', b'\r', raw.as_bytes()).is_some()
}

/// Appends `raw` with its references resolved and its line ends made `\n`.
pub(super) fn resolve(raw: &str, out: &mut String) -> Unresolved {
    let mut unresolved = Unresolved::default();
    let mut rest = raw;
    while let Some(at) = memchr2(b'&', b'\r', rest.as_bytes()) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        if let Some(after) = from.strip_prefix('\r') {
            out.push('\n');
            rest = after.strip_prefix('\n').unwrap_or(after);
            continue;
        }
        let window = &from.as_bytes()[..from.len().min(LONGEST)];
        let reference = memchr(b';', window).map(|end| (&from[1..end], end + 1));
        match reference.and_then(|(name, length)| Some((character(name)?, length))) {
            Some((character, length)) => {
                out.push(character);
                rest = &from[length..];
            }
            None => {
                let is_name = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
                match reference.is_some_and(|(name, _)| is_name(name)) {
                    true => unresolved.entity = true,
                    false => unresolved.bare = true,
                }
                out.push('&');
                rest = &from[1..];
            }
        }
    }
    out.push_str(rest);
    unresolved
}

/// Appends text without references (a CDATA section), with its line ends made `\n`.
pub(super) fn literal(raw: &str, out: &mut String) {
    let mut rest = raw;
    while let Some(at) = memchr(b'\r', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        out.push('\n');
        rest = rest[at..].strip_prefix("\r\n").unwrap_or(&rest[at + 1..]);
    }
    out.push_str(rest);
}

fn character(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(raw: &str) -> (String, Unresolved) {
        let mut out = String::new();
        let unresolved = resolve(raw, &mut out);
        (out, unresolved)
    }

    #[test]
    fn references_and_what_is_none() {
        let fine = Unresolved::default();
        let rows = [
            ("a &lt;b&gt; &amp;&quot;&apos;", "a <b> &\"'", fine),
            ("x&#10;y&#x41;&#xe9;&#X1F600;", "x\nyAé😀", fine),
            ("#x1B[1m", "#x1B[1m", fine),
            ("a\r\nb\rc", "a\nb\nc", fine),
            ("&#13;", "\r", fine),
            ("&xxe; &nbsp;", "&xxe; &nbsp;", Unresolved { entity: true, bare: false }),
            ("R&D; a & b &&lt;", "R&D; a & b &<", Unresolved { entity: true, bare: true }),
            ("&#xD800; &#x110000;", "&#xD800; &#x110000;", Unresolved { entity: false, bare: true }),
        ];
        for (raw, expected, unresolved) in rows {
            assert_eq!(resolved(raw), (expected.to_owned(), unresolved), "{raw}");
        }
    }
}
