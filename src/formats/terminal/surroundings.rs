//! What stands around sessions in a log: the tools that ran pytest, the shell's words about how it ended.

use std::sync::LazyLock;

use regex::Regex;

static EXIT_STATUS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:[Pp]rocess completed with exit code|exited with (?:code|exit code|status|exit status)|[Jj]ob failed: exit code|returned exit code|Exited with code exit status|failed with exit code|^rc=|^\S+: exit|^The command .* exited with) ?'?(?P<status>\d{1,3})\b",
    )
});
static LABEL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:(?P<tox>[\w.-]+): commands\[\d+\]> |(?P<tox3>[\w.-]+) (?:run-test|runtests): commands\[\d+\] \| |nox > Running session (?P<nox>.+)$|##\[group\]Run (?P<step>.+)$)",
    )
});

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is a constant that the tests compile")
}

/// Returns the exit status that a line of a shell or a CI system reports.
pub(super) fn exit_status(line: &str) -> Option<i32> {
    if line.len() > 400
        || !line.bytes().any(|byte| byte.is_ascii_digit())
        || !(line.contains("xit") || line.starts_with("rc="))
    {
        return None;
    }
    EXIT_STATUS.captures(line)?["status"].parse().ok()
}

/// Returns the name of the environment, session or step that a line begins.
pub(super) fn label(line: &str) -> Option<String> {
    let possible = line.contains("commands[") || line.starts_with("nox > ") || line.starts_with("##[group]");
    let captures = possible.then(|| LABEL.captures(line)).flatten()?;
    captures.iter().skip(1).flatten().next().map(|found| found.as_str().trim_end().to_owned())
}

/// Whether a line says that pytest was called wrongly and ran nothing.
pub(super) fn is_usage_error(line: &str) -> bool {
    line.starts_with("ERROR: usage: ")
        || line.starts_with("ImportError while loading conftest ")
        || (line.starts_with("ERROR: ")
            && (line.contains("requires pytest-") || line.contains("unrecognized arguments")))
        || (line.starts_with("pytest: error: ") || line.starts_with("__main__.py: error: "))
}

/// Whether a line says that the process died.
pub(super) fn is_crash(line: &str) -> bool {
    line.starts_with("Fatal Python error: ")
        || line.starts_with("Segmentation fault")
        || matches!(
            line.trim_end(),
            "Killed" | "Terminated" | "Aborted" | "Aborted (core dumped)" | "Bus error" | "Illegal instruction"
        )
        || line.contains(": Killed ")
        || (line.starts_with("+++") && line.contains("+ Timeout +"))
}
