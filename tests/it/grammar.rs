//! The built-in grammars keep the rules, and each rule has a broken example.

use insight::grammar;

/// Every diagnostic on a line of its own, with its help.
fn rendered(diagnostics: &[insight::diagnostic::Diagnostic]) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics {
        let file = diagnostic.location.file.as_deref().unwrap_or_default();
        let line = diagnostic.location.line.map(|line| format!(":{line}")).unwrap_or_default();
        text += &format!("{file}{line}: {}[{}]: {}\n", diagnostic.severity, diagnostic.code, diagnostic.message);
        text += &diagnostic.help.as_ref().map(|help| format!("  help: {help}\n")).unwrap_or_default();
    }
    text
}

#[test]
fn built_in_grammars_keep_every_rule() {
    assert_eq!(rendered(&grammar::check_built_in()), "");
}
