//! Reports and archives made by the tests themselves, and what became of them as lines of text.

use std::fs;
use std::io::{Cursor, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use insight::ingest::{FileOutcome, FileReport, IngestEnd, IngestOptions, InputSpec, Recursion, read_inputs};
use zip::write::SimpleFileOptions;

/// A report of pytest-reportlog with so many passed tests; `name` makes its content its own.
pub(crate) fn report_log(name: &str, tests: usize) -> Vec<u8> {
    let mut text = String::from("{\"pytest_version\": \"9.2.0\", \"$report_type\": \"SessionStart\"}\n");
    for number in 0..tests {
        for phase in ["setup", "call", "teardown"] {
            text.push_str(&format!(
                "{{\"nodeid\": \"test_{name}.py::test_{number}\", \"when\": \"{phase}\", \"outcome\": \"passed\", \
                 \"longrepr\": null, \"sections\": [], \"duration\": 0.25, \"start\": 1795333814.5, \"stop\": 1795333814.75, \
                 \"$report_type\": \"TestReport\"}}\n"
            ));
        }
    }
    text.push_str("{\"exitstatus\": 0, \"$report_type\": \"SessionFinish\"}\n");
    text.into_bytes()
}

/// A directory with these files, by relative path.
pub(crate) fn tree(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory for the test");
    for (path, content) in files {
        let path = directory.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(path, content).expect("a file");
    }
    directory
}

/// Options for a walk.
pub(crate) fn walking() -> IngestOptions {
    IngestOptions { recursion: Recursion::Walk, ..IngestOptions::default() }
}

/// All reports of these inputs, in the order of their delivery.
pub(crate) fn read_all(inputs: Vec<InputSpec>, options: &IngestOptions) -> Vec<FileReport> {
    let mut reports = Vec::new();
    let end = read_inputs(inputs, options, &mut |report| {
        reports.push(report);
        ControlFlow::Continue(())
    });
    assert_eq!(end, IngestEnd::Finished);
    reports
}

/// What became of all files below a directory, a line each, without the directory's own path.
pub(crate) fn lines(root: &Path, options: &IngestOptions) -> Vec<String> {
    read_all(vec![InputSpec::Path(root.to_owned())], options).iter().map(|report| line(root, report)).collect()
}

/// What became of one file.
pub(crate) fn line(root: &Path, report: &FileReport) -> String {
    let path = report.path.strip_prefix(&*root.to_string_lossy()).unwrap_or(&report.path).trim_start_matches('/');
    let outcome = match &report.outcome {
        FileOutcome::Sessions(sessions) => {
            let tests: Vec<String> = sessions.iter().map(|session| session.test_results.len().to_string()).collect();
            let cut = if sessions.iter().all(|session| session.complete) { "" } else { ", incomplete" };
            format!("tests {}{cut}", tests.join("+"))
        }
        FileOutcome::Joined { into } => format!("joined into {}", into.len()),
        FileOutcome::Archive { members } => format!("archive of {members}"),
        FileOutcome::NotAReport { why } => format!("no report: {why}"),
        FileOutcome::Unreadable { reason } => format!("unreadable: {}: {reason}", reason.kind()),
    };
    format!("{path}: {outcome}")
}

/// The names of all sessions of these reports.
pub(crate) fn session_ids(reports: &[FileReport]) -> Vec<String> {
    let sessions = reports.iter().filter_map(|report| match &report.outcome {
        FileOutcome::Sessions(sessions) => Some(sessions),
        _ => None,
    });
    sessions.flatten().map(|session| session.session_id.to_string()).collect()
}

/// A stream of these bytes, as an input.
pub(crate) fn stream(name: Option<&str>, bytes: Vec<u8>) -> InputSpec {
    InputSpec::Stream { name: name.map(str::to_owned), reader: Box::new(Cursor::new(bytes)) }
}

/// A path, as an input.
pub(crate) fn path(path: PathBuf) -> InputSpec {
    InputSpec::Path(path)
}

pub(crate) fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        archive.start_file(*name, SimpleFileOptions::default()).expect("a member");
        archive.write_all(content).expect("its content");
    }
    archive.finish().expect("an archive").into_inner()
}

pub(crate) fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(1_795_333_814);
        // By hand: the writer refuses the hostile names that the reader must bear.
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        archive.append(&header, *content).expect("a member");
    }
    archive.into_inner().expect("an archive")
}

pub(crate) fn gz(content: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(content).expect("memory takes all");
    packed.finish().expect("memory takes all")
}

pub(crate) fn zst(content: &[u8]) -> Vec<u8> {
    zstd::encode_all(content, 3).expect("memory takes all")
}

pub(crate) fn xz(content: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(1);
    let mut packed = lzma_rust2::XzWriter::new(Vec::new(), options).expect("a preset is valid");
    packed.write_all(content).expect("memory takes all");
    packed.finish().expect("memory takes all")
}
