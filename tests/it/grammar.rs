//! The built-in grammars keep the rules, and each rule has a broken example.

use std::fs;
use std::path::{Path, PathBuf};

use insight::diagnostic::Diagnostic;
use insight::grammar::{self, Area, Emits, Library, Opens, Quick, WordMeaning};
use insight::model::Outcome;

/// Every diagnostic on a line of its own, with its help.
fn rendered(diagnostics: &[Diagnostic]) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics {
        let file = diagnostic.location.file.as_deref().unwrap_or_default();
        let line = diagnostic.location.line.map(|line| format!(":{line}")).unwrap_or_default();
        text += &format!("{file}{line}: {}[{}]: {}\n", diagnostic.severity, diagnostic.code, diagnostic.message);
        text += &diagnostic.help.as_ref().map(|help| format!("  help: {help}\n")).unwrap_or_default();
    }
    text
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The TOML files of a folder: their names without the ending, and their texts.
fn toml_files(folder: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there").map(|entry| entry.expect("a directory entry")) {
        let path = entry.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
            files.push((name, fs::read_to_string(&path).expect("the file is readable")));
        }
    }
    files.sort();
    files
}

#[test]
fn built_in_grammars_keep_every_rule() {
    assert_eq!(rendered(&grammar::check_built_in()), "");
}

#[test]
fn every_grammar_file_is_built_in_and_listed() {
    let readme = fs::read_to_string(folder("grammars/README.md")).expect("the list is there");
    for (name, text) in toml_files(&folder("grammars")) {
        assert_eq!(
            grammar::built_in_text(&name),
            Some(text.as_str()),
            "{name} is not in the list of built-in grammars"
        );
        assert!(readme.contains(&format!("`{name}`")), "{name} is not in grammars/README.md");
    }
}

#[test]
fn each_broken_grammar_gives_its_diagnostic() {
    for (name, text) in toml_files(&folder("tests/bad-grammars")) {
        let checked = grammar::check(&format!("{name}.toml"), &text);
        assert!(checked.value.is_none(), "{name} passes the check");
        let first = checked.diagnostics.first().expect("a broken grammar has a diagnostic");
        assert_eq!(first.code, format!("grammar-{name}"));
        // How many built-in samples there are is no matter of the broken grammar.
        let filters = vec![(r"so are \d+ more", "so are N more")];
        insta::with_settings!({ filters => filters, snapshot_suffix => name, prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!("bad-grammar", rendered(&checked.diagnostics));
        });
    }
}

#[test]
fn each_diagnostic_has_a_broken_grammar() {
    let names: Vec<String> = toml_files(&folder("tests/bad-grammars")).into_iter().map(|(name, _)| name).collect();
    for (code, _) in grammar::CODES {
        let name = code.trim_start_matches("grammar-");
        assert!(
            name == "skipped" || names.iter().any(|file| file == name),
            "tests/bad-grammars/{name}.toml is missing"
        );
    }
}

#[test]
fn grammar_files_fit_their_schema() {
    let text = fs::read_to_string(folder("grammars/schema.json")).expect("the schema is there");
    let schema: serde_json::Value = serde_json::from_str(&text).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    for (name, text) in toml_files(&folder("grammars")) {
        let grammar: serde_json::Value = toml::from_str(&text).expect("a grammar is TOML");
        let errors: Vec<String> = validator.iter_errors(&grammar).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new(), "{name}");
    }
}

#[test]
fn the_schema_and_the_guide_name_every_choice() {
    let text = fs::read_to_string(folder("grammars/schema.json")).expect("the schema is there");
    let schema: serde_json::Value = serde_json::from_str(&text).expect("the schema is JSON");
    let choices = |pointer: &str| schema.pointer(pointer).and_then(|list| list.as_array().cloned()).unwrap_or_default();
    let line = "/properties/line/items/properties";
    let names = |all: &[&str]| all.iter().map(|name| serde_json::Value::from(*name)).collect::<Vec<_>>();
    let areas: Vec<&str> = Area::names();
    let emits: Vec<&str> = Emits::names();
    let opens: Vec<&str> = Opens::names();
    let quick: Vec<&str> = Quick::names();
    let meanings: Vec<&str> = WordMeaning::names();
    assert_eq!(choices(&format!("{line}/area/enum")), names(&areas));
    assert_eq!(choices(&format!("{line}/emits/enum")), names(&emits));
    assert_eq!(choices(&format!("{line}/quick/enum")), names(&quick));
    assert_eq!(choices("/properties/section/items/properties/opens/enum"), names(&opens));
    assert_eq!(choices("/$defs/meaning/enum"), names(&meanings));
    let guide = fs::read_to_string(folder("docs/grammars.md")).expect("the guide is there");
    for name in areas.iter().chain(&opens).chain(&quick).chain(&meanings) {
        assert!(guide.contains(&format!("`{name}`")), "docs/grammars.md does not name `{name}`");
    }
    for emits in Emits::ALL {
        let captures = emits.captures();
        let required = captures.required.iter().map(|name| format!("**{name}**"));
        let all: Vec<String> = required.chain(captures.optional.iter().map(ToString::to_string)).collect();
        let row = guide.lines().find(|line| line.starts_with(&format!("| `{emits}` |"))).unwrap_or_default();
        assert!(
            row.ends_with(&format!("| {} |", all.join(" "))),
            "docs/grammars.md has another row for {emits}: {row}"
        );
    }
}

/// The grammar that docs/grammars.md shows.
fn example() -> String {
    let guide = fs::read_to_string(folder("docs/grammars.md")).expect("the guide is there");
    let after = guide.split("<!-- example: acme.toml -->\n```toml\n").nth(1).expect("the guide has its example");
    after.split("```").next().expect("the example ends").to_owned()
}

#[test]
fn the_example_of_the_guide_works() {
    let parsed = Library::with_overlays(vec![("acme.toml".to_owned(), example())]);
    assert_eq!(rendered(&parsed.diagnostics), "");
    let library = parsed.value;
    let result = library.match_line(Area::Results, "acme> logout works ........ KO (1.02s)").expect("a result");
    assert_eq!(
        (result.emits, result.get("name"), result.get("word")),
        (Emits::VerboseResult, Some("logout works"), Some("KO"))
    );
    assert_eq!(library.outcome_word("KO"), Some(WordMeaning::Outcome(Outcome::Failed)));
    assert_eq!(library.section('=', "acme report").map(insight::grammar::Section::opens), Some(Opens::Other));
    // Words and letters work in pytest's own lines.
    let blocked = "tests/test_a.py::test_two BLOCKED                                        [ 75%]";
    let result = library.match_line(Area::Results, blocked).expect("a result");
    assert_eq!((result.pattern.dialect(), result.get("word")), ("pytest-console", Some("BLOCKED")));
    assert!(Library::built_in().match_line(Area::Results, blocked).is_none());
    let dots = library.match_line(Area::Results, "tests/test_a.py ..B                    [100%]").expect("dots");
    assert_eq!(dots.get("letters"), Some("..B"));
    assert_eq!(library.outcome_letter('B'), Some(WordMeaning::Outcome(Outcome::Skipped)));
}

#[test]
fn a_file_of_a_known_name_is_laid_over_it() {
    let text = r#"
[grammar]
name = "pytest-console"

[words]
ERROR = "failed"

[[line]]
name = "platform"
area = "header"
starts_with = "platform "
pattern = '^platform (?P<platform>\S+) -- Python (?P<python>\S+?), pytest-(?P<pytest>\S+?) by acme$'
emits = "platform"

[[sample]]
text = "platform linux -- Python 3.11.7, pytest-9.2.0 by acme"
matches = "platform"
captures = { platform = "linux", python = "3.11.7", pytest = "9.2.0" }
"#;
    let parsed = Library::with_overlays(vec![("over.toml".to_owned(), text.to_owned())]);
    assert_eq!(rendered(&parsed.diagnostics), "");
    let library = parsed.value;
    assert!(library.match_line(Area::Header, "platform linux -- Python 3.11.7, pytest-9.2.0 by acme").is_some());
    assert!(library.match_line(Area::Header, "platform linux -- Python 3.11.7, pytest-9.2.0, pluggy-1.7.0").is_none());
    assert!(library.match_line(Area::Header, "rootdir: /work").is_some());
    assert_eq!(library.outcome_word("ERROR"), Some(WordMeaning::Outcome(Outcome::Failed)));
    assert_eq!(library.dialects().len(), Library::built_in().dialects().len());
}

#[test]
fn of_two_files_of_a_name_the_later_one_wins() {
    let other =
        example().replace("\"pytest-acme 2.1\"", "\"pytest-acme 3\"").replace("KO = \"failed\"", "KO = \"error\"");
    let files = vec![("a.toml".to_owned(), example()), ("b.toml".to_owned(), other)];
    let parsed = Library::with_overlays(files);
    assert_eq!(rendered(&parsed.diagnostics), "");
    assert_eq!(parsed.value.outcome_word("KO"), Some(WordMeaning::Outcome(Outcome::Error)));
    assert_eq!(
        parsed.value.dialect("acme").map(|dialect| dialect.tested_with().to_vec()),
        Some(vec!["pytest-acme 3".to_owned()])
    );
}

#[test]
fn a_broken_file_is_reported_and_skipped() {
    let broken = example().replace("opens = \"other\"", "opens = \"nothing\"");
    let files = vec![("bad.toml".to_owned(), broken), ("good.toml".to_owned(), example())];
    let parsed = Library::with_overlays(files);
    insta::assert_snapshot!(rendered(&parsed.diagnostics), @"
    bad.toml:22: error[grammar-unknown-value]: `nothing` is no `opens` of [[section]]
      help: did you mean `notice`?
    bad.toml: warning[grammar-skipped]: this grammar is skipped, for the reasons above
    ");
    assert!(parsed.value.match_line(Area::Results, "acme> login works ......... OK (0.12s)").is_some());
}

/// Every line of every grammar's samples, whole and in pieces, through every area: hostile input must do no harm.
#[test]
fn any_piece_of_a_sample_can_be_matched() {
    let library = Library::built_in();
    let mut lines = 0;
    for dialect in library.dialects() {
        let dialect = grammar::built_in_dialect(dialect.name()).expect("the dialect is built in");
        for sample in dialect.samples() {
            for (cut, _) in sample.text.char_indices().step_by(7) {
                let (head, tail) = sample.text.split_at(cut);
                for line in [head, tail] {
                    for area in Area::ALL {
                        let found = library.match_line(*area, line);
                        lines += usize::from(found.is_some_and(|found| !found.captures().is_empty()));
                    }
                    library.prefixes().iter().for_each(|prefix| drop(prefix.strip(line)));
                }
            }
        }
    }
    assert!(lines > 1000, "only {lines} pieces were recognised");
}
