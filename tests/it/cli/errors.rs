//! Wrong usage, and help.

use insta::assert_snapshot;

use crate::sandbox::Sandbox;

#[test]
fn a_slip_of_the_pen_is_met_with_a_suggestion() {
    let sandbox = Sandbox::new();
    assert_snapshot!("command", sandbox.run("pars out.xml"));
    assert_snapshot!("option", sandbox.run("parse out.xml --formta json"));
    assert_snapshot!("format", sandbox.run("parse out.xml --input-format junitxml"));
    assert_snapshot!("offset", sandbox.run("parse out.xml --tz Vienna"));
}

#[cfg(feature = "store")]
#[test]
fn help_lists_the_commands_and_the_exit_codes() {
    let sandbox = Sandbox::new();
    assert_snapshot!(sandbox.run("--help"));
}

#[test]
fn every_exit_code_is_in_the_readme() {
    let readme = include_str!("../../../README.md");
    for status in insight::cli::ExitStatus::ALL {
        let row = format!("| {} | {} |", status.code(), status.meaning());
        assert!(readme.contains(&row), "README.md has no row {row}");
    }
}
