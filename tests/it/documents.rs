//! The documents say what is so: README.md's examples run, samples have their provenance, CI runs the README's test command.

use std::fs;
use std::path::{Path, PathBuf};

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn text(path: &str) -> String {
    fs::read_to_string(project(path)).expect("a file of the project")
}

/// A fenced block of a Markdown file.
struct Block {
    language: String,
    #[cfg_attr(not(all(unix, feature = "store")), expect(dead_code, reason = "only examples need it"))]
    line: usize,
    lines: Vec<String>,
}

fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (index, line) in markdown.lines().enumerate() {
        match (line.strip_prefix("```"), open.take()) {
            (Some(language), None) => {
                open = Some(Block { language: language.to_owned(), line: index + 1, lines: Vec::new() });
            }
            (Some(_), Some(block)) => blocks.push(block),
            (None, Some(mut block)) => {
                block.lines.push(line.to_owned());
                open = Some(block);
            }
            (None, None) => {}
        }
    }
    blocks
}

#[test]
fn every_sample_says_where_it_comes_from() {
    let mut without = Vec::new();
    let mut folders = vec![project("samples")];
    while let Some(folder) = folders.pop() {
        let entries: Vec<PathBuf> =
            fs::read_dir(&folder).expect("a directory").map(|entry| entry.expect("an entry").path()).collect();
        let has_files = entries.iter().any(|path| path.is_file() && path.extension().is_none_or(|end| end != "md"));
        if has_files && !["run.toml", "README.md"].iter().any(|name| folder.join(name).is_file()) {
            without.push(folder.display().to_string());
        }
        folders.extend(entries.into_iter().filter(|path| path.is_dir()));
    }
    assert_eq!(without, Vec::<String>::new(), "these hold files, and neither run.toml nor README.md");
}

#[test]
fn samples_are_small() {
    let mut bytes = 0;
    let mut folders = vec![project("samples")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(&folder).expect("a directory").map(|entry| entry.expect("an entry").path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                bytes += path.metadata().expect("a file").len();
            }
        }
    }
    assert!(bytes < 4_000_000, "samples hold {bytes} bytes");
}

#[test]
fn ci_runs_the_test_command_of_the_readme() {
    let readme = blocks(&text("README.md"));
    let commands: Vec<&str> = readme
        .iter()
        .filter(|block| block.language == "sh")
        .flat_map(|block| &block.lines)
        .map(String::as_str)
        .collect();
    assert!(commands.first().is_some_and(|first| first.starts_with("cargo run --release -- ")), "{commands:?}");
    assert_eq!(commands.get(1), Some(&"cargo test"));
    assert!(text(".ci/run").lines().any(|line| line.trim() == "step cargo test --locked"));
}

#[cfg(all(unix, feature = "store"))]
mod readme {
    use super::{blocks, text};
    use crate::sandbox::Sandbox;

    /// A stand-in for pytest: it leaves a real run's report where it is told to, and says what that run said.
    const PYTEST: &str = r#"#!/bin/bash
for argument in "$@"; do
    case "$argument" in
        --junitxml=*) cp samples/demo/formats/junit.xml "${argument#--junitxml=}" ;;
    esac
done
cat samples/demo/formats/terminal.log
exit 1
"#;

    /// Every example is run in order, in one place; what the README shows of the answer is compared. A line `...` stands for any lines.
    #[test]
    fn examples_do_what_the_readme_shows() {
        let sandbox = Sandbox::new();
        sandbox.install("pytest", PYTEST);
        let mut examples = 0;
        let readme = blocks(&text("README.md"));
        for (index, block) in readme.iter().enumerate() {
            let (command, expected) = match block.language.as_str() {
                "console" => {
                    let mut lines = block.lines.iter();
                    let command = lines.next().and_then(|line| line.strip_prefix("$ ")).expect("a command").to_owned();
                    (command, lines.cloned().collect::<Vec<_>>())
                }
                "sh" if block.lines.iter().any(|line| line.starts_with("cargo run")) => {
                    let command = block.lines.join("\n").replace("cargo run --release -- ", "insight ");
                    (command, readme.get(index + 1).map(|answer| answer.lines.clone()).unwrap_or_default())
                }
                _other => continue,
            };
            examples += 1;
            let said = sandbox.run_script(&format!("{{ {command}\n}} 2>&1"));
            let answer: Vec<&str> = said.stdout.lines().collect();
            let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
            assert!(
                matches(&expected, &answer),
                "README.md:{}: {command}\nshows\n{}\nand the answer is\n{}",
                block.line,
                expected.join("\n"),
                answer.join("\n")
            );
        }
        assert!(examples >= 8, "only {examples} examples found");
    }

    fn matches(expected: &[&str], answer: &[&str]) -> bool {
        match expected.split_first() {
            None => answer.is_empty(),
            Some((&"...", rest)) => (0..=answer.len()).any(|skipped| matches(rest, &answer[skipped..])),
            Some((line, rest)) => {
                answer.first().is_some_and(|first| first.trim_end() == line.trim_end()) && matches(rest, &answer[1..])
            }
        }
    }
}
