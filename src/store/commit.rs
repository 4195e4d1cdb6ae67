//! Files put into the history, and others out of it, in one entry of the log: whole, or not at all.

use std::time::Duration;

use deltalake::kernel::Action;
use deltalake::protocol::DeltaOperation;

use super::StoreError;
use super::data_file::WrittenFiles;
use super::live_file::{Change, LiveFile};
use super::log::{Commit, Log};

/// The longest wait between two tries.
const LONGEST_WAIT: Duration = Duration::from_millis(100);

/// What became of the files of a commit.
pub(crate) enum Committed {
    /// The log names them.
    Done,
    /// The log has moved on without them. It is loaded anew.
    Raced(WrittenFiles),
}

/// Puts the files of `new` into the history and those of `old` out of it, if nobody has written to the log since it was loaded.
pub(crate) fn exchange(
    log: &mut Log,
    new: WrittenFiles,
    old: &[LiveFile],
    change: Change,
    operation: DeltaOperation,
) -> Result<Committed, StoreError> {
    let removed = old.iter().map(|file| Action::Remove(file.remove(new.written_ms(), change)));
    let actions = removed.chain(new.additions(change)).collect();
    let error = match log.commit(actions, operation) {
        Ok(Commit::Done) => {
            new.keep();
            return Ok(Committed::Done);
        }
        Ok(Commit::Raced) => None,
        Err(error) => Some(error),
    };
    // Over a network, a commit can arrive although the answer says otherwise. The files go only where it is certain that it did not.
    match log.reload() {
        Ok(()) if !log.names(new.files()) => match error {
            Some(error) => Err(error),
            None => Ok(Committed::Raced(new)),
        },
        Ok(()) => {
            new.keep();
            error.map_or(Ok(Committed::Done), Err)
        }
        Err(unknown) => {
            new.keep();
            Err(error.unwrap_or(unknown))
        }
    }
}

/// Returns how long to wait before the next try: longer each time, and by chance, so that writers do not keep step.
pub(crate) fn wait(attempt: u32) -> Duration {
    let longest = Duration::from_millis(1 << attempt.min(10)).min(LONGEST_WAIT);
    let [chance, ..] = uuid::Uuid::new_v4().into_bytes();
    longest * u32::from(chance) / 256
}
