//! The names of sessions.
//!
//! A session's id is `YYYYMMDDTHHMMSSZ-` and sixteen hex digits of a digest of the content it was read from; `undated-` stands for a start time
//! that is not known. So ids sort by time, and the same bytes give the same id wherever they lie and whatever they are called.

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use crate::model::{SessionId, TestSession, TimeSource};

/// The SHA-256 of an input's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Returns the digest of what was fed to `hasher`.
    pub fn of(hasher: Sha256) -> Digest {
        Digest(hasher.finalize().into())
    }

    /// Returns the digest that this is the hex of.
    pub fn from_hex(hex: &str) -> Option<Digest> {
        let mut bytes = [0; 32];
        let digit = |at: usize| hex.get(at..at + 1).and_then(|digit| u8::from_str_radix(digit, 16).ok());
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = digit(2 * at)? * 16 + digit(2 * at + 1)?;
        }
        (hex.len() == 64).then_some(Digest(bytes))
    }

    /// Returns the digest in lower-case hex.
    pub fn to_hex(self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Names the sessions read from one input (or from several files of one run) with these digests.
///
/// The digests are sorted first, so that the order in which the files of a run were given does not matter. The digest alone, and the place
/// of the session in the input, decide the part behind the dash. A time that did not come from the content (a file's, the CI's, the user's word) is no part
/// of the name.
pub fn name_sessions(sessions: &mut [TestSession], digests: &[Digest]) {
    name_each(sessions.iter_mut(), digests);
}

/// Names these sessions; their places are those in the iterator.
pub(crate) fn name_each<'s>(sessions: impl Iterator<Item = &'s mut TestSession>, digests: &[Digest]) {
    let mut sorted = digests.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    for (index, session) in sessions.enumerate() {
        let mut hasher = Sha256::new();
        hasher.update(b"insight.session/1");
        for digest in &sorted {
            hasher.update(digest.0);
        }
        hasher.update((index as u64).to_le_bytes());
        let name = Digest::of(hasher).to_hex();
        let day =
            own_start(session).map_or_else(|| "undated".to_owned(), |start| start.format("%Y%m%dT%H%M%SZ").to_string());
        session.session_id = SessionId::new(format!("{day}-{}", &name[..16]));
    }
}

/// Returns the start time that the content states.
fn own_start(session: &TestSession) -> Option<DateTime<Utc>> {
    let is_own = match session.time_source {
        None | Some(TimeSource::Report | TimeSource::LogPrefix) => true,
        Some(TimeSource::Ci | TimeSource::FileMtime | TimeSource::Given) => false,
    };
    session.session_start_time.filter(|_| is_own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_files_and_foreign_times_do_not_change_a_name() {
        let digest = |text: &str| Digest::of(Sha256::new_with_prefix(text));
        let name = |digests: &[Digest], time_source| {
            let start = DateTime::from_timestamp(1_700_000_000, 0);
            let mut sessions = [TestSession { session_start_time: start, time_source, ..TestSession::default() }];
            name_sessions(&mut sessions, digests);
            sessions[0].session_id.to_string()
        };
        let (one, two) = (digest("one"), digest("two"));
        assert_eq!(name(&[one, two], None), name(&[two, one, two], None));
        assert!(name(&[one], Some(TimeSource::Report)).starts_with("20231114T221320Z-"));
        assert!(name(&[one], Some(TimeSource::FileMtime)).starts_with("undated-"));
        assert_eq!(Digest::from_hex(&one.to_hex()), Some(one));
        assert_eq!(Digest::from_hex("ab"), None);
    }
}
