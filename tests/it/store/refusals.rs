//! What is no history, or not ours to change, is named and left alone.

use std::fs;
use std::path::Path;

use insight::store::{Access, HistoryStore, StoreError};

use super::support::{contents, now, session};

fn refusal(location: &Path, access: Access) -> StoreError {
    HistoryStore::open(location, access).err().expect("a refusal")
}

#[test]
fn a_directory_of_other_things_is_no_history() {
    let directory = tempfile::tempdir().expect("a directory");
    fs::write(directory.path().join("notes.txt"), "mine").expect("a file");
    let before = contents(directory.path());
    for access in [Access::Read, Access::Write] {
        let error = refusal(directory.path(), access);
        assert!(matches!(error, StoreError::NotAHistory { .. }), "{error}");
    }
    let file = directory.path().join("notes.txt");
    let error = refusal(&file, Access::Write);
    assert!(matches!(error, StoreError::NotAHistory { .. }), "{error}");
    assert_eq!(contents(directory.path()), before);
}

#[test]
fn nothing_is_created_for_a_reader() {
    let directory = tempfile::tempdir().expect("a directory");
    let absent = directory.path().join("absent");
    let error = refusal(&absent, Access::Read);
    assert!(matches!(error, StoreError::NotFound { .. }), "{error}");
    let error = refusal(directory.path(), Access::Read);
    assert!(matches!(error, StoreError::NotAHistory { .. }), "{error}");
    assert!(contents(directory.path()).is_empty());
}

#[test]
fn a_table_of_somebody_else_is_no_history() {
    let directory = tempfile::tempdir().expect("a directory");
    let location = directory.path().join("table");
    HistoryStore::open(&location, Access::Write).expect("a new history");
    edit_first_entry(&location, |entry| entry.replace("\"insight.formatVersion\"", "\"other.formatVersion\""));
    assert_left_alone(&location, |error| matches!(error, StoreError::NotAHistory { .. }));
}

#[test]
fn a_newer_format_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    for found in ["2", "1.5", "-1", ""] {
        let location = directory.path().join(format!("format-{found}"));
        HistoryStore::open(&location, Access::Write).expect("a new history");
        edit_first_entry(&location, |entry| {
            entry.replace("\"insight.formatVersion\":\"1\"", &format!("\"insight.formatVersion\":\"{found}\""))
        });
        assert_left_alone(&location, |error| matches!(error, StoreError::NewerFormat { .. }));
    }
}

#[test]
fn a_table_that_asks_for_more_than_we_can_do_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let location = directory.path().join("history");
    HistoryStore::open(&location, Access::Write).expect("a new history");
    edit_first_entry(&location, |entry| {
        let lines = entry.lines().map(|line| {
            if line.starts_with("{\"protocol\"") {
                r#"{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["futureThings"],"writerFeatures":["futureThings"]}}"#
            } else {
                line
            }
        });
        lines.collect::<Vec<_>>().join("\n")
    });
    assert_left_alone(&location, |error| matches!(error, StoreError::NewerFormat { .. }));
}

#[test]
fn a_damaged_log_is_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let location = directory.path().join("history");
    let mut store = HistoryStore::open(&location, Access::Write).expect("a new history");
    store.append(vec![session(1, 2)], now()).expect("an append");
    edit_first_entry(&location, |entry| entry[..entry.len() / 2].to_owned());
    for access in [Access::Read, Access::Write] {
        refusal(&location, access);
    }
}

#[cfg(unix)]
mod permissions {
    use std::os::unix::fs::{PermissionsExt as _, chown};
    use std::os::unix::process::CommandExt as _;
    use std::process::{Command, Stdio};

    use super::*;

    /// Set for the process of a user who may not write: the history.
    const READER: &str = "INSIGHT_TEST_STORE_READER";
    /// A user who owns nothing here. Permissions do not bind root, under which tests may run.
    const NOBODY: u32 = 65534;

    /// Not a test of its own: what a user without permission to write finds.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "the task of a process that this binary starts of itself")]
    fn reader() {
        let Ok(location) = std::env::var(READER) else { return };
        let location = Path::new(&location);
        let store = HistoryStore::open(location, Access::Read).expect("a history to read");
        assert_eq!(store.session_summaries(&Default::default()).expect("summaries").len(), 1);
        assert_eq!(store.session(&session(1, 2).session_id).expect("a read"), Some(session(1, 2)));
        let error = match HistoryStore::open(location, Access::Write) {
            Ok(mut store) => store.append(vec![session(2, 2)], now()).expect_err("no permission"),
            Err(error) => error,
        };
        assert!(matches!(error, StoreError::PermissionDenied { .. }), "{error}");
        let error = refusal(&location.join("below"), Access::Write);
        assert!(matches!(error, StoreError::PermissionDenied { .. }), "{error}");
    }

    fn forbid_writing(directory: &Path) {
        for entry in fs::read_dir(directory).expect("a readable directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                forbid_writing(&path);
            } else {
                fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).expect("a chmod");
            }
        }
        fs::set_permissions(directory, fs::Permissions::from_mode(0o555)).expect("a chmod");
    }

    fn allow_writing(directory: &Path) {
        fs::set_permissions(directory, fs::Permissions::from_mode(0o755)).expect("a chmod");
        for entry in fs::read_dir(directory).expect("a readable directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                allow_writing(&path);
            }
        }
    }

    #[test]
    fn without_permission_to_write_a_history_is_read_and_not_changed() {
        let directory = tempfile::tempdir().expect("a directory");
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).expect("a chmod");
        let location = directory.path().join("history");
        let mut store = HistoryStore::open(&location, Access::Write).expect("a new history");
        store.append(vec![session(1, 2)], now()).expect("an append");
        // The build's directory may be closed to others; the copy is not.
        let binary = directory.path().join("reader");
        fs::copy(std::env::current_exe().expect("this binary"), &binary).expect("a copy");
        forbid_writing(&location);
        let before = contents(&location);
        let mut command = Command::new(&binary);
        command.args(["--exact", "store::refusals::permissions::reader", "--nocapture"]).env(READER, &location);
        let is_root = chown(&location, Some(0), None).is_ok();
        if is_root {
            command.uid(NOBODY).gid(NOBODY);
        }
        let status = command.current_dir(directory.path()).stdout(Stdio::null()).status().expect("a process");
        let after = contents(&location);
        allow_writing(&location);
        assert!(status.success(), "what the other user found is above");
        assert_eq!(before, after);
    }
}

fn edit_first_entry(location: &Path, edit: impl Fn(&str) -> String) {
    let path = location.join("_delta_log/00000000000000000000.json");
    let entry = fs::read_to_string(&path).expect("the first entry");
    let edited = edit(&entry);
    assert_ne!(entry, edited, "the edit took hold");
    fs::write(&path, edited).expect("a write");
}

fn assert_left_alone(location: &Path, expected: impl Fn(&StoreError) -> bool) {
    let before = contents(location);
    for access in [Access::Read, Access::Write] {
        let error = refusal(location, access);
        assert!(expected(&error), "{error:?}");
    }
    assert_eq!(contents(location), before);
}
