//! What the integration tests share: the sample files, and a look at sessions.

use std::fs;
use std::path::{Path, PathBuf};

use insight::ingest::{InputOptions, ReadInput, read_path};
use insight::model::TestSession;

/// The names of the files of one run, best first.
pub(crate) const RUN_FILES: [&str; 4] = ["report-log.jsonl", "report.json", "junit.xml", "terminal.log"];

/// Returns a path below the project's root.
pub(crate) fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Returns the folders of recorded runs: the samples, and the corpus where it lies beside the project.
pub(crate) fn run_folders() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for place in ["samples/runs", "../shared/corpus/runs", "../../shared/corpus/runs"] {
        folders.extend(entries(&project(place)).into_iter().filter(|path| path.is_dir()));
    }
    assert!(folders.len() >= 6, "only {} recorded runs", folders.len());
    folders
}

/// Returns what is in a folder, by name; nothing where there is no such folder.
pub(crate) fn entries(folder: &Path) -> Vec<PathBuf> {
    let read = fs::read_dir(folder).into_iter().flatten();
    let mut entries: Vec<PathBuf> = read.map(|entry| entry.expect("a directory entry").path()).collect();
    entries.sort();
    entries
}

/// Returns all files below a folder.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let (folders, mut files): (Vec<PathBuf>, Vec<PathBuf>) =
        entries(folder).into_iter().partition(|path| path.is_dir());
    files.extend(folders.iter().flat_map(|folder| files_below(folder)));
    files
}

/// Reads a file as `insight` would.
pub(crate) fn read(path: &Path) -> ReadInput {
    let read = read_path(path, &InputOptions::default());
    assert!(read.is_ok(), "{}: {:?}", path.display(), read.err());
    read.expect("asserted above")
}

/// Returns the one session of a sample.
pub(crate) fn session(path: &str) -> TestSession {
    let mut sessions = read(&project(path)).parsed.value;
    assert_eq!(sessions.len(), 1, "{path}");
    sessions.remove(0)
}

/// Returns `id outcome attempt` of each result.
pub(crate) fn outcomes(session: &TestSession) -> Vec<String> {
    let shown =
        |result: &insight::model::TestResult| format!("{} {} {}", result.node_id, result.outcome, result.attempt);
    session.test_results.iter().map(|result| shown(&result)).collect()
}

/// Returns the codes of diagnostics, each once.
pub(crate) fn codes(diagnostics: &[insight::diagnostic::Diagnostic]) -> Vec<&str> {
    let mut codes: Vec<&str> = diagnostics.iter().map(|diagnostic| &*diagnostic.code).collect();
    codes.dedup();
    codes
}
