//! The dialects that are part of the program.

use std::sync::LazyLock;

use super::dialect::{Dialect, Origin};
use super::read;

/// Each built-in grammar with its text, in the order in which patterns are tried: additions to pytest's own forms come before
/// them, since they are more special.
pub(crate) const FILES: &[(&str, &str)] = &[
    ("pytest-subtests", include_str!("../../grammars/pytest-subtests.toml")),
    ("pytest-xdist", include_str!("../../grammars/pytest-xdist.toml")),
    ("pytest-rerunfailures", include_str!("../../grammars/pytest-rerunfailures.toml")),
    ("pytest-retry", include_str!("../../grammars/pytest-retry.toml")),
    ("flaky", include_str!("../../grammars/flaky.toml")),
    ("pytest-live-log", include_str!("../../grammars/pytest-live-log.toml")),
    ("pytest-progress", include_str!("../../grammars/pytest-progress.toml")),
    ("pytest-bdd", include_str!("../../grammars/pytest-bdd.toml")),
    ("pytest-plugins", include_str!("../../grammars/pytest-plugins.toml")),
    ("pytorch", include_str!("../../grammars/pytorch.toml")),
    ("github-annotations", include_str!("../../grammars/github-annotations.toml")),
    ("teamcity", include_str!("../../grammars/teamcity.toml")),
    ("pytest-console", include_str!("../../grammars/pytest-console.toml")),
    ("pytest-sugar", include_str!("../../grammars/pytest-sugar.toml")),
    ("pytest-pretty", include_str!("../../grammars/pytest-pretty.toml")),
    ("pytest-rich", include_str!("../../grammars/pytest-rich.toml")),
    ("pytest-spec", include_str!("../../grammars/pytest-spec.toml")),
    ("pytest-tap", include_str!("../../grammars/pytest-tap.toml")),
    ("pytest-tldr", include_str!("../../grammars/pytest-tldr.toml")),
    ("tox", include_str!("../../grammars/tox.toml")),
    ("nox", include_str!("../../grammars/nox.toml")),
    ("ci-prefixes", include_str!("../../grammars/ci-prefixes.toml")),
    ("shell", include_str!("../../grammars/shell.toml")),
];

/// The samples stand at the end of a built-in file, behind the first of these: a start of the program does not read them.
const SAMPLES: &str = "\n[[sample]]";

/// Returns the built-in dialects without their samples.
pub(crate) fn dialects() -> Vec<Dialect> {
    let head = |text: &'static str| {
        let end = memchr::memmem::find(text.as_bytes(), SAMPLES.as_bytes()).unwrap_or(text.len());
        text.get(..end).unwrap_or(text)
    };
    // Whatever a built-in file had to complain about, a test of this program has reported before.
    FILES.iter().map(|(name, text)| read::dialect(name, head(text), Origin::BuiltIn).value).collect()
}

/// Returns a built-in dialect with its samples. They are read when somebody first asks for those of any.
pub fn built_in_dialect(name: &str) -> Option<&'static Dialect> {
    static WITH_SAMPLES: LazyLock<Vec<Dialect>> = LazyLock::new(|| {
        let read = |(name, text): &(&str, &str)| read::dialect(name, text, Origin::BuiltIn).value;
        FILES.iter().map(read).collect()
    });
    WITH_SAMPLES.iter().find(|dialect| dialect.name == name)
}

/// Returns the text of a built-in grammar file.
pub fn built_in_text(name: &str) -> Option<&'static str> {
    FILES.iter().find(|(file, _)| *file == name).map(|(_, text)| *text)
}
