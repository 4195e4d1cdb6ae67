//! `insight grammar`, as somebody types it.

use std::fs;
use std::path::Path;

use assert_cmd::Command;

const LOG: &str = "\
2024-05-01T12:00:00.1613934Z ============================= test session starts ==============================
2024-05-01T12:00:00.1700000Z platform linux -- Python 3.11.7, pytest-9.2.0, pluggy-1.7.0
2024-05-01T12:00:00.1800000Z collected 7 items
2024-05-01T12:00:00.1800000Z
2024-05-01T12:00:00.2000000Z tests/test_a.py::test_ok PASSED                                          [ 14%]
2024-05-01T12:00:00.3000000Z tests/test_a.py::test_two BLOCKED                                        [ 28%]
2024-05-01T12:00:00.4000000Z \u{1b}[32m[PASS]\u{1b}[0m login works (0.12s)
2024-05-01T12:00:00.5000000Z \u{1b}[31m[FAIL]\u{1b}[0m logout works (1.02s)
2024-05-01T12:00:00.6000000Z * tests/test_b.py::test_x ... ok in 12ms
2024-05-01T12:00:00.7000000Z * tests/test_b.py::test_y[a b] ... broken in 12ms
2024-05-01T12:00:00.8000000Z this text says that all passed along
2024-05-01T12:00:00.9000000Z =================================== FAILURES ===================================
2024-05-01T12:00:01.0000000Z [FAIL] is no result down here
";

/// `insight grammar ...` in a folder, without anything of this machine's environment.
fn insight(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::cargo_bin("insight").expect("the program is built");
    command.env_clear().env("HOME", folder).current_dir(folder).arg("grammar").args(arguments);
    let output = command.output().expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_proposed_grammar_passes_the_check_and_reads_the_log() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("acme.log"), LOG).expect("the log is written");
    let (code, proposal, messages) = insight(folder.path(), &["new", "--from", "acme.log"]);
    assert_eq!((code, messages.as_str()), (Some(0), ""));
    insta::assert_snapshot!("proposed-grammar", proposal);
    fs::write(folder.path().join("acme.toml"), proposal).expect("the grammar is written");
    let (code, answer, _) = insight(folder.path(), &["check", "acme.toml"]);
    assert_eq!(
        (code, answer.as_str()),
        (Some(0), "acme.toml: fine: 2 line patterns, 0 headings, 0 prefixes, 5 samples\n")
    );
}

#[test]
fn there_is_nothing_to_propose_where_every_line_is_known() {
    let folder = tempfile::tempdir().expect("a folder");
    let known = LOG.lines().take(5).collect::<Vec<_>>().join("\n");
    fs::write(folder.path().join("known.log"), known).expect("the log is written");
    let (code, answer, messages) = insight(folder.path(), &["new", "--from", "known.log"]);
    assert_eq!((code, answer.as_str()), (Some(0), ""));
    assert!(messages.contains("nothing to propose"), "{messages}");
}

#[test]
fn grammars_of_the_folder_and_of_the_user_are_used() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = |name: &str| format!("[grammar]\nname = \"{name}\"\ntitle = \"the {name} one\"\ntested_with = \"x\"\n");
    for (place, name) in [(".config/insight/grammars", "user"), (".insight/grammars", "local")] {
        let place = folder.path().join(place);
        fs::create_dir_all(&place).expect("a folder");
        fs::write(place.join(format!("{name}.toml")), text(name)).expect("a grammar is written");
    }
    fs::write(folder.path().join(".insight/grammars/broken.toml"), "[grammar]\nnam = 1").expect("a grammar is written");
    fs::write(folder.path().join("given.toml"), text("given")).expect("a grammar is written");
    let (code, answer, messages) = insight(folder.path(), &["list", "--grammar", "given.toml"]);
    assert_eq!(code, Some(0));
    for name in ["user", "local", "given", "pytest-console"] {
        assert!(answer.lines().any(|line| line.starts_with(&format!("{name} "))), "{name} is not in {answer}");
    }
    assert!(messages.contains("grammar-g6-unknown-key"), "{messages}");
}

#[test]
fn show_prints_the_file_and_knows_the_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, answer, _) = insight(folder.path(), &["show", "pytest-tap"]);
    assert_eq!(code, Some(0));
    assert_eq!(Some(answer.as_str()), insight::grammar::built_in_text("pytest-tap"));
    let (code, _, messages) = insight(folder.path(), &["show", "pytest-tab"]);
    assert_eq!(code, Some(2));
    assert!(messages.contains("no grammar `pytest-tab`"), "{messages}");
}

#[test]
fn check_names_what_is_wrong_and_closes_the_gate() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("bad.toml"), "[grammar]\nname = \"x\"\ntitel = \"y\"\n")
        .expect("a grammar is written");
    let (code, answer, _) = insight(folder.path(), &["check", "bad.toml"]);
    assert_eq!(code, Some(1));
    insta::assert_snapshot!(answer, @"
    bad.toml:3: error[grammar-g6-unknown-key]: unknown key `titel` in [grammar]
      help: did you mean `title`?
    bad.toml: not usable
    ");
    let (code, _, messages) = insight(folder.path(), &["check", "none.toml"]);
    assert_eq!(code, Some(2));
    assert!(messages.contains("none.toml"), "{messages}");
}
