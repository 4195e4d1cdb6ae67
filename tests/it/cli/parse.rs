//! `insight parse`.

use insta::assert_snapshot;

use crate::sandbox::Sandbox;

#[test]
fn the_document_is_complete_although_inputs_are_missing() {
    let sandbox = Sandbox::new();
    sandbox.write("notes.txt", "shopping: milk, bread\n");
    let said = sandbox.run("parse samples/demo/zoo/maxfail/report.json nowhere.xml notes.txt samples");
    assert_eq!(said.code, Some(3));
    assert_snapshot!(said.stderr);
    let document: insight::wire::Document = serde_json::from_str(&said.stdout).expect("a session document");
    assert_eq!(document.sessions.len(), 1);
    let codes: Vec<&str> = document.diagnostics.iter().map(|diagnostic| diagnostic.code.as_str()).collect();
    assert_eq!(codes, ["input-io", "input-no-session", "input-directory"]);
}

#[test]
fn one_session_a_line() {
    let sandbox = Sandbox::new();
    let said = sandbox.run("parse --format jsonl samples/demo/formats/report.json samples/demo/formats/ctrf.json");
    assert_eq!((said.code, said.stderr.as_str(), said.stdout.lines().count()), (Some(0), "", 2));
    for line in said.stdout.lines() {
        serde_json::from_str::<insight::wire::Session>(line).expect("a session");
    }
}

#[test]
fn a_session_for_people() {
    let sandbox = Sandbox::new();
    assert_snapshot!(sandbox.run("parse --format table samples/demo/zoo/maxfail/report.json"));
}

#[test]
fn a_session_for_people_in_full() {
    let sandbox = Sandbox::new();
    assert_snapshot!(sandbox.run("parse --format table --verbose samples/demo/zoo/broken/junit.xml"));
}

#[test]
fn a_session_as_markdown() {
    let sandbox = Sandbox::new();
    assert_snapshot!(sandbox.run("parse --format markdown samples/demo/zoo/maxfail/report.json"));
}

#[test]
fn results_as_records() {
    let sandbox = Sandbox::new();
    assert_snapshot!(sandbox.run("parse --format csv samples/demo/zoo/maxfail/report.json"));
}

#[test]
fn colour_when_asked() {
    let mut sandbox = Sandbox::new();
    let colored = |said: &crate::sandbox::Said| said.stdout.contains('\u{1b}');
    let line = "parse --format table samples/demo/zoo/maxfail/report.json";
    assert!(!colored(&sandbox.run(line)));
    assert!(colored(&sandbox.run(&format!("{line} --color always"))));
    sandbox.set("CLICOLOR_FORCE", "1");
    assert!(colored(&sandbox.run(line)));
    assert!(!colored(&sandbox.run(&format!("{line} --color=never"))));
    sandbox.set("NO_COLOR", "1");
    assert!(!colored(&sandbox.run(line)));
    assert!(colored(&sandbox.run(&format!("{line} --color always"))));
}

#[test]
fn standard_input_is_an_input() {
    let sandbox = Sandbox::new();
    let log = std::fs::read(sandbox.work().join("samples/demo/zoo/killed/terminal.log")).expect("a sample");
    let said = sandbox.run_with_input("parse - --terminal", &log);
    let document: insight::wire::Document = serde_json::from_str(&said.stdout).expect("a session document");
    assert_eq!((said.code, document.sessions.len(), document.sessions[0].source[0].path.clone()), (Some(0), 1, None));
    assert_eq!(sandbox.run_with_input("parse - -", &log).code, Some(2));
}

#[test]
fn the_word_of_the_user_wins_over_the_content() {
    let sandbox = Sandbox::new();
    let format = |line: &str| {
        let said = sandbox.run(line);
        serde_json::from_str::<insight::wire::Document>(&said.stdout)
            .expect("a session document")
            .sessions
            .first()
            .map(|session| session.source[0].format.clone())
    };
    assert_eq!(format("parse samples/demo/formats/terminal.log"), Some("terminal".to_owned()));
    assert_eq!(format("parse --input-format junit-xml samples/demo/formats/terminal.log"), None);
}

#[cfg(unix)]
#[test]
fn a_reader_that_has_heard_enough_is_no_error() {
    let sandbox = Sandbox::new();
    let script = "insight parse samples/demo/click/*/* | head -c 100 > /dev/null; echo ${PIPESTATUS[0]}";
    let said = sandbox.run_script(script);
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("0\n", ""));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let sandbox = Sandbox::new();
    assert_snapshot!(sandbox.run_script("insight parse samples/demo/formats/report.json > /dev/full"));
}

#[test]
fn several_inputs_can_be_one_session() {
    let sandbox = Sandbox::new();
    let sessions = |line: &str| {
        let said = sandbox.run(line);
        serde_json::from_str::<insight::wire::Document>(&said.stdout).expect("a session document").sessions.len()
    };
    let files = "samples/demo/formats/junit.xml samples/demo/formats/terminal.log";
    assert_eq!(sessions(&format!("parse {files}")), 2);
    assert_eq!(sessions(&format!("parse --one-session {files}")), 1);
}
