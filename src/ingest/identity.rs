//! The names of sessions.
//!
//! A session's id is `YYYYMMDDTHHMMSSZ-` and sixteen hex digits of a digest of the content it was read from; `undated-` stands for a start time
//! that is not known. So ids sort by time, and the same bytes give the same id wherever they lie and whatever they are called.

use sha2::{Digest as _, Sha256};

use crate::model::{SessionId, TestSession};

/// The SHA-256 of an input's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Returns the digest of what was fed to `hasher`.
    pub fn of(hasher: Sha256) -> Digest {
        Digest(hasher.finalize().into())
    }

    /// Returns the digest in lower-case hex.
    pub fn to_hex(self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Names the sessions read from one input (or from several files of one run) with these digests.
///
/// The digests are sorted first, so that the order in which the files of a run were given does not matter. The digest alone, and the place
/// of the session in the input, decide the part behind the dash.
pub fn name_sessions(sessions: &mut [TestSession], digests: &[Digest]) {
    let mut sorted = digests.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    for (index, session) in sessions.iter_mut().enumerate() {
        let mut hasher = Sha256::new();
        hasher.update(b"insight.session/1");
        for digest in &sorted {
            hasher.update(digest.0);
        }
        hasher.update((index as u64).to_le_bytes());
        let name = Digest::of(hasher).to_hex();
        let day = session
            .session_start_time
            .map_or_else(|| "undated".to_owned(), |start| start.format("%Y%m%dT%H%M%SZ").to_string());
        session.session_id = SessionId::new(format!("{day}-{}", &name[..16]));
    }
}
